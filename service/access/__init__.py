"""Who may call, managed over HTTP: keys, members, invitations."""

"""Named queries, and those who are told of new events that match them: webhooks and streams."""

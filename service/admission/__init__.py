"""What is let in when more comes than can be done: how often one may ask, how many at once, who waits."""

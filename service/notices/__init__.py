"""Notices of a recall, their way to the holder, and the answers."""

"""Recalls for the public and its machines: pages and feeds."""

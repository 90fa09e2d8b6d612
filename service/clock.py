"""The current time, in one place, so that rules can take it as an argument and tests can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)

"""How long a delivery that failed waits before it is tried again.

The wait doubles with each failure and is bounded; half of it is left to chance, so that many subscriptions
of a receiver that was away do not all come back in the same moment.
"""

from datetime import timedelta
from typing import Final

#: Failures in a row after which a subscription is said to be failing. It is tried on nevertheless.
FAILING_AFTER: Final = 5
#: 2 to this power is more than any wait allows: no larger number is ever computed.
MOST_DOUBLINGS: Final = 40


def wait_after(failures: int, chance: float, *, first: timedelta, most: timedelta) -> timedelta:
    """The wait after so many failures in a row (from 1). `chance`: from 0 to 1."""
    seconds = first.total_seconds() * 2.0 ** min(failures - 1, MOST_DOUBLINGS)
    return timedelta(seconds=min(seconds, most.total_seconds()) * (0.5 + chance / 2))

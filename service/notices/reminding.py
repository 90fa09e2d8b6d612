"""When whoever has not answered is reminded, and when the regulator is told. Pure.

Half of the time before the answer is due is left in peace; then a reminder. Once it is overdue, the reader
is reminded and the regulator told, at once and then every day, `AFTER_MOST` times.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

Step = Literal["before", "after"]

AFTER_EVERY: Final = timedelta(days=1)
#: Reminders after the time was up. Whoever was silent so long is not moved by another.
AFTER_MOST: Final = 14


def first_reminder(now: datetime, answer_by: datetime) -> datetime:
    """When somebody who is asked now is reminded first: in the middle of the time they have."""
    return now + max(timedelta(0), answer_by - now) / 2


def step_at(now: datetime, answer_by: datetime) -> tuple[Step, int]:
    """Which reminder is due now: before the time is up, or after, numbered from 0."""
    if now < answer_by:
        return "before", 0
    return "after", min(AFTER_MOST - 1, (now - answer_by) // AFTER_EVERY)


def next_reminder(now: datetime, answer_by: datetime) -> datetime | None:
    """When to think of this reader again after a reminder was made now; None: not any more."""
    step, number = step_at(now, answer_by)
    if step == "before":
        return answer_by
    return None if number + 1 >= AFTER_MOST else answer_by + (number + 1) * AFTER_EVERY

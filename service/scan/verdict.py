"""What the consumer's page says first. Pure.

The page never says that a pack is what it claims to be: a printed code can be copied. It says whether the
*lot* is known here, recalled, or past its date, as far as could be checked at that moment.
"""

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

#: Packs carry calendar days of China; a day is over when it is over there.
PACK_TIME: Final = timezone(timedelta(hours=8))


class Verdict(StrEnum):
    """The first thing on the page, the graver before the milder."""

    RECALLED = "recalled"
    EXPIRED = "expired"
    NO_RECALL_KNOWN = "no_recall_known"
    LOT_NEEDED = "lot_needed"  # the code names the product only
    UNKNOWN = "unknown"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"


def verdict_of(*, recalled: bool, expires_on: date | None, now: datetime) -> Verdict:
    """The verdict on a known batch. `expires_on`: the last good day; `now`: with a time zone."""
    if recalled:
        return Verdict.RECALLED
    if expires_on is not None and now.astimezone(PACK_TIME).date() > expires_on:
        return Verdict.EXPIRED
    return Verdict.NO_RECALL_KNOWN

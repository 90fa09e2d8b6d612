"""What the consumer's page says first. Pure.

The page never says that a pack is what it claims to be: a printed code can be copied. It says whether the
*lot* is known here, recalled, or past its date, and what is on record of the one code, as far as could be
checked at that moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from service.units.status import Status

#: Packs carry calendar days of China; a day is over when it is over there.
PACK_TIME: Final = timezone(timedelta(hours=8))


class Verdict(StrEnum):
    """The first thing on the page. `STANDING` says which goes before which."""

    RECALLED = "recalled"
    STOPPED = "stopped"  # held, sale stopped, or a test failed
    WITHDRAWN = "withdrawn"  # the lot withdrawn from trade; stolen, destroyed …: should be nowhere on sale
    CHECK_SERIAL = (
        "check_serial"  # some packs of the lot are recalled; which one this is, the code does not say
    )
    SOLD_AGAIN = "sold_again"  # one code, several sales
    EXPIRED = "expired"
    EXPORTED = "exported"
    SOLD = "sold"  # once: to the reader, or to somebody else
    NO_RECALL_KNOWN = "no_recall_known"
    LOT_NEEDED = "lot_needed"  # the code names the product only
    UNKNOWN = "unknown"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"


#: States in which a unit should not be met on sale.
WITHDRAWN: Final = frozenset(
    {Status.STOLEN, Status.DESTROYED, Status.SAMPLED, Status.CONSUMED, Status.RETIRED}
)
SOLD: Final = frozenset({Status.SOLD, Status.DISPENSED})


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a code. `lot_known`: its batch is on record; `product_only`: it names a product that
    is on record, and no lot; `listed`: False for a serial number that its producer never registered, in a
    lot whose serial numbers are registered; `some_recalled`: some packs of the lot, and the code does not say
    which pack it is on; `status`: of the unit, None where none is on record; `expires_on`: the last good day.
    """

    lot_known: bool = True
    product_only: bool = False
    listed: bool = True
    recalled: bool = False
    held: bool = False
    withdrawn: bool = False
    some_recalled: bool = False
    status: Status | None = None
    sales: int = 0
    expires_on: date | None = None


def is_past(day: date | None, now: datetime) -> bool:
    """Whether a last day is over, where packs are made. `now`: with a time zone."""
    return day is not None and now.astimezone(PACK_TIME).date() > day


#: The gravest first: what may harm most, then what is wrong with the code, then what is merely to be known.
STANDING: Final[tuple[tuple[Verdict, Callable[[Found, datetime], bool]], ...]] = (
    (Verdict.RECALLED, lambda found, _: found.recalled),
    (Verdict.STOPPED, lambda found, _: found.held),
    (Verdict.WITHDRAWN, lambda found, _: found.withdrawn or found.status in WITHDRAWN),
    (Verdict.CHECK_SERIAL, lambda found, _: found.some_recalled),
    (Verdict.SOLD_AGAIN, lambda found, _: found.sales > 1),
    (Verdict.UNKNOWN, lambda found, _: not (found.lot_known and found.listed) and not found.product_only),
    (Verdict.EXPIRED, lambda found, now: is_past(found.expires_on, now)),
    (Verdict.EXPORTED, lambda found, _: found.status is Status.EXPORTED),
    (Verdict.SOLD, lambda found, _: found.sales == 1 or (found.sales == 0 and found.status in SOLD)),
    (Verdict.LOT_NEEDED, lambda found, _: found.product_only),
)


def verdicts_of(found: Found, now: datetime) -> tuple[Verdict, ...]:
    """Everything that holds, the gravest first: the heading of the page; the others stand under it."""
    holding = tuple(verdict for verdict, holds in STANDING if holds(found, now))
    return holding or (Verdict.NO_RECALL_KNOWN,)

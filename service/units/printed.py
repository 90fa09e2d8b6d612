"""What the code on a pack says beside its serial number: the lot, and the day it expires. Pure.

A pharmacy scans all four at once (EU 2016/161, article 4), so that none need be told apart from the code.
"""

from dataclasses import dataclass
from datetime import date

from service.identifiers.ai_values import Element, value_faults
from service.identifiers.explanation import explain
from service.identifiers.gs1_dates import full_year, read_dates

#: Expiry dates: the day (AI 17), the day with its time (AI 7003).
EXPIRIES = ("17", "7003")


@dataclass(frozen=True, slots=True)
class Printed:
    """`expires`: first and last day that the code can mean: a whole month where it leaves out the day. None:
    the code says nothing of it, or nothing that can be read.
    """

    lot: str | None = None
    expires: tuple[date, date] | None = None


def printed_in(code: str, today: date) -> Printed:
    """Read any form of a unit's code. `today` settles the century."""
    said = explain(code)
    elements = {one.ai: one.value for one in (*said.qualifiers, *said.attributes)}
    lot = said.identity.lot if said.identity else None
    return Printed(lot, next((_days(ai, elements[ai], today) for ai in EXPIRIES if ai in elements), None))


def _days(ai: str, value: str, today: date) -> tuple[date, date] | None:
    if value_faults(ai, value):
        return None
    (moment, *_) = read_dates(Element(ai, value), today)
    last = date(moment.year, moment.month, moment.day)
    whole_month = value[4:6] == "00"
    return (date(full_year(int(value[:2]), today), int(value[2:4]), 1) if whole_month else last), last

"""The day on which an event happened where it happened, and spans of such days. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from service.errors import Malformed

#: No place on earth is further from UTC (EPCIS 2.0, 7.3.1.2, takes offsets up to 14 hours).
OFFSET_MOST: Final = timedelta(hours=14)
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9999, 12, 30)


def local_day(moment: datetime, offset: str | None) -> date:
    """The day at an offset such as `+08:00`; in UTC where there is none."""
    return moment.astimezone(_zone(offset)).date()


def _zone(offset: str | None) -> timezone:
    if not offset or len(offset) < 6 or offset[0] not in "+-":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if offset[0] == "-" else length)


@dataclass(frozen=True, slots=True)
class Span:
    """From a first to a last day, both within; None: open on that side."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.first > self.last:
            raise Malformed.field(
                "from",
                self.first.isoformat(),
                f"The first day is after the last, {self.last}.",
                f"起始日晚于截止日 {self.last}。",
            )

    def __contains__(self, day: date) -> bool:
        return (self.first or FIRST_DAY) <= day <= (self.last or LAST_DAY)

    def moments(self) -> tuple[datetime, datetime]:
        """Moments outside of which no event of these days can be, wherever on earth."""
        first, last = max(self.first or FIRST_DAY, FIRST_DAY), min(self.last or LAST_DAY, LAST_DAY)
        begin = datetime.combine(first, time(), UTC) - OFFSET_MOST
        return begin, datetime.combine(last, time.max, UTC) + OFFSET_MOST

"""When things are due in a case: a profile, a moment and a calendar of working days make deadlines. Pure.

Hours are exact. Days, working days and months end with the last second of the local day of the profile's
zone; the day of the trigger itself is not counted. Working days are those of the country's published
calendar, make-up days included (in China the State Council's yearly one); where the clock runs through a year
whose calendar is not published, Monday to Friday are counted, and the deadline says so.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from service.recall.profiles import Cause, Profile, Rule, Unit
from service.recall.states import Kind

#: Deadlines of what recurs that stand ahead of those that were met.
AHEAD: Final = 30
DAY_ENDS: Final = time(23, 59, 59)
SATURDAY: Final = 5  # date.weekday()


class WorkingDays(Protocol):
    """The working days of one country."""

    def published(self, year: int) -> bool:
        """Whether the calendar of this year is known for sure."""

    def is_working_day(self, day: date) -> bool:
        """Whether people work on this day, by the calendar."""


class PlainWeek:
    """Monday to Friday, every year alike."""

    def published(self, year: int) -> bool:
        """Always: there is nothing to publish."""
        return date.min.year <= year <= date.max.year

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday."""
        return day.weekday() < SATURDAY


@dataclass(frozen=True, slots=True)
class Clocked:
    """What the profile's rules look at in a case."""

    kind: Kind
    cause: Cause
    hazard_class: int


@dataclass(frozen=True, slots=True)
class Due:
    """The last moment, in UTC, and whether an unpublished calendar was replaced by the plain week."""

    at: datetime
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing due: the rule, which time (1, 2 …), from when, and until when."""

    rule: Rule
    occurrence: int
    since: datetime
    due: Due


def due(start: datetime, offset: int, unit: Unit, zone: ZoneInfo, calendar: WorkingDays) -> Due:
    """The moment `offset` units after `start` (which has a time zone)."""
    if unit == "hour":
        return Due(start.astimezone(UTC) + timedelta(hours=offset))
    first = start.astimezone(zone).date()
    if unit == "working_day":
        last, fallback = nth_working_day(first, offset, calendar)
        return Due(_end_of(last, zone), fallback)
    return Due(_end_of(_plus_months(first, offset) if unit == "month" else first + timedelta(offset), zone))


def nth_working_day(start: date, count: int, calendar: WorkingDays) -> tuple[date, bool]:
    """The `count`th working day after `start`, and whether some year on the way had no calendar."""
    plain = PlainWeek()
    day, left, fallback = start, count, False
    while left:
        day += timedelta(1)
        published = calendar.published(day.year)
        fallback |= not published
        left -= (calendar if published else plain).is_working_day(day)
    return day, fallback


def _plus_months(day: date, months: int) -> date:
    """The same day of a later month, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DAY_ENDS, zone).astimezone(UTC)


def deadlines_from(
    profile: Profile,
    case: Clocked,
    trigger: str,
    since: datetime,
    calendar: WorkingDays,
) -> Iterator[Deadline]:
    """The deadlines whose clocks start with a trigger; of what recurs the first `AHEAD`."""
    for rule in profile.rules_for(case.kind, case.cause, case.hazard_class):
        if rule.trigger == trigger:
            yield from occurrences(
                profile,
                rule,
                case.hazard_class,
                since,
                calendar,
                range(1, 1 + (AHEAD if rule.recurring else 1)),
            )


def occurrences(
    profile: Profile,
    rule: Rule,
    hazard_class: int,
    since: datetime,
    calendar: WorkingDays,
    wanted: range,
) -> Iterator[Deadline]:
    """The deadlines of one rule by their numbers: the nth is n times the offset after `since`."""
    zone, offset = ZoneInfo(profile.zone), rule.offset_for(hazard_class)
    for number in wanted:
        yield Deadline(rule, number, since, due(since, offset * number, rule.unit, zone, calendar))

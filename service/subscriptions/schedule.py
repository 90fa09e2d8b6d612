"""When a scheduled subscription comes round (EPCIS 2.0, 8.2.5.3; its OpenAPI: "in the same manner as cron").

A schedule has fields `second`, `minute`, `hour`, `dayOfMonth`, `month`, `dayOfWeek` (1 is Monday, 7 Sunday);
each holds numbers, ranges and lists of both, `5`, `[9-17]`, `0,15,[30-45]`, or `0/30`: from 0 in steps of
30. A moment (UTC) fits when all fields fit. A field left out fits always, except that hours, minutes and
seconds finer than everything told are 0: `{"hour": "1", "minute": "5"}` is once a day, at 01:05:00.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from croniter import CroniterBadDateError, croniter

from service.errors import BadSubscription, Fault

#: Field -> its least and its greatest number, the finest first.
FIELDS: Final = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
TIMES_OF_DAY: Final = ("second", "minute", "hour")
#: The order of croniter's expressions.
CRON_ORDER: Final = ("minute", "hour", "dayOfMonth", "month", "dayOfWeek", "second")
NUMBER: Final = re.compile(r"([0-9]{1,2})(?:/([0-9]{1,2}))?")
RANGE: Final = re.compile(r"\[([0-9]{1,2})-([0-9]{1,2})\]")
#: Characters of one field.
MAX_FIELD: Final = 400
#: Years that are looked ahead: a 29th of February on one day of the week returns after 28, or 40 around 2100.
YEARS_AHEAD: Final = 50


@dataclass(frozen=True, slots=True)
class Schedule:
    """The numbers that fit, field by field; a field that is not there fits always."""

    numbers: Mapping[str, frozenset[int]]

    def fits(self, moment: datetime) -> bool:
        """Whether a moment (UTC) fits."""
        has = {
            "second": moment.second,
            "minute": moment.minute,
            "hour": moment.hour,
            "dayOfMonth": moment.day,
            "month": moment.month,
            "dayOfWeek": moment.isoweekday(),
        }
        return all(has[field] in numbers for field, numbers in self.numbers.items())

    def next_after(self, moment: datetime) -> datetime | None:
        """The first whole second after a moment (UTC) that fits; None if there is none for `YEARS_AHEAD`."""
        cron = croniter(
            " ".join(map(self._cron, CRON_ORDER)),
            moment.replace(microsecond=0),
            ret_type=datetime,
            day_or=False,
            max_years_between_matches=YEARS_AHEAD,
        )
        try:
            found: datetime = cron.get_next(datetime)
        except CroniterBadDateError:
            return None
        return found

    def _cron(self, field: str) -> str:
        if field not in self.numbers:
            return "*"
        # To cron, Sunday is 0.
        numbers = {number % 7 if field == "dayOfWeek" else number for number in self.numbers[field]}
        return ",".join(map(str, sorted(numbers)))


def read_schedule(told: Mapping[str, Any], at: str) -> Schedule:
    """The schedule of these fields: texts as above, or numbers. `at`: where they stand, for faults.

    Raises `BadSubscription` with a fault for each field that is not right.
    """
    faults: list[Fault] = []
    numbers: dict[str, frozenset[int]] = {}
    for field, value in told.items():
        if field in FIELDS:
            read = _numbers(field, value)
            if read is None:
                faults.append(_wrong(field, value, at))
            else:
                numbers[field] = read
        else:
            known = ", ".join(FIELDS)
            faults.append(
                Fault(
                    at + field,
                    value,
                    f"A schedule has no such field; it has {known}.",
                    f"调度没有该字段；可用字段为 {known}。",
                )
            )
    if not told:
        faults.append(
            Fault(
                at.rstrip("/"),
                None,
                'A schedule says at least one field, such as {"minute": "0"} for every hour.',
                '调度至少应有一个字段，例如 {"minute": "0"} 表示每小时一次。',
            )
        )
    if faults:
        raise refused(faults)
    for field in TIMES_OF_DAY:
        if field in numbers:
            break
        numbers[field] = frozenset((0,))
    return Schedule(numbers)


def refused(faults: list[Fault]) -> BadSubscription:
    """The refusal that carries these faults."""
    first = faults[0]
    return BadSubscription(
        f"{first.field}: {first.message}", f"{first.field}：{first.message_zh}", tuple(faults)
    )


def _numbers(field: str, value: Any) -> frozenset[int] | None:
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > MAX_FIELD:
        return None
    least, greatest = FIELDS[field]
    found: set[int] = set()
    for part in str(value).split(","):
        if number := NUMBER.fullmatch(part.strip()):
            first, step = int(number[1]), int(number[2] or 0)
            # A step of 0 would never come to an end; without a step there is one number.
            if number[2] is not None and step == 0:
                return None
            last = greatest if number[2] else first
        elif bounds := RANGE.fullmatch(part.strip().replace(" ", "")):
            first, last, step = int(bounds[1]), int(bounds[2]), 1
        else:
            return None
        if not least <= first <= last <= greatest:
            return None
        found.update(range(first, last + 1, step or 1))
    return frozenset(found)


def _wrong(field: str, value: Any, at: str) -> Fault:
    least, greatest = FIELDS[field]
    example = f"{least}, [{least}-{greatest}] or {least},{greatest}"
    return Fault(
        at + field,
        value,
        f"{field} takes numbers from {least} to {greatest}, ranges and lists of them, as text: {example}.",
        f"{field} 为 {least} 至 {greatest} 的数字、区间或其列表（文本），例如 {example}。",
    )

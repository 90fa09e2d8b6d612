"""Schedules of subscriptions: the next moment is the first second that fits, and nothing else is taken."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import BadSubscription, Fault
from service.subscriptions.schedule import FIELDS, TIMES_OF_DAY, read_schedule

#: Seconds that the obvious way looks ahead.
AHEAD = 2 * 3600
MOMENTS = st.integers(946_670_400, 4_133_980_800).map(
    lambda second: datetime.fromtimestamp(second, UTC)
) | st.sampled_from(
    [
        datetime(2024, 2, 28, 23, 59, 58, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2100, 2, 28, 22, 0, tzinfo=UTC),
    ]
)


@st.composite
def elements(draw: st.DrawFn, field: str) -> tuple[str, set[int]]:
    """One element as it is written, and the numbers that it means."""
    least, greatest = FIELDS[field]
    first = draw(st.integers(least, greatest))
    kind = draw(st.sampled_from(["number", "range", "steps"]))
    if kind == "number":
        return str(first), {first}
    if kind == "range":
        last = draw(st.integers(first, greatest))
        return f"[{first}-{last}]", set(range(first, last + 1))
    step = draw(st.integers(1, 59))
    return f"{first}/{step}", set(range(first, greatest + 1, step))


@st.composite
def told(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, set[int]]]:
    """A schedule as it is written, and the numbers of each field."""
    fields = draw(st.lists(st.sampled_from(list(FIELDS)), min_size=1, unique=True))
    written, meant = {}, {}
    for field in fields:
        parts = draw(st.lists(elements(field), min_size=1, max_size=3))
        written[field] = ",".join(text for text, _ in parts)
        meant[field] = set().union(*(numbers for _, numbers in parts))
    return written, meant


def fits(meant: dict[str, set[int]], moment: datetime) -> bool:
    """The rule, field by field."""
    has = {
        "second": moment.second,
        "minute": moment.minute,
        "hour": moment.hour,
        "dayOfMonth": moment.day,
        "month": moment.month,
        "dayOfWeek": moment.isoweekday(),
    }
    for field in TIMES_OF_DAY:
        if field in meant:
            break
        if has[field] != 0:
            return False
    return all(has[field] in numbers for field, numbers in meant.items())


@settings(max_examples=60, deadline=None)
@given(told(), MOMENTS)
def test_the_next_moment_is_the_first_second_that_fits(
    schedule: tuple[dict[str, str], dict[str, set[int]]], moment: datetime
) -> None:
    written, meant = schedule
    found = read_schedule(written, "/schedule/").next_after(moment)
    seconds = (moment.replace(microsecond=0) + timedelta(seconds=n) for n in range(1, AHEAD))
    first = next((second for second in seconds if fits(meant, second)), None)
    if first is not None:
        assert found == first
    elif found is not None:
        assert fits(meant, found)
        assert found > moment + timedelta(seconds=AHEAD - 2)


@given(told(), MOMENTS)
def test_a_schedule_fits_what_its_fields_fit(
    schedule: tuple[dict[str, str], dict[str, set[int]]], moment: datetime
) -> None:
    written, meant = schedule
    assert read_schedule(written, "/schedule/").fits(moment) == fits(meant, moment)


@pytest.mark.parametrize(
    ("written", "after", "expected"),
    [
        # The example of the standard's OpenAPI file: every morning at 1.05.
        ({"hour": "1", "minute": "5"}, "2026-11-22T01:05:00", "2026-11-23T01:05:00"),
        ({"second": "0/30"}, "2026-11-22T01:05:29.5", "2026-11-22T01:05:30"),
        ({"minute": 5}, "2026-11-22T01:05:00", "2026-11-22T02:05:00"),
        # Monday is 1, Sunday 7; 22 November 2026 is a Sunday.
        ({"dayOfWeek": "1"}, "2026-11-22T00:00:00", "2026-11-23T00:00:00"),
        ({"dayOfWeek": "7"}, "2026-11-22T00:00:00", "2026-11-29T00:00:00"),
        ({"dayOfWeek": "[6-7]"}, "2026-11-22T00:00:00", "2026-11-28T00:00:00"),
        # Days of the month and of the week must both fit: the next Friday the 13th.
        ({"dayOfMonth": "13", "dayOfWeek": "5"}, "2026-11-22T00:00:00", "2027-08-13T00:00:00"),
        ({"dayOfMonth": "29", "month": "2"}, "2026-11-22T00:00:00", "2028-02-29T00:00:00"),
        # 2100 is no leap year: a Monday the 29th of February comes 40 years after the last one.
        (
            {"dayOfMonth": "29", "month": "2", "dayOfWeek": "1"},
            "2072-02-29T00:00:01",
            "2112-02-29T00:00:00",
        ),
        ({"hour": "[9-11],14", "minute": "0,30"}, "2026-11-22T11:30:00", "2026-11-22T14:00:00"),
    ],
)
def test_known_schedules_come_round_when_they_should(
    written: dict[str, Any], after: str, expected: str
) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = read_schedule(written, "/schedule/").next_after(moment)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_day_that_never_comes_is_none() -> None:
    schedule = read_schedule({"dayOfMonth": "[30-31]", "month": "2"}, "/schedule/")
    assert schedule.next_after(datetime(2026, 11, 22, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("second", "60"),
        ("minute", "-1"),
        ("hour", "24"),
        ("dayOfMonth", "0"),
        ("month", "13"),
        ("dayOfWeek", "0"),
        ("dayOfWeek", "MON"),
        ("hour", "[5-3]"),
        ("hour", "5-7"),
        ("hour", ""),
        ("hour", "1,,2"),
        ("second", "0/0"),
        ("second", "*"),
        ("second", True),
        ("second", 1.5),
        ("second", None),
        ("second", "0," * 1000 + "0"),
        ("week", "1"),
    ],
)
def test_what_is_no_schedule_is_refused_by_field(field: str, value: Any) -> None:
    with pytest.raises(BadSubscription) as caught:
        read_schedule({field: value}, "/schedule/")
    (fault,) = caught.value.faults
    assert (fault.field, fault.value) == (f"/schedule/{field}", value)


def test_a_schedule_of_nothing_is_refused() -> None:
    with pytest.raises(BadSubscription) as caught:
        read_schedule({}, "/schedule/")
    assert caught.value.faults[0].field == "/schedule"


@given(st.dictionaries(st.sampled_from([*FIELDS, "week"]), st.text(max_size=8) | st.integers() | st.none()))
def test_anything_is_understood_or_refused_in_words(told: dict[str, Any]) -> None:
    faults: Sequence[Fault] = ()
    try:
        read_schedule(told, "/schedule/")
    except BadSubscription as refused:
        faults = [*refused.faults, *faults]
    assert all(fault.message and fault.message_zh for fault in faults)

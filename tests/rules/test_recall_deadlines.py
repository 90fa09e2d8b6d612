"""When things are due in a recall: the table of every profile across holidays, checked by hand, and laws.

2026 by the State Council: Spring Festival off from 15 to 23 February, worked on Saturdays 14 and 28 February;
Mid-Autumn off from 25 to 27 September; National Day off from 1 to 7 October, worked on Sunday 20 September
and Saturday 10 October. 2027 stands for a year that is not published yet, whatever the library knows by now.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Malformed
from service.recall.deadlines import (
    AHEAD,
    Clocked,
    Due,
    PlainWeek,
    WorkingDays,
    deadlines_from,
    due,
    nth_working_day,
)
from service.recall.profiles import read_profiles
from service.recall.working_days import calendar_of, profiles

SHANGHAI = ZoneInfo("Asia/Shanghai")


class UpTo2026:
    """The Chinese calendar as it was in 2026: the notice for 2027 is not out."""

    def __init__(self) -> None:
        self.real = calendar_of("CN")

    def published(self, year: int) -> bool:
        return year <= 2026 and self.real.published(year)

    def is_working_day(self, day: date) -> bool:
        return self.real.is_working_day(day)


CHINA = UpTo2026()


def calendar(country: str) -> WorkingDays:
    return CHINA if country == "CN" else calendar_of(country)


def local(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def table(profile: str, trigger: str, since: str, hazard_class: int, cause: str = "other") -> dict[str, str]:
    """rule -> the last moment as the profile's zone tells it; `*` where the plain week was counted."""
    found = profiles()[profile]
    case = Clocked("recall", cause, hazard_class)  # type: ignore[arg-type]
    moments = deadlines_from(found, case, trigger, local(since, found.zone), calendar(found.calendar))
    return {
        one.rule.name: one.due.at.astimezone(ZoneInfo(found.zone)).strftime("%m-%d %H:%M")
        + ("*" if one.due.fallback else "")
        for one in moments
        if one.occurrence == 1
    }


#: (profile, trigger, moment, cause) -> for the classes 1, 2, 3: rule -> month-day hour:minute. By hand.
HAND = {
    # Tuesday 29 September 2026: Wednesday is worked, then nothing until Thursday 8 October.
    ("CN_FOOD", "known", "2026-09-29T10:00", "failed_inspection"): (
        {
            "start": "09-30 10:00",
            "serious_risk_report": "09-30 10:00",
            "reinspection_request": "10-14 23:59",  # 30, 8, 9, 10 (Saturday, worked), 12, 13, 14
            "inspection_follow_up": "12-28 23:59",
        },
        {
            "start": "10-01 10:00",
            "reinspection_request": "10-14 23:59",
            "inspection_follow_up": "12-28 23:59",
        },
        {
            "start": "10-02 10:00",
            "reinspection_request": "10-14 23:59",
            "inspection_follow_up": "12-28 23:59",
        },
    ),
    # 8, 9, 10, 12 … 16 (8 days), 19, 20; then 21 … 30 October (18), 2, 3 November; then to 17 November.
    ("CN_FOOD", "public_notice", "2026-09-30T18:00", "other"): (
        {"completion": "10-20 23:59"},
        {"completion": "11-03 23:59"},
        {"completion": "11-17 23:59"},
    ),
    # Thursday 12 February 2026: 13, 14 (Saturday, worked), 24 … 27, 28 (Saturday, worked), 2, 3, 4 March.
    ("CN_FOOD", "public_notice", "2026-02-12T09:00", "other"): (
        {"completion": "03-04 23:59"},
        {"completion": "03-18 23:59"},
        {"completion": "04-01 23:59"},
    ),
    # Thursday 4 February 2027, the year's calendar unknown: Monday to Friday, and it is said.
    ("CN_FOOD", "public_notice", "2027-02-04T09:00", "other"): (
        {"completion": "02-18 23:59*"},
        {"completion": "03-04 23:59*"},
        {"completion": "03-18 23:59*"},
    ),
    # Monday 28 December 2026 runs into 2027: 29, 30, 31, then 1, 4 … 8, 11 January of the plain week.
    ("CN_FOOD", "public_notice", "2026-12-28T09:00", "other"): (
        {"completion": "01-11 23:59*"},
        {"completion": "01-25 23:59*"},
        {"completion": "02-08 23:59*"},
    ),
    ("CN_DRUG", "opened", "2026-09-29T10:00", "other"): tuple(
        dict.fromkeys(("stop_notice", "investigation_report", "plan", "progress_report"), f"{day} 23:59")
        for day in ("09-30", "10-02", "10-06")
    ),
    # 30 September, 8, 9, 10, 12 … 16, 19 October.
    ("CN_DRUG", "completed", "2026-09-29T10:00", "other"): ({"final_report": "10-19 23:59"},) * 3,
    ("CN_DRUG", "completed", "2026-02-12T10:00", "other"): ({"final_report": "03-04 23:59"},) * 3,
    ("CN_CONSUMER", "known", "2026-09-29T10:00", "failed_inspection"): (
        {"defect_report": "10-08 23:59", "plan": "10-19 23:59", "objection": "10-14 23:59"},
    )
    * 3,
    ("CN_CONSUMER", "plan", "2026-09-30T10:00", "other"): ({"public_notice": "10-10 23:59"},) * 3,
    ("CN_CONSUMER", "opened", "2026-11-30T10:00", "other"): ({"interim_summary": "02-28 23:59"},) * 3,
    # 13, 14, 24 … 28 February (7), 2 … 6 March (12), 9, 10, 11.
    ("CN_CONSUMER", "completed", "2026-02-12T10:00", "other"): ({"final_report": "03-11 23:59"},) * 3,
    # Summer time ends in New York on 1 November 2026: hours are exact, days end with the local day.
    ("US_FOOD", "known", "2026-10-31T12:00", "other"): ({"reportable_food": "11-01 11:00"}, {}, {}),
    ("US_FOOD", "opened", "2026-10-31T12:00", "other"): (
        {"status_report": "11-14 23:59"},
        {"status_report": "11-28 23:59"},
        {"status_report": "11-28 23:59"},
    ),
    ("US_FOOD", "records_request", "2026-09-30T08:00", "other"): ({"records_on_request": "10-01 08:00"},) * 3,
    ("EU_FOOD", "known", "2026-09-30T08:00", "other"): (
        {"authority_report": "10-01 08:00", "public_notice": "10-01 08:00"},
    )
    * 3,
}


@pytest.mark.parametrize(("question", "answers"), HAND.items(), ids=lambda value: "-".join(map(str, value)))
def test_the_table_computed_is_the_table_written_by_hand(
    question: tuple[str, str, str, str], answers: tuple[dict[str, str], ...]
) -> None:
    profile, trigger, since, cause = question
    computed = tuple(table(profile, trigger, since, hazard_class, cause) for hazard_class in (1, 2, 3))
    assert computed == answers


def test_every_rule_of_every_profile_is_in_the_table() -> None:
    told = {(profile, rule) for (profile, *_), rows in HAND.items() for row in rows for rule in row}
    assert told == {(name, rule.name) for name, profile in profiles().items() for rule in profile.rules}


def test_china_works_and_rests_in_2026_as_the_state_council_said() -> None:
    off = [date(2026, 2, day) for day in range(15, 24)] + [date(2026, 10, day) for day in range(1, 8)]
    off += [date(2026, 1, day) for day in (1, 2, 3)] + [date(2026, 9, day) for day in (25, 26, 27)]
    worked = [date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))]
    assert not any(CHINA.is_working_day(day) for day in off)
    assert all(CHINA.is_working_day(day) for day in worked)
    assert (CHINA.published(2026), CHINA.published(2027)) == (True, False)


def test_of_what_recurs_some_stand_ahead_each_a_period_later() -> None:
    found = list(
        deadlines_from(
            profiles()["CN_DRUG"], Clocked("recall", "other", 2), "opened", local("2026-09-29T10:00"), CHINA
        )
    )
    reports = [one for one in found if one.rule.name == "progress_report"]
    assert [one.occurrence for one in reports] == list(range(1, AHEAD + 1))
    gaps = {later.due.at - one.due.at for one, later in pairwise(reports)}
    assert gaps == {timedelta(days=3)}


def test_a_month_ends_where_the_later_month_is_shorter() -> None:
    assert due(local("2026-11-30T10:00"), 3, "month", SHANGHAI, CHINA) == Due(
        local("2027-02-28T23:59:59").astimezone(UTC)
    )


def test_a_case_of_another_kind_or_cause_has_other_deadlines() -> None:
    food = profiles()["CN_FOOD"]
    assert food.rules_for("hold", "other", 1) == ()
    assert {rule.name for rule in food.rules_for("hold", "failed_inspection", 2)} == {
        "reinspection_request",
        "inspection_follow_up",
    }


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=1400)).map(
    lambda passed: datetime(2024, 1, 1, tzinfo=UTC) + passed
)
UNITS = st.sampled_from(["hour", "day", "working_day", "month"])


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)), st.integers(1, 30), UNITS)
def test_who_starts_later_is_due_no_earlier(
    start: datetime, later: timedelta, offset: int, unit: str
) -> None:
    first = due(start, offset, unit, SHANGHAI, CHINA)  # type: ignore[arg-type]
    second = due(start + later, offset, unit, SHANGHAI, CHINA)  # type: ignore[arg-type]
    assert start < first.at <= second.at


@given(st.dates(date(2020, 1, 1), date(2027, 12, 31)), st.integers(1, 60))
def test_a_working_day_deadline_lands_on_a_working_day_and_counts_those_between(
    start: date, count: int
) -> None:
    last, fallback = nth_working_day(start, count, CHINA)
    days = [start + timedelta(n) for n in range(1, (last - start).days + 1)]

    def worked(day: date) -> bool:
        return (CHINA if CHINA.published(day.year) else PlainWeek()).is_working_day(day)

    assert worked(last)
    assert sum(map(worked, days)) == count
    assert fallback == (last.year > 2026)


@given(st.dates(date(2020, 1, 1), date(2026, 6, 30)), st.integers(1, 20), st.integers(1, 20))
def test_working_days_add_up(start: date, some: int, more: int) -> None:
    halfway, _ = nth_working_day(start, some, CHINA)
    assert nth_working_day(halfway, more, CHINA)[0] == nth_working_day(start, some + more, CHINA)[0]


OWN = """
[CN_WINE]
title_zh = "酒类"
title_en = "Wine"
zone = "Asia/Shanghai"
documents = ["plan"]
keep_months = 24
keep_clause = "x"
keep_certainty = "G"
[[CN_WINE.rules]]
name = "plan"
document = "plan"
title_zh = "计划"
title_en = "Plan"
trigger = "known"
offset = 5
unit = "working_day"
clause = "x"
certainty = "G"
"""


def test_an_operator_may_bring_a_profile_of_his_own() -> None:
    own = read_profiles(OWN, "own.toml")["CN_WINE"]
    assert own.rules[0].offset_for(3) == 5
    assert own.calendar == ""


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("offset = 5", "offset = 0", "CN_WINE.rules[0].offset"),
        ("offset = 5", "", "offset"),
        ('unit = "working_day"', 'unit = "week"', "week"),
        ('trigger = "known"', 'trigger = "moon"', "moon"),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Nowhere"', "Asia/Nowhere"),
        ('certainty = "G"\n', 'certainty = "G"\ncolour = "red"\n', "colour"),
        ("[CN_WINE]", "[wine]", "wine"),
        ("keep_months = 24", "keep_years = 2", "CN_WINE"),
        ("[CN_WINE]", "[CN_WINE", "line"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(wrong: str, right: str, said: str) -> None:
    text = OWN.replace(wrong, right)
    if right == "[wine]":
        text = text.replace("CN_WINE", "wine")
    with pytest.raises(Malformed) as caught:
        read_profiles(text, "own.toml")
    assert said in caught.value.message
    assert caught.value.zh != caught.value.message


def test_every_rule_stands_in_the_handbook_with_its_clause_and_certainty() -> None:
    table = (Path(__file__).resolve().parents[2] / "docs" / "recall.md").read_text(encoding="utf-8")
    for name, profile in profiles().items():
        for rule in profile.rules:
            offsets = "/".join(dict.fromkeys(str(rule.offset_for(number)) for number in rule.classes))
            told = [line for line in table.splitlines() if line.startswith(f"| {name} | `{rule.document}`")]
            assert any(
                f"{rule.trigger} + " in line
                and f"{offsets} " in line
                and line.endswith(f"| {rule.clause} | {rule.certainty} |")
                for line in told
            ), (name, rule.name)

"""Whether drills get better: against the one before, and over all of them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.reports.drill_trend import Trend, trends


def drill(
    seconds: float = 1, percent: float | None = 90, reachable: int = 8, gaps: int = 3
) -> dict[str, Any]:
    return {"seconds": seconds, "percent": percent, "holders": 10, "reachable": reachable, "gaps": gaps}


def of(measure: str, *drills: dict[str, Any]) -> Trend:
    return next(one for one in trends(drills) if one.measure == measure)


def test_faster_and_fewer_gaps_are_better_and_so_are_higher_shares() -> None:
    drills = [drill(9, 80, 5, 9), drill(3, 95, 9, 2)]
    assert {one.over_all for one in trends(drills)} == {"better"}
    assert {one.since_before for one in trends(drills[::-1])} == {"worse"}


def test_one_bad_drill_does_not_turn_the_trend() -> None:
    told = of("percent", *(drill(percent=percent) for percent in (70, 80, 90, 95, 85)))
    assert (told.since_before, told.over_all) == ("worse", "better")
    assert (told.first, told.before, told.latest, told.best) == (70, 95, 85, 95)


def test_a_single_drill_has_no_trend_and_none_has_nothing() -> None:
    assert of("gaps", drill(gaps=4)) == Trend("gaps", 4, None, 4, 4, None, None)
    assert of("gaps") == Trend("gaps", None, None, None, None, None, None)


def test_a_drill_without_quantities_is_left_out_of_their_trend() -> None:
    told = of("percent", drill(percent=80), drill(percent=None), drill(percent=90))
    assert (told.before, told.since_before) == (80, "better")


@given(st.lists(st.integers(0, 5), min_size=2, max_size=8), st.sampled_from(["gaps", "seconds"]))
def test_backwards_in_time_better_is_worse(values: list[int], measure: str) -> None:
    drills = [drill() | {measure: value} for value in values]
    mirrored = {"better": "worse", "worse": "better", "same": "same"}
    over_all = of(measure, *drills).over_all
    assert over_all is not None
    assert of(measure, *drills[::-1]).over_all == mirrored[over_all]


def test_nobody_to_be_told_is_no_share() -> None:
    assert of("reachable_percent", drill() | {"holders": 0}).latest is None

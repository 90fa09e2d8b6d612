"""The public journey: at most eight steps, in time, nothing told that a party does not allow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.scan.journey import STEPS_MOST, Actor, Journey, Step, StepKind, condensed, merged, step_of
from service.scan.regions import city_code, region_name

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ACTORS = st.builds(
    Actor,
    st.integers(1, 9),
    st.sampled_from(["甲公司", "乙公司", "丙公司"]),
    st.none(),
    st.sampled_from(["producer", "retailer"]),
    st.sampled_from(["3501", "1101", None]),
    st.sampled_from(["name", "region", "hidden"]),
)
STEPS = st.lists(
    st.builds(
        step_of,
        st.sampled_from(StepKind),
        st.integers(0, 30).map(lambda day: NOW + timedelta(days=day)),
        ACTORS,
        own=st.booleans(),
    ),
    max_size=30,
)


@given(STEPS)
def test_at_most_eight_steps_in_time_and_the_rest_are_counted(steps: list[Step]) -> None:
    journey = condensed(steps)
    assert len(journey.steps) <= STEPS_MOST
    assert [step.first_at for step in journey.steps] == sorted(step.first_at for step in journey.steps)
    assert len(journey.steps) + journey.more == len({step.looks for step in steps})
    assert (journey.more > 0) == (len({step.looks for step in steps}) > STEPS_MOST)


@given(STEPS, st.randoms())
def test_the_order_of_reading_does_not_matter(steps: list[Step], random: Any) -> None:
    shuffled = list(steps)
    random.shuffle(shuffled)
    assert condensed(shuffled) == condensed(steps)


@given(STEPS, STEPS)
def test_merging_in_parts_and_again_changes_nothing(some: list[Step], more: list[Step]) -> None:
    whole = merged([*some, *more])
    assert merged(whole) == whole
    assert merged([*merged(some), *more]) == whole


@given(STEPS)
def test_every_step_spans_what_it_was_made_of(steps: list[Step]) -> None:
    for step in merged(steps):
        alike = [one for one in steps if one.looks == step.looks]
        assert step.first_at == min(one.first_at for one in alike)
        assert step.last_at == max(one.last_at for one in alike)


@given(st.sampled_from(StepKind), ACTORS, ACTORS, st.booleans())
def test_nobody_is_named_who_did_not_say_so(kind: StepKind, actor: Actor, owner: Actor, own: bool) -> None:
    step = step_of(kind, NOW, actor, own=own, product=("雀舌牌面粉", None, owner))
    assert (step.name_zh is not None) == (actor.disclosure == "name")
    if actor.disclosure == "hidden":
        assert (step.role, step.region) == (None, None)
    # A brand tells who made it.
    if step.product_zh is not None:
        assert actor.disclosure == owner.disclosure == "name"


@given(ACTORS)
def test_makers_are_always_named(actor: Actor) -> None:
    assert actor.party_id is not None
    step = step_of(StepKind.MADE, NOW, actor, own=True, named={actor.party_id})
    assert (step.name_zh, step.role, step.region) == (actor.name_zh, actor.role, actor.region)


def test_where_it_was_made_and_sold_is_never_dropped() -> None:
    hidden = [
        step_of(StepKind.ARRIVED, NOW + timedelta(days=n), Actor(n, region=f"35{n:02}"), own=False)
        for n in range(1, 12)
    ]
    made = step_of(StepKind.PROCESSED, NOW, Actor(20), own=True)
    sold = step_of(StepKind.SOLD, NOW + timedelta(days=40), Actor(21), own=True)
    journey = condensed([*hidden, sold, made])
    assert journey.steps[0] == made
    assert journey.steps[-1] == sold
    assert journey.more == 5


def test_a_journey_of_nothing_is_empty() -> None:
    assert condensed([]) == Journey()


@pytest.mark.parametrize(
    ("region", "code", "chinese", "english"),
    [
        ("350104", "3501", "福建省福州市", "Fuzhou, Fujian"),
        ("110105", "11", "北京市", "Beijing"),
        ("419001", "41", "河南省", "Henan"),
        ("US-TX", "US-TX", "US-TX", "US-TX"),
        ("FR", "FR", "FR", "FR"),
    ],
)
def test_no_region_is_finer_than_a_city(region: str, code: str, chinese: str, english: str) -> None:
    assert city_code(region) == code
    assert region_name(code, "zh") == chinese
    assert region_name(code, "en") == english


@pytest.mark.parametrize("region", [None, "", "990101"])
def test_a_region_that_is_not_known_is_not_shown(region: str | None) -> None:
    assert city_code(region) is None

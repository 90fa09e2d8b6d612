"""The life of a case: lawful moves, what the public is told, and a history that shows when it was touched."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Conflict, Forbidden, Malformed
from service.recall.history import Step, digest, first_break
from service.recall.states import (
    BEGINNINGS,
    HANDS,
    LIVE,
    MOVES,
    Hand,
    Kind,
    Mandate,
    Status,
    check_hand,
    check_move,
    standing,
)

STATUSES: tuple[Status, ...] = get_args(Status)
KINDS: tuple[Kind, ...] = get_args(Kind)
MANDATES: tuple[Mandate, ...] = get_args(Mandate)
HANDS_ALL: tuple[Hand, ...] = get_args(Hand)


@pytest.mark.parametrize(("source", "target"), list(product(STATUSES, STATUSES)))
def test_a_move_is_lawful_exactly_where_the_table_says(source: Status, target: Status) -> None:
    if (source, target) in MOVES:
        assert check_move(source, target, note="because") is MOVES[source, target]
        return
    with pytest.raises(Conflict) as caught:
        check_move(source, target, note="because")
    assert source in caught.value.message
    assert target in caught.value.zh


def test_every_state_is_reached_and_only_a_cancelled_case_goes_nowhere() -> None:
    assert {target for _, target in MOVES} | BEGINNINGS == set(STATUSES)
    assert {source for source, _ in MOVES} == set(STATUSES) - {"cancelled"}


@pytest.mark.parametrize(
    ("source", "target"),
    [("open", "cancelled"), ("open", "closed"), ("closed", "open"), ("assessing", "cancelled")],
)
def test_an_end_and_a_return_want_a_reason(source: Status, target: Status) -> None:
    with pytest.raises(Malformed):
        check_move(source, target, note=None)


def test_what_the_public_is_told_of_each_kind_in_each_state() -> None:
    told = {(kind, status): standing(kind, status) for kind, status in product(KINDS, STATUSES)}
    assert {key for key, said in told.items() if said is None} == {
        *((kind, status) for kind in KINDS for status in ("assessing", "cancelled")),
        ("hold", "closed"),
        ("stop_sale", "closed"),
    }
    assert told["recall", "closed"] == "recalled"
    assert told["withdrawal", "closed"] == "withdrawn"
    assert told["hold", "completed"] == told["stop_sale", "open"] == "stopped"
    assert LIVE.isdisjoint({"closed", "cancelled"})


MOMENT = datetime(2026, 3, 10, 8, tzinfo=UTC)
STEPS = [
    Step(1, None, "assessing", MOMENT, "zhang", None),
    Step(2, "assessing", "open", MOMENT.replace(day=11), "li", "检出沙门氏菌"),
    Step(3, "open", "closed", MOMENT.replace(day=20), "li", "all recovered"),
]


def chain(steps: list[Step]) -> list[tuple[Step, str]]:
    told: list[tuple[Step, str]] = []
    before = ""
    for step in steps:
        before = digest(before, 7, step)
        told.append((step, before))
    return told


def test_a_history_left_alone_holds() -> None:
    assert first_break(7, chain(STEPS)) is None


@given(
    st.integers(0, 2),
    st.sampled_from(
        [
            {"actor": "wang"},
            {"note": "other words"},
            {"at": MOMENT.replace(day=2)},
            {"target": "cancelled"},
        ]
    ),
)
def test_a_step_that_was_changed_shows(place: int, change: dict[str, object]) -> None:
    told = chain(STEPS)
    step, kept = told[place]
    told[place] = (replace(step, **change), kept)  # type: ignore[arg-type]
    assert first_break(7, told) == place + 1


def test_a_step_left_out_shows() -> None:
    told = chain(STEPS)
    assert first_break(7, [told[0], told[2]]) == 2


def allowed(source: Status, target: Status, mandate: Mandate, hand: Hand | None) -> bool:
    try:
        check_hand(source, target, mandate, hand)
    except Forbidden:
        return False
    return True


def test_every_lawful_move_is_somebodys_and_the_operator_acts_for_each() -> None:
    assert HANDS.keys() == MOVES.keys()
    for move, mandate in product(MOVES, MANDATES):
        assert allowed(*move, mandate, None)
        assert any(allowed(*move, mandate, hand) for hand in HANDS_ALL)


def test_what_was_ordered_ends_by_the_authoritys_word_and_what_was_not_by_the_firms() -> None:
    for source, target in MOVES:
        if target in ("closed", "cancelled"):
            assert allowed(source, target, "ordered", "authority")
            assert not allowed(source, target, "ordered", "responsible")
            assert allowed(source, target, "voluntary", "responsible")
            assert not allowed(source, target, "voluntary", "authority")


def test_that_all_was_recovered_is_for_who_recovers_to_say_and_that_it_was_not_for_either() -> None:
    for mandate in MANDATES:
        assert allowed("open", "completed", mandate, "responsible")
        assert not allowed("open", "completed", mandate, "authority")
        for hand in HANDS_ALL:
            assert allowed("completed", "open", mandate, hand)
            assert allowed("closed", "open", mandate, hand)


def test_who_may_not_move_a_case_reads_where_to_and_what_else_to_do() -> None:
    wrong: list[tuple[Mandate, Hand]] = [("ordered", "responsible"), ("voluntary", "authority")]
    for mandate, hand in wrong:
        with pytest.raises(Forbidden) as caught:
            check_hand("open", "closed", mandate, hand)
        assert "closed" in caught.value.message
        assert "closed" in caught.value.zh

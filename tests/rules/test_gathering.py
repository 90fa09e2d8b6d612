"""How long a group of events waits for more."""

import pytest

from service.capture.gathering import REST_MOST, SECONDS_MOST, Gathering

MOST = 64
#: What a group takes.
TOOK = 0.04


def answered(gathering: Gathering, count: int, *, waiting: int = 0, took: float = TOOK) -> float:
    """A group of so many is answered at 10; for how long the next waits, if one more comes at once."""
    gathering.answered(count, waiting=waiting, began=10 - took, now=10)
    return gathering.left(waiting + 1, most=MOST, now=10)


def test_what_comes_first_and_who_sends_one_after_another_waits_for_nobody() -> None:
    gathering = Gathering()
    assert gathering.left(1, most=MOST, now=10) == 0
    for _ in range(3):
        gathering.begins(1, most=MOST)
        assert answered(gathering, 1) == 0


def test_who_was_answered_together_is_waited_for_until_all_are_here() -> None:
    gathering = Gathering()
    assert answered(gathering, 9, waiting=7) > 0
    assert gathering.left(15, most=MOST, now=10) > 0
    assert gathering.left(16, most=MOST, now=10) == 0


def test_nobody_is_waited_for_longer_than_for_half_of_what_the_group_took_nor_than_the_bound() -> None:
    gathering = Gathering()
    assert answered(gathering, 9) == pytest.approx(TOOK / 2)
    assert gathering.left(1, most=MOST, now=10.001 + TOOK / 2) == 0
    assert answered(gathering, 9, took=8) == pytest.approx(SECONDS_MOST)


def test_a_full_group_begins_at_once() -> None:
    gathering = Gathering()
    gathering.answered(MOST, waiting=MOST, began=9, now=10)
    assert gathering.left(MOST, most=MOST, now=10) == 0


def test_who_does_not_come_is_waited_for_more_and_more_seldom_and_who_does_as_before() -> None:
    gathering = Gathering()
    waits = []
    for _ in range(4 * REST_MOST):
        waits.append(answered(gathering, 2) > 0)
        gathering.begins(1, most=MOST)
    assert waits[:4] == [True, True, False, True]
    assert sum(waits) <= 4 + 6
    while not answered(gathering, 2):
        gathering.begins(1, most=MOST)
    gathering.begins(2, most=MOST)
    assert answered(gathering, 2) > 0
    assert answered(gathering, 2) > 0

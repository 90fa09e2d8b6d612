"""How old a standby's data can be: never younger than it is, whatever the two servers do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.db.freshness import REACHED_MOST, WAITING_MOST, Freshness, Mark, position_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

#: Of each step: what is committed, how much of the log the standby replays more, how long it takes.
STEP = st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from([0.0, 0.25, 1.0]))
STEPS = st.lists(STEP, max_size=60)


def mark(at: float, position: int) -> Mark:
    return Mark(at, NOON + timedelta(seconds=at), position)


@given(STEPS, st.sampled_from([0.0, 0.3, 1.0, 5.0]))
def test_all_that_was_committed_before_the_moment_told_is_there(
    steps: list[tuple[int, int, float]], ago: float
) -> None:
    known = Freshness()
    now, end, replayed = 100.0, 0, 0
    committed: list[tuple[float, int]] = []
    seen: list[tuple[float, int]] = []
    for written, followed, seconds in steps:
        known.mark(mark(now, end))
        for _ in range(written):
            end += 1
            committed.append((now, end))
        replayed = min(end, replayed + followed)
        known.replayed(replayed, now)
        seen.append((now, replayed))
        now += seconds
        told = known.as_of(now - ago)
        if told is not None:
            # Whoever began to read then saw what was replayed by then.
            there = max((position for at, position in seen if at <= now - ago), default=seen[0][1])
            assert all(position <= there for at, position in committed if at < told.at)


def test_a_standby_that_has_caught_up_is_as_old_as_the_last_asking() -> None:
    known = Freshness()
    assert known.age(100.0) == float("inf")
    known.mark(mark(100.0, 7))
    known.replayed(6, 100.1)
    assert known.as_of(100.2) is None
    known.mark(mark(101.0, 7))
    known.replayed(7, 101.1)
    assert known.age(101.5) == 0.5
    # The primary is at rest, and asked no more: the standby may lack what is new.
    assert known.age(110.0) == 9.0
    known.forget()
    assert known.as_of(110.0) is None


def test_who_began_earlier_saw_what_was_there_earlier() -> None:
    known = Freshness()
    for second in range(5):
        known.mark(mark(100.0 + second, second))
        known.replayed(second, 100.0 + second)
    assert [known.as_of(100.5 + second) for second in range(4)] == [mark(100.0 + n, n) for n in range(4)]


def test_a_standby_that_stands_still_is_not_remembered_without_end() -> None:
    known = Freshness()
    for second in range(10 * WAITING_MOST):
        known.mark(mark(second, second))
        known.replayed(-1, second)
    assert known.as_of(1e9) is None
    known.replayed(10 * WAITING_MOST, 1e6)
    assert known.as_of(1e9) == mark(10 * WAITING_MOST - 1, 10 * WAITING_MOST - 1)
    for second in range(REACHED_MOST * 2):
        known.mark(mark(1e6 + second, 1_000_000 + second))
        known.replayed(1_000_000 + second, 1e6 + second)
    assert len(known._reached) == REACHED_MOST


@pytest.mark.parametrize(
    ("text", "position"), [("0/0", 0), ("0/16B3748", 0x16B3748), ("16/B374D848", 0x16_B374_D848)]
)
def test_a_position_is_read_as_postgresql_writes_it(text: str, position: int) -> None:
    assert position_of(text) == position


@pytest.mark.parametrize(
    "text", ["", "/", "1", "1/", "/1", "1/2/3", "g/1", "1/-1", "1/ 1", "123456789/0", "é/1"]
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        position_of(text)

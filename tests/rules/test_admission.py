"""Who is let in: token buckets of bounded number, kinds of requests, and a gate that is bounded and fair."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.admission.buckets import PERIOD, Buckets
from service.admission.callers import Known, key_of, payer_of
from service.admission.gate import Bounds, Gate
from service.admission.kinds import Guess, Kind, guess_of, is_code, is_wrong, kind_of
from service.errors import Overloaded, TooOften

BOUNDS = Bounds(at_once=2, of_one=1, waiting=3, waiting_of_one=2, seconds=60.0)
MOMENTS = st.lists(st.floats(0, 200), min_size=1, max_size=60).map(sorted)


@given(a_minute=st.integers(1, 20), moments=MOMENTS)
@hypothesis_settings(max_examples=40)
def test_a_bucket_gives_its_allowance_at_once_and_then_as_time_passes(
    a_minute: int, moments: list[float]
) -> None:
    buckets = Buckets(a_minute)
    taken = [now for now in moments if buckets.take("one", now) == 0.0]
    for begin in taken:
        # In a window of any length: what was in the bucket, and what came in meanwhile.
        for end in (each for each in taken if each >= begin):
            within = sum(begin <= now <= end for now in taken)
            assert within <= a_minute + (end - begin) * a_minute / PERIOD + 1e-3
    assert taken[0] == moments[0]


def test_who_waits_as_long_as_he_is_told_gets_one_and_others_never_wait_for_him() -> None:
    buckets = Buckets(2)
    assert [buckets.take("one", 5.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert buckets.take("other", 5.0) == 0.0
    assert buckets.take("one", 34.9) == pytest.approx(0.1)
    assert buckets.take("one", 35.0) == 0.0
    assert all(Buckets(0).take("one", 5.0) == 0.0 for _ in range(100))


@given(st.lists(st.integers(0, 50), max_size=300))
@hypothesis_settings(max_examples=40)
def test_the_table_is_bounded_and_forgets_whoever_asked_longest_ago(names: list[int]) -> None:
    buckets = Buckets(1, kept_most=8)
    taken: list[int] = []
    for name in names:
        if buckets.take(str(name), 0.0) == 0.0:
            taken.append(name)
        assert len(buckets) <= 8
        assert all(buckets.wait(str(last), 0.0) > 0 for last in taken[-4:])


@pytest.mark.parametrize(
    ("host", "private", "payer"),
    [
        ("8.8.4.4", False, "8.8.4.4"),
        ("::ffff:8.8.4.4", False, "8.8.4.4"),
        ("2400:3200:1:2:3:4:5:6", False, "2400:3200:1:2::/64"),
        ("2400:3200:1:2:ffff::9", False, "2400:3200:1:2::/64"),
        ("10.1.2.3", False, None),
        ("127.0.0.1", False, None),
        ("10.1.2.3", True, "10.1.2.3"),
        ("no address", True, None),
        (None, True, None),
    ],
)
def test_who_pays_for_a_request_without_a_key(host: str | None, private: bool, payer: str | None) -> None:
    assert payer_of(host, private=private) == payer


def test_a_key_is_known_once_it_was_taken_and_no_longer_when_refused() -> None:
    known = Known(most=4)
    keys = [key_of([(b"authorization", b"Bearer sy_%d" % number)]) for number in range(9)]
    assert keys[0] == key_of([(b"x-api-key", b"sy_0")])
    assert key_of([(b"authorization", b"Basic x"), (b"accept", b"*/*")]) is None
    for key in keys:
        assert key is not None
        known.learn(key, 7)
    assert [known.find(key) for key in keys[-2:]] == ["party 7", "party 7"]
    assert known.find(keys[0]) is None
    assert keys[-1] is not None
    known.forget(keys[-1])
    assert known.find(keys[-1]) is None


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/readyz", Kind.FREE),
        ("GET", "/p/01/06901234567892/10/L1", Kind.SCAN),
        ("GET", "/v1/recall-status/01/06901234567892", Kind.SCAN),
        ("GET", "/recalls/feed.atom", Kind.SCAN),
        ("POST", "/v1/complaints", Kind.SCAN),
        ("GET", "/v1/complaints", Kind.ORDINARY),
        ("POST", "/v1/recalls", Kind.ORDINARY),
        ("GET", "/v1/recalls/7/progress", Kind.ORDINARY),
        ("POST", "/epcis/events", Kind.EVENT),
        ("GET", "/epcis/events", Kind.ORDINARY),
        ("POST", "/epcis/capture", Kind.CAPTURE),
        ("GET", "/v1/trace/forward", Kind.HEAVY),
        ("POST", "/v1/ledger/rebuild", Kind.HEAVY),
        ("GET", "/v1/batches/7/labels.pdf", Kind.HEAVY),
        ("POST", "/import", Kind.ORDINARY),
        ("GET", "/import/7", Kind.ORDINARY),
        ("GET", "/important", Kind.SCAN),
    ],
)
def test_the_kind_of_a_request(method: str, path: str, kind: Kind) -> None:
    assert kind_of(method, path) is kind


def test_what_can_be_guessed_at_and_which_answers_say_that_it_was_wrong() -> None:
    assert guess_of("/r/abc", has_key=False) is Guess.LINK
    assert guess_of("/v1/invitations/accept", has_key=False) is Guess.INVITATION
    assert guess_of("/v1/parties", has_key=True) is Guess.KEY
    assert guess_of("/v1/parties", has_key=False) is None
    assert [is_wrong(guess, 401) for guess in Guess] == [True, False, True]
    assert [is_wrong(guess, 404) for guess in Guess] == [False, True, True]
    assert not any(is_wrong(guess, 200) for guess in Guess)
    assert is_code("/01/06901234567892")
    assert not is_code("/p/complaint")


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Requests at a gate. `went`: who was let in, in order."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.went: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def comes(self, name: str, kind: Kind = Kind.ORDINARY) -> None:
        """`name`: the caller, and a digit."""

        async def enter() -> None:
            await self.gate.enter(kind, name[:-1])
            self.went.append(name)

        self.tasks[name] = asyncio.create_task(enter())
        await _settle()

    async def leaves(self, name: str, kind: Kind = Kind.ORDINARY) -> None:
        self.gate.leave(kind, name[:-1])
        await _settle()


async def test_callers_go_by_turns_however_many_one_of_them_sends() -> None:
    crowd = Crowd(Gate({Kind.ORDINARY: replace(BOUNDS, waiting=9, waiting_of_one=9)}, at_once=9))
    for name in ("a1", "a2", "a3", "a4", "b1", "c1", "b2"):
        await crowd.comes(name)
    assert crowd.went == ["a1", "b1"]
    await crowd.leaves("a1")
    assert crowd.went[2:] == ["a2"]
    await crowd.leaves("b1")
    assert crowd.went[3:] == ["c1"]
    await crowd.leaves("a2")
    await crowd.leaves("c1")
    assert crowd.went[4:] == ["b2", "a3"]
    crowd.tasks["a4"].cancel()
    await _settle()
    await crowd.leaves("b2")
    await crowd.leaves("a3")
    assert (crowd.gate.inside, crowd.gate.waiting(Kind.ORDINARY)) == (0, 0)


async def test_scans_go_before_downloads_that_came_first() -> None:
    bounds = replace(BOUNDS, at_once=9, of_one=9)
    crowd = Crowd(Gate({Kind.HEAVY: bounds, Kind.SCAN: bounds}, at_once=1))
    await crowd.comes("a1")
    await crowd.comes("h1", Kind.HEAVY)
    await crowd.comes("h2", Kind.HEAVY)
    await crowd.comes("s1", Kind.SCAN)
    assert crowd.went == ["a1", "h1"]
    await crowd.leaves("h1", Kind.HEAVY)
    assert crowd.went[2:] == ["s1"]
    await crowd.leaves("s1", Kind.SCAN)
    assert crowd.went[3:] == ["h2"]


async def test_a_full_queue_and_a_long_wait_end_in_a_refusal_that_says_whose_fault_it_is() -> None:
    gate = Gate({Kind.ORDINARY: BOUNDS}, at_once=9)
    crowd = Crowd(gate)
    for name in ("a1", "a2", "a3", "b1", "b2"):
        await crowd.comes(name)
    with pytest.raises(TooOften):  # two of his wait
        gate.look(Kind.ORDINARY, "a")
    with pytest.raises(Overloaded) as refusal:  # nobody's own fault
        await gate.enter(Kind.ORDINARY, "c")
    assert refusal.value.retry_after > 0
    for task in crowd.tasks.values():
        task.cancel()
    hasty = Gate({Kind.ORDINARY: replace(BOUNDS, seconds=0.001)}, at_once=9)
    await hasty.enter(Kind.ORDINARY, "a")
    with pytest.raises(TooOften):
        await hasty.enter(Kind.ORDINARY, "a")
    await hasty.enter(Kind.ORDINARY, "b")
    with pytest.raises(Overloaded):
        await hasty.enter(Kind.ORDINARY, "c")
    for name in ("a", "b"):
        hasty.leave(Kind.ORDINARY, name)
    assert (hasty.inside, hasty.waiting(Kind.ORDINARY)) == (0, 0)


CALLS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "leave", "give up"])), max_size=40
)


@given(CALLS)
@hypothesis_settings(max_examples=60)
def test_there_are_never_more_inside_than_may_be_and_nobody_is_forgotten(
    calls: list[tuple[str, str]],
) -> None:
    asyncio.run(_hold(calls))


async def _hold(calls: list[tuple[str, str]]) -> None:
    gate = Gate({Kind.HEAVY: BOUNDS}, at_once=2)
    inside: list[str] = []
    outside: list[tuple[str, asyncio.Task[None]]] = []

    def settled() -> Iterator[tuple[str, asyncio.Task[None]]]:
        for caller, task in outside:
            if not task.done():
                yield caller, task
            elif not task.cancelled() and task.exception() is None:
                inside.append(caller)

    for caller, what in calls:
        if what == "come":
            outside.append((caller, asyncio.create_task(gate.enter(Kind.HEAVY, caller))))
        elif what == "leave" and caller in inside:
            inside.remove(caller)
            gate.leave(Kind.HEAVY, caller)
        elif what == "give up":
            for one, task in outside:
                if one == caller:
                    task.cancel()
        await _settle()
        outside = list(settled())
        assert len(inside) <= BOUNDS.at_once
        assert all(inside.count(one) <= BOUNDS.of_one for one in inside)
        assert gate.inside == len(inside)
        assert gate.waiting(Kind.HEAVY) == len(outside) <= BOUNDS.waiting
        # Who waits does so because there is no room.
        assert len(inside) == BOUNDS.at_once or all(one in inside for one, _ in outside)
    for _, task in outside:
        task.cancel()

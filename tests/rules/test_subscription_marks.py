"""Marks of subscribers: whatever order transactions begin and end in, every event is new exactly once."""

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.page_tokens import Horizon
from service.subscriptions.marks import Floor, Mark, Seen, is_new
from service.subscriptions.retrying import wait_after


@dataclass
class Database:
    """PostgreSQL, as far as marks know it: numbers of transactions and ids, allotted in the order of
    asking.
    """

    next_transaction: int = 1
    next_id: int = 1
    open: dict[int, list[int]] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    #: id -> transaction, of what is recorded.
    recorded: dict[int, int] = field(default_factory=dict)
    floor: Floor = field(default_factory=Floor)

    def begin(self) -> int:
        number = self.next_transaction
        self.next_transaction += 1
        self.open[number] = []
        return number

    def end(self, number: int, *, commit: bool) -> None:
        ids = self.open.pop(number)
        self.ended.add(number)
        if commit:
            self.recorded.update(dict.fromkeys(ids, number))

    def record(self, number: int) -> None:
        self.open[number].append(self.next_id)
        self.next_id += 1

    @property
    def highest(self) -> int:
        return max(self.recorded, default=0)

    @property
    def latest(self) -> int:
        """xmax: one more than the last that has ended."""
        return max(self.ended, default=0) + 1

    def seen(self) -> Seen:
        under_way = tuple(number for number in self.open if number < self.latest)
        return Seen(Horizon(self.highest, self.latest, under_way), self.floor.id)

    def raise_floor(self) -> None:
        highest, latest = self.highest, self.latest
        oldest = min([*self.open, latest])
        began = self.begin()
        self.floor = self.floor.at(highest, oldest=oldest, latest=latest, began=began)
        self.end(began, commit=True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "record", "record", "record", "commit", "roll back", "floor", "deliver"]),
        st.integers(0, 5),
    ),
    max_size=60,
)


def take(database: Database, step: str, choice: int) -> None:
    """One step of a database; nothing where it has no open transaction to take it in."""
    open_now = list(database.open)
    chosen = open_now[choice % len(open_now)] if open_now else None
    if step == "begin":
        database.begin()
    elif step == "floor":
        database.raise_floor()
    elif step == "record" and chosen is not None:
        database.record(chosen)
    elif step in ("commit", "roll back") and chosen is not None:
        database.end(chosen, commit=step == "commit")


def deliver(database: Database, mark: Mark, most: int) -> tuple[Mark, list[int]]:
    """One batch towards a goal, the rule read from every event."""
    if mark.goal is None:
        mark = mark.towards(database.seen())
    assert mark.goal is not None
    goal = mark.goal.horizon
    within = [
        event
        for event, number in sorted(database.recorded.items())
        if event <= goal.highest and number < goal.next_transaction and number not in goal.under_way
    ]
    new = [event for event in within if is_new(mark, event, database.recorded[event])]
    if len(new) > most:
        return mark.delivered(new[most - 1]), new[:most]
    return mark.reached(), new


@settings(max_examples=300, deadline=None)
@given(STEPS, STEPS)
def test_every_event_is_delivered_once_whatever_order_commits_come_in(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    database = Database()
    for step, choice in before:
        take(database, step, choice)
    mark, known = Mark(database.seen()), set(database.recorded)
    delivered: list[int] = []
    for step, choice in after:
        take(database, step, choice)
        if step == "deliver":
            mark, events = deliver(database, mark, choice + 1)
            delivered += events
    for number in list(database.open):
        database.end(number, commit=True)
    for _ in range(len(database.recorded) + 2):
        mark, events = deliver(database, mark, 3)
        delivered += events
    assert len(delivered) == len(set(delivered))
    assert set(delivered) == set(database.recorded) - known


@given(STEPS)
def test_nothing_is_recorded_at_or_below_the_floor(steps: list[tuple[str, int]]) -> None:
    database = Database()
    for step, choice in steps:
        floor = database.floor.id
        settled = {event for event in database.recorded if event <= floor}
        take(database, step, choice)
        assert {event for event in database.recorded if event <= floor} == settled


def test_the_floor_follows_what_is_recorded() -> None:
    database = Database()
    for _ in range(3):
        number = database.begin()
        database.record(number)
        database.end(number, commit=True)
        database.raise_floor()
        database.raise_floor()
        assert database.floor.id == database.highest


def test_a_long_transaction_holds_the_floor_only_while_it_lasts() -> None:
    database = Database()
    long = database.begin()
    database.record(long)
    other = database.begin()
    database.record(other)
    database.end(other, commit=True)
    for _ in range(3):
        database.raise_floor()
    assert database.floor.id == 0
    database.end(long, commit=True)
    for _ in range(3):
        database.raise_floor()
    assert database.floor.id == 2


def test_a_transaction_that_is_not_below_xmax_may_have_taken_its_ids_before() -> None:
    database = Database()
    early, late = database.begin(), database.begin()
    database.record(late)
    database.record(early)
    database.end(early, commit=True)
    assert database.latest == late
    database.raise_floor()
    database.raise_floor()
    assert database.floor.id == 0
    database.end(late, commit=True)
    database.raise_floor()
    database.raise_floor()
    assert database.floor.id == 2


@given(st.integers(1, 500), st.floats(0, 1))
def test_waits_grow_and_are_bounded(failures: int, chance: float) -> None:
    first, most = timedelta(seconds=5), timedelta(hours=1)
    wait = wait_after(failures, chance, first=first, most=most)
    assert first / 2 <= wait <= most
    assert wait <= wait_after(failures + 1, chance, first=first, most=most)

"""How far a case has come: pieces that go back up the chain, followed one by one, are counted once.

maker ──> dealer ──> shop-a, shop-b
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.reports.case_facts import (
    CaseFlows,
    Destroyed,
    LateMove,
    holder_events,
    market_quantity,
    planned_quantity,
)
from service.reports.mass_balance import Held, mass_balance
from service.reports.progress import Amounts, Events, Holder, Key, Said, Step, progress, progress_lines
from service.reports.tiers import Edge, origins_of, tiers

BATCH = 1
MAKER, DEALER, SHOP_A, SHOP_B = 1, 2, 3, 4
UP = {DEALER: MAKER, SHOP_A: DEALER, SHOP_B: DEALER}
#: What everybody got and has not passed on when the defect is known.
KNOWN = datetime(2026, 3, 1, tzinfo=UTC)
STOCK = {MAKER: 40, DEALER: 10, SHOP_A: 30, SHOP_B: 20}


class World:
    """Each piece by itself: at whose place it is, whether it left the market since the defect was known."""

    def __init__(self) -> None:
        self.at = {place: [f"{place}-{n}" for n in range(count)] for place, count in STOCK.items()}
        self.back: dict[int, list[str]] = {place: [] for place in STOCK}
        self.recovered: set[str] = set()
        self.returned: Counter[int] = Counter()
        self.destroyed: Counter[int] = Counter()
        self.sold: Counter[int] = Counter()
        self.moves: list[LateMove] = []
        self.ends: list[Destroyed] = []

    def now(self) -> datetime:
        return KNOWN + timedelta(hours=len(self.moves) + len(self.ends))

    def give_back(self, place: int, count: int) -> None:
        """What came back goes on first, then own stock."""
        for _ in range(min(count, len(self.back[place]) + len(self.at[place]))):
            piece = (self.back[place] or self.at[place]).pop()
            self.back[UP[place]].append(piece)
            self.recovered.add(piece)
            self.returned[place] += 1
            now = self.now()
            self.moves.append(LateMove(BATCH, place, UP[place], "EA", Decimal(1), now, now))

    def destroy(self, place: int, count: int) -> None:
        for _ in range(min(count, len(self.back[place]) + len(self.at[place]))):
            self.recovered.add((self.back[place] or self.at[place]).pop())
            self.destroyed[place] += 1
            self.ends.append(Destroyed(BATCH, place, "EA", Decimal(1), self.now()))

    def sell(self, place: int, count: int) -> None:
        for _ in range(min(count, len(self.at[place]))):
            self.at[place].pop()
            self.sold[place] += 1

    def case(self) -> CaseFlows:
        sent = {MAKER: 60, DEALER: 50}
        came = {DEALER: 60, SHOP_A: 30, SHOP_B: 20}
        returned_to = Counter(
            {place: sum(self.returned[low] for low in UP if UP[low] == place) for place in STOCK}
        )
        places = [
            Held(
                BATCH,
                place,
                place,
                "EA",
                produced=Decimal(100 if place == MAKER else 0),
                received=Decimal(came.get(place, 0) + returned_to[place]),
                shipped=Decimal(sent.get(place, 0) + self.returned[place]),
                sold=Decimal(self.sold[place]),
                destroyed=Decimal(self.destroyed[place]),
                moved_in=Decimal(came.get(place, 0) + returned_to[place]),
            )
            for place in STOCK
        ]
        down = [
            Edge(BATCH, MAKER, BATCH, DEALER, True, "EA", Decimal(60), Decimal(0)),
            Edge(BATCH, DEALER, BATCH, SHOP_A, True, "EA", Decimal(30), Decimal(0)),
            Edge(BATCH, DEALER, BATCH, SHOP_B, True, "EA", Decimal(20), Decimal(0)),
        ]
        back = [
            Edge(BATCH, low, BATCH, high, True, "EA", Decimal(0), Decimal(self.returned[low]))
            for low, high in UP.items()
            if self.returned[low]
        ]
        holders = {(BATCH, place): Holder("party", place) for place in STOCK}
        return CaseFlows(places, [*down, *back], self.moves, self.ends, holders, {BATCH})


step = st.one_of(
    st.tuples(st.just("give_back"), st.sampled_from([DEALER, SHOP_A, SHOP_B]), st.integers(1, 25)),
    st.tuples(st.just("destroy"), st.sampled_from(sorted(STOCK)), st.integers(1, 25)),
    st.tuples(st.just("sell"), st.sampled_from([SHOP_A, SHOP_B]), st.integers(1, 25)),
)


def run(steps: list[tuple[str, int, int]]) -> World:
    world = World()
    for verb, place, count in steps:
        getattr(world, verb)(place, count)
    return world


def events_of(world: World) -> dict[Key, Events]:
    return holder_events(world.case(), {(BATCH, place) for place in STOCK})


@given(st.lists(step, max_size=12))
def test_a_piece_that_comes_back_counts_once_however_far_it_goes(steps: list[tuple[str, int, int]]) -> None:
    world = run(steps)
    lines = progress_lines(events_of(world), {})
    assert sum(line.recovered for line in lines) == len(world.recovered)


@given(st.lists(step, max_size=8), st.dictionaries(st.sampled_from(sorted(STOCK)), st.integers(0, 200)))
def test_no_answer_makes_more_recovered_than_there_was(
    steps: list[tuple[str, int, int]], said: dict[int, int]
) -> None:
    world = run(steps)
    answers = {
        Key(Holder("party", place), BATCH, "EA"): Said(quarantined=Decimal(count))
        for place, count in said.items()
    }
    lines = progress_lines(events_of(world), answers)
    recovered = sum(line.recovered for line in lines)
    assert len(world.recovered) <= recovered <= 100
    assert all(line.recovered <= line.events.most for line in lines if line.events)


@given(st.lists(step, max_size=12))
def test_what_is_destroyed_in_the_recall_does_not_shrink_what_was_planned(
    steps: list[tuple[str, int, int]],
) -> None:
    world = run(steps)
    case = world.case()
    balance = mass_balance(case.places, [])
    assert planned_quantity(case, balance, "consumer") == {"EA": 100}
    assert planned_quantity(case, balance, "retail") == {"EA": 100 - world.sold.total()}
    assert market_quantity(case) == {"EA": 60}


def line_of(events: Events, said: Said | None) -> tuple[int, bool, bool]:
    key = Key(Holder("party", 1), BATCH, "EA")
    (line,) = progress_lines({key: events}, {key: said} if said else {})
    return int(line.recovered), line.differs, line.too_much


def test_an_answer_and_events_that_differ_are_both_there_and_marked() -> None:
    events = Events(received=Decimal(30), destroyed=Decimal(12), steps=[Step(KNOWN, False, Decimal(12))])
    assert line_of(events, Said(destroyed=Decimal(12))) == (12, False, False)
    assert line_of(events, Said(destroyed=Decimal(10), quarantined=Decimal(8))) == (18, True, False)
    # What is set aside shows in no event.
    assert line_of(events, Said(destroyed=Decimal(12), quarantined=Decimal(8))) == (20, False, False)
    assert line_of(events, Said(quarantined=Decimal(15))) == (15, False, False)
    assert line_of(events, Said(returned=Decimal(5))) == (12, True, False)
    assert line_of(events, None) == (12, False, False)


def test_who_says_more_than_they_had_is_marked_and_counted_with_what_they_had() -> None:
    assert line_of(Events(received=Decimal(30)), Said(quarantined=Decimal(31))) == (30, False, True)


def test_what_a_dealer_shipped_on_is_not_recovered_by_its_word() -> None:
    events = Events(received=Decimal(60), forwarded=Decimal(50))
    assert line_of(events, Said(returned=Decimal(60))) == (10, True, True)


def test_a_buyer_whom_no_event_knows_counts_by_its_word() -> None:
    key = Key(Holder("contact", 9), BATCH, "EA")
    found = progress(
        progress_lines({}, {key: Said(received=Decimal(8), returned=Decimal(6), sold=Decimal(2))}),
        planned={"EA": Decimal(10)},
        market={"EA": Decimal(3)},
        groupings={"region": {Holder("contact", 9): "350100"}},
    )
    total = found.totals["EA"]
    assert [total.recovered, total.sold, total.of_planned, total.of_market] == [6, 2, 60, 200]
    assert found.groups["region"]["350100"]["EA"].recovered == 6


def test_percentages_are_rounded_down_and_none_of_nothing() -> None:
    nearly = Amounts(planned=Decimal(100_000), recovered=Decimal(99_999))
    assert nearly.of_planned == Decimal("99.99")
    assert Amounts().of_planned is None


def test_a_tier_is_a_change_of_hands_and_not_a_move_between_ones_own_places() -> None:
    def move(origin: int, target: int, *, made: bool = False) -> Edge:
        return Edge(1, origin, 2 if made else 1, target, not made, "EA", Decimal(1), Decimal(0))

    edges = [
        move(1, 2),
        move(2, 3),
        move(2, 2, made=True),
        Edge(2, 2, 2, 4, True, "EA", Decimal(1), Decimal(0)),
    ]
    mine, other = Holder("party", 7), Holder("party", 8)
    holders = {(1, 1): mine, (1, 2): mine, (1, 3): other, (2, 2): mine}
    assert tiers(edges, [(1, 1)], holders) == {(1, 1): 0, (1, 2): 0, (1, 3): 1, (2, 2): 0, (2, 4): 1}


def test_where_nobody_recorded_making_a_batch_it_comes_from_where_none_came_to() -> None:
    edges = [Edge(1, 5, 1, 6, True, "EA", Decimal(1), Decimal(0))]
    assert origins_of([1], [], [(1, 5), (1, 6)], edges) == {(1, 5)}
    assert origins_of([1], [(1, 6)], [(1, 5), (1, 6)], edges) == {(1, 6)}

"""The mass balance, held against a world in which every single piece of goods is followed by itself."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.reports.mass_balance import ACCOUNTED, NOWHERE, Balance, Held, Moved, mass_balance

BATCH = 1
SITES = (1, 2, 3, 4)
FATES = ("consumed", "sold", "destroyed", "sampled")


def held(site: int, batch: int = BATCH, uom: str = "EA", /, **amounts: int) -> Held:
    return Held(batch, site, None, uom, **{name: Decimal(value) for name, value in amounts.items()})


def moved(origin: int, target: int, sent: int | None, got: int | None = None, **how: bool) -> Moved:
    told = {"arrived": got is not None, "overdue": False} | how
    return Moved(
        BATCH,
        origin,
        target,
        shipped=None if sent is None else Decimal(sent),
        shipped_uom="EA",
        received=None if got is None else Decimal(got),
        received_uom="EA" if told["arrived"] else None,
        **told,
    )


@dataclass
class Goods:
    """Pieces followed one by one, and what the ledger would hold of what was recorded."""

    at: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    truth: Counter[str] = field(default_factory=Counter)
    held: dict[int, Counter[str]] = field(default_factory=lambda: {site: Counter() for site in SITES})
    moves: list[Moved] = field(default_factory=list)

    def make(self, site: int, count: int) -> None:
        self.at[site] += count
        self.held[site]["produced"] += count
        self.truth["produced"] += count

    def appear(self, site: int, count: int) -> None:
        """Without a record of where they came from."""
        self.at[site] += count
        self.held[site]["received"] += count
        self.truth["surplus"] += count

    def end(self, site: int, count: int, fate: str) -> None:
        count = min(count, self.at[site])
        self.at[site] -= count
        self.held[site][fate] += count
        self.truth[fate] += count

    def move(self, origin: int, target: int, count: int, how: str) -> None:
        count = min(count, self.at[origin])
        if count == 0 or origin == target:
            return
        self.at[origin] -= count
        self.held[origin]["shipped"] += count
        if how == "under_way":
            self.moves.append(moved(origin, target, count))
            self.truth["in_transit"] += count
        elif how in ("overdue", "nowhere"):
            to = NOWHERE if how == "nowhere" else target
            self.moves.append(moved(origin, to, count, overdue=how == "overdue"))
            self.truth["missing"] += count
        elif how == "untold_quantity":
            # It arrives; the receipt does not say how much.
            self.moves.append(moved(origin, target, count, None, arrived=True))
            self.at[target] += count
        else:
            lost = 1 if how == "one_lost" else 0
            self.arrive(origin, target, count, count - lost)
            self.truth["missing"] += lost

    def arrive(self, origin: int, target: int, sent: int, got: int) -> None:
        self.at[target] += got
        self.held[target]["received"] += got
        self.held[target]["moved_in"] += got
        if sent != got:
            self.moves.append(moved(origin, target, sent, got))

    def rows(self) -> list[Held]:
        return [held(site, **dict(amounts)) for site, amounts in self.held.items()]


step = st.one_of(
    st.tuples(st.just("make"), st.sampled_from(SITES), st.integers(1, 50)),
    st.tuples(st.just("appear"), st.sampled_from(SITES), st.integers(1, 9)),
    st.tuples(st.just("end"), st.sampled_from(SITES), st.integers(1, 30), st.sampled_from(FATES)),
    st.tuples(
        st.just("move"),
        st.sampled_from(SITES),
        st.sampled_from(SITES),
        st.integers(1, 30),
        st.sampled_from(
            ["arrives", "arrives", "one_lost", "under_way", "overdue", "nowhere", "untold_quantity"]
        ),
    ),
)


def followed(steps: list[tuple[object, ...]]) -> Goods:
    goods = Goods()
    goods.make(1, 5)
    for verb, *arguments in steps:
        getattr(goods, str(verb))(*arguments)
    return goods


@given(st.lists(step, max_size=25))
def test_the_balance_is_what_counting_each_piece_gives(steps: list[tuple[object, ...]]) -> None:
    goods = followed(steps)
    line = mass_balance(goods.rows(), goods.moves).lines[BATCH, "EA"]
    assert line.produced == goods.truth["produced"]
    assert {state: line.accounted[state] for state in ACCOUNTED} == {
        "on_hand": sum(goods.at.values()),
        **{state: goods.truth[state] for state in ("in_transit", *FATES)},
    }
    assert line.missing == goods.truth["missing"]
    assert line.surplus == goods.truth["surplus"]
    assert line.total == sum(line.accounted.values()) + line.missing


@given(
    st.lists(step, max_size=15), st.lists(st.tuples(st.sampled_from(SITES), st.integers(1, 99)), max_size=4)
)
def test_what_left_without_having_come_is_a_surplus_and_keeps_the_sum(
    steps: list[tuple[object, ...]], sales: list[tuple[int, int]]
) -> None:
    goods = followed(steps)
    for site, count in sales:
        goods.held[site]["sold"] += count
    balance = mass_balance(goods.rows(), goods.moves)
    line = balance.lines[BATCH, "EA"]
    assert line.total == sum(line.accounted.values()) + line.missing
    assert sum(piece.quantity for piece in balance.pieces) == line.missing + line.surplus
    assert line.percent is not None
    assert 0 <= line.percent <= 100
    assert (line.percent == 100) == (not balance.pieces)


def test_everything_at_its_place_is_one_hundred_percent() -> None:
    rows = [held(1, produced=100, shipped=60), held(2, received=60, moved_in=60, sold=55)]
    balance = mass_balance(rows, [])
    assert balance.percent == 100
    assert balance.pieces == []
    assert balance.lines[BATCH, "EA"].accounted["on_hand"] == 45


def test_what_was_shipped_nobody_knows_where_is_missing_at_its_shipper() -> None:
    balance = mass_balance([held(1, produced=100, shipped=40)], [moved(1, NOWHERE, 40)])
    assert balance.percent == 60
    (piece,) = balance.pieces
    assert (piece.kind, int(piece.quantity), piece.site) == ("destination_unknown", 40, 1)


def test_a_batch_that_nobody_made_is_measured_by_what_came_from_outside() -> None:
    """The supplier records nothing: what it shipped is the supply, not a surplus."""
    rows = [held(1, shipped=80), held(2, received=80, moved_in=80, consumed=70)]
    balance = mass_balance(rows, [])
    line = balance.lines[BATCH, "EA"]
    assert [line.from_outside, line.surplus, balance.percent] == [80, 0, 100]
    assert balance.pieces == []


def test_but_its_dealer_cannot_sell_more_than_came() -> None:
    rows = [held(1, shipped=80), held(2, received=80, moved_in=80, sold=100)]
    balance = mass_balance(rows, [])
    assert [(piece.kind, int(piece.quantity), piece.site) for piece in balance.pieces] == [
        ("negative_balance", 20, 2)
    ]
    assert balance.percent == 80


def test_a_hair_less_than_everything_is_not_one_hundred() -> None:
    rows = [held(1, produced=1_000_000, shipped=1)]
    assert mass_balance(rows, [moved(1, 2, 1, overdue=True)]).percent == Decimal("99.99")


def test_units_are_never_added_up_and_the_worst_of_them_is_told() -> None:
    rows = [held(1, produced=10), held(1, 2, "KGM", produced=10, shipped=5)]
    lost = Moved(2, 1, 3, True, False, Decimal(5), "KGM", Decimal(7), "EA")
    balance = mass_balance(rows, [lost])
    totals = balance.totals()
    assert [totals["KGM"].missing, totals["EA"].surplus] == [5, 7]
    assert balance.percent == 50
    assert balance.totals([1])["EA"].percent == 100


def test_nothing_has_no_percentage() -> None:
    assert mass_balance([], []).percent is None
    assert Balance().percent is None

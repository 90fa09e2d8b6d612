"""The walk over the database equals the plain rule of `graph.py`, and goes to the database seldom."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.rows import insert_rows
from service.db.transaction import Connection, Transaction, transaction
from service.errors import TooLarge
from service.ledger.tables import Flow
from service.trace.graph import (
    BEGINNING,
    END,
    NO_SKEW,
    Edge,
    Node,
    Reached,
    carries_backward,
    carries_forward,
    reach_backward,
    reach_forward,
)
from service.trace.packs import pack
from service.trace.walk import BATCHES_AT_ONCE, FEW, MADE_MOST, Walk, carried_flows, walk
from tests.conftest import GRAPHS as MANY
from tests.conftest import RollBack

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
MINUTE = timedelta(minutes=1)
#: Each graph has batches of its own, far from every other's.
GRAPHS = itertools.count(1)
FAR = 1_000_000
COLUMNS = (
    "batch_id",
    "ordinal",
    "kind",
    "from_site_id",
    "to_batch_id",
    "to_site_id",
    "departed_at",
    "arrived_at",
    "inferred",
)


def at(minute: int) -> datetime:
    """Minutes after noon, or before."""
    return NOON + minute * MINUTE


def flow(source: Node, target: Node, departs: int, arrives: int | None = None) -> Edge:
    """Without arrival it is in transit."""
    return Edge(source, target, at(departs), None if arrives is None else at(arrives))


async def write(tx: Transaction, flows: Iterable[Edge]) -> None:
    """The flows as rows."""
    ordinals: Counter[int] = Counter()
    rows = []
    for edge in flows:
        ordinals[edge.source.batch] += 1
        kind = 0 if edge.source.batch == edge.target.batch else 1
        ends = (edge.source.site, *edge.target, edge.departed_at, edge.arrived_at)
        rows.append((edge.source.batch, ordinals[edge.source.batch], kind, *ends, False))
    await insert_rows(tx.sql, Flow, rows, COLUMNS)


def edge_of(row: asyncpg.Record) -> Edge:
    """A row of the walk as the rule sees it."""
    source = Node(row["batch_id"], row["from_site_id"])
    return Edge(source, Node(row["to_batch_id"], row["to_site_id"]), row["departed_at"], row["arrived_at"])


@dataclass
class Asked:
    """How often the database was asked."""

    sql: Connection
    times: int = 0

    async def fetch(self, *arguments: Any) -> list[asyncpg.Record]:
        self.times += 1
        return await self.sql.fetch(*arguments)


async def walked(
    tx: Transaction,
    starts: Mapping[Node, datetime],
    *,
    forward: bool,
    skew: timedelta = NO_SKEW,
    most: int = FAR,
) -> tuple[Walk, int]:
    """The walk, and how often it asked the database."""
    asked = Asked(tx.sql)
    counting = Transaction(tx.orm, cast("Connection", asked))
    return await walk(counting, starts, forward=forward, skew=skew, most=most), asked.times


async def assert_equal_to_the_rule(
    tx: Transaction, flows: Sequence[Edge], starts: Mapping[Node, datetime], forward: bool, skew: timedelta
) -> None:
    """Holdings with their moments and hops, and the flows by which they were reached."""
    found, _ = await walked(tx, starts, forward=forward, skew=skew)
    reach, carries = (reach_forward, carries_forward) if forward else (reach_backward, carries_backward)
    expected = reach(flows, starts, skew)
    moments = {node: reached.at for node, reached in expected.items()}
    assert found.reached == expected
    assert Counter(map(edge_of, await carried_flows(tx, found.flows))) == Counter(
        edge for edge in flows if carries(edge, moments, skew)
    )


NODES = st.builds(Node, st.integers(0, 3), st.integers(0, 3))
MINUTES = st.integers(0, 8)
FLOWS = st.lists(st.builds(flow, NODES, NODES, MINUTES, st.none() | MINUTES), max_size=30)
SKEWS = st.sampled_from([NO_SKEW, NO_SKEW, MINUTE, 3 * MINUTE])


def far_away(flows: Sequence[Edge], graph: int) -> list[Edge]:
    """The same graph, of batches that no other graph has."""

    def moved(node: Node) -> Node:
        return Node(node.batch + graph * FAR, node.site)

    return [Edge(moved(edge.source), moved(edge.target), edge.departed_at, edge.arrived_at) for edge in flows]


@pytest.fixture(params=["few", "many", "packed"])
def as_many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks that begin as small ones, such as go for the columns at once, and such as look for packs."""
    if request.param != "few":
        monkeypatch.setattr("service.trace.walk.FEW_BATCHES", 0)
    if request.param == "packed":
        monkeypatch.setattr("service.trace.walk.FEW", 0)


@pytest.mark.usefixtures("as_many")
@pytest.mark.parametrize("forward", [True, False])
@settings(max_examples=150 * MANY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flows=FLOWS,
    starts=st.dictionaries(NODES, st.none() | MINUTES, min_size=1, max_size=4),
    skew=SKEWS,
    packed=st.sets(st.integers(0, 3)),
)
async def test_the_walk_is_the_rule_on_every_graph(
    shared_engine: AsyncEngine,
    forward: bool,
    flows: list[Edge],
    starts: dict[Node, int | None],
    skew: timedelta,
    packed: set[int],
) -> None:
    graph = next(GRAPHS)
    flows = far_away(flows, graph)
    openly = BEGINNING if forward else END
    moments = {
        Node(node.batch + graph * FAR, node.site): openly if minute is None else at(minute)
        for node, minute in starts.items()
    }
    with suppress(RollBack):
        async with transaction(shared_engine) as tx:
            await write(tx, flows)
            await pack(tx, [batch + graph * FAR for batch in sorted(packed)])
            await assert_equal_to_the_rule(tx, flows, moments, forward, skew)
            raise RollBack


@pytest.mark.parametrize("forward", [True, False])
async def test_a_batch_that_is_left_and_come_back_to_is_walked_on_from_there(
    tx: Transaction, forward: bool
) -> None:
    """Rework: milk goes into cheese, and the whey of it into the same tank of milk, which goes to a shop."""
    milk, cheese, shop = Node(FAR, 1), Node(FAR + 1, 1), Node(FAR, 2)
    flows = [
        flow(milk, cheese, 1, 1),
        flow(cheese, milk, 2, 2),
        flow(milk, shop, 3, 4),
        flow(shop, milk, 5, 6),
    ]
    await write(tx, flows)
    start = {cheese: BEGINNING} if forward else {shop: END}
    await assert_equal_to_the_rule(tx, flows, start, forward, NO_SKEW)
    found, _ = await walked(tx, start, forward=forward)
    assert found.reached.keys() == {milk, cheese, shop}


@pytest.mark.parametrize("forward", [True, False])
async def test_an_output_recorded_before_its_inputs_is_reached(tx: Transaction, forward: bool) -> None:
    """All inputs of one transformationID go into all outputs, whichever came first."""
    grapes, must, wine = Node(FAR, 1), Node(FAR + 1, 1), Node(FAR + 2, 1)
    flows = [flow(grapes, must, 7, 3), flow(must, wine, 4, 5)]
    await write(tx, flows)
    start = {grapes: BEGINNING} if forward else {wine: END}
    await assert_equal_to_the_rule(tx, flows, start, forward, NO_SKEW)
    found, _ = await walked(tx, start, forward=forward)
    assert found.reached.keys() == {grapes, must, wine}


@pytest.mark.parametrize("forward", [True, False])
async def test_ten_thousand_transformations_in_a_row_are_followed(tx: Transaction, forward: bool) -> None:
    line = [Node(FAR + number, number % 7) for number in range(10_001)]
    flows = [flow(one, other, number, number) for number, (one, other) in enumerate(itertools.pairwise(line))]
    await write(tx, flows)
    start = {line[0]: BEGINNING} if forward else {line[-1]: END}
    found, asked = await walked(tx, start, forward=forward)
    # Each question brings four times as many batches as are there.
    assert asked <= 1 + 7
    assert len(found.flows) == len(flows)
    last, minute = (line[-1], 9_999) if forward else (line[0], 0)
    assert found.reached[last] == Reached(at(minute), 10_000)


async def test_ten_thousand_shipments_in_a_row_are_one_question(tx: Transaction) -> None:
    line = [Node(FAR, number) for number in range(10_001)]
    await write(
        tx, [flow(one, other, one.site, one.site) for one, other in reversed(list(itertools.pairwise(line)))]
    )
    found, asked = await walked(tx, {line[0]: BEGINNING}, forward=True)
    assert asked == 1
    assert found.reached[line[-1]] == Reached(at(9_999), 10_000)


async def test_twenty_thousand_shops_are_found_and_lead_back(tx: Transaction) -> None:
    farm, dock = Node(FAR, 0), Node(FAR, 1)
    shops = [Node(FAR, number) for number in range(2, 20_002)]
    await write(tx, [flow(farm, dock, 0, 1), *(flow(dock, shop, shop.site % 50) for shop in shops)])
    found, asked = await walked(tx, {farm: BEGINNING}, forward=True)
    # What left the dock in the first minute of each fifty left before the goods came.
    late = {shop for shop in shops if shop.site % 50 >= 1}
    assert found.reached.keys() == {farm, dock, *late}
    assert (len(found.flows), asked) == (len(late) + 1, 1)
    back, _ = await walked(tx, dict.fromkeys(shops, END), forward=False)
    assert back.reached[farm] == Reached(at(0), 2)
    assert back.reached[dock] == Reached(at(49), 1)


async def test_a_hub_that_is_reached_earlier_and_earlier_is_not_gone_through_again_each_time(
    tx: Transaction,
) -> None:
    """Each delivery to the hub comes by one more leg and earlier than the last; all that left counts."""
    much = 3_000
    start, hub = Node(FAR, 0), Node(FAR, 1)
    legs = [Node(FAR, 10 + number) for number in range(much)]
    shops = [Node(FAR, 10 + much + number) for number in range(much)]
    flows = [flow(one, other, 0, 0) for one, other in itertools.pairwise([start, *legs])]
    flows += [flow(leg, hub, 1, much - number) for number, leg in enumerate(legs)]
    flows += [flow(hub, shop, number) for number, shop in enumerate(shops)]
    await write(tx, flows)
    found, _ = await walked(tx, {start: BEGINNING}, forward=True)
    assert found.reached[hub] == Reached(at(1), 2)
    assert found.reached.keys() == {start, hub, *legs, *shops[1:]}
    # The last shop could still get of the second delivery, the first one only of the last.
    assert found.reached[shops[-1]].hops == 4
    assert found.reached[shops[1]].hops == much + 2


async def test_more_batches_than_one_question_holds_are_all_walked(tx: Transaction) -> None:
    flour = Node(FAR, 1)
    loaves = [Node(FAR + 1 + number, 1) for number in range(BATCHES_AT_ONCE + MADE_MOST)]
    sold = [Node(loaf.batch, 2) for loaf in loaves]
    flows = [flow(flour, loaf, 0, 0) for loaf in loaves]
    flows += [flow(loaf, shop, 1, 2) for loaf, shop in zip(loaves, sold, strict=True)]
    await write(tx, flows)
    found, asked = await walked(tx, {flour: BEGINNING}, forward=True)
    assert found.reached.keys() == {flour, *loaves, *sold}
    # Twice for each lot of batches: packs, and the rows of those that have none.
    assert asked == 5


async def test_a_trace_beyond_the_limit_is_refused_and_at_the_limit_is_not(tx: Transaction) -> None:
    farm = Node(FAR, 0)
    await write(tx, [flow(farm, Node(FAR, number), 1, 2) for number in range(1, 10)])
    found, _ = await walked(tx, {farm: BEGINNING}, forward=True, most=10)
    assert len(found.reached) == 10
    with pytest.raises(TooLarge, match="more than 9"):
        await walked(tx, {farm: BEGINNING}, forward=True, most=9)


async def test_no_more_flows_are_read_than_a_trace_of_that_limit_may_have(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million deliveries between two holdings are two holdings; nobody reads a million flows for them."""
    monkeypatch.setattr("service.trace.walk.FLOWS_OF_A_HOLDING", 4)
    farm, dock = Node(FAR, 0), Node(FAR, 1)
    loaves = [Node(FAR + 1 + number, 1) for number in range(FEW)]
    flows = [flow(farm, dock, number, number) for number in range(8)]
    await write(tx, [*flows, *(flow(dock, loaf, 9, 9) for loaf in loaves)])
    starts: list[dict[Node, datetime]] = [{farm: BEGINNING}, dict.fromkeys([farm, *loaves], BEGINNING)]
    for start in starts:
        enough = (len(flows) + len(loaves) + 3) // 4
        with pytest.raises(TooLarge, match="more flows than are read"):
            await walked(tx, start, forward=True, most=enough - 1)
        # Read whole, it is too many holdings instead.
        with pytest.raises(TooLarge, match=f"more than {enough} holdings"):
            await walked(tx, start, forward=True, most=enough)


async def test_what_is_made_into_packed_batches_counts_among_the_flows_read(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("walk.FEW", 0), ("walk.BATCHES_AT_ONCE", 2), ("walk.FLOWS_OF_A_HOLDING", 1)):
        monkeypatch.setattr(f"service.trace.{name}", size)
    monkeypatch.setattr("service.trace.packs.FLOWS_MOST", 1)
    breads = [Node(FAR + number, 0) for number in range(3)]
    await write(tx, [flow(Node(FAR + 9 + n, 0), bread, 1, 1) for bread in breads for n in range(5)])
    await pack(tx, [breads[0].batch])
    starts = dict.fromkeys(breads, END)
    assert len((await walked(tx, starts, forward=False, most=15))[0].flows) == 15
    with pytest.raises(TooLarge, match="more flows than are read"):
        await walked(tx, starts, forward=False, most=7)


async def test_a_start_without_flows_is_its_own_trace(tx: Transaction) -> None:
    alone = Node(FAR, 1)
    found, _ = await walked(tx, {alone: BEGINNING}, forward=True)
    assert (found.reached, list(found.flows.batch)) == ({alone: Reached(BEGINNING, 0)}, [])
    nothing, asked = await walked(tx, {}, forward=False)
    assert (nothing.reached, list(nothing.flows.batch), asked) == ({}, [], 0)

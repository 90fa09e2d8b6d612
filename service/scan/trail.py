"""The way of a batch and of one unit, read from the ledger within bounds: what a journey is made of.

Only what went into the batch is walked, and the one unit's own path: where other packs of the batch went is
their buyers' business. A page must not wait for its journey, so the walk has bounds of size and of time, and
what is beyond them is not shown; the page says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from service.db.failures import FAILURES
from service.db.statements import statement
from service.db.transaction import Connection, Transaction
from service.events.namespaces import local_name
from service.registry.tables import UNKNOWN_SITE_ID
from service.scan.journey import Actor, Step, StepKind, merged, step_of
from service.scan.regions import city_code
from service.scan.verdict import PACK_TIME

HERE: Final = "service.scan"
#: A journey that takes longer is not shown.
WALK_SECONDS: Final = 1.5
PLACES_MOST: Final = 20  # where one batch was made
PACKINGS_MOST: Final = 20
FLOWS_AT_ONCE: Final = 500
HOLDINGS_MOST: Final = 500
STEPS_BACK_MOST: Final = 24
LEVELS_MOST: Final = 4  # pack in case, on pallet, in container
EVENTS_MOST: Final = 200  # of one unit's path
#: Journeys kept in memory, and for how long: they change seldom, and never say whether something is recalled.
KEPT_MOST: Final = 5_000
KEPT_FOR: Final = timedelta(seconds=60)
MISSING_FOR: Final = timedelta(seconds=2)

#: Kinds of places where things grow, as people write them.
GROWERS: Final = frozenset({"field", "farm", "garden", "orchard", "greenhouse", "plot", "pond", "pasture"})
NOON: Final = time(12, tzinfo=PACK_TIME)
_END: Final = datetime.max.replace(tzinfo=UTC)
_OF_UNIT: Final = {
    "packing": StepKind.PACKED,
    **dict.fromkeys(("shipping", "departing", "dispatching", "consigning"), StepKind.SHIPPED),
    **dict.fromkeys(("receiving", "arriving", "accepting", "storing", "stocking"), StepKind.ARRIVED),
    **dict.fromkeys(("retail_selling", "dispensing"), StepKind.SOLD),
}


#: A row of a statement of this room, by its columns.
Row = Any


class Node(NamedTuple):
    """A holding."""

    batch: int
    site: int


@dataclass(frozen=True, slots=True)
class Trail:
    """Steps at the detail allowed. `makers`: ids of the parties that made the batch; `missing`: could not be
    read in time; `cut`: not walked to its end.
    """

    steps: tuple[Step, ...] = ()
    makers: frozenset[int] = frozenset()
    cut: bool = False
    missing: bool = False


@dataclass(slots=True)
class Kept:
    """Trails read lately, by batches; the oldest make room."""

    trails: dict[tuple[int, ...], tuple[datetime, Trail]] = field(default_factory=dict)

    def find(self, key: tuple[int, ...], now: datetime) -> Trail | None:
        """The trail if it was read within `KEPT_FOR`; that it could not be, within `MISSING_FOR`."""
        found = self.trails.get(key)
        if found is None:
            return None
        return found[1] if now - found[0] < (MISSING_FOR if found[1].missing else KEPT_FOR) else None

    def keep(self, key: tuple[int, ...], now: datetime, trail: Trail) -> None:
        """Keep one, and also that one could not be read: the next reader would wait for it in vain."""
        self.trails.pop(key, None)
        while len(self.trails) >= KEPT_MOST:
            del self.trails[next(iter(self.trails))]
        self.trails[key] = (now, trail)


async def trail_of_batches(
    tx: Transaction, batches: Sequence[Mapping[str, Any]], kept: Kept, now: datetime
) -> Trail:
    """What went into the batches (rows of `find_batches.sql`), and their making. Never raises for want of
    an answer.
    """
    key = tuple(sorted(row["batch_id"] for row in batches))
    found = kept.find(key, now)
    if found is None:
        found = await _within_bounds(tx.sql, lambda: _walk(tx.sql, batches))
        kept.keep(key, now, found)
    return found


async def trail_of_unit(
    sql: Connection,
    unit_id: int,
    batch_id: int,
    sold: Sequence[tuple[datetime, int]],
    makers: Collection[int],
) -> Trail:
    """The unit's own path. `sold`: when and where tills sold it; `makers`: always named."""
    return await _within_bounds(sql, lambda: _follow(sql, unit_id, batch_id, sold, makers))


async def _within_bounds(sql: Connection, read: Callable[[], Awaitable[Trail]]) -> Trail:
    """The trail; a missing one where it takes too long or cannot be read, with the transaction still good."""
    try:
        async with asyncio.timeout(WALK_SECONDS), sql.transaction():
            return await read()
    except FAILURES:
        return Trail(missing=True)


async def _walk(sql: Connection, batches: Sequence[Mapping[str, Any]]) -> Trail:
    own = [row["batch_id"] for row in batches]
    made = {
        Node(row["batch_id"], row["site_id"]): row["produced_at"]
        for row in await sql.fetch(statement(HERE, "made_at"), own, PLACES_MOST)
    }
    for row in batches:  # no event tells where it was made, but its registration does
        batch, place, day = row["batch_id"], row["origin_site_id"], row["made_on"]
        if place is not None and day is not None and not any(node.batch == batch for node in made):
            made[Node(batch, place)] = noon_of(day)
    if not made:  # nothing is on record of its making
        return Trail()
    back = await _go_back(sql, made, own)
    nodes = sorted(back.reached)
    holders = await _holders(sql, nodes)
    owners = {row["owner_id"] for node, row in holders.items() if node in made}
    makers = owners | {row["party_id"] for node, row in holders.items() if node in made}
    named = frozenset(party for party in makers if party is not None)
    steps = [*_making(made, back, holders, named), *_moving(back, holders, named)]
    steps += await _packing(sql, made, holders, named)
    return Trail(tuple(merged(steps)), named, back.cut)


@dataclass(slots=True)
class _Back:
    """What the walk back met. `reached`: holdings, and until when they can have contributed."""

    reached: dict[Node, datetime]
    flows: list[Row] = field(default_factory=list)
    cut: bool = False


async def _go_back(sql: Connection, made: Mapping[Node, datetime], own: list[int]) -> _Back:
    """Walk back in time, one flow further with each question."""
    back = _Back(dict.fromkeys(made, _END))
    front = dict(back.reached)
    for _ in range(STEPS_BACK_MOST):
        places, until = list(front), list(front.values())
        ids = [node.batch for node in places], [node.site for node in places]
        flows = await sql.fetch(statement(HERE, "came_from"), *ids, until, own, FLOWS_AT_ONCE)
        back.flows += flows
        front = {}
        for flow in flows:
            source, departed = Node(flow["batch_id"], flow["from_site_id"]), flow["departed_at"]
            known = back.reached.get(source)
            if source.batch not in own and (known is None or known < departed):
                back.reached[source] = front[source] = departed
        back.cut |= len(flows) == FLOWS_AT_ONCE
        if not front or len(back.reached) > HOLDINGS_MOST:
            break
    back.cut |= bool(front)
    return back


async def _holders(sql: Connection, nodes: Sequence[Node]) -> dict[Node, Row]:
    rows = await sql.fetch(
        statement(HERE, "holders_on_the_way"), [node.batch for node in nodes], [node.site for node in nodes]
    )
    return {Node(row["batch_id"], row["site_id"]): row for row in rows}


def _actor(row: Row) -> Actor:
    return Actor(
        row["party_id"],
        row["name_zh"],
        row["name_en"],
        row["role"],
        city_code(row["region"]),
        row["disclosure"] or "region",
    )


def _product(row: Row) -> tuple[str | None, str | None, Actor]:
    owner = Actor(row["owner_id"], disclosure=row["owner_disclosure"] or "region")
    return row["product_zh"], row["product_en"], owner


def _making(
    made: Mapping[Node, datetime],
    back: _Back,
    holders: Mapping[Node, Row],
    named: Collection[int],
) -> list[Step]:
    """Where the batch, and what went into it, was grown, made or processed."""
    of_inputs = {Node(flow["to_batch_id"], flow["to_site_id"]) for flow in back.flows if flow["kind"]}
    steps = []
    for node, row in holders.items():
        at, own = made.get(node, row["produced_at"]), node in made
        if at is None:
            continue
        grown = row["category"] == "agricultural" or (row["site_kind"] or "").lower() in GROWERS
        kind = StepKind.GROWN if grown else StepKind.MADE
        kind = StepKind.PROCESSED if node in of_inputs else kind
        steps.append(
            step_of(kind, at, _actor(row), own=own, named=named, product=None if own else _product(row))
        )
    return steps


def _moving(back: _Back, holders: Mapping[Node, Row], named: Collection[int]) -> list[Step]:
    """Where inputs rested on their way. A place that then processed them stands there as a maker already."""
    makers = {Node(flow["batch_id"], flow["from_site_id"]) for flow in back.flows if flow["kind"]}
    steps = []
    for flow in back.flows:
        node = Node(flow["to_batch_id"], flow["to_site_id"])
        if not flow["kind"] and node not in makers and node.site != UNKNOWN_SITE_ID and node in holders:
            row = holders[node]
            steps.append(
                step_of(
                    StepKind.ARRIVED,
                    flow["arrived_at"],
                    _actor(row),
                    own=False,
                    named=named,
                    product=_product(row),
                )
            )
    return steps


async def _packing(
    sql: Connection,
    made: Mapping[Node, datetime],
    holders: Mapping[Node, Row],
    named: Collection[int],
) -> list[Step]:
    batches, sites = {node.batch for node in made}, {node.site for node in made}
    rows = await sql.fetch(statement(HERE, "packed_at"), sorted(batches), sorted(sites), PACKINGS_MOST)
    packed = [(holders.get(Node(row["batch_id"], row["site_id"])), row["time"]) for row in rows]
    return [
        step_of(StepKind.PACKED, at, _actor(holder), own=True, named=named)
        for holder, at in packed
        if holder is not None
    ]


async def _follow(
    sql: Connection,
    unit_id: int,
    batch_id: int,
    sold: Sequence[tuple[datetime, int]],
    makers: Collection[int],
) -> Trail:
    rows = await sql.fetch(statement(HERE, "unit_path"), unit_id, LEVELS_MOST, EVENTS_MOST)
    met = [(StepKind.SOLD, at, site) for at, site in sold]
    for row in rows:
        kind = _OF_UNIT.get(local_name(row["step"]).lower()) if row["step"] else None
        if kind is not None and row["site_id"] != UNKNOWN_SITE_ID:
            met.append((kind, row["time"], row["site_id"]))
    holders = await _holders(sql, [Node(batch_id, site) for site in sorted({site for _, _, site in met})])
    steps = [
        step_of(kind, at, _actor(holders[Node(batch_id, site)]), own=True, named=makers)
        for kind, at, site in met
    ]
    return Trail(tuple(merged(steps)), frozenset(makers), cut=len(rows) == EVENTS_MOST)


def noon_of(day: date) -> datetime:
    """A moment to stand for a day of which no time is known."""
    return datetime.combine(day, NOON)

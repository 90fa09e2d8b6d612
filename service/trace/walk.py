"""The walk of a trace over the database: a frontier of batches.

All flows of a batch lie together, so the walk fetches whole batches, passes through what it has in
memory, and goes back to the database only for batches that were not seen yet: as many round trips as
there are transformations in a row, not as there are shipments. Equal to `graph.py` on every graph.

A flow that carries brings the same moment to its far end whatever brought it about, so each is taken
once: at every holding flows stand in the order in which they begin to carry, with a mark of how far
they did. The work is that of sorting the flows.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import NamedTuple

import asyncpg

from service.db.transaction import Transaction
from service.errors import TooLarge
from service.trace.graph import BEGINNING, END, Node, Reached

COLUMNS = """
SELECT batch_id, kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred,
       shipped_quantity, shipped_uom, received_quantity, received_uom, ship_event_id, receive_event_id
FROM flow
"""
FLOWS_FROM = COLUMNS + "WHERE batch_id = ANY($1::bigint[])"
FLOWS_TO = COLUMNS + "WHERE to_batch_id = ANY($1::bigint[])"

#: Batches fetched by one statement.
BATCHES_AT_ONCE = 5_000


@dataclass(slots=True)
class Walk:
    """What a trace reached: holdings, and the flows that carry to or from them (rows of `flow`)."""

    forward: bool
    reached: dict[Node, Reached] = field(default_factory=dict)
    flows: list[asyncpg.Record] = field(default_factory=list)

    def batches(self) -> set[int]:
        """The batches of all holdings reached."""
        return {node.batch for node in self.reached}


async def walk(
    tx: Transaction,
    starts: Mapping[Node, datetime],
    *,
    forward: bool,
    skew: timedelta,
    most: int,
) -> Walk:
    """Walk from `starts`; raises `TooLarge` beyond `most` holdings."""
    arcs = _Arcs(forward, skew)
    spread = _Spread(arcs, starts)
    wanted = {node.batch for node in starts}
    fetched: set[int] = set()
    while wanted:
        some = list(islice(wanted, BATCHES_AT_ONCE))
        fetched.update(some)
        wanted.difference_update(some)
        rows = await tx.sql.fetch(FLOWS_FROM if forward else FLOWS_TO, some)
        # In a thread: a million flows take seconds, and others want answers meanwhile.
        wanted |= await asyncio.to_thread(_take_in, arcs, spread, rows) - fetched
        if len(spread.at) > most:
            raise TooLarge(
                f"The trace reaches more than {most} holdings; narrow its start.",
                f"追溯结果超过 {most} 个持有点，请缩小起点范围。",
            )
    return await asyncio.to_thread(_once_more, arcs, starts)


def _take_in(arcs: "_Arcs", spread: "_Spread", rows: list[asyncpg.Record]) -> set[int]:
    """Spread over more flows; the batches of the holdings reached anew."""
    known = len(spread.at)
    spread.run(arcs.add(rows) & spread.at.keys())
    return {node.batch for node in islice(spread.at, known, None)}


def _once_more(arcs: "_Arcs", starts: Mapping[Node, datetime]) -> Walk:
    """The spread anew, now that every flow is there: its steps are hops, the fetches' were not."""
    whole = _Spread(arcs, starts)
    whole.run(starts)
    reached = {node: Reached(at, whole.hops[node]) for node, at in whole.at.items()}
    carrying = [arc.row for node, passed in whole.passed.items() for arc in arcs.at[node][:passed]]
    return Walk(arcs.forward, reached, carrying)


class _Arc(NamedTuple):
    """A flow as the walk meets it. `near_at`: the moment at the end it comes from, which says whether it
    carries; `far_at`: the moment it brings to the other.
    """

    near_at: datetime
    far: Node
    far_at: datetime
    row: asyncpg.Record


class _Arcs:
    """The flows fetched so far, by the end that the walk meets first, those that carry soonest first."""

    def __init__(self, forward: bool, skew: timedelta) -> None:
        self.forward = forward
        self.skew = skew
        self.at: dict[Node, list[_Arc]] = defaultdict(list)

    def add(self, rows: list[asyncpg.Record]) -> set[Node]:
        """Take in flows; the holdings that they leave. A holding's flows all come in one call."""
        touched: set[Node] = set()
        for row in rows:
            source = Node(row["batch_id"], row["from_site_id"])
            target = Node(row["to_batch_id"], row["to_site_id"])
            departs, reaches = row["departed_at"], row["arrived_at"] or row["departed_at"]
            near, arc = (
                (source, _Arc(departs, target, reaches, row))
                if self.forward
                else (target, _Arc(reaches, source, departs, row))
            )
            touched.add(near)
            self.at[near].append(arc)
        for node in touched:
            self.at[node].sort(key=lambda arc: arc.near_at, reverse=self.forward)
        return touched

    def limit(self, at: datetime) -> datetime:
        """The `near_at` up to which flows carry at a holding reached at `at`."""
        try:
            return at - self.skew if self.forward else at + self.skew
        except OverflowError:
            return BEGINNING if self.forward else END


class _Spread:
    """The time-respecting pass from the starts over the flows in `arcs`, one flow further each step."""

    def __init__(self, arcs: _Arcs, starts: Mapping[Node, datetime]) -> None:
        self.arcs = arcs
        self.at: dict[Node, datetime] = dict(starts)
        self.hops = dict.fromkeys(starts, 0)
        #: How many of a holding's flows carried so far.
        self.passed: dict[Node, int] = {}

    def run(self, front: Iterable[Node]) -> None:
        """Pass on from `front` until nothing changes."""
        for step in count(1):
            bettered = self._step(front)
            if not bettered:
                return
            self.at.update(bettered)
            for node in bettered:
                self.hops.setdefault(node, step)
            front = bettered

    def _step(self, front: Iterable[Node]) -> dict[Node, datetime]:
        """The moments that the flows which begin to carry at `front` bring, where they reach further."""
        forward = self.arcs.forward
        bettered: dict[Node, datetime] = {}
        for node in front:
            arcs = self.arcs.at.get(node, ())
            limit = self.arcs.limit(self.at[node])
            for passed in range(self.passed.get(node, 0), len(arcs)):
                near_at, far, far_at, _ = arcs[passed]
                if near_at < limit if forward else near_at > limit:
                    break
                self.passed[node] = passed + 1
                known = bettered.get(far) or self.at.get(far)
                if known is None or (far_at < known if forward else far_at > known):
                    bettered[far] = far_at
        return bettered


def open_start(*, forward: bool) -> datetime:
    """The moment of a start without one: everything that ever left (or came to) it counts."""
    return BEGINNING if forward else END

"""The walk of a trace over the database: a frontier of batches.

All flows of a batch lie together, so the walk fetches whole batches, passes through what it has in
memory, and goes back to the database only for batches that were not seen yet: as many round trips as
there are transformations in a row, not as there are shipments. Equal to `graph.py` on every graph.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from service.db.transaction import Transaction
from service.errors import TooLarge
from service.trace.graph import (
    BEGINNING,
    END,
    Edge,
    Node,
    Reached,
    carries_backward,
    carries_forward,
)

FLOWS_FROM = """
SELECT batch_id, ordinal, kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred,
       shipped_quantity, shipped_uom, received_quantity, received_uom, ship_event_id, receive_event_id
FROM flow WHERE batch_id = ANY($1::bigint[])
"""
FLOWS_TO = """
SELECT batch_id, ordinal, kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred,
       shipped_quantity, shipped_uom, received_quantity, received_uom, ship_event_id, receive_event_id
FROM flow WHERE to_batch_id = ANY($1::bigint[])
"""

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


@dataclass(slots=True)
class _Arc:
    edge: Edge
    row: asyncpg.Record


async def walk(
    tx: Transaction,
    starts: Mapping[Node, datetime],
    *,
    forward: bool,
    skew: timedelta,
    most: int,
) -> Walk:
    """Walk from `starts`; raises `TooLarge` beyond `most` holdings."""
    pass_ = _Pass(starts, forward, skew)
    wanted = {node.batch for node in starts}
    fetched: set[int] = set()
    while wanted:
        some = sorted(wanted)[:BATCHES_AT_ONCE]
        fetched.update(some)
        wanted.difference_update(some)
        rows = await tx.sql.fetch(FLOWS_FROM if forward else FLOWS_TO, some)
        pass_.add(rows)
        wanted |= {node.batch for node in pass_.spread()} - fetched
        if len(pass_.at) > most:
            raise TooLarge(
                f"The trace reaches more than {most} holdings; narrow its start.",
                f"追溯结果超过 {most} 个持有点，请缩小起点范围。",
            )
    return Walk(forward, pass_.with_hops(), [arc.row for arc in pass_.carrying()])


class _Pass:
    """The time-respecting pass over the flows fetched so far."""

    def __init__(self, starts: Mapping[Node, datetime], forward: bool, skew: timedelta) -> None:
        self.starts = starts
        self.forward = forward
        self.skew = skew
        self.at: dict[Node, datetime] = dict(starts)
        self.arcs: dict[Node, list[_Arc]] = defaultdict(list)
        self.queue: deque[Node] = deque(starts)

    def add(self, rows: list[asyncpg.Record]) -> None:
        """Take flows in; holdings already reached look at them again."""
        for row in rows:
            edge = Edge(
                Node(row["batch_id"], row["from_site_id"]),
                Node(row["to_batch_id"], row["to_site_id"]),
                row["departed_at"],
                row["arrived_at"],
            )
            near = edge.source if self.forward else edge.target
            self.arcs[near].append(_Arc(edge, row))
            if near in self.at:
                self.queue.append(near)

    def spread(self) -> set[Node]:
        """Pass on until nothing changes; the holdings reached anew."""
        fresh: set[Node] = set()
        while self.queue:
            node = self.queue.popleft()
            for arc in self.arcs.get(node, ()):
                if not self.carries(arc.edge):
                    continue
                far, time = self.beyond(arc.edge)
                known = self.at.get(far)
                if known is None or (time < known if self.forward else time > known):
                    if known is None:
                        fresh.add(far)
                    self.at[far] = time
                    self.queue.append(far)
        return fresh

    def carries(self, edge: Edge) -> bool:
        if self.forward:
            return carries_forward(edge, self.at, self.skew)
        return carries_backward(edge, self.at, self.skew)

    def beyond(self, edge: Edge) -> tuple[Node, datetime]:
        return (edge.target, edge.reaches_at) if self.forward else (edge.source, edge.departed_at)

    def carrying(self) -> list[_Arc]:
        """The flows by which the trace went, each once."""
        return [arc for node in self.at for arc in self.arcs.get(node, ()) if self.carries(arc.edge)]

    def with_hops(self) -> dict[Node, Reached]:
        """Breadth first over the carrying flows."""
        hops = dict.fromkeys(self.starts, 0)
        level = list(self.starts)
        while level:
            below: list[Node] = []
            for node in level:
                for arc in self.arcs.get(node, ()):
                    far, _ = self.beyond(arc.edge)
                    if far not in hops and self.carries(arc.edge):
                        hops[far] = hops[node] + 1
                        below.append(far)
            level = below
        return {node: Reached(at, hops[node]) for node, at in self.at.items()}


def open_start(*, forward: bool) -> datetime:
    """The moment of a start without one: everything that ever left (or came to) it counts."""
    return BEGINNING if forward else END

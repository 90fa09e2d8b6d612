"""A trace to be measured, and what its figures stand beside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import numpy as np

from scripts.benches.recursive import RECURSIVE
from service.auth.sight import see_as_party
from service.db.transaction import Transaction, create_engine, transaction
from service.trace.answer import Answer
from service.trace.graph import Edge, Node, reach_backward, reach_forward
from service.trace.holders import load_holders
from service.trace.passes import Flows
from service.trace.starts import Question, Starts, find_starts
from service.trace.walk import Walk, walk
from service.trace.words import PARTIES, SITES

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

#: More than any network here has.
MOST: Final = 20_000_000
EDGES: Final = """
SELECT batch_id, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at
FROM flow WHERE batch_id BETWEEN $1 AND $2
"""


@dataclass(frozen=True, slots=True)
class Traced:
    """One question to one database."""

    connection: Connection
    tx: Transaction
    question: Question
    starts: Starts

    @property
    def batches(self) -> list[int]:
        """The batches that the trace starts from."""
        return sorted(self.starts.batches)

    async def walk(self) -> Walk:
        """The holdings reached, since when, and the flows that carry."""
        return await walk(
            self.tx, self.starts.nodes, forward=self.starts.forward, skew=timedelta(0), most=MOST
        )

    async def asked(self) -> Walk:
        """The walk, and finding its starts."""
        starts = await find_starts(self.tx, self.question, forward=self.starts.forward)
        return await walk(self.tx, starts.nodes, forward=starts.forward, skew=timedelta(0), most=MOST)

    async def balances(self) -> Walk:
        """The walk, and what each holding received, shipped, sold and has."""
        found = await walk(
            self.tx, self.starts.nodes, forward=self.starts.forward, skew=timedelta(0), most=MOST, held=True
        )
        held, _ = await load_holders(self.tx, found, datetime.now(UTC))
        assert len(held) == len(found)
        return found

    async def answer(self) -> Answer:
        """The trace itself: everything that is told but for the flows, with names of places and parties."""
        starts = await find_starts(self.tx, self.question, forward=self.starts.forward)
        found = await walk(
            self.tx, starts.nodes, forward=starts.forward, skew=timedelta(0), most=MOST, held=True
        )
        told = await Answer.load(self.tx, starts, found, now=datetime.now(UTC))
        await self.tx.sql.fetch(SITES, told.sites.ids.tolist())
        await self.tx.sql.fetch(PARTIES, told.parties.tolist())
        return told

    async def recursive(self) -> int:
        """The same holdings and moments by one statement; how many."""
        return len(await self.connection.fetch(RECURSIVE[self.starts.forward].reached, self.batches))

    async def recursive_balances(self) -> int:
        """The same with the balances."""
        return len(await self.connection.fetch(RECURSIVE[self.starts.forward].with_balances, self.batches))

    async def agrees(self, first: int, last: int) -> bool:
        """Whether the walk is the plain rule's over the flows of the batches `first` to `last`."""
        edges = [
            Edge(Node(row[0], row[1]), Node(row[2], row[3]), row[4], row[5])
            for row in await self.connection.fetch(EDGES, first, last)
        ]
        reach = reach_forward if self.starts.forward else reach_backward
        return (await self.walk()).reached == await asyncio.to_thread(reach, edges, self.starts.nodes)


@asynccontextmanager
async def asking(
    dsn: str, question: Question, *, forward: bool = True, party: int | None = None
) -> AsyncIterator[Traced]:
    """A question in a snapshot of a database, and a connection for what stands beside it. `party`: asked as
    this party, which sees what is its own.
    """
    engine = create_engine(dsn)
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
    try:
        async with transaction(engine, snapshot=True) as tx:
            if party is not None:
                await see_as_party(tx, party, now=datetime.now(UTC))
            yield Traced(connection, tx, question, await find_starts(tx, question, forward=forward))
    finally:
        await connection.close()
        await engine.dispose()


def in_memory(flows: Flows, starts: Sequence[int]) -> Callable[[], Awaitable[int]]:
    """Breadth first over a table of flows ordered by where they leave, times left out."""
    ends = np.concatenate([flows.batch, flows.to_batch])
    sites = np.concatenate([flows.from_site, flows.to_site])
    _, index = np.unique(ends * (int(sites.max()) + 1) + sites, return_inverse=True)
    near, far = np.split(index, 2)
    order = np.argsort(near, kind="stable")
    far = far[order]
    first = np.searchsorted(near[order], np.arange(int(index.max()) + 2))
    front = np.unique(near[np.isin(flows.batch, starts)])

    async def reached() -> int:
        seen = np.zeros(len(first) - 1, dtype=np.bool_)
        nodes = front
        seen[nodes] = True
        while len(nodes):
            counts = first[nodes + 1] - first[nodes]
            places = np.repeat(first[nodes] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
            nodes = np.unique(far[places + np.arange(len(places))])
            nodes = nodes[~seen[nodes]]
            seen[nodes] = True
        return int(seen.sum())

    return reached


def timed(work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[float]]:
    """The milliseconds that some work takes."""

    async def measure() -> float:
        began = perf_counter()
        await work()
        return 1000 * (perf_counter() - began)

    return measure

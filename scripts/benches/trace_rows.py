"""How fast a trace is: against one recursive statement, against a pass in memory, and over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import asyncpg
import httpx
import numpy as np

from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_most, in_turns
from scripts.benches.networks import Network, write
from scripts.benches.recursive import RECURSIVE
from service.db.transaction import Transaction, create_engine, transaction
from service.trace.answer import Answer
from service.trace.exports import whole
from service.trace.holders import load_holders
from service.trace.passes import Flows
from service.trace.schemas import Trace
from service.trace.starts import Question, Starts, find_starts
from service.trace.walk import Walk, walk

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

#: Flows of the networks, the smaller first: the largest is where figures are taken, all show the growth.
FLOWS: Final = {
    Size.SMALL: (2_000,),
    Size.MEDIUM: (100_000, 1_000_000),
    Size.LARGE: (1_000_000, 10_000_000),
}
FAN_OUT: Final = {Size.SMALL: 5, Size.MEDIUM: 19, Size.LARGE: 19}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 9, Size.LARGE: 9}
#: Levels of a tree at which traces start: about 13, 270, 5,300 and 101,000 holdings are affected.
LEVELS: Final = {Size.SMALL: (2, 1), Size.MEDIUM: (3, 2, 1, 0), Size.LARGE: (3, 2, 1, 0)}
MOST: Final = 10_000_000
FEW: Final = 100
MANY: Final = 90_000
STATEMENT: Final = "one recursive statement"


@dataclass(frozen=True, slots=True)
class Traced:
    """One start in one network."""

    connection: Connection
    tx: Transaction
    starts: Starts

    @property
    def batch(self) -> int:
        """The batch that the trace starts from."""
        (batch,) = self.starts.batches
        return batch

    async def walk(self) -> Walk:
        """The holdings reached, since when, and the flows that carry."""
        return await walk(self.tx, self.starts.nodes, forward=True, skew=timedelta(0), most=MOST)

    async def balances(self) -> Walk:
        """The walk, and what each holding received, shipped, sold and has."""
        found = await self.walk()
        held, _ = await load_holders(self.tx, found, datetime.now(UTC))
        assert len(held) == len(found)
        return found

    async def recursive(self) -> int:
        """The same holdings and moments by one statement; how many."""
        return len(await self.connection.fetch(RECURSIVE.reached, self.batch))

    async def recursive_balances(self) -> int:
        """The same with the balances."""
        return len(await self.connection.fetch(RECURSIVE.with_balances, self.batch))


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of traces."""
    walks: dict[int, list[tuple[str, float]]] = {}
    sizes = FLOWS[bench.size]
    for flows in sizes:
        async with bench.database() as dsn:
            network = Network.of(flows, FAN_OUT[bench.size])
            began = perf_counter()
            connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
            written = await write(connection, network)
            await connection.close()
            yield Row("trace", f"a network of {written:,} flows written", perf_counter() - began, "s")
            walks[flows] = []
            for level in LEVELS[bench.size]:
                async for row in _of_level(dsn, network, level, bench.size):
                    if row.alternative == STATEMENT:
                        walks[flows].append((row.what, row.figure))
                    yield row
            async for row in _over_http(bench, dsn, network):
                yield row
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        for (what, figure), (_, before) in zip(walks[large], walks[small], strict=True):
            beside = f"the same among {small:,} flows"
            yield Row("trace", f"{what}, among {large:,} flows", figure, "ms", beside, before, at_most(1.3))


async def _of_level(dsn: str, network: Network, level: int, size: Size) -> AsyncIterator[Row]:
    start = network.first_of_level(level)
    engine = create_engine(dsn)
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
    try:
        async with transaction(engine, snapshot=True) as tx:
            question = Question((_uri(start, level),))
            one = Traced(connection, tx, await find_starts(tx, question, forward=True))
            found = await one.walk()
            assert len(found) == await one.recursive()
            repeats = REPEATS[size]
            walked, recursive = await in_turns(_timed(one.walk), _timed(one.recursive), repeats=repeats)
            affected = len(found)
            yield Row(
                *("trace", f"walk, {affected:,} holdings affected", walked.median, "ms"),
                *(STATEMENT, recursive.median),
                at_most(0.1) if affected >= MANY else at_most(1.1) if affected <= FEW else None,
                {"p90 ms": walked.percentile(90)},
            )
            told, recursive = await in_turns(
                _timed(one.balances), _timed(one.recursive_balances), repeats=repeats
            )
            yield Row(
                *("trace", f"trace with balances, {affected:,} holdings", told.median, "ms"),
                *("one recursive statement, with balances", recursive.median),
            )
            if affected >= MANY:
                async for row in _many(one, found, repeats):
                    yield row
    finally:
        await connection.close()
        await engine.dispose()


async def _many(one: Traced, found: Walk, repeats: int) -> AsyncIterator[Row]:
    flows = found.flows
    memory, walked = await in_turns(_timed(_in_memory(flows, one.batch)), _timed(one.walk), repeats=repeats)
    yield Row(
        *("trace", f"walk, {len(found):,} holdings affected", walked.median, "ms"),
        *("a pass in memory, reach only", memory.median, at_most(6)),
    )
    told = await Answer.load(one.tx, one.starts, found, now=datetime.now(UTC))
    value = await whole(one.tx, told)
    model = Trace.model_validate(value)

    async def pydantic() -> None:
        await asyncio.to_thread(model.model_dump_json)

    (dumped,) = await in_turns(_timed(pydantic), repeats=max(1, repeats // 3))
    yield Row("trace", f"{len(found):,} holdings and their flows as JSON by pydantic", dumped.median, "ms")


def _in_memory(flows: Flows, start: int) -> Callable[[], Awaitable[int]]:
    """Breadth first over a table of flows ordered by where they leave, times left out."""
    ends = np.concatenate([flows.batch, flows.to_batch])
    sites = np.concatenate([flows.from_site, flows.to_site])
    _, index = np.unique(ends * (int(sites.max()) + 1) + sites, return_inverse=True)
    near, far = np.split(index, 2)
    order = np.argsort(near, kind="stable")
    far = far[order]
    first = np.searchsorted(near[order], np.arange(int(index.max()) + 2))
    front = np.unique(near[flows.batch == start])

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


async def _over_http(bench: Bench, dsn: str, network: Network) -> AsyncIterator[Row]:
    """From the request to the last byte, against the trace itself."""
    level = LEVELS[bench.size][-1]
    affected = 0
    repeats = max(1, REPEATS[bench.size] // 3)
    question = Question((_uri(network.first_of_level(level), level),))
    engine = create_engine(dsn)
    firsts: dict[str, list[float]] = {"ndjson": [], "csv": [], "json": []}
    async with bench.service(dsn) as service:
        headers = {"Authorization": f"Bearer {service.key}"}
        async with (
            httpx.AsyncClient(base_url=service.url, headers=headers, timeout=300) as client,
            transaction(engine, snapshot=True) as tx,
        ):

            async def trace_itself() -> None:
                starts = await find_starts(tx, question, forward=True)
                found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=MOST)
                await Answer.load(tx, starts, found, now=datetime.now(UTC))
                nonlocal affected
                affected = len(found)

            def asked(form: str) -> Callable[[], Awaitable[None]]:
                query = {"batch": question.batches[0], "format": form, "flows": "false"}

                async def ask() -> None:
                    began = perf_counter()
                    async with client.stream("GET", f"/v1/trace/forward?{urlencode(query)}") as answer:
                        assert answer.status_code == 200
                        pieces = answer.aiter_raw()
                        await anext(pieces)
                        firsts[form].append(1000 * (perf_counter() - began))
                        async for _ in pieces:
                            pass

                return ask

            itself, *told = await in_turns(
                _timed(trace_itself), *(_timed(asked(form)) for form in firsts), repeats=repeats
            )
    await engine.dispose()
    titles = {
        "ndjson": "holdings as JSON lines",
        "csv": "holders as CSV",
        "json": "one JSON document, flows too",
    }
    for form, sample in zip(firsts, told, strict=True):
        yield Row(
            *("trace", f"HTTP, {affected:,} holdings: {titles[form]}", sample.median, "ms"),
            *("the trace itself", itself.median, at_most(2) if form == "ndjson" else None),
            more={"first byte ms": Sample(tuple(firsts[form][1:])).median},
        )


def _uri(batch: int, level: int) -> str:
    return f"https://trade.example/product/{level + 1}/lot/{batch}"


def _timed(work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[float]]:
    """The milliseconds that some work takes."""

    async def measure() -> float:
        began = perf_counter()
        await work()
        return 1000 * (perf_counter() - began)

    return measure

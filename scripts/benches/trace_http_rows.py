"""Traces over HTTP, from the request to the last octet: how long, how soon, and in how much memory."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import urlencode

import httpx

from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_most, in_turns
from scripts.benches.networks import HOLDINGS, Network
from scripts.benches.traced import MOST, Traced, asking, timed
from scripts.benches.wide import URI, Fan
from service.trace.exports import whole
from service.trace.schemas import Trace
from service.trace.starts import Question
from tests.server import Server

REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 3}
#: The level of a tree at which the trace starts.
LEVEL: Final = {Size.SMALL: 1, Size.MEDIUM: 0, Size.LARGE: 0}
SHOPS: Final = {Size.SMALL: 300, Size.MEDIUM: 100_000, Size.LARGE: 1_000_000}
#: Holdings of the trace whose memory is measured.
IN_MEMORY: Final = {Size.SMALL: 500, Size.MEDIUM: 256_000, Size.LARGE: 256_000}
MEMORY_MOST_MB: Final = 300
#: Where Linux tells of processes, and what makes it forget the most memory that one had so far.
PROCESSES: Final = Path("/proc")
FORGET_THE_PEAK: Final = "5"
#: How soon a person should see how much there is.
SOON_MS: Final = 200
TITLES: Final = {
    "ndjson": "holdings as JSON lines",
    "csv": "holders as CSV",
    "json": "one JSON document, with flows",
}
ENVIRONMENT: Final = {"SUYUAN_TRACE_MAX_HOLDINGS": str(MOST)}


class Caller:
    """Asks the service for traces, and keeps when the first octets came."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.firsts: dict[str, list[float]] = {form: [] for form in TITLES}

    async def ask(self, form: str, batches: Sequence[str]) -> None:
        """A forward trace to its last octet."""
        query = urlencode({"batch": batches, "format": form, "flows": "false"}, doseq=True)
        began = perf_counter()
        async with self.client.stream("GET", f"/v1/trace/forward?{query}") as answer:
            assert answer.status_code == 200, await answer.aread()
            pieces = answer.aiter_raw()
            await anext(pieces)
            self.firsts[form].append(1000 * (perf_counter() - began))
            async for _ in pieces:
                pass


async def of_network(bench: Bench, dsn: str, network: Network) -> AsyncIterator[Row]:
    """The rows of one network."""
    repeats = REPEATS[bench.size]
    uris = (network.uri(network.first_of_level(LEVEL[bench.size])),)
    async with bench.service(dsn, **ENVIRONMENT) as service, _caller(service) as caller:
        # First, in a process that has traced nothing yet.
        starts = _starts_of(network, IN_MEMORY[bench.size])
        for row in await _memory(service, caller, starts, "the service's memory"):
            yield row
        forms = (timed(partial(caller.ask, form, uris)) for form in TITLES)
        async with asking(dsn, Question(uris)) as one:
            affected = len(await one.walk())
            itself, *told = await in_turns(timed(one.answer), *forms, repeats=repeats)
            (pydantic,) = await in_turns(timed(await _by_pydantic(one)), repeats=repeats)
        for form, sample in zip(TITLES, told, strict=True):
            yield Row(
                *("trace", f"HTTP, {affected:,} holdings: {TITLES[form]}", sample.median, "ms"),
                *("the trace itself", itself.median, at_most(2) if form == "ndjson" else None),
                more={"first octet ms": Sample(tuple(caller.firsts[form][1:])).median, "affected": affected},
            )
        for row in _beside_pydantic(caller, itself.median + pydantic.median, told[list(TITLES).index("csv")]):
            yield row


def _beside_pydantic(caller: Caller, pydantic: float, csv: Sample) -> Sequence[Row]:
    """The CSV beside a model of all of it, made and told in one piece, in milliseconds; the first words."""
    beside = "the trace itself, then JSON by pydantic, without HTTP"
    first, seen = (Sample(tuple(caller.firsts[form][1:])).median for form in ("csv", "ndjson"))
    return (
        Row("trace", "HTTP: holders as CSV", csv.median, "ms", beside, pydantic, at_most(0.1)),
        Row("trace", "HTTP: holders as CSV, first octet", first, "ms", beside, pydantic, at_most(0.01)),
        Row("trace", "HTTP: counts in JSON lines", seen, "ms", "soon for a person", SOON_MS, at_most(1)),
    )


async def of_a_fan(bench: Bench) -> AsyncIterator[Row]:
    """One batch at a great many shops: all of them told, in how much memory."""
    shops = SHOPS[bench.size]
    async with bench.written(f"fan_{shops}", Fan(shops).write) as written:
        async with asking(written.dsn, Question((URI,))) as one:
            walked, recursive = await in_turns(
                timed(one.walk), timed(one.recursive), repeats=REPEATS[bench.size]
            )
            affected = len(await one.walk())
        assert affected == shops + 1
        yield Row(
            *("trace", f"one batch at {shops:,} shops", walked.median, "ms"),
            *("one recursive statement", recursive.median),
        )
        if bench.size is Size.SMALL:
            # One start of the service less, and the same code as above.
            return
        async with bench.service(written.dsn, **ENVIRONMENT) as service, _caller(service) as caller:
            for row in await _memory(service, caller, (URI,), f"memory with {shops:,} shops"):
                yield row


async def _memory(service: Server, caller: Caller, batches: Sequence[str], what: str) -> Sequence[Row]:
    """The most memory that the service's process had at once, its libraries and all; nothing where the system
    does not tell.
    """
    if sys.platform != "linux":
        return ()
    place = PROCESSES / str(service.pid)
    rows = []
    for form in ("ndjson", "csv"):
        before = _megabytes(place, "VmRSS")
        (place / "clear_refs").write_text(FORGET_THE_PEAK)
        await caller.ask(form, batches)
        caller.firsts[form].clear()
        rows.append(
            Row(
                *("trace", f"{what}: {TITLES[form]}", _megabytes(place, "VmHWM"), "MB"),
                *("a worker's bound", MEMORY_MOST_MB, at_most(1)),
                more={"MB before": before, "starts": len(batches)},
            )
        )
    return rows


def _megabytes(process: Path, name: str) -> float:
    lines = (process / "status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(name))
    return int(line.split()[1]) / 1024


def _starts_of(network: Network, holdings: int) -> list[str]:
    """Batches from which about so many holdings are reached: tops of trees, then the level below."""
    of_a_tree = network.tree * HOLDINGS
    tops = min(holdings // of_a_tree, network.trees - 1)
    of_a_branch = (network.tree - 1) // network.fan_out * HOLDINGS
    branches = min(network.fan_out, (holdings - tops * of_a_tree) // of_a_branch)
    starts = [network.first_of_level(0, tree) for tree in range(tops)]
    starts += [network.first_of_level(1, tops) + n for n in range(branches)]
    return [network.uri(batch) for batch in starts]


@asynccontextmanager
async def _caller(service: Server) -> AsyncIterator[Caller]:
    headers = {"Authorization": f"Bearer {service.key}"}
    async with httpx.AsyncClient(base_url=service.url, headers=headers, timeout=600) as client:
        yield Caller(client)


async def _by_pydantic(one: Traced) -> Callable[[], Awaitable[None]]:
    """The same answer as a model: validated, then dumped in one piece."""
    value = await whole(one.tx, await one.answer())

    async def dumped() -> None:
        await asyncio.to_thread(lambda: Trace.model_validate(value).model_dump_json())

    return dumped

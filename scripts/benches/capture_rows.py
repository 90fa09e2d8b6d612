"""How fast documents and events are captured through HTTP, against the same rows copied, no more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import asyncpg

from scripts.benches import at_once_rows, ledger_rows, trade
from scripts.benches.ceilings import Ceiling, ceiling, commit_each, copy_everything, rows_after
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_least
from scripts.benches.wire import Caller, callers, request_bytes
from tests.server import Server

LD_JSON: Final = "application/ld+json"
CONNECTIONS: Final = 16


@dataclass(frozen=True, slots=True)
class Work:
    """How much is captured. `deliveries`: of single events, for each connection."""

    documents: int
    warm_up: int
    document_events: int
    deliveries: int
    serials: int


WORK: Final = {
    Size.SMALL: Work(3, 1, 60, 1, 1_000),
    Size.MEDIUM: Work(20, 3, trade.DOCUMENT_EVENTS, 6, 100_000),
    Size.LARGE: Work(100, 3, trade.DOCUMENT_EVENTS, 20, 100_000),
}


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of capture."""
    work = WORK[bench.size]
    async with (
        bench.database() as captured,
        bench.database() as copied,
        bench.service(captured) as service,
    ):
        async with ceiling(captured, copied) as beside:
            for row in await _documents(service, beside, work):
                yield row
        async with bench.database() as fresh:
            yield await _everything(captured, fresh)
        yield await ledger_rows.rebuilds(captured)
        yield await _serials(service, work)
    yield await at_once_rows.documents(bench, work.document_events)
    yield await ledger_rows.from_nothing(bench)
    async with (
        bench.database() as captured,
        bench.database() as copied,
        bench.service(captured) as service,
    ):
        yield await _single(service, captured, copied, work)
        # Of batches and containers of their own: what was captured before is no matter.
        async with callers(service.url, 1) as (caller,):

            async def ask(*events: dict[str, Any]) -> float:
                body = ledger_rows.document(*events)
                return await was_captured(caller, post(service, "/epcis/capture", body), 202)

            yield await ledger_rows.wide_batch(bench.size, ask)
            async for row in ledger_rows.containers(bench.size, ask):
                yield row


def post(service: Server, path: str, body: bytes) -> bytes:
    """A request that captures."""
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": LD_JSON}
    return request_bytes("POST", service.url + path, headers, body)


async def was_captured(caller: Caller, request: bytes, status: int) -> float:
    """Seconds until a request was answered as it should be."""
    began = perf_counter()
    answer = await caller.ask(request)
    seconds = perf_counter() - began
    assert answer.status == status, (answer.status, answer.body[:500])
    return seconds


async def _documents(service: Server, beside: Ceiling, work: Work) -> Sequence[Row]:
    """Documents one after another, the rows of each copied right after it."""
    rates: list[float] = []
    own: list[float] = []
    bare: list[float] = []
    flows, last = 0, 0
    async with callers(service.url, 1) as (caller,):
        for number in range(work.warm_up + work.documents):
            body = trade.document(number, work.document_events)
            seconds = await was_captured(caller, post(service, "/epcis/capture", body), 202)
            stored = await beside.stored_after(last)
            assert stored.count == work.document_events, stored.count
            into_own = await beside.copy(stored, bare=False)
            into_bare = await beside.copy(stored, bare=True)
            last = stored.last_id
            if number >= work.warm_up:
                rates.append(stored.count / seconds)
                own.append(into_own)
                bare.append(into_bare)
                flows += stored.flow_count
    events = work.document_events
    what = f"documents of {events:,} events, one after another, {len(body) / events:.0f} octets and "
    what += f"{flows / len(rates) / events:.2g} flows an event"
    more = {
        "slowest tenth": Sample(tuple(rates)).percentile(10),
        "bytes stored per event": await beside.bytes_stored() / events / (work.warm_up + work.documents),
    }
    figure, fifth = Sample(tuple(rates)).median, max(1, len(rates) // 5)
    return [
        Row(
            *("capture", what, figure, "events/s"),
            "COPY of the same rows of `event` (facts and all) and `flow` into the same tables, indexes and "
            "constraints kept, a commit for each document",
            Sample(tuple(own)).median,
            at_least(0.55),
            more,
        ),
        Row(
            *("capture", "the same documents", figure, "events/s"),
            "the same COPY into tables without any index or constraint",
            Sample(tuple(bare)).median,
        ),
        Row(
            *("capture", f"the last fifth of them, {last:,} events being here", _median(rates[-fifth:])),
            "events/s",
            "the first fifth",
            _median(rates[:fifth]),
            at_least(0.8),
        ),
    ]


def _median(rates: Sequence[float]) -> float:
    return Sample(tuple(rates)).median


async def _everything(captured: str, fresh: str) -> Row:
    """What PostgreSQL needs for all rows that captures leave behind."""
    connection = await asyncpg.connect(captured)
    try:
        events = await connection.fetchval("SELECT count(*) FROM event")
    finally:
        await connection.close()
    seconds = await copy_everything(captured, fresh)
    return Row(
        "capture", "COPY of every row that these captures left, all tables", events / seconds, "events/s"
    )


async def _serials(service: Server, work: Work) -> Row:
    async with callers(service.url, 1) as (caller,):
        await was_captured(caller, post(service, "/epcis/events", trade.many_serials(1, 100)), 201)
        request = post(service, "/epcis/events", trade.many_serials(2, work.serials))
        seconds = await was_captured(caller, request, 201)
    return Row("capture", f"one event with {work.serials:,} serials", seconds, "s")


async def _single(service: Server, captured: str, copied: str, work: Work) -> Row:
    """Single events on many connections, each with deliveries of its own."""

    async def send(caller: Caller, requests: Sequence[bytes]) -> list[float]:
        return [await was_captured(caller, request, 201) for request in requests]

    async with callers(service.url, CONNECTIONS) as opened:
        for first, deliveries in ((0, 1), (CONNECTIONS, work.deliveries)):
            told = [
                [post(service, "/epcis/events", event) for event in trade.single_events(start, deliveries)]
                for start in range(first, first + CONNECTIONS * deliveries, deliveries)
            ]
            began = perf_counter()
            times = await asyncio.gather(*map(send, opened, told))
            seconds = perf_counter() - began
    latencies = Sample(tuple(1000 * each for some in times for each in some))
    connection = await asyncpg.connect(captured)
    try:
        warm_up = CONNECTIONS * trade.EVENTS_OF_A_DELIVERY
        first_row = await connection.fetchval("SELECT min(id) FROM event")
        stored = await rows_after(connection, 0)
        assert len(stored) == warm_up + len(latencies.figures), (first_row, len(stored))
    finally:
        await connection.close()
    async with ceiling(captured, copied) as beside:
        await beside.stored_after(0)
    await commit_each(copied, stored[:warm_up], CONNECTIONS)
    each = await commit_each(copied, stored[warm_up:], CONNECTIONS)
    return Row(
        *(
            "capture",
            f"single events, {CONNECTIONS} connections",
            len(latencies.figures) / seconds,
            "events/s",
        ),
        f"INSERT of the same rows of `event` and `flow`, a commit for each event, {CONNECTIONS} connections",
        each,
        at_least(3),
        {"median ms": latencies.median, "p99 ms": latencies.percentile(99)},
    )

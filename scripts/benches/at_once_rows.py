"""How fast documents are captured by two processes of the service for two callers: what all cores do."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from time import perf_counter
from typing import Final

import asyncpg

from scripts.benches import trade
from scripts.benches.ceilings import Ceiling, Stored, ceiling
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size
from scripts.benches.wire import callers, request_bytes
from tests.server import Server

PROCESSES: Final = {Size.SMALL: 1, Size.MEDIUM: 2, Size.LARGE: 2}
CALLERS: Final = 2
#: Rounds that count; documents of a caller in each.
ROUNDS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 8}
DOCUMENTS: Final = 2
#: From each caller's first document to the next one's: their goods have nothing in common.
APART: Final = 5_000


async def documents(bench: Bench, events: int) -> Row:
    """Documents of so many events, by two callers at once; the rows of each round copied right after it, by
    as many connections at once.
    """
    processes = PROCESSES[bench.size]
    rates: list[float] = []
    copied: list[float] = []
    async with AsyncExitStack() as stack:
        captured, fresh = [await stack.enter_async_context(bench.database()) for _ in range(2)]
        service = await stack.enter_async_context(bench.service(captured, SUYUAN_PROCESSES=str(processes)))
        beside = [await stack.enter_async_context(ceiling(captured, fresh))]
        for _ in range(1, CALLERS):
            other = await asyncpg.connect(fresh)
            stack.push_async_callback(other.close)
            beside.append(replace(beside[0], bare=other))
        last = 0
        for number in range(1 + ROUNDS[bench.size]):
            rate = await _captured(service, number, events)
            parts: list[Stored] = []
            for _ in range(CALLERS * DOCUMENTS):
                parts.append(await beside[0].stored_after(last, events))
                last = parts[-1].last_id
            into_own = await _copied(beside, parts)
            if number:
                rates.append(rate)
                copied.append(into_own)
    return Row(
        "capture",
        f"documents of {events:,} events, {CALLERS} callers at once, "
        f"{processes} {'process' if processes == 1 else 'processes'}",
        Sample(tuple(rates)).median,
        "events/s",
        f"COPY of the same rows of `event` and `flow` by {CALLERS} connections at once, a commit for each "
        "document",
        Sample(tuple(copied)).median,
    )


async def _captured(service: Server, number: int, events: int) -> float:
    """One round; events per second. Each document comes on a connection of its own: whichever process is free
    takes it, while two connections that stay may be one process's.
    """

    async def send(requests: Sequence[bytes]) -> None:
        for request in requests:
            async with callers(service.url, 1) as (caller,):
                answer = await caller.ask(request)
                assert answer.status == 202, (answer.status, answer.body[:500])

    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/ld+json"}
    told = [
        [
            request_bytes(
                "POST",
                service.url + "/epcis/capture",
                headers,
                trade.document(caller * APART + number * DOCUMENTS + each, events),
            )
            for each in range(DOCUMENTS)
        ]
        for caller in range(CALLERS)
    ]
    began = perf_counter()
    await asyncio.gather(*map(send, told))
    return CALLERS * DOCUMENTS * events / (perf_counter() - began)


async def _copied(beside: Sequence[Ceiling], parts: Sequence[Stored]) -> float:
    """Copies all parts, each connection some of them; events per second."""

    async def copy(one: Ceiling, some: Sequence[Stored]) -> None:
        for stored in some:
            await one.copy(stored, bare=False)

    began = perf_counter()
    await asyncio.gather(*(copy(one, parts[at :: len(beside)]) for at, one in enumerate(beside)))
    return sum(stored.count for stored in parts) / (perf_counter() - began)

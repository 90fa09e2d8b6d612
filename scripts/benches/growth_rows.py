"""Whether captures become slower as the ledger grows: the same documents, told in turns to a service with few
events and to one with many.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from scripts.benches import trade
from scripts.benches.capture_rows import post, was_captured
from scripts.benches.copies import multiply
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_least
from scripts.benches.wire import callers


@dataclass(frozen=True, slots=True)
class Work:
    """Documents captured, events of each, how many times over their rows are there in the small ledger and in
    the large one, documents told to each first without being counted, and documents counted.
    """

    documents: int
    document_events: int
    few: int
    many: int
    warm_up: int
    counted: int


WORK: Final = {
    Size.SMALL: Work(2, 60, 1, 3, 1, 2),
    Size.MEDIUM: Work(20, trade.DOCUMENT_EVENTS, 5, 50, 4, 20),
    Size.LARGE: Work(20, trade.DOCUMENT_EVENTS, 5, 200, 4, 30),
}


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The row of growth."""
    work = WORK[bench.size]
    async with AsyncExitStack() as stack:
        services = []
        for times in (work.many, work.few):
            dsn = await stack.enter_async_context(bench.database())
            service = await stack.enter_async_context(bench.service(dsn))
            async with callers(service.url, 1) as (caller,):
                for number in range(work.documents):
                    body = trade.document(number, work.document_events)
                    await was_captured(caller, post(service, "/epcis/capture", body), 202)
            await multiply(dsn, times)
            services.append(service)
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(work.documents, work.documents + work.warm_up + work.counted):
            body = trade.document(number, work.document_events)
            for service, told in zip(services, seconds, strict=True):
                # One that waits for the other's turn may be closed for being idle.
                async with callers(service.url, 1) as (caller,):
                    told.append(await was_captured(caller, post(service, "/epcis/capture", body), 202))
    many, few = (
        Sample(tuple(work.document_events / each for each in told[work.warm_up :])) for told in seconds
    )
    stored = work.documents * work.document_events
    yield Row(
        "growth",
        f"documents of {work.document_events:,} events, {stored * work.many:,} being here",
        many.median,
        "events/s",
        f"{stored * work.few:,} being here",
        few.median,
        at_least(0.8),
    )

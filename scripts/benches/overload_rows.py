"""What a service does with more than it can: how much it still answers, how soon, beside one without bounds.

Registered parties are listed with a key: a request that goes all the way, a transaction each. What the
service can do is measured first; then half, once, twice and four times as much comes, for some seconds each.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final
from urllib.parse import urlsplit

from scripts.benches.crowd import Crowd, offer
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size
from scripts.benches.phone import drive
from tests.server import Server

LOADS: Final = {Size.SMALL: (2.0,), Size.MEDIUM: (0.5, 1.0, 2.0, 4.0), Size.LARGE: (0.5, 1.0, 2.0, 4.0)}
SECONDS: Final = {Size.SMALL: 0.5, Size.MEDIUM: 6.0, Size.LARGE: 10.0}
#: Connections by which is measured what can be done: enough to keep the service at work.
CONNECTIONS: Final = 16
UNBOUNDED: Final = {
    "SUYUAN_REQUESTS_AT_ONCE": "0",
    "SUYUAN_SCANS_PER_ADDRESS": "0",
    "SUYUAN_GUESSES_PER_ADDRESS": "0",
}
ALTERNATIVE: Final = "the same service, its bounds off (SUYUAN_REQUESTS_AT_ONCE=0)"


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of overload: accepted requests a second, of a bounded service and of one without bounds."""
    seconds = SECONDS[bench.size]
    async with AsyncExitStack() as stack:
        services = []
        # The smallest run shows that it works; beside what, is for those that say how well.
        for environment in ({}, UNBOUNDED)[: 1 if bench.size is Size.SMALL else 2]:
            dsn = await stack.enter_async_context(bench.database())
            services.append(await stack.enter_async_context(bench.service(dsn, **environment)))
            await _capacity(services[-1], seconds)
        capacity = await _capacity(services[0], seconds)
        for load in LOADS[bench.size]:
            crowds = [await _offer(service, capacity * load, seconds) for service in services]
            yield _row(load, capacity, seconds, *crowds)


def _request(service: Server) -> bytes:
    return (
        f"GET /v1/parties HTTP/1.1\r\nHost: {urlsplit(service.url).netloc}\r\nAccept: */*\r\n"
        f"Authorization: Bearer {service.key}\r\n\r\n"
    ).encode()


async def _capacity(service: Server, seconds: float) -> float:
    """Requests a second that a service answers to callers who wait for each answer."""
    request = _request(service)
    took = await asyncio.to_thread(drive, service.port, CONNECTIONS, seconds, lambda _: request, 0, 200)
    return len(took) / seconds


async def _offer(service: Server, rate: float, seconds: float) -> Crowd:
    request = _request(service)
    return await asyncio.to_thread(offer, service.port, rate, seconds, lambda _: request)


def _row(load: float, capacity: float, seconds: float, crowd: Crowd, other: Crowd | None = None) -> Row:
    return Row(
        "overload",
        f"{load:g} times as many requests as are answered at most ({capacity:.0f}/s)",
        _accepted(crowd, seconds),
        "accepted/s",
        ALTERNATIVE if other else None,
        _accepted(other, seconds) if other else None,
        None,
        _told("", crowd) | (_told(", bounds off", other) if other else {}),
    )


def _accepted(crowd: Crowd, seconds: float) -> float:
    """A second, until the last answer: what is answered late has taken longer."""
    return len(crowd.seconds) / max(crowd.took, seconds)


def _told(whose: str, crowd: Crowd) -> dict[str, float]:
    latencies = Sample(tuple(1000 * each for each in crowd.seconds or [0.0]))
    return {
        f"median ms{whose}": latencies.median,
        f"p99 ms{whose}": latencies.percentile(99),
        f"share refused{whose}": crowd.refused,
        f"unanswered{whose}": crowd.unanswered,
    }

"""How fast serial numbers are registered through HTTP, against the same rows copied, no more."""

from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Final

import asyncpg
import msgspec

from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_least
from scripts.benches.wire import Answer, callers, request_bytes
from tests.server import Server

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

#: Serials of one call, and how often each kind of call is measured.
SERIALS: Final = {Size.SMALL: 2_000, Size.MEDIUM: 200_000, Size.LARGE: 1_000_000}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 3}
GTIN: Final = "06901234567892"
COLUMNS: Final = ("uri", "batch_id", "registered_batch_id", "registration_id")
ROWS: Final = f"SELECT {', '.join(COLUMNS)} FROM unit WHERE registration_id = $1 ORDER BY id"
CODES: Final = """
SELECT code, batch_id, unit_id, level, registration_id FROM drug_code WHERE registration_id = $1 ORDER BY code
"""
KINDS: Final = ("drawn", "in a range", "in a list, shuffled", "drug codes")


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of serial."""
    async with (
        bench.database() as registered,
        bench.database() as copied,
        bench.service(registered) as service,
    ):
        connections = [await asyncpg.connect(dsn) for dsn in (registered, copied)]
        try:
            batch = await _batch(service)
            # The first call of each kind makes connections and plans.
            for kind in range(len(KINDS)):
                await _register(service, batch, kind, 100, kind)
            for kind, name in enumerate(KINDS):
                yield await _row(service, batch, (kind, name), bench.size, *connections)
        finally:
            for connection in connections:
                await connection.close()


async def _batch(service: Server) -> int:
    for noun, body in (
        ("products", {"gtin": GTIN, "name_en": "Tablets", "category": "medicine"}),
        ("batches", {"gtin": GTIN, "lot": "L1", "made_on": "2026-03-01"}),
    ):
        request = _post(service, f"/v1/{noun}", msgspec.json.encode(body), "application/json")
        answer = await _ask(request, service)
        assert answer.status == 201, answer.body
    made: int = msgspec.json.decode(answer.body)["id"]
    return made


async def _ask(request: bytes, service: Server) -> Answer:
    """On a connection of its own: the service closes one that is idle while rows are copied."""
    async with callers(service.url, 1) as (caller,):
        return await caller.ask(request)


def _post(service: Server, path: str, body: bytes, media: str) -> bytes:
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": media}
    return request_bytes("POST", service.url + path, headers, body)


def _body(kind: int, count: int, number: int) -> tuple[bytes, str]:
    """What registers so many serials by a call of this number, and its media type."""
    if kind == 0:
        return msgspec.json.encode({"allot": count}), "application/json"
    if kind == 1:
        told = {"prefix": f"R{number}-", "first": f"{0:07d}", "last": f"{count - 1:07d}"}
        return msgspec.json.encode(told), "application/json"
    # 7919 is prime to all counts: every serial once, far from the one before.
    places = (each * 7_919 % count for each in range(count))
    if kind == 2:
        return "".join(f"S{number}-{place:07d}\n" for place in places).encode(), "text/plain"
    return "".join(f"81{number:08d}{place:010d}\n" for place in places).encode(), "text/plain"


async def _register(service: Server, batch: int, kind: int, count: int, number: int) -> tuple[float, int]:
    """Seconds of one call; the id of its registration."""
    path = f"/v1/batches/{batch}/{'drug-codes' if kind == 3 else 'serials'}"
    request = _post(service, path, *_body(kind, count, number))
    began = perf_counter()
    answer = await _ask(request, service)
    seconds = perf_counter() - began
    assert answer.status == 201, (answer.status, answer.body[:500])
    told = msgspec.json.decode(answer.body)
    assert told["registered"] == count, told
    return seconds, told["id"]


async def _copy(source: Connection, target: Connection, registration: int, *, codes: bool) -> float:
    """Seconds for the same rows, written by COPY in one transaction to tables that are as full."""
    parts: list[tuple[str, str, Sequence[str] | None]] = [("unit", ROWS, COLUMNS)]
    parts += [("drug_code", CODES, None)] if codes else []
    held: list[tuple[str, Sequence[str] | None, bytes]] = []
    for table, query, columns in parts:
        output = BytesIO()
        await source.copy_from_query(query, registration, output=output, format="binary")
        held.append((table, columns, output.getvalue()))
    began = perf_counter()
    async with target.transaction():
        for table, columns, told in held:
            await target.copy_to_table(table, source=BytesIO(told), columns=columns, format="binary")
    return perf_counter() - began


async def _row(
    service: Server,
    batch: int,
    kind: tuple[int, str],
    size: Size,
    source: Connection,
    target: Connection,
) -> Row:
    count, number = SERIALS[size], kind[0]
    own, bare = [], []
    for repeat in range(REPEATS[size]):
        seconds, registration = await _register(service, batch, number, count, 100 + repeat)
        own.append(count / seconds)
        bare.append(count / await _copy(source, target, registration, codes=number == 3))
    figure = Sample(tuple(own)).median
    return Row(
        "serial",
        f"{count:,} serial numbers in one call, {kind[1]}",
        figure,
        "serials/s",
        "COPY of the same rows into the same tables, sorted, indexes and constraints kept",
        Sample(tuple(bare)).median,
        at_least(0.5),
        {"seconds of the call": count / figure},
    )

"""How many codes a second are answered over HTTP, against what PostgreSQL can select at most."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg
import msgspec

from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size, at_least
from scripts.benches.phone import Phone, phones
from scripts.benches.wire import callers, request_bytes
from service.db.binaries import carried
from service.db.transaction import create_engine, transaction
from service.registry.ensure import NewBatch, ensure_batches
from tests.server import Server

GTIN: Final = "06901234567892"
UNITS: Final = {Size.SMALL: 5_000, Size.MEDIUM: 1_000_000, Size.LARGE: 10_000_000}
#: Seconds for which each kind of request, and the ceiling, is measured, in turns.
SECONDS: Final = {Size.SMALL: 0.5, Size.MEDIUM: 5.0, Size.LARGE: 10.0}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 3}
CONNECTIONS: Final = 32
UNITS_OF_A_LOT: Final = 10_000
#: Of the cached scans, nine of ten are of so many codes.
HOT_CODES: Final = 100
#: Units written by one statement.
WRITTEN_AT_ONCE: Final = 1_000_000

MAKE_UNITS: Final = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT 'https://id.gs1.org/01/' || $1 || '/21/S' || lpad(number::text, 8, '0'), batch.id, batch.id, 1
FROM generate_series($2::int, $3::int) AS number
JOIN batch ON batch.uri = 'https://id.gs1.org/01/' || $1 || '/10/L' || number / $4::int
ORDER BY number
"""
SELECT_ONLY: Final = r"\set id random(1, {units})" + "\nSELECT id, batch_id FROM unit WHERE id = :id;\n"
TPS: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection


@dataclass(frozen=True, slots=True)
class Scan:
    """One kind of request. `path`: of the scan of this number, among so many units."""

    what: str
    target: float
    status: int
    accept: str
    path: Callable[[int, int], str]


def _code(number: int) -> str:
    return f"/01/{GTIN}/10/L{number // UNITS_OF_A_LOT}/21/S{number:08d}"


def _any(number: int, units: int) -> str:
    """Units far from one another; none comes again soon."""
    return _code(number * 7_919 * 104_729 % units)


def _mostly_hot(number: int, units: int) -> str:
    return _any(number, units) if number % 10 == 0 else _code(number % HOT_CODES)


SCANS: Final = (
    Scan("status, every code another", 0.4, 200, "*/*", lambda n, of: f"/v1/recall-status{_any(n, of)}"),
    Scan(
        f"status, 9 of 10 scans of {HOT_CODES} codes",
        *(0.85, 200, "*/*"),
        lambda n, of: f"/v1/recall-status{_mostly_hot(n, of)}",
    ),
    Scan("page, every code another", 0.4, 200, "text/html", lambda n, of: f"/p{_any(n, of)}"),
    Scan("redirect of the printed link, every code another", 0.4, 307, "text/html", _any),
)


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of scan."""
    units = UNITS[bench.size]
    async with (
        bench.database() as dsn,
        bench.service(dsn) as service,
    ):
        await _make_product(service)
        await _fill(dsn, units)
        for scan in SCANS:
            yield await _row(service, scan, dsn, bench.size)


async def _make_product(service: Server) -> None:
    body = {"gtin": GTIN, "name_zh": "阿莫西林胶囊", "name_en": "Amoxicillin", "category": "medicine"}
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "application/json"}
    told = msgspec.json.encode(body)
    async with callers(service.url, 1) as (caller,):
        answer = await caller.ask(request_bytes("POST", f"{service.url}/v1/products", headers, told))
    assert answer.status == 201, answer.body


async def _fill(dsn: str, units: int) -> None:
    engine = create_engine(dsn, pool_size=1)
    product = f"https://id.gs1.org/01/{GTIN}"
    lots = [f"L{number}" for number in range(units // UNITS_OF_A_LOT + 1)]
    async with transaction(engine) as tx:
        await ensure_batches(
            tx, [NewBatch(f"{product}/10/{lot}", product, lot, of_one=False) for lot in lots]
        )
    await engine.dispose()
    connection = await asyncpg.connect(dsn)
    try:
        for first in range(0, units, WRITTEN_AT_ONCE):
            last = min(units, first + WRITTEN_AT_ONCE) - 1
            await connection.execute(MAKE_UNITS, GTIN, first, last, UNITS_OF_A_LOT)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _row(service: Server, scan: Scan, dsn: str, size: Size) -> Row:
    units, seconds = UNITS[size], SECONDS[size]
    rates: list[float] = []
    ceilings: list[float] = []
    pythons: list[float] = []
    times: list[float] = []
    begun = 0
    for round_number in range(REPEATS[size] + 1):
        ceiling = await _select_only(dsn, units, seconds)
        python = await _select_in_python(dsn, units, seconds)
        took = await _scan(service, scan, units, seconds, begun)
        begun += len(took)
        if round_number:  # the first one warms up
            ceilings.append(ceiling)
            pythons.append(python)
            rates.append(len(took) / seconds)
            times += took
    latencies = Sample(tuple(1000 * each for each in times))
    return Row(
        "scan",
        f"{scan.what}; {units:,} units, {CONNECTIONS} connections",
        Sample(tuple(rates)).median,
        "scans/s",
        f"pgbench: SELECT of a unit by its id, prepared, {CONNECTIONS} connections",
        Sample(tuple(ceilings)).median,
        at_least(scan.target),
        {
            "median ms": latencies.median,
            "p99 ms": latencies.percentile(99),
            "the same SELECT by asyncpg in one process": Sample(tuple(pythons)).median,
        },
    )


async def _scan(service: Server, scan: Scan, units: int, seconds: float, begun: int) -> list[float]:
    """Seconds of each scan, for so many seconds. `begun`: how many were made before."""
    times: list[float] = []
    # New ones each time: the service closes what is idle while the ceiling is measured.
    opened = await phones("127.0.0.1", service.port, CONNECTIONS)
    until = perf_counter() + seconds

    host = urlsplit(service.url).netloc
    head = f" HTTP/1.1\r\nHost: {host}\r\nAccept: {scan.accept}\r\n\r\n"

    async def work(phone: Phone, number: int) -> None:
        while (began := perf_counter()) < until:
            path = scan.path(number, units)
            answer = await phone.ask(f"GET {path}{head}".encode())
            assert int(answer[9:12]) == scan.status, (path, answer[:500])
            times.append(perf_counter() - began)
            number += len(opened)

    await asyncio.gather(*(work(phone, begun + place) for place, phone in enumerate(opened)))
    for phone in opened:
        phone.hang_up()
    return times


async def _select_only(dsn: str, units: int, seconds: float) -> float:
    """Transactions a second of pgbench, from the same programs as the embedded PostgreSQL."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SELECT_ONLY.format(units=units))
        script.flush()
        process = await asyncio.create_subprocess_exec(
            carried().bin / "pgbench",
            *("--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=2"),
            *(f"--time={max(1, round(seconds))}", f"--file={Path(script.name)}", dsn),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
    found = TPS.search(output.decode())
    assert found is not None, errors.decode()
    return float(found[1])


async def _select_in_python(dsn: str, units: int, seconds: float) -> float:
    """Statements a second of as many connections of one Python process: what a client in Python gets."""
    opened = [await asyncpg.connect(dsn) for _ in range(CONNECTIONS)]
    done, until = 0, perf_counter() + seconds

    async def work(connection: Connection, number: int) -> None:
        nonlocal done
        select = await connection.prepare("SELECT id, batch_id FROM unit WHERE id = $1")
        while perf_counter() < until:
            await select.fetchrow(1 + number * 7_919 % units)
            number += CONNECTIONS
            done += 1

    await asyncio.gather(*(work(connection, place) for place, connection in enumerate(opened)))
    for connection in opened:
        await connection.close()
    return done / seconds

"""How many codes a second are answered over HTTP, against what PostgreSQL can select at most."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from scripts.benches.databases import Bench, Connection
from scripts.benches.measuring import Row, Sample, Size, at_least
from scripts.benches.phone import drive
from scripts.benches.work import Work, work_until_now
from service.db.binaries import carried
from tests.server import Server

GTIN: Final = "06901234567892"
UNITS: Final = {Size.SMALL: 5_000, Size.MEDIUM: 1_000_000, Size.LARGE: 10_000_000}
#: Seconds for which each kind of request, and the ceiling, is measured, in turns.
SECONDS: Final = {Size.SMALL: 0.2, Size.MEDIUM: 5.0, Size.LARGE: 5.0}
REPEATS: Final = {Size.SMALL: 1, Size.MEDIUM: 3, Size.LARGE: 5}
#: Processes of the service.
PROCESSES: Final = {Size.SMALL: (1,), Size.MEDIUM: (1, 2), Size.LARGE: (1, 2)}
CONNECTIONS: Final = 32
UNITS_OF_A_LOT: Final = 10_000
#: Of the cached scans, nine of ten are of so many codes.
HOT_CODES: Final = 100
#: Units written by one statement.
WRITTEN_AT_ONCE: Final = 1_000_000
#: In which the page of one more lot is made.
LOT_SECONDS: Final = 0.03
#: Until PostgreSQL has counted what connections that have ended worked.
REAPED_SECONDS: Final = 0.2
PHONE: Final = "Mozilla/5.0 (Linux; Android 14) Mobile"

MAKE_UNITS: Final = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT 'https://id.gs1.org/01/' || $1 || '/21/S' || lpad(number::text, 8, '0'), batch.id, batch.id, 1
FROM generate_series($2::int, $3::int) AS number
JOIN batch ON batch.uri = 'https://id.gs1.org/01/' || $1 || '/10/L' || number / $4::int
ORDER BY number
"""
SELECT_ONLY: Final = r"\set id random(1, {units})" + "\nSELECT id, batch_id FROM unit WHERE id = :id;\n"
TPS: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
PROCESSED: Final = re.compile(r"actually processed: (\d+)")
MAKE_PRODUCT: Final = """
INSERT INTO product (uri, gtin, category, name_zh, name_en, source, created_at, updated_at)
VALUES ($1, $2, 'medicine', '阿莫西林胶囊', 'Amoxicillin', 'registered', now(), now())
"""
MAKE_LOTS: Final = """
INSERT INTO batch (uri, product_id, lot, of_one, source, created_at, updated_at)
SELECT product.uri || '/10/L' || number, product.id, 'L' || number, false, 'registered', now(), now()
FROM product, generate_series(0, $1::int) AS number
"""


@dataclass(frozen=True, slots=True)
class Scan:
    """One kind of request. `path`: of the scan of this number, among so many units."""

    what: str
    target: float
    status: int
    path: Callable[[int, int], str]
    headers: str = "Accept: text/html"


def _code(number: int) -> str:
    return f"/01/{GTIN}/10/L{number // UNITS_OF_A_LOT}/21/S{number:08d}"


def _any(number: int, units: int) -> str:
    """Units far from one another; none comes again soon."""
    return _code(number * 7_919 * 104_729 % units)


def _mostly_hot(number: int, units: int) -> str:
    return _any(number, units) if number % 10 == 0 else _code(number % HOT_CODES)


SCANS: Final = (
    Scan(
        "status, every code another",
        *(0.4, 200, lambda n, of: f"/v1/recall-status{_any(n, of)}", "Accept: */*"),
    ),
    Scan(
        f"status, 9 of 10 scans of {HOT_CODES} codes",
        *(0.85, 200, lambda n, of: f"/v1/recall-status{_mostly_hot(n, of)}", "Accept: */*"),
    ),
    Scan("page, every code another", 0.4, 200, lambda n, of: f"/p{_any(n, of)}"),
    Scan(
        "page, every code another, each look counted",
        *(0.4, 200, lambda n, of: f"/p{_any(n, of)}", f"Accept: text/html\r\nUser-Agent: {PHONE}"),
    ),
    Scan("redirect of the printed link, every code another", 0.4, 307, _any),
)


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of scan."""
    units = UNITS[bench.size]
    async with bench.written(f"units_{units}", partial(_fill, units=units)) as (dsn, _, _):
        for processes in PROCESSES[bench.size]:
            async with bench.service(dsn, SUYUAN_PROCESSES=str(processes)) as service:
                measured = _Measured(service, dsn, units, SECONDS[bench.size], REPEATS[bench.size])
                await measured.look_at_lots()
                for scan in SCANS:
                    yield await measured.row(scan, processes)


async def _fill(connection: Connection, *, units: int) -> int:
    await connection.execute(MAKE_PRODUCT, f"https://id.gs1.org/01/{GTIN}", GTIN)
    await connection.execute(MAKE_LOTS, units // UNITS_OF_A_LOT)
    for first in range(0, units, WRITTEN_AT_ONCE):
        last = min(units, first + WRITTEN_AT_ONCE) - 1
        await connection.execute(MAKE_UNITS, GTIN, first, last, UNITS_OF_A_LOT)
    await connection.execute("VACUUM ANALYZE")
    return units


@dataclass(slots=True)
class _Measured:
    """Rows of one service. `seconds`: of each measurement; `begun`: scans made before."""

    service: Server
    dsn: str
    units: int
    seconds: float
    repeats: int
    begun: int = 0

    async def look_at_lots(self) -> None:
        """One page of every lot and more: what the pages of a lot have in common is made once a minute."""
        lots = self.units // UNITS_OF_A_LOT + 1
        tail = f" HTTP/1.1\r\nHost: {urlsplit(self.service.url).netloc}\r\nAccept: text/html\r\n\r\n"

        def request(number: int) -> bytes:
            return f"GET /p{_code(number % lots * UNITS_OF_A_LOT % self.units)}{tail}".encode()

        await asyncio.to_thread(drive, self.service.port, CONNECTIONS, lots * LOT_SECONDS, request, 0, 200)

    async def row(self, scan: Scan, processes: int) -> Row:
        """Scans and the ceiling in turns."""
        rates: list[float] = []
        ceilings: list[float] = []
        times: list[float] = []
        scanning, selecting = Work(), Work()
        for round_number in range(self.repeats + 1):
            ceiling, work = await self._select_only()
            took, worked = await self._scan(scan)
            if round_number:  # the first one warms up
                ceilings.append(ceiling)
                rates.append(len(took) / self.seconds)
                times += took
                selecting += work / self.repeats
                scanning += worked / self.repeats
        latencies = Sample(tuple(1000 * each for each in times))
        what = f"{scan.what}; {self.units:,} units, {CONNECTIONS} connections"
        return Row(
            "scan",
            f"{what}, {processes} {'process' if processes == 1 else 'processes'}",
            Sample(tuple(rates)).median,
            "scans/s",
            f"pgbench: SELECT of a unit by its id, prepared, {CONNECTIONS} connections",
            Sample(tuple(ceilings)).median,
            at_least(scan.target),
            {
                "median ms": latencies.median,
                "p99 ms": latencies.percentile(99),
                "processor us a scan: service": scanning.service,
                "processor us a scan: PostgreSQL": scanning.postgres,
                "processor us a scan: caller": scanning.caller,
                "processor us a select: all": selecting.total,
                "ratio of processor time": selecting.total / scanning.total if scanning.total else 0.0,
            },
        )

    async def _scan(self, scan: Scan) -> tuple[list[float], Work]:
        """Seconds of each scan, and the work done for one."""
        tail = f" HTTP/1.1\r\nHost: {urlsplit(self.service.url).netloc}\r\n{scan.headers}\r\n\r\n"

        def request(number: int) -> bytes:
            return f"GET {scan.path(number, self.units)}{tail}".encode()

        pid = self.service.pid
        before = work_until_now(pid)
        took = await asyncio.to_thread(
            drive, self.service.port, CONNECTIONS, self.seconds, request, self.begun, scan.status
        )
        self.begun += len(took) + CONNECTIONS
        return took, (work_until_now(pid) - before) / len(took)

    async def _select_only(self) -> tuple[float, Work]:
        """Transactions a second of pgbench, from the same programs as the embedded PostgreSQL."""
        before = work_until_now(None)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(SELECT_ONLY.format(units=self.units))
            script.flush()
            process = await asyncio.create_subprocess_exec(
                carried().bin / "pgbench",
                *("--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=2"),
                *(f"--time={max(1, round(self.seconds))}", f"--file={Path(script.name)}", self.dsn),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            output, errors = await process.communicate()
        found, count = TPS.search(output.decode()), PROCESSED.search(output.decode())
        assert found is not None, errors.decode()
        assert count is not None, errors.decode()
        await asyncio.sleep(REAPED_SECONDS)
        return float(found[1]), (work_until_now(None) - before) / int(count[1])

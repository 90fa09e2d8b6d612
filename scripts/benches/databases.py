"""Where a run works: fresh databases with the service's schema, the service as a process on one of them."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from scripts.benches.measuring import Size
from service.db.embedded import EmbeddedPostgres
from service.db.migrate import known_revisions, upgrade
from tests.server import Server

TEMPLATE = "suyuan_bench_template"
#: The smallest run shows that everything works, not how fast: it need not wait for the disk.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
WRITTEN = """
SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1
"""

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection


class Written(NamedTuple):
    """A database with rows in it: how many, and the seconds that took; None if they were there already."""

    dsn: str
    rows: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: its size and its PostgreSQL, with the settings the service itself would give it (so a commit
    waits for the disk, but for the smallest size), and a migrated template.
    """

    size: Size
    dsn: str
    #: Whether what is asked for by name (`written`) stays for the next run.
    kept: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The DSN of a fresh, migrated database; dropped on leaving."""
        name = f"suyuan_bench_{next(self.numbers)}"
        await execute(self.dsn, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        try:
            yield on_database(self.dsn, name)
        finally:
            await execute(self.dsn, f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def written(
        self, what: str, write: Callable[[Connection], Awaitable[int]]
    ) -> AsyncIterator["Written"]:
        """A database that `write` has written, now or in an earlier run whose PostgreSQL was kept."""
        name = f"suyuan_bench_{what}_{known_revisions()[0]}"
        dsn = on_database(self.dsn, name)
        rows, seconds = await _find_written(self.dsn, name), None
        try:
            if rows is None:
                await execute(self.dsn, f"DROP DATABASE IF EXISTS {name}")
                await execute(self.dsn, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
                began = perf_counter()
                rows = await _write(dsn, write)
                seconds = perf_counter() - began
                # Last, so that what was broken off is written anew.
                await execute(self.dsn, f"COMMENT ON DATABASE {name} IS '{rows}'")
            # The service that is started on it next prints its first key.
            await execute(dsn, "DELETE FROM api_key")
            yield Written(dsn, rows, seconds)
        finally:
            if not self.kept:
                await execute(self.dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @asynccontextmanager
    async def service(self, dsn: str, **environment: str) -> AsyncIterator[Server]:
        """The real service (`url`, `key`) as a process on a database that no service has started on yet."""
        place = Path(tempfile.mkdtemp(prefix="suyuan-bench-"))
        server = Server(place)
        try:
            yield await asyncio.to_thread(server.start, DATABASE_URL=dsn, **environment)
        finally:
            await asyncio.to_thread(server.end)
            shutil.rmtree(place, ignore_errors=True)


async def _find_written(dsn: str, name: str) -> int | None:
    """How many rows an earlier run has written to this database; None if it is not there, or not whole."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetchval(WRITTEN, name)
        return None if rows is None else int(rows)
    finally:
        await connection.close()


async def _write(dsn: str, write: Callable[[Connection], Awaitable[int]]) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return await write(connection)
    finally:
        await connection.close()


@contextmanager
def prepared(size: Size, database_url: str | None, keep: Path | None = None) -> Iterator[Bench]:
    """A run on the server of `database_url`, or on a PostgreSQL of its own: in `keep`, where it stays for the
    next run, or a throw-away one.
    """
    if database_url:
        dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        with _template(dsn):
            yield Bench(size, dsn)
        return
    place = keep or Path(tempfile.mkdtemp(prefix="suyuan-bench-"))
    try:
        settings = HASTY if size is Size.SMALL else {}
        with EmbeddedPostgres(place, settings, say=lambda _line: None) as dsn, _template(dsn):
            yield Bench(size, dsn, keep is not None)
    finally:
        if keep is None:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _template(dsn: str) -> Iterator[None]:
    asyncio.run(execute(dsn, f"DROP DATABASE IF EXISTS {TEMPLATE}"))
    asyncio.run(execute(dsn, f"CREATE DATABASE {TEMPLATE}"))
    try:
        upgrade(on_database(dsn, TEMPLATE))
        yield
    finally:
        asyncio.run(execute(dsn, f"DROP DATABASE {TEMPLATE} WITH (FORCE)"))


def on_database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    head, _, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


async def execute(dsn: str, statement: str) -> None:
    """One statement on a connection of its own (CREATE DATABASE wants no transaction)."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def server_version(dsn: str) -> str:
    """Such as `18.4`."""
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()

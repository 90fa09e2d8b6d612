"""Where a run works: fresh databases with the service's schema, the service as a process on one of them."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from scripts.benches.measuring import Size
from service.db.embedded import EmbeddedPostgres
from service.db.migrate import upgrade
from tests.server import Server

TEMPLATE = "suyuan_bench_template"
#: The smallest run shows that everything works, not how fast: it need not wait for the disk.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: its size and its PostgreSQL, with the settings the service itself would give it (so a commit
    waits for the disk, but for the smallest size), and a migrated template.
    """

    size: Size
    dsn: str
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
    async def service(self, dsn: str, **environment: str) -> AsyncIterator[Server]:
        """The real service (`url`, `key`) as a process on a database that no service has started on yet."""
        place = Path(tempfile.mkdtemp(prefix="suyuan-bench-"))
        server = Server(place)
        try:
            yield await asyncio.to_thread(server.start, DATABASE_URL=dsn, **environment)
        finally:
            await asyncio.to_thread(server.end)
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def prepared(size: Size, database_url: str | None) -> Iterator[Bench]:
    """A run on the server of `database_url`, or on a throw-away PostgreSQL."""
    if database_url:
        dsn = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        with _template(dsn):
            yield Bench(size, dsn)
        return
    place = Path(tempfile.mkdtemp(prefix="suyuan-bench-"))
    try:
        settings = HASTY if size is Size.SMALL else {}
        with EmbeddedPostgres(place, settings, say=lambda _line: None) as dsn, _template(dsn):
            yield Bench(size, dsn)
    finally:
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

"""One PostgreSQL for the whole run, migrated once; a test takes a transaction of it, or a database.

`tx`        a transaction that is rolled back (2 ms): most store tests
`database`  the DSN of a fresh database, a clone of the migrated template (40 ms): commits, concurrency
`own_database`  the same for all tests of a file
`engine`    an engine on `database`, in the service's role; `owner_engine` as the owner of its tables
`client`    HTTP on the application over `database`, with an admin key
`server`    the real `suyuan-service` as a process of its own (1-2 s): crashes, signals
"""

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.embedded import EmbeddedPostgres
from service.db.migrate import upgrade
from service.db.service_role import as_service
from service.db.transaction import Transaction, create_engine, transaction
from tests.server import Server

# How long an example takes never decides a test: the machine may be busy.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")

#: Subscribers and webhooks of tests listen on the loopback.
os.environ.setdefault("SUYUAN_DELIVERY_PRIVATE", "true")

#: `SUYUAN_IN_PART=6 scripts/test tests/store` projects in part whatever can be, however small: parts of so
#: many postings at most.
IN_PART = os.environ.get("SUYUAN_IN_PART")

#: `SUYUAN_GRAPHS=100 scripts/test tests/rules/test_trace_passes.py tests/store/test_trace_walk.py` holds
#: traces against the plain rule on so many times as many drawn graphs.
GRAPHS = int(os.environ.get("SUYUAN_GRAPHS", "1"))

# In the background (nohup, &) tests do not hear that a terminal is gone or wants them to end, and what they
# start would not either: what is ignored is inherited, what is handled is not.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda _number, _frame: None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

TEMPLATE = "suyuan_template"
#: Nothing here outlives the run, so nothing is written through to the disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}
NUMBERS = itertools.count(1)


def on_database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    head, _, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


async def execute(dsn: str, statement: str) -> None:
    """One statement on a connection of its own (CREATE DATABASE wants no transaction)."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The DSN of the run's PostgreSQL, its template database migrated by the real revisions."""
    place = Path(tempfile.mkdtemp(prefix="suyuan-tests-"))
    try:
        with EmbeddedPostgres(place, FAST, say=lambda _line: None) as dsn:
            asyncio.run(execute(dsn, f"CREATE DATABASE {TEMPLATE}"))
            upgrade(on_database(dsn, TEMPLATE))
            yield dsn
    finally:
        shutil.rmtree(place, ignore_errors=True)


@asynccontextmanager
async def fresh_database(cluster: str) -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database, which goes at the end."""
    name = f"test_{next(NUMBERS)}"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield on_database(cluster, name)
    finally:
        await execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(cluster: str) -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database."""
    async with fresh_database(cluster) as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def own_database(cluster: str) -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database for the tests of one file."""
    async with fresh_database(cluster) as dsn:
        yield dsn


@pytest.fixture
async def engine(database: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a fresh database, in the service's role."""
    made = create_engine(as_service(database))
    yield made
    await made.dispose()


@pytest.fixture
async def owner_engine(database: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a fresh database, as the owner of its tables."""
    made = create_engine(database)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
async def shared_engine(cluster: str) -> AsyncIterator[AsyncEngine]:
    """An engine on the one database whose tests all roll back."""
    await execute(cluster, f"CREATE DATABASE test_shared TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    made = create_engine(as_service(on_database(cluster, "test_shared")))
    yield made
    await made.dispose()


@pytest.fixture(autouse=bool(IN_PART))
def in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of any size are projected in part."""
    from service.ledger import awaiting, partial_reading, project  # here: pure rules need no service
    from service.settings import Settings

    monkeypatch.setattr(awaiting, "settings", lambda: Settings(project_in_part=True))
    monkeypatch.setattr(project, "LARGE", 0)
    monkeypatch.setattr(partial_reading, "MOST_POSTINGS", int(IN_PART or 6))


class RollBack(Exception):
    """Raised to leave a transaction without committing it."""


@pytest.fixture
async def tx(shared_engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """A transaction that is rolled back."""
    with suppress(RollBack):
        async with transaction(shared_engine) as opened:
            yield opened
            raise RollBack


@pytest.fixture
async def admin_key(database: str) -> str:
    """An admin API key of the fresh database."""
    from service.auth.tokens import issue_first_key  # here: tests of pure rules need no service

    key = await issue_first_key(database)
    assert key is not None
    return key


@pytest.fixture
async def client(engine: AsyncEngine, admin_key: str) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP on the application, its lifespan run, with an admin key on every request."""
    from tests.application import application

    app = application(engine)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://testserver",
            headers={"Authorization": f"Bearer {admin_key}"},
        ) as opened,
    ):
        yield opened


@pytest.fixture
def server() -> Iterator[Server]:
    """A `suyuan-service` on a data directory of its own; the test starts it (`server.start()`)."""
    place = Path(tempfile.mkdtemp(prefix="suyuan-tests-"))
    made = Server(place)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(place, ignore_errors=True)

"""When the database cannot answer, in whatever way, the page says in time that nothing was checked."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import create_engine
from service.scan import patience
from tests.api.registering import TEA, register_batch, register_product
from tests.api.test_consumer_page import heading, open_page
from tests.application import application
from tests.owning import owning
from tests.server import Server

PATH = f"/01/{TEA}/10/L1"
#: Every address at which a code is answered.
ADDRESSES = (PATH, f"/p{PATH}", f"/v1/recall-status{PATH}")
#: A test that waits longer has hung; no measure of speed.
HUNG_SECONDS = 60
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@asynccontextmanager
async def consumer(engine: AsyncEngine, *, held: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A consumer of the application on this engine. `held`: whether codes have connections of their own."""
    app = application(engine)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        if not held:
            del app.state.held
        yield client


async def is_not_checked(client: httpx.AsyncClient) -> None:
    """Every address says so, as a page and as data."""
    for language, words in (("en", "Not checked"), ("zh", "未能核验")):
        assert heading(await open_page(client, f"/p{PATH}?lang={language}", 503)) == words
    for address in ADDRESSES:
        answer = await client.get(address, headers={"Accept": "application/json"})
        assert answer.status_code == 503, address
        assert answer.headers["retry-after"]
        assert "no_recall_known" not in answer.text
        told = answer.json()
        assert told.get("recall_status", told["status"]) == "not_checked"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long in a test."""
    monkeypatch.setattr(patience, "ANSWER_SECONDS", 0.3)


async def test_a_server_that_takes_the_call_and_never_speaks(impatient: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = create_engine(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        async with asyncio.timeout(HUNG_SECONDS), consumer(engine) as client:
            await is_not_checked(client)
        await engine.dispose()


async def test_a_table_that_somebody_holds_locked(
    client: httpx.AsyncClient, engine: AsyncEngine, impatient: None
) -> None:
    await register_product(client)
    await register_batch(client, expires_on="2199-01-01")
    async with asyncio.timeout(HUNG_SECONDS):
        async with owning(engine) as tx:
            await tx.sql.execute("LOCK TABLE recall_batch IN ACCESS EXCLUSIVE MODE")
            await is_not_checked(client)
        assert heading(await open_page(client, f"/p{PATH}")) == "No recall known"


async def test_a_pool_without_a_free_connection(
    client: httpx.AsyncClient, database: str, impatient: None
) -> None:
    await register_product(client)
    await register_batch(client, expires_on="2199-01-01")
    engine = create_engine(database, pool_size=2)
    async with asyncio.timeout(HUNG_SECONDS), consumer(engine) as consuming:
        async with engine.connect(), engine.connect():
            # A code of which nothing special is on record is answered all the same.
            told = (await consuming.get(f"/v1/recall-status{PATH}")).json()
            assert told["status"] == "no_recall_known"
        assert heading(await open_page(consuming, f"/p{PATH}")) == "No recall known"
    async with asyncio.timeout(HUNG_SECONDS), consumer(engine, held=False) as consuming:
        async with engine.connect(), engine.connect():
            await is_not_checked(consuming)
        assert heading(await open_page(consuming, f"/p{PATH}")) == "No recall known"
    await engine.dispose()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are found by /proc")
async def test_a_postgresql_that_is_frozen_and_then_killed_under_the_service(server: Server) -> None:
    server.start()
    admin = {"Authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(base_url=server.url, timeout=HUNG_SECONDS) as client:
        client.headers.update(admin)
        await register_product(client)
        await register_batch(client, expires_on="2199-01-01")
        assert heading(await open_page(client, f"/p{PATH}")) == "No recall known"
        postmaster = postmaster_of(server.data_dir)
        signal_all(family_of(postmaster), signal.SIGSTOP)
        try:
            assert heading(await open_page(client, f"/p{PATH}", 503)) == "Not checked"
        finally:
            signal_all(family_of(postmaster), signal.SIGCONT)
        assert heading(await open_page(client, f"/p{PATH}")) == "No recall known"
        signal_all(family_of(postmaster), signal.SIGKILL)
        told = "Not checked"
        async with asyncio.timeout(HUNG_SECONDS):
            while told == "Not checked":
                again = await client.get(f"/p{PATH}", headers=BROWSER)
                told = heading(again.text)
                assert again.status_code == (503 if told == "Not checked" else 200)
        assert told == "No recall known"
        assert postmaster_of(server.data_dir) != postmaster


def postmaster_of(data_dir: Path) -> int:
    """The process id of this data directory's server."""
    (found,) = data_dir.rglob("postmaster.pid")
    return int(found.read_text().split("\n")[0])


def family_of(postmaster: int) -> list[int]:
    """The server and its backends."""
    ours = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            if f"\nPPid:\t{postmaster}\n" in status.read_text():
                ours.append(int(status.parent.name))
    return [postmaster, *ours]


def signal_all(processes: list[int], order: signal.Signals) -> None:
    """Signal each that is still there."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, order)

"""Scans and traces from a real streaming standby: how old they are is told, and is never beyond the bound."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db import replica as replicas
from service.db.embedded import EmbeddedPostgres
from service.db.party_role import ensure_roles
from service.db.replica import Replica
from service.db.service_role import as_service
from service.db.transaction import create_engine, transaction
from service.errors import Unavailable
from service.web.reading import AS_OF, POSITION
from suyuan import AsyncSuyuan
from tests.api.recalling import recall
from tests.api.registering import TEA, refused, register, register_batch, register_product
from tests.application import application
from tests.conftest import execute, on_database
from tests.standby import fetch, standby_of, wait_until_replayed
from tests.world import capture, commission, document, gln, ship, uri

BOUND = 5.0
LOT = f"/01/{TEA}/10/L1"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


class Clock:
    """A clock that goes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """The application on a primary and its standby; `primary`, `standby`: DSNs."""

    app: FastAPI
    client: httpx.AsyncClient
    replica: Replica
    engine: AsyncEngine
    primary: str
    standby: str
    clock: Clock

    async def status(self) -> tuple[str, datetime]:
        """What an app is told of the lot, and of when that is."""
        answer = await self.client.get(f"/v1/recall-status{LOT}")
        told = answer.json()
        return told.get("recall_status", told["status"]), datetime.fromisoformat(answer.headers[AS_OF])

    async def holders(self, **headers: str) -> list[str]:
        """Where the goods are, as a trace tells."""
        answer = await self.client.get("/v1/trace/forward", params={"batch": uri("F1")}, headers=headers)
        assert answer.status_code == 200, answer.text
        return [holding["site"]["uri"] for holding in answer.json()["holdings"]]

    async def followed(self) -> None:
        """Until the standby has everything that is committed now."""
        position = await self.replica.position()
        assert position is not None
        await wait_until_replayed(self.standby, position)
        await self.replica.ask_both()

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """The standby has everything, and gets nothing more."""
        await self.followed()
        await execute(self.standby, "SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            await execute(self.standby, "SELECT pg_wal_replay_resume()")

    async def mark_recalled(self) -> None:
        """The lot is recalled, on the primary."""
        async with transaction(self.engine) as tx:
            await recall(tx, await tx.sql.fetchval("SELECT id FROM batch WHERE lot = 'L1'"))


@pytest.fixture(scope="module")
def standby(cluster: str) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A standby of the run's PostgreSQL."""
    with standby_of(cluster) as started:
        yield started


@pytest.fixture
async def world(
    cluster: str, database: str, admin_key: str, standby: tuple[EmbeddedPostgres, str]
) -> AsyncIterator[World]:
    """A lot of tea, goods captured, everything on the standby as well."""
    name = database.partition("?")[0].rpartition("/")[2]
    # What the tests' PostgreSQL leaves out: a commit is in the log before it is answered.
    await execute(cluster, f"ALTER DATABASE {name} SET synchronous_commit = 'on'")
    clock, engine = Clock(), create_engine(as_service(database))
    there = on_database(standby[1], name)
    # A switch writes the log out to its end: the standby has the database that was just made.
    await wait_until_replayed(standby[1], await fetch(cluster, "SELECT pg_switch_wal()::text"))
    replica = Replica(as_service(database), as_service(there), most_seconds=BOUND, now=clock)
    app = application(engine, replica=replica)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://test",
            headers={"Authorization": f"Bearer {admin_key}"},
        ) as client,
    ):
        made = World(app, client, replica, engine, database, there, clock)
        await register_product(client)
        await register_batch(client, expires_on="2199-01-01")
        await capture(client, commission("F1=10", at="maker", on=1))
        await made.followed()
        assert replica.is_usable()
        yield made
    await engine.dispose()


async def test_scans_are_answered_without_the_primary(world: World) -> None:
    away = create_engine(NOWHERE)
    world.app.state.engine = away
    page = await world.client.get(f"/p{LOT}?lang=en")
    assert "No recall known" in page.text
    assert page.headers[AS_OF]
    assert (await world.status())[0] == "no_recall_known"
    assert (await world.client.get(LOT, follow_redirects=False)).status_code == 307
    linkset = await world.client.get(LOT, headers={"Accept": "application/linkset+json"})
    assert linkset.status_code == 200
    assert AS_OF in linkset.headers["Access-Control-Expose-Headers"]
    # Keys are the primary's, always.
    assert (await world.client.get("/v1/trace/forward", params={"batch": uri("F1")})).status_code == 503
    await away.dispose()


async def test_what_a_standby_lacks_is_told_and_never_lacks_longer_than_the_bound(world: World) -> None:
    async with world.paused():
        await world.replica.ask_both()
        before = datetime.now().astimezone()
        await world.mark_recalled()
        said, as_of = await world.status()
        assert said == "no_recall_known"
        assert as_of < before
        world.clock.now += BOUND
        assert "No recall known" in (await world.client.get(f"/p{LOT}?lang=en")).text
        world.clock.now += 0.01
        assert not world.replica.is_usable()
        said, as_of = await world.status()
        assert said == "recalled"
        page = await world.client.get(f"/p{LOT}?lang=en")
        assert "No recall known" not in page.text
        redirected = await world.client.get(LOT, headers={"Accept": "application/json"})
        assert redirected.json()["status"] == "recalled"
    await world.followed()
    assert world.replica.is_usable()
    assert (await world.status())[0] == "recalled"


async def test_a_client_sees_what_it_captured(world: World) -> None:
    body = document(ship("F1=4", at="maker", to="shop", on=2))
    as_captured = {"Content-Type": "application/ld+json"}
    async with world.paused():
        answer = await world.client.post("/epcis/capture", content=body, headers=as_captured)
        assert answer.status_code == 202
        position = answer.headers[POSITION]
        assert len(await world.holders()) == 1
        assert len(await world.holders(**{POSITION: position})) == 2
        assert len(await world.holders(**{"Cache-Control": "no-cache"})) == 2
        assert world.replica.is_usable()
    await world.followed()
    assert len(await world.holders(**{POSITION: position})) == 2
    not_stored = await world.client.post("/epcis/capture", content=b"{", headers=as_captured)
    assert (not_stored.status_code, POSITION in not_stored.headers) == (400, False)


async def test_the_client_sees_what_it_captured_without_asking_for_it(world: World) -> None:
    key = world.client.headers["Authorization"].removeprefix("Bearer ")
    transport = httpx.ASGITransport(world.app)
    async with world.paused(), AsyncSuyuan("http://test", key=key, transport=transport) as suyuan:
        assert len((await suyuan.trace(uri("F1"))).holdings) == 1
        await suyuan.capture(document(ship("F1=4", at="maker", to="shop", on=2)))
        assert len((await suyuan.trace(uri("F1"))).holdings) == 2
    assert len(await world.holders()) == 2 or not world.replica.is_usable()


@pytest.mark.parametrize("position", ["", "nonsense", "0/1/2", "0/xyz"])
async def test_a_position_that_is_none_is_refused(world: World, position: str) -> None:
    fault = await refused(
        world.client, "GET", "/v1/trace/forward", params={"batch": uri("F1")}, headers={POSITION: position}
    )
    assert (fault["field"], fault["value"]) == (POSITION, position)


async def test_a_key_that_was_revoked_opens_nothing_whatever_the_standby_knows(world: World) -> None:
    async with world.paused():
        async with transaction(world.engine) as tx:
            await tx.sql.execute("UPDATE api_key SET revoked_at = now()")
        assert world.replica.is_usable()
        answer = await world.client.get("/v1/trace/forward", params={"batch": uri("F1")})
        assert answer.status_code == 401


async def test_a_party_sees_its_own_rows_of_the_standby_and_no_others(world: World, database: str) -> None:
    await ensure_roles(database)
    party = await register(world.client, "parties", name_zh="店铺", gln=gln("shop"))
    await register(world.client, "sites", gln=gln("shop"), name_zh="店铺", party_id=party["id"])
    await capture(
        world.client,
        ship("F1=4", at="maker", to="shop", on=2),
        ship("F1=3", at="maker", to="rival", on=3),
    )
    body = {"name": "shop", "role": "holder", "party_id": party["id"]}
    key = (await world.client.post("/v1/keys", json=body)).json()["key"]
    await world.followed()
    assert world.replica.is_usable()
    mine = await world.holders(Authorization=f"Bearer {key}")
    theirs = await world.holders()
    assert 0 < len(mine) < len(theirs) == 3


async def test_a_standby_that_is_none_or_of_another_database_is_not_read_from(
    world: World, cluster: str, standby: tuple[EmbeddedPostgres, str]
) -> None:
    for url in (world.primary, on_database(standby[1], "suyuan_template"), NOWHERE):
        other = Replica(world.primary, url, most_seconds=BOUND)
        await other.ask_both()
        assert not other.is_usable(), url
        await other.close()
    lost = Replica(NOWHERE, world.standby, most_seconds=BOUND)
    await lost.ask_both()
    assert not lost.is_usable()
    assert await lost.position() is None
    await lost.close()


async def test_a_standby_that_is_frozen_or_killed_is_done_without(
    world: World, standby: tuple[EmbeddedPostgres, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "ANSWER_SECONDS", 0.3)
    server = standby[0]
    assert server.pid is not None
    connection = await asyncpg.connect(world.standby)
    asked = asyncio.create_task(connection.fetchval("SELECT pg_sleep(600)"))
    try:
        os.kill(server.pid, signal.SIGSTOP)
        world.replica._standby.hang_up()
        await world.replica.ask_both()
        await _does_without(world)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await asked
        # Whoever believes still that it answers, with connections to it in hand, gets an answer too.
        for way in (world.status, world.holders):
            world.replica._answers = True
            assert await way()
            assert not world.replica.is_usable()
        await world.replica.ask_both()
        await _does_without(world)
    finally:
        os.kill(server.pid, signal.SIGKILL)
        connection.terminate()
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
    await world.followed()
    assert world.replica.is_usable()


async def _does_without(world: World) -> None:
    assert not world.replica.is_usable()
    assert (await world.status())[0] == "no_recall_known"
    assert len(await world.holders()) == 1


@pytest.mark.parametrize(
    "url", ["standby", "mysql://standby/suyuan", "postgresql://standby:many/suyuan", "://"]
)
def test_what_is_no_address_of_a_postgresql_is_told_before_anything_starts(url: str) -> None:
    with pytest.raises(Unavailable, match="DATABASE_REPLICA_URL"):
        replicas.check_address(url)


@pytest.mark.parametrize(
    "url", ["", NOWHERE, "postgresql+asyncpg://standby/suyuan", "postgres://standby/suyuan"]
)
def test_a_standby_may_be_away_when_the_service_starts(url: str) -> None:
    replicas.check_address(url)

"""The revisions make what the tables say, from nothing and again."""

import asyncio
import subprocess
import sys
from datetime import datetime

import asyncpg
import pytest
from alembic import command

from service.db import online
from service.db.migrate import check, configuration, upgrade
from tests.conftest import execute, on_database
from tests.server import ROOT


def on_empty(cluster: str, name: str) -> str:
    asyncio.run(execute(cluster, f"CREATE DATABASE {name}"))
    return on_database(cluster, name)


async def names_of_tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in found}
    finally:
        await connection.close()


def test_tables_and_revisions_agree(cluster: str) -> None:
    check(on_database(cluster, "suyuan_template"))


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(cluster: str) -> None:
    dsn = on_empty(cluster, "test_upgraded_twice")
    upgrade(dsn)
    before = asyncio.run(names_of_tables(dsn))
    upgrade(dsn)
    assert asyncio.run(names_of_tables(dsn)) == before


def test_the_revisions_can_be_taken_back(cluster: str) -> None:
    dsn = on_empty(cluster, "test_downgraded")
    upgrade(dsn)
    command.downgrade(configuration(dsn), "base")
    assert asyncio.run(names_of_tables(dsn)) == {"alembic_version"}
    upgrade(dsn)
    check(dsn)


async def test_parties_who_are_served_meanwhile_may_read_a_new_column_at_once(cluster: str) -> None:
    name = "test_column_read_at_once"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE suyuan_template")
    dsn = on_database(cluster, name)
    await asyncio.to_thread(command.downgrade, configuration(dsn), "0031")
    await asyncio.to_thread(command.upgrade, configuration(dsn), "head")
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET ROLE suyuan_party")
        await connection.fetch("SELECT * FROM site")
    finally:
        await connection.close()


def test_two_upgrades_at_once_wait_for_each_other(cluster: str) -> None:
    dsn = on_empty(cluster, "test_upgraded_at_once")
    code = f"from service.db.migrate import upgrade; upgrade({dsn!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    check(dsn)


ONE_KEY = "event_event_id_key"
WAITING = "SELECT query_start FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"
#: A migration that was not seen to wait by then never will; no measure of speed.
SEEN_SECONDS = 60


async def test_a_revision_that_waits_for_a_lock_gives_it_up_and_begins_anew(
    cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "LOCK_TIMEOUT", "50ms")
    name = "test_waiting_upgrade"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE suyuan_template")
    dsn = on_database(cluster, name)
    await asyncio.to_thread(command.downgrade, configuration(dsn), "0016")
    holder, watcher = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            # As a vacuum holds it.
            await holder.execute("LOCK TABLE flow IN SHARE UPDATE EXCLUSIVE MODE")
            migrating = asyncio.create_task(asyncio.to_thread(upgrade, dsn))
            attempts: set[datetime | None] = set()
            async with asyncio.timeout(SEEN_SECONDS):
                while len(attempts) < 2:
                    attempts.add(await watcher.fetchval(WAITING, name))
                    attempts.discard(None)
                    # Others go on meanwhile.
                    await watcher.execute("SELECT FROM flow")
        await migrating
        assert await watcher.fetchval("SELECT version_num FROM alembic_version") >= "0017"
    finally:
        await holder.close()
        await watcher.close()
    await asyncio.to_thread(check, dsn)


async def test_an_index_that_was_broken_off_is_made_anew(cluster: str) -> None:
    name = "test_broken_off"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE suyuan_template")
    dsn = on_database(cluster, name)
    await asyncio.to_thread(command.downgrade, configuration(dsn), "0016")
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE INDEX event_event_id_one_key ON event (event_id)")
        await connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'event_event_id_one_key'::regclass"
        )
        await asyncio.to_thread(upgrade, dsn)
        found = await connection.fetchrow(
            "SELECT indisvalid, indisunique FROM pg_index WHERE indexrelid = $1::text::regclass", ONE_KEY
        )
        assert found is not None
        assert tuple(found) == (True, True)
    finally:
        await connection.close()

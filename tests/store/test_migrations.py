"""The revisions make what the tables say, from nothing and again."""

import asyncio
import subprocess
import sys

import asyncpg
from alembic import command

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


def test_two_upgrades_at_once_wait_for_each_other(cluster: str) -> None:
    dsn = on_empty(cluster, "test_upgraded_at_once")
    code = f"from service.db.migrate import upgrade; upgrade({dsn!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    check(dsn)

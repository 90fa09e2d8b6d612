"""Traces over several PostgreSQL servers: the same statements, the same answers as on one.

The embedded PostgreSQL has no `postgres_fdw`; these tests want Debian's, and are skipped where there is none.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from scripts.benches import trade
from scripts.sharding import SPREAD, front
from service.auth.sight import see_as_party
from service.capture import conduct
from service.db import embedded
from service.db.account import account_for, spawn
from service.db.binaries import Binaries
from service.db.embedded import USER, EmbeddedPostgres
from service.db.migrate import upgrade
from service.db.party_role import ensure_roles
from service.db.service_role import as_service
from service.db.statements import statement
from service.db.transaction import Transaction, create_engine, transaction
from service.events.json_document import read_document
from service.trace.answer import Answer
from service.trace.exports import whole
from service.trace.packs import differing, pack_some
from service.trace.starts import Question, find_starts
from service.trace.walk import walk
from tests.conftest import FAST, execute, on_database

#: Debian's PostgreSQL with its contrib modules, the newest first.
INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/lib/postgres_fdw.so"), reverse=True)
SHARDS = 3
DOCUMENTS, EVENTS = 3, 60
NOW = datetime(2026, 11, 22, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no PostgreSQL with postgres_fdw below /usr/lib/postgresql (apt: postgresql)"
)


@pytest.fixture(scope="module")
def machine() -> Iterator[str]:
    """The DSN of a PostgreSQL that has postgres_fdw."""
    place = Path(tempfile.mkdtemp(prefix="suyuan-shards-"))
    binaries = Binaries(INSTALLED[0].parents[1] / "bin", INSTALLED[0].parts[-3])
    patch = pytest.MonkeyPatch()
    try:
        place.chmod(0o755)
        account = account_for(place)
        data = place / "postgres"
        data.mkdir(mode=0o700)
        if account is not None:
            os.chown(data, account.uid, account.gid)
        told = [
            "-D",
            str(data),
            f"--username={USER}",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=trust",
            "--no-sync",
        ]
        assert spawn([str(binaries.initdb), *told], account, stdout=subprocess.DEVNULL).wait() == 0
        patch.setattr(embedded, "reachable_binaries", lambda _account: binaries)
        with EmbeddedPostgres(place, FAST, say=lambda _line: None) as dsn:
            yield on_database(dsn, "postgres")
    finally:
        patch.undo()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
async def engines(machine: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """The same trade on one database, and on one that is spread over shards."""
    await execute(machine, "CREATE DATABASE empty")
    await asyncio.to_thread(upgrade, on_database(machine, "empty"))
    await execute(machine, "CREATE DATABASE one TEMPLATE empty")
    one = create_engine(on_database(machine, "one"))
    for number in range(DOCUMENTS):
        await _capture(one, number)
    async with transaction(one) as tx:
        await pack_some(tx, 0, most=100_000, now=NOW + timedelta(days=1_000))
    await one.dispose()
    # Somebody runs every third place, and sees what comes and goes there.
    await execute(on_database(machine, "one"), "UPDATE site SET party_id = 1 WHERE id % 3 = 0")
    await execute(machine, "CREATE DATABASE spread TEMPLATE one")
    host = machine.partition("host=")[2].partition("&")[0]
    shards = [f"host={host} port=5432 dbname=shard_{number} user={USER}" for number in range(SHARDS)]
    for number in range(SHARDS):
        await execute(machine, f"CREATE DATABASE shard_{number} TEMPLATE empty")
    connection = await asyncpg.connect(on_database(machine, "spread"))
    async with connection.transaction():
        for each in front(shards):
            await connection.execute(each)
    await connection.close()
    for name in ("one", "spread"):
        await ensure_roles(on_database(machine, name))
    one, spread = (create_engine(as_service(on_database(machine, name))) for name in ("one", "spread"))
    yield one, spread
    await one.dispose()
    await spread.dispose()


async def _capture(engine: AsyncEngine, number: int) -> None:
    async with transaction(engine) as tx:
        job = await conduct.capture(tx, read_document(trade.document(number, EVENTS), max_events=10_000))
        assert job.success, job.errors


async def trace(tx: Transaction, batch: str, *, forward: bool) -> Any:
    """The whole answer; flows and gaps of one moment are in no order."""
    starts = await find_starts(tx, Question((batch,)), forward=forward)
    found = await walk(tx, starts.nodes, forward=forward, skew=timedelta(0), most=100_000)
    told = await whole(tx, await Answer.load(tx, starts, found, now=NOW))
    return told | {name: sorted(told[name], key=str) for name in ("flows", "gaps")}


async def test_every_shard_has_its_part(engines: tuple[AsyncEngine, AsyncEngine], machine: str) -> None:
    async with transaction(engines[0], snapshot=True) as tx:
        all_rows = {table: await tx.sql.fetchval(f"SELECT count(*) FROM {table}") for table in SPREAD}
    parts: dict[str, list[int]] = {table: [] for table in SPREAD}
    for number in range(SHARDS):
        connection = await asyncpg.connect(on_database(machine, f"shard_{number}"))
        for table in SPREAD:
            parts[table].append(await connection.fetchval(f"SELECT count(*) FROM {table}"))
        await connection.close()
    assert {table: sum(counts) for table, counts in parts.items()} == all_rows
    assert all(min(parts[table]) > 0 for table in SPREAD if table != "gap"), parts


async def test_traces_over_shards_are_those_of_one_machine(engines: tuple[AsyncEngine, AsyncEngine]) -> None:
    async with (
        transaction(engines[0], snapshot=True) as one,
        transaction(engines[1], snapshot=True) as spread,
    ):
        batches = [row["uri"] for row in await one.sql.fetch("SELECT uri FROM batch ORDER BY id")]
        reached = 0
        for batch in batches[:: max(1, len(batches) // 12)]:
            for forward in (True, False):
                told = await trace(one, batch, forward=forward)
                assert await trace(spread, batch, forward=forward) == told
                reached += len(told["holdings"])
        assert reached > 100


async def test_a_party_sees_over_shards_what_it_sees_on_one_machine(
    engines: tuple[AsyncEngine, AsyncEngine],
) -> None:
    seen = []
    for engine in engines:
        async with transaction(engine, snapshot=True) as tx:
            everything = await tx.sql.fetchval("SELECT count(*) FROM flow")
            await see_as_party(tx, 1, now=NOW)
            seen.append([await tx.sql.fetchval(f"SELECT count(*) FROM {table}") for table in SEEN])
    assert seen[0] == seen[1]
    assert 0 < seen[0][0] < everything


#: Of which parties see their own rows, by policy.
SEEN = ("flow", "holding", "journal_entry", "event_item", "event", "batch")
ASKED = {"flows_from": "batch_id", "flows_to": "to_batch_id", "held_of": "batch_id"}


@pytest.mark.parametrize(("name", "column"), ASKED.items())
async def test_shards_are_asked_for_batches_all_at_once(
    engines: tuple[AsyncEngine, AsyncEngine], name: str, column: str
) -> None:
    async with transaction(engines[1], snapshot=True) as tx:
        plan = await tx.sql.fetch(f"EXPLAIN (VERBOSE) {statement('service.trace', name)}", [1, 2, 3], 1_000)
    lines = [row[0] for row in plan]
    asked = [line for line in lines if "Remote SQL" in line]
    assert len(asked) == SHARDS
    assert all(f"({column} = ANY" in line for line in asked), asked
    assert sum("Async Foreign Scan" in line for line in lines) == SHARDS


async def test_a_capture_through_the_front_leaves_what_it_leaves_on_one_machine(
    engines: tuple[AsyncEngine, AsyncEngine],
) -> None:
    for engine in engines:
        await _capture(engine, DOCUMENTS)
    rows = []
    for engine in engines:
        async with transaction(engine, snapshot=True) as tx:
            tables = ("flow", "holding", "gap", "posting", "batch_pack")
            left = {table: await tx.sql.fetch(f"SELECT * FROM {table}") for table in tables}
            rows.append({table: sorted(map(str, found)) for table, found in left.items()})
            packs = await tx.sql.fetch("SELECT batch_id FROM batch_pack")
            assert await differing(tx, [row["batch_id"] for row in packs]) == set()
    assert rows[0] == rows[1]
    assert all(rows[0].values())

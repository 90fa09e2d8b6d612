"""The ledger computed anew by several workers while captures go on: the same, whatever came between."""

import asyncio
import itertools
import random
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import create_engine, transaction
from service.errors import Conflict
from service.ledger import owners as ledger_owners
from service.ledger import rebuild_aside as aside
from service.ledger.rebuild import rebuild
from service.ledger.rebuild_aside import REBUILD_LOCK, Task, rebuild_aside, work
from tests.chains import Chain, chains
from tests.conftest import TEMPLATE, execute, on_database
from tests.faults.faults import children_of
from tests.memory_ledger import MemoryLedger
from tests.owning import own
from tests.server import ROOT
from tests.store.test_rebuild import DAMAGE, EVENTS
from tests.world import (
    Json,
    capture,
    commission,
    declare_error,
    ledger,
    observe,
    owners,
    pack,
    party,
    place,
    ship,
    transform,
)

ledger_owners.listen()
NUMBERS = itertools.count(1)

MEANWHILE = [
    commission("milk/L2#3", at="farm", on=1),
    pack("@P", "B=3", at="farm", on=2.5),
    ship("B=1", at="farm", to="shop", on=7, id="astray"),
    transform(["B=1"], ["soup/S=2"], at="plant", on=8),
    observe("milk#3", at="shop", on=9),
]


def meanwhile(monkeypatch: pytest.MonkeyPatch, capture_some: Callable[[], Awaitable[None]]) -> None:
    """Let something be captured before and after each range that a worker takes."""

    async def interrupted(task: Task) -> set[int]:
        await capture_some()
        found = await work(task)
        await capture_some()
        return found

    monkeypatch.setattr(aside, "work", interrupted)


async def test_a_ledger_in_order_is_not_touched(database: str, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, *EVENTS)
    written = "SELECT xmin::text, ctid::text FROM flow UNION ALL SELECT xmin::text, ctid::text FROM holding"
    async with transaction(engine) as tx:
        before = await tx.sql.fetch(written)
    report = await rebuild_aside(database, processes=0)
    assert (report.events, report.batches, report.changed_rows) == (10, 3, 0)
    assert report.flows_before == report.flows_after == 4
    async with transaction(engine) as tx:
        assert await tx.sql.fetch(written) == before
        assert not await tx.sql.fetch("SELECT FROM pg_namespace WHERE nspname = 'ledger_rebuild'")


async def test_all_that_is_damaged_is_mended_at_once(database: str, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, *EVENTS)
        before = (await ledger(tx)).rows
    for damage, rows in list(DAMAGE.items())[::3]:
        async with transaction(engine) as tx:
            await tx.sql.execute(damage)
        report = await rebuild_aside(database, processes=0)
        assert report.changed_rows >= rows // 2, damage
        async with transaction(engine) as tx:
            assert (await ledger(tx)).rows == before, damage
    async with transaction(engine) as tx:
        assert (await rebuild(tx)).changed_rows == 0


@pytest.mark.parametrize("damage", [None, "TRUNCATE flow, holding, gap, posting, journal_entry, event_item"])
async def test_captures_go_on_meanwhile(
    database: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, damage: str | None
) -> None:
    captured = list(EVENTS[:8])
    later: list[tuple[list[Json], dict[str, str]]] = [([event], {}) for event in (*EVENTS[8:], *MEANWHILE)]
    later.insert(3, ([], {"shop": "Shop Ltd"}))
    later.append(([declare_error(MEANWHILE[2])], {}))
    async with transaction(engine) as tx:
        await capture(tx, *captured)
        if damage:
            await own(tx)
            await tx.sql.execute(damage)

    async def capture_some() -> None:
        if later:
            events, owned = later.pop(0)
            captured.extend(events)
            async with transaction(engine) as tx:
                await capture(tx, *events, master=owners(**owned))

    meanwhile(monkeypatch, capture_some)
    report = await rebuild_aside(database, processes=0)
    assert not later
    assert report.events == len(captured)
    assert report.changed_rows > 0 if damage else report.changed_rows == 0
    async with transaction(engine) as tx:
        owned_by = MemoryLedger(captured, {place("shop"): party("Shop Ltd")})
        assert (await ledger(tx)).rows == owned_by.rows()
        assert (await rebuild(tx)).changed_rows == 0


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chain=chains(most=10), chance=st.randoms(use_true_random=False))
async def test_whatever_comes_between_the_ledger_is_the_same(
    cluster: str, chain: Chain, chance: random.Random
) -> None:
    name = f"test_rebuild_{next(NUMBERS)}"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    dsn = on_database(cluster, name)
    engine = create_engine(dsn)
    rest: list[tuple[list[Json], dict[str, str]]] = [([event], {}) for event in chain.events] + [
        ([], {at: by}) for at, by in chain.owners.items()
    ]
    chance.shuffle(rest)

    async def capture_some() -> None:
        if rest:
            events, owned = rest.pop()
            async with transaction(engine) as tx:
                await capture(tx, *events, master=owners(**owned))

    try:
        for _ in range(len(rest) // 2):
            await capture_some()
        if chance.random() < 0.5:
            async with transaction(engine) as tx:
                await tx.sql.execute(
                    "DELETE FROM posting; DELETE FROM holding; UPDATE unit SET batch_id = NULL"
                )
        with pytest.MonkeyPatch.context() as patch:
            meanwhile(patch, capture_some)
            await rebuild_aside(dsn, processes=0)
        while rest:
            await capture_some()
        async with transaction(engine) as tx:
            assert (await ledger(tx)).rows == MemoryLedger(chain.events, chain.owner_uris()).rows()
            assert (await rebuild(tx)).changed_rows == 0
    finally:
        await engine.dispose()
        await execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")


async def test_several_processes_derive_the_same(database: str, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, *EVENTS, *MEANWHILE)
        before = (await ledger(tx)).rows
        await own(tx)
        await tx.sql.execute("TRUNCATE flow, holding, gap, posting, journal_entry, event_item")
    assert (await rebuild_aside(database, processes=2)).changed_rows > 30
    async with transaction(engine) as tx:
        assert (await ledger(tx)).rows == before


async def test_one_rebuild_runs_at_a_time(database: str, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await tx.sql.execute("SELECT pg_advisory_xact_lock($1)", REBUILD_LOCK)
        with pytest.raises(Conflict):
            await rebuild_aside(database, processes=0)


REBUILDING = """
import asyncio, sys
from service.ledger.rebuild_aside import rebuild_aside
if __name__ == "__main__":
    asyncio.run(rebuild_aside(sys.argv[1], processes=1))
"""
HELD_UP = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
async def test_killed_in_the_middle_it_leaves_no_worker_and_the_next_one_is_whole(
    database: str, engine: AsyncEngine, owner_engine: AsyncEngine, tmp_path: Path
) -> None:
    async with transaction(engine) as tx:
        await capture(tx, *EVENTS)
        before = (await ledger(tx)).rows
    script = tmp_path / "rebuilding.py"
    script.write_text(REBUILDING, encoding="utf-8")
    async with transaction(owner_engine) as tx:
        # Its worker waits for this in the midst of the journal.
        await tx.sql.execute("LOCK TABLE event_context")
        rebuilding = await asyncio.create_subprocess_exec(sys.executable, str(script), database, cwd=ROOT)
        while not await held_up(owner_engine):
            assert rebuilding.returncode is None
            await asyncio.sleep(0.05)
        workers = children_of(rebuilding.pid, b"spawn_main")
        assert workers
        rebuilding.kill()
        await rebuilding.wait()
        await asyncio.to_thread(gone, workers)
    report = await rebuild_aside(database, processes=0)
    assert (report.events, report.changed_rows) == (len(EVENTS), 0)
    async with transaction(engine) as tx:
        assert (await ledger(tx)).rows == before
        assert not await tx.sql.fetch("SELECT FROM pg_namespace WHERE nspname = 'ledger_rebuild'")


def gone(processes: list[int]) -> None:
    """Waits until these processes are gone; fails after half a minute."""
    until = time.monotonic() + 30
    while left := [process for process in processes if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < until, left
        time.sleep(0.05)


async def held_up(engine: AsyncEngine) -> int:
    """How many sessions wait for a lock: asked anew each time, for a transaction sees one moment of it."""
    async with transaction(engine) as tx:
        return int(await tx.sql.fetchval(HELD_UP))

"""A plan is read again once its locks are held, where anything may have changed meanwhile, only there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.ledger.locks import lock_plan, share_ledger

MAKE_BATCH = """
INSERT INTO batch (uri, of_one, source, created_at, updated_at) VALUES ($1, false, 'captured', now(), now())
RETURNING id
"""
ALL_BATCHES = "SELECT id FROM batch ORDER BY id"


@dataclass(frozen=True)
class Everything:
    """A plan about all batches there are."""

    batches: frozenset[int]
    units: frozenset[int] = frozenset()
    transformations: frozenset[str] = field(default=frozenset())


async def make_batch(engine: AsyncEngine, name: str) -> None:
    async with transaction(engine) as tx:
        await tx.sql.fetchval(MAKE_BATCH, f"urn:example:{name}")


def planning(
    tx: Transaction, made: list[frozenset[int]], meanwhile: Callable[[int], Awaitable[None]]
) -> Callable[[], Awaitable[Everything]]:
    async def make() -> Everything:
        rows = await tx.sql.fetch(ALL_BATCHES)
        made.append(frozenset(row["id"] for row in rows))
        await meanwhile(len(made))
        return Everything(made[-1])

    return make


@pytest.mark.parametrize("commits", [0, 1, 3])
async def test_a_plan_is_read_until_nobody_has_come_between(engine: AsyncEngine, commits: int) -> None:
    await make_batch(engine, "first")

    async def meanwhile(count: int) -> None:
        if count <= commits:
            await make_batch(engine, f"more{count}")

    made: list[frozenset[int]] = []
    async with transaction(engine) as tx:
        await share_ledger(tx)
        plan = await lock_plan(tx, planning(tx, made, meanwhile))
    assert plan.batches == made[-1]
    assert len(plan.batches) == 1 + commits
    assert (len(made) == 1) is (commits == 0)


async def test_a_plan_is_read_again_after_waiting_for_somebody(engine: AsyncEngine) -> None:
    await make_batch(engine, "first")
    made: list[frozenset[int]] = []
    planned = asyncio.Event()

    async def meanwhile(_: int) -> None:
        planned.set()

    async def lock() -> Everything:
        async with transaction(engine) as tx:
            return await lock_plan(tx, planning(tx, made, meanwhile))

    async with transaction(engine) as other:
        await other.sql.execute("SELECT FROM batch FOR UPDATE")
        waiting = asyncio.create_task(lock())
        await planned.wait()
        await other.sql.fetchval(MAKE_BATCH, "urn:example:second")
    assert len((await waiting).batches) == 2
    assert len(made) > 1

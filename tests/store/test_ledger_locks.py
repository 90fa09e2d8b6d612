"""A plan is read again once its locks are held, where anything may have changed meanwhile, only there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.ledger import containers
from service.ledger.locks import lock_plan, share_ledger
from service.ledger.project import postings_of_events
from tests import world

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


async def test_contents_are_read_whole_while_somebody_packs_more(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(engine) as tx:
        await world.capture(
            tx,
            world.commission("milk/L1#1", at="farm", on=1),
            world.pack("@P1", "milk/L1#1", at="farm", on=2),
            world.ship("@P1", at="farm", to="shop", on=4),
        )
    which_are_parents = containers.which_are_parents
    meanwhile = [world.pack("@P1", "milk#7", at="farm", on=3)]

    async def somebody_packs(tx: Transaction, units: Collection[int]) -> set[int]:
        if meanwhile:
            packing = meanwhile.pop()
            async with transaction(engine) as other:
                await world.capture(other, packing)
        return await which_are_parents(tx, units)

    async with transaction(engine) as tx:
        rows = await tx.sql.fetch("SELECT event_id FROM journal_entry WHERE step = 'shipping'")
        monkeypatch.setattr(containers, "which_are_parents", somebody_packs)
        told = await postings_of_events(tx, {row["event_id"] for row in rows}, {})
    assert not meanwhile
    ((shipped, *_),) = (list(told.postings[row["event_id"]].values()) for row in rows)
    assert shipped

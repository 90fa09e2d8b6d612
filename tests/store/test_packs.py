"""Packs of batches at rest say what the rows say, or are not there, whatever is written and by whom."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.sight import see_as_party
from service.db.transaction import Transaction, create_engine, transaction
from service.ledger.rebuild import rebuild
from service.operation.packing import pack_round
from service.trace import packs
from service.trace.packs import AT_REST, differing, pack, pack_some
from tests.chains import Chain, chains
from tests.conftest import RollBack
from tests.owning import own
from tests.store.test_rebuild import DAMAGE, EVENTS
from tests.world import capture, commission, owners, sell, ship

#: Everything captured here is long past by then.
LATER = datetime(2040, 1, 1, tzinfo=UTC)
ALL = 10_000


async def packed(tx: Transaction) -> list[int]:
    """The batches that have a pack."""
    return [row["batch_id"] for row in await tx.sql.fetch("SELECT batch_id FROM batch_pack ORDER BY 1")]


async def pack_all(tx: Transaction, now: datetime = LATER) -> list[int]:
    """Pack what is at rest; all that are packed then."""
    await pack_some(tx, 0, most=ALL, now=now)
    return await packed(tx)


async def assert_true(tx: Transaction) -> None:
    """Every pack says what the rows say."""
    assert await differing(tx, await packed(tx)) == set()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chain=chains(most=12), chance=st.randoms(use_true_random=False))
async def test_no_pack_outlives_a_change(
    shared_engine: AsyncEngine, chain: Chain, chance: random.Random
) -> None:
    damage = chance.sample(sorted(DAMAGE), 2)
    owned = [owners(**{at: by}) for at, by in chain.owners.items()]
    try:
        async with transaction(shared_engine) as tx:
            for event in chain.events:
                await capture(tx, event, master=owned.pop() if owned and chance.random() < 0.3 else ())
                await assert_true(tx)
                if chance.random() < 0.5:
                    before = await packed(tx)
                    assert set(await pack_all(tx)) >= set(before)
            await own(tx)
            for statement in damage:
                await pack_all(tx)
                await tx.sql.execute(statement)
                await assert_true(tx)
            await pack_all(tx)
            await rebuild(tx)
            await assert_true(tx)
            raise RollBack
    except RollBack:
        pass


async def test_only_the_packs_of_what_changes_are_forgotten(tx: Transaction) -> None:
    await capture(tx, *EVENTS)
    await capture(tx, commission("tea/T=9", at="farm", on=1))
    every = await pack_all(tx)
    await capture(tx, ship("tea/T=1", at="farm", to="shop", on=9))
    assert len(every) == 4
    assert len(await packed(tx)) == 3
    assert await pack_all(tx) == every
    await own(tx)
    for table in ("flow", "holding"):
        await tx.sql.execute(f"TRUNCATE {table}")
        assert await packed(tx) == []


async def test_what_is_not_at_rest_or_too_large_is_not_packed(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    await capture(tx, commission("tea/T=9", at="farm", on=1))
    last = await tx.sql.fetchval("SELECT max(last_at) FROM holding")
    assert await pack_all(tx, last + AT_REST - timedelta(seconds=1)) == []
    await capture(
        tx, ship("tea/T=1", at="farm", to="shop", on=1.1), ship("tea/T=1", at="farm", to="inn", on=1)
    )
    monkeypatch.setattr(packs, "FLOWS_MOST", 1)
    assert await pack_all(tx) == []
    monkeypatch.setattr(packs, "FLOWS_MOST", 2)
    assert len(await pack_all(tx)) == 1


async def test_a_batch_that_is_being_written_waits_for_the_next_round(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, commission("tea/T=9", "rye/R=9", at="farm", on=1))
    async with transaction(engine) as writing:
        await capture(writing, sell("tea/T=1", at="farm", on=2))
        async with transaction(engine) as tx:
            (rye,) = await pack_all(tx)
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT lot FROM batch WHERE id = $1", rye) == "R"
        assert len(await pack_all(tx)) == 2
        await assert_true(tx)


async def test_what_is_not_at_rest_is_not_kept_from_captures(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, commission("tea/T=9", at="farm", on=1))
    async with transaction(engine) as tx:
        assert await pack_all(tx, datetime(2026, 1, 1, tzinfo=UTC)) == []
        async with transaction(engine) as other:
            assert await other.sql.fetch("SELECT id FROM batch FOR NO KEY UPDATE NOWAIT")


async def test_two_services_that_pack_the_same_are_not_in_each_others_way(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, commission("tea/T=9", at="farm", on=1))
        (tea,) = await pack_all(tx)
    async with transaction(engine) as tx:
        await pack(tx, [tea])
        assert await packed(tx) == [tea]
        await assert_true(tx)


async def test_a_round_packs_every_batch_at_rest(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.operation.packing.AT_ONCE", 2)
    engine = create_engine(database)
    try:
        async with transaction(engine) as tx:
            await capture(tx, *(commission(f"tea/T{number}=9", at="farm", on=1) for number in range(5)))
        assert await pack_round(engine, pause=0) == 5
        assert await pack_round(engine, pause=0) == 0
    finally:
        await engine.dispose()


async def test_a_pack_is_read_by_nobody_but_the_owner(tx: Transaction) -> None:
    await capture(tx, commission("tea/T=9", at="farm", on=1), master=owners(farm="Farm Ltd"))
    (batch,) = await pack_all(tx)
    party = await tx.sql.fetchval("SELECT party_id FROM site WHERE party_id IS NOT NULL")
    await see_as_party(tx, party, now=LATER)
    assert await tx.sql.fetchval("SELECT count(*) FROM holding WHERE batch_id = $1", batch) == 1
    assert await packed(tx) == []


async def test_a_pack_that_says_otherwise_is_told(tx: Transaction) -> None:
    await capture(tx, commission("tea/T=9", "rye/R=9", at="farm", on=1))
    tea, rye = await pack_all(tx)
    await tx.sql.execute("UPDATE batch_pack SET lines = 'EA' WHERE batch_id = $1", rye)
    assert await differing(tx, [tea, rye]) == {rye}
    await tx.sql.execute("DELETE FROM batch_pack")
    await pack(tx, [rye])
    assert await differing(tx, [rye]) == set()

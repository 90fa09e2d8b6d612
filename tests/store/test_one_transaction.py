"""Two hands on one transaction, and a capture that is whole or not there at all."""

from contextlib import suppress
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.errors import Conflict
from service.ledger import changes
from service.registry.tables import BatchDocument
from tests.world import capture, commission, ship

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
INSERT = """
INSERT INTO batch (uri, source, of_one, created_at, updated_at)
VALUES ($1, 'captured', false, $2, $2) RETURNING id
"""
#: Tables that a capture writes to.
WRITTEN = (
    "event",
    "event_item",
    "journal_entry",
    "posting",
    "flow",
    "holding",
    "batch",
    "unit",
    "capture_job",
)


class Stopped(Exception):
    """Raised in the middle."""


async def count(engine: AsyncEngine, *tables: str) -> dict[str, int]:
    """table -> rows."""
    async with transaction(engine, snapshot=True) as tx:
        return {table: await tx.sql.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


async def write_with_both_hands(tx: Transaction) -> None:
    """The raw hand first: SQLAlchemy has not begun by itself yet."""
    batch = await tx.sql.fetchval(INSERT, "urn:example:batch:1", NOON)
    tx.orm.add(BatchDocument(batch_id=batch, kind="certificate", name="合格证", created_at=NOON))
    await tx.orm.flush()


async def test_what_both_hands_wrote_is_committed_together(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await write_with_both_hands(tx)
        assert await count(engine, "batch", "batch_document") == {"batch": 0, "batch_document": 0}
    assert await count(engine, "batch", "batch_document") == {"batch": 1, "batch_document": 1}


async def test_what_both_hands_wrote_is_rolled_back_together(engine: AsyncEngine) -> None:
    with suppress(Stopped):
        async with transaction(engine) as tx:
            await write_with_both_hands(tx)
            raise Stopped
    assert await count(engine, "batch", "batch_document") == {"batch": 0, "batch_document": 0}


async def test_a_unique_violation_is_a_conflict_in_words(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await tx.sql.fetchval(INSERT, "urn:example:batch:1", NOON)
    with pytest.raises(Conflict, match="This batch is already registered"):
        async with transaction(engine) as tx:
            await tx.sql.fetchval(INSERT, "urn:example:batch:1", NOON)


async def test_a_snapshot_writes_nothing(engine: AsyncEngine) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with transaction(engine, snapshot=True) as tx:
            await tx.sql.fetchval(INSERT, "urn:example:batch:1", NOON)


async def test_a_capture_that_fails_at_its_very_end_leaves_nothing_behind(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stop(_tx: Transaction, _changed: set[int]) -> None:
        raise Stopped

    monkeypatch.setattr(changes, "projection_listeners", [stop])
    with pytest.raises(Stopped):
        async with transaction(engine) as tx:
            await capture(tx, commission("L1=10", at="farm", on=1), ship("L1=10", at="farm", to="shop", on=2))
    assert await count(engine, *WRITTEN) == dict.fromkeys(WRITTEN, 0)


async def test_a_capture_that_is_answered_is_in_the_ledger(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        await capture(tx, commission("L1=10", at="farm", on=1), ship("L1=10", at="farm", to="shop", on=2))
    assert await count(engine, *WRITTEN) == {
        "event": 2,
        "event_item": 2,
        "journal_entry": 2,
        "posting": 2,
        "flow": 1,
        "holding": 2,
        "batch": 1,
        "unit": 0,
        "capture_job": 1,
    }

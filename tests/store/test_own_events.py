"""Queries of a party, which find its own events first, against what the database shows it event by event."""

import random
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.permissions import Role
from service.auth.sight import seen_by
from service.db.transaction import Transaction, transaction
from service.errors import AnswerTooLarge
from service.events import query_store
from service.events.page_tokens import Horizon, Place
from service.events.query_conditions import ColumnIs, EventQuery, Order
from service.events.query_store import check_count, has_name, list_events, list_names
from tests.owning import owned
from tests.seeing import PARTIES, Part, World, drawn, grant, parts

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHIPPED = ColumnIs("biz_step", ("shipping",))
LATEST = EventQuery(order=Order("event_time"))
COPIES = 1_000
#: Of a few events: who told them, that they correct others, which transaction recorded them.
TOLD = """
UPDATE event SET told_by = CASE WHEN id % 5 = 0 THEN $1::bigint END, declares_error = id % 7 = 0,
                 recorded_in = CASE WHEN id % 3 = 0 THEN 5 ELSE 4 END::bigint
"""
CORRECTED = """
INSERT INTO correction (event_id, original_id, disregarded)
SELECT id, (SELECT min(event_id) FROM journal_entry WHERE event_id > id), id % 2 = 0
FROM event WHERE declares_error
  AND id < (SELECT max(event_id) FROM journal_entry)
"""
#: Of these is read what other transactions than the fifth have recorded.
HORIZON = Horizon(2**40, 10, (5,))
#: Another party's events once more, many times.
MANY = f"""
WITH copied AS (
    INSERT INTO event (event_id, fingerprint, declares_error, type, event_time, record_time, action, biz_step,
                       payload, context_id, capture_id, facts)
    SELECT 'urn:many:' || n, sha256(n::text::bytea), false, type, event_time, record_time, action, biz_step,
           payload, context_id, capture_id, facts
    FROM event, generate_series(1, {COPIES}) AS n WHERE id = $1
    RETURNING id, event_id, event_time, type
)
INSERT INTO journal_entry (event_id, event_key, time, type, site_id, transactions, voided)
SELECT copied.id, copied.event_id, event_time, copied.type, site_id, '{{}}', false
FROM copied, journal_entry AS told WHERE told.event_id = $1
"""
READ = """
SELECT sum(seq_tup_read + idx_tup_fetch)::bigint FROM pg_stat_xact_user_tables
WHERE relname IN ('event', 'journal_entry')
"""


async def paged(tx: Transaction, query: EventQuery, horizon: Horizon | None = None) -> list[str]:
    """The eventIDs of all pages."""
    found: list[str] = []
    after: Place | None = None
    while True:
        page = await list_events(tx, query, horizon=horizon, after=after, limit=3)
        found += [row.event_id for row in page.rows]
        after = page.last
        if after is None:
            return found


async def names(tx: Transaction, where: str, order: str = "id") -> list[str]:
    """What row-level security alone shows."""
    rows = await tx.sql.fetch(f"SELECT event_id FROM event WHERE {where} ORDER BY {order}")
    return [row["event_id"] for row in rows]


async def tell(tx: Transaction, world: World, who: str, draw: random.Random) -> None:
    """The party has told, and is granted, some of others'."""
    async with owned(tx):
        await tx.sql.execute("DELETE FROM access_grant")
        await tx.sql.execute(TOLD, world.ids[who])
    for part in parts(world, world.ids[who], draw):
        await grant(tx, part, world.ids[who])


async def test_a_party_is_listed_what_it_sees(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    world, draw = await drawn(tx, 0), random.Random(0)
    async with owned(tx):
        await tx.sql.execute(TOLD, None)
    await tx.sql.execute(CORRECTED)
    for who in PARTIES:
        await tell(tx, world, who, draw)
        async with seen_by(tx, Role.HOLDER, world.ids[who], now=NOW):
            for few in (4, 1000):
                monkeypatch.setattr(query_store, "FEW", few)
                assert 0 < await asked(tx) < len(world.rows["event"])


async def asked(tx: Transaction) -> int:
    """All queries as whoever is asking; how many events it sees."""
    everything = await names(tx, "true")
    assert await paged(tx, EventQuery()) == everything
    assert await paged(tx, EventQuery(), HORIZON) == await names(tx, "recorded_in <> 5")
    assert await paged(tx, EventQuery((SHIPPED,))) == await names(tx, "biz_step = 'shipping'")
    assert await paged(tx, LATEST) == await names(tx, "true", "event_time DESC, id DESC")
    steps = await tx.sql.fetch("SELECT DISTINCT biz_step FROM event ORDER BY biz_step")
    assert await list_names(tx, "biz_step", after="", limit=99) == [row["biz_step"] for row in steps]
    assert await has_name(tx, "biz_step", steps[0]["biz_step"])
    assert not await has_name(tx, "biz_step", "unheard-of")
    await check_count(tx, EventQuery(most=len(everything)))
    with pytest.raises(AnswerTooLarge):
        await check_count(tx, EventQuery(most=len(everything) - 1))
    return len(everything)


async def test_the_events_of_others_are_not_read_for_a_party(engine: AsyncEngine) -> None:
    # A database of its own: what others left behind in a shared one would choose the plan.
    async with transaction(engine) as tx:
        world = await drawn(tx, 1)
        me = world.ids["rival"]
        hidden = {row["event_id"] for row in world.rows["event"]} - world.seen_by([Part(me)])["event"]
        await tx.sql.execute(MANY, min(hidden))
        # The planner's choice is one for many events, not for none.
        async with owned(tx):
            await tx.sql.execute("ANALYZE event, journal_entry")
        async with seen_by(tx, Role.HOLDER, me, now=NOW):
            for query in (EventQuery(), EventQuery((SHIPPED,)), LATEST):
                before = await tx.sql.fetchval(READ)
                await list_events(tx, query, horizon=None, after=None, limit=30)
                assert await tx.sql.fetchval(READ) - before < COPIES / 2, query
            before = await tx.sql.fetchval(READ)
            await tx.sql.fetch("SELECT id FROM event ORDER BY id LIMIT 30")
            assert await tx.sql.fetchval(READ) - before > COPIES, "the count does not tell"

"""What parties and authorities see in the database, against the rule in a few lines; and no other table."""

import random
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from service.auth import sight
from service.auth.permissions import Role
from service.auth.sight import seen_by
from service.db.party_role import BEHIND, OPEN, REGISTRY, ROLES
from service.db.transaction import Transaction
from tests.owning import owned
from tests.seeing import AREAS, PARTIES, PLACES, Part, Seen, World, drawn, goings, grant, parts
from tests.world import capture, owners, place

NOW = datetime(2026, 6, 1, tzinfo=UTC)
JURISDICTION = """
INSERT INTO jurisdiction (party_id, region, category, created_at, created_by)
VALUES ($1, $2, $3, now(), 'test')
"""
#: A flow such as no event tells of.
ACROSS = """
INSERT INTO flow (batch_id, ordinal, kind, from_site_id, to_batch_id, to_site_id, departed_at, inferred)
SELECT $1, 999, 1, origin.id, $3, target.id, now(), false FROM site AS origin, site AS target
WHERE origin.uri = $2 AND target.uri = $4
"""
ASKED = ("flow", "holding", "gap", "event", "batch")


async def seen(tx: Transaction) -> Seen:
    """What is seen of it now; that items and postings are those of events that are seen."""
    found: Seen = {
        "flow": set(await tx.sql.fetch("SELECT * FROM flow")),
        "holding": set(await tx.sql.fetch("SELECT * FROM holding")),
        "gap": set(await tx.sql.fetch("SELECT batch_id, ordinal, site_id FROM gap")),
        "event": {row["id"] for row in await tx.sql.fetch("SELECT id FROM event")},
        "batch": {row["id"] for row in await tx.sql.fetch("SELECT id FROM batch")},
    }
    for table in ("event_item", "posting"):
        of = {row["event_id"] for row in await tx.sql.fetch(f"SELECT event_id FROM {table}")}
        assert of <= found["event"], table
    return found


def whole(found: Seen) -> Seen:
    """With nothing where nothing was said."""
    return {name: found.get(name, set()) for name in ASKED}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("few", [100, 3, 0])
async def test_a_party_sees_what_the_rule_says(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    # Each has two places, and more with what it was granted.
    monkeypatch.setattr(sight, "FEW_PLACES", few)
    world, draw = await drawn(tx, seed), random.Random(seed)
    for who in PARTIES:
        me = world.ids[who]
        given: list[Part] = []
        for round_ in range(3):
            async with seen_by(tx, Role.HOLDER, me, now=NOW):
                assert await seen(tx) == whole(world.seen_by([Part(me), *given])), (who, given)
            if round_ < 2:
                more = parts(world, me, draw)
                for part in more:
                    await grant(tx, part, me)
                given += more
        await tx.sql.execute("UPDATE access_grant SET expires_at = $1", NOW - timedelta(hours=1))
        async with seen_by(tx, Role.HOLDER, me, now=NOW):
            assert await seen(tx) == whole(world.seen_by([Part(me)])), who
        async with owned(tx):
            await tx.sql.execute("DELETE FROM access_grant")
    assert len(world.seen_by([Part(me)])["event"]) < len(world.rows["event"]), "everything is seen"


@pytest.mark.parametrize("few", [100, 0])
async def test_what_goes_into_another_batch_at_another_place_shows_both(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(sight, "FEW_PLACES", few)
    world = await drawn(tx, 0)
    before = {who: world.seen_by([Part(world.ids[who])])["batch"] for who in PARTIES}
    await tx.sql.execute(ACROSS, min(world.batch), place("grower-1"), max(world.batch), place("rival-2"))
    world = await World.load(tx)
    for who in PARTIES:
        async with seen_by(tx, Role.HOLDER, world.ids[who], now=NOW):
            assert await seen(tx) == whole(world.seen_by([Part(world.ids[who])])), who
    assert before != {who: world.seen_by([Part(world.ids[who])])["batch"] for who in PARTIES}


@pytest.mark.parametrize("seed", range(5))
async def test_an_authority_sees_its_area(tx: Transaction, seed: int) -> None:
    world = await drawn(tx, seed)
    office = world.ids["rival"]
    counts = set()
    for area in AREAS:
        async with owned(tx):
            await tx.sql.execute("DELETE FROM jurisdiction")
        for region, category in area:
            await tx.sql.execute(JURISDICTION, office, region, category)
        async with seen_by(tx, Role.REGULATOR, office, now=NOW):
            found = await seen(tx)
        expected = whole(world.seen_in(area))
        assert found == expected, area
        counts.add(len(expected["event"]))
    assert min(counts) == 0
    assert len(counts) > 3, "the areas do not differ"


@pytest.mark.parametrize("role", ROLES)
async def test_a_new_table_is_closed(tx: Transaction, role: str) -> None:
    tables = await tx.sql.fetch(
        "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p', 'v') "
        "AND relnamespace = 'public'::regnamespace AND has_any_column_privilege($1, oid, 'SELECT')",
        role,
    )
    assert {row["relname"] for row in tables} == {*OPEN, *BEHIND}
    assert {row["relname"] for row in tables if not row["relrowsecurity"]} <= REGISTRY | {*BEHIND}
    written = await tx.sql.fetch(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace "
        "AND has_table_privilege($1, oid, 'INSERT, UPDATE, DELETE, TRUNCATE')",
        role,
    )
    assert written == []


async def test_who_is_bound_by_a_policy_cannot_copy_rows_in(tx: Transaction) -> None:
    """Why the service writes rows by statements."""
    for statement in (
        "SET LOCAL ROLE NONE",
        "CREATE ROLE test_bound NOLOGIN",
        "GRANT SELECT, INSERT ON gap TO test_bound",
        "CREATE POLICY all_of_it ON gap TO test_bound USING (true) WITH CHECK (true)",
        "SET LOCAL ROLE test_bound",
        "INSERT INTO gap (batch_id, ordinal, kind) VALUES (1, 0, 'overdue')",
    ):
        await tx.sql.execute(statement)
    columns = ["batch_id", "ordinal", "kind"]
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="row-level security"):
        await tx.sql.copy_records_to_table("gap", records=[(1, 1, "overdue")], columns=columns)


@pytest.mark.parametrize("role", ROLES)
async def test_who_says_nothing_of_itself_sees_no_goods(tx: Transaction, role: str) -> None:
    await capture(tx, *goings(0), master=owners(**PLACES))
    await tx.sql.execute("SELECT set_config('role', $1, true)", role)
    for table in ("flow", "holding", "gap", "event", "event_item", "journal_entry", "batch", "capture_job"):
        assert await tx.sql.fetchval(f"SELECT count(*) FROM {table}") == 0, table

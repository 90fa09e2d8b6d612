"""What a party sees in the database, against the rule in a few lines; and that it sees no other table."""

import random
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from service.auth.sight import see_as_party
from service.db.party_role import BEHIND, OPEN, REGISTRY, ROLES
from service.db.transaction import Transaction
from tests.world import Json, capture, commission, owners, pack, party, receive, ship, transform

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PARTIES = ("grower", "miller", "baker", "rival")
PLACES = {f"{who}-{n}": who for who in PARTIES for n in (1, 2)}


def goings(seed: int) -> list[Json]:
    """Some of everything, between places drawn by lot."""
    draw = random.Random(seed)
    events: list[Json] = []
    lots: list[tuple[str, str]] = []
    for number in range(24):
        name, at = f"{seed}-{number}", draw.choice(list(PLACES))
        match draw.choice(["make", "move", "move", "send", "use", "pack"]) if lots else "make":
            case "make":
                lots.append((f"L{number}", at))
                events.append(commission(f"L{number}=9", at=at, on=number, id=name))
            case "move":
                lot, source = draw.choice(lots)
                events.append(ship(f"{lot}=2", at=source, to=at, on=number, id=f"{name}s"))
                events.append(receive(f"{lot}=2", at=at, source=source, on=number + 0.5, id=f"{name}r"))
                lots.append((lot, at))
            case "send":
                lot, source = draw.choice(lots)
                events.append(ship(f"{lot}=1", at=source, to_party=PLACES[at], on=number, id=name))
            case "use":
                lot, there = draw.choice(lots)
                lots.append((f"L{number}", there))
                events.append(transform([f"{lot}=1"], [f"L{number}=1"], at=there, on=number, id=name))
            case "pack":
                lot, there = draw.choice(lots)
                events.append(pack(f"@P{number}", f"{lot}=1", at=there, on=number, id=name))
    return events


EVENTS = """
SELECT event_id, ARRAY[site_id, read_site_id, source_site_id, destination_site_id] AS sites,
       ARRAY[source_party_id, destination_party_id] AS parties
FROM journal_entry
"""


async def everything(tx: Transaction) -> dict[str, list[asyncpg.Record]]:
    """All rows that the rule is about."""
    return {
        "flow": await tx.sql.fetch("SELECT * FROM flow"),
        "holding": await tx.sql.fetch("SELECT * FROM holding"),
        "gap": await tx.sql.fetch("SELECT batch_id, ordinal, site_id FROM gap"),
        "event": await tx.sql.fetch(EVENTS),
    }


def rule(rows: dict[str, list[asyncpg.Record]], mine: set[int], me: int) -> dict[str, set[Any]]:
    """What a party with these places sees: batches by id, events by id, the rest whole."""
    flows = {row for row in rows["flow"] if {row["from_site_id"], row["to_site_id"]} & mine}
    holdings = {row for row in rows["holding"] if row["site_id"] in mine}
    events = {row["event_id"] for row in rows["event"] if {*row["sites"]} & mine or me in row["parties"]}
    gaps = {row for row in rows["gap"] if row["site_id"] in mine}
    batches = {row[name] for row in flows for name in ("batch_id", "to_batch_id")}
    return {
        "flow": flows,
        "holding": holdings,
        "gap": gaps,
        "event": events,
        "batch": batches | {row["batch_id"] for row in holdings},
    }


@pytest.mark.parametrize("seed", range(6))
async def test_a_party_sees_what_the_rule_says(tx: Transaction, seed: int) -> None:
    await capture(tx, *goings(seed), master=owners(**PLACES))
    whole = await everything(tx)
    for who in PARTIES:
        me = await tx.sql.fetchval("SELECT id FROM party WHERE uri = $1", party(who))
        mine = {row["id"] for row in await tx.sql.fetch("SELECT id FROM site WHERE party_id = $1", me)}
        expected = rule(whole, mine, me)
        await see_as_party(tx, me, now=NOW)
        seen = {name: set(rows) for name, rows in (await everything(tx)).items() if name != "event"}
        seen["event"] = {row["id"] for row in await tx.sql.fetch("SELECT id FROM event")}
        seen["batch"] = {row["id"] for row in await tx.sql.fetch("SELECT id FROM batch")}
        items = {row["event_id"] for row in await tx.sql.fetch("SELECT event_id FROM event_item")}
        await tx.sql.execute("RESET ROLE")
        assert seen == expected, who
        assert items <= expected["event"]
        assert seen["event"] < {row["event_id"] for row in whole["event"]}, "everything is seen"


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


@pytest.mark.parametrize("role", ROLES)
async def test_who_says_nothing_of_itself_sees_no_goods(tx: Transaction, role: str) -> None:
    await capture(tx, *goings(0), master=owners(**PLACES))
    await tx.sql.execute("SELECT set_config('role', $1, true)", role)
    for table in ("flow", "holding", "gap", "event", "event_item", "journal_entry", "batch", "capture_job"):
        assert await tx.sql.fetchval(f"SELECT count(*) FROM {table}") == 0, table

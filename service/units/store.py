"""Units in their tables: found by any name, what is known of them, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.events.namespaces import local_name
from service.units.status import DEPARTURES, Status, Told, status_told

#: Events and acts of one unit that are read; a unit of goods has a handful.
TOLD_MOST: Final = 1_000

FIND_UNIT: Final = "SELECT id FROM unit WHERE uri = $1 AND batch_id IS NOT NULL"
FIND_BY_CODE: Final = "SELECT unit_id FROM drug_code WHERE code = $1 AND unit_id IS NOT NULL"
LOCK_UNIT: Final = "SELECT FROM unit WHERE id = $1 FOR NO KEY UPDATE"
CODES_OF: Final = "SELECT code FROM drug_code WHERE unit_id = $1 ORDER BY code LIMIT 100"
EVENTS_OF: Final = """
SELECT entry.event_key, entry.time, entry.type, entry.action, entry.step, event.disposition, item.role,
       coalesce(entry.site_id, entry.read_site_id) AS site_id
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
JOIN event ON event.id = item.event_id
WHERE NOT entry.voided AND item.unit_id IN (
    SELECT $1::bigint
    UNION ALL
    -- Events may name the pack by its drug code instead.
    SELECT alias.id FROM drug_code JOIN unit AS alias ON alias.uri = 'urn:suyuan:drug:' || drug_code.code
    WHERE drug_code.unit_id = $1
)
ORDER BY entry.time, entry.event_id LIMIT $2
"""
ACTS_OF: Final = """
SELECT act.*, later.id IS NOT NULL AS reversed
FROM unit_act AS act LEFT JOIN unit_act AS later ON later.reverses = act.id
WHERE act.unit_id = $1 ORDER BY act.id DESC LIMIT $2
"""
INSERT_ACT: Final = """
INSERT INTO unit_act
    (unit_id, kind, status, at, recorded_at, site_id, recorded_by, reference, rule, reverses)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
"""
SITES: Final = "SELECT id, uri, gln, name_zh, name_en, region FROM site WHERE id = ANY($1::bigint[])"

OWNER: Final = "SELECT party_id FROM site WHERE id = $1"
PLACES_OF: Final = "SELECT id FROM site WHERE party_id = $1"


@dataclass(frozen=True, slots=True)
class NewAct:
    """A row of `unit_act` to be added."""

    unit_id: int
    kind: str
    status: Status
    at: datetime
    recorded_at: datetime
    site_id: int
    recorded_by: str
    reference: str | None = None
    rule: str | None = None
    reverses: int | None = None


async def find_unit(tx: Transaction, uri: str, drug_code: str | None) -> int | None:
    """The id of the unit of goods with this canonical URI, or to which this drug code was given."""
    if drug_code is not None:
        named = await tx.sql.fetchval(FIND_BY_CODE, drug_code)
        if named is not None:
            return int(named)
    found = await tx.sql.fetchval(FIND_UNIT, uri)
    return None if found is None else int(found)


async def lock_unit(tx: Transaction, unit_id: int) -> None:
    """Nobody else changes the unit's state until the transaction ends."""
    await tx.sql.execute(LOCK_UNIT, unit_id)


async def fetch_pack(tx: Transaction, unit_id: int) -> dict[str, Any]:
    """The unit with its batch and product: columns of `pack.sql`."""
    row = await tx.sql.fetchrow(statement("service.units", "pack"), unit_id)
    assert row is not None
    return dict(row)


async def codes_of(tx: Transaction, unit_id: int) -> list[str]:
    """The drug codes that name the unit."""
    return [row["code"] for row in await tx.sql.fetch(CODES_OF, unit_id)]


async def told_by_events(tx: Transaction, unit_id: int) -> list[Told]:
    """The departures that events tell of the unit."""
    told = []
    for row in await tx.sql.fetch(EVENTS_OF, unit_id, TOLD_MOST):
        step, disposition = (
            local_name(row[name]).lower() if row[name] else None for name in ("step", "disposition")
        )
        status = status_told(row["type"], row["action"], step, disposition, row["role"])
        if status is not None:
            told.append(Told(status, row["time"], row["site_id"], event=row["event_key"]))
    return told


async def acts_of(tx: Transaction, unit_id: int) -> list[dict[str, Any]]:
    """What was done with the unit over REST, latest first, each with `reversed`."""
    return [dict(row) for row in await tx.sql.fetch(ACTS_OF, unit_id, TOLD_MOST)]


def told_by_acts(acts: Sequence[dict[str, Any]]) -> list[Told]:
    """The departures among acts that were not taken back."""
    return [
        Told(
            Status(act["status"]),
            act["at"],
            act["site_id"],
            act=act["id"],
            by=act["recorded_by"],
            reference=act["reference"],
        )
        for act in acts
        if act["kind"] == "leave" and not act["reversed"] and Status(act["status"]) in DEPARTURES
    ]


async def insert_act(tx: Transaction, act: NewAct) -> int:
    """Add an act; its id."""
    made: int = await tx.sql.fetchval(
        INSERT_ACT,
        act.unit_id,
        act.kind,
        act.status,
        act.at,
        act.recorded_at,
        act.site_id,
        act.recorded_by,
        act.reference,
        act.rule,
        act.reverses,
    )
    return made


async def owner_of(tx: Transaction, site_id: int) -> int | None:
    """Who runs a place."""
    found: int | None = await tx.sql.fetchval(OWNER, site_id)
    return found


async def places_of(tx: Transaction, party_id: int) -> set[int]:
    """The places that a party runs."""
    return {row["id"] for row in await tx.sql.fetch(PLACES_OF, party_id)}


async def sites_named(tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Places by id, as answers show them."""
    return {row["id"]: dict(row) for row in await tx.sql.fetch(SITES, ids)}

"""Recall cases in their tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.recall.scopes import Range
from service.recall.states import LIVE, Standing, Status, standing
from service.trace.graph import Node
from service.trace.walk import Walk, carried_flows

NEXT_ID = "SELECT nextval(pg_get_serial_sequence('recall', 'id'))"
FIND = """
-- The evidence stays where it is: it may be many megabytes.
SELECT id, number, status, title_zh, title_en, reason_zh, reason_en, advice_zh, advice_en,
    hazard_class, scope, kind, profile, mandate, ordered_by, cause, cause_reference, responsible_party_id,
    depth, check_level, planned_quantity, remedy_zh, remedy_en, contact, distribution_zh, distribution_en,
    opened_at, opened_by, known_at, closed_at, closed_by, closing_note, as_of_event_id, evidence_sha256
FROM recall WHERE id = $1
"""
EVIDENCE = "SELECT as_of_event_id, evidence, evidence_sha256 FROM recall WHERE id = $1"
LOCK = "SELECT status FROM recall WHERE id = $1 FOR UPDATE"
LIST = """
SELECT id, number, status, title_zh, title_en, reason_zh, reason_en, advice_zh, advice_en,
    hazard_class, scope, kind, profile, mandate, ordered_by, cause, cause_reference, responsible_party_id,
    depth, check_level, planned_quantity, remedy_zh, remedy_en, contact, distribution_zh, distribution_en,
    opened_at, opened_by, known_at, closed_at, closed_by, closing_note, as_of_event_id, evidence_sha256
FROM recall
WHERE id > $1 AND ($2::text IS NULL OR status = $2)
  AND ($3::bigint IS NULL OR EXISTS (
        SELECT FROM recall_batch WHERE recall_batch.recall_id = recall.id AND batch_id = $3))
  AND ($5::text IS NULL OR kind = $5)
ORDER BY id LIMIT $4
"""
CONCERNED = """
-- Live cases that mark one of the batches $1, or whose product and days name one that they do not mark yet.
-- They are held: a move of a case waits, so that what is marked here is marked as the case stands.
SELECT recall.id, recall.scope FROM recall
WHERE recall.status = ANY($2::text[])
  AND (recall.id IN (SELECT recall_id FROM recall_batch WHERE batch_id = ANY($1::bigint[]))
    OR (recall.scope ? 'product' AND EXISTS (
        SELECT FROM batch JOIN product ON product.id = batch.product_id
        WHERE batch.id = ANY($1::bigint[]) AND product.uri = recall.scope #>> '{product,0}')))
ORDER BY recall.id FOR SHARE
"""
MARK_BATCHES = """
INSERT INTO recall_batch (batch_id, recall_id, in_scope, found_at, standing, units_only)
SELECT batch_id, $2, in_scope, $3, $5, in_scope AND $6
FROM unnest($1::bigint[], $4::boolean[]) AS marked (batch_id, in_scope)
ON CONFLICT DO NOTHING
"""
STANDING_NOW = "SELECT kind, status FROM recall WHERE id = $1"
SET_STANDING = "UPDATE recall_batch SET standing = $2 WHERE recall_id = $1 AND standing IS DISTINCT FROM $2"
ADD_UNITS = """
INSERT INTO recall_unit_range (recall_id, first, last)
SELECT $1, first, max(last) FROM unnest($2::text[], $3::text[]) AS named (first, last) GROUP BY first
"""
MARKED = "SELECT batch_id FROM recall_batch WHERE recall_id = $1"
KNOWN_HOLDINGS = "SELECT batch_id, site_id FROM recall_holding WHERE recall_id = $1"
HOLDINGS_NOW = """
-- Who holds it, and how much is there now: one row for each holding.
SELECT batch_id, site_id, (array_agg(party_id))[1] AS party_id, min(first_at) AS first_at,
       jsonb_object_agg(uom, trim_scale(
               produced + received - shipped - consumed - sold - destroyed - sampled)::text)
           AS on_hand
FROM holding WHERE batch_id = ANY($1::bigint[]) GROUP BY batch_id, site_id
"""
ADD_HOLDINGS = """
INSERT INTO recall_holding
    (recall_id, batch_id, site_id, party_id, found_by, found_at, affected_at, hops, event_id, on_hand)
SELECT $1, batch_id, site_id, party_id, $2, $3, affected_at, hops, event_id, on_hand::jsonb
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[], $8::int[], $9::bigint[], $10::text[])
    AS found (batch_id, site_id, party_id, affected_at, hops, event_id, on_hand)
ON CONFLICT DO NOTHING
"""
SET_STATUS = """
UPDATE recall SET status = $2::text,
    closed_at = CASE WHEN $5 THEN $3::timestamptz END,
    closed_by = CASE WHEN $5 THEN $4 END,
    closing_note = CASE WHEN $5 THEN $6 END,
    opened_at = CASE WHEN status = 'assessing' AND $2::text = 'open' THEN $3 ELSE opened_at END
WHERE id = $1
"""
DECIDE = "UPDATE recall SET kind = $2, hazard_class = $3, depth = $4, check_level = $5 WHERE id = $1"
ORDER = "UPDATE recall SET mandate = $2, ordered_by = $3 WHERE id = $1"
SCOPE_BATCHES = """
SELECT batch.id, batch.uri, batch.lot, product.uri AS product_uri, product.gtin,
       product.name_zh AS product_name_zh, product.name_en AS product_name_en, recall_batch.in_scope,
       recall_batch.standing, recall_batch.units_only
FROM recall_batch
JOIN batch ON batch.id = recall_batch.batch_id
LEFT JOIN product ON product.id = batch.product_id
WHERE recall_batch.recall_id = $1 ORDER BY recall_batch.in_scope DESC, batch.id LIMIT $2
"""
SUMMARY = """
SELECT count(*) AS holdings,
       count(*) FILTER (WHERE found.found_by = 'widening') AS found_by_widening,
       count(DISTINCT found.batch_id) AS batches,
       count(DISTINCT found.site_id) AS sites,
       count(DISTINCT coalesce(now_held.party_id, found.party_id)) AS parties,
       count(DISTINCT site.region) AS regions
FROM recall_holding AS found
JOIN site ON site.id = found.site_id
LEFT JOIN LATERAL (
    SELECT party_id FROM holding
    WHERE holding.batch_id = found.batch_id AND holding.site_id = found.site_id LIMIT 1
) AS now_held ON true
WHERE found.recall_id = $1
"""
ON_HAND = """
SELECT holding.uom,
       sum(produced + received - shipped - consumed - sold - destroyed - sampled) AS on_hand,
       sum(sold) AS sold, sum(destroyed) AS destroyed
FROM recall_holding AS found
JOIN holding ON holding.batch_id = found.batch_id AND holding.site_id = found.site_id
WHERE found.recall_id = $1 GROUP BY holding.uom ORDER BY holding.uom
"""
IN_TRANSIT = """
-- By unit of measure. What left without a quantity counts for nothing here; it is listed with the holder.
SELECT flow.shipped_uom AS uom, sum(flow.shipped_quantity) AS in_transit
FROM recall_holding AS found
JOIN flow ON flow.to_batch_id = found.batch_id AND flow.to_site_id = found.site_id
WHERE found.recall_id = $1 AND flow.arrived_at IS NULL AND flow.shipped_quantity IS NOT NULL
  AND flow.shipped_uom IS NOT NULL
GROUP BY flow.shipped_uom ORDER BY flow.shipped_uom
"""


async def next_id(tx: Transaction) -> int:
    """The id of a case about to be opened."""
    return int(await tx.sql.fetchval(NEXT_ID))


async def find_recall(tx: Transaction, recall_id: int) -> dict[str, Any] | None:
    """The case, every column but its evidence."""
    row = await tx.sql.fetchrow(FIND, recall_id)
    return None if row is None else dict(row)


async def find_evidence(tx: Transaction, recall_id: int) -> dict[str, Any] | None:
    """The frozen trace of a case, its digest, and up to which event it reaches."""
    row = await tx.sql.fetchrow(EVIDENCE, recall_id)
    return None if row is None else dict(row)


async def list_recalls(
    tx: Transaction, *, after: int, limit: int, status: str | None, kind: str | None, batch: int | None
) -> list[dict[str, Any]]:
    """Cases in the order of opening; `batch`: those that mark it."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, status, batch, limit, kind)]


async def live_recalls_on(tx: Transaction, batches: Collection[int]) -> Sequence[asyncpg.Record]:
    """Live cases (id, scope) that mark one of the batches."""
    return await tx.sql.fetch(CONCERNED, sorted(batches), sorted(LIVE))


async def marked_batches(tx: Transaction, recall_id: int) -> set[int]:
    """The batches that the case marks as recalled."""
    return {row["batch_id"] for row in await tx.sql.fetch(MARKED, recall_id)}


async def add_found(
    tx: Transaction,
    recall_id: int,
    found: Walk,
    in_scope: Collection[int],
    *,
    found_by: str,
    now: datetime,
    units_only: bool = False,
) -> list[Node]:
    """Write down what a trace found and the case does not have yet: the holdings that are new.

    `units_only`: of the batches in scope, only the units that the case names are meant.
    """
    batches = sorted(found.batches() | set(in_scope))
    case = await tx.sql.fetchrow(STANDING_NOW, recall_id)
    assert case is not None
    await tx.sql.execute(
        MARK_BATCHES,
        batches,
        recall_id,
        now,
        [batch in in_scope for batch in batches],
        standing(case["kind"], case["status"]),
        units_only,
    )
    known = {Node(*row) for row in await tx.sql.fetch(KNOWN_HOLDINGS, recall_id)}
    fresh = sorted(node for node in found.reached if node not in known)
    if not fresh:
        return []
    held = {Node(row["batch_id"], row["site_id"]): row for row in await tx.sql.fetch(HOLDINGS_NOW, batches)}
    came_by = _came_by(await carried_flows(tx, found.flows))
    columns: list[list[Any]] = [[] for _ in range(7)]
    for node in fresh:
        reached, row, flow = found.reached[node], held.get(node), came_by.get(node)
        values = (
            node.batch,
            node.site,
            row["party_id"] if row else None,
            _reached_at(flow) if flow else row["first_at"] if row else None,
            reached.hops,
            (flow["receive_event_id"] or flow["ship_event_id"]) if flow else None,
            msgspec.json.encode(row["on_hand"]).decode() if row else "{}",
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    await tx.sql.execute(ADD_HOLDINGS, recall_id, found_by, now, *columns)
    return fresh


def _came_by(flows: Sequence[asyncpg.Record]) -> Mapping[Node, asyncpg.Record]:
    """For each holding the flow by which affected goods came first."""
    first: dict[Node, asyncpg.Record] = {}
    for row in flows:
        node = Node(row["to_batch_id"], row["to_site_id"])
        known = first.get(node)
        if known is None or _reached_at(row) < _reached_at(known):
            first[node] = row
    return first


def _reached_at(row: asyncpg.Record) -> datetime:
    at: datetime = row["arrived_at"] or row["departed_at"]
    return at


async def recalled_batches(tx: Transaction, recall_id: int, limit: int) -> list[dict[str, Any]]:
    """The batches of a case, those that its scope names first."""
    return [dict(row) for row in await tx.sql.fetch(SCOPE_BATCHES, recall_id, limit)]


async def list_holders(
    tx: Transaction, recall_id: int, after: tuple[int, int], limit: int
) -> list[dict[str, Any]]:
    """Rows of `holders.sql` after the key (batch, site)."""
    rows = await tx.sql.fetch(statement("service.recall", "holders"), recall_id, *after, limit)
    return [dict(row) for row in rows]


async def summarise(tx: Transaction, recall_id: int) -> dict[str, Any]:
    """Counts of a case as it stands now, and quantities by unit of measure."""
    amounts = await tx.sql.fetch(ON_HAND, recall_id)
    under_way = await tx.sql.fetch(IN_TRANSIT, recall_id)
    return {
        **await count_found(tx, recall_id),
        "in_transit": {part["uom"]: f"{part['in_transit'].normalize():f}" for part in under_way},
        **{
            state: {part["uom"]: f"{part[state].normalize():f}" for part in amounts if part[state]}
            for state in ("on_hand", "sold", "destroyed")
        },
    }


async def count_found(tx: Transaction, recall_id: int) -> dict[str, int]:
    """How many holdings, parties, places, regions and batches a case has found."""
    row = await tx.sql.fetchrow(SUMMARY, recall_id)
    assert row is not None
    return dict(row)


async def lock_status(tx: Transaction, recall_id: int) -> Status | None:
    """The status of a case, which stays so until the transaction ends; None if there is no such case."""
    status: Status | None = await tx.sql.fetchval(LOCK, recall_id)
    return status


async def set_status(
    tx: Transaction, recall_id: int, target: Status, *, at: datetime, by: str, note: str | None
) -> None:
    """Write down the state that a case is in now. A case that is decided on is opened at that moment."""
    over = target in ("closed", "cancelled")
    await tx.sql.execute(SET_STATUS, recall_id, target, at, by, over, note)


async def decide(tx: Transaction, case: Mapping[str, Any]) -> None:
    """Write down what was decided on: kind, class, and what follows from them."""
    columns = ("id", "kind", "hazard_class", "depth", "check_level")
    await tx.sql.execute(DECIDE, *(case[name] for name in columns))


async def order(tx: Transaction, case: Mapping[str, Any]) -> None:
    """Write down by whose order the case goes on."""
    await tx.sql.execute(ORDER, *(case[name] for name in ("id", "mandate", "ordered_by")))


async def set_standing(tx: Transaction, recall_id: int, said: Standing | None) -> None:
    """What the marks of a case say to the public from now on."""
    await tx.sql.execute(SET_STANDING, recall_id, said)


async def add_unit_ranges(tx: Transaction, recall_id: int, units: Sequence[Range]) -> None:
    """The units that a case is limited to: first and last unit URI of each range."""
    if units:
        await tx.sql.execute(ADD_UNITS, recall_id, [first for first, _ in units], [last for _, last in units])

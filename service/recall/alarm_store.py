"""Alarms in their table."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.recall.alarm_rules import SELLING, Alarm, Key, Leaving

ARMED: Final = """
-- The batches of $1 that decided cases mark ($2: only this case; null: all).
SELECT DISTINCT recall_batch.batch_id FROM recall_batch JOIN recall ON recall.id = recall_batch.recall_id
WHERE recall_batch.batch_id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR recall.id = $2)
  AND recall_batch.standing IS NOT NULL AND recall.status IN ('open', 'completed')
"""
MOVE_TO_DEPARTURE: Final = """
-- An alarm that an arrival raised is the alarm of the departure, once that is known.
UPDATE recall_alarm AS alarm SET event_id = told.event_id
FROM (
    SELECT DISTINCT ON (told.recall_id, told.batch_id, told.event_id) told.*
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        AS told (recall_id, batch_id, event_id, received_in)
    JOIN recall_alarm AS raised ON raised.recall_id = told.recall_id AND raised.batch_id = told.batch_id
      AND raised.event_id = told.received_in AND raised.kind = 'shipped'
    ORDER BY told.recall_id, told.batch_id, told.event_id, told.received_in
) AS told
WHERE alarm.recall_id = told.recall_id AND alarm.batch_id = told.batch_id
  AND alarm.event_id = told.received_in AND alarm.kind = 'shipped'
  AND NOT EXISTS (
        SELECT FROM recall_alarm AS other
        WHERE other.recall_id = told.recall_id AND other.batch_id = told.batch_id
          AND other.event_id = told.event_id AND other.kind = 'shipped')
"""
RAISE: Final = """
-- Returns the alarms that are new.
INSERT INTO recall_alarm AS alarm
    (recall_id, batch_id, event_id, kind, from_site_id, to_site_id, amounts, at, raised_at)
SELECT recall_id, batch_id, event_id, kind, from_site_id, to_site_id, amounts::jsonb, at, $9
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
            $8::timestamptz[])
    AS told (recall_id, batch_id, event_id, kind, from_site_id, to_site_id, amounts, at)
ORDER BY recall_id, batch_id, event_id, kind
ON CONFLICT ON CONSTRAINT recall_alarm_event_key DO UPDATE
SET from_site_id = excluded.from_site_id, to_site_id = excluded.to_site_id, amounts = excluded.amounts,
    at = excluded.at, withdrawn_at = NULL
WHERE (alarm.from_site_id, alarm.to_site_id, alarm.amounts, alarm.at, alarm.withdrawn_at) IS DISTINCT FROM
      (excluded.from_site_id, excluded.to_site_id, excluded.amounts, excluded.at, NULL)
RETURNING id, recall_id, xmax = 0 AS fresh
"""
WITHDRAW: Final = """
-- Of live cases, what the events of the batches $1 no longer show ($2: only of this case; null: all).
UPDATE recall_alarm AS alarm SET withdrawn_at = $7
FROM recall
WHERE recall.id = alarm.recall_id AND recall.status IN ('open', 'completed')
  AND alarm.batch_id = ANY($1::bigint[]) AND ($2::bigint IS NULL OR alarm.recall_id = $2)
  AND alarm.withdrawn_at IS NULL
  AND NOT EXISTS (
        SELECT FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
            AS told (recall_id, batch_id, event_id, kind)
        WHERE told.recall_id = alarm.recall_id AND told.batch_id = alarm.batch_id
          AND told.event_id = alarm.event_id AND told.kind = alarm.kind)
"""
LIST: Final = """
SELECT alarm.id, alarm.kind, alarm.batch_id, batch.uri AS batch_uri, batch.lot,
       product.name_zh AS product_name_zh, product.name_en AS product_name_en,
       entry.event_key AS event, alarm.amounts, alarm.at, alarm.raised_at, alarm.withdrawn_at,
       alarm.seen_at, alarm.seen_by,
       origin.uri AS from_site_uri, origin.name_zh AS from_site_name_zh, origin.name_en AS from_site_name_en,
       sender.id AS from_party_id, sender.name_zh AS from_party_name_zh, sender.name_en AS from_party_name_en,
       target.uri AS to_site_uri, target.name_zh AS to_site_name_zh, target.name_en AS to_site_name_en,
       taker.id AS to_party_id, taker.name_zh AS to_party_name_zh, taker.name_en AS to_party_name_en
FROM recall_alarm AS alarm
JOIN batch ON batch.id = alarm.batch_id
LEFT JOIN product ON product.id = batch.product_id
LEFT JOIN journal_entry AS entry ON entry.event_id = alarm.event_id
LEFT JOIN site AS origin ON origin.id = alarm.from_site_id
LEFT JOIN party AS sender ON sender.id = coalesce(origin.party_id, (
    SELECT party_id FROM holding WHERE holding.batch_id = alarm.batch_id AND site_id = origin.id LIMIT 1))
LEFT JOIN site AS target ON target.id = alarm.to_site_id
LEFT JOIN party AS taker ON taker.id = coalesce(target.party_id, (
    SELECT party_id FROM holding WHERE holding.batch_id = alarm.batch_id AND site_id = target.id LIMIT 1))
WHERE alarm.recall_id = $1 AND alarm.id > $2
  AND ($4::boolean IS NULL OR (alarm.seen_at IS NOT NULL) = $4)
  AND ($5::bigint IS NULL OR sender.id = $5)
ORDER BY alarm.id LIMIT $3
"""
SEE: Final = """
UPDATE recall_alarm SET seen_at = coalesce(seen_at, $3), seen_by = coalesce(seen_by, $4)
WHERE recall_id = $1 AND id = $2 RETURNING id
"""


async def armed_batches(tx: Transaction, batches: Collection[int], recall_id: int | None) -> list[int]:
    """Those of the batches whose movements are alarms."""
    return [row["batch_id"] for row in await tx.sql.fetch(ARMED, sorted(batches), recall_id)]


async def left_after_stop(tx: Transaction, batches: Collection[int], recall_id: int | None) -> list[Leaving]:
    """What left the holdings of the batches after the stop."""
    query = statement("service.recall", "moves_after_stop")
    rows = await tx.sql.fetch(query, sorted(batches), recall_id, list(SELLING))
    return [Leaving(**dict(row)) for row in rows]


async def write_alarms(
    tx: Transaction,
    batches: Collection[int],
    recall_id: int | None,
    alarms: Mapping[Key, Alarm],
    now: datetime,
) -> dict[int, list[int]]:
    """Let the alarms of these batches be exactly these; case -> ids of those that are new."""
    arrivals = [(*key[:3], event) for key, alarm in alarms.items() for event in sorted(alarm.received_in)]
    if arrivals:
        await tx.sql.execute(MOVE_TO_DEPARTURE, *map(list, zip(*arrivals, strict=True)))
    rows = [
        (*key, alarm.from_site_id, alarm.to_site_id, msgspec.json.encode(alarm.told).decode(), alarm.at)
        for key, alarm in alarms.items()
    ]
    columns: Sequence[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[]] * 8
    fresh: dict[int, list[int]] = {}
    for row in await tx.sql.fetch(RAISE, *columns, now) if rows else ():
        if row["fresh"]:
            fresh.setdefault(row["recall_id"], []).append(row["id"])
    await tx.sql.execute(WITHDRAW, sorted(batches), recall_id, *columns[:4], now)
    return fresh


async def list_alarms(
    tx: Transaction, recall_id: int, after: int, limit: int, *, seen: bool | None, party: int | None = None
) -> list[dict[str, Any]]:
    """Alarms of a case in the order they were raised; `party`: only of what left its places."""
    return [dict(row) for row in await tx.sql.fetch(LIST, recall_id, after, limit, seen, party)]


async def see_alarm(tx: Transaction, recall_id: int, alarm_id: int, *, now: datetime, by: str) -> bool:
    """Somebody has looked at it; who was first stays. False where there is none."""
    return await tx.sql.fetchval(SEE, recall_id, alarm_id, now, by) is not None

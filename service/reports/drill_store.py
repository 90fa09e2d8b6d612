"""Drills in their table, and what a drill reads beside the trace."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.notices.channel_store import find_channels
from service.reports.mass_balance import Held, Moved

NEXT_ID: Final = "SELECT nextval(pg_get_serial_sequence('drill', 'id'))"
INSERT: Final = """
INSERT INTO drill (id, number, scope, note, asked_by, started_at, as_of_event_id, seconds, percent, holdings,
                   holders, reachable, gaps, product_ids, party_ids, asked_party_id, report, report_sha256,
                   holder_list)
VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18, $19)
"""
FIND: Final = """
SELECT id, number, scope, note, asked_by, started_at, as_of_event_id, seconds, percent, holdings, holders,
       reachable, gaps, product_ids, party_ids, report, report_sha256
FROM drill WHERE id = $1
"""
LIST: Final = """
SELECT id, number, scope, note, asked_by, started_at, seconds, percent, holdings, holders, reachable, gaps,
       product_ids, party_ids, report_sha256
FROM drill
WHERE id > $1 AND ($2::bigint IS NULL OR $2 = ANY(product_ids))
  AND ($3::bigint IS NULL OR $3 = ANY(party_ids))
ORDER BY id LIMIT $4
"""
LATEST: Final = """
SELECT * FROM (
    SELECT id, number, scope, note, asked_by, started_at, seconds, percent, holdings, holders, reachable,
           gaps, product_ids, party_ids, report_sha256
    FROM drill
    WHERE ($1::bigint IS NULL OR $1 = ANY(product_ids)) AND ($2::bigint IS NULL OR $2 = ANY(party_ids))
      AND ($4::bigint IS NULL OR id <= $4)
    ORDER BY id DESC LIMIT $3
) AS latest ORDER BY id
"""
HOLDER_LIST: Final = "SELECT holder_list FROM drill WHERE id = $1"
PRODUCTS: Final = """
-- What batches are of, and whose products they are.
SELECT DISTINCT product.id, product.party_id
FROM batch JOIN product ON product.id = batch.product_id WHERE batch.id = ANY($1::bigint[])
"""


async def read_places(tx: Transaction, batches: Collection[int]) -> list[Held]:
    """Every holding of the batches."""
    rows = await tx.sql.fetch(statement("service.reports", "balance_places"), sorted(batches))
    return [Held(*row) for row in rows]


async def read_moves(tx: Transaction, batches: Collection[int], overdue: datetime) -> list[Moved]:
    """The moves of the batches that did not arrive as they left."""
    rows = await tx.sql.fetch(statement("service.reports", "balance_moves"), sorted(batches), overdue)
    return [Moved(*row) for row in rows]


async def products_of(tx: Transaction, batches: Collection[int]) -> tuple[list[int], list[int]]:
    """(products, the parties whose products they are) of batches."""
    rows = await tx.sql.fetch(PRODUCTS, sorted(batches))
    owners = {row["party_id"] for row in rows if row["party_id"] is not None}
    return sorted({row["id"] for row in rows}), sorted(owners)


async def channels_of(tx: Transaction, parties: Collection[int]) -> dict[int, list[str]]:
    """The channels by which a notice would go to parties, as they may be shown."""
    found = await find_channels(tx, parties)
    return {party: [f"{one.kind} {one.shown}" for one in channels] for party, channels in found.items()}


async def next_id(tx: Transaction) -> int:
    """The id of a drill about to be kept."""
    return int(await tx.sql.fetchval(NEXT_ID))


async def insert_drill(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Keep a drill; `row` has the columns in the order of `INSERT`."""
    values = [
        msgspec.json.encode(value).decode() if name in ("scope", "report") else value
        for name, value in row.items()
    ]
    await tx.sql.execute(INSERT, *values)


async def find_drill(tx: Transaction, drill_id: int) -> dict[str, Any] | None:
    """One drill with its report."""
    row = await tx.sql.fetchrow(FIND, drill_id)
    return None if row is None else dict(row)


async def list_drills(
    tx: Transaction, *, after: int, limit: int, product: int | None, party: int | None
) -> list[dict[str, Any]]:
    """Drills in the order they were run, without their reports."""
    return [dict(row) for row in await tx.sql.fetch(LIST, after, product, party, limit)]


async def latest_drills(
    tx: Transaction, *, most: int, product: int | None, party: int | None, last: int | None = None
) -> Sequence[Mapping[str, Any]]:
    """The latest of them up to `last`, the oldest first."""
    return [dict(row) for row in await tx.sql.fetch(LATEST, product, party, most, last)]


async def find_holder_list(tx: Transaction, drill_id: int) -> bytes | None:
    """The full list of a drill, CSV in gzip."""
    found: bytes | None = await tx.sql.fetchval(HOLDER_LIST, drill_id)
    return found

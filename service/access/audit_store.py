"""SQL of the records of reads, the latest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from service.db.transaction import Transaction

#: $1 the id before which, or null; $2 rows. $3 to $5: whose reads alone (a role, of its party or else of its
#: key); $6 to $10 filters. A party's transaction shows the records that concern it, and batches it may see.
LIST: Final = """
SELECT id, at, reader, reader_key, reader_role, reader_party_id, method, route, subject_kind, subject_id,
       parties[1:1000] AS parties,
       ARRAY(SELECT json_build_object('id', batch.id, 'uri', batch.uri)
             FROM batch WHERE batch.id = ANY (audit_read.batches) ORDER BY batch.id) AS batches
FROM audit_read
WHERE ($1::bigint IS NULL OR id < $1)
  AND ($3::text IS NULL
       OR (reader_role = $3
           AND CASE WHEN $4::bigint IS NULL THEN reader_key = $5 ELSE reader_party_id = $4 END))
  AND ($6::timestamptz IS NULL OR at >= $6)
  AND ($7::timestamptz IS NULL OR at < $7)
  AND ($8::text IS NULL OR reader_role = $8)
  AND ($9::bigint IS NULL OR parties @> ARRAY[$9])
  AND ($10::bigint IS NULL
       OR (batches @> ARRAY[$10] AND EXISTS (SELECT FROM batch WHERE batch.id = $10)))
ORDER BY id DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given must fit."""

    since: datetime | None = None
    until: datetime | None = None
    role: str | None = None
    party: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class OwnReads:
    """Reads of one authority: of its party, else of its key."""

    role: str
    party_id: int | None
    key: str


async def list_reads(
    tx: Transaction, filters: Filters, own: OwnReads | None, *, before: int, limit: int
) -> list[asyncpg.Record]:
    """Records before this id (0: the latest), up to `limit`. `own`: those of this reader alone."""
    return await tx.sql.fetch(
        LIST,
        before or None,
        limit,
        *((own.role, own.party_id, own.key) if own else (None, None, None)),
        *(filters.since, filters.until, filters.role, filters.party, filters.batch),
    )

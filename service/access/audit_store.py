"""SQL of the records of reads, the latest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from service.db.transaction import Transaction

#: $1 the id before which, or null; $2 rows; $3 an authority's party: its own reads alone; $4 to $8 filters. A
#: party's transaction shows the records that concern it, and batches it may see.
LIST: Final = """
SELECT id, at, reader, reader_key, reader_role, reader_party_id, method, route, subject_kind, subject_id,
       parties[1:1000] AS parties,
       ARRAY(SELECT json_build_object('id', batch.id, 'uri', batch.uri)
             FROM batch WHERE batch.id = ANY (audit_read.batches) ORDER BY batch.id) AS batches
FROM audit_read
WHERE ($1::bigint IS NULL OR id < $1)
  AND ($3::bigint IS NULL OR (reader_role = 'regulator' AND reader_party_id = $3))
  AND ($4::timestamptz IS NULL OR at >= $4)
  AND ($5::timestamptz IS NULL OR at < $5)
  AND ($6::text IS NULL OR reader_role = $6)
  AND ($7::bigint IS NULL OR parties @> ARRAY[$7])
  AND ($8::bigint IS NULL OR (batches @> ARRAY[$8] AND EXISTS (SELECT FROM batch WHERE batch.id = $8)))
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


async def list_reads(
    tx: Transaction, filters: Filters, authority: int | None, *, before: int, limit: int
) -> list[asyncpg.Record]:
    """Records before this id (0: the latest), up to `limit`. `authority`: what this party has read as one."""
    return await tx.sql.fetch(
        LIST,
        before or None,
        limit,
        authority,
        *(filters.since, filters.until, filters.role, filters.party, filters.batch),
    )

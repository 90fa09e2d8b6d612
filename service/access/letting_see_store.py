"""SQL of grants and jurisdictions. `party`: only what is of this party; null: all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from service.db.transaction import Transaction

UNKNOWN: Final = """
-- Of the rows named by field: which are not there.
SELECT told.field FROM unnest($1::text[], $2::text[], $3::bigint[]) AS told (field, kind, id)
WHERE NOT EXISTS (SELECT FROM party WHERE told.kind = 'party' AND party.id = told.id)
  AND NOT EXISTS (SELECT FROM product WHERE told.kind = 'product' AND product.id = told.id)
ORDER BY told.field
"""
#: $3: as grantor, as grantee, or (null) as either.
LIST_GRANTS: Final = """
SELECT id, grantor_id, grantee_id, product_id, customer_id, begins_at AS events_from, ends_at AS events_until,
       expires_at, created_at, created_by, revoked_at, revoked_by
FROM access_grant
WHERE id > $1 AND ($2::bigint IS NULL
                   OR (grantor_id = $2 AND $3::text IS DISTINCT FROM 'received')
                   OR (grantee_id = $2 AND $3::text IS DISTINCT FROM 'given'))
ORDER BY id LIMIT $4
"""
GIVEN_BETWEEN: Final = """
SELECT count(*) FROM access_grant
WHERE grantor_id = $1 AND grantee_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)
"""
INSERT_GRANT: Final = """
INSERT INTO access_grant (grantor_id, grantee_id, product_id, customer_id, begins_at, ends_at, expires_at,
                          created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id, grantor_id, grantee_id, product_id, customer_id, begins_at AS events_from,
          ends_at AS events_until, expires_at, created_at, created_by, revoked_at, revoked_by
"""
REVOKE_GRANT: Final = """
UPDATE access_grant SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
WHERE id = $1 AND ($4::bigint IS NULL OR $4 IN (grantor_id, grantee_id))
RETURNING id, grantor_id, grantee_id, product_id, customer_id, begins_at AS events_from,
          ends_at AS events_until, expires_at, created_at, created_by, revoked_at, revoked_by
"""
LIST_JURISDICTIONS: Final = """
SELECT id, party_id, region, category, created_at, created_by, revoked_at, revoked_by
FROM jurisdiction WHERE id > $1 AND ($2::bigint IS NULL OR party_id = $2) ORDER BY id LIMIT $3
"""
INSERT_JURISDICTION: Final = """
INSERT INTO jurisdiction (party_id, region, category, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
RETURNING id, party_id, region, category, created_at, created_by, revoked_at, revoked_by
"""
REVOKE_JURISDICTION: Final = """
UPDATE jurisdiction SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
WHERE id = $1
RETURNING id, party_id, region, category, created_at, created_by, revoked_at, revoked_by
"""


async def unknown_fields(tx: Transaction, named: Sequence[tuple[str, str, int]]) -> list[str]:
    """The fields that name what is not registered, of (field, "party" or "product", id)."""
    fields, kinds, ids = (list(column) for column in zip(*named, strict=True))
    return [row["field"] for row in await tx.sql.fetch(UNKNOWN, fields, kinds, ids)]


async def list_grants(
    tx: Transaction, party: int | None, direction: str | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Grants in the order in which they were given, ended ones too."""
    return await tx.sql.fetch(LIST_GRANTS, after, party, direction, limit)


async def count_between(tx: Transaction, grantor: int, grantee: int, now: datetime) -> int:
    """How many grants hold between two parties."""
    return int(await tx.sql.fetchval(GIVEN_BETWEEN, grantor, grantee, now))


async def insert_grant(tx: Transaction, *columns: Any) -> asyncpg.Record:
    """A new grant (its columns in the order of the table)."""
    row = await tx.sql.fetchrow(INSERT_GRANT, *columns)
    assert row is not None
    return row


async def revoke_grant(
    tx: Transaction, grant_id: int, now: datetime, by: str, party: int | None
) -> asyncpg.Record | None:
    """End a grant that the party gave or received; None where there is none."""
    return await tx.sql.fetchrow(REVOKE_GRANT, grant_id, now, by, party)


async def list_jurisdictions(
    tx: Transaction, party: int | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Jurisdictions in the order in which they were given, ended ones too."""
    return await tx.sql.fetch(LIST_JURISDICTIONS, after, party, limit)


async def insert_jurisdiction(tx: Transaction, *columns: Any) -> asyncpg.Record:
    """A new jurisdiction (its columns in the order of the table)."""
    row = await tx.sql.fetchrow(INSERT_JURISDICTION, *columns)
    assert row is not None
    return row


async def revoke_jurisdiction(
    tx: Transaction, jurisdiction_id: int, now: datetime, by: str
) -> asyncpg.Record | None:
    """End a jurisdiction; None where there is none."""
    return await tx.sql.fetchrow(REVOKE_JURISDICTION, jurisdiction_id, now, by)

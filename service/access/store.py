"""SQL of keys, members and invitations. `party`: only what is of this party; null: all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from service.db.transaction import Transaction

FIND_PARTY = "SELECT id FROM party WHERE id = $1"

LIST_KEYS = """
SELECT id, name, hint, role, party_id, permissions, created_at, created_by,
    expires_at, last_used_at, revoked_at
FROM api_key
WHERE id > $1 AND ($2::bigint IS NULL OR party_id = $2) ORDER BY id LIMIT $3
"""
FETCH_KEY = """
SELECT id, name, hint, role, party_id, permissions, created_at, created_by,
    expires_at, last_used_at, revoked_at
FROM api_key
WHERE id = $1 AND ($2::bigint IS NULL OR party_id = $2) FOR NO KEY UPDATE
"""
#: Keys that could let somebody in again, were this one gone.
OTHER_WAYS_IN = """
SELECT count(*) FROM api_key
WHERE id <> $1 AND revoked_at IS NULL AND expires_at IS NULL AND role = 'operator'
  AND permissions @> '{manage,operate}'
"""
REVOKE_KEY = "UPDATE api_key SET revoked_at = $2 WHERE id = $1"
END_KEY = "UPDATE api_key SET expires_at = least(expires_at, $2), renewed_as = $3 WHERE id = $1"

LIST_MEMBERS = """
SELECT id, issuer, subject, name, role, party_id, permissions, created_at, created_by, revoked_at
FROM member
WHERE id > $1 AND ($2::bigint IS NULL OR party_id = $2) ORDER BY id LIMIT $3
"""
#: A member who was let go may come back, as something else.
PUT_MEMBER = """
INSERT INTO member (issuer, subject, name, role, party_id, permissions, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (issuer, subject) DO UPDATE SET
    name = excluded.name, role = excluded.role, party_id = excluded.party_id,
    permissions = excluded.permissions, created_at = excluded.created_at,
    created_by = excluded.created_by, revoked_at = NULL
WHERE member.revoked_at IS NOT NULL
RETURNING id, issuer, subject, name, role, party_id, permissions, created_at, created_by, revoked_at
"""
REVOKE_MEMBER = """
UPDATE member SET revoked_at = coalesce(revoked_at, $2)
WHERE id = $1 AND ($3::bigint IS NULL OR party_id = $3)
RETURNING id, issuer, subject, name, role, party_id, permissions, created_at, created_by, revoked_at
"""

LIST_INVITATIONS = """
SELECT id, name, role, party_id, permissions, created_at, created_by, expires_at, accepted_at, revoked_at
FROM invitation
WHERE id > $1 AND ($2::bigint IS NULL OR party_id = $2) ORDER BY id LIMIT $3
"""
INSERT_INVITATION = """
INSERT INTO invitation (digest, name, role, party_id, permissions, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, name, role, party_id, permissions, created_at, created_by, expires_at, accepted_at, revoked_at
"""
REVOKE_INVITATION = """
UPDATE invitation SET revoked_at = coalesce(revoked_at, $2)
WHERE id = $1 AND ($3::bigint IS NULL OR party_id = $3)
RETURNING id, name, role, party_id, permissions, created_at, created_by, expires_at, accepted_at, revoked_at
"""
#: Two who bring the same one at once: the second waits here, and finds it used.
ACCEPT = """
UPDATE invitation SET accepted_at = $2
WHERE digest = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2
RETURNING name, role, party_id, permissions, created_by
"""


async def is_party(tx: Transaction, party_id: int) -> bool:
    """Whether there is such a party."""
    return await tx.sql.fetchval(FIND_PARTY, party_id) is not None


async def list_keys(
    tx: Transaction, party: int | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Keys in the order of issue."""
    return await tx.sql.fetch(LIST_KEYS, after, party, limit)


async def find_key(tx: Transaction, key_id: int, party: int | None) -> asyncpg.Record | None:
    """The key, which stays as it is until the transaction ends; or None."""
    return await tx.sql.fetchrow(FETCH_KEY, key_id, party)


async def lock_keys(tx: Transaction) -> None:
    """Nobody else issues or revokes keys until the transaction ends."""
    await tx.sql.execute("LOCK TABLE api_key IN SHARE ROW EXCLUSIVE MODE")


async def other_ways_in(tx: Transaction, key_id: int) -> int:
    """How many operators' keys without an end there are beside this one."""
    return int(await tx.sql.fetchval(OTHER_WAYS_IN, key_id))


async def revoke_key(tx: Transaction, key_id: int, now: datetime) -> None:
    """End a key at once."""
    await tx.sql.execute(REVOKE_KEY, key_id, now)


async def end_key(tx: Transaction, key_id: int, at: datetime, renewed_as: int) -> None:
    """Let a key end at this time, unless it ends before; another has taken its place."""
    await tx.sql.execute(END_KEY, key_id, at, renewed_as)


async def list_members(
    tx: Transaction, party: int | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Members in the order in which they came."""
    return await tx.sql.fetch(LIST_MEMBERS, after, party, limit)


async def put_member(tx: Transaction, issuer: str, subject: str, *columns: Any) -> asyncpg.Record | None:
    """A new member (name, role, party, permissions, at, by); None where there is one already."""
    return await tx.sql.fetchrow(PUT_MEMBER, issuer, subject, *columns)


async def revoke_member(
    tx: Transaction, member_id: int, now: datetime, party: int | None
) -> asyncpg.Record | None:
    """Let a member go; None where there is none."""
    return await tx.sql.fetchrow(REVOKE_MEMBER, member_id, now, party)


async def list_invitations(
    tx: Transaction, party: int | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Invitations in the order in which they were given out."""
    return await tx.sql.fetch(LIST_INVITATIONS, after, party, limit)


async def insert_invitation(tx: Transaction, digest: bytes, *columns: Any) -> asyncpg.Record:
    """A new invitation (name, role, party, permissions, at, by, end)."""
    row = await tx.sql.fetchrow(INSERT_INVITATION, digest, *columns)
    assert row is not None
    return row


async def revoke_invitation(
    tx: Transaction, invitation_id: int, now: datetime, party: int | None
) -> asyncpg.Record | None:
    """Take an invitation back; None where there is none."""
    return await tx.sql.fetchrow(REVOKE_INVITATION, invitation_id, now, party)


async def accept(tx: Transaction, digest: bytes, now: datetime) -> asyncpg.Record | None:
    """Use an invitation up; None where there is none that still holds."""
    return await tx.sql.fetchrow(ACCEPT, digest, now)

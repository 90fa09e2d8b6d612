"""API keys and invitations: made once, shown once, kept as a hash."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import asyncpg

from service import clock
from service.auth.permissions import Permission, Role
from service.db.transaction import Transaction

PREFIX: Final = "sy_"
INVITATION_PREFIX: Final = "sy-invitation_"
#: Characters of a key that lists show.
HINT: Final = 8


def digest_of(secret: str) -> bytes:
    """SHA-256 of the secret's text."""
    return hashlib.sha256(secret.encode()).digest()


def make_key() -> str:
    """A new key: `sy_` and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def make_invitation() -> str:
    """A new invitation: 256 random bits."""
    return INVITATION_PREFIX + secrets.token_urlsafe(32)


FIND_KEY = """
SELECT id, name, role, party_id, permissions, last_used_at
FROM api_key
WHERE digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""


FIND_KEYS = """
SELECT digest, id, name, role, party_id, permissions, last_used_at
FROM api_key
WHERE digest = ANY($1::bytea[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
"""


async def find_keys(tx: Transaction, keys: Collection[str], now: datetime) -> dict[str, asyncpg.Record]:
    """`find_key` of those that are living."""
    rows = {row["digest"]: row for row in await tx.sql.fetch(FIND_KEYS, list(map(digest_of, keys)), now)}
    return {key: rows[digest] for key in keys if (digest := digest_of(key)) in rows}


async def find_key(tx: Transaction, key: str, now: datetime) -> asyncpg.Record | None:
    """The living key with this text: id, name, role, party_id, permissions, last_used_at. Or None."""
    return await tx.sql.fetchrow(FIND_KEY, digest_of(key), now)


INSERT_KEY = """
INSERT INTO api_key
    (name, digest, hint, role, party_id, permissions, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id
"""


async def insert_key(tx: Transaction, key: str, **columns: Any) -> int:
    """Keep a key; `columns` as the table has them. Its id."""
    return int(
        await tx.sql.fetchval(
            INSERT_KEY,
            columns["name"],
            digest_of(key),
            key[: len(PREFIX) + HINT],
            columns["role"],
            columns.get("party_id"),
            sorted(columns["permissions"]),
            columns["created_at"],
            columns["created_by"],
            columns.get("expires_at"),
        )
    )


INSERT_FIRST = """
INSERT INTO api_key (name, digest, hint, role, permissions, created_at, created_by)
SELECT 'first', $1, $2, $3, $4, $5, 'the service itself' WHERE NOT EXISTS (SELECT FROM api_key)
RETURNING id
"""


async def issue_first_key(dsn: str) -> str | None:
    """Make the first operator's key of an empty installation and return its text; None if keys exist.

    `dsn` is a plain `postgresql://…`. Two services starting at once make one key: the insert runs
    under a lock of the table.
    """
    key = make_key()
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE api_key IN SHARE ROW EXCLUSIVE MODE")
            made = await connection.fetchval(
                INSERT_FIRST,
                digest_of(key),
                key[: len(PREFIX) + HINT],
                Role.OPERATOR,
                sorted(Permission),
                clock.now(),
            )
    finally:
        await connection.close()
    return key if made is not None else None

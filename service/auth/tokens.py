"""API keys: made once, shown once, kept as a hash."""

import hashlib
import secrets

import asyncpg
from sqlmodel import col, select

from service import clock
from service.auth.tables import ApiKey
from service.db.transaction import Transaction

PREFIX = "sy_"


def digest_of(key: str) -> bytes:
    """SHA-256 of the key's text."""
    return hashlib.sha256(key.encode()).digest()


def make_key() -> str:
    """A new key: `sy_` and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


async def find_key(tx: Transaction, key: str) -> ApiKey | None:
    """The living key with this text, or None."""
    query = select(ApiKey).where(ApiKey.digest == digest_of(key), col(ApiKey.revoked_at).is_(None))
    return (await tx.orm.exec(query)).first()


INSERT_FIRST = """
INSERT INTO api_key (name, digest, role, created_at)
SELECT 'first', $1, 'admin', $2 WHERE NOT EXISTS (SELECT FROM api_key)
RETURNING id
"""


async def issue_first_key(dsn: str) -> str | None:
    """Make the first admin key of an empty installation and return its text; None if keys exist.

    `dsn` is a plain `postgresql://…`. Two services starting at once make one key: the insert runs
    under a lock of the table.
    """
    key = make_key()
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE api_key IN SHARE ROW EXCLUSIVE MODE")
            made = await connection.fetchval(INSERT_FIRST, digest_of(key), clock.now())
    finally:
        await connection.close()
    return key if made is not None else None

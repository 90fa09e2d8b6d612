"""People and programs for whom an issuer vouches."""

import asyncpg

from service.db.transaction import Transaction

FIND = """
SELECT id, role, party_id, permissions
FROM member WHERE issuer = $1 AND subject = $2 AND revoked_at IS NULL
"""


async def find_member(tx: Transaction, issuer: str, subject: str) -> asyncpg.Record | None:
    """The member whom this issuer calls so: id, role, party_id, permissions. Or None."""
    return await tx.sql.fetchrow(FIND, issuer, subject)

"""As whom a subscription is delivered to: what its maker may still do, looked up at each delivery."""

from datetime import datetime
from typing import Final

from service.auth.permissions import Permission, Role
from service.db.transaction import Transaction

#: What it takes to be given events.
NEEDED: Final = frozenset({Permission.READ, Permission.SUBSCRIBE})
# A renewed key goes on as the one that took its place. A member may have come back for another party.
FIND: Final = """
WITH RECURSIVE line AS (
    SELECT id, renewed_as, role, party_id, permissions, revoked_at, expires_at FROM api_key WHERE id = $1
    UNION
    SELECT next.id, next.renewed_as, next.role, next.party_id, next.permissions, next.revoked_at,
           next.expires_at
    FROM line JOIN api_key AS next ON next.id = line.renewed_as
)
SELECT role FROM (
    SELECT role, party_id, permissions FROM line
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5)
    UNION ALL
    SELECT role, party_id, permissions FROM member WHERE id = $2 AND revoked_at IS NULL
) AS known
WHERE coalesce(party_id, 0) = coalesce($3::bigint, 0) AND permissions @> $4
LIMIT 1
"""


async def find_standing(
    tx: Transaction, *, key_id: int | None, member_id: int | None, party_id: int | None, now: datetime
) -> Role | None:
    """The role of who subscribed with this key or as this member, for this party (None: the operators);
    None where they may not be given events any more.
    """
    if key_id is None and member_id is None:
        return Role.OPERATOR  # of the time before it was kept who subscribed
    found = await tx.sql.fetchval(FIND, key_id, member_id, party_id, sorted(NEEDED), now)
    return None if found is None else Role(found)

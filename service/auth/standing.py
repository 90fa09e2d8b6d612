"""What a caller may still do when something is done in its name later: asked each time."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from service.auth.caller import Caller
from service.auth.permissions import Permission, Role
from service.db.transaction import Transaction
from service.errors import Forbidden

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
    tx: Transaction,
    *,
    key_id: int | None,
    member_id: int | None,
    party_id: int | None,
    needed: Collection[Permission],
    now: datetime,
) -> Role | None:
    """The role of the caller with this key or as this member, for this party (None: the operators); None
    where they may not do what is `needed` any more.
    """
    found = await tx.sql.fetchval(FIND, key_id, member_id, party_id, sorted(needed), now)
    return None if found is None else Role(found)


async def require_standing(
    tx: Transaction, caller: Caller, needed: Collection[Permission], now: datetime
) -> None:
    """Raises `Forbidden` where a caller of before may not do what is `needed` any more."""
    kind, _, number = caller.key.partition(":")
    standing = await find_standing(
        tx,
        key_id=int(number) if kind == "key" else None,
        member_id=int(number) if kind == "member" else None,
        party_id=caller.party_id,
        needed=needed,
        now=now,
    )
    if standing is None:
        raise Forbidden(
            f"{caller.name}, who asked for it, may not do this any more: the key has ended, or the member "
            "was removed. Ask again with another key.",
            f"发起人 {caller.name} 已无权执行此操作：密钥已失效，或成员身份已被移除。请换用其他密钥重试。",
        )

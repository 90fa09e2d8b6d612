"""Recipients of a case in their tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction

#: Recipients of one case that are read at once.
RECIPIENTS_MOST: Final = 1_000_000
LAST_NOTICE: Final = """
SELECT id FROM notice WHERE recall_id = $1 AND recipient_id = $2
ORDER BY kind IN ('first', 'widened') DESC, id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a case tells, and what became of it: a party, a contact whom a holder named, or a place.

    `role`: holder, buyer, responsible, regulator. `notified_at`: when the first notice went out; `how`: the
    kinds of channel that took one. `reachable`: something was sent or may yet be. `waiting`, `failed`:
    deliveries. `answered_at`: since when every batch of theirs is answered for.
    """

    id: int
    role: str
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    uri: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    email: str | None
    phone: str | None
    created_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None
    notified_at: datetime | None
    how: Sequence[str]
    possibly_twice: bool
    reachable: bool
    waiting: int
    failed: int
    last_error: str | None
    notices: int
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


async def recipients(
    tx: Transaction,
    recall_id: int,
    *,
    after: int = 0,
    limit: int = RECIPIENTS_MOST,
    party: int | None = None,
) -> list[Recipient]:
    """Whom the case tells, in the order in which it found them; `party`: only this one."""
    rows = await tx.sql.fetch(statement("service.notices", "recipients"), recall_id, after, limit, party)
    return [Recipient(**row) for row in rows]


async def find_last_notice(tx: Transaction, recall_id: int, recipient_id: int) -> int | None:
    """The last notice that tells a recipient of its goods, else the last of all."""
    found: int | None = await tx.sql.fetchval(LAST_NOTICE, recall_id, recipient_id)
    return found


async def find_recipient(tx: Transaction, recall_id: int, recipient_id: int) -> Recipient | None:
    """One recipient of the case."""
    found = await recipients(tx, recall_id, after=recipient_id - 1, limit=1)
    return found[0] if found and found[0].id == recipient_id else None


async def list_proofs(
    tx: Transaction, recall_id: int, *, after: int, limit: int, party: int | None
) -> list[dict[str, Any]]:
    """Files that came with answers, in their order; `party`: only those of this one."""
    rows = await tx.sql.fetch(statement("service.notices", "proofs"), recall_id, after, limit, party)
    return [dict(row) for row in rows]

"""The history of cases in its table: added to, never changed."""

from datetime import datetime
from typing import Any

from service.db.transaction import Transaction
from service.recall.history import Step, digest
from service.recall.states import Status

LAST = "SELECT number, sha256 FROM recall_move WHERE recall_id = $1 ORDER BY number DESC LIMIT 1"
ADD = """
INSERT INTO recall_move (recall_id, number, from_status, to_status, at, actor, note, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
LIST = """
SELECT number, from_status, to_status, at, actor, note, sha256
FROM recall_move WHERE recall_id = $1 ORDER BY number
"""


async def add_move(
    tx: Transaction,
    recall_id: int,
    source: Status | None,
    target: Status,
    *,
    at: datetime,
    by: str,
    note: str | None,
) -> None:
    """Add one step. The caller holds the case (`store.lock_status`), so no other step comes between."""
    last = await tx.sql.fetchrow(LAST, recall_id)
    step = Step(last["number"] + 1 if last else 1, source, target, at, by, note)
    sha256 = digest(last["sha256"] if last else "", recall_id, step)
    await tx.sql.execute(ADD, recall_id, step.number, source, target, at, by, note, sha256)


async def list_moves(tx: Transaction, recall_id: int) -> list[dict[str, Any]]:
    """The steps of a case, the first one first."""
    return [dict(row) for row in await tx.sql.fetch(LIST, recall_id)]

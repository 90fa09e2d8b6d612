"""Recalls put straight into the tables, for tests of what the public sees."""

from datetime import UTC, datetime

from service.db.transaction import Transaction

OPENED = datetime(2026, 3, 10, 8, tzinfo=UTC)

INSERT_RECALL = """
INSERT INTO recall (number, status, title_zh, title_en, reason_zh, reason_en, advice_zh, advice_en,
    hazard_class, scope, opened_at, opened_by, known_at, as_of_event_id, evidence, evidence_sha256)
VALUES ($1, 'open', '茉莉花茶召回', 'Jasmine tea recall', '检出<沙门氏菌>', 'Salmonella <was> found', $2, $3,
    1, '{}', $4, 'tests', $4, 0, '{}', '')
RETURNING id
"""

INSERT_BATCH = """
INSERT INTO recall_batch (batch_id, recall_id, in_scope, found_at) VALUES ($1, $2, true, $3)
"""


async def recall(
    tx: Transaction,
    batch_id: int,
    number: str = "2026-000001",
    advice: tuple[str | None, str | None] = (None, None),
) -> int:
    """Open a case that marks one batch; its id."""
    recall_id: int = await tx.sql.fetchval(INSERT_RECALL, number, *advice, OPENED)
    await tx.sql.execute(INSERT_BATCH, batch_id, recall_id, OPENED)
    return recall_id


async def close_recall(tx: Transaction, recall_id: int) -> None:
    """Close it."""
    await tx.sql.execute(
        "UPDATE recall SET status = 'closed', closed_at = $2 WHERE id = $1", recall_id, OPENED
    )

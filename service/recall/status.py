"""Whether a batch is recalled, and what the public must be told. Always asked of the database, never kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.db.transaction import Transaction

LOTS_MOST: Final = 100  # recalled lots of one product that an answer lists


@dataclass(frozen=True, slots=True)
class OpenRecall:
    """An open case as the public sees it. `hazard_class`: 1 serious, 2 general, 3 other."""

    number: str
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    advice_zh: str | None
    advice_en: str | None
    hazard_class: int
    opened_at: datetime


FIND_OPEN = """
SELECT DISTINCT recall.id, number, title_zh, title_en, reason_zh, reason_en, advice_zh, advice_en,
    hazard_class, opened_at
FROM recall_batch JOIN recall ON recall.id = recall_id
WHERE batch_id = ANY ($1::bigint[]) AND status = 'open'
ORDER BY hazard_class, opened_at DESC, recall.id
"""

FIND_LOTS = """
SELECT DISTINCT lot
FROM batch JOIN recall_batch ON batch_id = batch.id JOIN recall ON recall.id = recall_id
WHERE product_id = $1 AND status = 'open' AND lot IS NOT NULL
ORDER BY lot LIMIT $2
"""


async def find_open_recalls(tx: Transaction, batch_ids: Collection[int]) -> list[OpenRecall]:
    """The open cases that mark any of the batches, the most serious first."""
    rows = await tx.sql.fetch(FIND_OPEN, list(batch_ids))
    return [OpenRecall(**{name: row[name] for name in OpenRecall.__slots__}) for row in rows]


async def find_recalled_lots(tx: Transaction, product_id: int) -> list[str]:
    """The lots of a product that open cases mark, at most `LOTS_MOST`."""
    return [row["lot"] for row in await tx.sql.fetch(FIND_LOTS, product_id, LOTS_MOST)]

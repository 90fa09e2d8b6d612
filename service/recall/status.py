"""Whether a batch is recalled, and what the public must be told. Always asked of the database, never kept.

A batch stays recalled when its case is closed: the case is over, the pack in somebody's cupboard is not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.db.transaction import Transaction

LOTS_MOST: Final = 100  # recalled lots of one product that an answer lists


@dataclass(frozen=True, slots=True)
class PublicRecall:
    """A case as the public sees it. `hazard_class`: 1 serious, 2 general, 3 other."""

    number: str
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    advice_zh: str | None
    advice_en: str | None
    hazard_class: int
    opened_at: datetime


FIND_RECALLS = """
SELECT number, title_zh, title_en, reason_zh, reason_en, advice_zh, advice_en, hazard_class, opened_at
FROM recall
WHERE id IN (SELECT recall_id FROM recall_batch WHERE batch_id = ANY ($1::bigint[]))
ORDER BY status = 'open' DESC, hazard_class, opened_at DESC, id
"""

FIND_LOTS = """
SELECT DISTINCT lot
FROM batch JOIN recall_batch ON batch_id = batch.id
WHERE product_id = $1 AND lot IS NOT NULL
ORDER BY lot LIMIT $2
"""


async def find_recalls(tx: Transaction, batch_ids: Collection[int]) -> list[PublicRecall]:
    """The cases that mark any of the batches, open ones first, then the most serious."""
    rows = await tx.sql.fetch(FIND_RECALLS, list(batch_ids))
    return [PublicRecall(**{name: row[name] for name in PublicRecall.__slots__}) for row in rows]


async def find_recalled_lots(tx: Transaction, product_id: int) -> list[str]:
    """The lots of a product that cases mark, at most `LOTS_MOST`."""
    return [row["lot"] for row in await tx.sql.fetch(FIND_LOTS, product_id, LOTS_MOST)]

"""What recipients last said of their goods, for progress, checks and reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction

#: Rows of one case that are read at once.
ROWS_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What one recipient last said of one batch, in one unit of measure. What was not said is None.

    `on_hand` counts what is there still, quarantined goods not included. `passed_on`: to buyers whom they
    named. `ledger`: what the events said then (`received`, `sold`, `on_hand`, texts); `differences`: where
    the two do not agree, each with `field`, `said`, `ledger`, `message`, `message_zh`.
    """

    id: int
    answer_id: int
    recipient_id: int
    role: str
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    batch_id: int
    batch_uri: str
    lot: str | None
    uom: str
    received: Decimal | None
    sold: Decimal | None
    on_hand: Decimal | None
    quarantined: Decimal | None
    returned: Decimal | None
    destroyed: Decimal | None
    passed_on: Decimal | None
    ledger: dict[str, Any]
    differences: Sequence[dict[str, str]]
    at: datetime
    by: str
    via: str
    note: str | None
    proofs: int


async def latest_answers(tx: Transaction, recall_id: int) -> list[AnswerRow]:
    """The last word on each batch of each recipient, in the order of recipients, batches and units."""
    return await _latest(tx, recall_id, None)


async def latest_answers_of(tx: Transaction, recall_id: int, recipient_id: int) -> list[AnswerRow]:
    """The last word of one recipient on each of its batches."""
    return await _latest(tx, recall_id, recipient_id)


async def _latest(tx: Transaction, recall_id: int, recipient_id: int | None) -> list[AnswerRow]:
    sql = statement("service.notices", "answers")
    return [AnswerRow(**row) for row in await tx.sql.fetch(sql, recall_id, ROWS_MOST, recipient_id)]

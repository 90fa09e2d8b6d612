"""The cases that the public sees: recalls, withdrawals and stops of sale that were decided on.

A hold, a case that is still being assessed and one that was cancelled are not published; drills are no cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from service.db.transaction import Transaction
from service.recall import store
from service.reports.public_notice import PublicNotice, public_notice

#: Batches of one case that its page can name; ranges of serial numbers likewise.
BATCHES_MOST: Final = 5_000
RANGES_MOST: Final = 100

LIST: Final = """
-- Published cases before the id $1 (0: from the last), at most $2, that are `going_on` or `over` ($3; null:
-- all), of a product with the GTIN $4, that hold the words $5 in title, reason, product, brand or lot.
SELECT recall.id, recall.number, recall.kind, recall.status, recall.hazard_class, recall.title_zh,
       recall.title_en, recall.reason_zh, recall.reason_en, recall.opened_at, recall.closed_at,
       greatest(recall.opened_at, (SELECT max(at) FROM recall_move WHERE recall_id = recall.id),
                (SELECT max(found_at) FROM recall_batch WHERE recall_id = recall.id)) AS updated_at
FROM recall
WHERE recall.kind <> 'hold' AND recall.status IN ('open', 'completed', 'closed')
  AND ($1::bigint = 0 OR recall.id < $1)
  AND ($3::text IS NULL OR (recall.status = 'closed') = ($3 = 'over'))
  AND ($4::text IS NULL OR EXISTS (
        SELECT FROM recall_batch JOIN batch ON batch.id = recall_batch.batch_id
        JOIN product ON product.id = batch.product_id
        WHERE recall_batch.recall_id = recall.id AND product.gtin = $4))
  AND ($5::text IS NULL
       OR strpos(lower(concat_ws(' ', recall.title_zh, recall.title_en, recall.reason_zh, recall.reason_en,
                                 recall.number)), lower($5)) > 0
       OR EXISTS (
        SELECT FROM recall_batch JOIN batch ON batch.id = recall_batch.batch_id
        LEFT JOIN product ON product.id = batch.product_id
        WHERE recall_batch.recall_id = recall.id
          AND (lower(batch.lot) = lower($5)
               OR strpos(lower(concat_ws(' ', product.name_zh, product.name_en, product.brand)),
                         lower($5)) > 0)))
ORDER BY recall.id DESC LIMIT $2
"""
FIND: Final = """
SELECT recall.id, greatest(recall.opened_at, (SELECT max(at) FROM recall_move WHERE recall_id = recall.id),
       (SELECT max(found_at) FROM recall_batch WHERE recall_id = recall.id)) AS updated_at
FROM recall
WHERE recall.number = $1 AND recall.kind <> 'hold' AND recall.status IN ('open', 'completed', 'closed')
"""
BATCHES: Final = """
SELECT batch.id, batch.uri, batch.lot, batch.made_on, batch.expires_on, product.id AS product_id,
       product.uri AS product_uri, product.gtin, product.category, product.brand, product.specification,
       product.name_zh AS product_name_zh, product.name_en AS product_name_en,
       recall_batch.in_scope, recall_batch.units_only
FROM recall_batch
JOIN batch ON batch.id = recall_batch.batch_id
LEFT JOIN product ON product.id = batch.product_id
WHERE recall_batch.recall_id = $1 ORDER BY recall_batch.in_scope DESC, batch.id LIMIT $2
"""
RANGES: Final = "SELECT first, last FROM recall_unit_range WHERE recall_id = $1 ORDER BY first LIMIT $2"
RESPONSIBLE: Final = """
SELECT id, uri, uscc, gln, name_zh, name_en, region, address, contacts, legal_representative, quality_manager
FROM party WHERE id = $1
"""

Progress = Literal["going_on", "over"]


@dataclass(frozen=True, slots=True)
class PublicCase:
    """A published case as lists and feeds tell it."""

    id: int
    number: str
    kind: str
    status: str
    hazard_class: int
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    opened_at: datetime
    closed_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """One case whole. `ranges`: first and last unit URI, where only some units are meant."""

    notice: PublicNotice
    case: dict[str, Any]
    batches: list[dict[str, Any]]
    ranges: Sequence[tuple[str, str]]
    responsible: dict[str, Any] | None
    updated_at: datetime


async def list_cases(
    tx: Transaction,
    *,
    before: int,
    limit: int,
    progress: Progress | None = None,
    gtin: str | None = None,
    words: str | None = None,
) -> list[PublicCase]:
    """Published cases, the last first."""
    rows = await tx.sql.fetch(LIST, before, limit, progress, gtin, words)
    return [PublicCase(**dict(row)) for row in rows]


async def find_published(tx: Transaction, number: str) -> Published | None:
    """The published case with this number."""
    row = await tx.sql.fetchrow(FIND, number)
    return None if row is None else await load_case(tx, row["id"], row["updated_at"])


async def load_case(tx: Transaction, recall_id: int, updated_at: datetime) -> Published | None:
    """A case with its batches and who is responsible, published or not."""
    case = await store.find_recall(tx, recall_id)
    if case is None:
        return None
    batches = [dict(batch) for batch in await tx.sql.fetch(BATCHES, recall_id, BATCHES_MOST)]
    ranges = [(row["first"], row["last"]) for row in await tx.sql.fetch(RANGES, recall_id, RANGES_MOST)]
    party = await tx.sql.fetchrow(RESPONSIBLE, case["responsible_party_id"])
    responsible = dict(party) if party else None
    notice = public_notice(case, batches, responsible)
    return Published(notice, case, batches, ranges, responsible, updated_at)

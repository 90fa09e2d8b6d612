"""Whether goods are recalled, and what the public must be told. Always asked of the database, never kept.

A batch stays recalled when its case is closed: the case is over, the pack in somebody's cupboard is not. What
each mark says at the moment stands with it (`recall_batch.standing`, from `states.standing`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.db.transaction import Transaction
from service.recall.states import Standing

LOTS_MOST: Final = 100  # recalled lots of one product that an answer lists
RANGES_MOST: Final = 20  # ranges of serial numbers of one case that an answer lists


@dataclass(frozen=True, slots=True)
class PublicRecall:
    """A case as the public sees it. `hazard_class`: 1 serious, 2 general, 3 other.

    `published`: it has a notice for everybody, as all have but a hold.
    `serials`: of a lot of which the case means some units only: their first and last unit URIs, at most
    `RANGES_MOST`. Empty where the whole lot is meant, and where the unit asked about is one of them.
    """

    number: str
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    advice_zh: str | None
    advice_en: str | None
    hazard_class: int
    opened_at: datetime
    standing: Standing = "recalled"
    published: bool = False
    serials: tuple[tuple[str, str], ...] = ()


FIND_RECALLS = """
-- $1: batches   $2: names of the unit asked about; none for a lot   $3: at most so many ranges of each case
SELECT recall.number, recall.title_zh, recall.title_en, recall.reason_zh, recall.reason_en, recall.advice_zh,
    recall.advice_en, recall.hazard_class, recall.opened_at, mark.standing,
    recall.kind <> 'hold' AS published,
    CASE WHEN mark.units_only AND cardinality($2::text[]) = 0 THEN ARRAY(
        SELECT ARRAY[first, last] FROM recall_unit_range WHERE recall_id = recall.id ORDER BY first LIMIT $3
    ) END AS serials
FROM (
    -- A case that means a whole batch means it whole, whatever it says of the unit's other one.
    SELECT recall_id, min(standing) AS standing, bool_and(units_only) AS units_only
    FROM recall_batch WHERE batch_id = ANY($1::bigint[]) AND standing IS NOT NULL
    GROUP BY recall_id
) AS mark
JOIN recall ON recall.id = mark.recall_id
WHERE NOT mark.units_only OR cardinality($2::text[]) = 0 OR EXISTS (
    SELECT FROM recall_unit_range AS named, unnest($2::text[]) AS unit (uri)
    WHERE named.recall_id = recall.id AND length(unit.uri) = length(named.first)
      AND unit.uri BETWEEN named.first AND named.last)
ORDER BY recall.status IN ('open', 'completed') DESC, recall.hazard_class, recall.opened_at DESC, recall.id
"""
NAMES_OF_UNIT = """
-- The unit with this URI under all its names: its own, the drug codes on it, or what bears this code.
SELECT $1::text AS uri
UNION
SELECT unit.uri FROM drug_code JOIN unit ON unit.id = drug_code.unit_id
WHERE $1::text ^@ 'urn:suyuan:drug:' AND drug_code.code = substr($1::text, 17)
UNION
SELECT 'urn:suyuan:drug:' || drug_code.code
FROM unit JOIN drug_code ON drug_code.unit_id = unit.id WHERE unit.uri = $1::text
"""

FIND_LOTS = """
SELECT DISTINCT lot
FROM batch JOIN recall_batch ON batch_id = batch.id
WHERE product_id = $1 AND lot IS NOT NULL AND standing = 'recalled'
ORDER BY lot LIMIT $2
"""


async def find_recalls(
    tx: Transaction, batch_ids: Collection[int], unit: str | None = None
) -> list[PublicRecall]:
    """The cases that say something of the batches, open ones first, then the most serious.

    `unit`: URI of the unit asked about. A case that means other units of its batch is left out then.
    """
    names = [] if unit is None else [row["uri"] for row in await tx.sql.fetch(NAMES_OF_UNIT, unit)]
    rows = await tx.sql.fetch(FIND_RECALLS, list(batch_ids), names, RANGES_MOST)
    return [
        PublicRecall(
            **{name: row[name] for name in PublicRecall.__slots__ if name != "serials"},
            serials=tuple((first, last) for first, last in row["serials"] or ()),
        )
        for row in rows
    ]


async def find_recalled_lots(tx: Transaction, product_id: int) -> list[str]:
    """The lots of a product that cases call recalled, at most `LOTS_MOST`."""
    return [row["lot"] for row in await tx.sql.fetch(FIND_LOTS, product_id, LOTS_MOST)]

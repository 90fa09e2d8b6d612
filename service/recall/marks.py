"""The cases that mark a batch by now: what whoever prints labels for it, or ships it, must be told.

A mark says nothing while its case is being assessed, or was cancelled (`states.standing`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from service.db.transaction import Transaction
from service.recall.states import LIVE, Kind, Standing, Status

FIND_MARKS: Final = """
-- What stands of the batches $1: live cases first, then the most serious.
SELECT recall_batch.batch_id, recall_batch.recall_id, recall_batch.standing, recall_batch.units_only,
       recall.number, recall.kind, recall.status, batch.uri AS batch_uri
FROM recall_batch
JOIN recall ON recall.id = recall_batch.recall_id
JOIN batch ON batch.id = recall_batch.batch_id
WHERE recall_batch.batch_id = ANY($1::bigint[]) AND recall_batch.standing IS NOT NULL
ORDER BY recall.status = ANY($2::text[]) DESC, recall.hazard_class, recall.opened_at DESC, recall.id,
         recall_batch.batch_id
"""

#: What a standing is called, with a blank for the number of the case (English, Chinese).
_SAID: Final[dict[Standing, tuple[str, str]]] = {
    "recalled": ("is recalled by case {}", "已被召回（案件 {}）"),
    "withdrawn": ("is withdrawn from sale by case {}", "已被撤回（案件 {}）"),
    "stopped": ("is on hold by case {}", "已被停售或封存（案件 {}）"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One case that marks a batch. `units_only`: only some of its units are meant."""

    batch_id: int
    recall_id: int
    standing: Standing
    units_only: bool
    number: str
    kind: Kind
    status: Status
    batch_uri: str

    @property
    def live(self) -> bool:
        """Is the case still going on?"""
        return self.status in LIVE

    @property
    def said(self) -> tuple[str, str]:
        """What the mark says of the batch, as the rest of a sentence (English, Chinese)."""
        english, chinese = _SAID[self.standing]
        over = ("", "") if self.live else (", which is closed", "，已结案")
        return english.format(self.number) + over[0], chinese.format(self.number + over[1])


async def find_marks(tx: Transaction, batches: Collection[int]) -> list[Mark]:
    """What stands of these batches, live cases first, then the most serious."""
    rows = await tx.sql.fetch(FIND_MARKS, sorted(batches), sorted(LIVE))
    return [Mark(**{name: row[name] for name in Mark.__slots__}) for row in rows]

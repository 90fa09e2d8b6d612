"""Projects whole what was projected in part, and puts right what differs: nothing does, or it is a defect."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field

from service.db.transaction import Transaction
from service.ledger.awaiting import awaiting, note_whole
from service.ledger.changes import tell_projection_changed
from service.ledger.locks import ProductLock, lock_plan
from service.ledger.lotless import Lineages, load_lineages
from service.ledger.project import Known, project_batches

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Batches that await being projected whole, and what is to be locked for it: see `locks.Plan`."""

    lineages: Lineages = field(default_factory=Lineages)
    batches: frozenset[int] = frozenset()
    transformations: frozenset[str] = frozenset()
    units: frozenset[int] = frozenset()

    @property
    def products(self) -> frozenset[ProductLock]:
        """Whose goods without a lot must not leave anywhere meanwhile."""
        return self.lineages.products


async def awaiting_of(tx: Transaction, batches: Collection[int]) -> Awaiting:
    """Those of `batches` that await it."""
    found = frozenset(await awaiting(tx)).intersection(batches)
    return Awaiting(await load_lineages(tx, found), found) if found else Awaiting()


async def make_whole(tx: Transaction, batches: Collection[int]) -> None:
    """Lock and project whole those of `batches` that await it. The ledger must be shared."""
    await project_whole(tx, await lock_plan(tx, lambda: awaiting_of(tx, batches), lambda plan: plan.products))


async def project_whole(tx: Transaction, plan: Awaiting) -> None:
    """Project these whole, which must be locked as the plan says; whoever hears of changes is told of what
    had to be put right.
    """
    wrong: set[int] = set()
    for batch in sorted(plan.batches):
        written = await project_batches(tx, [batch], Known(lineages=plan.lineages))
        await note_whole(tx, batch, written.rows)
        if written.rows:
            logger.error(
                "batch %d: %d rows, projected in part, were not what the whole says; they are put right",
                batch,
                written.rows,
            )
        wrong |= written.batches
    await tell_projection_changed(tx, wrong)

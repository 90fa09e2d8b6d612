"""Units that events named before their producer registered them: from now on they count for the registered
batch, wherever they were named or inside something named.
"""

from collections.abc import Sequence

from service.db.transaction import Transaction
from service.ledger.captured import NOTHING
from service.ledger.changes import tell_projection_changed
from service.ledger.locks import lock_plan
from service.ledger.project import make_plan, project_batches, write_plan

#: Units whose events are computed again at once.
UNITS_AT_ONCE = 5_000

EVENTS_OF_UNITS = "SELECT DISTINCT event_id FROM event_item WHERE unit_id = ANY($1::bigint[])"
SET_UNNAMED = """
UPDATE unit SET batch_id = registered_batch_id
WHERE id = ANY($1::bigint[]) AND batch_id IS DISTINCT FROM registered_batch_id
"""


async def count_as_registered(tx: Transaction, units: Sequence[int]) -> None:
    """Let these units, whose `registered_batch_id` was set just now, count for it. The caller owns the ledger
    (`locks.own_ledger`): no capture runs that has read what they counted for before.
    """
    changed: set[int] = set()
    for start in range(0, len(units), UNITS_AT_ONCE):
        changed |= await _count_anew(tx, units[start : start + UNITS_AT_ONCE])
    await tell_projection_changed(tx, changed)


async def _count_anew(tx: Transaction, units: Sequence[int]) -> set[int]:
    seeds = [row["event_id"] for row in await tx.sql.fetch(EVENTS_OF_UNITS, units)]
    changed: set[int] = set()
    if seeds:
        plan = await lock_plan(tx, lambda: make_plan(tx, seeds))
        await write_plan(tx, plan)
        changed = (await project_batches(tx, plan.batches, plan.known(NOTHING))).batches
    # A unit that was made known without an event moves nothing.
    await tx.sql.execute(SET_UNNAMED, units)
    return changed

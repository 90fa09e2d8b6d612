"""A place got another owner: who holds its goods, and which shipments reached it, follows from that."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.db.transaction import Transaction
from service.ledger.changes import tell_projection_changed
from service.ledger.locks import lock_plan, own_ledger
from service.ledger.project import project_batches
from service.registry.changes import site_owner_listeners

BATCHES_AT = "SELECT DISTINCT batch_id FROM holding WHERE site_id = ANY($1::bigint[])"


@dataclass(frozen=True, slots=True)
class _Held:
    batches: frozenset[int]
    units: frozenset[int] = frozenset()


async def project_sites(tx: Transaction, sites: Sequence[int]) -> None:
    """Project every batch that was ever at one of `sites` again."""
    await own_ledger(tx)

    async def held() -> _Held:
        rows = await tx.sql.fetch(BATCHES_AT, list(sites))
        return _Held(frozenset(row["batch_id"] for row in rows))

    plan = await lock_plan(tx, held)
    await tell_projection_changed(tx, await project_batches(tx, plan.batches))


def listen() -> None:
    """Hear of owners from the registry (once, however often it is called)."""
    if project_sites not in site_owner_listeners:
        site_owner_listeners.append(project_sites)

"""A place got another owner: who holds its goods, and which shipments reached it, follows from that."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.db.transaction import Transaction
from service.ledger.changes import tell_projection_changed
from service.ledger.locks import lock_plan, own_ledger
from service.ledger.project import project_batches
from service.registry.changes import site_owner_guards, site_owner_listeners

BATCHES_NAMING = """
-- The batches of all events that name one of the places $1, or a part of one (GLN with an extension): whose
-- a place is also tells which side of a shipment it is on, and so bears on batches that were never there.
WITH place AS (
    SELECT unnest($1::bigint[]) AS id
    UNION
    SELECT part.id FROM site AS whole
    JOIN site AS part ON part.gln = whole.gln AND starts_with(part.uri, whole.uri || '/254/')
    WHERE whole.id = ANY($1::bigint[])
), naming AS (
    SELECT event_id FROM place JOIN journal_entry AS entry ON entry.site_id = place.id
    UNION
    SELECT event_id FROM place JOIN journal_entry AS entry
      ON entry.read_site_id = place.id AND entry.read_site_id IS DISTINCT FROM entry.site_id
    UNION
    SELECT event_id FROM place JOIN journal_entry AS entry
      ON entry.source_site_id = place.id AND entry.source_site_id IS DISTINCT FROM entry.site_id
    UNION
    SELECT event_id FROM place JOIN journal_entry AS entry
      ON entry.destination_site_id = place.id AND entry.destination_site_id IS DISTINCT FROM entry.site_id
)
SELECT DISTINCT posting.batch_id FROM naming JOIN posting USING (event_id)
"""


@dataclass(frozen=True, slots=True)
class _Named:
    batches: frozenset[int]
    units: frozenset[int] = frozenset()
    transformations: frozenset[str] = frozenset()


async def project_sites(tx: Transaction, sites: Sequence[int]) -> None:
    """Project every batch again whose events name one of `sites`."""
    await own_ledger(tx)

    async def named() -> _Named:
        rows = await tx.sql.fetch(BATCHES_NAMING, list(sites))
        return _Named(frozenset(row["batch_id"] for row in rows))

    plan = await lock_plan(tx, named)
    written = await project_batches(tx, plan.batches)
    await tell_projection_changed(tx, written.batches)


def listen() -> None:
    """Hear of owners from the registry (once, however often it is called)."""
    if project_sites not in site_owner_listeners:
        site_owner_listeners.append(project_sites)
        site_owner_guards.append(own_ledger)

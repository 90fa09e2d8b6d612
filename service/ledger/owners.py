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
LOTS_BESIDE = """
-- Of those of the batches $1 that are products without a lot, the lots that were ever at a place of which
-- only the party is known: whose another place is tells whether what left there may have been of them.
SELECT DISTINCT lot.id FROM batch AS lotless
JOIN product ON product.uri = lotless.uri
JOIN batch AS lot ON lot.product_id = product.id AND NOT lot.of_one
JOIN holding ON holding.batch_id = lot.id
JOIN site ON site.id = holding.site_id AND site.unspecified
WHERE lotless.id = ANY($1::bigint[])
"""


@dataclass(frozen=True, slots=True)
class _Named:
    batches: frozenset[int]
    units: frozenset[int] = frozenset()
    transformations: frozenset[str] = frozenset()


async def batches_at(tx: Transaction, sites: Sequence[int]) -> frozenset[int]:
    """All batches that whose these places are bears on."""
    rows = await tx.sql.fetch(BATCHES_NAMING, list(sites))
    named = frozenset(row["batch_id"] for row in rows)
    beside = await tx.sql.fetch(LOTS_BESIDE, sorted(named)) if named else ()
    return named | {row["id"] for row in beside}


async def project_sites(tx: Transaction, sites: Sequence[int]) -> None:
    """Project every batch again that whose `sites` are bears on."""
    await own_ledger(tx)

    async def named() -> _Named:
        return _Named(await batches_at(tx, sites))

    plan = await lock_plan(tx, named)
    written = await project_batches(tx, plan.batches)
    await tell_projection_changed(tx, written.batches)


def listen() -> None:
    """Hear of owners from the registry (once, however often it is called)."""
    if project_sites not in site_owner_listeners:
        site_owner_listeners.append(project_sites)
        site_owner_guards.append(own_ledger)

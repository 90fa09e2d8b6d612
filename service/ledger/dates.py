"""The dates of batches, by what the events in force say."""

from collections.abc import Collection, Sequence

from service import clock
from service.db.transaction import Transaction
from service.events.stored import read_stored
from service.ledger.journal import read_event
from service.ledger.naming import ensure_named
from service.registry.ensure import BatchFact, describe_batches

DESCRIBED = """
-- What captures told of the batches that the events $1 made; who registered a batch says its dates.
SELECT DISTINCT batch.id FROM event_item AS item
JOIN batch ON batch.id IN (item.batch_id, item.told_batch_id)
WHERE item.event_id = ANY($1::bigint[]) AND item.role IN (0, 4) AND batch.source <> 'registered'
  AND (batch.made_on IS NOT NULL OR batch.expires_on IS NOT NULL)
"""
FORGET = """
UPDATE batch SET made_on = NULL, expires_on = NULL, updated_at = $2 WHERE id = ANY($1::bigint[])
"""
MAKINGS = """
-- The events in force that may have made the batches $1.
SELECT event.payload::text AS payload, context.context::text AS context
FROM journal_entry AS entry
JOIN event ON event.id = entry.event_id JOIN event_context AS context ON context.id = event.context_id
WHERE NOT entry.voided AND entry.action IS NOT DISTINCT FROM
        CASE WHEN entry.type = 'TransformationEvent' THEN entry.action ELSE 'ADD' END
  AND entry.event_id IN (
    SELECT event_id FROM posting WHERE batch_id = ANY($1::bigint[]) AND role IN (0, 4))
"""


async def describe_anew(tx: Transaction, voided: Sequence[int]) -> None:
    """Let the dates of the batches that `voided` events made be those that other events tell. The batches
    must be locked, and the postings of the voided events gone.
    """
    batches = {row["id"] for row in await tx.sql.fetch(DESCRIBED, voided)}
    if not batches:
        return
    await tx.sql.execute(FORGET, sorted(batches), clock.now())
    await describe_batches(tx, await _facts(tx, batches))


async def _facts(tx: Transaction, batches: Collection[int]) -> list[BatchFact]:
    rows = await tx.sql.fetch(MAKINGS, sorted(batches))
    readings = [read_event(read_stored(row["payload"], row["context"])) for row in rows]
    dated = [reading for reading in readings if reading.made_on or reading.expires_on]
    ids = await ensure_named(tx, {name for reading in dated for name in reading.made()})
    return [
        BatchFact(ids[name.uri], reading.made_on, reading.expires_on)
        for reading in dated
        for name in reading.made()
        if ids[name.uri] in batches
    ]

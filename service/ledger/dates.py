"""The dates of batches, by what the events in force say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import asyncpg

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
KNOWN = """
SELECT batch.id, batch.source, made_on, expires_on, product.party_id AS owner
FROM batch LEFT JOIN product ON product.id = product_id
WHERE batch.id = ANY($1::bigint[])
"""
FORGET = """
UPDATE batch SET made_on = NULL, expires_on = NULL, updated_at = $2 WHERE id = ANY($1::bigint[])
"""
MAKINGS = """
-- The events in force that may have made the batches $1.
SELECT event.payload::text AS payload, context.context::text AS context, event.told_by, ARRAY(
    SELECT delegation.party_id FROM delegated_event AS told JOIN delegation ON delegation.id = delegation_id
    WHERE told.event_id = event.id) AS for_parties
FROM journal_entry AS entry
JOIN event ON event.id = entry.event_id JOIN event_context AS context ON context.id = event.context_id
WHERE NOT entry.voided AND entry.action IS NOT DISTINCT FROM
        CASE WHEN entry.type = 'TransformationEvent' THEN entry.action ELSE 'ADD' END
  AND entry.event_id IN (
    SELECT event_id FROM posting WHERE batch_id = ANY($1::bigint[]) AND role IN (0, 4))
"""


async def describe(tx: Transaction, facts: Collection[BatchFact]) -> list[int]:
    """Write down the dates that new events tell of batches. Returns the batches of which something else is
    told than is known: these are for `describe_disputed`, once the events' postings are written.
    """
    told = sorted({fact.batch_id for fact in facts})
    rows = await tx.sql.fetch(KNOWN, told) if told else []
    known = {row["id"]: row for row in rows}
    disputed = {fact.batch_id for fact in facts if _is_disputed(known[fact.batch_id], fact)}
    await describe_batches(tx, [fact for fact in facts if fact.batch_id not in disputed])
    return sorted(disputed)


def _is_disputed(row: asyncpg.Record, fact: BatchFact) -> bool:
    if row["source"] == "registered":
        # Only its blanks are filled.
        return any(
            told is not None and here is None
            for told, here in ((fact.made_on, row["made_on"]), (fact.expires_on, row["expires_on"]))
        )
    return any(
        None not in (told, here) and told != here
        for told, here in ((fact.made_on, row["made_on"]), (fact.expires_on, row["expires_on"]))
    )


async def describe_disputed(tx: Transaction, batches: Sequence[int]) -> None:
    """Let the dates of these batches be those that whoever's product it is, or an operator, tells; of what
    they do not tell, what others do, but for batches that were registered: whoever could say when another's
    goods expire would stop their sale, and when they were made, take them out of a recall.
    """
    if not batches:
        return
    rows = {row["id"]: row for row in await tx.sql.fetch(KNOWN, batches)}
    told = await _facts(tx, {batch: row["owner"] for batch, row in rows.items()})
    facts = []
    for batch, row in rows.items():
        words = [(own, fact) for own, fact in told if fact.batch_id == batch]
        others = row["source"] != "registered"
        made_on = _first([(own, fact.made_on) for own, fact in words], others=others)
        expires_on = _first([(own, fact.expires_on) for own, fact in words], others=others)
        facts.append(BatchFact(batch, made_on, expires_on))
    captured = [batch for batch, row in rows.items() if row["source"] != "registered"]
    await tx.sql.execute(FORGET, captured, clock.now())
    await describe_batches(tx, facts)


def _first(told: Iterable[tuple[bool, date | None]], *, others: bool) -> date | None:
    """The earliest date of its owner's words; `others`: where there is none, of anybody's."""
    days = [(not own, day) for own, day in told if day is not None and (own or others)]
    return min(days)[1] if days else None


async def describe_anew(tx: Transaction, voided: Sequence[int]) -> None:
    """Let the dates of the batches that `voided` events made be those that other events tell. The batches
    must be locked, and the postings of the voided events gone.
    """
    await describe_disputed(tx, [row["id"] for row in await tx.sql.fetch(DESCRIBED, voided)])


async def _facts(tx: Transaction, owners: Mapping[int, int | None]) -> list[tuple[bool, BatchFact]]:
    """What events in force tell of batches (-> whose product); whether their owner, who makes them
    for it, or an operator does.
    """
    rows = await tx.sql.fetch(MAKINGS, sorted(owners))
    readings = [
        (read_event(read_stored(row["payload"], row["context"])), (row["told_by"], *row["for_parties"]))
        for row in rows
    ]
    dated = [(reading, by) for reading, by in readings if reading.made_on or reading.expires_on]
    ids = await ensure_named(tx, {name for reading, _ in dated for name in reading.made()})
    return [
        (
            by[0] is None or owners[ids[name.uri]] in by,
            BatchFact(ids[name.uri], reading.made_on, reading.expires_on),
        )
        for reading, by in dated
        for name in reading.made()
        if ids[name.uri] in owners
    ]

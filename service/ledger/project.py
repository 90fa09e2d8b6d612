"""Bring the projection up to date with newly captured events, in the capture's own transaction.

Only what depends on the new events is computed again: their own postings; where they pack or unpack,
the postings of whatever names the logistic units concerned, from that time on; where a unit's lot
became known, whatever names the unit; and then every batch that those postings are about.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from service.db.transaction import Transaction
from service.ledger.locks import lock_plan
from service.ledger.model import Role
from service.ledger.naming import StoredEvent, batches_of_units, read_journal, write_journal
from service.ledger.postings import PACKING_TYPES, Item, Postings, postings_of
from service.ledger.projection import project_batch
from service.ledger.reading import (
    load_entries,
    load_items,
    load_packings,
    load_postings,
    load_sites,
    load_transformations,
    sites_of,
)
from service.ledger.writing import Written, write_ledgers, write_postings
from service.registry.ensure import describe_batches

#: Batches whose projection is held in memory at once.
BATCHES_AT_ONCE = 2_000

VOID = """
UPDATE journal_entry SET voided = true
WHERE NOT voided AND event_id IN (
    SELECT id FROM event WHERE NOT declares_error AND event_id = ANY($1::text[])
)
RETURNING event_id
"""
HOLDERS = """
-- $1 and everything that ever held one of them, at any level.
WITH RECURSIVE holder (unit_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT parent.unit_id
    FROM holder
    JOIN event_item AS child ON child.unit_id = holder.unit_id AND child.role = 2
    JOIN event_item AS parent ON parent.event_id = child.event_id AND parent.role = 1
)
SELECT unit_id FROM holder
"""
PARENTS = """
-- The units that ever held one of $1 directly.
SELECT DISTINCT parent.unit_id
FROM event_item AS child
JOIN event_item AS parent ON parent.event_id = child.event_id AND parent.role = 1
WHERE child.unit_id = ANY($1::bigint[]) AND child.role = 2
"""
PACKING_SEEDS = """
SELECT event_id, time FROM journal_entry WHERE event_id = ANY($1::bigint[]) AND type = ANY($2::text[])
"""
EVENTS_NAMING = """
SELECT DISTINCT item.event_id
FROM event_item AS item JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND ($2::timestamptz IS NULL OR entry.time >= $2)
"""
UNITS_OF = "SELECT id, batch_id FROM unit WHERE id = ANY($1::bigint[])"
WHICH_ARE_PARENTS = "SELECT DISTINCT unit_id FROM event_item WHERE role = 1 AND unit_id = ANY($1::bigint[])"
SET_UNIT_BATCHES = """
UPDATE unit SET batch_id = told.batch_id
FROM unnest($1::bigint[], $2::bigint[]) AS told (id, batch_id)
WHERE unit.id = told.id AND unit.batch_id IS DISTINCT FROM told.batch_id
"""
POSTED_BATCHES = "SELECT DISTINCT batch_id FROM posting WHERE event_id = ANY($1::bigint[])"
TIED_BATCHES = """
-- Batches of the transformations that share a transformationID with one of the events $1.
SELECT DISTINCT posting.batch_id
FROM journal_entry AS entry
JOIN journal_entry AS tied ON tied.transformation_id = entry.transformation_id
JOIN posting ON posting.event_id = tied.event_id
WHERE entry.event_id = ANY($1::bigint[]) AND entry.transformation_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the new events change: whose postings, which units' batches, which batches."""

    events: frozenset[int]
    postings: dict[int, Postings]
    unit_batches: dict[int, int | None]
    #: To be locked: transformationIDs of those events, what holds others, every batch whose projection is
    #: computed again, and every batch that a unit leaves: who names the unit meanwhile has locked that one.
    transformations: frozenset[str]
    units: frozenset[int]
    batches: frozenset[int]


async def project(tx: Transaction, stored: Sequence[StoredEvent]) -> set[int]:
    """Write the journal of `stored` and project it; the batches whose projection changed."""
    journal = await read_journal(tx, stored)
    await write_journal(tx, journal)
    declared = [item.event_id for item in stored if item.event.declares_error]
    seeds = {item.id for item in stored if not item.event.declares_error}
    if declared:
        seeds |= {row["event_id"] for row in await tx.sql.fetch(VOID, declared)}
    if not seeds:
        return set()
    plan = await lock_plan(tx, lambda: make_plan(tx, seeds))
    units = sorted(plan.unit_batches)
    # Only now, for this locks batches too.
    await describe_batches(tx, journal.facts)
    await tx.sql.execute(SET_UNIT_BATCHES, units, [plan.unit_batches[unit] for unit in units])
    await write_postings(tx, plan.events, plan.postings)
    return (await project_batches(tx, plan.batches)).batches


async def make_plan(tx: Transaction, seeds: Collection[int]) -> Plan:
    """What has to be computed again because of the events `seeds` (new, or newly voided)."""
    items = await load_items(tx, seeds)
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    batch_of = await batches_of_units(tx, sorted(named))
    changed = sorted(unit for unit, (before, now) in batch_of.items() if before != now)
    events = set(seeds)
    holders = await _packed_anew(tx, seeds, items, events)
    # A unit that counts for another batch than it did counts so wherever it was named, or inside.
    above = [row["unit_id"] for row in await tx.sql.fetch(HOLDERS, changed)] if changed else []
    events |= {row["event_id"] for row in await tx.sql.fetch(EVENTS_NAMING, above, None)} if above else set()
    told = await postings_of_events(tx, events, {unit: now for unit, (_, now) in batch_of.items()})
    postings = told.postings
    batches = {batch for told in postings.values() for _, batch in told}
    batches |= {row["batch_id"] for row in await tx.sql.fetch(POSTED_BATCHES, sorted(events))}
    batches |= {row["batch_id"] for row in await tx.sql.fetch(TIED_BATCHES, sorted(events))}
    unit_batches = {unit: now for unit, (before, now) in batch_of.items() if before != now}
    batches |= {batch for unit in changed for batch in batch_of[unit] if batch is not None}
    return Plan(
        frozenset(events),
        postings,
        unit_batches,
        told.transformations,
        frozenset(holders | told.holding),
        frozenset(batches),
    )


async def _packed_anew(
    tx: Transaction, seeds: Collection[int], items: dict[int, list[Item]], events: set[int]
) -> set[int]:
    """The logistic units whose contents the seeds change; adds the events that name them to `events`."""
    rows = await tx.sql.fetch(PACKING_SEEDS, sorted(seeds), list(PACKING_TYPES))
    if not rows:
        return set()
    packed = [item for row in rows for item in items.get(row["event_id"], ())]
    parents = {item.unit for item in packed if item.role is Role.PARENT and item.unit is not None}
    children = sorted({item.unit for item in packed if item.role is Role.CHILD and item.unit is not None})
    # What goes into one thing has left the other it was in.
    former = {row["unit_id"] for row in await tx.sql.fetch(PARENTS, children)}
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(parents | former))}
    since = min(row["time"] for row in rows)
    naming = await tx.sql.fetch(EVENTS_NAMING, sorted(holders), since)
    events |= {row["event_id"] for row in naming}
    return holders


@dataclass(frozen=True, slots=True)
class Posted:
    """The postings of some events, and what they name: transformationIDs, units that may hold others."""

    postings: dict[int, Postings]
    transformations: frozenset[str]
    holding: frozenset[int]


async def postings_of_events(
    tx: Transaction, events: Collection[int], batch_of: dict[int, int | None]
) -> Posted:
    """The postings of events, given the batches of units that are about to change."""
    entries, items = await load_entries(tx, events), await load_items(tx, events)
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    parents = {row["unit_id"] for row in await tx.sql.fetch(WHICH_ARE_PARENTS, sorted(named))}
    packings, inside = await load_packings(tx, parents)
    known = {row["id"]: row["batch_id"] for row in await tx.sql.fetch(UNITS_OF, sorted(named | inside))}
    known |= batch_of
    ids = (entry.transformation_id for entry in entries.values())
    return Posted(
        {
            event: postings_of(entry, items.get(event, ()), known, packings)
            for event, entry in entries.items()
        },
        frozenset(tid for tid in ids if tid is not None),
        frozenset({unit for unit in named if known[unit] is None} | parents),
    )


async def project_batches(tx: Transaction, batches: Iterable[int]) -> Written:
    """Compute and write the projection of whole batches. They must be locked."""
    written = Written()
    ordered = sorted(batches)
    for start in range(0, len(ordered), BATCHES_AT_ONCE):
        some = ordered[start : start + BATCHES_AT_ONCE]
        postings = await load_postings(tx, some)
        told = [posting for batch in some for posting in postings.get(batch, ())]
        transformations = await load_transformations(tx, told)
        sites = await load_sites(tx, sites_of(postings))
        ledgers = {
            batch: project_batch(batch, postings.get(batch, ()), sites, transformations) for batch in some
        }
        written.add(await write_ledgers(tx, ledgers))
    return written

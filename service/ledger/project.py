"""Bring the projection up to date with newly captured events, in the capture's own transaction.

Only what depends on the new events is computed again: their own postings; where they name logistic units,
or what was ever packed, the postings of whatever names those units, from some time before on; where a unit's
lot became known, whatever names the unit; and then every batch whose postings came out otherwise.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from service.db.transaction import Transaction
from service.ledger.containers import HOLDERS, INSIDE, load_packings, which_are_parents
from service.ledger.dates import describe_anew
from service.ledger.locks import LOCK_BATCHES, ProductLock, lock_plan
from service.ledger.lotless import load_departures, lots_concerned, products_of, which_are_lotless
from service.ledger.naming import StoredEvent, batches_of_units, read_journal, write_journal
from service.ledger.postings import Item, Postings, postings_of
from service.ledger.projection import project_batch
from service.ledger.reading import (
    load_entries,
    load_items,
    load_postings,
    load_sites,
    load_transformations,
    sites_of,
)
from service.ledger.untold_contents import LATE_WITHIN
from service.ledger.writing import Written, posted_anew, write_ledgers, write_postings
from service.registry.ensure import describe_batches

#: Batches whose projection is held in memory at once.
BATCHES_AT_ONCE = 2_000
#: How far back an event can change what was inside at a movement: it may show that a packing was recorded
#: late (up to so long after the departure, and so long before the event), in units within units.
REACH_BACK = 4 * 2 * LATE_WITHIN

VOID = """
UPDATE journal_entry SET voided = true
WHERE NOT voided AND event_id IN (
    SELECT id FROM event WHERE NOT declares_error AND event_id = ANY($1::text[])
)
RETURNING event_id
"""
SEED_TIME = "SELECT min(time) FROM journal_entry WHERE event_id = ANY($1::bigint[])"
EVENTS_NAMING = """
SELECT DISTINCT item.event_id
FROM event_item AS item JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND ($2::timestamptz IS NULL OR entry.time >= $2)
"""
UNITS_OF = "SELECT id, batch_id FROM unit WHERE id = ANY($1::bigint[])"
SET_UNIT_BATCHES = """
UPDATE unit SET batch_id = told.batch_id
FROM unnest($1::bigint[], $2::bigint[]) AS told (id, batch_id)
WHERE unit.id = told.id AND unit.batch_id IS DISTINCT FROM told.batch_id
"""
POSTED_BATCHES = "SELECT DISTINCT batch_id FROM posting WHERE event_id = ANY($1::bigint[])"
TRANSFORMED_BATCHES = """
-- All batches of the transformations that the events $1 are.
SELECT posting.batch_id FROM journal_entry AS entry JOIN posting USING (event_id)
WHERE entry.event_id = ANY($1::bigint[]) AND entry.type = 'TransformationEvent'
"""
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
    #: The products of those batches.
    products: frozenset[ProductLock]


async def project(tx: Transaction, stored: Sequence[StoredEvent]) -> set[int]:
    """Write the journal of `stored` and project it; the batches whose projection changed."""
    journal = await read_journal(tx, stored)
    await write_journal(tx, journal)
    declared = [item.event_id for item in stored if item.event.declares_error]
    seeds = {item.id for item in stored if not item.event.declares_error}
    voided = [row["event_id"] for row in await tx.sql.fetch(VOID, declared)] if declared else []
    seeds.update(voided)
    if not seeds:
        return set()
    plan = await lock_plan(tx, lambda: make_plan(tx, seeds), lambda plan: plan.products)
    units = sorted(plan.unit_batches)
    # Only now, for this locks batches too.
    await describe_batches(tx, journal.facts)
    await tx.sql.execute(SET_UNIT_BATCHES, units, [plan.unit_batches[unit] for unit in units])
    await write_postings(tx, plan.events, plan.postings)
    if voided:
        await describe_anew(tx, voided)
    return (await project_batches(tx, plan.batches)).batches


async def make_plan(tx: Transaction, seeds: Collection[int]) -> Plan:
    """What has to be computed again because of the events `seeds` (new, or newly voided)."""
    items = await load_items(tx, seeds)
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    batch_of = await batches_of_units(tx, sorted(named))
    changed = sorted(unit for unit, (before, now) in batch_of.items() if before != now)
    events = set(seeds)
    holders = await _held_by(tx, seeds, items, events)
    # A unit that counts for another batch than it did counts so wherever it was named, or inside.
    above = [row["unit_id"] for row in await tx.sql.fetch(HOLDERS, changed)] if changed else []
    events |= {row["event_id"] for row in await tx.sql.fetch(EVENTS_NAMING, above, None)} if above else set()
    told = await postings_of_events(tx, events, {unit: now for unit, (_, now) in batch_of.items()})
    anew = await posted_anew(tx, events, told.postings)
    batches = {batch for _, batch in anew}
    posted = sorted({event for event, _ in anew} | set(seeds))
    batches |= {batch for event in seeds for _, batch in told.postings.get(event, ())}
    batches |= {row["batch_id"] for row in await tx.sql.fetch(POSTED_BATCHES, sorted(seeds))}
    for query in (TRANSFORMED_BATCHES, TIED_BATCHES):
        batches |= {row["batch_id"] for row in await tx.sql.fetch(query, posted)}
    unit_batches = {unit: now for unit, (before, now) in batch_of.items() if before != now}
    batches |= {batch for unit in changed for batch in batch_of[unit] if batch is not None}
    return Plan(
        frozenset(events),
        told.postings,
        unit_batches,
        told.transformations,
        frozenset(holders | told.holding),
        frozenset(batches),
        await products_of(tx, batches),
    )


async def _held_by(
    tx: Transaction, seeds: Collection[int], items: dict[int, list[Item]], events: set[int]
) -> set[int]:
    """The logistic units whose contents at any time the seeds may change: those they pack, and those whose
    goods, or which themselves, they show somewhere. Adds the events that name them to `events`.
    """
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(named))}
    parents = await which_are_parents(tx, holders)
    if not parents:
        return set()
    # What is seen, is seen with all that is inside; and that may have been in other things before.
    within = {row["unit_id"] for row in await tx.sql.fetch(INSIDE, sorted(parents & named))}
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(parents | within))}
    bearing = await which_are_parents(tx, holders)
    since = await tx.sql.fetchval(SEED_TIME, sorted(seeds)) - REACH_BACK
    naming = await tx.sql.fetch(EVENTS_NAMING, sorted(bearing), since)
    events |= {row["event_id"] for row in naming}
    return bearing


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
    parents = await which_are_parents(tx, named)
    packings, inside = await load_packings(tx, parents)
    # Before anything is locked, another capture may pack more while this is read, statement by statement.
    units = sorted(named | inside | packings.packed())
    known = {row["id"]: row["batch_id"] for row in await tx.sql.fetch(UNITS_OF, units)}
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
    """Compute and write the projection of whole batches, and of the lots that hang together with what left
    without a lot. The batches, and their products, must be locked.
    """
    written, wanted = Written(), sorted(batches)
    # What left without a lot is read by the lots of the product.
    lotless = await which_are_lotless(tx, wanted)
    for some in [*_chunks(sorted(lotless)), *_chunks([batch for batch in wanted if batch not in lotless])]:
        written.add(await _project_some(tx, some))
    others = await lots_concerned(tx, written.departures, lotless) - set(wanted)
    if others:
        # Nobody else has these: whoever projects them holds the lock of their product.
        await tx.sql.execute(LOCK_BATCHES, sorted(others))
        for some in _chunks(sorted(others)):
            written.add(await _project_some(tx, some))
    return written


def _chunks(batches: Sequence[int]) -> list[Sequence[int]]:
    return [batches[start : start + BATCHES_AT_ONCE] for start in range(0, len(batches), BATCHES_AT_ONCE)]


async def _project_some(tx: Transaction, batches: Sequence[int]) -> Written:
    postings = await load_postings(tx, batches)
    told = [posting for batch in batches for posting in postings.get(batch, ())]
    transformations = await load_transformations(tx, told)
    departures = await load_departures(tx, batches, (posting.entry for posting in told))
    left = (departure.site for some in departures.values() for departure in some)
    sites = await load_sites(tx, sites_of(postings), left)
    ledgers = {
        batch: project_batch(
            batch, postings.get(batch, ()), sites, transformations, departures.get(batch, ())
        )
        for batch in batches
    }
    return await write_ledgers(tx, ledgers)

"""Bring the projection up to date with newly captured events, in the capture's own transaction.

Only what depends on the new events is computed again: their own postings; where they name logistic units,
or what was ever packed, the postings of whatever names those units, from some time before on; where a unit's
lot became known, whatever names the unit; and then every batch whose postings came out otherwise.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.db.transaction import Transaction
from service.ledger.alike import Alike
from service.ledger.awaiting import may_be_in_part, note_in_part
from service.ledger.captured import NOTHING, Captured
from service.ledger.containers import HOLDERS, INSIDE, load_packings, which_are_parents
from service.ledger.dates import describe, describe_anew, describe_disputed
from service.ledger.locks import LOCK_BATCHES, ProductLock, lock_plan
from service.ledger.lotless import Lineages, load_departures, load_lineages, lots_concerned
from service.ledger.model import Entry, Posting
from service.ledger.naming import StoredEvent, batches_of_units, read_journal, write_journal
from service.ledger.partial_project import project_part
from service.ledger.postings import Postings, postings_of
from service.ledger.projection import project_batch
from service.ledger.reading import (
    load_postings,
    load_sites,
    load_transformations,
    sites_of,
)
from service.ledger.untold_contents import LATE_WITHIN
from service.ledger.writing import (
    PostingChanges,
    Written,
    posting_changes,
    write_ledgers,
    write_postings,
)

#: Batches whose projection is held in memory at once.
BATCHES_AT_ONCE = 2_000
#: Flows, at least, of a batch that is projected in part for so many new events at most.
LARGE = 500
FEW = 50
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

    posted: "Posted"
    changes: PostingChanges
    unit_batches: dict[int, int | None]
    #: To be locked: transformationIDs of those events, what holds others, every batch whose projection is
    #: computed again, and every batch that a unit leaves: who names the unit meanwhile has locked that one.
    transformations: frozenset[str]
    units: frozenset[int]
    batches: frozenset[int]
    #: The products of those batches.
    lineages: Lineages
    #: Of them, those to which nothing happens but that new events are told of them.
    appended: frozenset[int] = frozenset()

    @property
    def events(self) -> frozenset[int]:
        """Those whose postings were computed."""
        return self.posted.events

    @property
    def products(self) -> frozenset[ProductLock]:
        """To be locked."""
        return self.lineages.products

    def known(self, captured: Captured) -> "Known":
        """What need not be read again, once the plan is written."""
        posted = self.posted
        return Known(
            posted.events,
            posted.postings,
            posted.by_batch(),
            captured.batches,
            captured.batches,
            self.lineages,
            captured.events,
            self.appended - captured.batches,
        )


async def project(tx: Transaction, stored: Sequence[StoredEvent], *, in_part: bool = True) -> set[int]:
    """Write the journal of `stored` and project it; the batches whose projection changed. `in_part`: of large
    batches perhaps only what is new.
    """
    journal = await read_journal(tx, stored)
    await write_journal(tx, journal)
    declared = [item.event_id for item in stored if item.event.declares_error]
    seeds = {item.id for item in stored if not item.event.declares_error}
    voided = [row["event_id"] for row in await tx.sql.fetch(VOID, declared)] if declared else []
    seeds.update(voided)
    if not seeds:
        return set()
    # What an error declaration of this very document has voided is no longer as it was captured.
    captured = NOTHING if voided else journal.captured
    plan = await lock_plan(tx, lambda: make_plan(tx, seeds, captured), lambda plan: plan.products)
    # Only now, for this locks batches too.
    disputed = await describe(tx, journal.facts)
    await write_plan(tx, plan)
    await describe_disputed(tx, disputed)
    if voided:
        await describe_anew(tx, voided)
    known = plan.known(captured)
    if not in_part:
        known = replace(known, appended=frozenset())
    return (await project_batches(tx, plan.batches, known)).batches


async def write_plan(tx: Transaction, plan: Plan) -> None:
    """Write what the plan says of units and postings."""
    if plan.unit_batches:
        units = sorted(plan.unit_batches)
        await tx.sql.execute(SET_UNIT_BATCHES, units, [plan.unit_batches[unit] for unit in units])
    await write_postings(tx, plan.changes)


async def make_plan(tx: Transaction, seeds: Collection[int], captured: Captured = NOTHING) -> Plan:
    """What has to be computed again because of the events `seeds` (new, or newly voided)."""
    items = await captured.items_of(tx, seeds)
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    # Nothing else bears on what is loose.
    named.difference_update(captured.loose)
    batch_of = await batches_of_units(tx, sorted(named))
    changed = sorted(unit for unit, (before, now) in batch_of.items() if before != now)
    events = set(seeds)
    holders = await _held_by(tx, seeds, named, captured, events)
    # A unit that counts for another batch than it did counts so wherever it was named, or inside.
    above = [row["unit_id"] for row in await tx.sql.fetch(HOLDERS, changed)] if changed else []
    events |= {row["event_id"] for row in await tx.sql.fetch(EVENTS_NAMING, above, None)} if above else set()
    told = await postings_of_events(tx, events, {unit: now for unit, (_, now) in batch_of.items()}, captured)
    changes = await posting_changes(tx, events, told.postings, captured.events)
    anew = changes.anew()
    batches = {batch for _, batch in anew}
    batches |= {batch for event in seeds for _, batch in told.postings.get(event, ())}
    posted_before = sorted(set(seeds) - captured.events)
    if posted_before:
        rows = await tx.sql.fetch(POSTED_BATCHES, posted_before)
        batches |= {row["batch_id"] for row in rows}
    appended = {row[0] for row in changes.fresh if row[1] in captured.events}
    appended -= {row[0] for row in changes.gone}
    appended -= {row[0] for row in changes.fresh if row[1] not in captured.events}
    if posted_before:
        appended = set()
    others = await _made_together(tx, {event for event, _ in anew} | set(seeds), told, captured)
    unit_batches = {unit: now for unit, (before, now) in batch_of.items() if before != now}
    others |= {batch for unit in changed for batch in batch_of[unit] if batch is not None}
    batches |= others
    return Plan(
        told,
        changes,
        unit_batches,
        told.transformations,
        frozenset(holders | told.holding),
        frozenset(batches),
        await load_lineages(tx, batches),
        frozenset(appended - others),
    )


async def _made_together(tx: Transaction, posted: set[int], told: "Posted", captured: Captured) -> set[int]:
    """The batches of the transformations that events are, or are tied to."""
    batches: set[int] = set()
    others = sorted(posted - captured.events)
    if others:
        batches |= {row["batch_id"] for row in await tx.sql.fetch(TRANSFORMED_BATCHES, others)}
    # Events that no longer count are not among the entries.
    tied = [e for e in posted if e not in told.entries or told.entries[e].transformation_id is not None]
    if tied:
        batches |= {row["batch_id"] for row in await tx.sql.fetch(TIED_BATCHES, sorted(tied))}
    return batches


async def _held_by(
    tx: Transaction, seeds: Collection[int], named: set[int], captured: Captured, events: set[int]
) -> set[int]:
    """The logistic units whose contents at any time the seeds may change: those they pack, and those whose
    goods, or which themselves, they show somewhere. Adds the events that name them to `events`. `named`: the
    units that the seeds name.
    """
    if not named:
        return set()
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(named))}
    parents = await which_are_parents(tx, holders)
    if not parents:
        return set()
    # What is seen, is seen with all that is inside; and that may have been in other things before.
    within = {row["unit_id"] for row in await tx.sql.fetch(INSIDE, sorted(parents & named))}
    holders = {row["unit_id"] for row in await tx.sql.fetch(HOLDERS, sorted(parents | within))}
    bearing = await which_are_parents(tx, holders)
    times = [captured.entries[event].time for event in seeds if event in captured.entries]
    others = sorted(event for event in seeds if event not in captured.entries)
    if others:
        times.append(await tx.sql.fetchval(SEED_TIME, others))
    naming = await tx.sql.fetch(EVENTS_NAMING, sorted(bearing), min(times) - REACH_BACK)
    events |= {row["event_id"] for row in naming}
    return bearing


@dataclass(frozen=True, slots=True)
class Posted:
    """The postings of some events (`entries`: of those that count), and what they name: transformationIDs,
    units that may hold others.
    """

    events: frozenset[int]
    entries: dict[int, Entry]
    postings: dict[int, Postings]
    transformations: frozenset[str]
    holding: frozenset[int]

    def by_batch(self) -> dict[int, list[Posting]]:
        """The same, batch by batch."""
        told: dict[int, list[Posting]] = defaultdict(list)
        for event, postings in self.postings.items():
            entry = self.entries[event]
            for (role, batch), posted in postings.items():
                told[batch].append(Posting(entry, role, posted.amounts, posted.doubt))
        return told


async def postings_of_events(
    tx: Transaction,
    events: Collection[int],
    batch_of: Mapping[int, int | None],
    captured: Captured = NOTHING,
) -> Posted:
    """The postings of events, given the batches of units that are about to change."""
    entries, items = await captured.entries_of(tx, events), await captured.items_of(tx, events)
    named = {item.unit for told in items.values() for item in told if item.unit is not None}
    named.difference_update(captured.loose)
    parents = await which_are_parents(tx, named) if named else set()
    packings, inside = await load_packings(tx, parents)
    # Before anything is locked, another capture may pack more while this is read, statement by statement.
    units = sorted((named | inside | packings.packed()).difference(batch_of))
    rows = await tx.sql.fetch(UNITS_OF, units) if units else ()
    known: dict[int, int | None] = {row["id"]: row["batch_id"] for row in rows}
    known.update(batch_of)
    known.update(captured.loose)
    ids = (entry.transformation_id for entry in entries.values())
    return Posted(
        frozenset(events),
        entries,
        {
            event: postings_of(entry, items.get(event, ()), known, packings)
            for event, entry in entries.items()
        },
        frozenset(tid for tid in ids if tid is not None),
        frozenset({unit for unit in named if known[unit] is None} | parents),
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What needs no reading when batches are projected: the postings of `events`, by event and by batch;
    which batches nothing else is told of (`new`), and which have no rows yet (`unwritten`); how all of them
    hang together with products; which batches are told of by new events (`fresh`) only (`appended`).
    """

    events: frozenset[int] = frozenset()
    postings: Mapping[int, Postings] = field(default_factory=dict)
    by_batch: Mapping[int, Sequence[Posting]] = field(default_factory=dict)
    new: frozenset[int] = frozenset()
    unwritten: frozenset[int] = frozenset()
    lineages: Lineages | None = None
    fresh: frozenset[int] = frozenset()
    appended: frozenset[int] = frozenset()


async def project_batches(tx: Transaction, batches: Iterable[int], known: Known | None = None) -> Written:
    """Compute and write the projection of whole batches, and of the lots that hang together with what left
    without a lot. The batches, and their products, must be locked.
    """
    written, wanted, known = Written(), sorted(batches), known or Known()
    # What left without a lot is read by the lots of the product.
    lotless = (known.lineages or await load_lineages(tx, wanted)).lotless
    for some in [*_chunks(sorted(lotless)), *_chunks([batch for batch in wanted if batch not in lotless])]:
        written.add(await _project_some(tx, some, known))
    others = await lots_concerned(tx, written.departures, lotless) - set(wanted)
    if others:
        # Nobody else has these: whoever projects them holds the lock of their product.
        await tx.sql.execute(LOCK_BATCHES, sorted(others))
        for some in _chunks(sorted(others)):
            written.add(await _project_some(tx, some, Known()))
    return written


async def project_new(tx: Transaction, batches: Sequence[int]) -> None:
    """Compute and write the projection of batches that have none yet, and of no others."""
    for some in _chunks(batches):
        await _project_some(tx, some, Known(unwritten=frozenset(some)))


def _chunks(batches: Sequence[int]) -> list[Sequence[int]]:
    return [batches[start : start + BATCHES_AT_ONCE] for start in range(0, len(batches), BATCHES_AT_ONCE)]


async def _project_some(tx: Transaction, batches: Sequence[int], known: Known) -> Written:
    written = Written()
    in_part = await _project_parts(tx, batches, known, written)
    batches = [batch for batch in batches if batch not in in_part]
    if not batches:
        return written
    here = [batch for batch in batches if batch not in known.new]
    postings = await load_postings(tx, here, known.events)
    for batch in batches:
        if batch in known.by_batch:
            postings[batch].extend(known.by_batch[batch])
    told = [posting for batch in batches for posting in postings.get(batch, ())]
    transformations = await load_transformations(tx, told, known.postings)
    lineages = known.lineages or await load_lineages(tx, batches)
    lots = {batch: lineages.lotless_of[batch] for batch in batches if batch in lineages.lotless_of}
    departures = await load_departures(tx, lots, (posting.entry for posting in told))
    left = (departure.site for some in departures.values() for departure in some)
    sites = await load_sites(tx, sites_of(postings), left)
    alike = Alike(project_batch, sites, transformations)
    ledgers = {
        batch: alike.project(
            batch,
            postings.get(batch, ()),
            departures.get(batch, ()),
        )
        for batch in batches
    }
    written.add(await write_ledgers(tx, ledgers, known.unwritten))
    return written


async def _project_parts(tx: Transaction, batches: Sequence[int], known: Known, written: Written) -> set[int]:
    """Project of large batches what is new; for which of them that is enough, until they are projected whole
    soon after (`whole.py`).
    """
    lineages, done = known.lineages, set[int]()
    if lineages is None or lineages.lotless:
        return done
    for batch in known.appended.intersection(batches):
        fresh = {p.entry.event_id for p in known.by_batch[batch]} & known.fresh
        if lineages.flows[batch] < LARGE or len(fresh) > FEW or not await may_be_in_part(tx, batch):
            continue
        part = await project_part(tx, batch, fresh, known.postings, lineages.lotless_of.get(batch))
        if part is not None:
            await note_in_part(tx, batch, lineages.flows[batch])
            written.add(part)
            done.add(batch)
    return done

"""From names to rows: the things that events name get their rows, the journal its entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from service.db.rows import insert_rows
from service.db.transaction import Transaction
from service.events.model import Event
from service.events.tables import EventItem
from service.identifiers.units import EACH
from service.ledger.captured import NOTHING, Captured
from service.ledger.journal import BatchName, Reading, own_batch, read_event
from service.ledger.model import Entry, Role
from service.ledger.postings import Item
from service.ledger.tables import JournalEntry
from service.registry.ensure import (
    BatchFact,
    FoundBatches,
    NewBatch,
    ensure_parties,
    ensure_sites,
    find_or_make_batches,
)

INSERT_UNITS = """
INSERT INTO unit (uri, batch_id)
SELECT uri, batch_id FROM unnest($1::text[], $2::bigint[]) AS wanted (uri, batch_id) ORDER BY uri
ON CONFLICT (uri) DO NOTHING
RETURNING uri, id
"""
FIND_UNITS = "SELECT id, uri FROM unit WHERE uri = ANY($1::text[])"
# The place that goes by a party's own URI, even where it was registered by hand as somebody's.
FIND_UNSPECIFIED = """
SELECT party.id AS party_id, site.id FROM party JOIN site USING (uri) WHERE party.id = ANY($1::bigint[])
"""
FIND_DECLARED = """
SELECT DISTINCT event_id FROM event WHERE declares_error AND event_id = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM correction WHERE correction.event_id = event.id AND disregarded)
"""

ITEM_COLUMNS = ("event_id", "ordinal", "role", "unit_id", "batch_id", "told_batch_id", "quantity", "uom")
ENTRY_COLUMNS = (
    "event_id",
    "event_key",
    "time",
    "type",
    "action",
    "step",
    "site_id",
    "read_site_id",
    "source_site_id",
    "source_party_id",
    "destination_site_id",
    "destination_party_id",
    "transactions",
    "transformation_id",
    "voided",
    "told_by",
)


class StoredEvent(NamedTuple):
    """An event with the id of its row and its `eventID` (given, or made from its content). `tellers`: the
    party that captured it and those for which it did so; None: an operator.
    """

    id: int
    event_id: str
    event: Event
    tellers: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class _Ids:
    parties: Mapping[str, int]
    party_sites: Mapping[int, int]
    sites: Mapping[str, int]
    batches: Mapping[str, int]
    units: Mapping[str, int]
    #: What this transaction has made: units that nothing else bears on, with their batches; batches.
    loose: Mapping[int, int | None]
    made: frozenset[int]


@dataclass(frozen=True, slots=True)
class Journal:
    """What the journal holds of some events: rows of `event_item` and `journal_entry`, in the order of
    `ITEM_COLUMNS` and `ENTRY_COLUMNS`, and what the events say of batches themselves. `captured`: the same
    as values, for events stored by this very transaction.
    """

    items: list[tuple[Any, ...]]
    entries: list[tuple[Any, ...]]
    facts: frozenset[BatchFact]
    captured: Captured = field(default=NOTHING)


async def read_journal(tx: Transaction, stored: Sequence[StoredEvent]) -> Journal:
    """The journal of stored events (error declarations excepted: they have none), read from them alone.
    Whatever they name gets its row.
    """
    events = [item for item in stored if not item.event.declares_error]
    if not events:
        return Journal([], [], frozenset())
    told = [(item, read_event(item.event)) for item in events]
    declared = {
        row["event_id"] for row in await tx.sql.fetch(FIND_DECLARED, [item.event_id for item in events])
    }
    ids = await _ensure(tx, told, declared)
    items: list[tuple[Any, ...]] = []
    entries: list[tuple[Any, ...]] = []
    in_force: list[Reading] = []
    counted: dict[int, Entry] = {}
    for item, reading in told:
        items.extend(_items(item.id, reading, ids))
        entry, voided = _entry(item, reading, ids), item.event_id in declared
        entries.append(_entry_row(entry, reading, voided=voided))
        if not voided:
            in_force.append(reading)
            counted[entry.event_id] = entry
    captured = Captured(frozenset(item.id for item in events), counted, _as_items(items), ids.loose, ids.made)
    return Journal(items, entries, _facts(in_force, ids), captured)


def _as_items(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[Item]]:
    items: dict[int, list[Item]] = {}
    for event, _, role, unit, batch, _, quantity, uom in rows:
        items.setdefault(event, []).append(Item(role, unit, batch, quantity, uom or EACH))
    return items


async def write_journal(tx: Transaction, journal: Journal) -> None:
    """Write the journal of newly stored events."""
    await insert_rows(tx.sql, EventItem, journal.items, ITEM_COLUMNS)
    await insert_rows(tx.sql, JournalEntry, journal.entries, ENTRY_COLUMNS)


async def _ensure(tx: Transaction, told: Sequence[tuple[StoredEvent, Reading]], declared: set[str]) -> _Ids:
    """Rows for all that is named, in the one order that keeps captures from waiting in a circle."""
    readings = [reading for _, reading in told]
    parties = await ensure_parties(tx, {uri for reading in readings for uri in reading.parties()})
    sites = await ensure_sites(tx, {uri for reading in readings for uri in reading.sites()})
    party_sites = {
        row["party_id"]: row["id"]
        for row in (await tx.sql.fetch(FIND_UNSPECIFIED, sorted(set(parties.values()))) if parties else ())
    }
    named: set[BatchName] = set()
    for reading in readings:
        named.update(item.batch for item in reading.classes)
        named.update(item.told for item in reading.units if item.told is not None)
    batches = await find_named(tx, named)
    units, loose, alone = await _ensure_units(tx, told, declared, batches.ids)
    return _Ids(parties, party_sites, sites, batches.ids, units, loose, batches.made | alone)


async def ensure_named(tx: Transaction, names: set[BatchName]) -> dict[str, int]:
    """The ids of batches, by URI."""
    return (await find_named(tx, names)).ids


async def find_named(tx: Transaction, names: set[BatchName]) -> FoundBatches:
    """`ensure_named`, telling which ones are new."""
    # One URI may be named with and without its lot: the fuller name makes the row.
    fullest = sorted(names, key=lambda name: (name.uri, name.lot is not None, name.product_uri or ""))
    wanted = {name.uri: NewBatch(name.uri, name.product_uri, name.lot, name.of_one) for name in fullest}
    return await find_or_make_batches(tx, wanted.values())


async def _ensure_units(
    tx: Transaction,
    told: Sequence[tuple[StoredEvent, Reading]],
    declared: set[str],
    batches: Mapping[str, int],
) -> tuple[dict[str, int], dict[int, int | None], frozenset[int]]:
    """The ids of units, by URI; the batches of those made here that are neither packed nor hold anything;
    and which of these batches, of one unit each, were made here.
    """
    wanted = sorted({unit.uri for _, reading in told for unit in reading.units})
    if not wanted:
        return {}, {}, frozenset()
    known = {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_UNITS, wanted)}
    missing = [uri for uri in wanted if uri not in known]
    if not missing:
        return known, {}, frozenset()
    batch_of, made = await _batches_of_loose(tx, told, declared, batches, set(missing))
    rows = await tx.sql.fetch(INSERT_UNITS, missing, [batch_of.get(uri) for uri in missing])
    inserted = {row["uri"]: row["id"] for row in rows}
    known |= inserted
    others = [uri for uri in missing if uri not in inserted]
    if others:  # Somebody else made them meanwhile.
        known |= {row["uri"]: row["id"] for row in await tx.sql.fetch(FIND_UNITS, others)}
    return known, {inserted[uri]: batch for uri, batch in batch_of.items() if uri in inserted}, made


async def _batches_of_loose(
    tx: Transaction,
    told: Sequence[tuple[StoredEvent, Reading]],
    declared: set[str],
    batches: Mapping[str, int],
    missing: set[str],
) -> tuple[dict[str, int | None], frozenset[int]]:
    """The batches of those new units that no event packs and of which no two lots are told, as
    `batches_of_units` has them: of its lot; else one of its own. And which of the latter were made here.
    """
    first: dict[str, int | None] = {}
    #: What more is known of than this.
    packed: set[str] = set()
    for item, reading in sorted(told, key=lambda each: (each[0].event.event_time, each[0].event_id)):
        in_force = item.event_id not in declared
        for unit in reading.units:
            if unit.role in (Role.PARENT, Role.CHILD):
                packed.add(unit.uri)
            elif unit.uri in missing:
                known = first.setdefault(unit.uri, None)
                told_lot = batches[unit.told.uri] if unit.told is not None and in_force else None
                if known is not None and told_lot not in (None, known):
                    packed.add(unit.uri)
                first[unit.uri] = known if known is not None else told_lot
    loose = {uri: batch for uri, batch in first.items() if uri not in packed}
    alone = {uri: own for uri, batch in loose.items() if batch is None and (own := own_batch(uri))}
    found = await find_named(tx, set(alone.values()))
    return loose | {uri: found.ids[own.uri] for uri, own in alone.items()}, found.made


def _items(event_id: int, reading: Reading, ids: _Ids) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for unit in reading.units:
        told = ids.batches[unit.told.uri] if unit.told else None
        rows.append((event_id, len(rows), unit.role, ids.units[unit.uri], None, told, None, None))
    for item in reading.classes:
        batch = ids.batches[item.batch.uri]
        rows.append((event_id, len(rows), item.role, None, batch, None, item.quantity, item.uom))
    return rows


def _entry(item: StoredEvent, reading: Reading, ids: _Ids) -> Entry:
    source_party, source_site = _side(reading.source_party, reading.source_site, ids)
    destination_party, destination_site = _side(reading.destination_party, reading.destination_site, ids)
    return Entry(
        item.id,
        item.event_id,
        item.event.event_time,
        item.event.type,
        item.event.action,
        item.event.biz_step,
        ids.sites[reading.site] if reading.site else None,
        ids.sites[reading.read_site] if reading.read_site else None,
        source_site,
        source_party,
        destination_site,
        destination_party,
        frozenset(reading.transactions),
        item.event.transformation_id,
        item.tellers,
    )


def _entry_row(entry: Entry, reading: Reading, *, voided: bool) -> tuple[Any, ...]:
    return (
        entry.event_id,
        entry.key,
        entry.time,
        entry.type,
        entry.action,
        entry.step,
        entry.site,
        entry.read_site,
        entry.source_site,
        entry.source_party,
        entry.destination_site,
        entry.destination_party,
        list(reading.transactions),
        entry.transformation_id,
        voided,
        None if entry.tellers is None else sorted(entry.tellers),
    )


def _side(party_uri: str | None, site_uri: str | None, ids: _Ids) -> tuple[int | None, int | None]:
    """(party, site): where only a party is named, the site is that party's unspecified one."""
    party = ids.parties[party_uri] if party_uri else None
    if site_uri is not None:
        return party, ids.sites[site_uri]
    return party, ids.party_sites[party] if party is not None else None


def _facts(readings: Sequence[Reading], ids: _Ids) -> frozenset[BatchFact]:
    return frozenset(
        BatchFact(ids.batches[name.uri], reading.made_on, reading.expires_on)
        for reading in readings
        if reading.made_on or reading.expires_on
        for name in reading.made()
    )


# Which batch a unit counts for

TOLD_BATCHES = """
-- The first word counts, by the time of the event: the same whatever was captured first.
SELECT DISTINCT ON (item.unit_id) item.unit_id, item.told_batch_id,
       min(item.told_batch_id) OVER each <> max(item.told_batch_id) OVER each AS disputed
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND item.told_batch_id IS NOT NULL AND NOT entry.voided
WINDOW each AS (PARTITION BY item.unit_id)
ORDER BY item.unit_id, entry.time, entry.event_key COLLATE "C"
"""
DISPUTED_BATCHES = """
-- Where several lots are told: the word of whose product it is (of who makes it for them, or of an operator)
-- before anybody else's, who would take another's pack out of its lot, and out of that lot's recall.
SELECT DISTINCT ON (item.unit_id) item.unit_id, item.told_batch_id
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
JOIN event ON event.id = item.event_id
JOIN batch ON batch.id = item.told_batch_id
LEFT JOIN product ON product.id = batch.product_id
WHERE item.unit_id = ANY($1::bigint[]) AND NOT entry.voided
ORDER BY item.unit_id,
         (event.told_by IS NULL OR event.told_by IS NOT DISTINCT FROM product.party_id
          OR EXISTS (
              SELECT FROM delegated_event AS told JOIN delegation ON delegation.id = told.delegation_id
              WHERE told.event_id = event.id AND delegation.party_id = product.party_id)) DESC,
         entry.time, entry.event_key COLLATE "C"
"""
EVER_PARENTS = """
SELECT DISTINCT item.unit_id
FROM event_item AS item
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE item.unit_id = ANY($1::bigint[]) AND item.role = 1 AND NOT entry.voided
  AND entry.type IN ('AggregationEvent', 'AssociationEvent')
"""
UNITS_BY_ID = "SELECT id, uri, batch_id, registered_batch_id FROM unit WHERE id = ANY($1::bigint[])"


async def batches_of_units(tx: Transaction, units: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """unit -> (batch it counted for until now, batch it counts for): the one its producer has registered it
    with; else its lot's batch where an event tells it; none where it only ever holds others; else a batch of
    its own.
    """
    if not units:
        return {}
    rows = await tx.sql.fetch(UNITS_BY_ID, units)
    words = await tx.sql.fetch(TOLD_BATCHES, units)
    told = {row["unit_id"]: row["told_batch_id"] for row in words}
    disputed = [row["unit_id"] for row in words if row["disputed"]]
    if disputed:
        words = await tx.sql.fetch(DISPUTED_BATCHES, disputed)
        told |= {row["unit_id"]: row["told_batch_id"] for row in words}
    # A producer knows what it packed; what events say of the lot is a reading of the same pack.
    told |= {row["id"]: row["registered_batch_id"] for row in rows if row["registered_batch_id"] is not None}
    parents = {row["unit_id"] for row in await tx.sql.fetch(EVER_PARENTS, units)}
    alone: dict[int, BatchName] = {}
    for row in rows:
        own = own_batch(row["uri"])
        if row["id"] not in told and row["id"] not in parents and own is not None:
            alone[row["id"]] = own
    own_ids = await ensure_named(tx, set(alone.values()))
    return {
        row["id"]: (
            row["batch_id"],
            told.get(row["id"]) or (own_ids[alone[row["id"]].uri] if row["id"] in alone else None),
        )
        for row in rows
    }

"""The ledger's rows as values: everything the pure projection wants, loaded in bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import asyncpg

from service.db.transaction import Transaction
from service.identifiers.units import EACH
from service.ledger.model import (
    UNKNOWN_SITE,
    Doubt,
    Entry,
    Input,
    Output,
    Posting,
    Role,
    Sites,
    Transformation,
)
from service.ledger.postings import Item
from service.ledger.steps import place_of

ENTRIES = "SELECT * FROM journal_entry WHERE event_id = ANY($1::bigint[])"
ITEMS = """
SELECT event_id, role, unit_id, batch_id, quantity, uom
FROM event_item WHERE event_id = ANY($1::bigint[]) ORDER BY event_id, ordinal
"""

# Many batches are told of by the same events: their entries are asked for by themselves, each once.
POSTINGS = """
-- Of the batches $1, but for the events $2.
SELECT batch_id, event_id, role, doubt, uom, quantity FROM posting
WHERE batch_id = ANY($1::bigint[]) AND event_id <> ALL($2::bigint[])
"""

TRANSFORMED = """
-- Inputs and outputs of the transformations that $1 (events) or $2 (transformationIDs) belong to.
SELECT event_id, role, batch_id FROM posting WHERE event_id = ANY($1::bigint[]) AND role IN (3, 4)
UNION ALL
SELECT posting.event_id, posting.role, posting.batch_id
FROM journal_entry AS entry JOIN posting ON posting.event_id = entry.event_id
WHERE entry.transformation_id = ANY($2::text[]) AND posting.role IN (3, 4)
"""

SITES = """
-- A GLN with an extension is a part of the place with that GLN, whose owner is its owner unless it has one.
SELECT site.id, site.unspecified, coalesce(site.party_id, whole.party_id) AS party_id,
       CASE WHEN site.party_id IS NULL AND whole.party_id IS NOT NULL
            THEN whole.earlier_owners ELSE site.earlier_owners END AS earlier_owners,
       CASE WHEN starts_with(site.uri, 'https://id.gs1.org/414/')
            THEN split_part(site.uri, '/', 5) END AS address
FROM site LEFT JOIN site AS whole
  ON site.uri LIKE 'https://id.gs1.org/414/%/254/%' AND whole.uri = split_part(site.uri, '/254/', 1)
WHERE site.id = ANY($1::bigint[])
"""
UNSPECIFIED = "SELECT id, party_id FROM site WHERE unspecified AND party_id = ANY($1::bigint[])"


#: Batch, event, role, doubt.
PostingKey = tuple[int, int, int, int]

#: By their numbers: a large event names a hundred thousand things.
ROLES = tuple(Role)
DOUBTS = tuple(Doubt)


def entry_of(row: asyncpg.Record) -> Entry:
    """A row of `journal_entry` as a value."""
    return Entry(
        row["event_id"],
        row["event_key"],
        row["time"],
        row["type"],
        row["action"],
        row["step"],
        row["site_id"],
        row["read_site_id"],
        row["source_site_id"],
        row["source_party_id"],
        row["destination_site_id"],
        row["destination_party_id"],
        frozenset(row["transactions"]),
        row["transformation_id"],
        None if row["told_by"] is None else frozenset(row["told_by"]),
    )


async def load_entries(tx: Transaction, events: Collection[int]) -> dict[int, Entry]:
    """The entries of events that count, by event; voided ones are left out."""
    rows = await tx.sql.fetch(ENTRIES, sorted(events))
    return {row["event_id"]: entry_of(row) for row in rows if not row["voided"]}


async def load_items(tx: Transaction, events: Collection[int]) -> dict[int, list[Item]]:
    """What each event names."""
    items: dict[int, list[Item]] = defaultdict(list)
    for row in await tx.sql.fetch(ITEMS, sorted(events)):
        items[row["event_id"]].append(
            Item(ROLES[row["role"]], row["unit_id"], row["batch_id"], row["quantity"], row["uom"] or EACH)
        )
    return items


async def load_postings(
    tx: Transaction, batches: Collection[int], but: Collection[int] = ()
) -> dict[int, list[Posting]]:
    """The postings of batches, by batch, `but` for those of some events; amounts of one event and role
    together.
    """
    rows = await tx.sql.fetch(POSTINGS, sorted(batches), sorted(but)) if batches else ()
    told = [(row[:4], row[4], row[5]) for row in rows]
    return _postings_of(told, await load_entries(tx, {key[1] for key, _, _ in told}) if told else {})


def postings_of_rows(rows: Iterable[asyncpg.Record]) -> dict[int, list[Posting]]:
    """Rows of `posting` with their entries as values, by batch."""
    entries: dict[int, Entry] = {}
    told: list[tuple[PostingKey, str, Decimal | None]] = []
    for row in rows:
        event = row["event_id"]
        if event not in entries:
            entries[event] = entry_of(row)
        told.append(((row["batch_id"], event, row["role"], row["doubt"]), row["uom"], row["quantity"]))
    return _postings_of(told, entries)


def _postings_of(
    told: Iterable[tuple[PostingKey, str, Decimal | None]], entries: Mapping[int, Entry]
) -> dict[int, list[Posting]]:
    """By batch, of the events that have an entry here."""
    amounts: dict[PostingKey, dict[str, Decimal | None]] = defaultdict(dict)
    for key, uom, quantity in told:
        amounts[key][uom] = quantity
    postings: dict[int, list[Posting]] = defaultdict(list)
    for (batch, event, role, doubt), of_each in amounts.items():
        if event in entries:
            postings[batch].append(Posting(entries[event], ROLES[role], of_each, DOUBTS[doubt]))
    return postings


async def load_transformations(
    tx: Transaction, postings: Iterable[Posting], known: Mapping[int, Collection[tuple[Role, int]]]
) -> dict[int, Transformation]:
    """The transformation of each event in which some batch is input or output. `known`: all that some
    events post, as (role, batch); of others it is read.
    """
    events = {p.entry.event_id: p.entry for p in postings if p.role in (Role.INPUT, Role.OUTPUT)}
    outputs: dict[int | str, set[Output]] = defaultdict(set)
    inputs: dict[int | str, set[Input]] = defaultdict(set)

    def add(entry: Entry, role: Role, batch: int) -> None:
        group = _group(entry)
        if role is Role.INPUT:
            inputs[group].add(Input(entry.tellers, place_of(entry)))
        else:
            place = place_of(entry)
            site = UNKNOWN_SITE if place is None else place
            outputs[group].add(Output(batch, site, entry.time, entry.event_id, entry.tellers))

    tied = sorted({e.transformation_id for e in events.values() if e.transformation_id is not None})
    alone: list[int] = []
    for event, entry in sorted(events.items()):
        if entry.transformation_id is None and event not in known:
            alone.append(event)
        elif entry.transformation_id is None:
            for role, batch in known[event]:
                if role in (Role.INPUT, Role.OUTPUT):
                    add(entry, role, batch)
    rows = await tx.sql.fetch(TRANSFORMED, alone, tied) if alone or tied else ()
    others = {event for event, _, _ in rows} - events.keys()
    entries = events | await load_entries(tx, others) if others else events
    for event, number, batch in rows:
        if event in entries:
            add(entries[event], ROLES[number], batch)
    return {
        event: Transformation(
            tuple(sorted(outputs[_group(entry)], key=lambda o: (o.batch, o.time, o.event_id))),
            frozenset(inputs[_group(entry)]),
        )
        for event, entry in events.items()
    }


def _group(entry: Entry) -> int | str:
    return entry.event_id if entry.transformation_id is None else entry.transformation_id


async def load_sites(tx: Transaction, entries: Iterable[Entry], others: Iterable[int] = ()) -> Sites:
    """Owners and addresses of the sites that entries name, and of `others`; and the unspecified sites of
    those owners and of the named parties.
    """
    named: set[int | None] = set(others)
    told: set[int | None] = set()
    for entry in entries:
        named.update((entry.site, entry.read_site, entry.source_site, entry.destination_site))
        told.update((entry.source_party, entry.destination_party))
    sites = {site for site in named if site is not None}
    parties = {party for party in told if party is not None}
    rows = await tx.sql.fetch(SITES, sorted(sites)) if sites else []
    owners = {row["id"]: row["party_id"] for row in rows if row["party_id"] is not None}
    parties.update(owners.values())
    unspecified = await tx.sql.fetch(UNSPECIFIED, sorted(parties)) if parties else []
    return Sites(
        owners,
        {row["party_id"]: row["id"] for row in unspecified},
        {row["id"]: row["address"] for row in rows if row["address"] is not None},
        {
            row["id"]: [(was["party_id"], was["last_event_id"]) for was in row["earlier_owners"]]
            for row in rows
            if row["earlier_owners"]
        },
    )


def sites_of(postings: Mapping[int, Sequence[Posting]]) -> Iterable[Entry]:
    """All entries behind postings, each once."""
    return {posting.entry.event_id: posting.entry for told in postings.values() for posting in told}.values()

"""Events in and out of their tables. Events come by COPY and are never changed afterwards."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from service.db.transaction import Transaction
from service.events.event_hash import event_hash, fingerprint
from service.events.facts import facts_of
from service.events.json_document import dump_event
from service.events.model import Document, Event
from service.events.namespaces import STANDARD, STANDARD_PREFIXES, Namespaces
from service.identifiers.lenient import identity_of

#: Characters of a prefix and its namespace together: what an index holds.
MAX_PREFIX = 600

COLUMNS = (
    "event_id",
    "fingerprint",
    "declares_error",
    "type",
    "event_time",
    "record_time",
    "action",
    "biz_step",
    "disposition",
    "read_point",
    "biz_location",
    "transformation_id",
    "payload",
    "context_id",
    "capture_id",
    "facts",
)

MAKE_INCOMING = """
CREATE TEMP TABLE IF NOT EXISTS incoming_event (
    event_id text, fingerprint bytea, declares_error boolean, type text, event_time timestamptz,
    record_time timestamptz, action text, biz_step text, disposition text, read_point text,
    biz_location text, transformation_id text, payload json, context_id bigint, capture_id text,
    facts jsonb
) ON COMMIT DELETE ROWS
"""
# In the order of eventIDs: two captures of the same events wait for each other in turn, never in a circle.
TAKE_INCOMING = """
INSERT INTO event (event_id, fingerprint, declares_error, type, event_time, record_time, action, biz_step,
                   disposition, read_point, biz_location, transformation_id, payload, context_id, capture_id,
                   facts)
SELECT * FROM incoming_event ORDER BY event_id COLLATE "C", declares_error
ON CONFLICT DO NOTHING
RETURNING id, event_id, fingerprint
"""
FIND_FINGERPRINTS = """
SELECT event_id, fingerprint FROM event WHERE NOT declares_error AND event_id = ANY($1::text[])
"""
ENSURE_CONTEXT = """
WITH made AS (
    INSERT INTO event_context (digest, context) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM event_context WHERE digest = $1 LIMIT 1
"""
TELL_PREFIXES = """
INSERT INTO namespace (prefix, uri)
SELECT prefix, uri FROM unnest($1::text[], $2::text[]) AS told (prefix, uri)
WHERE NOT EXISTS (SELECT FROM namespace WHERE (namespace.prefix, namespace.uri) = (told.prefix, told.uri))
ORDER BY prefix, uri
ON CONFLICT DO NOTHING
"""
FIND_EVENTS = """
SELECT event.event_id, event.payload::text AS payload, event.record_time, context.context::text AS context
FROM event JOIN event_context AS context ON context.id = event.context_id
WHERE event.event_id = ANY($1::text[])
ORDER BY event.declares_error, event.id
"""
LATEST_EVENT = "SELECT coalesce(max(id), 0) FROM event"


@dataclass(frozen=True, slots=True)
class Identified:
    """An event with its `eventID`, given or made from its content (CBV 2.0 event hash)."""

    event: Event
    event_id: str
    fingerprint: bytes
    names: Namespaces


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A stored event as it is given out. `payload`, `context`: JSON texts."""

    event_id: str
    payload: str
    record_time: datetime
    context: str


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of a document's events. `repeated`: here already with the same content;
    `conflicting`: their eventID is here with other content.
    """

    stored: tuple[tuple[int, Identified], ...]
    repeated: int
    conflicting: tuple[Identified, ...]


def identify_events(document: Document) -> list[Identified]:
    """Give every event its eventID and fingerprint; the same event named twice is kept once."""
    once: dict[tuple[str, bytes], Identified] = {}
    names = STANDARD.under(document.context)
    for event in document.events:
        event_id = event.event_id or event_hash(event.payload, names)
        mark = fingerprint(event.payload)
        inner = names.under(event.payload.get("@context"))
        once.setdefault((event_id, mark), Identified(event, event_id, mark, inner))
    return list(once.values())


async def ensure_context(tx: Transaction, context: Any) -> int:
    """The id of a document's `@context`."""
    text = msgspec.json.encode(context).decode()
    found = await tx.sql.fetchval(ENSURE_CONTEXT, hashlib.sha256(text.encode()).digest(), text)
    if found is None:
        # Another capture's insert was in flight and is committed by now.
        found = await tx.sql.fetchval(ENSURE_CONTEXT, hashlib.sha256(text.encode()).digest(), text)
    return int(found)


async def insert_events(
    tx: Transaction, events: Sequence[Identified], *, context_id: int, capture_id: str, now: datetime
) -> Inserted:
    """Store the events that are not here yet."""
    await _tell_prefixes(tx, events)
    await tx.sql.execute(MAKE_INCOMING)
    await tx.sql.copy_records_to_table(
        "incoming_event",
        records=[_row(item, context_id, capture_id, now) for item in events],
        columns=COLUMNS,
    )
    rows = await tx.sql.fetch(TAKE_INCOMING)
    await tx.sql.execute("DELETE FROM incoming_event")
    by_key = {(item.event_id, item.fingerprint): item for item in events}
    stored = {(row["event_id"], row["fingerprint"]): row["id"] for row in rows}
    left = [item for key, item in by_key.items() if key not in stored]
    originals = [item.event_id for item in left if not item.event.declares_error]
    known = {row["event_id"]: row["fingerprint"] for row in await tx.sql.fetch(FIND_FINGERPRINTS, originals)}
    conflicting = tuple(
        item
        for item in left
        if not item.event.declares_error
        and known.get(item.event_id) != item.fingerprint
        and not _is_named_by_its_hash(item)
    )
    return Inserted(
        tuple((row_id, by_key[key]) for key, row_id in sorted(stored.items(), key=lambda pair: pair[1])),
        len(left) - len(conflicting),
        conflicting,
    )


def _is_named_by_its_hash(item: Identified) -> bool:
    """Is the eventID the event's own hash? Then another event of that name says the same, in another
    spelling: in XML, with another offset, with URNs for Digital Links (CBV 2.0 §8.9).
    """
    return item.event.event_id is None or item.event_id == event_hash(item.event.payload, item.names)


async def _tell_prefixes(tx: Transaction, events: Sequence[Identified]) -> None:
    """Remember what prefixes mean, for queries that use one without saying it."""
    told = {
        pair
        for prefixes in {id(item.names): item.names.prefixes for item in events}.values()
        for pair in prefixes.items()
        if len(pair[0]) + len(pair[1]) <= MAX_PREFIX and STANDARD_PREFIXES.get(pair[0]) != pair[1]
    }
    if told:
        await tx.sql.execute(TELL_PREFIXES, *map(list, zip(*sorted(told), strict=True)))


def _row(item: Identified, context_id: int, capture_id: str, now: datetime) -> tuple[object, ...]:
    event = item.event
    payload = {name: value for name, value in event.payload.items() if name != "recordTime"}
    return (
        item.event_id,
        item.fingerprint,
        event.declares_error,
        event.type,
        event.event_time,
        now,
        event.action,
        event.biz_step,
        event.disposition,
        identity_of(event.read_point).uri if event.read_point else None,
        identity_of(event.biz_location).uri if event.biz_location else None,
        event.transformation_id,
        dump_event(payload).decode(),
        context_id,
        capture_id,
        dump_event(facts_of(event, item.names)).decode(),
    )


async def find_events(tx: Transaction, event_ids: Sequence[str]) -> list[StoredRow]:
    """The events of these ids, each original followed by its error declarations."""
    return [StoredRow(*row.values()) for row in await tx.sql.fetch(FIND_EVENTS, list(event_ids))]


async def latest_event(tx: Transaction) -> int:
    """The highest row id of an event, 0 without any: an answer's "as of"."""
    return int(await tx.sql.fetchval(LATEST_EVENT))

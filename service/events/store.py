"""Events in and out of their tables. Events come many at a time and are never changed afterwards."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from service.db.rows import insert_rows
from service.db.transaction import Transaction
from service.events.identifying import Identified
from service.events.namespaces import STANDARD_PREFIXES
from service.events.tables import Event
from service.identifiers.lenient import identity_of

#: Characters of a prefix and its namespace together: what an index holds.
MAX_PREFIX = 600

COLUMNS = (
    "id",
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
    "told_by",
)

FIND_KNOWN = "SELECT event_id, fingerprint, declares_error FROM event WHERE event_id = ANY($1::text[])"
ALLOT_IDS = "SELECT nextval('event_id_seq') FROM generate_series(1, $1)"
#: The unique index that tells that another capture stored one of the events meanwhile.
EVENT_KEY = "event_event_id_key"
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


class Incoming(NamedTuple):
    """An event on its way in: under which row of `event_context`, by which capture job, told by which party
    (None: an operator).
    """

    item: Identified
    context_id: int
    capture_id: str
    told_by: int | None = None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A stored event as it is given out. `payload`, `context`: JSON texts."""

    event_id: str
    payload: str
    record_time: datetime
    context: str


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of events. `repeated`: here already with the same content; `conflicting`: their eventID is
    here with other content; `declared`: eventIDs of stored ones that had been declared in error before.
    """

    stored: tuple[tuple[int, Identified], ...]
    repeated: tuple[Identified, ...]
    conflicting: tuple[Identified, ...]
    declared: frozenset[str]


async def ensure_context(tx: Transaction, context: Any) -> int:
    """The id of a document's `@context`."""
    text = msgspec.json.encode(context).decode()
    found = await tx.sql.fetchval(ENSURE_CONTEXT, hashlib.sha256(text.encode()).digest(), text)
    if found is None:
        # Another capture's insert was in flight and is committed by now.
        found = await tx.sql.fetchval(ENSURE_CONTEXT, hashlib.sha256(text.encode()).digest(), text)
    return int(found)


async def insert_events(tx: Transaction, events: Sequence[Incoming], *, now: datetime) -> Inserted:
    """Store the events that are not here yet.

    Raises `asyncpg.UniqueViolationError` of `EVENT_KEY` where another capture commits one of them at
    this very moment: whoever begins anew finds it.
    """
    await _tell_prefixes(tx, [each.item for each in events])
    fresh, left, known, declared = await _part(tx, events)
    if fresh:
        ids = [row["nextval"] for row in await tx.sql.fetch(ALLOT_IDS, len(fresh))]
        records = [_row(row_id, each, now) for row_id, each in zip(ids, fresh, strict=True)]
        await insert_rows(tx.sql, Event, records, COLUMNS)
    else:
        ids = []
    repeated: list[Identified] = []
    conflicting: list[Identified] = []
    for item in left:
        same = item.event.declares_error or known.get(item.event_id) == item.fingerprint
        (repeated if same or item.is_named_by_its_hash else conflicting).append(item)
    stored = zip(ids, (each.item for each in fresh), strict=True)
    return Inserted(tuple(stored), tuple(repeated), tuple(conflicting), declared)


async def _part(
    tx: Transaction, events: Sequence[Incoming]
) -> tuple[list[Incoming], list[Identified], dict[str, bytes], frozenset[str]]:
    """The events that are not here yet, in the order of eventIDs; the others; the fingerprints of known
    events that are no error declarations; and the eventIDs of new ones that were declared in error before.
    """
    marks: set[tuple[str, bytes]] = set()
    declared: set[str] = set()
    originals: dict[str, bytes] = {}
    for row in await tx.sql.fetch(FIND_KNOWN, [each.item.event_id for each in events]):
        marks.add((row["event_id"], row["fingerprint"]))
        if row["declares_error"]:
            declared.add(row["event_id"])
        else:
            originals[row["event_id"]] = row["fingerprint"]
    fresh: list[Incoming] = []
    left: list[Identified] = []
    # In one order: two captures of the same events wait for each other in turn, never in a circle.
    for each in sorted(events, key=lambda each: (each.item.event_id, each.item.event.declares_error)):
        item = each.item
        original = not item.event.declares_error
        if (item.event_id, item.fingerprint) in marks or (original and item.event_id in originals):
            left.append(item)
            continue
        fresh.append(each)
        if original:
            originals[item.event_id] = item.fingerprint
    new = {each.item.event_id for each in fresh if not each.item.event.declares_error}
    return fresh, left, originals, frozenset(declared & new)


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


def _row(row_id: int, each: Incoming, now: datetime) -> tuple[object, ...]:
    item = each.item
    event = item.event
    return (
        row_id,
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
        item.payload,
        each.context_id,
        each.capture_id,
        item.facts,
        each.told_by,
    )


async def find_events(tx: Transaction, event_ids: Sequence[str]) -> list[StoredRow]:
    """The events of these ids, each original followed by its error declarations."""
    return [StoredRow(*row.values()) for row in await tx.sql.fetch(FIND_EVENTS, list(event_ids))]


async def latest_event(tx: Transaction) -> int:
    """The highest row id of an event, 0 without any: an answer's "as of"."""
    return int(await tx.sql.fetchval(LATEST_EVENT))

"""The whole projection, computed anew from the stored events alone.

Nothing that captures have derived is believed: each stage is derived from the one before it (payloads,
journal, the batch of each unit, postings, projection), compared with the rows that are there, and only
what differs is written. So a rebuild that changes nothing proves that the captures kept their books.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from service.db.transaction import Transaction
from service.events.stored import read_stored
from service.ledger.changes import tell_projection_changed
from service.ledger.dates import describe
from service.ledger.locks import own_ledger
from service.ledger.naming import (
    ENTRY_COLUMNS,
    ITEM_COLUMNS,
    Journal,
    StoredEvent,
    batches_of_units,
    read_journal,
    write_journal,
)
from service.ledger.project import SET_UNIT_BATCHES, postings_of_events, project_batches
from service.ledger.writing import Written, posting_changes, write_postings

#: What is held in memory at once: events, characters of their payloads, units, batches.
EVENTS_AT_ONCE = 1_000
PAYLOAD_AT_ONCE = 8 * 1024 * 1024
UNITS_AT_ONCE = 5_000
BATCHES_AT_ONCE = 500
#: Rows that the driver fetches ahead; one payload may be megabytes.
FETCHED_AHEAD = 50

EVENTS_BETWEEN = """
SELECT event.id, event.event_id, event.payload::text AS payload, context.context::text AS context,
    CASE WHEN told_by IS NOT NULL THEN told_by || ARRAY(
        SELECT delegation.party_id FROM delegated_event AS told
        JOIN delegation ON delegation.id = told.delegation_id WHERE told.event_id = event.id) END AS told_by
FROM event JOIN event_context AS context ON context.id = event.context_id
WHERE event.id BETWEEN $1 AND $2
ORDER BY event.id
"""
#: More than any row's id.
NO_END = 2**63 - 1
OLD_ITEMS = "SELECT * FROM event_item WHERE event_id = ANY($1::bigint[])"
OLD_ENTRIES = "SELECT * FROM journal_entry WHERE event_id = ANY($1::bigint[])"
DELETE_ITEMS = """
DELETE FROM event_item USING unnest($1::bigint[], $2::int[]) AS gone (event_id, ordinal)
WHERE event_item.event_id = gone.event_id AND event_item.ordinal = gone.ordinal
"""
DELETE_ENTRIES = "DELETE FROM journal_entry WHERE event_id = ANY($1::bigint[])"
NEXT_UNITS = "SELECT id FROM unit WHERE id > $1 ORDER BY id LIMIT $2"
NEXT_ENTRIES = "SELECT event_id AS id FROM journal_entry WHERE event_id > $1 ORDER BY event_id LIMIT $2"
NEXT_BATCHES = "SELECT id FROM batch WHERE id > $1 ORDER BY id LIMIT $2"
#: What nothing can have written: rows of events and batches that are not here.
ORPHANS = (
    "DELETE FROM posting WHERE event_id NOT IN (SELECT event_id FROM journal_entry)",
    "DELETE FROM flow WHERE NOT EXISTS (SELECT FROM batch WHERE batch.id = flow.batch_id)",
    "DELETE FROM holding WHERE NOT EXISTS (SELECT FROM batch WHERE batch.id = holding.batch_id)",
    "DELETE FROM gap WHERE NOT EXISTS (SELECT FROM batch WHERE batch.id = gap.batch_id)",
)


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """Counts. `events`: stored ones, error declarations among them; `batches`: projected ones;
    `changed_rows`: rows of the journal and the projection that had to be removed or added, 0 unless
    something had damaged them.
    """

    events: int
    batches: int
    flows_before: int
    flows_after: int
    changed_rows: int


async def rebuild(tx: Transaction) -> RebuildReport:
    """Derive everything anew and mend what differs. No capture runs meanwhile."""
    await own_ledger(tx)
    flows_before = await tx.sql.fetchval("SELECT count(*) FROM flow")
    events, changed = await _rebuild_journal(tx)
    changed += await _rebuild_units(tx)
    changed += await _rebuild_postings(tx)
    for statement in ORPHANS:
        changed += _affected(await tx.sql.execute(statement))
    written = Written()
    async for batches in _pages(tx, NEXT_BATCHES, BATCHES_AT_ONCE):
        written.add(await project_batches(tx, batches))
    await tell_projection_changed(tx, written.batches)
    return RebuildReport(
        events,
        await tx.sql.fetchval("SELECT count(DISTINCT batch_id) FROM posting"),
        flows_before,
        await tx.sql.fetchval("SELECT count(*) FROM flow"),
        changed + written.rows,
    )


async def _pages(tx: Transaction, query: str, size: int) -> AsyncIterator[list[int]]:
    """Ids in their order, so many at once."""
    last = -1
    while rows := await tx.sql.fetch(query, last, size):
        last = rows[-1]["id"]
        yield [row["id"] for row in rows]


async def stored_events(
    tx: Transaction, first: int = 0, last: int = NO_END
) -> AsyncIterator[list[StoredEvent]]:
    """The stored events of these rows, some at a time."""
    some: list[StoredEvent] = []
    characters = 0
    async for row in tx.sql.cursor(EVENTS_BETWEEN, first, last, prefetch=FETCHED_AHEAD):
        tellers = None if row["told_by"] is None else frozenset(row["told_by"])
        event = read_stored(row["payload"], row["context"])
        some.append(StoredEvent(row["id"], row["event_id"], event, tellers))
        characters += len(row["payload"])
        if len(some) >= EVENTS_AT_ONCE or characters >= PAYLOAD_AT_ONCE:
            yield some
            some, characters = [], 0
    if some:
        yield some


async def _rebuild_journal(tx: Transaction) -> tuple[int, int]:
    events = changed = 0
    async for stored in stored_events(tx):
        events += len(stored)
        changed += await _mend_journal(tx, [item.id for item in stored], await read_journal(tx, stored))
    return events, changed


async def _mend_journal(tx: Transaction, events: list[int], journal: Journal) -> int:
    """Let the journal of `events` be exactly this one; how many rows were removed or added."""
    new_items, new_entries = set(journal.items), {_hashable(row) for row in journal.entries}
    old_items = {
        tuple(row[column] for column in ITEM_COLUMNS) for row in await tx.sql.fetch(OLD_ITEMS, events)
    }
    old_entries = {
        _hashable(tuple(row[column] for column in ENTRY_COLUMNS))
        for row in await tx.sql.fetch(OLD_ENTRIES, events)
    }
    gone_items, gone_entries = old_items - new_items, old_entries - new_entries
    if gone_items:
        await tx.sql.execute(DELETE_ITEMS, [row[0] for row in gone_items], [row[1] for row in gone_items])
    if gone_entries:
        await tx.sql.execute(DELETE_ENTRIES, [row[0] for row in gone_entries])
    missing = Journal(
        [row for row in journal.items if row not in old_items],
        [row for row in journal.entries if _hashable(row) not in old_entries],
        journal.facts,
    )
    await write_journal(tx, missing)
    # Where something else is known already, it was settled when that was captured.
    await describe(tx, missing.facts)
    return len(gone_items) + len(gone_entries) + len(missing.items) + len(missing.entries)


def _hashable(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


async def _rebuild_units(tx: Transaction) -> int:
    changed = 0
    async for units in _pages(tx, NEXT_UNITS, UNITS_AT_ONCE):
        counted = await batches_of_units(tx, units)
        wrong = [unit for unit, (before, now) in sorted(counted.items()) if before != now]
        if wrong:
            await tx.sql.execute(SET_UNIT_BATCHES, wrong, [counted[unit][1] for unit in wrong])
            changed += len(wrong)
    return changed


async def _rebuild_postings(tx: Transaction) -> int:
    changed = 0
    async for events in _pages(tx, NEXT_ENTRIES, EVENTS_AT_ONCE):
        posted = await postings_of_events(tx, events, {})
        changed += await write_postings(tx, await posting_changes(tx, events, posted.postings))
    return changed


def _affected(status: str) -> int:
    """The number of rows in a command's tag, `DELETE 3`."""
    return int(status.rpartition(" ")[2])

"""One use of a logistic unit as the start of a trace: from being packed until it is packed anew, empty.

It starts from where what it then carried was moved to; for what never moved, from where it was packed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from service.db.transaction import Transaction
from service.ledger.containers import load_packings
from service.ledger.contents import Inside
from service.ledger.reading import load_entries
from service.ledger.steps import place_of
from service.trace.graph import BEGINNING, END, Node

EVENTS_OF_UNITS = """
-- What happened to a unit and to everything that ever held it, at any level.
WITH RECURSIVE holder (unit_id) AS (
    SELECT $1::bigint
    UNION
    SELECT parent.unit_id
    FROM holder
    JOIN event_item AS child ON child.unit_id = holder.unit_id AND child.role = 2
    JOIN event_item AS parent ON parent.event_id = child.event_id AND parent.role = 1
)
SELECT DISTINCT item.unit_id, entry.event_id, entry.time
FROM holder
JOIN event_item AS item ON item.unit_id = holder.unit_id
JOIN journal_entry AS entry ON entry.event_id = item.event_id
WHERE NOT entry.voided
"""
BATCHES_OF_UNITS = "SELECT id, batch_id FROM unit WHERE id = ANY($1::bigint[]) AND batch_id IS NOT NULL"
POSTED_BY = "SELECT DISTINCT batch_id, event_id FROM posting WHERE event_id = ANY($1::bigint[])"
MOVES_OF = """
-- The moves of batch $2[n] that event $1[n] tells of.
SELECT flow.to_batch_id, flow.to_site_id, flow.departed_at, flow.arrived_at
FROM unnest($1::bigint[], $2::bigint[]) AS told (event_id, batch_id)
JOIN flow ON flow.batch_id = told.batch_id AND told.event_id IN (flow.ship_event_id, flow.receive_event_id)
WHERE flow.kind = 0
"""


class Told(NamedTuple):
    """An event, and a batch that the logistic unit carried in it."""

    event: int
    batch: int


async def starts_of_unit(tx: Transaction, unit: int, at: datetime | None) -> list[tuple[Node, datetime]]:
    """Where the contents of `unit` went in its use at the moment `at` (None: in its latest), and when."""
    told = await _told_in_use(tx, unit, at)
    starts: list[tuple[Node, datetime]] = []
    events, batches = [event for event, _ in told], [batch for _, batch in told]
    for row in await tx.sql.fetch(MOVES_OF, events, batches):
        arrived = row["arrived_at"] if row["arrived_at"] is not None else row["departed_at"]
        starts.append((Node(row["to_batch_id"], row["to_site_id"]), arrived))
    moved = {node.batch for node, _ in starts}
    entries = await load_entries(tx, {event for event, batch in told if batch not in moved})
    for event, batch in told:
        place = place_of(entries[event]) if batch not in moved else None
        if place is not None:
            starts.append((Node(batch, place), entries[event].time))
    return starts


async def _told_in_use(tx: Transaction, unit: int, at: datetime | None) -> list[Told]:
    """What happened to the unit in one use, and which of its contents it happened to.

    What happened before it was ever packed belongs to the first use.
    """
    rows = await tx.sql.fetch(EVENTS_OF_UNITS, unit)
    packings, inside = await load_packings(tx, {unit} | {row["unit_id"] for row in rows})
    batch_of = {row["id"]: row["batch_id"] for row in await tx.sql.fetch(BATCHES_OF_UNITS, sorted(inside))}
    began = packings.uses(unit)
    # The first use has no beginning, the last no end.
    bounds = [BEGINNING, *began[1:], END]
    use = max(0, sum(1 for time in began if time <= (at if at is not None else END)) - 1)
    during = [row for row in rows if bounds[use] <= row["time"] < bounds[use + 1]]
    posted: dict[int, set[int]] = {row["event_id"]: set() for row in during}
    for row in await tx.sql.fetch(POSTED_BY, sorted(posted)):
        posted[row["event_id"]].add(row["batch_id"])
    told: set[Told] = set()
    for row in during:
        event, named, time = row["event_id"], row["unit_id"], row["time"]
        if named != unit and unit not in packings.inside(named, time).units:
            continue
        carried = _batches(packings.inside(unit, time), batch_of)
        # Nobody recorded what it holds: what the event names beside it may be just that.
        batches = posted[event] & carried if carried or named != unit else posted[event]
        told.update(Told(event, batch) for batch in batches)
    return sorted(told)


def _batches(inside: Inside, batch_of: Mapping[int, int]) -> set[int]:
    classes: Iterable[int] = (batch for batch, _ in inside.classes)
    return {*classes, *(batch_of[unit] for unit in inside.units if unit in batch_of)}

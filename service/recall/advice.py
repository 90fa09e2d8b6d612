"""What whoever captures a shipment of a marked batch is told: in the answer, and with the capture job."""

from collections.abc import Collection, Sequence
from typing import Final

from service.capture.listeners import Warned, advisers
from service.db.transaction import Transaction
from service.ledger.model import Places, Role
from service.ledger.reading import load_entries, load_sites
from service.ledger.steps import Effect, effect_of
from service.recall.marks import Mark, find_marks

POSTED: Final = """
SELECT DISTINCT event_id, batch_id FROM posting
WHERE event_id = ANY($1::bigint[]) AND batch_id = ANY($2::bigint[]) AND role = 0
ORDER BY event_id, batch_id
"""


async def warn_of_shipments(
    tx: Transaction, events: Collection[int], changed: Collection[int]
) -> Sequence[Warned]:
    """A warning for each of these events that ships a marked batch, and each case that marks it."""
    marks: dict[int, list[Mark]] = {}
    for mark in await find_marks(tx, changed):
        marks.setdefault(mark.batch_id, []).append(mark)
    if not marks:
        return []
    posted = await tx.sql.fetch(POSTED, sorted(events), sorted(marks))
    entries = await load_entries(tx, {row["event_id"] for row in posted})
    places = Places(await load_sites(tx, entries.values()), {})
    shipping = {
        event for event, entry in entries.items() if effect_of(entry, Role.OBJECT, places) is Effect.SHIP
    }
    return [
        _warned(row["event_id"], entries[row["event_id"]].key, mark)
        for row in posted
        if row["event_id"] in shipping
        for mark in marks[row["batch_id"]]
    ]


def _warned(event_row: int, event: str, mark: Mark) -> Warned:
    english, chinese = mark.said
    return Warned(
        event_row,
        event,
        mark.batch_uri,
        mark.standing,
        mark.number,
        mark.recall_id,
        f"{mark.batch_uri} {english}: it may only be kept apart, sent back or destroyed. The shipment is on "
        "record, and whoever runs the case is told.",
        f"{mark.batch_uri} {chinese}：只能隔离存放、退回或销毁。该次发运已记录，并已告知案件负责方。",
    )


def listen() -> None:
    """Advise whoever captures (once, however often it is called)."""
    if warn_of_shipments not in advisers:
        advisers.append(warn_of_shipments)

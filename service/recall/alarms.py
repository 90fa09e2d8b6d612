"""Alarms: goods that are recalled or on hold and move all the same. The events are kept, they are facts.

Worked out from the ledger whenever it changes, in the transaction of the change; so a case that was opened
before, a late event, a correction and a rebuild all give the same alarms.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

from service import clock
from service.db.transaction import Transaction
from service.ledger.changes import projection_listeners
from service.recall import alarm_store, store
from service.recall.alarm_rules import alarms_of
from service.recall.listeners import found_listeners, moved_listeners
from service.recall.states import Status
from service.trace.graph import Node

AlarmListener = Callable[[Transaction, int, Sequence[int]], Awaitable[None]]

#: Called with the id of a case and the ids of alarms that are new, in the transaction that raised them.
alarm_listeners: list[AlarmListener] = []


async def watch_batches(tx: Transaction, batches: Collection[int], recall_id: int | None = None) -> None:
    """Raise what these batches' movements show, and withdraw what they no longer show."""
    armed = await alarm_store.armed_batches(tx, batches, recall_id)
    if not armed:
        return
    parts = await alarm_store.left_after_stop(tx, armed, recall_id)
    fresh = await alarm_store.write_alarms(tx, armed, recall_id, alarms_of(parts), clock.now())
    for case, alarms in fresh.items():
        for listener in alarm_listeners:
            await listener(tx, case, alarms)


async def on_projection(tx: Transaction, changed: set[int]) -> None:
    """The ledger of these batches changed."""
    await watch_batches(tx, changed)


async def on_found(tx: Transaction, recall_id: int, holdings: Sequence[Node]) -> None:
    """A case has found more: their batches may have moved already."""
    await watch_batches(tx, {node.batch for node in holdings}, recall_id)


async def on_moved(tx: Transaction, recall_id: int, _source: Status | None, target: Status) -> None:
    """A case that was decided on, or taken up again, watches all that it marks."""
    if target == "open":
        await watch_batches(tx, await store.marked_batches(tx, recall_id), recall_id)


def listen() -> None:
    """Hear of the ledger and of cases (once, however often it is called). After the cases themselves, which
    mark what is new.
    """
    if on_projection not in projection_listeners:
        projection_listeners.append(on_projection)
        found_listeners.append(on_found)
        moved_listeners.append(on_moved)

"""Who wants to know what happens to a case: notices go out, alarms are armed.

Areas above the recall add themselves once; they are called in the transaction of what happened, so what they
write is there exactly if it happened.
"""

from collections.abc import Awaitable, Callable, Sequence

from service.db.transaction import Transaction
from service.recall.states import Status
from service.trace.graph import Node

FoundListener = Callable[[Transaction, int, Sequence[Node]], Awaitable[None]]
MovedListener = Callable[[Transaction, int, Status | None, Status], Awaitable[None]]

#: Called with the id of a case and the holdings that are new to it, at its opening and whenever it widens.
found_listeners: list[FoundListener] = []
#: Called with the id of a case, its status before (None: it was just put on record) and now.
moved_listeners: list[MovedListener] = []


async def tell_found(tx: Transaction, recall_id: int, holdings: Sequence[Node]) -> None:
    """Call every listener with these holdings; nothing is called for none."""
    if holdings:
        for listener in found_listeners:
            await listener(tx, recall_id, holdings)


async def tell_moved(tx: Transaction, recall_id: int, source: Status | None, target: Status) -> None:
    """Call every listener with this move."""
    for listener in moved_listeners:
        await listener(tx, recall_id, source, target)

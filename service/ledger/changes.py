"""Who wants to know when the projection of batches has changed: an open recall may have to widen.

Areas above the ledger add themselves; they are called in the transaction of the change, with the
changed batches locked.
"""

from collections.abc import Awaitable, Callable

from service.db.transaction import Transaction

ProjectionListener = Callable[[Transaction, set[int]], Awaitable[None]]

#: Called with the ids of the batches whose flows, holdings or gaps have changed.
projection_listeners: list[ProjectionListener] = []


async def tell_projection_changed(tx: Transaction, batches: set[int]) -> None:
    """Call every listener with these batches; nothing is called for none."""
    if batches:
        for listener in projection_listeners:
            await listener(tx, batches)

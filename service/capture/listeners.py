"""Who wants to know that events were recorded: subscribers wait for them.

Areas above capture add themselves. They are called in the transaction of the capture and must neither delay
nor fail it; what they do, they do after its commit.
"""

from collections.abc import Callable

from service.db.transaction import Transaction

RecordingListener = Callable[[Transaction], None]

recording_listeners: list[RecordingListener] = []


def tell_recorded(tx: Transaction) -> None:
    """Call every listener."""
    for listener in recording_listeners:
        listener(tx)

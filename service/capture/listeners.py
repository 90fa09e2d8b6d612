"""Who wants to know that events were recorded: subscribers wait for them; and who has something to say to
whoever captured them, which goes into the answer.

Areas above capture add themselves. They are called in the transaction of the capture and must not fail it.
Who waits for events must not delay it either, and does what it does after the commit.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from service.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Warned:
    """What whoever captured an event is warned of: its goods are under a case.

    `event_row`: row id of the event; `event`: its eventID; `standing`: what the case says of the batch.
    """

    event_row: int
    event: str
    batch: str
    standing: str
    case: str
    recall_id: int
    detail: str
    detail_zh: str


RecordingListener = Callable[[Transaction], None]
#: Called with the row ids of new events and the batches that they changed.
Adviser = Callable[[Transaction, Collection[int], Collection[int]], Awaitable[Sequence[Warned]]]

recording_listeners: list[RecordingListener] = []
advisers: list[Adviser] = []


def tell_recorded(tx: Transaction) -> None:
    """Call every listener."""
    for listener in recording_listeners:
        listener(tx)


async def ask_advisers(
    tx: Transaction, events: Collection[int], changed: Collection[int]
) -> dict[int, list[Warned]]:
    """What whoever captured these events is warned of, by event."""
    warned: dict[int, list[Warned]] = defaultdict(list)
    for adviser in advisers if events and changed else ():
        for each in await adviser(tx, events, changed):
            warned[each.event_row].append(each)
    return warned

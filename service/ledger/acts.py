"""What an entry does to a batch, but for moving it. Pure."""

from datetime import datetime

import msgspec

from service.ledger.model import Amounts, Entry
from service.ledger.steps import Effect, place_of


class Act(msgspec.Struct):
    """Anything but a move that an entry does to the batch. `place` is settled by `Presence`."""

    entry: Entry
    effect: Effect
    amounts: Amounts
    place: int | None
    #: Later than the entry's time where the goods were made later than they were used, by the records.
    left_at: datetime | None = None
    #: Nobody who has a say in what leaves the place tells of it: see `claims.py`.
    claimed: bool = False


def act_place(entry: Entry) -> int | None:
    """Where an act happens: the event's place, else the one location it names."""
    place = place_of(entry)
    if place is None:
        place = entry.source_site if entry.source_site is not None else entry.destination_site
    return place

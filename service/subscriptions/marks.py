"""What a subscriber has been given: a mark that neither repeats nor skips under concurrent capture.

Ids of rows are allotted before a commit, and commits come in any order, so neither the last id nor a time
tells which events are new. A mark holds PostgreSQL's own snapshot, as page tokens do
(`events.page_tokens`): `seen` is the horizon up to which all was delivered, and new is what is within a
later horizon (the `goal`) and was not within `seen`. A goal is fixed before its first delivery and worked
off in the order of ids, so that what is delivered after a crash is what was being delivered before it.

Only ids above a *floor* are looked at: every event up to it was recorded, or never would be, when the horizon
was taken. The floor is kept for the whole database (`Floor`) and lags behind while a transaction that writes
lasts.
"""

import msgspec

from service.events.page_tokens import Horizon


class Floor(msgspec.Struct, frozen=True):
    """No event up to `id` is to come. `highest`: the highest id recorded when the transaction `began` had not
    begun yet: once it and all before it have ended, no event up to `highest` is to come either.
    """

    id: int = 0
    highest: int = 0
    began: int = 0

    def at(self, highest: int, *, oldest: int, latest: int, began: int) -> "Floor":
        """What may be said later on: `highest` id recorded, `oldest` transaction under way, none from
        `latest` on has ended (PostgreSQL's xmin and xmax); `began`: a transaction begun after all this was
        found.

        A transaction with a number above `self.began` took it, and so its first id of an event, after
        `self.highest` was recorded. (xmax of a snapshot is no such number: one not below may have begun
        before.)
        """
        if latest <= self.began:
            # A database restored on a server whose transactions count from elsewhere.
            return Floor(self.id, highest, began)
        if oldest <= self.began:
            return self
        return Floor(max(self.id, self.highest), highest, began)


class Seen(msgspec.Struct, frozen=True):
    """A horizon, and the floor when it was taken."""

    horizon: Horizon
    floor: int = 0


class Mark(msgspec.Struct, frozen=True):
    """What was delivered: all within `seen`, and of what is new within `goal` the events up to the id
    `after`.
    """

    seen: Seen
    goal: Seen | None = None
    after: int | None = None

    def towards(self, goal: Seen) -> "Mark":
        """The mark with a new goal."""
        assert self.goal is None
        return Mark(self.seen, goal)

    def delivered(self, last_id: int) -> "Mark":
        """The mark once the events of the goal up to this id are delivered, and more are to come."""
        assert self.goal is not None
        return Mark(self.seen, self.goal, last_id)

    def reached(self) -> "Mark":
        """The mark once all of the goal is delivered."""
        assert self.goal is not None
        return Mark(self.goal)

    @property
    def start(self) -> int:
        """Ids up to this one need not be looked at."""
        return self.seen.floor if self.after is None else max(self.after, self.seen.floor)

    @property
    def unsettled(self) -> bool:
        """Whether there may be something new although no higher id is recorded."""
        return self.goal is not None or self.seen.floor < self.seen.horizon.highest


def is_new(mark: Mark, event_id: int, recorded_in: int) -> bool:
    """Whether an event that is recorded was not within `seen`: the rule that `store.new_events` says in SQL.

    An id above all that were recorded then is new whatever its transaction is called: in a restored database
    transactions count from elsewhere.
    """
    seen = mark.seen.horizon
    beyond = recorded_in >= seen.next_transaction or recorded_in in seen.under_way
    return event_id > mark.start and (event_id > seen.highest or beyond)

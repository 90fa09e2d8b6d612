"""Where a logistic unit was, by the events that name it: what its packings are held against. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from service.ledger.consignments import SAME_MOVEMENT_WITHIN
from service.ledger.model import Entry, Places, Role, Sites
from service.ledger.steps import Effect, effect_of, origin_of, place_of, target_of


class Stop(NamedTuple):
    """What one event says of the whereabouts of what it names.

    A departure (`leaves`) is from `at` to `bound`; anything else shows it at `at`, which then is known.
    """

    time: datetime
    key: str
    leaves: bool
    at: int | None
    bound: int | None = None
    step: str | None = None


def stop_of(entry: Entry, role: Role, places: Places) -> Stop | None:
    """What an event says of the whereabouts of a thing that plays `role` in it; None: nothing."""
    effect = effect_of(entry, role, places)
    if effect is Effect.SHIP:
        left = origin_of(entry, places)
        return Stop(entry.time, entry.key, True, left, entry.destination_site, entry.step)
    at = target_of(entry, places) if effect is Effect.RECEIVE else place_of(entry)
    return None if at is None else Stop(entry.time, entry.key, False, at, None, entry.step)


class Course:
    """The stops of one thing, in the order of time."""

    def __init__(self, stops: Iterable[Stop], places: Places) -> None:
        # At one instant it arrives before it leaves.
        self.stops = sorted(set(stops), key=lambda stop: (stop.time, stop.leaves, stop.key))
        self.places = places

    def before(self, time: datetime) -> Sequence[Stop]:
        """The stops before `time`, the latest first."""
        return self.stops[: bisect_left(self.stops, time, key=lambda stop: stop.time)][::-1]

    def next_from(self, time: datetime) -> Stop | None:
        """The first stop at `time` or later."""
        index = bisect_left(self.stops, time, key=lambda stop: stop.time)
        return self.stops[index] if index < len(self.stops) else None

    def departure(self, place: int | None, time: datetime, within: timedelta) -> Stop | None:
        """The departure by which it had left `place` by `time` and not come back, as far as told; None
        where it had not. A departure from this very place goes before one from another place of the same
        party, or from nobody knows where. `place` None: its latest departure.
        """
        found: Stop | None = None
        for stop in self.before(time):
            if time - stop.time > within:
                break
            if not stop.leaves:
                if place is None or self.is_at(stop.at, place):
                    break
                continue
            if place is None or self.is_at(stop.at, place):
                return stop
            if self.is_at(stop.bound, place):
                break
            if found is None and (stop.at is None or self.one_party(stop.at, place)):
                found = stop
        return found

    def arrival(self, since: datetime, until: datetime) -> Stop | None:
        """The latest stop after a departure, both after `since` and before `until`; None where there is none
        or it has left again.
        """
        latest = next(iter(self.before(until)), None)
        if latest is None or latest.leaves or latest.time < since:
            return None
        left = any(since <= stop.time <= latest.time for stop in self.before(until) if stop.leaves)
        return latest if left else None

    def is_at(self, shown: int | None, place: int) -> bool:
        """Is it shown at this place, or somewhere with its party?"""
        if shown is None:
            return False
        if self.places.sites.same_address(shown, place):
            return True
        return self.places.vague(shown) and self.one_party(shown, place)

    def one_party(self, one: int, other: int) -> bool:
        """Are both places known to be run by one party?"""
        owner = self.places.owner(one)
        return owner is not None and owner == self.places.owner(other)

    def retells(self, earlier: Stop, later: Stop) -> bool:
        """Is it one departure told in two steps: shipping, then departing?"""
        if not later.leaves or later.step == earlier.step:
            return False
        if later.time - earlier.time > SAME_MOVEMENT_WITHIN:
            return False
        bounds = earlier.bound, later.bound
        return None in bounds or self.places.sites.same_address(*bounds)


def no_told_owners(sites: Sites) -> Places:
    """What is known of places without asking any batch's events."""
    return Places(sites, {})

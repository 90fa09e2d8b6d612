"""What packing events are taken to mean where they leave things out. Pure.

Clerks record a packing when the pallet has gone, and nobody records an unpacking. Three rules, each held
against where the events that name the logistic unit (or what held it then) show it to have been:

1. *Packed later than it left.* A packing at a place that the unit had left, and had not come back to, is
   the late record of a packing before: its goods were inside from that departure on, marked as told later.
   What tells against it: the unit is shown at that place again, or was on its way there; it leaves from
   there anew, sooner after the packing than the packing came after the departure; the packing came more
   than `LATE_WITHIN` after, or more than `LATE_BESIDE` where the unit is known to have left with other
   goods. A departure told in two steps (shipping, then departing) is one.
2. *Gone by themselves.* An instance that was sold, destroyed or used up in an event that does not name what
   it was packed in is no longer inside; nor is one that is shown by itself elsewhere while that stands
   where it arrived, and leaves from there.
3. *Packed anew.* When a unit had arrived with its goods elsewhere, with another party as far as is known,
   and is then packed again at the place where it was first packed, it came back empty: nobody tells of a
   way back, and its former goods are taken to have stayed. The packing event is a gap of theirs. In every
   other case of a unit that is packed anew where it was not, or is back at its first place by its own
   number, the former goods are kept inside: a false row costs a telephone call, a missed one more. Each
   movement with them is a gap.

The result depends on the set of events alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from service.ledger.contents import INSTANT, Layer, Packing, Packings
from service.ledger.model import Entry, Places, Role, Sites
from service.ledger.steps import Effect, effect_of, place_of, retires_number, target_of
from service.ledger.whereabouts import Course, Stop, no_told_owners, stop_of

#: How much later than the departure the packing of a unit is recorded of which nothing else is known to be
#: inside; the books of a fortnight are closed by then.
LATE_WITHIN = timedelta(days=14)
#: The same where other goods are known to have been inside: a shift, or a night.
LATE_BESIDE = timedelta(days=1)
#: Rounds in which late packings of units in units are settled, outermost first.
MAX_ROUNDS = 8

#: unit -> the events that name it, not as what goes into something, and what it is to them
Naming = Mapping[int, Sequence[tuple[Entry, Role]]]

_GONE = (Effect.SELL, Effect.DESTROY, Effect.CONSUME)


def settle(packings: Sequence[Packing], naming: Naming, sites: Sites) -> Packings:
    """The contents that `packings` tell of, by the rules above.

    `naming`: of every unit that holds others and of every unit that ever held it; of instances, too.
    """
    settling = _Settling(packings, naming, no_told_owners(sites))
    settling.date_late_packings()
    settling.take_out_what_went_alone()
    return settling.leave_behind()


class _Settling:
    def __init__(self, packings: Sequence[Packing], naming: Naming, places: Places) -> None:
        self.packings = sorted(packings, key=lambda p: (p.time, p.key))
        self.adds = [p for p in self.packings if p.action == "ADD"]
        self.places = places
        self.naming = naming
        holding = {packing.parent for packing in packings}
        self.stops = {
            unit: [stop for entry, role in told if (stop := stop_of(entry, role, places)) is not None]
            for unit, told in naming.items()
            if unit in holding
        }
        #: unit -> what ever held it, directly
        self.holders: dict[int, set[int]] = defaultdict(set)
        for packing in self.packings:
            for child in packing.children:
                self.holders[child].add(packing.parent)
        self.book = Packings(self.packings)
        self._courses: dict[int, Course] = {}

    def settled(self, packings: list[Packing]) -> None:
        """Go on with these."""
        self.packings = packings
        self.book = Packings(packings)
        self._courses.clear()

    def course(self, unit: int) -> Course:
        """Where a unit was, by its own events and by those of what it was in."""
        if unit not in self._courses:
            stops = list(self.stops.get(unit, ()))
            for holder in self._above(unit):
                for stop in self.stops.get(holder, ()):
                    if unit in self.book.inside(holder, stop.time).units:
                        stops.append(stop)
            stops.extend(self._packed_into(unit))
            self._courses[unit] = Course(stops, self.places)
        return self._courses[unit]

    def _above(self, unit: int) -> set[int]:
        found, front = set[int](), {unit}
        while front:
            front = {holder for one in front for holder in self.holders.get(one, ())} - found
            found |= front
        return found

    def _packed_into(self, unit: int) -> Iterable[Stop]:
        """Being packed into something, or taken out of it, shows a unit too."""
        for packing in self.packings:
            if unit in packing.children and packing.place is not None:
                yield Stop(packing.time, packing.key, False, packing.place)

    # packed later than it left

    def date_late_packings(self) -> None:
        """Let late packings count from the departure that they are late for."""
        if not any(stop.leaves for stops in self.stops.values() for stop in stops):
            return
        known: dict[str, datetime] = {}
        for _ in range(MAX_ROUNDS):
            found = {
                packing.key: left for packing in self.adds if (left := self._late_for(packing)) is not None
            }
            if found == known:
                return
            known = found
            told = [p for p in self.packings if p.told_at is None]
            told += [replace(p, time=p.told_at, told_at=None) for p in self.packings if p.told_at is not None]
            self.settled(
                [replace(p, time=found[p.key], told_at=p.time) if p.key in found else p for p in told]
            )

    def _late_for(self, packing: Packing) -> datetime | None:
        """The departure that the packing was recorded too late for; None: it was not."""
        course = self.course(packing.parent)
        left = course.departure(packing.place, packing.time, LATE_WITHIN)
        if left is None:
            return None
        late_by = packing.time - left.time
        if late_by > LATE_BESIDE and self._left_with_goods(course, packing.parent, left):
            return None
        after = course.next_from(packing.time)
        if after is not None and not course.retells(left, after):
            there = after.at is None or packing.place is None or course.is_at(after.at, packing.place)
            if there and (after.leaves or packing.place is not None) and late_by > after.time - packing.time:
                return None
        return left.time

    def _left_with_goods(self, course: Course, unit: int, left: Stop) -> bool:
        """Is it known to have left with goods, told in time and packed since it left from there before?"""
        inside = self.book.directly_inside(unit, left.time)
        since = [time for child, time in inside.since.items() if child not in inside.told_later]
        since += [time for key, time in inside.classes_since.items() if key not in inside.told_later]
        for stop in course.before(left.time):
            same = stop.at is None or left.at is None or course.is_at(stop.at, left.at)
            if stop.leaves and same and not course.retells(stop, left):
                return any(time > stop.time for time in since)
        return bool(since)

    # gone by themselves

    def take_out_what_went_alone(self) -> None:
        """Let instances that went their own way be inside no longer."""
        out = [
            Packing(entry.key, entry.time, "DELETE", parent, frozenset((unit,)))
            for unit in sorted(self.holders)
            for entry, role in self.naming.get(unit, ())
            for parent in self._left_alone(unit, entry, role)
        ]
        if out:
            self.settled(self.packings + out)

    def _left_alone(self, unit: int, entry: Entry, role: Role) -> list[int]:
        """What the unit was in, directly, and is in no longer after this event that names it."""
        if entry.type == "ObjectEvent" and entry.action == "ADD":
            return []  # It came to be.
        effect = effect_of(entry, role, self.places)
        inside = [p for p in sorted(self.holders[unit]) if self._holds(p, unit, entry.time)]
        if not inside or self._named_with(unit, entry):
            return []
        if effect in _GONE and not (effect is Effect.DESTROY and retires_number(entry)):
            return inside
        shown = target_of(entry, self.places) if effect is Effect.RECEIVE else place_of(entry)
        if effect not in (Effect.RECEIVE, Effect.SIGHT) or shown is None:
            return []
        return [parent for parent in inside if self._stands_elsewhere(parent, shown, entry.time)]

    def _holds(self, parent: int, unit: int, at: datetime) -> bool:
        return unit in self.book.directly_inside(parent, at).since

    def _named_with(self, unit: int, entry: Entry) -> bool:
        """Does the event name something that ever held the unit, too?"""
        return any(
            entry.event_id == told.event_id
            for holder in self._above(unit)
            for told, _ in self.naming.get(holder, ())
        )

    def _stands_elsewhere(self, parent: int, shown: int, time: datetime) -> bool:
        """Does the parent stand at one place, not this one, before and after that time?"""
        course = self.course(parent)
        before, after = next(iter(course.before(time)), None), course.next_from(time)
        if before is None or after is None or before.leaves or not after.leaves or after.time == time:
            return False
        if before.at is None or not self.places.sites.same_address(before.at, after.at):
            return False
        return not course.is_at(before.at, shown) and not course.one_party(before.at, shown)

    # packed anew

    def leave_behind(self) -> Packings:
        """Let what stayed behind be inside no longer, and what may have stayed be doubtful."""
        doubtful: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        left_behind: dict[str, Layer] = {}
        counted = {packing.key: packing for packing in self.packings if packing.action == "ADD"}
        for packing in sorted(counted.values(), key=lambda p: (p.time, p.key)):
            former = self.book.directly_inside(packing.parent, packing.time - INSTANT)
            if packing.place is None or former.empty():
                continue
            course = self.course(packing.parent)
            gone, doubted = Layer(), list[datetime]()
            for child, since in former.since.items():
                stayed = self._stayed(course, packing, child, since)
                if stayed:
                    gone.since[child] = since
                elif stayed is False:
                    doubted.append(since)
            for key, since in former.classes_since.items():
                stayed = self._stayed(course, packing, key, since)
                if stayed:
                    gone.classes[key] = former.classes[key]
                elif stayed is False:
                    doubted.append(since)
            if doubted:
                doubtful[packing.parent].append((packing.time, max(doubted) + INSTANT))
            if not gone.empty():
                left_behind[packing.key] = gone
                time, children, classes = (
                    packing.time - INSTANT,
                    frozenset(gone.since),
                    dict.fromkeys(gone.classes),
                )
                emptied = Packing(packing.key, time, "DELETE", packing.parent, children, classes)
                self.settled([*self.packings, emptied])
        return Packings(self.packings, doubtful, left_behind)

    def _stayed(
        self, course: Course, packing: Packing, what: int | tuple[int, str], since: datetime
    ) -> bool | None:
        """Did former contents stay where the unit had arrived with them? None: nothing speaks for it; False:
        something does, but it is not certain.
        """
        arrived = course.arrival(since, packing.time)
        if arrived is None or arrived.at is None or packing.place is None:
            return None
        home = self._first_place(course, packing.parent, what, since)
        at_home = self.places.sites.same_address(home, packing.place)
        if course.is_at(arrived.at, packing.place):
            return False if at_home else None
        return at_home and not course.one_party(arrived.at, packing.place)

    def _first_place(
        self, course: Course, parent: int, what: int | tuple[int, str], since: datetime
    ) -> int | None:
        """Where contents were packed; where that is not told, where they left from."""
        for packing in self.packings:
            names = what in packing.children or what in packing.classes
            if names and packing.parent == parent and packing.time == since and packing.place is not None:
                return packing.place
        return next((stop.at for stop in course.stops if stop.leaves and stop.time >= since), None)

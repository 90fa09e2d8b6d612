"""What is inside a logistic unit at a moment, through any number of levels.

Built from packing events (Aggregation and Association). A logistic unit is used again and again: what
counts is what was inside at the time of the movement. The two ends of a stay are inclusive: goods
packed, shipped, received and unpacked under one and the same timestamp were inside.

Where packing events leave things out, `untold_contents.py` says what they are taken to mean.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import msgspec

from service.ledger.model import Doubt

Key = TypeVar("Key")

#: Levels of nesting that are followed; deeper is a cycle or a mistake.
MAX_DEPTH = 32
#: The smallest step of PostgreSQL's clock.
INSTANT = timedelta(microseconds=1)


class Packing(msgspec.Struct, frozen=True):
    """One packing event. `classes`: (batch, reference unit) -> quantity, None where not stated.

    DELETE without any children empties the parent. OBSERVE says that the children are inside.

    `place`: where it happened, as far as told. `told_at`: what its record says where that is later than
    `time`, the moment from which it counts.
    """

    key: str
    time: datetime
    action: str
    parent: int
    children: frozenset[int]
    classes: Mapping[tuple[int, str], Decimal | None] = {}
    place: int | None = None
    told_at: datetime | None = None

    @property
    def empties(self) -> bool:
        return self.action == "DELETE" and not self.children and not self.classes


class Inside(msgspec.Struct):
    """What is inside: instances of every level, and class-level quantities of all levels together.
    `doubts`: what is less than certain about a unit, or about an amount of a class.
    """

    units: set[int] = set()
    classes: dict[tuple[int, str], Decimal | None] = {}
    doubts: dict[int | tuple[int, str], Doubt] = {}

    def doubt(self, what: int | tuple[int, str], doubt: Doubt) -> None:
        """Take in one more doubt; the graver one stays."""
        if doubt:
            self.doubts[what] = max(doubt, self.doubts.get(what, Doubt.NONE))

    def join(self, other: "Inside") -> None:
        """Take in what is inside by other words, too; somebody told that it was taken out."""
        for unit in other.units - self.units:
            self.doubt(unit, Doubt.PERHAPS_UNPACKED)
        for key in other.classes.keys() - self.classes.keys():
            self.doubt(key, Doubt.PERHAPS_UNPACKED)
        for what, doubt in other.doubts.items():
            self.doubt(what, doubt)
        self.units |= other.units
        for key, quantity in other.classes.items():
            self.classes[key] = _larger(self.classes.get(key, Decimal(0)), quantity)


class Layer(msgspec.Struct):
    """What is directly inside one unit: since when each thing is, and when it was last said to be."""

    since: dict[int, datetime] = {}
    latest: dict[int, datetime] = {}
    classes: dict[tuple[int, str], Decimal | None] = {}
    classes_since: dict[tuple[int, str], datetime] = {}
    #: Records of things inside that were made later than asked about.
    told_later: set[int | tuple[int, str]] = set()

    def empty(self) -> bool:
        """Is nothing known to be inside?"""
        return not self.since and not self.classes


class Packings:
    """All packing events that bear on some logistic units, asked for contents at a time.

    The caller gives every event that names one of the units as parent, every event that packs one of
    their children elsewhere, and so on down the levels.

    `beside`: the same, as those tell it whose word takes goods out (`entrusted.py`). What is inside by either
    is inside.
    """

    def __init__(
        self,
        packings: Iterable[Packing],
        doubtful: Mapping[int, Sequence[tuple[datetime, datetime]]] | None = None,
        left_behind: Mapping[str, Layer] | None = None,
        beside: "Packings | None" = None,
    ) -> None:
        self.beside = beside
        #: unit -> (from, what came in before): contents that may have been taken out by then.
        self._doubtful = doubtful or {}
        #: packing event -> what had been left behind when it was packed.
        self.left_behind = left_behind or {}
        self._of_parent: dict[int, list[Packing]] = defaultdict(list)
        self._of_child: dict[int, list[Packing]] = defaultdict(list)
        # At one instant goods are packed before they are unpacked.
        for packing in sorted(packings, key=lambda p: (p.time, p.action == "DELETE", p.key)):
            self._of_parent[packing.parent].append(packing)
            if packing.action != "DELETE":
                for child in packing.children:
                    self._of_child[child].append(packing)
        #: What was packed once only cannot have moved on.
        self._packed_again = {child for child, told in self._of_child.items() if len(told) > 1}

    def packed(self) -> Set[int]:
        """Every unit that was ever packed into anything here."""
        return self._of_child.keys()

    def inside(self, unit: int, at: datetime) -> Inside:
        """Everything inside `unit` at `at`, levels opened; not the unit itself."""
        found = self._inside(unit, at)
        if self.beside is not None:
            found.join(self.beside.inside(unit, at))
        return found

    def _inside(self, unit: int, at: datetime) -> Inside:
        found = Inside()
        level, seen = [unit] if unit in self._of_parent else [], {unit}
        for _ in range(MAX_DEPTH):
            below: list[int] = []
            for parent in level:
                layer, around = self.directly_inside(parent, at), found.doubts.get(parent, Doubt.NONE)
                # As a rule nothing is in doubt, of a hundred thousand things neither.
                doubtful = bool(around or layer.told_later or self._doubtful.get(parent))
                for key, quantity in layer.classes.items():
                    found.classes[key] = _sum(found.classes.get(key, Decimal(0)), quantity)
                    since = layer.classes_since[key]
                    if doubtful:
                        found.doubt(key, max(around, self._doubt(layer, parent, key, since, at)))
                fresh = layer.since.keys() - seen
                seen |= fresh
                found.units |= fresh
                for child in fresh if doubtful else ():
                    found.doubt(child, max(around, self._doubt(layer, parent, child, layer.since[child], at)))
                # Most things hold nothing: a container of a hundred thousand packs.
                below.extend(child for child in fresh if child in self._of_parent)
            if not below:
                break
            level = below
        return found

    def uses(self, unit: int) -> list[datetime]:
        """When each use of `unit` began: the moments something was packed into it while it was empty."""
        began: list[datetime] = []
        for packing in self._of_parent.get(unit, ()):
            if packing.action == "DELETE" or began[-1:] == [packing.time]:
                continue
            if self.directly_inside(unit, packing.time - INSTANT).empty():
                began.append(packing.time)
        return began

    def _doubt(
        self, layer: Layer, parent: int, what: int | tuple[int, str], since: datetime, at: datetime
    ) -> Doubt:
        """What is less than certain about one thing in a layer."""
        if any(begin <= at and since < before for begin, before in self._doubtful.get(parent, ())):
            return Doubt.PERHAPS_UNPACKED
        return Doubt.PACKED_LATER if what in layer.told_later else Doubt.NONE

    def directly_inside(self, parent: int, at: datetime) -> Layer:
        """One level: what `parent` itself holds at `at`."""
        layer = Layer()
        for packing in self._of_parent.get(parent, ()):
            if packing.time > at or (packing.action == "DELETE" and packing.time == at):
                continue
            if packing.empties:
                _empty(layer.since, packing.time)
                for key in _empty(layer.classes_since, packing.time):
                    del layer.classes[key]
            elif packing.action == "DELETE":
                for child in packing.children:
                    layer.since.pop(child, None)
                for key, quantity in packing.classes.items():
                    _unpack(layer.classes, layer.classes_since, key, quantity)
            else:
                _put_in(layer, packing, at)
        again = self._packed_again
        moved = [c for c in layer.since if c in again and self._moved_on(c, parent, layer.latest[c], at)]
        for child in moved:
            del layer.since[child]
        return layer

    def _moved_on(self, child: int, parent: int, since: datetime, at: datetime) -> bool:
        """Was the child packed into something else after it last came in here? One thing is in one place."""
        return any(
            since < packing.time <= at and packing.parent != parent
            for packing in self._of_child.get(child, ())
        )


def _put_in(layer: Layer, packing: Packing, at: datetime) -> None:
    for child in packing.children:
        layer.since.setdefault(child, packing.time)
        layer.latest[child] = packing.time
    for key, quantity in packing.classes.items():
        join = _sum if packing.action == "ADD" else _larger
        layer.classes[key] = join(layer.classes.get(key, Decimal(0)), quantity)
        layer.classes_since.setdefault(key, packing.time)
    if packing.told_at is not None and packing.told_at > at:
        layer.told_later.update(packing.children, packing.classes)


def _empty(since: dict[Key, datetime], at: datetime) -> list[Key]:
    """Drop what came in before `at`; if all came in at `at` itself, drop that. Returns what went."""
    gone = [key for key, then in since.items() if then < at] or list(since)
    for key in gone:
        del since[key]
    return gone


def _unpack(
    classes: dict[tuple[int, str], Decimal | None],
    since: dict[tuple[int, str], datetime],
    key: tuple[int, str],
    quantity: Decimal | None,
) -> None:
    inside = classes.get(key)
    if key in classes and quantity is not None and inside is not None and inside > quantity:
        classes[key] = inside - quantity
        return
    classes.pop(key, None)
    since.pop(key, None)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _larger(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else max(one, other)

"""What is inside a logistic unit at a moment, through any number of levels.

Built from packing events (Aggregation and Association). A logistic unit is used again and again: what
counts is what was inside at the time of the movement. The two ends of a stay are inclusive: goods
packed, shipped, received and unpacked under one and the same timestamp were inside.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

Key = TypeVar("Key")

#: Levels of nesting that are followed; deeper is a cycle or a mistake.
MAX_DEPTH = 32
#: The smallest step of PostgreSQL's clock.
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Packing:
    """One packing event. `classes`: (batch, reference unit) -> quantity, None where not stated.

    DELETE without any children empties the parent. OBSERVE says that the children are inside.
    """

    key: str
    time: datetime
    action: str
    parent: int
    children: frozenset[int]
    classes: Mapping[tuple[int, str], Decimal | None] = field(default_factory=dict)

    @property
    def empties(self) -> bool:
        return self.action == "DELETE" and not self.children and not self.classes


@dataclass(slots=True)
class Inside:
    """What is inside: instances of every level, and class-level quantities of all levels together."""

    units: set[int] = field(default_factory=set)
    classes: dict[tuple[int, str], Decimal | None] = field(default_factory=dict)


class Packings:
    """All packing events that bear on some logistic units, asked for contents at a time.

    The caller gives every event that names one of the units as parent, every event that packs one of
    their children elsewhere, and so on down the levels.
    """

    def __init__(self, packings: Iterable[Packing]) -> None:
        self._of_parent: dict[int, list[Packing]] = defaultdict(list)
        self._of_child: dict[int, list[Packing]] = defaultdict(list)
        # At one instant goods are packed before they are unpacked.
        for packing in sorted(packings, key=lambda p: (p.time, p.action == "DELETE", p.key)):
            self._of_parent[packing.parent].append(packing)
            if packing.action != "DELETE":
                for child in packing.children:
                    self._of_child[child].append(packing)

    def inside(self, unit: int, at: datetime) -> Inside:
        """Everything inside `unit` at `at`, levels opened; not the unit itself."""
        found = Inside()
        level, seen = [unit], {unit}
        for _ in range(MAX_DEPTH):
            below: list[int] = []
            for parent in level:
                children, classes = self._directly_inside(parent, at)
                for key, quantity in classes.items():
                    found.classes[key] = _sum(found.classes.get(key, Decimal(0)), quantity)
                fresh = children - seen
                seen |= fresh
                found.units |= fresh
                below.extend(fresh)
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
            children, classes = self._directly_inside(unit, packing.time - INSTANT)
            if not children and not classes:
                began.append(packing.time)
        return began

    def _directly_inside(
        self, parent: int, at: datetime
    ) -> tuple[set[int], dict[tuple[int, str], Decimal | None]]:
        since: dict[int, datetime] = {}
        latest: dict[int, datetime] = {}
        classes: dict[tuple[int, str], Decimal | None] = {}
        classes_since: dict[tuple[int, str], datetime] = {}
        for packing in self._of_parent.get(parent, ()):
            if packing.time > at or (packing.action == "DELETE" and packing.time == at):
                continue
            if packing.empties:
                _empty(since, packing.time)
                for key in _empty(classes_since, packing.time):
                    del classes[key]
            elif packing.action == "DELETE":
                for child in packing.children:
                    since.pop(child, None)
                for key, quantity in packing.classes.items():
                    _unpack(classes, classes_since, key, quantity)
            else:
                for child in packing.children:
                    since.setdefault(child, packing.time)
                    latest[child] = packing.time
                for key, quantity in packing.classes.items():
                    if packing.action == "ADD":
                        classes[key] = _sum(classes.get(key, Decimal(0)), quantity)
                    else:
                        classes[key] = _larger(classes.get(key, Decimal(0)), quantity)
                    classes_since.setdefault(key, packing.time)
        return {child for child in since if not self._moved_on(child, parent, latest[child], at)}, classes

    def _moved_on(self, child: int, parent: int, since: datetime, at: datetime) -> bool:
        """Was the child packed into something else after it last came in here? One thing is in one place."""
        return any(
            since < packing.time <= at and packing.parent != parent
            for packing in self._of_child.get(child, ())
        )


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

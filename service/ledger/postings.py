"""How much of which batch an event is about: instances counted by batch, logistic units opened."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from service.identifiers.units import EACH
from service.ledger.contents import Inside, Layer, Packings
from service.ledger.model import Doubt, Entry, Role
from service.ledger.steps import brings_into_being, moves_by_papers, moves_contents, retires_number


class Told(msgspec.Struct):
    """What one event says of one batch in one role."""

    amounts: dict[str, Decimal | None] = {}
    doubt: Doubt = Doubt.NONE


#: (role, batch) -> what the event says of it
Postings = dict[tuple[Role, int], Told]

PACKING_TYPES = ("AggregationEvent", "AssociationEvent")


class Item(msgspec.Struct, frozen=True):
    """One thing an event names: an instance (`unit`) or an amount of a class (`batch`).

    `uom` is the reference unit, `quantity` is in it; None: not stated.
    """

    role: Role
    unit: int | None = None
    batch: int | None = None
    quantity: Decimal | None = None
    uom: str = EACH


def postings_of(
    entry: Entry, items: Sequence[Item], batch_of: Mapping[int, int | None], packings: Packings
) -> Postings:
    """The postings of one event.

    `batch_of`: unit -> the batch it counts for, None for what only holds other things; it must know
    every unit named and every unit inside one. What an event lists beside a logistic unit that
    holds it already counts once: documents often say both.
    """
    if entry.type == "TransactionEvent" and not moves_by_papers(entry):
        return {}
    postings: Postings = {}
    if entry.type in PACKING_TYPES:
        role = Role.OBJECT if entry.action == "OBSERVE" or moves_contents(entry) else Role.PACKED
        units, classes, opened = _packed_things(entry, items, packings)
        _post(postings, role, units, classes, opened, batch_of)
        behind = packings.left_behind.get(entry.key)
        if behind is not None:
            _post(postings, Role.LEFT_BEHIND, *_left_behind(behind, entry, packings), batch_of)
        return postings
    for role in (Role.OBJECT, Role.INPUT, Role.OUTPUT):
        named = [item for item in items if item.role == role]
        if not named:
            continue
        units = {item.unit for item in named if item.unit is not None}
        opened = Inside()
        # Giving a pallet its number does not make what stands on it, nor does retiring it destroy that.
        keeps = role is Role.OBJECT and (brings_into_being(entry) or retires_number(entry))
        if role is not Role.OUTPUT and not keeps:
            opened = _opened(units, entry, packings)
        _post(postings, role, units, _classes(named), opened, batch_of)
    return postings


def _packed_things(
    entry: Entry, items: Sequence[Item], packings: Packings
) -> tuple[set[int], dict[tuple[int, str], Decimal | None], Inside]:
    """What a packing event is about: its parent, the children it lists, else all that is inside."""
    parents = {item.unit for item in items if item.role is Role.PARENT and item.unit is not None}
    listed = [item for item in items if item.role is Role.CHILD]
    units = {item.unit for item in listed if item.unit is not None}
    opened = _opened(units, entry, packings)
    if not listed:
        opened = _opened(parents, entry, packings)
    return units | parents, _classes(listed), opened


def _left_behind(
    behind: Layer, entry: Entry, packings: Packings
) -> tuple[set[int], dict[tuple[int, str], Decimal | None], Inside]:
    units = set(behind.since)
    return units, behind.classes, _opened(units, entry, packings)


def _opened(units: set[int], entry: Entry, packings: Packings) -> Inside:
    """The contents of several units together; a unit inside two of them counts once."""
    insides = {unit: packings.inside(unit, entry.time) for unit in units}
    if len(insides) < 2:
        return next(iter(insides.values()), Inside())
    together = Inside()
    for inside in insides.values():
        together.units |= inside.units
        for what, doubt in inside.doubts.items():
            together.doubt(what, doubt)
    # Outermost units first. What is packed in a circle has no outermost: any one of it opens them all.
    opened: set[int] = set()
    for unit in sorted(units, key=lambda unit: (unit in together.units, unit)):
        if unit in opened:
            continue
        inside = insides[unit]
        opened |= inside.units
        for key, quantity in inside.classes.items():
            known = together.classes.get(key, Decimal(0))
            together.classes[key] = None if known is None or quantity is None else known + quantity
    return together


def _classes(items: Sequence[Item]) -> dict[tuple[int, str], Decimal | None]:
    classes: dict[tuple[int, str], Decimal | None] = {}
    for item in items:
        if item.batch is not None:
            key = (item.batch, item.uom)
            known = classes.get(key, Decimal(0))
            classes[key] = None if known is None or item.quantity is None else known + item.quantity
    return classes


def _post(
    postings: Postings,
    role: Role,
    units: set[int],
    classes: Mapping[tuple[int, str], Decimal | None],
    opened: Inside,
    batch_of: Mapping[int, int | None],
) -> None:
    counts: dict[int, int] = defaultdict(int)
    doubts: dict[int, Doubt] = {}
    for unit in units | opened.units:
        batch = batch_of[unit]
        if batch is not None:
            counts[batch] += 1
            if unit not in units:
                _raise(doubts, batch, opened.doubts.get(unit))
    for key, listed in _together(classes, opened.classes).items():
        batch, uom = key
        postings.setdefault((role, batch), Told()).amounts[uom] = listed
        if key not in classes:
            _raise(doubts, batch, opened.doubts.get(key))
    for batch, count in counts.items():
        amounts = postings.setdefault((role, batch), Told()).amounts
        known = amounts.get(EACH, Decimal(0))
        # Serials and a quantity of the same batch in one event describe the same goods.
        amounts[EACH] = Decimal(count) if known is None else max(known, Decimal(count))
    for batch, doubt in doubts.items():
        postings[role, batch].doubt = doubt


def _raise(doubts: dict[int, Doubt], batch: int, doubt: Doubt | None) -> None:
    if doubt:
        doubts[batch] = max(doubt, doubts.get(batch, Doubt.NONE))


def _together(
    listed: Mapping[tuple[int, str], Decimal | None], inside: Mapping[tuple[int, str], Decimal | None]
) -> dict[tuple[int, str], Decimal | None]:
    """A batch both listed and inside a listed unit counts once, as the larger of the two."""
    together = dict(inside)
    for key, quantity in listed.items():
        known = together.get(key)
        together[key] = quantity if key not in together or known is None else max(known, quantity or known)
    return together

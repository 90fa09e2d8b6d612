"""What the ledger reads of one event: places, parties, things, by canonical identity. Pure.

Identifiers that break a rule of GS1 are kept as plain URIs: an event that happened is not refused for
a wrong check digit in somebody's label.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from service.events.ilmd import expires_on, lot_of, made_on
from service.events.model import Event, Quantity
from service.identifiers.kinds import Identity, Kind
from service.identifiers.lenient import batch_uri_of, identity_of
from service.identifiers.units import in_reference
from service.ledger.model import Role
from service.ledger.postings import PACKING_TYPES

#: Instances of these kinds are goods: a unit of some batch. All others only ever hold or accompany.
GOODS = (Kind.UNIT, Kind.OTHER, Kind.DRUG_CODE)

#: Classes, and ends of a journey, that are remembered; ends of one event that are looked up so.
REMEMBERED = 8_192
ENDS_REMEMBERED = 4
#: The lot class and the product class of one item in the GDST's URN scheme.
GDST_LOT_CLASS = re.compile(r"(urn:[^:]+:[^:]+:product):lot:class:(.+)\.([^.]+)")


class BatchName(NamedTuple):
    """A batch as an event names it: see `service.registry.ensure.NewBatch`."""

    uri: str
    product_uri: str | None = None
    lot: str | None = None
    of_one: bool = False


class NamedUnit(NamedTuple):
    """An instance, and the batch that the event says it belongs to."""

    role: Role
    uri: str
    told: BatchName | None


class NamedClass(NamedTuple):
    """An amount of a class, in its dimension's reference unit."""

    role: Role
    batch: BatchName
    quantity: Decimal | None
    uom: str


class Reading(NamedTuple):
    """One event's names. Sites and parties are canonical URIs; `*_site` only where a location is named."""

    site: str | None
    read_site: str | None
    source_site: str | None
    source_party: str | None
    destination_site: str | None
    destination_party: str | None
    transactions: tuple[str, ...]
    units: tuple[NamedUnit, ...]
    classes: tuple[NamedClass, ...]
    made_on: date | None
    expires_on: date | None

    def sites(self) -> set[str]:
        """Every place named."""
        named = (self.site, self.read_site, self.source_site, self.destination_site)
        return {uri for uri in named if uri is not None}

    def parties(self) -> set[str]:
        """Every party named."""
        return {uri for uri in (self.source_party, self.destination_party) if uri is not None}

    def made(self) -> set[BatchName]:
        """The batches that this event brings into being: what it says of a lot is about them."""
        batches = {named.batch for named in self.classes if named.role in (Role.OBJECT, Role.OUTPUT)}
        told = {named.told for named in self.units if named.told and named.role in (Role.OBJECT, Role.OUTPUT)}
        return batches | told


def own_batch(unit_uri: str) -> BatchName | None:
    """The batch of one of a unit whose lot nobody knows; None for what is no goods."""
    identity = identity_of(unit_uri)
    if identity.kind not in GOODS:
        return None
    return BatchName(unit_uri, identity.product_uri, None, of_one=True)


def read_event(event: Event) -> Reading:
    """The names in `event`."""
    makes = event.type == "TransformationEvent" or (event.type == "ObjectEvent" and event.action == "ADD")
    lot = lot_of(event) if makes else None
    units: dict[tuple[Role, str], NamedUnit] = {}
    classes: list[NamedClass] = []
    for role, uris, quantities in _things(event):
        told_lot = lot if role in (Role.OBJECT, Role.OUTPUT) else None
        for uri in uris:
            _add_instance(units, classes, role, identity_of(uri), told_lot)
        for quantity in quantities:
            _add_quantity(units, classes, role, quantity, told_lot)
    source_site, source_party = _side_of(event.sources)
    destination_site, destination_party = _side_of(event.destinations)
    return Reading(
        _canonical(event.biz_location),
        _canonical(event.read_point),
        source_site,
        source_party,
        destination_site,
        destination_party,
        tuple(sorted({identity_of(uri).uri for _, uri in event.transactions})) if event.transactions else (),
        tuple(units.values()),
        tuple(classes),
        made_on(event) if makes else None,
        expires_on(event) if makes else None,
    )


def _things(event: Event) -> Sequence[tuple[Role, Sequence[str], Sequence[Quantity]]]:
    # Events without children of their own (Object, Transaction) name objects; packing events parents
    # and children. A transaction's parent is just one more object.
    parent = (event.parent_id,) if event.parent_id else ()
    if event.type in PACKING_TYPES:
        return (
            (Role.PARENT, parent, ()),
            (Role.CHILD, event.child_epcs, event.child_quantities),
        )
    return (
        (Role.OBJECT, (*parent, *event.epcs), event.quantities),
        (Role.INPUT, event.input_epcs, event.input_quantities),
        (Role.OUTPUT, event.output_epcs, event.output_quantities),
    )


def _add_instance(
    units: dict[tuple[Role, str], NamedUnit],
    classes: list[NamedClass],
    role: Role,
    identity: Identity,
    lot: str | None,
) -> None:
    if identity.kind in (Kind.BATCH, Kind.PRODUCT):
        # A class where an instance belongs: partners do it; how much, they do not say.
        batch = _class_named(identity, lot)
        classes.append(NamedClass(role, batch, None, in_reference(None, None)[1]))
        return
    told = None
    if identity.batch_uri is not None:
        told = BatchName(identity.batch_uri, identity.product_uri, identity.lot)
    elif lot is not None and identity.product_uri is not None and identity.kind in GOODS:
        told = _lot_of_product(identity.product_uri, lot)
    units.setdefault((role, identity.uri), NamedUnit(role, identity.uri, told))


def _add_quantity(
    units: dict[tuple[Role, str], NamedUnit],
    classes: list[NamedClass],
    role: Role,
    quantity: Quantity,
    lot: str | None,
) -> None:
    identity = identity_of(quantity.epc_class)
    if identity.kind in (Kind.UNIT, Kind.LOGISTIC):
        _add_instance(units, classes, role, identity, lot)
        return
    amount, uom = in_reference(quantity.quantity, quantity.uom)
    batch = _class_of(quantity.epc_class) if lot is None else _class_named(identity, lot)
    classes.append(NamedClass(role, batch, amount, uom))


@lru_cache(maxsize=REMEMBERED)
def _class_of(text: str) -> BatchName:
    return _class_named(identity_of(text), None)


def _class_named(identity: Identity, lot: str | None) -> BatchName:
    if identity.kind is Kind.BATCH:
        assert identity.batch_uri is not None
        return BatchName(identity.batch_uri, identity.product_uri, identity.lot)
    if identity.kind is Kind.PRODUCT and identity.product_uri is not None:
        if lot is not None:
            return _lot_of_product(identity.product_uri, lot)
        return BatchName(identity.product_uri, identity.product_uri)
    match = GDST_LOT_CLASS.fullmatch(identity.uri)
    if match:
        return BatchName(identity.uri, f"{match[1]}:class:{match[2]}", match[3])
    return BatchName(identity.uri)


@lru_cache(maxsize=1024)
def _lot_of_product(product_uri: str, lot: str) -> BatchName:
    gtin = identity_of(product_uri).gtin
    uri = f"{product_uri}/lot/{quote(lot, safe='')}" if gtin is None else batch_uri_of(gtin, lot)
    return BatchName(uri, product_uri, lot)


def _side_of(named: tuple[tuple[str, str], ...]) -> tuple[str | None, str | None]:
    return _known_side(named) if len(named) <= ENDS_REMEMBERED else _side(named)


def _side(named: Sequence[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The location and the party of one side; possession goes before ownership, for it holds the goods."""
    by_type = dict(reversed(named))
    location = _canonical(by_type.get("location"))
    party = by_type.get("possessing_party") or by_type.get("owning_party")
    if party is None:
        others = [uri for kind, uri in named if kind != "location" and identity_of(uri).kind is Kind.PARTY]
        party = others[0] if others else None
    return location, _party(party)


_known_side = lru_cache(maxsize=REMEMBERED)(_side)


def _party(uri: str | None) -> str | None:
    if uri is None:
        return None
    identity = identity_of(uri)
    if identity.kind is Kind.SITE and identity.gln is not None:
        # Parties were named by SGLN before PGLN existed.
        return f"https://id.gs1.org/417/{identity.gln}"
    return identity.uri


def _canonical(uri: str | None) -> str | None:
    return None if uri is None else identity_of(uri).uri

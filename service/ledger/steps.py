"""What an entry does to the goods it names: the business step where it is one of the CBV's, otherwise
what the event says (action, places, sources, destinations). Nothing is dropped.
"""

from enum import Enum
from functools import lru_cache

from service.events.namespaces import local_name
from service.ledger.model import Entry, Places, Role


class Effect(Enum):
    """The kinds of effect; the comments give the balance they move."""

    PRODUCE = "produced"
    SHIP = "shipped"
    RECEIVE = "received"
    CONSUME = "consumed"
    SELL = "sold"
    DESTROY = "destroyed"
    SAMPLE = "sampled"
    #: seen at a place; where it was not known to be, it must have moved there
    SIGHT = "sighted"
    #: seen while being packed or unpacked; tells of a move only where the goods were never known
    PACK = "packed"
    #: a shipment declared never to have happened
    VOID_SHIPMENT = "void_shipment"


#: CBV 2.0 business steps (bare words), by what they do. `consigning` is shipping with a change of
#: possession (CBV 2.0, 7.1.2). `dispatching`, `returning`, `harvesting`, `consuming` are no CBV words:
#: they come as the last part of somebody's own URI.
SHIPPING = frozenset({"shipping", "departing", "consigning", "dispatching", "returning"})
RECEIVING = frozenset({"receiving", "arriving", "accepting"})
BY_STEP: dict[str, Effect] = {
    **dict.fromkeys(SHIPPING, Effect.SHIP),
    **dict.fromkeys(RECEIVING, Effect.RECEIVE),
    "commissioning": Effect.PRODUCE,
    "creating_class_instance": Effect.PRODUCE,
    "harvesting": Effect.PRODUCE,
    "retail_selling": Effect.SELL,
    "dispensing": Effect.SELL,
    "consuming": Effect.SELL,
    "destroying": Effect.DESTROY,
    "decommissioning": Effect.DESTROY,
    "sampling": Effect.SAMPLE,
    "void_shipping": Effect.VOID_SHIPMENT,
}

#: Effects that a packing event (Aggregation, Association) can have besides packing.
_MOVING = (Effect.SHIP, Effect.RECEIVE, Effect.SELL, Effect.DESTROY, Effect.VOID_SHIPMENT)
#: Steps of packing events that move nothing, whatever destination the goods are packed for.
_STAYING = frozenset({"packing", "unpacking", "repackaging"})


@lru_cache(maxsize=4096)
def known_effect(step: str | None) -> Effect | None:
    """What a business step does by its name: a bare CBV word, or the last part of a URI of one's own."""
    if step is None:
        return None
    return BY_STEP.get(step) or BY_STEP.get(local_name(step).lower())


def effect_of(entry: Entry, role: Role, places: Places) -> Effect:
    """The effect of `entry` on goods that play `role` in it."""
    if role is Role.INPUT:
        return Effect.CONSUME
    if role is Role.OUTPUT:
        return Effect.PRODUCE
    if role is Role.PACKED:
        return Effect.PACK
    known = known_effect(entry.step)
    if known is not None:
        return known
    if entry.type == "ObjectEvent" and entry.action == "ADD":
        return Effect.PRODUCE
    if entry.type == "ObjectEvent" and entry.action == "DELETE":
        return Effect.DESTROY
    return _effect_of_places(entry, places)


def moves_contents(entry: Entry) -> bool:
    """Does this packing event move what it names, besides packing it? By its step; an unknown step
    that names where the goods come from or go to moves them too.
    """
    known = known_effect(entry.step)
    if known is not None:
        return known in _MOVING
    ends = (entry.source_site, entry.destination_site)
    return entry.step not in _STAYING and ends != (None, None) and ends[0] != ends[1]


def moves_by_papers(entry: Entry) -> bool:
    """Does this TransactionEvent tell a movement, from where or to where? See `papers.py`."""
    if entry.type != "TransactionEvent" or entry.action == "DELETE":
        return False
    known = known_effect(entry.step)
    if known is Effect.SHIP:
        return entry.destination_site is not None
    told = place_of(entry) is not None or entry.destination_site is not None
    return known is Effect.RECEIVE and entry.source_site is not None and told


def brings_into_being(entry: Entry) -> bool:
    """Are the objects of this event made by it? What is inside them is not."""
    known = known_effect(entry.step)
    return known is Effect.PRODUCE or (
        known is None and entry.type == "ObjectEvent" and entry.action == "ADD"
    )


def retires_number(entry: Entry) -> bool:
    """Does this event end the life of identifiers, not of what is inside?"""
    return entry.step is not None and local_name(entry.step).lower() == "decommissioning"


def _effect_of_places(entry: Entry, places: Places) -> Effect:
    """An unknown step: a destination other than where the goods are is a shipment, a source other
    than where they are is a receipt, anything else is a sighting.
    """
    place = place_of(entry)
    source, destination = entry.source_site, entry.destination_site
    if destination is not None and destination != source:
        if place is not None and _is_at(place, destination, entry.destination_party, places):
            return Effect.RECEIVE
        if place is not None or source is not None:
            return Effect.SHIP
    elif (
        source is not None
        and destination is None
        and place is not None
        and not _is_at(place, source, entry.source_party, places)
    ):
        return Effect.RECEIVE
    return Effect.SIGHT


def _is_at(place: int, site: int, party: int | None, places: Places) -> bool:
    """Is `place` the named site, or run by the named party?"""
    return places.sites.same_address(place, site) or (party is not None and places.owner(place) == party)


def place_of(entry: Entry) -> int | None:
    """Where the event says the goods are: bizLocation, else readPoint."""
    return entry.site if entry.site is not None else entry.read_site


def origin_of(entry: Entry, places: Places) -> int | None:
    """The place a shipment leaves: the source location; else the event's own place unless that is
    the destination's; else the source party's unspecified site; None where nothing says.
    """
    if entry.source_site is not None and not places.vague(entry.source_site):
        return entry.source_site
    place = _own_place(entry, entry.destination_site, entry.destination_party, entry.source_party, places)
    return place if place is not None else entry.source_site


def target_of(entry: Entry, places: Places) -> int | None:
    """The place a receipt reaches: the event's own place unless that is the source's, else the
    destination named. Where none is named, a place that the source party runs is meant after all: goods
    go from one of its places to another. None where nothing says.
    """
    place = _own_place(entry, entry.source_site, entry.source_party, entry.destination_party, places)
    if place is None:
        place = entry.destination_site
    if place is None:
        own = (entry.site, entry.read_site)
        place = next((site for site in own if site is not None and site != entry.source_site), None)
    return place


def _own_place(
    entry: Entry, other_site: int | None, other_party: int | None, own_party: int | None, places: Places
) -> int | None:
    """The first of bizLocation and readPoint that is not the other side's."""
    for place in (entry.site, entry.read_site):
        if place is None or place == other_site:
            continue
        foreign = other_party is not None and other_party != own_party and places.owner(place) == other_party
        if not foreign:
            return place
    return None

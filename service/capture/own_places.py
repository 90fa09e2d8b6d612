"""A party captures as itself, or for who lets it: what happened at its own places, at those of a party that
delegated this to it, or at places that nobody is known to run; and of making, what is of its own products, of
those of a party that delegated this to it, or of nobody's.

Whoever could tell what happened at a competitor's place could empty his stock, or give him a recall.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from service.capture.corrections import correctable, find_originals, visible
from service.capture.delegations import Delegated, in_force
from service.capture.master_data import check_own_master_data
from service.capture.own_products import Made, Products, find_products, made_in
from service.capture.places import (
    Places,
    acting_ends_of,
    delegation_for,
    ends_of,
    find_places,
    places_of,
    takes,
)
from service.db.transaction import Transaction
from service.errors import Fault, Forbidden
from service.events.identifying import Identified
from service.events.model import Document, Event
from service.identifiers.lenient import identity_of


@dataclass(frozen=True, slots=True)
class Told:
    """Which party captures, and by which delegations: fingerprint of an event -> those that it needed."""

    party_id: int
    by: Mapping[bytes, Sequence[Delegated]] = field(default_factory=dict)

    def tellers(self, item: Identified) -> frozenset[int]:
        """The party, and those for which it tells this one."""
        return frozenset((self.party_id, *(by.party_id for by in self.by.get(item.fingerprint, ()))))

    def for_parties(self, events: Sequence[Identified]) -> list[int] | None:
        """For whom these are told, in the order of ids; None for the party alone."""
        parties = {by.party_id for item in events for by in self.by.get(item.fingerprint, ())}
        return sorted(parties) or None


async def check_own_places(tx: Transaction, party_id: int, events: Sequence[Identified]) -> Told:
    """As whom the party tells these. Raises `Forbidden`, with a fault for each that is not its to tell, or
    that goes by the hash of another event: under such a name that one would be refused.
    """
    _refuse_false_hashes(events)
    mine, others = await _corrected(tx, party_id, events)
    asked = [item for item in events if not (item.event.declares_error and item.event_id in mine)]
    known = await _read(tx, [(party_id, item) for item in asked])
    check = known.check(party_id)
    faults: list[Fault] = []
    for position, item in enumerate(events):
        if item.event.declares_error and item.event_id in mine:
            continue
        if item.event.declares_error and item.event_id in others:
            faults.append(_not_to_correct(position, item))
        elif (fault := check.fault(item, position)) is not None:
            faults.append(fault)
    _refuse_others(faults)
    return Told(party_id, check.by)


def _refuse_false_hashes(events: Sequence[Identified]) -> None:
    false = [
        _false_hash(position, item) for position, item in enumerate(events) if item.is_named_by_a_false_hash
    ]
    if false:
        raise Forbidden(
            "An eventID says that it is the hash of the event, and is not; nothing was stored.",
            "eventID 声称是该事件的哈希值，但并不相符，未存储任何内容。",
            false,
        )


def _refuse_others(faults: Sequence[Fault]) -> None:
    if faults:
        raise Forbidden(
            "A party tells what happened at its own places and that its own products were made, or does "
            "so for who lets it; nothing was stored.",
            "主体只能采集在自己场所发生的事件及自有产品的生产，或受委托采集，未存储任何内容。",
            faults,
        )


async def teller(tx: Transaction, party_id: int | None, events: Sequence[Identified]) -> Told | None:
    """As whom these are told: of a party by `check_own_places`; None for an operator, who tells anything."""
    return None if party_id is None else await check_own_places(tx, party_id, events)


async def tellers(
    tx: Transaction, asked: Sequence[tuple[int | None, Identified]]
) -> list[Told | Forbidden | None]:
    """What `teller` says of each event by itself, or raises: whose what they name is, and by which
    delegations it may be told, is asked once for all of them.
    """
    known = await _read(
        tx,
        [(party, item) for party, item in asked if party is not None and not item.event.declares_error],
    )
    found: list[Told | Forbidden | None] = []
    for party, item in asked:
        try:
            if party is None or item.event.declares_error:
                found.append(await teller(tx, party, [item]))
                continue
            _refuse_false_hashes([item])
            check = known.check(party)
            fault = check.fault(item, 0)
            _refuse_others([] if fault is None else [fault])
            found.append(Told(party, check.by))
        except Forbidden as refusal:
            found.append(refusal)
    return found


async def check_own_document(
    tx: Transaction, party_id: int, document: Document, events: Sequence[Identified]
) -> Told:
    """`check_own_places`, and that the document's master data are of what is the party's own."""
    await check_own_master_data(tx, party_id, document.master_data)
    return await check_own_places(tx, party_id, events)


async def _corrected(
    tx: Transaction, party_id: int, events: Sequence[Identified]
) -> tuple[Collection[str], Collection[str]]:
    """Of the events declared in error: those that the party may correct, and those that it sees and may not.
    One that it does not see is as one that is not here.
    """
    names = {item.event_id for item in events if item.event.declares_error}
    originals = await find_originals(tx, names) if names else {}
    if not originals:
        return (), ()
    mine = await correctable(tx, party_id, originals.values())
    left = [each for each in originals.values() if each.event_id not in mine]
    return mine, await visible(tx, party_id, left)


def _not_to_correct(position: int, item: Identified) -> Fault:
    return Fault(
        f"/epcisBody/eventList/{position}/errorDeclaration",
        item.event_id,
        "This event is corrected by who captured it or by the party whose place it names; tell them.",
        "该事件只能由采集方或其场所所属主体更正，请联系对方。",
    )


def _false_hash(position: int, item: Identified) -> Fault:
    return Fault(
        f"/epcisBody/eventList/{position}/eventID",
        item.event_id,
        "This is not the CBV 2.0 hash of the event. Leave eventID out and it is made, or give another name.",
        "该值不是该事件的 CBV 2.0 哈希值。可不填 eventID，由本服务生成，或使用其他标识。",
        "cbv:event-hash",
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Whose what some events name is, and by what each party may tell of others'."""

    places: Places
    products: Products
    delegations: Mapping[int, Sequence[Delegated]]

    def check(self, party_id: int) -> "_Check":
        return _Check(party_id, self.places, self.products, self.delegations.get(party_id, ()))


async def _read(tx: Transaction, asked: Sequence[tuple[int, Identified]]) -> _Known:
    """What is to be known of events, each of them told by a party."""
    uris = {uri for _, item in asked for uri in (*places_of(item.event), *ends_of(item.event))}
    places = await find_places(tx, uris)
    products = await find_products(tx, (item.event for _, item in asked))
    wanted = {
        (party, principal)
        for party, item in asked
        for principal in places.owners(places_of(item.event) or ends_of(item.event))
        | products.owners(item.event)
        if principal != party
    }
    return _Known(places, products, await in_force(tx, wanted))


class _Check:
    """What one party may tell. `by`: what its events needed, by fingerprint."""

    def __init__(
        self, party_id: int, places: Places, products: Products, delegations: Sequence[Delegated]
    ) -> None:
        self.party_id = party_id
        self.places = places
        self.products = products
        self.delegations = delegations
        self.by: dict[bytes, Sequence[Delegated]] = {}

    def fault(self, item: Identified, position: int) -> Fault | None:
        """Why an event is not the party's to tell."""
        event, at = item.event, f"/epcisBody/eventList/{position}"
        needed: list[Delegated] = []
        for name, place in (("readPoint", event.read_point), ("bizLocation", event.biz_location)):
            owned = None if place is None else self.places.of(identity_of(place).uri)
            if owned is None or owned.party_id in (None, self.party_id):
                continue
            by = delegation_for(owned, self.delegations)
            if by is None:
                return Fault(
                    f"{at}/{name}/id",
                    place,
                    "This place is run by another party, who is the one to tell what happened there, or to "
                    "let you tell it by a delegation.",
                    "该场所由其他主体经营，应由其采集此处发生的事件，或由其委托您采集。",
                )
            needed.append(by)
        if event.read_point is None and event.biz_location is None and not self._at_an_end(event, needed):
            return Fault(
                at,
                event.event_id,
                "Name a place of yours (`readPoint` or `bizLocation`), or yourself as source or destination.",
                "请填写您自己的场所（readPoint 或 bizLocation），或将自己列为来源或去向。",
            )
        if (foreign := self._not_to_make(event, needed)) is not None:
            return Fault(
                f"{at}{foreign.at}",
                foreign.given,
                "This is of another party's product: let the product's owner delegate it to you, for all its "
                "places, to tell that you made it.",
                "该产品属于其他主体，由产品所属主体委托您（范围为其全部场所）后，方可采集其生产。",
            )
        if needed:
            self.by[item.fingerprint] = needed
        return None

    def _not_to_make(self, event: Event, needed: list[Delegated]) -> Made | None:
        """The first thing made that is another's, who does not let the party make it; by what the others are
        made, goes to `needed`.
        """
        for made in made_in(event):
            owner = self.products.owner(made)
            if owner in (None, self.party_id):
                continue
            by = next((each for each in self.delegations if each.covers_products(owner)), None)
            if by is None:
                return made
            if by not in needed:
                needed.append(by)
        return None

    def _at_an_end(self, event: Event, needed: list[Delegated]) -> bool:
        """Whether the party, or one that lets it, is where from or where to; by what, goes to `needed`. For
        what makes goods or takes them away, to be the other end of it is not enough.
        """
        ends = [self.places.of(uri) for uri in (acting_ends_of(event) if takes(event) else ends_of(event))]
        if self.party_id in [end.party_id for end in ends]:
            return True
        found = [by for end in ends if (by := delegation_for(end, self.delegations)) is not None]
        needed.extend(found[:1])
        return bool(found)

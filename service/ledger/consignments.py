"""Shipments and receipts of one batch as the matching works on them: each told in one or several steps.

One physical movement is often told in several steps (shipping, then departing; arriving, then receiving,
then accepting), and each step may name what the others leave out: the place, the party, the papers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from service.ledger.model import Amounts, Entry, Gap, Places

#: Steps further apart than this are not taken for one movement told twice.
SAME_MOVEMENT_WITHIN = timedelta(days=7)


class Move(msgspec.Struct):
    """A move while the projection works on it. `origin` / `target` None: no event says."""

    origin: int | None
    target: int | None
    departed_at: datetime
    arrived_at: datetime | None
    shipped: Amounts
    received: Amounts | None
    ship: Entry | None
    receive: Entry | None
    inferred: bool = False
    gaps: list[Gap] = []
    #: Nobody who has a say in what leaves the origin tells of it: see `claims.py`.
    claimed: bool = False


class Ends(msgspec.Struct):
    """Where a movement comes from and goes to, and its papers, as far as its steps name them."""

    source_site: int | None
    source_party: int | None
    destination_site: int | None
    destination_party: int | None
    transactions: frozenset[str]

    @classmethod
    def of(cls, entry: Entry) -> "Ends":
        """What one step names."""
        return cls(
            entry.source_site,
            entry.source_party,
            entry.destination_site,
            entry.destination_party,
            entry.transactions,
        )

    def share_papers(self, other: "Ends") -> bool:
        """The same business transaction where both name one."""
        return not self.transactions or not other.transactions or bool(self.transactions & other.transactions)

    def sources_agree(self, other: "Ends", places: Places) -> bool:
        """Can both mean one source?"""
        mine, others = (self.source_site, self.source_party), (other.source_site, other.source_party)
        return _agree(*mine, *others, places)

    def destinations_agree(self, other: "Ends", places: Places) -> bool:
        """Can both mean one destination?"""
        mine = (self.destination_site, self.destination_party)
        return _agree(*mine, other.destination_site, other.destination_party, places)

    def adds_nothing_to(self, other: "Ends", places: Places) -> bool:
        """Are the destination and the papers that these name named by the other already?"""
        site = self.destination_site
        return (
            self.transactions <= other.transactions
            and (site is None or places.sites.same_address(site, other.destination_site))
            and self.destination_party in (None, other.destination_party)
        )

    def add(self, other: "Ends", places: Places) -> None:
        """Learn what another step of the same movement names: a place where none, or only its party, was."""
        if self.source_site is None or (places.vague(self.source_site) and other.source_site is not None):
            self.source_site = other.source_site
        if self.destination_site is None or (
            places.vague(self.destination_site) and other.destination_site is not None
        ):
            self.destination_site = other.destination_site
        self.source_party = self.source_party if self.source_party is not None else other.source_party
        if self.destination_party is None:
            self.destination_party = other.destination_party
        self.transactions |= other.transactions


def _agree(
    site: int | None, party: int | None, other_site: int | None, other_party: int | None, places: Places
) -> bool:
    if site is None or other_site is None or places.sites.same_address(site, other_site):
        return True
    if not places.vague(site) and not places.vague(other_site):
        return False
    party = party if party is not None else places.owner(site)
    return party == (other_party if other_party is not None else places.owner(other_site))


#: A place, and what was told to have left it or come there.
Load = tuple[int | None, frozenset[tuple[str, Decimal | None]]]


def load_of(place: int | None, amounts: Amounts) -> Load:
    """What movements of these very amounts from one place, or to it, have in common."""
    return place, frozenset(amounts.items())


# Compared by identity: two shipments may look alike.
class Shipment(msgspec.Struct, eq=False):
    """One shipment. `last_at`: when its latest step left; `remaining`: what no receipt took yet."""

    entry: Entry
    place: int | None
    amounts: Amounts
    last_at: datetime
    steps: frozenset[str | None]
    ends: Ends
    load: Load
    remaining: dict[str, Decimal | None]
    moves: list[Move] = []


class Receipt(msgspec.Struct, eq=False):
    """One receipt. `taken`: the shipments it completes; `retold`: amounts that later steps told of parts
    of it, by step.
    """

    entry: Entry
    place: int | None
    amounts: Amounts
    last_at: datetime
    steps: frozenset[str | None]
    ends: Ends
    load: Load
    moves: list[Move] = []
    taken: list[Shipment] = []
    retold: dict[str | None, dict[str, Decimal | None]] = {}
    retold_by: Entry | None = None


Told = TypeVar("Told", Shipment, Receipt)


class ToldSoFar(Generic[Told]):
    """What was told of each place, to be found again by a further step of the same movement.

    Grouped by the steps seen so far: a hundred thousand equal parcels that were only ever `shipping`
    are passed over in one go by the next `shipping`.
    """

    def __init__(self) -> None:
        self._groups: dict[int | None, dict[frozenset[str | None], dict[int, Told]]] = defaultdict(dict)
        self._loads: dict[Load, dict[frozenset[str | None], dict[int, Told]]] = defaultdict(dict)

    def add(self, told: Told) -> None:
        """Told now: nothing added later is older."""
        self._groups[told.place].setdefault(told.steps, {})[id(told)] = told
        self._loads[told.load].setdefault(told.steps, {})[id(told)] = told

    def remove(self, told: Told) -> None:
        """Never happened, or is about to be told anew."""
        del self._groups[told.place][told.steps][id(told)]
        del self._loads[told.load][told.steps][id(told)]

    def add_step(self, told: Told, entry: Entry, places: Places) -> None:
        """Another step tells of the same."""
        self.remove(told)
        told.steps |= {entry.step}
        told.last_at = entry.time
        told.ends.add(Ends.of(entry), places)
        self.add(told)

    def without_step(self, load: Load, entry: Entry) -> Iterable[Told]:
        """What was told of this very load lately, not yet by this step; latest first in each group."""
        groups = self._loads.get(load)
        return _lately(groups, entry) if groups else ()

    def others_without_step(self, place: int | None, entry: Entry) -> Iterator[Told]:
        """The same of any amounts."""
        return _lately(self._groups[place], entry)

    def of_load(self, load: Load) -> Iterable[Told]:
        """All of this very load, latest first."""
        groups = self._loads[load].values()
        return sorted(
            (told for group in groups for told in group.values()),
            key=lambda told: (told.last_at, told.entry.key),
            reverse=True,
        )


def _lately(groups: dict[frozenset[str | None], dict[int, Told]], entry: Entry) -> Iterator[Told]:
    for steps, group in groups.items():
        if entry.step in steps:
            continue
        for told in reversed(group.values()):
            if entry.time - told.last_at > SAME_MOVEMENT_WITHIN:
                break
            yield told


class OpenShipments:
    """The shipments not yet received in full, found by where they were bound.

    A batch may have a hundred thousand of them at once, so nothing here walks through all of them.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.open: dict[int, Shipment] = {}
        self._by_address: dict[int | str | None, dict[int, Shipment]] = defaultdict(dict)
        self._by_party: dict[int | None, dict[int, Shipment]] = defaultdict(dict)
        self._by_paper: dict[str, dict[int, Shipment]] = defaultdict(dict)
        self._vague: dict[int, Shipment] = {}

    def party_of(self, shipment: Shipment) -> int | None:
        """The party it is bound for, as far as known."""
        ends = shipment.ends
        if ends.destination_party is not None or ends.destination_site is None:
            return ends.destination_party
        return self.places.owner(ends.destination_site)

    def add(self, shipment: Shipment) -> None:
        """A shipment left."""
        key, site = id(shipment), shipment.ends.destination_site
        self.open[key] = shipment
        self._by_address[self._address(site)][key] = shipment
        self._by_party[self.party_of(shipment)][key] = shipment
        for paper in shipment.ends.transactions:
            self._by_paper[paper][key] = shipment
        if self.places.vague(site):
            self._vague[key] = shipment

    def close(self, shipment: Shipment) -> None:
        """It was received in full, never left, or is about to be added anew."""
        key = id(shipment)
        del self.open[key]
        del self._by_address[self._address(shipment.ends.destination_site)][key]
        del self._by_party[self.party_of(shipment)][key]
        for paper in shipment.ends.transactions:
            del self._by_paper[paper][key]
        self._vague.pop(key, None)

    def bound_for(self, receipt: Receipt, receiver: int | None) -> list[Shipment]:
        """The open shipments that name a destination this receipt could be, or its papers; each once."""
        found = self._with_papers(receipt)
        for site in (receipt.place, receipt.ends.destination_site):
            if site is not None:
                found.update(self._by_address[self._address(site)])
        found.update(self._vague if receiver is None else self._by_party[receiver])
        return list(found.values())

    def bound_for_nowhere(self) -> Iterator[Shipment]:
        """The open shipments that name no destination: untouched ones first, each time the latest first."""
        found = list(reversed(self._by_address[None].values()))
        yield from (shipment for shipment in found if not shipment.moves)
        yield from (shipment for shipment in found if shipment.moves and id(shipment) in self.open)

    def with_papers(self, receipt: Receipt) -> list[Shipment]:
        """The open shipments that name one of its business transactions; each once."""
        return list(self._with_papers(receipt).values())

    def _with_papers(self, receipt: Receipt) -> dict[int, Shipment]:
        found: dict[int, Shipment] = {}
        for paper in sorted(receipt.ends.transactions):
            found.update(self._by_paper[paper])
        return found

    def _address(self, site: int | None) -> int | str | None:
        return None if site is None else self.places.sites.address(site)

"""The nouns of the projection, as values. Ids are row ids: they are only ever compared for equality.

An `Entry` is what the projection reads of one event, an `Act` is one entry's effect on one batch.

What never changes is a struct of msgspec: a frozen dataclass of 13 fields takes 17 times as long to make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

import msgspec

#: reference unit of measure -> quantity in it; None: the event does not state how much
Amounts = Mapping[str, Decimal | None]

#: Holdings whose place no event names; see `service/registry/tables.py`.
UNKNOWN_SITE = 0


class Role(IntEnum):
    """What a thing is to the event that names it."""

    OBJECT = 0
    PARENT = 1
    CHILD = 2
    INPUT = 3
    OUTPUT = 4
    #: Contents of a packing event: they are seen there, but it moves nothing.
    PACKED = 5
    #: Former contents, taken to have been unpacked before this packing event; see `untold_contents.py`.
    LEFT_BEHIND = 6


class Doubt(IntEnum):
    """What is less than certain about what an event says of a batch: see `untold_contents.py`."""

    NONE = 0
    #: Inside a logistic unit, as a packing says that was recorded only after the unit had left.
    PACKED_LATER = 1
    #: Inside once; since then the unit was packed anew, and nobody told an unpacking.
    PERHAPS_UNPACKED = 2


class FlowKind(IntEnum):
    """A move keeps the batch; a transformation makes another. `LOT_UNTOLD` is from a lot to the product
    without a lot: goods of which may have been of that lot.
    """

    MOVE = 0
    TRANSFORM = 1
    LOT_UNTOLD = 2


class Entry(msgspec.Struct, frozen=True):
    """One event as the projection reads it. `source_site` and `destination_site` are the locations
    named, or the unspecified site of the party named; `site` is bizLocation, `read_site` readPoint.
    """

    event_id: int
    key: str
    time: datetime
    type: str = "ObjectEvent"
    action: str | None = "OBSERVE"
    step: str | None = None
    site: int | None = None
    read_site: int | None = None
    source_site: int | None = None
    source_party: int | None = None
    destination_site: int | None = None
    destination_party: int | None = None
    transactions: frozenset[str] = frozenset()
    transformation_id: str | None = None
    #: The party that captured it and those for which it did so, by their delegations; None: an operator.
    tellers: frozenset[int] | None = None

    def speaks_for(self, party: int | None) -> bool:
        """Is it the word of this party, or of who may give it? Operators tell for anybody."""
        return self.tellers is None or party in self.tellers

    def of_one_hand(self, tellers: frozenset[int] | None) -> bool:
        """Can these have told it, too? Not two parties who do so neither for one another nor for a third."""
        return self.tellers is None or tellers is None or not self.tellers.isdisjoint(tellers)

    def sites(self) -> set[int]:
        """Every place named."""
        named = (self.site, self.read_site, self.source_site, self.destination_site)
        return {site for site in named if site is not None}


class Posting(msgspec.Struct, frozen=True):
    """How much of one batch one entry is about."""

    entry: Entry
    role: Role
    amounts: Amounts
    doubt: Doubt = Doubt.NONE


class Output(msgspec.Struct, frozen=True):
    """One batch that a transformation makes, and where and when."""

    batch: int
    site: int
    time: datetime
    event_id: int
    #: Of its event, as in `Entry`.
    tellers: frozenset[int] | None = None


class Input(NamedTuple):
    """That something goes into a transformation: who tells it, as in `Entry`, and where."""

    tellers: frozenset[int] | None
    site: int | None


class Transformation(msgspec.Struct, frozen=True):
    """All events tied by one transformationID, or one transformation event alone."""

    outputs: tuple[Output, ...]
    inputs: frozenset[Input]


class Sites:
    """What the projection knows of places: `owner` (site -> the party that runs it), `party_site`
    (party -> its unspecified site, the place of goods that are somewhere with that party) and `gln`
    (site -> the GLN that it is, or is a part of: GLNs with different extensions are one address); of sites
    that were sold, `earlier` (site -> who ran it before, and the last event told until then; oldest first).
    """

    __slots__ = ("earlier", "gln", "owner", "parts", "party_site", "unspecified")

    def __init__(
        self,
        owner: Mapping[int, int] | None = None,
        party_site: Mapping[int, int] | None = None,
        gln: Mapping[int, str] | None = None,
        earlier: Mapping[int, Sequence[tuple[int, int]]] | None = None,
    ) -> None:
        self.party_site = dict(party_site or {})
        self.owner = {**(owner or {}), **{site: party for party, site in self.party_site.items()}}
        self.unspecified = frozenset(self.party_site.values())
        self.gln = dict(gln or {})
        self.earlier = dict(earlier or {})
        self.parts: dict[str, list[int]] = {}
        for site, number in sorted(self.gln.items()):
            self.parts.setdefault(number, []).append(site)

    def owner_when_told(self, site: int, event_id: int) -> int | None:
        """The party that ran a site, by the registry, when this event was captured."""
        for party, last in self.earlier.get(site, ()):
            if event_id <= last:
                return party
        return self.owner.get(site)

    def same_address(self, one: int | None, other: int | None) -> bool:
        """Is it one place, or parts of one?"""
        if one == other:
            return one is not None
        return one is not None and other is not None and self.address(one) == self.address(other)

    def address(self, site: int) -> int | str:
        """The same for all parts of one place, and for nothing else."""
        return self.gln.get(site, site)

    def parts_of_same(self, site: int) -> Sequence[int]:
        """The parts of the place that this site is a part of, itself among them."""
        return self.parts[self.gln[site]] if site in self.gln else (site,)


class Places:
    """Sites, and whom the batch's own events name as running them (by `Sites.address`; the last one does)."""

    __slots__ = ("sites", "told_owners")

    def __init__(self, sites: Sites, told_owners: Mapping[int | str, Sequence[int]]) -> None:
        self.sites = sites
        self.told_owners = told_owners

    def owner(self, site: int) -> int | None:
        """The party that runs a site, as far as known."""
        owner = self.sites.owner.get(site)
        if owner is not None:
            return owner
        told = self.told_owners.get(self.sites.gln.get(site, site))
        return told[-1] if told else None

    def owners_when_told(self, site: int, entry: Entry) -> Sequence[int]:
        """The parties of which each answered for a site when an entry was captured: who had it on record; of
        a place that is nobody's there, whom events name, and of what happened at this very place whoever is
        named by any of them: it was sold since, or before.
        """
        owner = self.sites.owner_when_told(site, entry.event_id)
        if owner is not None:
            return (owner,)
        told = self.told_owners.get(self.sites.address(site), ())
        here = any(self.sites.same_address(site, named) for named in (entry.site, entry.read_site))
        return told if here else told[-1:]

    def vague(self, site: int | None) -> bool:
        """Is it only "somewhere with that party"?"""
        return site in self.sites.unspecified


class Flow(msgspec.Struct, frozen=True):
    """Quantity that leaves one holding of the batch for another holding, maybe of another batch."""

    kind: FlowKind
    from_site: int
    to_batch: int
    to_site: int
    departed_at: datetime
    arrived_at: datetime | None
    inferred: bool
    shipped_quantity: Decimal | None
    shipped_uom: str | None
    received_quantity: Decimal | None
    received_uom: str | None
    ship_event: int | None
    receive_event: int | None


@dataclass(slots=True)
class Holding:
    """The balance of one batch at one site in one dimension."""

    site: int
    uom: str
    party: int | None
    first_at: datetime
    last_at: datetime
    produced_at: datetime | None = None
    produced: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    shipped: Decimal = Decimal(0)
    consumed: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    destroyed: Decimal = Decimal(0)
    sampled: Decimal = Decimal(0)

    @property
    def on_hand(self) -> Decimal:
        """produced + received − shipped − consumed − sold − destroyed − sampled"""
        gone = self.shipped + self.consumed + self.sold + self.destroyed + self.sampled
        return self.produced + self.received - gone


class Gap(msgspec.Struct, frozen=True):
    """Something the events leave open, with the event that shows it."""

    kind: str
    site: int | None
    event_id: int | None
    detail: Mapping[str, str] = {}


class BatchLedger(NamedTuple):
    """The projection of one batch."""

    flows: list[Flow]
    holdings: list[Holding]
    gaps: list[Gap]

"""Shipments meet receipts: the moves of one batch.

A receipt completes the open shipment that matches: compatible places and parties, the same business
transaction where both name one, nearest in time. One physical movement is often told in several
steps (shipping, then departing; arriving, then receiving, then accepting): those are one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from service.ledger.model import Amounts, Entry, Posting, Sites
from service.ledger.steps import Effect, origin_of, target_of

#: Steps further apart than this are not taken for one movement told twice.
SAME_MOVEMENT_WITHIN = timedelta(days=7)

ZERO = Decimal(0)


@dataclass(slots=True)
class Move:
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


@dataclass(slots=True)
class _Shipment:
    entry: Entry
    origin: int | None
    amounts: Amounts
    departed_at: datetime
    steps: set[str | None]
    remaining: dict[str, Decimal | None]
    moves: list[Move] = field(default_factory=list)


@dataclass(slots=True)
class _Receipt:
    entry: Entry
    target: int | None
    amounts: Amounts
    steps: set[str | None]


class _OpenShipments:
    """The shipments not yet received in full, found by where they were bound.

    A batch may have a hundred thousand of them at once, so nothing here walks through all of them
    unless a receipt says nothing about who received.
    """

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.open: dict[int, _Shipment] = {}
        self.by_site: dict[int | None, dict[int, _Shipment]] = defaultdict(dict)
        self.by_party: dict[int | None, dict[int, _Shipment]] = defaultdict(dict)
        self.by_load: dict[tuple[int | None, frozenset[tuple[str, Decimal | None]]], list[_Shipment]] = {}

    def party_of(self, shipment: _Shipment) -> int | None:
        entry = shipment.entry
        if entry.destination_party is not None or entry.destination_site is None:
            return entry.destination_party
        return self.sites.owner.get(entry.destination_site)

    def add(self, shipment: _Shipment) -> None:
        key = id(shipment)
        self.open[key] = shipment
        self.by_site[shipment.entry.destination_site][key] = shipment
        self.by_party[self.party_of(shipment)][key] = shipment
        load = (shipment.origin, frozenset(shipment.amounts.items()))
        self.by_load.setdefault(load, []).append(shipment)

    def close(self, shipment: _Shipment) -> None:
        key = id(shipment)
        del self.open[key]
        del self.by_site[shipment.entry.destination_site][key]
        del self.by_party[self.party_of(shipment)][key]

    def of_load(self, origin: int | None, amounts: Amounts) -> list[_Shipment]:
        """All shipments so far, received or not, of these amounts from this place."""
        return self.by_load.get((origin, frozenset(amounts.items())), [])

    def bound_for(self, receipt: _Receipt, receiver: int | None) -> Iterable[_Shipment]:
        """The open shipments whose destination this receipt could be; each once."""
        if receiver is None:
            return list(self.open.values())
        found = dict(self.by_site[receipt.target])
        for site in (receipt.entry.destination_site, None):
            found.update(self.by_site[site])
        found.update(self.by_party[receiver])
        return list(found.values())


def match_moves(
    acts: Sequence[tuple[Posting, Effect]], sites: Sites, told_owner: dict[int, int]
) -> list[Move]:
    """The moves that shipping and receiving postings of one batch tell of, in any order of input."""
    return _Matching(sites, told_owner).run(acts)


class _Matching:
    def __init__(self, sites: Sites, told_owner: dict[int, int]) -> None:
        self.sites = sites
        self.told_owner = told_owner
        self.open = _OpenShipments(sites)
        self.all: list[_Shipment] = []
        self.receipts: dict[int | None, list[_Receipt]] = defaultdict(list)
        self.unshipped: list[_Receipt] = []

    def owner(self, site: int) -> int | None:
        return self.sites.owner.get(site, self.told_owner.get(site))

    def run(self, acts: Sequence[tuple[Posting, Effect]]) -> list[Move]:
        # At one instant shipments come first: a whole journey may carry one date.
        ordered = sorted(
            acts, key=lambda act: (act[0].entry.time, act[1] is not Effect.SHIP, act[0].entry.key)
        )
        for posting, effect in ordered:
            if effect is Effect.SHIP:
                self.ship(posting)
            elif effect is Effect.RECEIVE:
                self.receive(posting)
            else:
                self.void(posting)
        self.match_late_shipments()
        moves = [move for shipment in self.all for move in _finished(shipment)]
        moves.extend(_made_by(receipt) for receipt in self.unshipped)
        return moves

    def ship(self, posting: Posting) -> None:
        entry = posting.entry
        origin = origin_of(entry, self.owner, self.sites.unspecified)
        for earlier in reversed(self.open.of_load(origin, posting.amounts)):
            if entry.time - earlier.departed_at > SAME_MOVEMENT_WITHIN:
                break
            if (
                not earlier.moves
                and entry.step not in earlier.steps
                and _agree(earlier.entry.destination_site, entry.destination_site)
                and _transactions_agree(earlier.entry, entry)
            ):
                earlier.steps.add(entry.step)
                # The goods left with the last of the steps; both directions of a trace are safe so.
                earlier.departed_at = entry.time
                return
        shipment = _Shipment(entry, origin, posting.amounts, entry.time, {entry.step}, dict(posting.amounts))
        self.open.add(shipment)
        self.all.append(shipment)

    def receive(self, posting: Posting) -> None:
        entry = posting.entry
        target = target_of(entry, self.owner)
        for earlier in reversed(self.receipts[target]):
            if entry.time - earlier.entry.time > SAME_MOVEMENT_WITHIN:
                break
            if (
                entry.step not in earlier.steps
                and earlier.amounts == posting.amounts
                and _agree(earlier.entry.source_site, entry.source_site)
                and _transactions_agree(earlier.entry, entry)
            ):
                earlier.steps.add(entry.step)
                return
        receipt = _Receipt(entry, target, posting.amounts, {entry.step})
        self.receipts[target].append(receipt)
        bound = self.open.bound_for(receipt, self.receiver_of(receipt))
        if not self.complete(receipt, [s for s in bound if s.departed_at <= entry.time]):
            self.unshipped.append(receipt)

    def receiver_of(self, receipt: _Receipt) -> int | None:
        """The party that received: who runs the place, else the destination party named."""
        owner = self.owner(receipt.target) if receipt.target is not None else None
        return owner if owner is not None else receipt.entry.destination_party

    def complete(self, receipt: _Receipt, candidates: list[_Shipment]) -> bool:
        """Complete one open shipment, or several (a consolidated receipt); False where none matches."""
        fitting = [s for s in candidates if self.fits(s, receipt)]
        if not fitting:
            return False
        fitting.sort(key=lambda s: _rank(s, receipt), reverse=True)
        left = dict(receipt.amounts)
        for shipment in fitting:
            self.take(shipment, receipt, left)
            if not any(left.values()):
                return True
        # More arrived than was shipped: the surplus stays with the best match, as a difference.
        move = next(m for m in fitting[0].moves if m.receive is receipt.entry)
        assert move.received is not None
        received = dict(move.received)
        for uom, quantity in left.items():
            if quantity:
                received[uom] = (received.get(uom) or ZERO) + quantity
        move.received = received
        return True

    def take(self, shipment: _Shipment, receipt: _Receipt, left: dict[str, Decimal | None]) -> None:
        """Let `receipt` take from `shipment` what both still have: one move."""
        shared = sorted(shipment.remaining.keys() & left.keys())
        if not shared:
            # Shipped in one unit of measure and received in another: one move all the same.
            shipped, received = dict(shipment.remaining), dict(left)
            shipment.remaining.clear()
            left.clear()
        else:
            shipped, received = {}, {}
            for uom in shared:
                have, want = shipment.remaining[uom], left[uom]
                if have is None or want is None:
                    # One side does not say how much: it was all of it.
                    shipped[uom], received[uom] = have, want
                    shipment.remaining[uom] = left[uom] = ZERO
                else:
                    shipped[uom] = received[uom] = part = min(have, want)
                    shipment.remaining[uom], left[uom] = have - part, want - part
            if not any(shipment.remaining[uom] for uom in shared):
                for uom in shipment.remaining.keys() - left.keys():
                    shipped[uom] = shipment.remaining[uom]
                    shipment.remaining[uom] = ZERO
        target = receipt.target if receipt.target is not None else shipment.entry.destination_site
        shipment.moves.append(
            Move(
                shipment.origin,
                target,
                shipment.departed_at,
                receipt.entry.time,
                shipped,
                received,
                shipment.entry,
                receipt.entry,
            )
        )
        if all(quantity == 0 for quantity in shipment.remaining.values()):
            self.open.close(shipment)

    def fits(self, shipment: _Shipment, receipt: _Receipt) -> bool:
        sent, got = shipment.entry, receipt.entry
        if shipment.origin is not None and shipment.origin == receipt.target:
            return False
        return (
            _transactions_agree(sent, got)
            and self.destination_fits(shipment, receipt)
            and self.source_fits(shipment, got)
        )

    def destination_fits(self, shipment: _Shipment, receipt: _Receipt) -> bool:
        destination = shipment.entry.destination_site
        if destination is None:
            # In transit to unknown: whoever names this source, this transaction, or no source at all.
            return True
        if destination in (receipt.target, receipt.entry.destination_site):
            return True
        party, receiver = self.open.party_of(shipment), self.receiver_of(receipt)
        if party is not None and receiver is not None:
            return party == receiver
        # Nobody says who runs the receiving place: only a shipment to a party can have reached it.
        return receiver is None and destination in self.sites.unspecified

    def source_fits(self, shipment: _Shipment, got: Entry) -> bool:
        if got.source_site is None or got.source_site in (shipment.origin, shipment.entry.source_site):
            return True
        party = got.source_party if got.source_party is not None else self.owner(got.source_site)
        sender = shipment.entry.source_party
        if sender is None and shipment.origin is not None:
            sender = self.owner(shipment.origin)
        if party is not None and sender is not None:
            return party == sender
        # Who sent it is not known: a source that names only a party can still be it.
        return shipment.origin is None or (sender is None and got.source_site in self.sites.unspecified)

    def void(self, posting: Posting) -> None:
        """CBV void_shipping: the latest open shipment of these amounts from this place never left."""
        origin = origin_of(posting.entry, self.owner, self.sites.unspecified)
        loads = self.open.of_load(origin, posting.amounts)
        for shipment in reversed(loads):
            if not shipment.moves and _transactions_agree(shipment.entry, posting.entry):
                loads.remove(shipment)
                self.open.close(shipment)
                self.all.remove(shipment)
                return

    def match_late_shipments(self) -> None:
        """Clocks differ: a receipt *before* its shipment is believed only where both name the same
        business transaction.
        """
        by_transaction: dict[str, list[_Shipment]] = defaultdict(list)
        for shipment in self.open.open.values():
            for transaction in shipment.entry.transactions:
                by_transaction[transaction].append(shipment)
        still: list[_Receipt] = []
        for receipt in self.unshipped:
            sharing = {
                id(s): s
                for transaction in receipt.entry.transactions
                for s in by_transaction.get(transaction, ())
                if id(s) in self.open.open
            }
            if not self.complete(receipt, list(sharing.values())):
                still.append(receipt)
        self.unshipped = still


def _rank(shipment: _Shipment, receipt: _Receipt) -> tuple[bool, bool, bool, datetime, str]:
    """The best match is the greatest: same transaction, named destination, untouched, latest."""
    sent = shipment.entry
    return (
        bool(sent.transactions & receipt.entry.transactions),
        sent.destination_site is not None,
        not shipment.moves,
        shipment.departed_at,
        sent.key,
    )


def _finished(shipment: _Shipment) -> list[Move]:
    """The moves of a shipment, or the one still in transit.

    What was shipped and not received stays with the last receipt, as a difference of that move:
    whether it was lost or travels on, no event says.
    """
    if not shipment.moves:
        entry = shipment.entry
        target = entry.destination_site
        return [
            Move(shipment.origin, target, shipment.departed_at, None, shipment.amounts, None, entry, None)
        ]
    last = shipment.moves[-1]
    shipped = dict(last.shipped)
    for uom, quantity in shipment.remaining.items():
        if quantity:
            shipped[uom] = (shipped.get(uom) or ZERO) + quantity
    last.shipped = shipped
    return shipment.moves


def _made_by(receipt: _Receipt) -> Move:
    """Nobody shipped it: the receipt itself makes the move from the source it names."""
    entry = receipt.entry
    return Move(
        entry.source_site,
        receipt.target,
        entry.time,
        entry.time,
        receipt.amounts,
        receipt.amounts,
        None,
        entry,
    )


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _transactions_agree(one: Entry, other: Entry) -> bool:
    """The same business transaction where both name one."""
    return not one.transactions or not other.transactions or bool(one.transactions & other.transactions)

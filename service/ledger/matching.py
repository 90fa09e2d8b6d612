"""Shipments meet receipts: the moves of one batch.

A receipt completes the open shipment that matches: compatible places and parties, the same business
transaction where both name one, nearest in time. One physical movement told in several steps is one.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain

from service.ledger.consignments import Ends, Move, OpenShipments, Receipt, Shipment, ToldSoFar, load_of
from service.ledger.model import Amounts, Entry, Gap, Places, Posting
from service.ledger.steps import Effect, origin_of, target_of

#: How far the clocks of two parties may differ: a receipt so long before the shipment of the same
#: amounts between the same two ends is its receipt.
CLOCKS_DIFFER_BY = timedelta(days=1)

ZERO = Decimal(0)


def match_moves(acts: Sequence[tuple[Posting, Effect]], places: Places) -> list[Move]:
    """The moves that shipping and receiving postings of one batch tell of, in any order of input."""
    return _Matching(places).run(acts)


class _Matching:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.open = OpenShipments(places)
        self.shipments: ToldSoFar[Shipment] = ToldSoFar()
        self.receipts: ToldSoFar[Receipt] = ToldSoFar()
        self.all: dict[int, Shipment] = {}
        self.received: list[Receipt] = []
        self.unshipped: list[Receipt] = []

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
        moves = [move for shipment in self.all.values() for move in _finished(shipment)]
        moves.extend(_made_by(receipt) for receipt in self.unshipped)
        _tell_retold(self.received)
        return moves

    def ship(self, posting: Posting) -> None:
        entry, ends = posting.entry, Ends.of(posting.entry)
        origin = origin_of(entry, self.places)
        load = load_of(origin, posting.amounts)
        for earlier in self.shipments.without_step(load, entry):
            if (
                not earlier.moves
                and ends.destinations_agree(earlier.ends, self.places)
                and ends.share_papers(earlier.ends)
                and entry.of_one_hand(earlier.entry.tellers)
            ):
                # The goods left with the last of the steps; both directions of a trace are safe so.
                self.open.close(earlier)
                self.shipments.add_step(earlier, entry, self.places)
                self.open.add(earlier)
                return
            if not earlier.moves and origin is not None and self.told_besides(earlier, origin, entry, ends):
                return
        steps, left = frozenset((entry.step,)), dict(posting.amounts)
        shipment = Shipment(entry, origin, posting.amounts, entry.time, steps, ends, load, left)
        self.shipments.add(shipment)
        self.open.add(shipment)
        self.all[id(shipment)] = shipment

    def told_besides(self, earlier: Shipment, origin: int, entry: Entry, ends: Ends) -> bool:
        """Is it one shipment, told by its sender and, adding nothing, by another who carries it? The sender's
        word is what is kept, whichever came first.
        """
        before, now = self.is_senders(origin, earlier.entry), self.is_senders(origin, entry)
        if before and not now and ends.adds_nothing_to(earlier.ends, self.places):
            self.shipments.remove(earlier)
        elif now and not before and earlier.ends.adds_nothing_to(ends, self.places):
            self.open.close(earlier)
            self.shipments.remove(earlier)
            earlier.entry, earlier.ends = entry, ends
            self.open.add(earlier)
        else:
            return False
        earlier.steps |= {entry.step}
        earlier.last_at = entry.time
        self.shipments.add(earlier)
        return True

    def is_senders(self, origin: int, entry: Entry) -> bool:
        return any(map(entry.speaks_for, self.places.owners_when_told(origin, entry)))

    def receive(self, posting: Posting) -> None:
        entry, ends = posting.entry, Ends.of(posting.entry)
        target = target_of(entry, self.places)
        load = load_of(target, posting.amounts)
        for earlier in self.receipts.without_step(load, entry):
            if self.same_delivery(earlier, ends):
                self.receipts.add_step(earlier, entry, self.places)
                return
        steps = frozenset((entry.step,))
        receipt = Receipt(entry, target, posting.amounts, entry.time, steps, ends, load)
        bound = self.open.bound_for(receipt, self.receiver_of(receipt))
        if not self.complete(receipt, bound, self.open.bound_for_nowhere()):
            if self.retells(receipt):
                return
            self.unshipped.append(receipt)
        self.receipts.add(receipt)
        self.received.append(receipt)

    def retells(self, receipt: Receipt) -> bool:
        """Is it a further step about a part of what already arrived: 10 arrived, 9 were accepted?"""
        entry = receipt.entry
        for earlier in self.receipts.others_without_step(receipt.place, entry):
            if self.same_delivery(earlier, receipt.ends):
                together = _added(earlier.retold.get(entry.step, {}), receipt.amounts)
                if _within(together, earlier.amounts):
                    earlier.retold[entry.step] = together
                    earlier.retold_by = entry
                    earlier.ends.add(receipt.ends, self.places)
                    return True
        return False

    def same_delivery(self, earlier: Receipt, ends: Ends) -> bool:
        """Can a step that names these ends tell of the delivery that `earlier` tells of?"""
        return (
            ends.sources_agree(earlier.ends, self.places)
            and ends.share_papers(earlier.ends)
            and all(self.source_fits(shipment, ends) for shipment in earlier.taken)
        )

    def receiver_of(self, receipt: Receipt) -> int | None:
        """The party that received: who runs the place, else the destination party named."""
        owner = self.places.owner(receipt.place) if receipt.place is not None else None
        return owner if owner is not None else receipt.ends.destination_party

    def complete(
        self, receipt: Receipt, bound: list[Shipment], bound_for_nowhere: Iterable[Shipment] = ()
    ) -> bool:
        """Complete one open shipment, or several (a consolidated receipt); False where none matches."""
        fitting = [s for s in bound if self.fits(s, receipt)]
        if len(fitting) > 1:
            fitting.sort(key=lambda s: _rank(s, receipt), reverse=True)
        left, seen = dict(receipt.amounts), set[int]()
        # Those bound for nowhere are looked at only as far as needed: there may be many.
        for shipment in chain(fitting, (s for s in bound_for_nowhere if self.fits(s, receipt))):
            if id(shipment) in seen:
                continue
            seen.add(id(shipment))
            self.take(shipment, receipt, left)
            if not any(left.values()):
                return True
        if not receipt.moves:
            return False
        # More arrived than was shipped: the surplus stays with the best match, as a difference.
        move = receipt.moves[0]
        assert move.received is not None
        received = dict(move.received)
        for uom, quantity in left.items():
            if quantity:
                received[uom] = (received.get(uom) or ZERO) + quantity
        move.received = received
        return True

    def take(self, shipment: Shipment, receipt: Receipt, left: dict[str, Decimal | None]) -> None:
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
            if len(shipment.remaining) > len(shared) and not any(shipment.remaining[uom] for uom in shared):
                for uom in shipment.remaining.keys() - left.keys():
                    shipped[uom] = shipment.remaining[uom]
                    shipment.remaining[uom] = ZERO
        move = Move(
            shipment.place,
            receipt.place if receipt.place is not None else shipment.ends.destination_site,
            shipment.last_at,
            receipt.entry.time,
            shipped,
            received,
            shipment.entry,
            receipt.entry,
        )
        shipment.moves.append(move)
        receipt.moves.append(move)
        receipt.taken.append(shipment)
        if all(quantity == 0 for quantity in shipment.remaining.values()):
            self.open.close(shipment)

    def fits(self, shipment: Shipment, receipt: Receipt) -> bool:
        if shipment.place is not None and shipment.place == receipt.place:
            return False
        return (
            shipment.ends.share_papers(receipt.ends)
            and self.destination_fits(shipment, receipt)
            and self.source_fits(shipment, receipt.ends)
        )

    def destination_fits(self, shipment: Shipment, receipt: Receipt) -> bool:
        destination = shipment.ends.destination_site
        if destination is None:
            # In transit to unknown: whoever names this source, this transaction, or no source at all.
            return True
        same = self.places.sites.same_address
        # A receipt elsewhere that only names the place as where goods are bound for has not reached it: who
        # runs that place would not be told.
        reached = receipt.ends.destination_site if receipt.place is None else receipt.place
        if same(destination, reached):
            return True
        party, receiver = self.open.party_of(shipment), self.receiver_of(receipt)
        if party is not None and receiver is not None:
            return party == receiver
        # Nobody says who runs the receiving place: only a shipment to a party can have reached it.
        return receiver is None and self.places.vague(destination)

    def source_fits(self, shipment: Shipment, ends: Ends) -> bool:
        source, same = ends.source_site, self.places.sites.same_address
        if source is None or same(source, shipment.place) or same(source, shipment.ends.source_site):
            return True
        party = ends.source_party
        if party is None:
            party = self.places.owner(source)
        sender = shipment.ends.source_party
        if sender is None and shipment.place is not None:
            sender = self.places.owner(shipment.place)
        if party is not None and sender is not None:
            return party == sender
        # Who sent it is not known: a source that names only a party can still be it.
        return shipment.place is None or (sender is None and self.places.vague(source))

    def void(self, posting: Posting) -> None:
        """CBV void_shipping: the latest open shipment of these amounts from this place never left, by the
        word of who told it or whose place it is: else whom it was sent to would be missed.
        """
        origin, ends = origin_of(posting.entry, self.places), Ends.of(posting.entry)
        owner = None if origin is None else self.places.owner(origin)
        own = posting.entry.speaks_for(owner)
        for shipment in self.shipments.of_load(load_of(origin, posting.amounts)):
            told = shipment.entry.tellers
            mine = own or (told is not None and posting.entry.of_one_hand(told))
            if mine and not shipment.moves and ends.share_papers(shipment.ends):
                self.shipments.remove(shipment)
                self.open.close(shipment)
                del self.all[id(shipment)]
                return

    def match_late_shipments(self) -> None:
        """Clocks differ: a receipt *before* its shipment is believed where both name the same business
        transaction, or the same two ends and amounts within a day.
        """
        self.unshipped = [
            receipt
            for receipt in self.unshipped
            if not self.complete(receipt, self.open.with_papers(receipt))
            and not self.complete(receipt, self.just_after(receipt))
        ]

    def just_after(self, receipt: Receipt) -> list[Shipment]:
        """The first untouched shipment of the same amounts within a day after, if both ends are named."""
        if receipt.ends.source_site is None:
            return []
        bound = self.open.bound_for(receipt, self.receiver_of(receipt))
        near = [
            s
            for s in bound
            if s.last_at - receipt.entry.time <= CLOCKS_DIFFER_BY
            and s.ends.destination_site is not None
            and s.place is not None
            and not s.moves
            and s.amounts == receipt.amounts
            and self.fits(s, receipt)
        ]
        return sorted(near, key=lambda s: (s.last_at, s.entry.key))[:1]


def _rank(shipment: Shipment, receipt: Receipt) -> tuple[bool, bool, bool, object, str]:
    """The best match is the greatest: same transaction, named destination, untouched, latest."""
    return (
        bool(shipment.ends.transactions & receipt.ends.transactions),
        shipment.ends.destination_site is not None,
        not shipment.moves,
        shipment.last_at,
        shipment.entry.key,
    )


def _finished(shipment: Shipment) -> list[Move]:
    """The moves of a shipment, or the one still in transit.

    What was shipped to a named destination and not received stays with the last receipt, as a difference
    of that move: whether it was lost or travels on, no event says. What was shipped to nobody knows
    where, and was received in part, is still on its way to nobody knows where.
    """
    entry, target = shipment.entry, shipment.ends.destination_site
    left = {uom: quantity for uom, quantity in shipment.remaining.items() if quantity != 0}
    if not shipment.moves or (target is None and left):
        unmet = left if shipment.moves else shipment.amounts
        rest = Move(shipment.place, target, shipment.last_at, None, unmet, None, entry, None)
        return [*shipment.moves, rest]
    last = shipment.moves[-1]
    shipped = dict(last.shipped)
    for uom, quantity in left.items():
        shipped[uom] = None if quantity is None else (shipped.get(uom) or ZERO) + quantity
    last.shipped = shipped
    return shipment.moves


def _made_by(receipt: Receipt) -> Move:
    """Nobody shipped it: the receipt itself makes the move from the source it names."""
    entry, amounts = receipt.entry, receipt.amounts
    move = Move(
        receipt.ends.source_site, receipt.place, entry.time, entry.time, amounts, amounts, None, entry
    )
    receipt.moves.append(move)
    return move


def _tell_retold(receipts: Sequence[Receipt]) -> None:
    """Where further steps told of less than arrived, the difference is a gap of the last move."""
    for receipt in receipts:
        if receipt.retold_by is None:
            continue
        told = receipt.retold[receipt.retold_by.step]
        for uom, arrived in sorted(receipt.amounts.items()):
            if told.get(uom) != arrived:
                detail = {"uom": uom, "arrived": as_text(arrived), "told": as_text(told.get(uom))}
                gap = Gap("quantity_difference", receipt.place, receipt.retold_by.event_id, detail)
                receipt.moves[-1].gaps.append(gap)


def as_text(quantity: Decimal | None) -> str:
    """A quantity in the detail of a gap; empty where none is stated."""
    return "" if quantity is None else f"{quantity.normalize():f}"


def _added(one: Amounts, other: Amounts) -> dict[str, Decimal | None]:
    together = dict(one)
    for uom, quantity in other.items():
        known = together.get(uom, ZERO)
        together[uom] = None if known is None or quantity is None else known + quantity
    return together


def _within(part: Amounts, whole: Amounts) -> bool:
    """Is it no more than the whole, unit by unit?"""
    return all(
        uom in whole and quantity is not None and (limit := whole[uom]) is not None and quantity <= limit
        for uom, quantity in part.items()
    )

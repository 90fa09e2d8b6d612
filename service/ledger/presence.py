"""Where the goods of one batch are, step by step through time.

The matching knows the moves that documents tell of. Documents leave things out: goods are used at a
plant that never recorded their receipt, are sighted where nobody shipped them, leave a party that
names no place. This pass follows the batch through time and closes such breaks with moves marked
`inferred`, so that every place that had the goods hangs together with where they came from. A
missed holder is the worst error; an inferred move is visible as such.

What is claimed (`claims.py`) is followed as if it were true: who tells of goods decides how many count where,
and never from where others may have come. Only where a place's goods went on to is not believed of strangers.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter

import msgspec

from service.ledger.acts import Act
from service.ledger.claims import Claims
from service.ledger.consignments import Move
from service.ledger.model import UNKNOWN_SITE, Amounts, Entry, Gap, Places
from service.ledger.steps import Effect

ZERO = Decimal(0)


class _Stock(msgspec.Struct):
    """What is known of the batch at one place so far."""

    since: datetime
    on_hand: dict[str, Decimal] = {}
    #: Goods of unstated quantity came and did not leave yet.
    some: bool = False
    produced: bool = False

    def present(self) -> bool:
        return self.some or max(self.on_hand.values(), default=ZERO) > ZERO


#: At one instant goods arrive before they are sighted, and are sighted before they leave: several
#: steps of one journey may carry the same date.
_ARRIVE, _SIGHT, _LEAVE = range(3)


class Presence:
    """One pass over the moves and acts of a batch; `run` settles their open places in place.

    Afterwards `moves` holds the inferred ones too, `appeared` what was seen without any origin, and
    `gaps` what the events leave open.
    """

    def __init__(self, places: Places, moves: list[Move], claims: Claims) -> None:
        self.places = places
        self.claims = claims
        self.sites = places.sites
        self.moves = moves
        self.appeared: list[tuple[int, Entry, Amounts]] = []
        self.gaps: list[Gap] = []
        #: Places in order of their latest activity.
        self.stock: OrderedDict[int, _Stock] = OrderedDict()
        #: Moves that have departed and not arrived, by target.
        self.travelling: dict[int | None, dict[int, Move]] = defaultdict(dict)
        self.arrived: set[int] = set()
        #: place -> where its goods were sighted next
        self.sighted_on: dict[int, int] = {}
        #: Receipts without any origin: they are no moves.
        self.orphans: set[int] = set()
        #: When and where the batch was first made, by the records.
        self.made: tuple[datetime, int] | None = None

    def run(self, acts: Sequence[Act]) -> None:
        makings = [act for act in acts if act.effect is Effect.PRODUCE and act.place is not None]
        first = min(makings, key=lambda act: (act.entry.time, act.entry.key), default=None)
        if first is not None and first.place is not None:
            self.made = first.entry.time, first.place
        for _, phase, _, what in self._in_order(acts):
            if isinstance(what, Move):
                if phase == _ARRIVE:
                    self._arrive(what)
                else:
                    self._depart(what)
            elif what.effect is Effect.PRODUCE:
                what.place = UNKNOWN_SITE if what.place is None else what.place
                self._bring(what.place, what.entry.time, what.amounts, produced=True)
            elif what.effect in (Effect.SIGHT, Effect.PACK):
                self._sight(what)
            else:
                self._use(what)
        self.moves = [move for move in self.moves if id(move) not in self.orphans]
        for move in self.moves:
            move.origin = UNKNOWN_SITE if move.origin is None else move.origin
            move.target = UNKNOWN_SITE if move.target is None else move.target
        self._leave_once_made(acts)

    def _leave_once_made(self, acts: Sequence[Act]) -> None:
        """Production is often confirmed at the end of the shift, when the first pallets are gone. What left
        the place before anything had come to it left it, for a trace, when it was made.
        """
        if self.made is None:
            return
        time, place = self.made
        if any(m.target == place and m.arrived_at is not None and m.arrived_at < time for m in self.moves):
            return
        for move in self.moves:
            if move.origin == place:
                move.departed_at = max(move.departed_at, time)
        for act in acts:
            if act.place == place and act.effect is Effect.CONSUME:
                act.left_at = max(act.entry.time, time)

    def _made_later(self, place: int, time: datetime, amounts: Amounts, entry: Entry) -> bool:
        """Goods that nobody knew of yet, and that the records say were made later: they come from there.
        False where nothing tells of their making.
        """
        if self.made is None or self.made[0] <= time:
            return False
        self.gaps.append(Gap("seen_before_made", place, entry.event_id))
        if place != self.made[1]:
            made_at, origin = self.made
            move = Move(origin, place, made_at, time, amounts, amounts, None, entry, inferred=True)
            self.claims.mark(move)
            self.moves.append(move)
            self._arrive(move)
        return True

    def _in_order(self, acts: Sequence[Act]) -> list[tuple[datetime, int, tuple[str, int], Move | Act]]:
        line: list[tuple[datetime, int, tuple[str, int], Move | Act]] = []
        for number, act in enumerate(acts):
            phase = _LEAVE
            if act.effect is Effect.PRODUCE:
                phase = _ARRIVE
            elif act.effect in (Effect.SIGHT, Effect.PACK):
                phase = _SIGHT
            line.append((act.entry.time, phase, (act.entry.key, number), act))
        for number, move in enumerate(self.moves):
            entry = move.ship or move.receive
            assert entry is not None
            line.append((move.departed_at, _LEAVE, (entry.key, number), move))
            if move.arrived_at is not None and move.receive is not None:
                line.append((move.arrived_at, _ARRIVE, (move.receive.key, number), move))
        line.sort(key=itemgetter(0, 1, 2))
        return line

    # what comes

    def _arrive(self, move: Move) -> None:
        if id(move) in self.arrived or move.arrived_at is None:
            return
        self.arrived.add(id(move))
        self.travelling[move.target].pop(id(move), None)
        if move.target is None:
            move.target = UNKNOWN_SITE
        self._bring(move.target, move.arrived_at, move.received or {})

    def _bring(self, place: int, time: datetime, amounts: Amounts, *, produced: bool = False) -> None:
        stock = self._active(place, time)
        stock.produced = stock.produced or produced
        for uom, quantity in amounts.items():
            if quantity is None:
                stock.some = True
            else:
                stock.on_hand[uom] = stock.on_hand.get(uom, ZERO) + quantity

    def _active(self, place: int, time: datetime) -> _Stock:
        """What is known of a place where something happens now."""
        stock = self.stock.get(place)
        if stock is None:
            stock = self.stock[place] = _Stock(time)
        else:
            self.stock.move_to_end(place)
        return stock

    # what leaves

    def _depart(self, move: Move) -> None:
        if move.ship is None:
            self._depart_unshipped(move)
            return
        origin = self._settle(move.origin, move.departed_at, move.shipped, move.ship, move.target)
        if origin is None:
            self.gaps.append(Gap("appears_from_nowhere", None, move.ship.event_id))
        elif origin not in (move.origin, UNKNOWN_SITE) and not self.places.vague(move.origin):
            # No event names this place as where these goods left from.
            move.inferred = True
        self._leave(move, UNKNOWN_SITE if origin is None else origin)

    def _depart_unshipped(self, move: Move) -> None:
        """A receipt that nobody shipped: from the source it names, else from where the goods were."""
        entry = move.receive
        assert entry is not None
        self.gaps.append(Gap("received_not_shipped", move.target, entry.event_id))
        named = move.origin
        origin = self._settle(named, move.departed_at, move.shipped, entry, move.target)
        if origin is None and self.made is not None and self.made[0] > move.departed_at:
            self.gaps.append(Gap("seen_before_made", move.target, entry.event_id))
            move.origin, move.inferred = self.made[1], True
            move.departed_at = self.made[0]
            self.claims.mark(move)
            return
        if origin is None:
            self.orphans.add(id(move))
            self.appeared.append((UNKNOWN_SITE if move.target is None else move.target, entry, move.shipped))
            self.gaps.append(Gap("appears_from_nowhere", move.target, entry.event_id))
            return
        move.inferred = origin != named
        self._leave(move, origin)

    def _leave(self, move: Move, origin: int) -> None:
        move.origin = origin
        self.claims.mark(move)
        self._take(origin, move.departed_at, move.shipped)
        if id(move) not in self.arrived:
            self.travelling[move.target][id(move)] = move

    def _use(self, act: Act) -> None:
        place = self._settle(act.place, act.entry.time, act.amounts, act.entry, None)
        if place is None:
            self.gaps.append(Gap("appears_from_nowhere", None, act.entry.event_id))
        act.place = UNKNOWN_SITE if place is None else place
        self.claims.mark_act(act)
        self._take(act.place, act.entry.time, act.amounts)

    def _take(self, place: int, time: datetime, amounts: Amounts) -> None:
        stock = self._active(place, time)
        for uom, quantity in amounts.items():
            if quantity is None:
                stock.some = False
            else:
                stock.on_hand[uom] = stock.on_hand.get(uom, ZERO) - quantity

    def _settle(
        self, place: int | None, time: datetime, amounts: Amounts, entry: Entry, target: int | None
    ) -> int | None:
        """The place goods leave from, given the place an event names (or None), made to hang together
        with where they were known to be. None: no event says, and they were never known anywhere.
        """
        if place is None:
            return self._last_known(time, entry, exclude=target)
        if place in self.stock:
            if not self.stock[place].present():
                # More leaves than ever came: what was sent here must have arrived meanwhile.
                bound = self._on_the_way(place, time, named_only=True)
                if bound is not None:
                    self._let_arrive(bound, place, time, entry)
            return self._followed(place, target)
        if self.places.vague(place):
            party = self.places.owner(place)
            same = self._last_known(time, entry, exclude=target, party=party) if party is not None else None
            if same is not None:
                return self._followed(same, target)
        if not self._reach(place, time, amounts, entry, exclude=target) and not self._made_later(
            place, time, amounts, entry
        ):
            self.gaps.append(Gap("appears_from_nowhere", place, entry.event_id))
        return place

    def _followed(self, place: int, target: int | None) -> int:
        """Where goods that an event still names at `place` are by now, after sightings further on: a
        landing between the boat and the sale. `place` itself where they cannot be followed.
        """
        if place not in self.sighted_on:
            return place
        there, seen = place, {target}
        while there not in seen and not self.stock[there].present() and there in self.sighted_on:
            seen.add(there)
            there = self.sighted_on[there]
        return there if there not in seen and self.stock[there].present() else place

    # what is seen

    def _sight(self, act: Act) -> None:
        if act.place is None:
            return
        stock = self.stock.get(act.place)
        if stock is not None and (stock.present() or act.effect is Effect.PACK):
            return
        if not self._reach(act.place, act.entry.time, act.amounts, act.entry, exclude=act.place):
            if stock is not None or self._made_later(act.place, act.entry.time, act.amounts, act.entry):
                return
            self.appeared.append((act.place, act.entry, act.amounts))
            self.gaps.append(Gap("appears_from_nowhere", act.place, act.entry.event_id))
            self._bring(act.place, act.entry.time, act.amounts)

    def _reach(
        self, place: int, time: datetime, amounts: Amounts, entry: Entry, *, exclude: int | None
    ) -> bool:
        """Let the goods that an event shows at `place` have come there; False where none can have.

        Best explained by a move on its way there, then by one on its way to nobody knows where, then
        by a move of its own from where the batch was last known.
        """
        on_the_way = self._on_the_way(place, time)
        if on_the_way is not None:
            self._let_arrive(on_the_way, place, time, entry)
            return True
        origin = self._last_known(time, entry, exclude=place, other=exclude)
        if origin is None:
            return False
        move = Move(origin, place, time, time, amounts, amounts, None, entry, inferred=True)
        self.moves.append(move)
        self._take(origin, time, amounts)
        if not self.claims.mark(move):
            self.sighted_on[origin] = place
        self._arrive(move)
        return True

    def _let_arrive(self, move: Move, place: int, time: datetime, entry: Entry) -> None:
        """The goods of a move are seen at the place before any receipt of them is told."""
        kind = "used_before_received" if move.receive is not None else "arrival_inferred"
        self.gaps.append(Gap(kind, place, entry.event_id))
        self.travelling[move.target].pop(id(move), None)
        move.target = place
        move.arrived_at = time
        move.inferred = True
        if move.receive is None:
            move.receive = entry
            move.received = move.shipped
        self._arrive(move)

    def _on_the_way(self, place: int, time: datetime, *, named_only: bool = False) -> Move | None:
        """The latest departed move to this place, to another part of it, to its party's unspecified site,
        or to unknown.
        """
        party = self.places.owner(place)
        others = (site for site in self.sites.parts_of_same(place) if site != place)
        targets: list[int | None] = [place, *others]
        if party is not None and party in self.sites.party_site:
            targets.append(self.sites.party_site[party])
        for target in targets if named_only else [*targets, None]:
            candidates = [
                move
                for move in self.travelling[target].values()
                if move.departed_at <= time
                and (move.arrived_at is None or move.target == place)
                and move.origin != place
            ]
            if candidates:
                return max(
                    candidates, key=lambda move: (move.departed_at, move.ship.key if move.ship else "")
                )
        return None

    def _last_known(
        self,
        time: datetime,
        entry: Entry,
        *,
        exclude: int | None,
        other: int | None = None,
        party: int | None = None,
    ) -> int | None:
        """The place with stock that was active last; failing that where goods are bound for (which then
        have arrived); failing that any place that ever had them. Places that got their first goods at
        this very instant are no origin of what is seen at the same instant, unless the goods were made
        there.
        """

        def eligible(place: int, stock: _Stock) -> bool:
            if place in (exclude, other) or (party is not None and self.places.owner(place) != party):
                return False
            return stock.produced or stock.since < time

        emptied: int | None = None
        for place, stock in reversed(self.stock.items()):
            if eligible(place, stock):
                if stock.present():
                    return place
                emptied = place if emptied is None else emptied
        bound = self._latest_bound(time, (exclude, other), party)
        if bound is None or bound.target is None:
            return emptied
        self._let_arrive(bound, bound.target, time, entry)
        return bound.target

    def _latest_bound(self, time: datetime, excluded: Iterable[int | None], party: int | None) -> Move | None:
        best: Move | None = None
        for target, moves in self.travelling.items():
            if (
                target is None
                or target in excluded
                or (party is not None and self.places.owner(target) != party)
            ):
                continue
            for move in moves.values():
                if move.departed_at < time and (best is None or move.departed_at > best.departed_at):
                    best = move
        return best

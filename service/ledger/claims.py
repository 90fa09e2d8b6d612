"""Whose word says that goods left a place. Pure.

A receipt may name any place as its source, goods are seen at places that nobody shipped them to, and events
without a place of their own may name a competitor's as where from. So what leaves a place takes from its
stock where whoever runs it tells of it, or lets others; where somebody else does, the goods are followed all
the same, so that he is found and told, but count at the place until its party tells that they left: a gap,
`claimed_by_another`.

Many suppliers record nothing, and their customers' receipts are all there is. So another's word takes from
the stock of a place after all where its party keeps no books of the batch: tells of nothing in it at its
places.

Whose place it was is asked as of when each word was told: a place may be sold between two shipments.
Operators tell for anybody.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from service.ledger.acts import Act, act_place
from service.ledger.consignments import Move
from service.ledger.model import Entry, Gap, Places, Posting
from service.ledger.steps import Effect, effect_of, origin_of, target_of

#: Effects that take goods out of a holding without a move.
LEAVING: Final = (Effect.CONSUME, Effect.SELL, Effect.DESTROY, Effect.SAMPLE)


class Claims:
    """Which words on what left a place count for its stock, by all postings of one batch."""

    def __init__(self, postings: Iterable[Posting], places: Places) -> None:
        self._places = places
        told = list(postings)
        #: Parties that keep books of the batch.
        self._telling: set[int] = set()
        if any(posting.entry.tellers is not None for posting in told):
            self._telling = {party for posting in told for party in self._tellers_of_own(posting)}

    def _tellers_of_own(self, posting: Posting) -> Iterable[int]:
        """The parties at one of whose places this happened, by their own word. What operators tell for them
        counts where it takes goods away: they enter what is made for many who tell nothing further.
        """
        entry = posting.entry
        effect = effect_of(entry, posting.role, self._places)
        if effect in (Effect.SHIP, Effect.VOID_SHIPMENT):
            place = origin_of(entry, self._places)
        elif effect is Effect.RECEIVE:
            place = target_of(entry, self._places)
        else:
            place = act_place(entry)
        owners = () if place is None else self._places.owners_when_told(place, entry)
        if entry.tellers is None:
            return owners[-1:] if effect in (Effect.SHIP, *LEAVING) else ()
        return [party for party in owners if party in entry.tellers]

    def mark(self, move: Move) -> bool:
        """Is it another's word alone that the goods left there? The move says so from now on."""
        move.claimed = self._against(move.origin, move.ship, move.receive)
        return move.claimed

    def mark_act(self, act: Act) -> bool:
        """The same for what takes goods out of a holding without a move."""
        act.claimed = self._against(act.place, act.entry)
        return act.claimed

    def _against(self, place: int | None, *words: Entry | None) -> bool:
        if place is None or not self._telling:
            return False
        answering: set[int] = set()
        for entry in words:
            if entry is not None:
                owners = self._places.owners_when_told(place, entry)
                if not owners or any(map(entry.speaks_for, owners)):
                    return False
                answering.update(owners)
        return not answering.isdisjoint(self._telling)


def settle_claims(moves: Sequence[Move], acts: Sequence[Act]) -> list[Gap]:
    """Let what is claimed take from no stock; the gaps that say so."""
    gaps = []
    for move in moves:
        if move.claimed:
            entry = move.receive or move.ship
            assert entry is not None
            move.shipped = dict.fromkeys(move.shipped)
            gaps.append(Gap("claimed_by_another", move.origin, entry.event_id))
    for act in acts:
        if act.claimed:
            act.amounts = dict.fromkeys(act.amounts)
            gaps.append(Gap("claimed_by_another", act.place, act.entry.event_id))
    return gaps

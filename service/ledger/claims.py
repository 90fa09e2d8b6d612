"""Whose word says that goods left a place. Pure.

A receipt may name any place as its source, goods are seen at places that nobody shipped them to, and events
without a place of their own may name a competitor's as where from. So what leaves a place takes from its
stock where whoever runs it tells of it, or lets others; where somebody else does, the goods are followed all
the same, so that he is found and told, but count at the place until its party tells that they left: a gap,
`claimed_by_another`.

Many suppliers record nothing that leaves them, and their customers' receipts are all there is. So another's
word takes from the stock of a place after all where its party tells of nothing in the batch that left it.

Operators tell for anybody.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from service.ledger.acts import Act, act_place
from service.ledger.consignments import Move
from service.ledger.model import Entry, Gap, Places, Posting
from service.ledger.steps import Effect, effect_of, origin_of

#: Effects that take goods out of a holding without a move.
LEAVING: Final = (Effect.CONSUME, Effect.SELL, Effect.DESTROY, Effect.SAMPLE)


class Claims:
    """Which words on what left a place count for its stock, by all postings of one batch."""

    def __init__(self, postings: Iterable[Posting], places: Places) -> None:
        self._places = places
        told = list(postings)
        #: Parties that tell themselves of what leaves them.
        self._telling: set[int] = set()
        if any(posting.entry.tellers is not None for posting in told):
            self._telling = {party for posting in told if (party := self._teller_of_own(posting)) is not None}

    def _teller_of_own(self, posting: Posting) -> int | None:
        """The party from one of whose places something left, by its own word."""
        entry = posting.entry
        effect = effect_of(entry, posting.role, self._places)
        if effect is Effect.SHIP:
            place = origin_of(entry, self._places)
        elif effect in LEAVING:
            place = act_place(entry)
        else:
            return None
        party = None if place is None else self._places.owner(place)
        return party if party is not None and entry.speaks_for(party) else None

    def mark(self, move: Move) -> bool:
        """Is it another's word alone that the goods left there? The move says so from now on."""
        move.claimed = self._against(move.origin, move.ship, move.receive)
        return move.claimed

    def mark_act(self, act: Act) -> bool:
        """The same for what takes goods out of a holding without a move."""
        act.claimed = self._against(act.place, act.entry)
        return act.claimed

    def _against(self, place: int | None, *words: Entry | None) -> bool:
        party = self._places.owner(place) if place is not None and self._telling else None
        if party not in self._telling:
            return False
        return not any(entry is not None and entry.speaks_for(party) for entry in words)


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

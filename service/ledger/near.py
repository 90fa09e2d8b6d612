"""Follows the goods of a batch at some places as if nothing else were told of it. Pure.

Where the answer would depend on what is told of other places, there is none: `TooFar`.
"""

from collections.abc import Sequence
from datetime import datetime

from service.ledger.acts import Act
from service.ledger.calm import TooFar
from service.ledger.claims import Claims
from service.ledger.consignments import Move
from service.ledger.model import Amounts, Entry, Places
from service.ledger.presence import Presence


class Undisputed(Claims):
    """Nobody's word is against another's; `TooFar` where it may be."""

    def __init__(self, places: Places) -> None:
        super().__init__((), places)

    def mark(self, move: Move) -> bool:
        self._check(move.origin, move.ship, move.receive)
        return False

    def mark_act(self, act: Act) -> bool:
        self._check(act.place, act.entry)
        return False

    def _check(self, place: int | None, *words: Entry | None) -> None:
        told = [entry for entry in words if entry is not None]
        if any(entry.tellers is None for entry in told):
            return
        sites = self._places.sites
        party = None if place is None or place in sites.earlier else sites.owner.get(place)
        if party is None or not any(entry.speaks_for(party) for entry in told):
            raise TooFar


class NearPresence(Presence):
    """Follows the goods at near places; far ones have goods, and nothing comes to them."""

    def __init__(self, places: Places, moves: list[Move], claims: Claims, near: frozenset[int]) -> None:
        super().__init__(places, moves, claims)
        self.near = near

    def _settle(
        self, place: int | None, time: datetime, amounts: Amounts, entry: Entry, target: int | None
    ) -> int | None:
        if place is not None and place not in self.near:
            return place
        return super()._settle(place, time, amounts, entry, target)

    def _sight(self, act: Act) -> None:
        if act.place is None or act.place in self.near:
            super()._sight(act)

    def _bring(self, place: int, time: datetime, amounts: Amounts, *, produced: bool = False) -> None:
        if place not in self.near:
            raise TooFar
        super()._bring(place, time, amounts, produced=produced)

    def _last_known(self, *_where: object, **_but: object) -> int | None:
        raise TooFar

    def _leave_once_made(self, acts: Sequence[Act]) -> None:
        """All that is told here was told to be later than that."""

"""Movements that only a business document tells of.

A TransactionEvent ties objects to documents; as a rule it moves nothing (EPCIS 2.0, 7.4.4). One that says
`shipping` and names a destination, or says `receiving` and names a source, tells a movement all the same, and
where no other event tells of it, nobody else will. So what papers tell counts as far as no ObjectEvent of the
same batch tells it: the same direction, ends that agree, no other business transaction, within a week. Each
quantity is told once: what a shipment covers of one paper it does not cover of the next.

Where a shipment names no destination, or only a party, the paper of the very same goods says which.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from service.ledger.consignments import SAME_MOVEMENT_WITHIN, Ends
from service.ledger.model import Amounts, Places, Posting
from service.ledger.steps import Effect, moves_by_papers, origin_of, target_of

ZERO = Decimal(0)

#: A posting and what it does to its batch.
Act = tuple[Posting, Effect]


def not_told_otherwise(acts: Sequence[Act], places: Places) -> list[Act]:
    """`acts` (movements of one batch), of papers only what no other event tells; any order of input."""
    papers = [act for act in acts if moves_by_papers(act[0].entry)]
    if not papers:
        return list(acts)
    told = _Told([act for act in acts if not moves_by_papers(act[0].entry)], places)
    untold: list[Act] = []
    for posting, effect in sorted(papers, key=lambda act: (act[0].entry.time, act[0].entry.key)):
        left = told.cover(posting, effect)
        if left:
            untold.append((Posting(posting.entry, posting.role, left, posting.doubt), effect))
    return told.acts() + untold


@dataclass(slots=True)
class _Movement:
    """A movement that goods were seen to make; `left`: what no paper told of yet."""

    posting: Posting
    effect: Effect
    place: int | None
    ends: Ends
    left: dict[str, Decimal | None]

    @property
    def time(self) -> datetime:
        return self.posting.entry.time


class _Told:
    """The movements that goods were seen to make, by their papers and by their far end."""

    def __init__(self, acts: Sequence[Act], places: Places) -> None:
        self.places = places
        self.movements: list[_Movement] = []
        self._by: dict[object, list[_Movement]] = defaultdict(list)
        for posting, effect in sorted(acts, key=lambda act: (act[0].entry.time, act[0].entry.key)):
            place, ends = self._near_end(posting, effect), Ends.of(posting.entry)
            movement = _Movement(posting, effect, place, ends, dict(posting.amounts))
            self.movements.append(movement)
            for key in self._keys(effect, ends):
                self._by[key].append(movement)

    def acts(self) -> list[Act]:
        """All of them, with what papers added."""
        return [(movement.posting, movement.effect) for movement in self.movements]

    def cover(self, paper: Posting, effect: Effect) -> dict[str, Decimal | None]:
        """What of a paper's amounts nothing else tells."""
        ends, place = Ends.of(paper.entry), self._near_end(paper, effect)
        fitting = [m for m in self._near(paper, effect, ends) if self._same(m, effect, place, ends)]
        time = paper.entry.time
        fitting.sort(
            key=lambda m: (
                not (m.ends.transactions & ends.transactions),
                abs(m.time - time),
                m.posting.entry.key,
            )
        )
        left = dict(paper.amounts)
        for movement in fitting:
            if not left:
                break
            if self._vaguer(movement, effect, ends):
                if movement.left != left and not movement.ends.transactions & ends.transactions:
                    continue
                self._specify(movement, effect, ends)
            _take(movement.left, left)
        return left

    def _near(self, paper: Posting, effect: Effect, ends: Ends) -> Iterator[_Movement]:
        """Those of the same papers or the same far end, or that name none, within a week; each once."""
        time, seen = paper.entry.time, set[int]()
        for key in (*self._keys(effect, ends), (effect, "nowhere")):
            movements = self._by.get(key, [])
            first = bisect_left(movements, time - SAME_MOVEMENT_WITHIN, key=lambda m: m.time)
            last = bisect_right(movements, time + SAME_MOVEMENT_WITHIN, key=lambda m: m.time)
            for movement in movements[first:last]:
                if id(movement) not in seen:
                    seen.add(id(movement))
                    yield movement

    def _same(self, movement: _Movement, effect: Effect, place: int | None, ends: Ends) -> bool:
        return (
            movement.effect is effect
            and self._agree(movement.place, place)
            and movement.ends.share_papers(ends)
            and movement.ends.sources_agree(ends, self.places)
            and movement.ends.destinations_agree(ends, self.places)
        )

    def _agree(self, one: int | None, other: int | None) -> bool:
        """Can both mean one place?"""
        if one is None or other is None or self.places.sites.same_address(one, other):
            return True
        owners = {self.places.owner(one), self.places.owner(other)}
        return (self.places.vague(one) or self.places.vague(other)) and len(owners - {None}) < 2

    def _near_end(self, posting: Posting, effect: Effect) -> int | None:
        if effect is Effect.RECEIVE:
            return target_of(posting.entry, self.places)
        return origin_of(posting.entry, self.places)

    def _keys(self, effect: Effect, ends: Ends) -> Iterator[object]:
        for transaction in sorted(ends.transactions):
            yield effect, "papers", transaction
        site, party = _far_end(effect, ends)
        if site is None:
            yield effect, "nowhere"
            return
        yield effect, "address", self.places.sites.address(site)
        party = party if party is not None else self.places.owner(site)
        if party is not None:
            yield effect, "party", party

    def _vaguer(self, movement: _Movement, effect: Effect, ends: Ends) -> bool:
        """Does the paper say better than the movement where the goods come from or go to?"""
        mine, papers = _far_end(effect, movement.ends)[0], _far_end(effect, ends)[0]
        return mine is None or (self.places.vague(mine) and mine != papers)

    def _specify(self, movement: _Movement, effect: Effect, ends: Ends) -> None:
        entry, (site, party) = movement.posting.entry, _far_end(effect, ends)
        if effect is Effect.SHIP:
            entry = replace(entry, destination_site=site, destination_party=party or entry.destination_party)
        else:
            entry = replace(entry, source_site=site, source_party=party or entry.source_party)
        movement.posting = Posting(
            entry, movement.posting.role, movement.posting.amounts, movement.posting.doubt
        )
        movement.ends = Ends.of(entry)


def _far_end(effect: Effect, ends: Ends) -> tuple[int | None, int | None]:
    """(site, party) of the other side."""
    if effect is Effect.RECEIVE:
        return ends.source_site, ends.source_party
    return ends.destination_site, ends.destination_party


def _take(have: dict[str, Decimal | None], want: dict[str, Decimal | None]) -> None:
    """Let what goods were seen to do tell of what the paper says; in other units it tells all of it."""
    shared: Amounts = {uom: want[uom] for uom in want if uom in have}
    if not shared:
        if any(quantity is None or quantity > 0 for quantity in have.values()):
            have.clear()
            want.clear()
        return
    for uom, wanted in shared.items():
        known = have[uom]
        if known is None or wanted is None:
            del want[uom]
            continue
        part = min(known, wanted)
        have[uom] = known - part
        if wanted - part > ZERO:
            want[uom] = wanted - part
        else:
            del want[uom]

"""Whose word takes goods out of a logistic unit. Pure.

The number of a pallet stands on it, for everybody to read. Whoever were believed to have unpacked it at his
own place could make its goods be missed where it went. So a party takes out of a unit what it put in itself,
and everything where somebody else told that the unit came to it; operators tell for anybody. What others
tell adds to where goods may be, and takes nothing away (`Packings.beside`).

Two parties who tell for each other are not seen through.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from service.ledger.contents import Packing
from service.ledger.model import Entry, Sites
from service.ledger.untold_contents import Naming

#: What a packing names: instances, and (batch, reference unit).
Thing = int | tuple[int, str]


def entrusted(
    packings: Sequence[Packing],
    entries: Mapping[str, Entry],
    naming: Naming,
    tellers: Mapping[int, int | None],
    sites: Sites,
) -> tuple[Sequence[Packing], Naming] | None:
    """`packings` and `naming` without what their tellers have no say in; None where that is nothing.

    `entries`: those of the packings, by key; `tellers`: event -> the party that told it; None: an operator.
    """
    if len(set(tellers.values())) < 2:
        return None
    say = _Say(packings, entries, naming, tellers, sites)
    kept = [left for packing in packings if (left := say.of_packing(packing)) is not None]
    courses = {
        unit: [(entry, role) for entry, role in told if say.of_naming(unit, entry)]
        for unit, told in naming.items()
    }
    if kept == list(packings) and all(len(courses[unit]) == len(naming[unit]) for unit in naming):
        return None
    return kept, courses


class _Say:
    def __init__(
        self,
        packings: Sequence[Packing],
        entries: Mapping[str, Entry],
        naming: Naming,
        tellers: Mapping[int, int | None],
        sites: Sites,
    ) -> None:
        self.sites = sites
        named = [*entries.values(), *(entry for told in naming.values() for entry, _ in told)]
        self.tellers = {entry.event_id: self._for_whom(entry, tellers[entry.event_id]) for entry in named}
        self.teller = {key: self.tellers[entry.event_id] for key, entry in entries.items()}
        #: unit that holds others -> the events that say something of it
        self.words: dict[int, list[Entry]] = defaultdict(list)
        #: unit -> what was put in, and by whom
        self.put_in: dict[int, dict[Thing, set[int | None]]] = defaultdict(lambda: defaultdict(set))
        #: instance -> the packings of it
        self.packed: dict[int, list[Packing]] = defaultdict(list)
        for packing in packings:
            self.words[packing.parent].append(entries[packing.key])
            if packing.action == "DELETE":
                continue
            things: list[Thing] = [*packing.children, *packing.classes]
            for thing in things:
                self.put_in[packing.parent][thing].add(self.teller[packing.key])
            for child in packing.children:
                self.packed[child].append(packing)
        for unit in self.words.keys() & naming.keys():
            self.words[unit].extend(entry for entry, _ in naming[unit])
        self._came: dict[tuple[int, int], bool] = {}

    def _for_whom(self, entry: Entry, by: int | None) -> int | None:
        """Whoever tells what happened at another's place does so for them, by their delegation."""
        places = (entry.site, entry.read_site) if by is not None else ()
        owners = (self.sites.owner.get(site) for site in places if site is not None)
        return next((owner for owner in owners if owner is not None), by)

    def of_packing(self, packing: Packing) -> Packing | None:
        """As much of it as its teller has a say in; None: nothing."""
        by = self.teller[packing.key]
        if by is None:
            return packing
        if packing.action != "DELETE":
            foreign = {child for child in packing.children if self._is_in_others(packing, child, by)}
            return replace(packing, children=packing.children - foreign) if foreign else packing
        inside = self.put_in[packing.parent]
        others = {thing for thing, tellers in inside.items() if tellers != {by}}
        named: set[Thing] = {*packing.children, *packing.classes} or set(inside)
        if others.isdisjoint(named) or self.came_to(by, packing.parent):
            return packing
        own = named - others
        return self._only(packing, own) if own else None

    @staticmethod
    def _only(packing: Packing, own: Iterable[Thing]) -> Packing:
        return replace(
            packing,
            children=frozenset(thing for thing in own if isinstance(thing, int)),
            classes={thing: packing.classes.get(thing) for thing in own if isinstance(thing, tuple)},
        )

    def _is_in_others(self, packing: Packing, child: int, by: int) -> bool:
        """Was it last packed by somebody else, into what never came to this party?"""
        before = [
            told
            for told in self.packed[child]
            if told.parent != packing.parent and self.teller[told.key] != by and told.time <= packing.time
        ]
        last = max(before, key=lambda told: (told.time, told.key), default=None)
        return last is not None and not self.came_to(by, last.parent)

    def of_naming(self, unit: int, entry: Entry) -> bool:
        """Has its teller a say in where the unit was?"""
        by = self.tellers[entry.event_id]
        if by is None:
            return True
        if unit in self.words:
            mine = any(by in tellers for tellers in self.put_in[unit].values())
            return mine or self.came_to(by, unit) or not self._others_name(unit, by)
        return not any(
            self.teller[told.key] != by and not self.came_to(by, told.parent) for told in self.packed[unit]
        )

    def _others_name(self, unit: int, by: int) -> bool:
        return any(self.tellers[entry.event_id] != by for entry in self.words[unit])

    def came_to(self, by: int, unit: int) -> bool:
        """Does somebody else tell that the unit, or what it was packed into, came to this party?"""
        if (by, unit) not in self._came:
            above = self._above(unit, by)
            self._came[by, unit] = any(
                self.tellers[entry.event_id] != by and self._names(by, entry)
                for one in above
                for entry in self.words.get(one, ())
            )
        return self._came[by, unit]

    def _names(self, party: int, entry: Entry) -> bool:
        there = [entry.destination_site]
        if self.tellers[entry.event_id] is None:
            there += [entry.site, entry.read_site]
        return entry.destination_party == party or any(
            site is not None and self.sites.owner.get(site) == party for site in there
        )

    def _above(self, unit: int, by: int) -> set[int]:
        """The unit, and whatever it was packed into by others than this party."""
        found, front = {unit}, [unit]
        while front:
            told = (packing for packing in self.packed.get(front.pop(), ()))
            fresh = {packing.parent for packing in told if self.teller[packing.key] != by} - found
            found |= fresh
            front.extend(fresh)
        return found

"""The ledger without a database: the pure rules over a plain list of events, all at once.

A second opinion on what the captures keep up to date step by step in tables, in the simplest form.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.events.identifying import identify_events
from service.events.json_document import read_document
from service.ledger.containers import packing_of, role_in_course
from service.ledger.journal import BatchName, Reading, own_batch, read_event
from service.ledger.model import (
    UNKNOWN_SITE,
    BatchLedger,
    Entry,
    Input,
    Output,
    Posting,
    Role,
    Sites,
    Transformation,
)
from service.ledger.postings import PACKING_TYPES, Item, postings_of
from service.ledger.projection import project_batch
from service.ledger.steps import place_of
from service.ledger.untold_contents import settle
from service.ledger.untold_lots import Departure, departures_of
from tests.world import BALANCES, Json, cell, document

UNKNOWN = "urn:suyuan:site:unknown"


class _Numbers:
    """Ids in the order of asking, as a database would give them."""

    def __init__(self, first: int = 1) -> None:
        self.of: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.next = first

    def __call__(self, name: str) -> int:
        if name not in self.of:
            self.of[name] = self.next
            self.names[self.next] = name
            self.next += 1
        return self.of[name]


class MemoryLedger:
    """All of it, computed on making. `owners`: URI of a place -> URI of the party that runs it; `tellers`:
    place of an event among them -> URIs of the parties that tell it; the others are operators'; `sold`: URI
    of a place -> who ran it before, and how many of the events were told until then.
    """

    def __init__(
        self,
        events: Sequence[Json],
        owners: Mapping[str, str] | None = None,
        tellers: Mapping[int, Sequence[str]] | None = None,
        sold: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        read = identify_events(read_document(document(*events), max_events=10_000))
        declared = {item.event_id for item in read if item.event.declares_error}
        self.events = _Numbers()
        self.sites, self.parties, self.batches, self.units = _Numbers(), _Numbers(), _Numbers(), _Numbers()
        self.sites.names[UNKNOWN_SITE] = UNKNOWN
        self.entries: dict[int, Entry] = {}
        self.items: dict[int, list[Item]] = {}
        #: URI of a batch, unless it is of one unit -> URI of its product
        self.product_of: dict[str, str | None] = {}
        self.told: dict[int, list[tuple[int, BatchName]]] = {}
        told_by = {read[number].event_id: uris for number, uris in (tellers or {}).items()}
        for item in read:
            if item.event.declares_error or item.event_id in declared:
                continue
            event, reading = self.events(item.event_id), read_event(item.event)
            self.entries[event] = self._entry(event, item, reading, told_by.get(item.event_id))
            self.items[event], self.told[event] = self._items(reading)
        owned = {self.sites(site): self.parties(party) for site, party in (owners or {}).items()}
        self.geography = self._sites(owned)
        for site, (party, until) in (sold or {}).items():
            told = {item.event_id for item in read[:until]}
            last = max((n for name, n in self.events.of.items() if name in told), default=0)
            for part in self.geography.parts_of_same(self.sites(site)):
                if owned.get(part) == owned.get(self.sites(site)):
                    self.geography.earlier[part] = [(self.parties(party), last)]
        self.postings = self._postings()
        self.ledgers = self._project()

    def _entry(self, event: int, item: Any, reading: Reading, tellers: Sequence[str] | None) -> Entry:
        def side(party: str | None, site: str | None) -> tuple[int | None, int | None]:
            number = self.parties(party) if party else None
            named = site or party
            return number, self.sites(named) if named else None

        source_party, source_site = side(reading.source_party, reading.source_site)
        destination_party, destination_site = side(reading.destination_party, reading.destination_site)
        return Entry(
            event,
            item.event_id,
            item.event.event_time,
            item.event.type,
            item.event.action,
            item.event.biz_step,
            self.sites(reading.site) if reading.site else None,
            self.sites(reading.read_site) if reading.read_site else None,
            source_site,
            source_party,
            destination_site,
            destination_party,
            frozenset(reading.transactions),
            item.event.transformation_id,
            None if tellers is None else frozenset(map(self.parties, tellers)),
        )

    def _items(self, reading: Reading) -> tuple[list[Item], list[tuple[int, BatchName]]]:
        named = {item.batch for item in reading.classes} | {unit.told for unit in reading.units if unit.told}
        self.product_of.update({batch.uri: batch.product_uri for batch in named})
        items = [Item(unit.role, unit=self.units(unit.uri)) for unit in reading.units]
        items += [
            Item(named.role, batch=self.batches(named.batch.uri), quantity=named.quantity, uom=named.uom)
            for named in reading.classes
        ]
        return items, [(self.units(unit.uri), unit.told) for unit in reading.units if unit.told]

    def _sites(self, owned: dict[int, int]) -> Sites:
        unspecified = {number: self.sites(uri) for uri, number in self.parties.of.items()}
        gln = {
            number: uri.split("/")[4]
            for uri, number in self.sites.of.items()
            if uri.startswith("https://id.gs1.org/414/")
        }
        for uri, number in self.sites.of.items():
            whole = self.sites.of.get(uri.split("/254/")[0])
            if number not in owned and whole in owned:
                owned[number] = owned[whole]
        return Sites(owned, unspecified, gln)

    def _batch_of(self) -> dict[int, int | None]:
        packed = [e for e, entry in self.entries.items() if entry.type in PACKING_TYPES]
        parents = {item.unit for event in packed for item in self.items[event] if item.role is Role.PARENT}
        counted: dict[int, int | None] = {}
        for event in sorted(self.entries, key=lambda e: (self.entries[e].time, self.entries[e].key)):
            for unit, told in self.told[event]:
                counted.setdefault(unit, self.batches(told.uri))
        for unit, uri in self.units.names.items():
            own = own_batch(uri)
            alone = own is not None and unit not in parents
            counted.setdefault(unit, self.batches(own.uri) if own is not None and alone else None)
        return counted

    def _postings(self) -> dict[int, list[Posting]]:
        batch_of = self._batch_of()
        packed = (
            packing_of(entry, self.items[event])
            for event, entry in self.entries.items()
            if entry.type in PACKING_TYPES
        )
        packings = settle(
            [packing for packing in packed if packing is not None], self._naming(), self.geography
        )
        postings: dict[int, list[Posting]] = defaultdict(list)
        for event, entry in self.entries.items():
            for (role, batch), told in postings_of(entry, self.items[event], batch_of, packings).items():
                postings[batch].append(Posting(entry, role, told.amounts, told.doubt))
        return postings

    def _naming(self) -> dict[int, list[tuple[Entry, Role]]]:
        naming: dict[int, list[tuple[Entry, Role]]] = defaultdict(list)
        for event, entry in self.entries.items():
            for item in self.items[event]:
                named = item.unit is not None and item.role in (Role.OBJECT, Role.PARENT, Role.INPUT)
                role = role_in_course(entry, item.role) if named else None
                if item.unit is not None and role is not None:
                    naming[item.unit].append((entry, role))
        return naming

    def _project(self) -> dict[int, BatchLedger]:
        transformations = self._transformations(self.postings)
        keys = {event: entry.key for event, entry in self.entries.items()}
        left: dict[str, list[Departure]] = {}
        ledgers: dict[int, BatchLedger] = {}
        # Products without a lot first: what left of them is read by their lots.
        for batch in sorted(self.postings, key=lambda b: self.batches.names[b] not in self.products()):
            uri = self.batches.names[batch]
            product = self.product_of.get(uri)
            departures = left.get(product, []) if product is not None and product != uri else []
            told = self.postings[batch]
            ledger = project_batch(batch, told, self.geography, transformations, departures)
            left[uri] = departures_of(batch, ledger.flows, keys)
            ledgers[batch] = ledger
        return ledgers

    def products(self) -> set[str]:
        """The URIs of all products of lots."""
        return {product for product in self.product_of.values() if product is not None}

    def _transformations(self, postings: Mapping[int, Sequence[Posting]]) -> dict[int, Transformation]:
        groups: dict[int | str, tuple[set[Output], set[Input]]] = defaultdict(lambda: (set(), set()))
        of_event: dict[int, int | str] = {}
        for batch, told in postings.items():
            for posting in told:
                entry = posting.entry
                if posting.role not in (Role.INPUT, Role.OUTPUT):
                    continue
                group = of_event[entry.event_id] = entry.transformation_id or entry.event_id
                outputs, inputs = groups[group]
                if posting.role is Role.INPUT:
                    inputs.add(Input(entry.tellers, place_of(entry)))
                else:
                    site = place_of(entry)
                    where = UNKNOWN_SITE if site is None else site
                    outputs.add(Output(batch, where, entry.time, entry.event_id, entry.tellers))
        return {
            event: Transformation(
                tuple(sorted(groups[group][0], key=lambda o: (o.batch, o.time, o.event_id))),
                frozenset(groups[group][1]),
            )
            for event, group in of_event.items()
        }

    def rows(self) -> list[tuple[object, ...]]:
        """Flows, holdings and gaps by names, as `tests.world.Ledger.rows`."""
        return sorted(self._rows(), key=str)

    def _rows(self) -> Iterable[tuple[object, ...]]:
        site, batch = self.sites.names, self.batches.names

        def event(number: int | None) -> str | None:
            return None if number is None else self.events.names[number]

        for number, ledger in self.ledgers.items():
            for f in ledger.flows:
                ends = (batch[number], site[f.from_site], batch[f.to_batch], site[f.to_site])
                amounts = (f.shipped_quantity, f.shipped_uom, f.received_quantity, f.received_uom)
                told = (f.departed_at, f.arrived_at, f.inferred, *amounts)
                events = (event(f.ship_event), event(f.receive_event))
                yield ("flow", int(f.kind), *ends, *map(cell, (*told, *events)))
            for h in ledger.holdings:
                party = None if h.party is None else self.parties.names[h.party]
                times = (h.first_at, h.last_at, h.produced_at)
                balance = (getattr(h, column) for column in BALANCES)
                yield ("holding", batch[number], site[h.site], h.uom, party, *map(cell, (*times, *balance)))
            for g in ledger.gaps:
                where = None if g.site is None else site[g.site]
                detail = " ".join(f"{key}={value}" for key, value in sorted(g.detail.items()))
                yield ("gap", g.kind, batch[number], where, event(g.event_id), detail)

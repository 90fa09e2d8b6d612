"""The FSMA 204 record of some lots: every critical tracking event in the order of time."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from service.db.transaction import Transaction
from service.filings.local_days import Span, local_day
from service.filings.origins import Origins
from service.filings.places import Place
from service.filings.registry_rows import RegistryRows
from service.filings.tracking import (
    Amount,
    Happening,
    Lot,
    Origin,
    Tracking,
    TrackingRow,
    missing_of,
    row_of,
    tracking_of,
)
from service.ledger.model import UNKNOWN_SITE, Entry, Places, Role
from service.ledger.reading import entry_of, load_sites
from service.ledger.steps import Effect, effect_of, origin_of, place_of, target_of

#: Events read at a time.
EVENTS_AT_ONCE: Final = 2_000

EVENTS: Final = """
-- Events about the batches $1 from $2 to $3, and those that are one transformation with them.
WITH named AS (SELECT DISTINCT event_id FROM posting WHERE batch_id = ANY($1::bigint[])),
concerned AS (
    SELECT event_id FROM named
    UNION
    SELECT tied.event_id
    FROM named JOIN journal_entry AS own USING (event_id)
    JOIN journal_entry AS tied ON tied.transformation_id = own.transformation_id
    WHERE own.transformation_id IS NOT NULL
)
SELECT entry.*, event.facts -> 'bizTransaction' AS papers,
       event.payload ->> 'eventTimeZoneOffset' AS utc_offset
FROM concerned
JOIN journal_entry AS entry ON entry.event_id = concerned.event_id
JOIN event ON event.id = concerned.event_id
WHERE NOT entry.voided AND entry.time BETWEEN $2 AND $3
ORDER BY entry.time, entry.event_key
"""
POSTINGS: Final = """
SELECT event_id, batch_id, role, uom, quantity FROM posting
WHERE event_id = ANY($1::bigint[]) AND (batch_id = ANY($2::bigint[]) OR role IN (3, 4))
ORDER BY event_id, role, batch_id, uom
"""
TIED: Final = """
-- Inputs and outputs of the transformations that have the ids $1.
SELECT entry.transformation_id, entry.event_id, posting.batch_id, posting.role, posting.uom, posting.quantity
FROM journal_entry AS entry JOIN posting ON posting.event_id = entry.event_id
WHERE entry.transformation_id = ANY($1::text[]) AND posting.role IN (3, 4) AND NOT entry.voided
ORDER BY posting.batch_id, posting.uom, entry.event_id
"""
FLOW_ENDS: Final = """
-- The ends of movements that the events $2 tell of the batches $1, as the ledger has put them together.
SELECT batch_id, ship_event_id, receive_event_id, from_site_id, to_site_id FROM flow
WHERE batch_id = ANY($1::bigint[]) AND kind = 0
  AND (ship_event_id = ANY($2::bigint[]) OR receive_event_id = ANY($2::bigint[]))
"""

#: (batch, event) -> the places at the other end of what it ships, or receives
Ends = Mapping[tuple[int, int], set[int]]
#: (party id, or None where nobody knows whose record it is; event type; what is missing) -> rows
Missing = Counter[tuple[int | None, str, str]]


@dataclass(frozen=True, slots=True)
class _Event:
    entry: Entry
    papers: Mapping[str, Sequence[str]]
    utc_offset: str | None


@dataclass(frozen=True, slots=True)
class _Posted:
    """A row of `posting`."""

    event: int
    batch: int
    role: Role
    uom: str
    quantity: Any


class TrackingRecord:
    """The record of these batches in this span of days. `missing` grows as rows are told."""

    def __init__(self, batches: Collection[int], span: Span) -> None:
        self.batches = frozenset(batches)
        self.span = span
        self.missing: Missing = Counter()
        self.registry = RegistryRows()
        self._origins = Origins(self.registry)

    async def rows(self, tx: Transaction) -> AsyncIterator[list[TrackingRow]]:
        """All rows, some at a time."""
        cursor = await tx.sql.cursor(EVENTS, sorted(self.batches), *self.span.moments())
        while found := await cursor.fetch(EVENTS_AT_ONCE):
            events = {row["event_id"]: _event(row) for row in found}
            yield [self._told(each) async for each in self._happenings(tx, events)]

    def _told(self, happening: Happening) -> TrackingRow:
        row = row_of(happening)
        party = happening.here.party if happening.here else None
        for lacking in missing_of(happening, row):
            self.missing[party, happening.tracking.value, lacking] += 1
        return row

    async def _happenings(self, tx: Transaction, events: Mapping[int, _Event]) -> AsyncIterator[Happening]:
        posted = await self._postings(tx, events)
        tied = await self._tied(tx, events)
        every = [*(p for some in posted.values() for p in some), *(p for some in tied.values() for p in some)]
        entries = [event.entry for event in events.values()]
        places = Places(await load_sites(tx, entries), {})
        ends = await self._ends(tx, events, every)
        await self._load_registry(tx, entries, ends, every)
        for event_id, event in events.items():
            if local_day(event.entry.time, event.utc_offset) not in self.span:
                continue
            for happening in self._of_event(event, posted.get(event_id, []), tied, places, ends):
                yield happening

    async def _postings(self, tx: Transaction, events: Mapping[int, _Event]) -> Mapping[int, list[_Posted]]:
        by_event: dict[int, list[_Posted]] = defaultdict(list)
        for row in await tx.sql.fetch(POSTINGS, list(events), sorted(self.batches)):
            by_event[row["event_id"]].append(_posted(row))
        return by_event

    async def _tied(self, tx: Transaction, events: Mapping[int, _Event]) -> Mapping[str, list[_Posted]]:
        """Inputs and outputs by transformationID."""
        told = (event.entry.transformation_id for event in events.values())
        ids = {name for name in told if name is not None}
        tied: dict[str, list[_Posted]] = defaultdict(list)
        for row in await tx.sql.fetch(TIED, sorted(ids)) if ids else ():
            tied[row["transformation_id"]].append(_posted(row))
        return tied

    async def _ends(self, tx: Transaction, events: Mapping[int, _Event], every: Sequence[_Posted]) -> Ends:
        """Where the ledger has found the other end of movements that do not name it."""
        vague = {
            event_id
            for event_id, event in events.items()
            if None in (event.entry.source_site, event.entry.destination_site)
        }
        batches = sorted({p.batch for p in every if p.event in vague and p.role is Role.OBJECT})
        ends: dict[tuple[int, int], set[int]] = defaultdict(set)
        for row in await tx.sql.fetch(FLOW_ENDS, batches, sorted(vague)) if batches else ():
            ends[row["batch_id"], row["ship_event_id"]].add(row["to_site_id"])
            ends[row["batch_id"], row["receive_event_id"]].add(row["from_site_id"])
        return ends

    async def _load_registry(
        self, tx: Transaction, entries: Sequence[Entry], ends: Ends, every: Sequence[_Posted]
    ) -> None:
        sites = {site for entry in entries for site in entry.sites()}
        sites |= {site for found in ends.values() for site in found} - {UNKNOWN_SITE}
        parties = {party for entry in entries for party in (entry.source_party, entry.destination_party)}
        batches = {posted.batch for posted in every}
        await self.registry.load(tx, batches=batches, sites=sites, parties=parties)
        made = {posted.batch for posted in every if posted.role in (Role.OBJECT, Role.INPUT, Role.OUTPUT)}
        await self._origins.load(tx, made)

    def _of_event(
        self,
        event: _Event,
        own: Sequence[_Posted],
        tied: Mapping[str, Sequence[_Posted]],
        places: Places,
        ends: Ends,
    ) -> Iterator[Happening]:
        """The critical tracking events that one event is, lot by lot."""
        for posted in own:
            if posted.role not in (Role.INPUT, Role.OUTPUT):
                yield from self._of_lot(event, posted, places, ends)
        group = tied.get(event.entry.transformation_id or "", own)
        outputs = [posted for posted in own if posted.role is Role.OUTPUT]
        inputs = [posted for posted in group if posted.role is Role.INPUT]
        if outputs:
            for output in outputs:
                yield from self._of_output(event, output, inputs)
        elif not any(posted.role is Role.OUTPUT for posted in group):
            # Nobody told what became of it.
            for used in own:
                if used.role is Role.INPUT and used.batch in self.batches:
                    unknown = Lot(self.registry.lot(used.batch).uri, None, None, None, None)
                    yield self._transformed(event, Amount(unknown, None, None), used, Origin())

    def _of_lot(self, event: _Event, posted: _Posted, places: Places, ends: Ends) -> Iterator[Happening]:
        entry = event.entry
        effect = effect_of(entry, posted.role, places)
        own_place = self.registry.place(place_of(entry), entry.source_party)
        on_field = own_place is not None and own_place.is_field
        tracking = tracking_of(entry.step, posted.role, effect, on_field=on_field)
        if tracking is None:
            return
        here, other = self._both_ends(tracking, posted, entry, places, ends)
        grown = tracking in (Tracking.HARVEST, Tracking.COOL, Tracking.PACK)
        yield Happening(
            tracking,
            entry.key,
            local_day(entry.time, event.utc_offset),
            self._amount(posted),
            here,
            other,
            event.papers,
            self._origins.of(posted.batch) if grown else Origin(),
        )

    def _both_ends(
        self, tracking: Tracking, posted: _Posted, entry: Entry, places: Places, ends: Ends
    ) -> tuple[Place | None, Place | None]:
        """Where it happened, and for a movement the other end."""
        place = self.registry.place
        if tracking is Tracking.SHIP:
            here, other = origin_of(entry, places), entry.destination_site
            parties = (entry.source_party, entry.destination_party)
        elif tracking in (Tracking.RECEIVE, Tracking.LAND):
            here, other = target_of(entry, places), entry.source_site
            parties = (entry.destination_party, entry.source_party)
        else:
            return place(place_of(entry)), None
        if other is None:
            found = ends.get((posted.batch, entry.event_id), set()) - {UNKNOWN_SITE}
            # Of several the record would name one at will.
            other = next(iter(found)) if len(found) == 1 else None
        return place(here, parties[0]), place(other, parties[1])

    def _of_output(self, event: _Event, output: _Posted, inputs: Sequence[_Posted]) -> Iterator[Happening]:
        asked, made = output.batch in self.batches, self._amount(output)
        if asked and not inputs:
            yield self._transformed(event, made, None, self._origins.of(output.batch))
        for used in inputs:
            if asked or used.batch in self.batches:
                yield self._transformed(event, made, used, self._origins.of(output.batch, [used.batch]))

    def _transformed(self, event: _Event, made: Amount, used: _Posted | None, origin: Origin) -> Happening:
        entry = event.entry
        tracking = tracking_of(entry.step, Role.OUTPUT, Effect.PRODUCE, on_field=False)
        assert tracking is not None, "a transformation is always a critical tracking event"
        return Happening(
            tracking,
            entry.key,
            local_day(entry.time, event.utc_offset),
            made,
            self.registry.place(place_of(entry), entry.source_party),
            papers=event.papers,
            origin=Origin() if tracking is Tracking.TRANSFORM else origin,
            used=self._amount(used) if used else None,
        )

    def _amount(self, posted: _Posted) -> Amount:
        return Amount(self.registry.lot(posted.batch), posted.quantity, posted.uom)


def _event(row: asyncpg.Record) -> _Event:
    return _Event(entry_of(row), row["papers"] or {}, row["utc_offset"])


def _posted(row: asyncpg.Record) -> _Posted:
    return _Posted(row["event_id"], row["batch_id"], Role(row["role"]), row["uom"], row["quantity"])

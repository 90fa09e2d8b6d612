"""One batch in memory, and what `service/ledger/partial_reading.py` reads of a batch that lies in tables."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from service.ledger.calm import Calm, Kind, TooFar, bound_for, calm
from service.ledger.model import BatchLedger, FlowKind, Input, Output, Posting, Role, Sites, Transformation
from service.ledger.partial import (
    LOOKED_IN_VAIN,
    OF_BALANCES,
    Beside,
    Difference,
    Part,
    check_rest,
    difference,
    rivals,
)
from service.ledger.partial_reading import KIND_FLAGS
from service.ledger.projection import project_batch

BATCH = 1
#: Two sites that are one address.
PARTS = frozenset({20, 21})
ZERO = Decimal(0)


def transformations(told: Sequence[Posting]) -> dict[int, Transformation]:
    made = {}
    for posting in told:
        entry, place = posting.entry, posting.entry.site or posting.entry.read_site or 0
        if posting.role is Role.INPUT:
            output = Output(99, place, entry.time, entry.event_id, entry.tellers)
            made[entry.event_id] = Transformation((output,), frozenset({Input(entry.tellers, place)}))
        elif posting.role is Role.OUTPUT:
            output = Output(BATCH, place, entry.time, entry.event_id, entry.tellers)
            made[entry.event_id] = Transformation((output,), frozenset())
    return made


@dataclass
class Memory:
    """One batch, as `partial_reading.py` reads it from tables. `before`: its rows, where they are known."""

    told: list[Posting]
    fresh: frozenset[int]
    sites: Sites
    before: BatchLedger | None
    most: int

    @cached_property
    def stored(self) -> BatchLedger:
        if self.before is not None:
            return self.before
        old = [posting for posting in self.told if posting.entry.event_id not in self.fresh]
        return project_batch(BATCH, old, self.sites, transformations(old))

    def party(self, site: int | None) -> int | None:
        return None if site is None or site in self.sites.unspecified else self.sites.owner.get(site)

    def kinds(self) -> list[Kind]:
        alike: dict[tuple[object, ...], list[Kind]] = defaultdict(list)
        for posting in self.told:
            kind = self.kind(posting)
            alike[kind.role, kind.type, kind.action, kind.step].append(kind)
        return [
            Kind(
                *(kinds[0].role, kinds[0].type, kinds[0].action, kinds[0].step),
                max(kind.last for kind in kinds),
                *(any(getattr(kind, flag) for kind in kinds) for flag in KIND_FLAGS),
            )
            for kinds in alike.values()
        ]

    def kind(self, posting: Posting) -> Kind:
        e, to, source = posting.entry, posting.entry.destination_site, posting.entry.source_site
        own, place = (e.site, e.read_site), e.site if e.site is not None else e.read_site
        party = self.party(place)
        sender = self.party(source)
        asked = {sender if sender is not None else party, party if party is not None else sender}
        return Kind(
            posting.role,
            e.type,
            e.action,
            e.step,
            e.time,
            vague=not self.sites.unspecified.isdisjoint(e.sites()),
            negative=False,
            nowhere=to is None,
            unplaced=to is None and all(site is None or site == source for site in own),
            without_origin=source is None and all(site is None or site == to for site in own),
            perhaps_foreign=source is None
            and e.destination_party is not None
            and e.destination_party != e.source_party
            and party in (None, e.destination_party),
            told_by_parties=e.tellers is not None,
            told_by_strangers=e.tellers is not None
            and (not asked <= e.tellers or not self.sites.earlier.keys().isdisjoint({place, source})),
            words=e.event_id not in self.fresh and (e.source_party or e.destination_party) is not None,
        )

    def near(self) -> tuple[list[Posting], frozenset[int]]:
        told = self.naming(frozenset())
        named = {site for posting in told for site in posting.entry.sites()}
        for sites in (named, bound_for(told)):
            near = self.address(sites)
            try:
                told = self.naming(near)
            except TooFar:
                continue
            while not (wanted := bound_for(told)) <= near:
                near = self.address(near | wanted)
                told = self.naming(near)
            return told, near
        raise TooFar

    def address(self, sites: Collection[int]) -> frozenset[int]:
        return frozenset(sites) | (PARTS if PARTS & set(sites) else frozenset())

    def naming(self, near: frozenset[int]) -> list[Posting]:
        told = [p for p in self.told if p.entry.event_id in self.fresh or p.entry.sites() & near]
        if len(told) > self.most:
            raise TooFar
        return told

    def check_stored(self, part: Part, changed: Difference) -> None:
        events, near = part.events(), part.near
        flows = [
            f
            for f in self.stored.flows
            if {f.ship_event, f.receive_event} & events or {f.from_site, f.to_site} & near
        ]
        gaps = [
            g
            for g in self.stored.gaps
            if g.site in near or (g.event_id in events and g.kind not in OF_BALANCES)
        ]
        holdings = [h for h in self.stored.holdings if h.site in near]
        if (
            Counter(flows) != Counter(changed.before.flows)
            or sorted(gaps, key=str) != sorted(changed.before.gaps, key=str)
            or sorted(holdings, key=str) != sorted(changed.before.holdings, key=str)
        ):
            raise TooFar

    def may_belong(self, part: Part, changed: Difference, of_all: Calm) -> bool:
        beside, one_step = rivals(part, changed), len(of_all.shipping) < 2
        shipping = beside.shipping_papers if one_step else None
        if beside.shipped_to and any(
            self.is_receipt_of(p, part, changed, beside.shipped_to, shipping, of_all) for p in self.told
        ):
            return True
        if not beside.received_by:
            return False
        entries = {posting.entry.event_id: posting.entry for posting in self.told}
        since = min(entry.time for entry in part.entries(fresh=True))
        for flow in self.stored.flows:
            if flow.kind is not FlowKind.MOVE or flow.ship_event is None or flow.ship_event in part.events():
                continue
            entry, arrived = entries[flow.ship_event], flow.arrived_at is not None and flow.arrived_at < since
            whole = (flow.shipped_uom, flow.shipped_quantity) == (flow.received_uom, flow.received_quantity)
            if not flow.inferred and arrived and whole and flow.departed_at <= (flow.arrived_at or since):
                continue
            there, papers = self.party(entry.destination_site), beside.receiving_papers
            alike = papers is None or not entry.transactions or entry.transactions & papers
            to = entry.destination_party in beside.received_by or (
                entry.destination_party is None and (there is None or there in beside.received_by)
            )
            if not one_step or (alike and to):
                return True
        return False

    def is_receipt_of(
        self,
        posting: Posting,
        part: Part,
        changed: Difference,
        parties: frozenset[int],
        papers: frozenset[str] | None,
        of_all: Calm,
    ) -> bool:
        entry = posting.entry
        if (
            posting.role is not Role.OBJECT
            or entry.step not in of_all.receiving
            or entry.event_id in part.events()
        ):
            return False
        place = entry.site if entry.site is not None else entry.read_site
        ends = [site for site in (place, entry.destination_site) if site is not None]
        theirs = entry.destination_party in parties or any(
            self.party(site) is None or self.party(site) in parties for site in ends
        )
        late = ("received_not_shipped", "received_before_shipped")
        unshipped = {g.event_id for g in self.stored.gaps if g.kind in late}
        alike = papers is None or not entry.transactions or bool(entry.transactions & papers)
        return theirs and ((entry.time >= changed.since and alike) or entry.event_id in unshipped)

    def beside(self, part: Part, changed: Difference, made_at: int) -> Beside:
        far = {site for site, _ in changed.touched}
        entries = {posting.entry.event_id: posting.entry for posting in self.told}
        looked: list[datetime] = []
        later: dict[tuple[int, str], Decimal] = {}
        witness = disputed = False
        for f in self.stored.flows:
            if f.kind is FlowKind.MOVE and f.ship_event is None and f.inferred:
                looked.append(max(f.departed_at, f.arrived_at or f.departed_at))
            if f.kind is FlowKind.MOVE and f.ship_event is None and f.receive_event is not None:
                tellers = entries[f.receive_event].tellers
                sold = f.from_site in self.sites.earlier
                disputed = disputed or (
                    tellers is not None and (sold or self.party(f.from_site) not in tellers)
                )
            if (
                f.to_site in far
                and f.arrived_at is not None
                and f.arrived_at >= changed.since
                and f.received_uom
            ):
                key = f.to_site, f.received_uom
                later[key] = later.get(key, ZERO) + (f.received_quantity or ZERO)
            witness = witness or (
                f.kind is FlowKind.MOVE
                and f.from_site == made_at
                and f.to_site not in (made_at, 0, *part.near)
                and f.departed_at < changed.since
                and (f.arrived_at is None or f.arrived_at < changed.since)
                and f.ship_event is not None
                and f.ship_event not in part.events()
            )
        gaps = [g for g in self.stored.gaps if g.kind in LOOKED_IN_VAIN]
        looked += [entries[g.event_id].time for g in gaps if g.event_id is not None]
        kinds = (*OF_BALANCES, *LOOKED_IN_VAIN, "claimed_by_another")
        there = {g.kind for g in self.stored.gaps if g.site in far and g.kind in kinds}
        return Beside(max(looked, default=None), witness, later, there, disputed)

    def project(self) -> BatchLedger:
        """The whole batch, as the part leaves it."""
        told, near = self.near()
        of_all = calm(self.kinds())
        made = [(h.produced_at, h.site) for h in self.stored.holdings if h.produced_at is not None and h.site]
        if not made:
            raise TooFar
        first, made_at = min(made)
        part = Part(BATCH, told, self.fresh, near, self.sites, transformations(told))
        changed = difference(part, of_all, first)
        self.check_stored(part, changed)
        if self.may_belong(part, changed, of_all):
            raise TooFar
        far = {site for site, _ in changed.touched}
        there = {(h.site, h.uom): h for h in self.stored.holdings if h.site in far}
        touched = check_rest(changed, self.beside(part, changed, made_at), of_all, there)
        flows = Counter(self.stored.flows) - Counter(changed.before.flows) + Counter(changed.after.flows)
        gaps = [gap for gap in self.stored.gaps if gap not in changed.before.gaps]
        holdings = [h for h in self.stored.holdings if h.site not in near and (h.site, h.uom) not in touched]
        return BatchLedger(
            list(flows.elements()),
            [*holdings, *changed.after.holdings, *touched.values()],
            [*gaps, *changed.after.gaps],
        )

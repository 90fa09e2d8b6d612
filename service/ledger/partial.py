"""Which part of a batch a new event bears on, and what it changes there. Pure.

A batch that ten thousand places have is not projected whole for one more shipment. Its *near* places are
those whose history the event is a part of: all events of the batch that name one of them are read, and the
plain rules (`projection.py`) are asked twice, without the new events and with them. What differs is what they
change.

Of all other places, the *far* ones, only this is used: who runs them, and that they have goods all the time
from which anything differs. So what leaves them, leaves them, whatever else they did. As soon as an answer
would depend on more (`TooFar`), the batch is projected whole:

- goods are looked for where the batch was last known, which may be anywhere; or were looked for later than
  what differs, so that the answer may be another one now;
- shipments without a destination, papers, voided shipments, places of which only the party is known, steps
  that are understood by whose place it is (`calm`);
- receipts and shipments at other places of a party that is concerned: they may be each other's;
- words of others than those who run the places, if any events are told by parties;
- places that nobody has on record, if any events name parties.

What the rules say of the part without the new events must be what is stored of it, row by row: else something
has reached into it that was not seen here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from service.ledger.acts import act_place
from service.ledger.calm import NOBODYS, Calm, TooFar
from service.ledger.claims import Claims
from service.ledger.consignments import Move
from service.ledger.model import (
    BatchLedger,
    Entry,
    Flow,
    FlowKind,
    Holding,
    Places,
    Posting,
    Sites,
    Transformation,
)
from service.ledger.near import NearPresence, Undisputed
from service.ledger.presence import Presence
from service.ledger.projection import project_batch
from service.ledger.steps import Effect, effect_of

#: Gaps of a place as a whole, which of a far one only the whole projection tells.
OF_BALANCES = ("negative_balance", "mixed_units")
#: Gaps which say that goods were looked for everywhere, in vain.
LOOKED_IN_VAIN = ("appears_from_nowhere", "seen_before_made")
#: Columns of a holding that add up.
SUMS = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """The postings of a batch that name a place of `near`, and the new ones (of the events `fresh`)."""

    batch: int
    told: Sequence[Posting]
    fresh: frozenset[int]
    near: frozenset[int]
    sites: Sites
    transformations: Mapping[int, Transformation]

    def entries(self, *, fresh: bool) -> list[Entry]:
        """Behind the new postings, or the others."""
        return [p.entry for p in self.told if (p.entry.event_id in self.fresh) == fresh]

    def events(self) -> set[int]:
        """Of all the postings."""
        return {posting.entry.event_id for posting in self.told}


@dataclass(frozen=True, slots=True)
class Difference:
    """The part `before` and `after`: all flows, holdings and gaps of the near places; of far ones the flows
    that leave them, and `touched`: what is added to their holdings. Nothing before `since` differs.
    """

    before: BatchLedger
    after: BatchLedger
    touched: Mapping[tuple[int, str], Holding]
    since: datetime


def difference(part: Part, of_all: Calm, made_first: datetime) -> Difference:
    """What the new events change. Raises `TooFar` where the part alone cannot say."""
    fresh = part.entries(fresh=True)
    _check_entries(part, of_all, made_first)
    old = [posting for posting in part.told if posting.entry.event_id not in part.fresh]
    before, after = _project(part, old), _project(part, part.told)
    gone = Counter(before.flows) - Counter(after.flows)
    came = Counter(after.flows) - Counter(before.flows)
    for flow in came:
        if flow.kind is FlowKind.MOVE and flow.to_site not in part.near:
            raise TooFar
    left, leaves = _departures(part, gone), _departures(part, came)
    if left - leaves:
        raise TooFar
    times = [entry.time for entry in fresh]
    times += [flow.departed_at for flow in (*gone, *came)]
    times += [flow.arrived_at for flow in (*gone, *came) if flow.arrived_at is not None]
    if min(times) < made_first:
        raise TooFar
    # An event may be the last of a place, and so named by its gaps, without changing a number of it: also
    # where it takes the place of another step of the same movement.
    concerned = {site for site, *_ in leaves - left} | {act_place(entry) for entry in fresh}
    concerned |= {site for site, _ in _first_words(gone) ^ _first_words(came)}
    touched = _touched(part, before.holdings, after.holdings, concerned)
    return Difference(_near(part, before), _near(part, after), touched, min(times))


def _check_entries(part: Part, of_all: Calm, made_first: datetime) -> None:
    named_by_party = of_all.words
    steps: set[str | None] = set()
    places = set(part.near)
    for posting in part.told:
        entry, effect = posting.entry, effect_of(posting.entry, posting.role, NOBODYS)
        if entry.time < made_first:
            raise TooFar
        if effect is Effect.SHIP:
            steps.add(entry.step)
        if effect is Effect.PRODUCE and entry.event_id in part.fresh:
            raise TooFar
        named_by_party = named_by_party or entry.source_party is not None
        named_by_party = named_by_party or entry.destination_party is not None
        places |= entry.sites()
    # Of three steps of one movement, which two are taken together depends on which was told first of others.
    if len(steps) > 2:
        raise TooFar
    # Where events name parties, any that names a place nobody has on record may tell whose it is. A new word
    # on a near one bears on old shipments and receipts of that party, wherever these are.
    if named_by_party and not places <= part.sites.owner.keys():
        raise TooFar


def _project(part: Part, told: Sequence[Posting]) -> BatchLedger:
    def follow(places: Places, moves: list[Move], _claims: Claims) -> Presence:
        return NearPresence(places, moves, Undisputed(places), part.near)

    return project_batch(part.batch, told, part.sites, part.transformations, follow=follow)


def _near(part: Part, ledger: BatchLedger) -> BatchLedger:
    gaps = [gap for gap in ledger.gaps if gap.kind not in OF_BALANCES or gap.site in part.near]
    return BatchLedger(ledger.flows, [h for h in ledger.holdings if h.site in part.near], gaps)


def _departures(part: Part, flows: Mapping[Flow, int]) -> Counter[tuple[int, object, object, object]]:
    """What leaves far places: it may become more, but what is there stays."""
    left: Counter[tuple[int, object, object, object]] = Counter()
    for flow, times in flows.items():
        if flow.from_site not in part.near:
            left[flow.from_site, flow.departed_at, flow.shipped_uom, flow.shipped_quantity] += times
    return left


def _first_words(flows: Iterable[Flow]) -> set[tuple[int, int | None]]:
    """The places that goods leave, each with the event that tells of it."""
    return {(flow.from_site, flow.ship_event or flow.receive_event) for flow in flows}


def _touched(
    part: Part, before: Sequence[Holding], after: Sequence[Holding], concerned: Collection[int | None]
) -> dict[tuple[int, str], Holding]:
    known = {(holding.site, holding.uom): holding for holding in before}
    touched = {}
    for holding in after:
        key = holding.site, holding.uom
        old = known.get(key)
        if holding.site not in part.near and (holding != old or holding.site in concerned):
            less = {name: getattr(holding, name) - (getattr(old, name) if old else ZERO) for name in SUMS}
            touched[key] = replace(holding, **less)
    return touched


def added(stored: Holding, more: Holding) -> Holding:
    """A far holding with what is added to it."""
    sums = {name: getattr(stored, name) + getattr(more, name) for name in SUMS}
    return replace(
        stored,
        first_at=min(stored.first_at, more.first_at),
        last_at=max(stored.last_at, more.last_at),
        **sums,
    )


@dataclass(frozen=True, slots=True)
class Rivals:
    """Parties by which events beside the part may belong together with it: `shipped_to`, where a shipment is
    new; `received_by`, where a receipt is. And the papers of these; None: some name none.
    """

    shipped_to: frozenset[int]
    received_by: frozenset[int]
    shipping_papers: frozenset[str] | None
    receiving_papers: frozenset[str] | None


def rivals(part: Part, changed: Difference) -> Rivals:
    """Raises `TooFar` where receipts are matched otherwise than they were, which may concern others."""
    papers: dict[Effect, list[frozenset[str]]] = {Effect.SHIP: [], Effect.RECEIVE: []}
    # Whoever is on record, or is named by the part's events, may run a place of it: a destination always is
    # one (`bound_for`), where goods come from need not be.
    parties = {part.sites.owner.get(site) for site in part.near}
    for posting in part.told:
        entry, effect = posting.entry, effect_of(posting.entry, posting.role, NOBODYS)
        parties.add(entry.destination_party)
        if not part.near.isdisjoint(
            site for site in (entry.source_site, entry.site, entry.read_site) if site
        ):
            parties.add(entry.source_party)
        if effect in papers and entry.event_id in part.fresh:
            papers[effect].append(entry.transactions)
    known = frozenset(party for party in parties if party is not None)
    if known:
        _check_receipts(changed)
    shipped, received = papers[Effect.SHIP], papers[Effect.RECEIVE]
    return Rivals(
        known if shipped else frozenset(),
        known if received else frozenset(),
        _all_papers(shipped),
        _all_papers(received),
    )


def _all_papers(named: Sequence[frozenset[str]]) -> frozenset[str] | None:
    return frozenset().union(*named) if all(named) else None


def _check_receipts(changed: Difference) -> None:
    def by_receipt(flows: Iterable[Flow]) -> dict[int, Counter[Flow]]:
        found: dict[int, Counter[Flow]] = {}
        for flow in flows:
            if flow.receive_event is not None and flow.kind is FlowKind.MOVE:
                found.setdefault(flow.receive_event, Counter())[flow] += 1
        return found

    now = by_receipt(changed.after.flows)
    for event, flows in by_receipt(changed.before.flows).items():
        if now.get(event) != flows and any(flow.ship_event is not None for flow in flows):
            raise TooFar


@dataclass(frozen=True, slots=True)
class Beside:
    """What the rest of the batch says. `looked`: when goods were last looked for everywhere; `witness`: they
    were made, and some left there, so that whoever looks for them finds something; `later`: (place, unit of
    measure) -> what came to far places that are touched, since anything differs; `gaps`: of these places;
    `disputed`: receipts that nobody shipped, told by others than who runs where they came from.
    """

    looked: datetime | None
    witness: bool
    later: Mapping[tuple[int, str], Decimal]
    gaps: Collection[str]
    disputed: bool


def check_rest(
    changed: Difference, beside: Beside, of_all: Calm, stored: Mapping[tuple[int, str], Holding]
) -> dict[tuple[int, str], Holding]:
    """The far holdings that are touched, as they are now. `stored`: all holdings of these places. Raises
    `TooFar` where the rest of the batch would not stay as it is.
    """
    if not beside.witness or (beside.looked is not None and beside.looked >= changed.since):
        raise TooFar
    if of_all.told and beside.disputed:
        raise TooFar
    if beside.gaps:
        raise TooFar
    now = {key: added(stored[key], more) for key, more in changed.touched.items() if key in stored}
    if len(now) < len(changed.touched):
        raise TooFar
    for site in {site for site, _ in now}:
        here = {key: now.get(key, holding) for key, holding in stored.items() if key[0] == site}
        moved = [h for h in here.values() if any(getattr(h, name) for name in SUMS)]
        left = [
            holding.on_hand
            - beside.later.get(key, ZERO)
            - (holding.produced if of_all.made_last is None or of_all.made_last >= changed.since else ZERO)
            for key, holding in here.items()
        ]
        short = any(holding.on_hand < 0 for holding in here.values())
        if len(moved) != 1 or short or max(left) <= 0:
            raise TooFar
    return now

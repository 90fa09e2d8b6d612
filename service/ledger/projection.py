"""The projection of one batch: its postings in, its flows, holdings and gaps out. A pure function.

ObjectEvent ADD, commissioning, harvesting, creating_class_instance
    `produced` at the holding.
shipping, departing, dispatching, returning with a destination
    A flow `move` from the source's holding to the destination's; in transit until received.
the same without a destination
    In transit to unknown until a receipt of the batch fits; a gap till then.
receiving, arriving, accepting
    Completes the open move that matches. Where none is open, makes the flow itself: from the source
    it names, else from where the goods were last known.
OBSERVE at a place where the goods are not known to be
    A flow `move`, marked `inferred`.
TransformationEvent, or several tied by transformationID
    A flow `transform` from each input holding to each output holding; inputs `consumed`, outputs
    `produced`.
AggregationEvent and AssociationEvent ADD, DELETE
    Contents change (`contents.py`). No flow, unless the goods were never known at that place.
any movement that names a logistic unit
    One flow for each batch then inside (`postings.py`), by what packings are taken to mean where they leave
    things out (`untold_contents.py`).
TransactionEvent
    Nothing, but where it alone tells of a movement: `papers.py`.
retail_selling, dispensing, consuming / destroying, decommissioning, DELETE / sampling
    `sold` / `destroyed` / `sampled`.
void_shipping
    The shipment it names never left.
a product without a lot
    A batch of its own; a flow `lot_untold` from each lot that may be among it: `untold_lots.py`.
what leaves a place by another's word than its party's
    Takes from its stock only where that party tells of nothing that left it: `claims.py`.
error declaration
    The event it names no longer counts: it never gets here.
any other step
    What the event says: `steps.py`.

The result depends on the *set* of postings alone: not on the order of capture, nor on how events
were split over documents. Ties of time are broken by eventID.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

from service.ledger.acts import Act, act_place
from service.ledger.claims import LEAVING, Claims, settle_claims
from service.ledger.consignments import Move
from service.ledger.doubts import Doubts
from service.ledger.matching import as_text, match_moves
from service.ledger.model import (
    UNKNOWN_SITE,
    Amounts,
    BatchLedger,
    Entry,
    Flow,
    FlowKind,
    Gap,
    Holding,
    Input,
    Output,
    Places,
    Posting,
    Role,
    Sites,
    Transformation,
)
from service.ledger.papers import not_told_otherwise
from service.ledger.presence import Presence
from service.ledger.steps import Effect, effect_of, place_of
from service.ledger.unspecified import specify
from service.ledger.untold_lots import Departure, Stays, link_lot

#: Effects that the matching turns into moves.
_MOVING = (Effect.SHIP, Effect.RECEIVE, Effect.VOID_SHIPMENT)


def project_batch(
    batch: int,
    postings: Sequence[Posting],
    sites: Sites,
    transformations: Mapping[int, Transformation],
    departures: Sequence[Departure] = (),
    follow: Callable[[Places, list[Move], Claims], Presence] = Presence,
) -> BatchLedger:
    """Flows, holdings and gaps of `batch`.

    `transformations`: event id of each posting with role INPUT or OUTPUT -> its transformation.
    `departures`: what left without a lot of the product that `batch` is a lot of. `follow`: what follows the
    goods, of a part of the batch (`partial.py`).
    """
    places = Places(sites, told_owners(postings, sites))
    moving: list[tuple[Posting, Effect]] = []
    acts: list[Act] = []
    for posting in sorted(postings, key=lambda p: (p.entry.time, p.entry.key, p.role)):
        if posting.role is Role.LEFT_BEHIND:
            continue
        effect = effect_of(posting.entry, posting.role, places)
        if effect in _MOVING:
            moving.append((posting, effect))
        else:
            acts.append(Act(posting.entry, effect, posting.amounts, act_place(posting.entry)))
    moves = match_moves(not_told_otherwise(moving, places), places)
    presence = follow(places, moves, Claims(postings, places))
    presence.run(acts)
    specify(presence, acts, places)
    claimed = settle_claims(presence.moves, acts)
    doubts = Doubts(postings)
    for move in presence.moves:
        doubts.mark(move)
    balances = _Balances(Places(sites, {**places.told_owners, **receivers(presence.moves, places)}))
    balances.add(presence, acts)
    flows = [flow for move in presence.moves for flow in _flows_of(batch, move)]
    gaps = [*presence.gaps, *claimed, *_gaps_of_moves(presence.moves), *balances.gaps(), *doubts.gaps(acts)]
    for act in acts:
        if act.effect is Effect.CONSUME:
            flows.extend(_transform_flows(act, transformations[act.entry.event_id]))
        gaps.extend(_gaps_of_act(act, transformations))
    if departures:
        untold, untold_gaps = link_lot(Stays(presence, acts), departures, places)
        flows += untold
        gaps += untold_gaps
    flows.sort(key=_flow_order)
    holdings = sorted(balances.holdings.values(), key=lambda h: (h.first_at, h.site, h.uom))
    gaps.sort(key=lambda gap: (gap.event_id or 0, gap.kind, gap.site or 0, sorted(gap.detail.items())))
    return BatchLedger(flows, holdings, gaps)


def told_owners(postings: Sequence[Posting], sites: Sites) -> dict[int | str, list[int]]:
    """Whom the batch's own events name for a place, each once; the latest word counts and is the last.

    A named source party runs the named source location, or the place of a shipment; a destination
    party the destination location, or the place of a receipt.
    """
    told: dict[int | str, list[int]] = {}
    told_so_far = Places(sites, told)

    def tell(site: int, party: int) -> None:
        parties = told.setdefault(sites.address(site), [])
        if parties and parties[-1] == party:
            return
        if party in parties:
            parties.remove(party)
        parties.append(party)

    for posting in sorted(postings, key=lambda p: (p.entry.time, p.entry.key)):
        entry = posting.entry
        if entry.source_party is None and entry.destination_party is None:
            continue
        effect = effect_of(entry, posting.role, told_so_far)
        place = entry.site if entry.site is not None else entry.read_site
        if entry.source_party is not None:
            if entry.source_site is not None:
                tell(entry.source_site, entry.source_party)
            if effect is Effect.SHIP and place is not None and place != entry.destination_site:
                tell(place, entry.source_party)
        if entry.destination_party is not None:
            if entry.destination_site is not None:
                tell(entry.destination_site, entry.destination_party)
            if effect is Effect.RECEIVE and place is not None and place != entry.source_site:
                tell(place, entry.destination_party)
    return told


def receivers(moves: Sequence[Move], places: Places) -> dict[int | str, list[int]]:
    """Where nobody says who runs a place, whom the goods received there had been shipped to; the latest word
    counts. Without it nobody is there to be told.
    """
    told: dict[int | str, list[int]] = {}
    for move in sorted(moves, key=lambda move: (move.arrived_at or move.departed_at, _key(move))):
        if move.ship is None or move.target is None or places.owner(move.target) is not None:
            continue
        party = move.ship.destination_party
        if party is not None and move.target != UNKNOWN_SITE:
            told[places.sites.address(move.target)] = [party]
    return told


def _key(move: Move) -> str:
    entry = move.receive or move.ship
    return "" if entry is None else entry.key


def _flows_of(batch: int, move: Move) -> list[Flow]:
    """One flow for each unit of measure that the move is told in."""
    assert move.origin is not None
    assert move.target is not None
    received = move.received if move.arrived_at is not None else None
    arrived = move.shipped if received is None else received
    shared = move.shipped.keys() & arrived.keys()
    pairs: list[tuple[str | None, str | None]] = [(uom, uom) for uom in sorted(shared)]
    if not len(shared) == len(move.shipped) == len(arrived):
        # Shipped in one unit of measure and received in another: one flow for the two.
        pairs += zip_longest(sorted(move.shipped.keys() - shared), sorted(arrived.keys() - shared))
    return [
        Flow(
            FlowKind.MOVE,
            move.origin,
            batch,
            move.target,
            move.departed_at,
            move.arrived_at,
            move.inferred,
            move.shipped.get(sent) if sent else None,
            sent,
            received.get(got) if received and got else None,
            got if received is not None else None,
            move.ship.event_id if move.ship else None,
            move.receive.event_id if move.receive and move.arrived_at is not None else None,
        )
        for sent, got in pairs
    ]


def _transform_flows(act: Act, transformation: Transformation) -> list[Flow]:
    """From the input's holding to each output's. Where one transformation spans several events, all
    inputs go into all outputs of one hand or one place (EPCIS 2.0 §7.4.6), whichever came first.
    """
    assert act.place is not None
    uom = next(iter(sorted(act.amounts)), None)
    return [
        Flow(
            FlowKind.TRANSFORM,
            act.place,
            output.batch,
            output.site,
            act.left_at or act.entry.time,
            output.time,
            False,
            act.amounts.get(uom) if uom else None,
            uom,
            None,
            None,
            act.entry.event_id,
            output.event_id,
        )
        for output in transformation.outputs
        if _goes_into(act.entry, output)
    ]


def _goes_into(used: Entry, output: Output) -> bool:
    """Not what strangers tell of one number, but at the place of the output they are none: each was let to
    tell what happens there, as where a plant is sold in the middle of a run.
    """
    return used.of_one_hand(output.tellers) or place_of(used) == output.site


def _is_used_for(made: Entry, used: Input) -> bool:
    """The same, looked at from what is made."""
    place = place_of(made)
    return made.of_one_hand(used.tellers) or used.site == (UNKNOWN_SITE if place is None else place)


def _flow_order(flow: Flow) -> tuple[object, ...]:
    return (
        flow.departed_at,
        flow.kind,
        flow.from_site,
        flow.to_batch,
        flow.to_site,
        flow.ship_event or 0,
        flow.receive_event or 0,
        flow.shipped_uom or "",
        flow.received_uom or "",
    )


def _gaps_of_moves(moves: Sequence[Move]) -> list[Gap]:
    gaps: list[Gap] = []
    for move in moves:
        gaps.extend(move.gaps)
        entry = move.receive or move.ship
        assert entry is not None
        if move.target == UNKNOWN_SITE:
            gaps.append(Gap("destination_unknown", move.origin, entry.event_id))
        if move.arrived_at is not None and move.arrived_at < move.departed_at:
            gaps.append(Gap("received_before_shipped", move.target, entry.event_id))
        if move.ship is None or move.received is None or move.claimed or move.received == move.shipped:
            continue
        for uom in sorted(move.shipped.keys() | move.received.keys()):
            sent, got = move.shipped.get(uom), move.received.get(uom)
            if (uom in move.shipped) != (uom in move.received) and move.shipped.keys() & move.received.keys():
                continue
            if sent != got:
                detail = {"uom": uom, "shipped": as_text(sent), "received": as_text(got)}
                gaps.append(Gap("quantity_difference", move.target, entry.event_id, detail))
    return gaps


def _gaps_of_act(act: Act, transformations: Mapping[int, Transformation]) -> list[Gap]:
    gaps: list[Gap] = []
    event = act.entry.event_id
    if act.effect not in (Effect.SIGHT, Effect.PACK) and None in act.amounts.values() and not act.claimed:
        gaps.append(Gap("quantity_not_stated", act.place, event))
    if (
        act.effect is Effect.PRODUCE
        and event in transformations
        and not any(_is_used_for(act.entry, used) for used in transformations[event].inputs)
    ):
        gaps.append(Gap("transformation_without_inputs", act.place, event))
    if act.effect is Effect.CONSUME and not any(
        _goes_into(act.entry, output) for output in transformations[event].outputs
    ):
        gaps.append(Gap("transformation_without_outputs", act.place, event))
    return gaps


class _Balances:
    """Holdings by (site, unit of measure)."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.holdings: dict[tuple[int, str], Holding] = {}
        self.last_event: dict[tuple[int, str], Entry] = {}
        self.appeared: set[int] = set()

    def add(self, presence: Presence, acts: Sequence[Act]) -> None:
        for move in presence.moves:
            assert move.origin is not None
            assert move.target is not None
            first, last = move.ship or move.receive, move.receive or move.ship
            assert first is not None
            assert last is not None
            self.put(move.origin, move.departed_at, move.shipped, "shipped", first)
            if move.arrived_at is not None and move.received is not None:
                self.put(move.target, move.arrived_at, move.received, "received", last)
            else:
                # Bound for it and not there yet: a holding all the same, so that it is told.
                self.put(move.target, move.departed_at, dict.fromkeys(move.shipped), "received", last)
        for place, entry, amounts in presence.appeared:
            self.put(place, entry.time, amounts, "received", entry)
        for act in acts:
            if act.effect is Effect.PRODUCE or act.effect in LEAVING:
                assert act.place is not None
                self.put(act.place, act.entry.time, act.amounts, act.effect.value, act.entry)
            elif act.place is not None:
                self.put(act.place, act.entry.time, dict.fromkeys(act.amounts), "received", act.entry)
        self.appeared = {gap.site for gap in presence.gaps if gap.kind == "appears_from_nowhere" and gap.site}

    def put(self, site: int, time: datetime, amounts: Amounts, column: str, entry: Entry) -> None:
        for uom, quantity in amounts.items():
            key = (site, uom)
            holding = self.holdings.get(key)
            if holding is None:
                holding = self.holdings[key] = Holding(site, uom, self.places.owner(site), time, time)
                self.last_event[key] = entry
            elif time < holding.first_at:
                holding.first_at = time
            elif time > holding.last_at:
                holding.last_at = time
            latest = self.last_event[key]
            if entry is not latest and (entry.time, entry.key) > (latest.time, latest.key):
                self.last_event[key] = entry
            if column == "produced":
                holding.produced_at = min(holding.produced_at or time, time)
            if quantity is not None:
                setattr(holding, column, getattr(holding, column) + quantity)

    def gaps(self) -> list[Gap]:
        gaps: list[Gap] = []
        units: dict[int, list[str]] = {}
        for (site, uom), holding in self.holdings.items():
            moved = (
                holding.produced or holding.received or holding.shipped or holding.consumed or holding.sold
            )
            if moved:
                units.setdefault(site, []).append(uom)
            if holding.on_hand < 0 and site != UNKNOWN_SITE and site not in self.appeared:
                detail = {"uom": uom, "on_hand": as_text(holding.on_hand)}
                gaps.append(Gap("negative_balance", site, self.last_event[site, uom].event_id, detail))
        for site, uoms in units.items():
            if len(uoms) > 1:
                detail = {"uoms": " ".join(sorted(uoms))}
                latest = max((self.last_event[site, uom] for uom in uoms), key=lambda e: (e.time, e.key))
                gaps.append(Gap("mixed_units", site, latest.event_id, detail))
        return gaps

"""Laws of the projection, over random little supply chains, without a database."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.ledger.acts import act_place
from service.ledger.model import UNKNOWN_SITE, BatchLedger, Flow, FlowKind, Places, Posting
from service.ledger.projection import told_owners as ledger_told_owners
from service.ledger.steps import Effect, effect_of, target_of
from tests.chains import Chain, chains
from tests.memory_ledger import MemoryLedger

ZERO = Decimal(0)
#: Effects whose amounts are summed up in the balance column of that name.
COUNTED = (Effect.PRODUCE, Effect.CONSUME, Effect.SELL, Effect.DESTROY, Effect.SAMPLE)


def made(chain: Chain) -> MemoryLedger:
    return MemoryLedger(chain.events, chain.owner_uris())


def ledgers(chain: Chain) -> Iterator[tuple[MemoryLedger, int, BatchLedger]]:
    memory = made(chain)
    for batch, ledger in memory.ledgers.items():
        yield memory, batch, ledger


def moves(ledger: BatchLedger) -> list[Flow]:
    return [flow for flow in ledger.flows if flow.kind is FlowKind.MOVE]


@settings(max_examples=100, deadline=None)
@given(chains(), st.randoms(use_true_random=False))
def test_the_order_of_capture_does_not_matter(chain: Chain, chance: random.Random) -> None:
    shuffled = chance.sample(chain.events, len(chain.events))
    assert made(Chain(shuffled, chain.owners)).rows() == made(chain).rows()


@settings(max_examples=100, deadline=None)
@given(chains())
def test_what_was_shipped_is_the_sum_of_flows_out_and_what_was_received_of_flows_in(chain: Chain) -> None:
    for _, _, ledger in ledgers(chain):
        shipped: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        received: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for flow in moves(ledger):
            if flow.shipped_uom:
                shipped[flow.from_site, flow.shipped_uom] += flow.shipped_quantity or ZERO
            if flow.received_uom:
                received[flow.to_site, flow.received_uom] += flow.received_quantity or ZERO
        appeared = {gap.site for gap in ledger.gaps if gap.kind == "appears_from_nowhere"}
        for holding in ledger.holdings:
            key = holding.site, holding.uom
            assert holding.shipped == shipped.pop(key, ZERO)
            unexplained = holding.received - received.pop(key, ZERO)
            assert unexplained == 0 or (unexplained > 0 and holding.site in appeared)
        assert not any(shipped.values())
        assert not any(received.values())


@settings(max_examples=100, deadline=None)
@given(chains())
def test_nothing_gets_lost_and_nothing_is_doubled(chain: Chain) -> None:
    """produced + appeared = on hand + in transit + differences + consumed + sold + destroyed + sampled."""
    for memory, batch, ledger in ledgers(chain):
        told: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for posting, effect in effects(memory, batch):
            if effect in COUNTED:
                for uom, quantity in posting.amounts.items():
                    told[effect.value, uom] += quantity or ZERO
        booked: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        left: dict[str, Decimal] = defaultdict(Decimal)
        for holding in ledger.holdings:
            for effect in COUNTED:
                booked[effect.value, holding.uom] += getattr(holding, effect.value)
            left[holding.uom] += holding.on_hand
        assert _some(booked) == _some(told)
        came: dict[str, Decimal] = defaultdict(Decimal)
        for holding in ledger.holdings:
            came[holding.uom] += holding.produced + holding.received
        for flow in moves(ledger):
            if flow.received_uom:
                came[flow.received_uom] -= flow.received_quantity or ZERO
            if flow.shipped_uom:
                left[flow.shipped_uom] += flow.shipped_quantity or ZERO
            if flow.received_uom:
                left[flow.received_uom] -= flow.received_quantity or ZERO
        for uom in {uom for _, uom in booked}:
            gone = sum((booked[effect.value, uom] for effect in COUNTED[1:]), ZERO)
            assert came[uom] == left[uom] + gone


MAKER, ADDRESSEE, ELSEWHERE = (
    {"id": f"https://id.gs1.org/414/{gln}"} for gln in ("9529113092395", "9524926533929", "9520776960199")
)


def _told(number: int, step: str, action: str, place: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:event:{number}",
        "eventTime": f"2026-01-02T0{number}:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": step,
        "readPoint": place,
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09525820056057/10/A"}],
        **more,
    }


#: Received where nobody sent it, by a word that names the addressee of the shipment.
BOUND: Final = [{"type": "location", "destination": ADDRESSEE["id"]}]
RECEIVED_ELSEWHERE: Final = Chain(
    [
        _told(0, "commissioning", "ADD", MAKER),
        _told(1, "shipping", "OBSERVE", MAKER, destinationList=BOUND),
        _told(2, "receiving", "OBSERVE", ELSEWHERE, destinationList=BOUND),
    ],
    {},
)


@settings(max_examples=100, deadline=None)
@example(RECEIVED_ELSEWHERE)
@given(chains())
def test_no_place_that_an_event_names_is_missed(chain: Chain) -> None:
    """Wherever goods were received, used, seen, or sent to, there is a holding: there, or where the same
    party has them.
    """
    for memory, batch, ledger in ledgers(chain):
        geography = memory.geography
        held = {holding.site for holding in ledger.holdings}
        places = Places(geography, told_owners(memory, batch))
        whose = {holding.party for holding in ledger.holdings} - {None}
        addresses = {geography.address(site) for site in held}
        voided = any(effect is Effect.VOID_SHIPMENT for _, effect in effects(memory, batch))
        for posting, effect in effects(memory, batch):
            entry = posting.entry
            if effect is Effect.SHIP:
                place = None if voided else entry.destination_site
            elif effect is Effect.RECEIVE:
                place = target_of(entry, places)
            elif effect is Effect.VOID_SHIPMENT:
                continue
            else:
                place = act_place(entry)
            if place is not None:
                assert geography.address(place) in addresses or places.owner(place) in whose


@settings(max_examples=100, deadline=None)
@given(chains())
def test_goods_leave_only_places_they_came_to_before_or_a_gap_says_so(chain: Chain) -> None:
    for _, _, ledger in ledgers(chain):
        since: dict[int, datetime] = {}
        for holding in ledger.holdings:
            if holding.produced_at is not None:
                since[holding.site] = min(since.get(holding.site, holding.produced_at), holding.produced_at)
        for flow in moves(ledger):
            if flow.arrived_at is not None:
                since[flow.to_site] = min(since.get(flow.to_site, flow.arrived_at), flow.arrived_at)
        # What left without a lot may be of one that was bound for there.
        bound = dict(since)
        for flow in moves(ledger):
            if flow.arrived_at is None:
                bound[flow.to_site] = min(bound.get(flow.to_site, flow.departed_at), flow.departed_at)
        excused = {gap.site for gap in ledger.gaps if gap.kind == "appears_from_nowhere"} | {UNKNOWN_SITE}
        for flow in ledger.flows:
            if flow.from_site in excused:
                continue
            known = bound if flow.kind is FlowKind.LOT_UNTOLD else since
            assert flow.from_site in known
            assert known[flow.from_site] <= flow.departed_at


@settings(max_examples=100, deadline=None)
@given(chains())
def test_flows_and_gaps_name_events_that_count(chain: Chain) -> None:
    for memory, _, ledger in ledgers(chain):
        for flow in ledger.flows:
            named = {flow.ship_event, flow.receive_event} - {None}
            assert named
            assert named <= memory.entries.keys()
        for gap in ledger.gaps:
            assert gap.event_id in memory.entries


def _some(amounts: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    return {key: amount for key, amount in amounts.items() if amount}


def effects(memory: MemoryLedger, batch: int) -> list[tuple[Posting, Effect]]:
    places = Places(memory.geography, told_owners(memory, batch))
    return [(p, effect_of(p.entry, p.role, places)) for p in memory.postings[batch]]


def told_owners(memory: MemoryLedger, batch: int) -> dict[int | str, list[int]]:
    return ledger_told_owners(memory.postings[batch], memory.geography)

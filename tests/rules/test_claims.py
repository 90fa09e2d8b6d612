"""Whose word takes from whose stock, over random little supply chains told by several parties."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from service.ledger.acts import act_place
from service.ledger.claims import LEAVING
from service.ledger.model import UNKNOWN_SITE, BatchLedger, Entry, FlowKind, Places
from service.ledger.projection import told_owners
from service.ledger.steps import Effect, effect_of, origin_of, target_of
from service.trace.graph import BEGINNING, Edge, Node, reach_forward
from tests.chains import PARTIES, PLACES, Chain, chains
from tests.memory_ledger import MemoryLedger
from tests.world import (
    Json,
    commission,
    destroy,
    objects,
    observe,
    party,
    place,
    receive,
    sell,
    ship,
    transform,
)

#: Who captures: an operator, a party for itself, or for another that lets it.
HANDS: tuple[tuple[str, ...] | None, ...] = (
    None,
    ("Farm Ltd",),
    ("Shop Ltd",),
    ("Rival",),
    ("Rival", "Farm Ltd"),
)


@dataclass(frozen=True)
class Told:
    """A chain, and for each of its events by whom it is told."""

    chain: Chain
    hands: Sequence[tuple[str, ...] | None]

    def ledger(self) -> MemoryLedger:
        tellers = {
            number: [party(name) for name in hand]
            for number, hand in enumerate(self.hands)
            if hand is not None
        }
        return MemoryLedger(self.chain.events, self.chain.owner_uris(), tellers)


@st.composite
def told_chains(draw: st.DrawFn) -> Told:
    drawn = draw(chains())
    owners = {name: draw(st.sampled_from(PARTIES)) for name in PLACES}
    hands = [draw(st.sampled_from(HANDS)) for _ in drawn.events]
    return Told(Chain(drawn.events, owners), hands)


def speaks(entry: Entry, by: int) -> bool:
    return entry.tellers is None or by in entry.tellers


def telling(memory: MemoryLedger, batch: int) -> set[int]:
    """The parties that tell themselves of something in the batch that left one of their places."""
    found = set()
    places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
    for posting in memory.postings[batch]:
        effect = effect_of(posting.entry, posting.role, places)
        at = {Effect.SHIP: origin_of(posting.entry, places)}.get(effect, act_place(posting.entry))
        by = None if at is None else places.owner(at)
        if effect in (Effect.SHIP, *LEAVING) and by is not None and speaks(posting.entry, by):
            found.add(by)
    return found


@settings(max_examples=40, deadline=None)
@given(told_chains())
def test_stock_of_who_tells_what_leaves_is_taken_from_by_its_own_word_alone(told: Told) -> None:
    memory = told.ledger()
    for batch, ledger in memory.ledgers.items():
        answering = telling(memory, batch)
        places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
        stated: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for flow in ledger.flows:
            if flow.kind is not FlowKind.MOVE or flow.shipped_quantity is None or flow.shipped_uom is None:
                continue
            words = [memory.entries[e] for e in (flow.ship_event, flow.receive_event) if e is not None]
            by = places.owner(flow.from_site)
            assert by not in answering or any(speaks(word, by) for word in words)
            stated[flow.from_site, flow.shipped_uom] += flow.shipped_quantity
        for holding in ledger.holdings:
            assert holding.shipped == stated[holding.site, holding.uom]
            own = [
                posting
                for posting in memory.postings[batch]
                if holding.party not in answering or speaks(posting.entry, holding.party)
            ]
            gone = holding.consumed + holding.sold + holding.destroyed + holding.sampled
            effects = [effect_of(each.entry, each.role, places) for each in own]
            most = sum(
                (each.amounts.get(holding.uom) or Decimal(0))
                for each, effect in zip(own, effects, strict=True)
                if effect in LEAVING
            )
            assert gone <= most


@settings(max_examples=40, deadline=None)
@given(told_chains())
def test_another_word_is_all_there_is_of_a_place_whose_party_tells_nothing(told: Told) -> None:
    memory = told.ledger()
    for batch, ledger in memory.ledgers.items():
        answering = telling(memory, batch)
        places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
        for site in claims(ledger):
            assert site is not None
            assert places.owner(site) in answering


@settings(max_examples=40, deadline=None)
@given(told_chains())
def test_whoever_says_that_he_has_goods_is_a_holder_whatever_his_word_is_worth(told: Told) -> None:
    memory = told.ledger()
    for batch, ledger in memory.ledgers.items():
        places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
        held = {memory.geography.address(holding.site) for holding in ledger.holdings}
        whose = {holding.party for holding in ledger.holdings} - {None}
        for posting in memory.postings[batch]:
            effect = effect_of(posting.entry, posting.role, places)
            if effect in (Effect.SHIP, Effect.VOID_SHIPMENT):
                continue
            at = target_of(posting.entry, places) if effect is Effect.RECEIVE else act_place(posting.entry)
            if at is not None and at != UNKNOWN_SITE:
                assert memory.geography.address(at) in held or places.owner(at) in whose
        # What is claimed is passed on by a trace as anything else.
        reached = {flow.to_site for flow in ledger.flows if flow.kind is FlowKind.MOVE}
        assert reached <= {holding.site for holding in ledger.holdings}


@settings(max_examples=60, deadline=None)
@given(told_chains())
def test_nobody_vanishes_from_a_trace_by_who_tells_the_events(told: Told) -> None:
    # What strangers tell of one run is not tied, by decision: here each run is told by one.
    runs = {
        event.get("transformationID"): hand for event, hand in zip(told.chain.events, told.hands, strict=True)
    }
    hands = [
        runs[event["transformationID"]] if "transformationID" in event else hand
        for event, hand in zip(told.chain.events, told.hands, strict=True)
    ]
    memory = Told(told.chain, hands).ledger()
    by_operators = MemoryLedger(told.chain.events, told.chain.owner_uris())
    for batch in by_operators.ledgers:
        uri = by_operators.batches.names[batch]
        assert reached(by_operators, uri) <= reached(memory, uri)


def reached(memory: MemoryLedger, batch_uri: str) -> set[tuple[str, str]]:
    """(batch, place) of all that a trace forward from a batch reaches."""
    batch = memory.batches.of[batch_uri]
    starts = {Node(batch, holding.site): BEGINNING for holding in memory.ledgers[batch].holdings}
    edges = [
        Edge(Node(each, flow.from_site), Node(flow.to_batch, flow.to_site), flow.departed_at, flow.arrived_at)
        for each, ledger in memory.ledgers.items()
        for flow in ledger.flows
    ]
    found = reach_forward(edges, starts)
    return {(memory.batches.names[node.batch], memory.sites.names[node.site]) for node in found}


def claims(ledger: BatchLedger) -> list[int | None]:
    return [gap.site for gap in ledger.gaps if gap.kind == "claimed_by_another"]


RUNS = {"farm": "Farm Ltd", "shop": "Shop Ltd", "den": "Rival"}
FARM, SHOP, RIVAL = ("Farm Ltd",), ("Shop Ltd",), ("Rival",)
SHIPPED = ship("A=10", at="farm", to="shop", on=2)
RECEIVED = receive("A=10", at="shop", source="farm", on=3)
CLAIMED = receive("A=90", at="den", source="farm", on=4)
CONFIRMED = ship("A=90", at="farm", to="den", on=3.5)
#: Events without a place of their own, told by who is at one of their ends.
PULLED = ship("A=90", source="farm", to="den", on=4)
BURNT = destroy("A=90", source="farm", to_party="Rival", on=4)
SEEN = observe("A=90", at="den", on=4)


def book(*told: tuple[Json, tuple[str, ...] | None]) -> tuple[int, bool, int]:
    """How much of A left the farm's stock, whether the den is a holder, and how many claims there are."""
    made = commission("A=100", at="farm", on=1)
    events = [{**event, "eventID": f"urn:event:{n}"} for n, (event, _) in enumerate(((made, FARM), *told))]
    memory = Told(Chain(events, RUNS), (FARM, *(hand for _, hand in told))).ledger()
    (ledger,) = memory.ledgers.values()
    sites = {memory.sites.names[holding.site] for holding in ledger.holdings}
    farm = next(h for h in ledger.holdings if memory.sites.names[h.site] == place("farm"))
    return int(farm.produced - farm.on_hand), place("den") in sites, len(claims(ledger))


def test_a_receipt_takes_from_the_stock_of_its_source_once_that_confirms_it() -> None:
    honest = ((SHIPPED, FARM), (RECEIVED, SHOP), (sell("A=1", at="shop", on=3.5), SHOP))
    assert book(*honest, (CLAIMED, RIVAL)) == (10, True, 1)
    assert book(*honest, (CLAIMED, RIVAL), (CONFIRMED, FARM)) == (100, True, 0)
    assert book(*honest, (CLAIMED, RIVAL), (CONFIRMED, (*RIVAL, *FARM))) == (100, True, 0)
    for operators in (None, (*RIVAL, *FARM)):
        assert book(*honest, (CLAIMED, operators)) == (100, True, 0)
    for false in (PULLED, SEEN):
        assert book(*honest, (false, RIVAL)) == (10, True, 1), false
    assert book(*honest, (BURNT, RIVAL)) == (10, False, 1)


def test_receipts_are_believed_of_a_source_that_records_nothing_that_leaves_it() -> None:
    assert book((RECEIVED, SHOP)) == (10, False, 0)
    assert book((RECEIVED, SHOP), (CLAIMED, RIVAL)) == (100, True, 0)


def test_nobody_voids_anothers_shipment() -> None:
    void = objects("A=90", step="void_shipping", at="den", source="farm", on=5)
    assert book((CONFIRMED, FARM), (void, RIVAL)) == (90, True, 0)
    for may in (FARM, None, (*RIVAL, *FARM)):
        assert book((CONFIRMED, FARM), (void, may))[:2] == (0, False)
    late = ship("A=90", source="farm", to="den", step="departing", on=6)
    assert book((CONFIRMED, FARM), (late, FARM)) == (90, True, 0)
    assert book((CONFIRMED, FARM), (late, RIVAL)) == (90, True, 1)


def test_a_number_of_a_transformation_ties_no_strangers_goods_to_its_outputs() -> None:
    made = transform([], ["A=5"], tid="run", at="farm", on=2)

    def ties(hand: tuple[str, ...] | None, **where: str) -> int:
        used = transform(["junk/J=1"], [], tid="run", **(where or {"at": "den"}), on=2)
        events = [{**event, "eventID": f"urn:event:{n}"} for n, event in enumerate((used, made))]
        memory = Told(Chain(events, RUNS), (hand, FARM)).ledger()
        return sum(flow.kind is FlowKind.TRANSFORM for book in memory.ledgers.values() for flow in book.flows)

    assert (ties(RIVAL), ties((*RIVAL, *FARM)), ties(None)) == (0, 1, 1)
    # At one place whoever may tell what happens there tells of one run, though the place was sold meanwhile.
    assert (ties(RIVAL, at="farm"), ties(RIVAL, source="farm")) == (1, 0)

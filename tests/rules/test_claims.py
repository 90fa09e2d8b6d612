"""Whose word takes from whose stock, over random little supply chains told by several parties."""

from collections import defaultdict
from collections.abc import Callable, Sequence
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
from tests.memory_ledger import UNKNOWN, MemoryLedger
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
    when,
)

#: Who captures: an operator, a party for itself, or for another that lets it.
HANDS: tuple[tuple[str, ...] | None, ...] = (
    None,
    ("Farm Ltd",),
    ("Shop Ltd",),
    ("Rival",),
    ("Rival", "Farm Ltd"),
)


#: Who answers for a place by an event.
Whose = Callable[[int | None, Entry], int | None]


@dataclass(frozen=True)
class Told:
    """A chain, and for each of its events by whom it is told; a place, who sold it, and how many of the
    events were told until then.
    """

    chain: Chain
    hands: Sequence[tuple[str, ...] | None]
    sold: tuple[str, str, int] | None = None

    def ledger(self) -> MemoryLedger:
        tellers = {
            number: [party(name) for name in hand]
            for number, hand in enumerate(self.hands)
            if hand is not None
        }
        sold = {place(self.sold[0]): (party(self.sold[1]), self.sold[2])} if self.sold else {}
        return MemoryLedger(self.chain.events, self.chain.owner_uris(), tellers, sold)

    def answers(self, memory: MemoryLedger, places: Places) -> "Whose":
        """Who answered for a place when an event was told, in the plainest words."""

        def whose(site: int | None, entry: Entry) -> int | None:
            if site is None:
                return None
            if self.sold and memory.sites.names[site].startswith(place(self.sold[0])):
                number = next(
                    n
                    for n, event in enumerate(self.chain.events)
                    if event["eventID"] == entry.key and "errorDeclaration" not in event
                )
                if number < self.sold[2]:
                    return memory.parties.of.get(party(self.sold[1]))
            return places.owner(site)

        return whose


@st.composite
def told_chains(draw: st.DrawFn) -> Told:
    drawn = draw(chains())
    owners = {name: draw(st.sampled_from(PARTIES)) for name in PLACES}
    hands = [draw(st.sampled_from(HANDS)) for _ in drawn.events]
    seller, until = draw(st.sampled_from((*PARTIES, "Rival"))), draw(st.integers(0, len(hands)))
    sold = draw(st.sampled_from((None, (draw(st.sampled_from(("farm", "plant"))), seller, until))))
    return Told(Chain(drawn.events, owners), hands, sold)


def speaks(entry: Entry, by: int) -> bool:
    return entry.tellers is None or by in entry.tellers


def telling(memory: MemoryLedger, batch: int, places: Places, whose: Whose) -> set[int]:
    """The parties that keep books of the batch: they tell themselves of something in it at their places, or
    operators tell of what left these.
    """
    found = set()
    for posting in memory.postings[batch]:
        entry, effect = posting.entry, effect_of(posting.entry, posting.role, places)
        at = act_place(entry)
        if effect in (Effect.SHIP, Effect.VOID_SHIPMENT):
            at = origin_of(entry, places)
        elif effect is Effect.RECEIVE:
            at = target_of(entry, places)
        by = whose(at, entry)
        leaves = effect in (Effect.SHIP, *LEAVING)
        if by is not None and (leaves if entry.tellers is None else by in entry.tellers):
            found.add(by)
    return found


def counts(answering: set[int], whose: Whose, site: int, *words: Entry) -> bool:
    """Do these take goods out of the stock of a place?"""
    by = [(whose(site, word), word) for word in words]
    return not answering & {party for party, _ in by} or any(
        party is not None and speaks(word, party) for party, word in by
    )


@settings(max_examples=60, deadline=None)
@given(told_chains())
def test_stock_of_who_keeps_books_is_taken_from_by_the_word_of_whose_place_it_was(told: Told) -> None:
    memory = told.ledger()
    for batch, ledger in memory.ledgers.items():
        places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
        whose = told.answers(memory, places)
        answering = telling(memory, batch, places, whose)

        stated: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
        for flow in ledger.flows:
            if flow.kind is not FlowKind.MOVE or flow.shipped_quantity is None or flow.shipped_uom is None:
                continue
            words = [memory.entries[e] for e in (flow.ship_event, flow.receive_event) if e is not None]
            assert counts(answering, whose, flow.from_site, *words)
            stated[flow.from_site, flow.shipped_uom] += flow.shipped_quantity
        for holding in ledger.holdings:
            assert holding.shipped == stated[holding.site, holding.uom]
            gone = holding.consumed + holding.sold + holding.destroyed + holding.sampled
            most = sum(
                (each.amounts.get(holding.uom) or Decimal(0))
                for each in memory.postings[batch]
                if effect_of(each.entry, each.role, places) in LEAVING
                and counts(answering, whose, holding.site, each.entry)
            )
            assert gone <= most


@settings(max_examples=40, deadline=None)
@given(told_chains())
def test_another_word_is_all_there_is_of_a_place_whose_party_tells_nothing(told: Told) -> None:
    memory = told.ledger()
    for batch, ledger in memory.ledgers.items():
        places = Places(memory.geography, told_owners(memory.postings[batch], memory.geography))
        whose = told.answers(memory, places)
        answering = telling(memory, batch, places, whose)
        for gap in ledger.gaps:
            if gap.kind == "claimed_by_another":
                assert gap.event_id is not None
                # It names one of two words on a move; the place may have been sold between them.
                events = {gap.event_id} | {
                    flow.ship_event
                    for flow in ledger.flows
                    if flow.ship_event is not None
                    and (flow.from_site, flow.receive_event) == (gap.site, gap.event_id)
                }
                assert answering & {whose(gap.site, memory.entries[event]) for event in events}


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
    memory = Told(told.chain, hands, told.sold).ledger()
    by_operators = MemoryLedger(told.chain.events, told.chain.owner_uris())
    for batch in by_operators.ledgers:
        uri = by_operators.batches.names[batch]
        # Goods that are nobody knows where are nobody's to be told of.
        somewhere = {(each, at) for each, at in reached(by_operators, uri) if at != UNKNOWN}
        assert somewhere <= reached(memory, uri)


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


def book(
    *told: tuple[Json, tuple[str, ...] | None],
    runs: dict[str, str] = RUNS,
    sold: tuple[str, str, int] | None = None,
    maker: tuple[str, ...] | None = FARM,
) -> tuple[int, bool, int]:
    """How much of A left the farm's stock, whether the den is a holder, and how many claims there are."""
    made = commission("A=100", at="farm", on=1)
    events = [{**event, "eventID": f"urn:event:{n}"} for n, (event, _) in enumerate(((made, maker), *told))]
    memory = Told(Chain(events, runs), (maker, *(hand for _, hand in told)), sold).ledger()
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


def test_receipts_are_believed_of_a_source_that_records_nothing_itself() -> None:
    for maker in (None, SHOP):
        assert book((RECEIVED, SHOP), maker=maker) == (10, False, 0)
        assert book((RECEIVED, SHOP), (CLAIMED, RIVAL), maker=maker) == (100, True, 0)


def test_a_receipt_takes_nothing_from_who_has_told_only_that_it_made_or_received_them() -> None:
    assert book((RECEIVED, SHOP)) == (0, False, 1)
    assert book((CLAIMED, RIVAL)) == (0, True, 1)
    assert book((SHIPPED, FARM), (RECEIVED, SHOP)) == (10, False, 0)
    brought = receive("A=3", at="farm", source="shop", on=1.5)
    assert book((brought, FARM), (CLAIMED, RIVAL), maker=None) == (-3, True, 1)
    assert book((observe("A=100", at="farm", on=2), FARM), (CLAIMED, RIVAL), maker=None) == (0, True, 1)


def test_what_was_told_before_a_place_was_sold_was_told_by_who_ran_it_then() -> None:
    now = {**RUNS, "farm": "Shop Ltd"}
    sold = ("farm", "Farm Ltd", 2)
    later = ship("A=5", at="farm", to="plant", on=5)
    assert book((SHIPPED, FARM), (later, SHOP), runs=now, sold=sold) == (15, False, 0)
    # Who ran it has no say any more; who runs it now has none in what was told before.
    assert book((SHIPPED, FARM), (later, SHOP), (CLAIMED, FARM), runs=now, sold=sold) == (15, True, 1)
    assert book((SHIPPED, FARM), (PULLED, RIVAL), runs=now, sold=("farm", "Farm Ltd", 3)) == (10, True, 1)


def test_a_place_that_nobody_has_on_record_was_run_by_whom_events_name_each_in_his_time() -> None:
    runs = {"shop": "Shop Ltd", "den": "Rival"}
    first = ship("A=10", at="farm", source_party="Farm Ltd", to="plant", on=2)
    second = ship("A=5", at="farm", source_party="Shop Ltd", to="plant", on=5)
    assert book((first, FARM), (second, SHOP), runs=runs) == (15, False, 0)
    assert book((first, FARM), (second, SHOP), (CLAIMED, RIVAL), runs=runs) == (15, True, 1)


def test_nobody_voids_anothers_shipment() -> None:
    void = objects("A=90", step="void_shipping", at="den", source="farm", on=5)
    assert book((CONFIRMED, FARM), (void, RIVAL)) == (90, True, 0)
    for may in (FARM, None, (*RIVAL, *FARM)):
        assert book((CONFIRMED, FARM), (void, may))[:2] == (0, False)
    late = ship("A=90", source="farm", to="den", step="departing", on=6)
    assert book((CONFIRMED, FARM), (late, FARM)) == (90, True, 0)
    assert book((CONFIRMED, FARM), (late, RIVAL)) == (90, True, 0)


def test_a_carrier_who_tells_of_a_shipment_that_its_sender_tells_claims_nothing() -> None:
    carried = ship("A=10", at="hub", source="farm", to="shop", step="departing", on=2)
    for after in (0.0, 0.1):
        told = {**SHIPPED, "eventTime": when(2 + after)}
        assert book((told, FARM), (carried, RIVAL)) == (10, False, 0)
        assert book((carried, RIVAL), (told, FARM)) == (10, False, 0)
        assert book((carried, RIVAL), (told, FARM), (RECEIVED, SHOP)) == (10, False, 0)
    # What names somebody whom the sender does not name is followed.
    elsewhere = ship("A=10", at="hub", source="farm", to="den", step="departing", on=2)
    assert book((SHIPPED, FARM), (elsewhere, RIVAL)) == (10, True, 1)


def test_a_run_has_no_inputs_by_what_strangers_tell_of_its_number() -> None:
    made = transform([], ["A=5"], tid="run", at="farm", on=2)
    for hand, at, gaps in ((RIVAL, "den", 1), (RIVAL, "farm", 0), (FARM, "den", 0), (None, "den", 0)):
        used = transform(["junk/J=1"], [], tid="run", at=at, on=2)
        events = [{**event, "eventID": f"urn:event:{n}"} for n, event in enumerate((used, made))]
        memory = Told(Chain(events, RUNS), (hand, FARM)).ledger()
        kinds = [gap.kind for each in memory.ledgers.values() for gap in each.gaps]
        assert kinds.count("transformation_without_inputs") == gaps, (hand, at)


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

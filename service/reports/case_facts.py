"""From flows and holdings of a case to what its holders did, what was planned, what was sold. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from service.reports.mass_balance import Held, MassBalance
from service.reports.progress import Events, Holder, Key, Step
from service.reports.tiers import Edge, Node, origins_of, tiers

_NONE: Final = Decimal(0)
#: Depth of a recall at which what consumers have is to come back too (21 CFR 7.42 (b)(1)).
CONSUMER: Final = "consumer"


def holder_at(site: int, party: int | None) -> Holder:
    """Who holds at a site: its party, or the site itself where nobody knows whose it is."""
    return Holder("site", site) if party is None else Holder("party", party)


class LateMove(NamedTuple):
    """One move of a batch since the defect was known. `arrived_at` None: in transit."""

    batch: int
    origin: int
    target: int
    uom: str
    quantity: Decimal
    departed_at: datetime
    arrived_at: datetime | None


class Destroyed(NamedTuple):
    """What one event destroyed since the defect was known."""

    batch: int
    site: int
    uom: str
    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFlows:
    """The flows of a case's batches and all that hangs on them. `scope`: the batches that the case names;
    `moves`, `destroyed`: each since the defect was known; `holders`: who is at each holding.
    """

    places: Sequence[Held]
    edges: Sequence[Edge]
    moves: Sequence[LateMove]
    destroyed: Sequence[Destroyed]
    holders: Mapping[Node, Holder]
    scope: Collection[int]

    def tiers(self) -> dict[Node, int]:
        """How far from their origin the goods are at each holding."""
        made = [(row.batch, row.site) for row in self.places if row.produced]
        held = [(row.batch, row.site) for row in self.places]
        return tiers(self.edges, origins_of(self.scope, made, held, self.edges), self.holders)

    def makers(self) -> dict[int, set[Holder]]:
        """Whose hands each batch comes from."""
        made = [(row.batch, row.site) for row in self.places if row.produced]
        held = [(row.batch, row.site) for row in self.places]
        found: dict[int, set[Holder]] = defaultdict(set)
        for node in origins_of({row.batch for row in self.places}, made, held, self.edges):
            found[node[0]].add(self.holders.get(node, Holder("site", node[1])))
        return found


def holder_events(case: CaseFlows, affected: Collection[Node]) -> dict[Key, Events]:
    """What events tell of each holder of affected holdings. A move to a lower tier since the defect was known
    is a return; one between places of the same holder is none at all.
    """
    tier, found = case.tiers(), defaultdict[Key, Events](Events)
    wanted = frozenset(affected)
    for row in case.places:
        node = (row.batch, row.site)
        if node in wanted:
            _add_place(found[Key(case.holders[node], row.batch, row.uom)], row)
    for one in case.destroyed:
        if (one.batch, one.site) in wanted:
            events = found[Key(case.holders[one.batch, one.site], one.batch, one.uom)]
            events.destroyed += one.quantity
            events.steps.append(Step(one.at, False, one.quantity))
    for edge in case.edges:
        source, target = (edge.batch, edge.origin), (edge.to_batch, edge.target)
        giver = case.holders.get(source)
        if edge.move and edge.uom and source in wanted and giver and giver != case.holders.get(target):
            up = is_up(tier, source, target)
            found[Key(giver, edge.batch, edge.uom)].forwarded += edge.before + (_NONE if up else edge.since)
    for move in case.moves:
        _add_return(found, case.holders, tier, wanted, move)
    return dict(found)


def is_up(tier: Mapping[Node, int], source: Node, target: Node) -> bool:
    """Does a move lead back up the chain?"""
    return source in tier and target in tier and tier[target] < tier[source]


def _add_return(
    found: dict[Key, Events],
    holders: Mapping[Node, Holder],
    tier: Mapping[Node, int],
    wanted: Collection[Node],
    move: LateMove,
) -> None:
    source, target = (move.batch, move.origin), (move.batch, move.target)
    giver, taker = holders.get(source), holders.get(target)
    if giver == taker or not is_up(tier, source, target):
        return
    if giver is not None and source in wanted:
        events = found[Key(giver, move.batch, move.uom)]
        events.returned += move.quantity
        events.steps.append(Step(move.departed_at, False, move.quantity))
    if taker is not None and target in wanted and move.arrived_at is not None:
        events = found[Key(taker, move.batch, move.uom)]
        events.returned_in += move.quantity
        events.steps.append(Step(move.arrived_at, True, move.quantity))


def _add_place(events: Events, row: Held) -> None:
    events.produced += row.produced
    events.received += row.received
    events.consumed += row.consumed
    events.sold += row.sold
    gone = row.shipped + row.consumed + row.sold + row.destroyed + row.sampled
    events.on_hand += row.produced + row.received - gone


def planned_quantity(case: CaseFlows, balance: MassBalance, depth: str) -> dict[str, Decimal]:
    """What there is to recover, by unit of measure: all that was made or came in, without what was used up,
    sampled or destroyed before the defect was known, and at a depth above the consumer without what was sold.
    """
    since: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for one in case.destroyed:
        since[one.batch, one.uom] += one.quantity
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (batch, uom), line in sorted(balance.lines.items()):
        left = line.total - line.accounted["consumed"] - line.accounted["sampled"]
        left -= line.accounted["destroyed"] - since[batch, uom]
        if depth != CONSUMER:
            left -= line.accounted["sold"]
        found[uom] += max(left, _NONE)
    return dict(found)


def market_quantity(case: CaseFlows) -> dict[str, Decimal]:
    """What left its makers' hands, by unit of measure: shipped to others or sold to consumers by themselves,
    without what others used up in making something else.
    """
    makers = case.makers()
    left: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    tier = case.tiers()
    for edge in case.edges:
        source, target = (edge.batch, edge.origin), (edge.to_batch, edge.target)
        giver, taker = case.holders.get(source), case.holders.get(target)
        if not edge.move or edge.uom is None or giver not in makers[edge.batch] or giver == taker:
            continue
        up = is_up(tier, source, target)
        left[edge.batch, edge.uom] += edge.before + (_NONE if up else edge.since)
    for row in case.places:
        maker = case.holders.get((row.batch, row.site)) in makers[row.batch]
        left[row.batch, row.uom] += row.sold if maker else -row.consumed
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (_, uom), quantity in sorted(left.items()):
        found[uom] += max(quantity, _NONE)
    return dict(found)

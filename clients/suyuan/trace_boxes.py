"""What a picture of a trace shows: a box for each holding, or, where they are many, for groups of them.

Groups are tiers by regions: every holding, flow and gap is counted in exactly one place, so sums stay exact.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Final

from suyuan.trace_layers import Link, layers
from suyuan.traces import Flow, Gap, Holding, Trace

#: Holdings that are drawn one by one; more are grouped.
HOLDINGS_MOST: Final = 300
#: Groups of a picture, if coarser regions can help it; regions of a column, and columns of groups.
GROUPS_MOST, REGIONS_MOST, COLUMNS_MOST = 48, 8, 8
#: Digits of a region code that name a county, a prefecture, a province (GB/T 2260).
DIGITS: Final = (6, 4, 2)
#: A flow without a moment left last.
NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Box:
    """A holding, or all of some tiers in a region: None where it is not known. `others`: of so many more
    regions, which had fewer holdings. `within`: flows of the group that stay in its tiers and are not drawn.
    """

    layer: int
    tiers: tuple[int, int]
    region: str | None
    holdings: list[Holding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    within: list[Flow] = field(default_factory=list)
    others: int = 0

    def sums(self, state: str) -> dict[str, Decimal]:
        """Quantities by unit of measure; `state`: a field of `Balance`, or `in_transit`."""
        return sums(self.holdings, state)


@dataclass(slots=True)
class Line:
    """All flows from one box to another. `back`: they close a circle."""

    flows: list[Flow]
    back: bool


@dataclass(slots=True)
class Shown:
    """Boxes with the lines between them. `loose_flows`, `loose_gaps`: of no holding of the trace."""

    boxes: list[Box]
    lines: dict[Link, Line]
    grouped: bool
    digits: int
    loose_flows: int
    loose_gaps: int


def sums(holdings: Iterable[Holding], state: str) -> dict[str, Decimal]:
    """Quantities by unit of measure, none that is zero; `state`: a field of `Balance`, or `in_transit`."""
    found = defaultdict[str, Decimal](Decimal)
    for holding in holdings:
        if state == "in_transit":
            for amount in holding.in_transit_in:
                found[amount.uom or ""] += amount.quantity or Decimal(0)
        else:
            for balance in holding.balances:
                found[balance.uom] += getattr(balance, state)
    return {uom: quantity for uom, quantity in sorted(found.items()) if quantity}


def shown(trace: Trace, most: int = HOLDINGS_MOST) -> Shown:
    """The boxes and lines of a trace; above `most` holdings in groups."""
    at = {(holding.batch.id, holding.site.id): number for number, holding in enumerate(trace.holdings)}
    flows = defaultdict[Link, list[Flow]](list)
    loose = 0
    for flow in trace.flows:
        a = at.get((flow.from_.batch_id, flow.from_.site_id))
        b = at.get((flow.to.batch_id, flow.to.site_id))
        if a is None or b is None:
            loose += 1
        else:
            flows[a, b].append(flow)
    tier, back = layers(_ranks(len(at), flows), list(flows), from_end=trace.direction == "backward")
    grouped = len(trace.holdings) > most
    regions = [_region(trace, holding) for holding in trace.holdings]
    if grouped:
        boxes, box_of, digits = _groups(trace.holdings, tier, regions)
    else:
        boxes = [
            Box(tier[n], (tier[n], tier[n]), regions[n], [holding])
            for n, holding in enumerate(trace.holdings)
        ]
        box_of, digits = list(range(len(boxes))), DIGITS[0]
    lines: dict[Link, Line] = {}
    for (a, b), some in flows.items():
        ends = box_of[a], box_of[b]
        if grouped and boxes[ends[0]].layer == boxes[ends[1]].layer:
            boxes[ends[0]].within += some
        else:
            line = lines.setdefault(ends, Line([], back=True))
            line.flows += some
            line.back &= (a, b) in back
    places = [at.get((gap.batch_id or 0, gap.site_id or 0)) for gap in trace.gaps]
    for gap, place in zip(trace.gaps, places, strict=True):
        if place is not None:
            boxes[box_of[place]].gaps.append(gap)
    return Shown(boxes, lines, grouped, digits, loose, places.count(None))


def _ranks(nodes: int, flows: dict[Link, list[Flow]]) -> list[int]:
    """Holdings by when goods first left them: what comes back to one that sent earlier closes a circle."""
    left = [NEVER] * nodes
    for (a, _), some in flows.items():
        left[a] = min([left[a], *(flow.departed_at for flow in some if flow.departed_at is not None)])
    ranks = [0] * nodes
    for rank, node in enumerate(sorted(range(nodes), key=lambda each: (left[each], each))):
        ranks[node] = rank
    return ranks


def _region(trace: Trace, holding: Holding) -> str | None:
    """Of the place; where it is not known, of the party."""
    party = trace.party_of(holding)
    return holding.site.region or (party.region if party else None)


def _coarse(region: str | None, digits: int) -> str | None:
    """The first digits of a code of China; of one such as US-TX the country, when provinces are asked."""
    if region is None or not region.strip():
        return None
    if region.isdecimal():
        return region[:digits]
    return region.partition("-")[0] if digits == DIGITS[-1] else region


def _groups(
    holdings: Sequence[Holding], tier: Sequence[int], regions: Sequence[str | None]
) -> tuple[list[Box], list[int], int]:
    """Groups column by column, the biggest first; the group of each holding; digits of their regions."""
    together = ceil((max(tier) + 1) / COLUMNS_MOST)
    column = [each // together for each in tier]
    keys: list[tuple[int, str | None]] = []
    for digits in DIGITS:
        keys = [(layer, _coarse(region, digits)) for layer, region in zip(column, regions, strict=True)]
        if len(set(keys)) <= GROUPS_MOST:
            break
    counts = Counter(keys)
    ranked = defaultdict[int, list[str | None]](list)
    for layer, region in sorted(counts, key=lambda key: (key[0], -counts[key], key[1] is None, key[1] or "")):
        ranked[layer].append(region)
    boxes: list[Box] = []
    number: dict[tuple[int, str | None], int] = {}
    for layer, of in ranked.items():
        tiers = (layer * together, min(max(tier), (layer + 1) * together - 1))
        alone = of if len(of) <= REGIONS_MOST else of[: REGIONS_MOST - 1]
        for region in alone:
            number[layer, region] = len(boxes)
            boxes.append(Box(layer, tiers, region))
        if rest := of[len(alone) :]:
            number.update(((layer, region), len(boxes)) for region in rest)
            boxes.append(Box(layer, tiers, None, others=len(rest)))
    box_of = [number[key] for key in keys]
    for holding, box in zip(holdings, box_of, strict=True):
        boxes[box].holdings.append(holding)
    return boxes, box_of, digits

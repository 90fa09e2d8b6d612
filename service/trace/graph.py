"""The rule of a trace, in its plainest form: the reference that every faster walk must equal.

A node is a holding: (batch, site). An edge is a flow.

Forward, a holding is affected from the earliest moment that affected goods arrived or were made there,
and only what left it at or after that moment carries on. Backward is the mirror: only what had arrived
by the time of departure can have contributed. What left counts in full: nobody knows which sack it was.

`reach_*` repeat over all edges until nothing changes: slow, short, and plainly right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: Earlier and later than anything: PostgreSQL's finite range is wider, but no event is outside this.
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
NO_SKEW = timedelta(0)


class Node(NamedTuple):
    """A holding."""

    batch: int
    site: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A flow: `arrived_at` None while in transit, when it may be there already."""

    source: Node
    target: Node
    departed_at: datetime
    arrived_at: datetime | None

    @property
    def reaches_at(self) -> datetime:
        """When the goods may have been at the target first."""
        return self.arrived_at if self.arrived_at is not None else self.departed_at


@dataclass(frozen=True, slots=True)
class Reached:
    """`at`: forward, affected since; backward, contributing until. `hops`: fewest flows from a start."""

    at: datetime
    hops: int


def reach_forward(
    edges: Iterable[Edge], starts: Mapping[Node, datetime], skew: timedelta = NO_SKEW
) -> dict[Node, Reached]:
    """The holdings affected by goods that were at `starts` from the given moments on."""
    edges = list(edges)
    since = dict(starts)
    changed = True
    while changed:
        changed = False
        for edge in edges:
            if carries_forward(edge, since, skew) and edge.reaches_at < since.get(edge.target, END):
                since[edge.target] = edge.reaches_at
                changed = True
    feasible = [(edge.source, edge.target) for edge in edges if carries_forward(edge, since, skew)]
    return _with_hops(since, starts, feasible)


def reach_backward(
    edges: Iterable[Edge], starts: Mapping[Node, datetime], skew: timedelta = NO_SKEW
) -> dict[Node, Reached]:
    """The holdings that goods at `starts` until the given moments can have come from."""
    edges = list(edges)
    until = dict(starts)
    changed = True
    while changed:
        changed = False
        for edge in edges:
            if carries_backward(edge, until, skew) and edge.departed_at > until.get(edge.source, BEGINNING):
                until[edge.source] = edge.departed_at
                changed = True
    feasible = [(edge.target, edge.source) for edge in edges if carries_backward(edge, until, skew)]
    return _with_hops(until, starts, feasible)


def carries_forward(edge: Edge, since: Mapping[Node, datetime], skew: timedelta) -> bool:
    """Did the flow leave an affected holding at or after the moment it was affected?"""
    at = since.get(edge.source)
    return at is not None and (at == BEGINNING or edge.departed_at >= at - skew)


def carries_backward(edge: Edge, until: Mapping[Node, datetime], skew: timedelta) -> bool:
    """Had the flow arrived at a contributing holding by the time the goods left it?"""
    at = until.get(edge.target)
    return at is not None and (at == END or edge.reaches_at <= at + skew)


def _with_hops(
    at: Mapping[Node, datetime], starts: Mapping[Node, datetime], feasible: list[tuple[Node, Node]]
) -> dict[Node, Reached]:
    hops = dict.fromkeys(starts, 0)
    changed = True
    while changed:
        changed = False
        for near, far in feasible:
            if near in hops and hops[near] + 1 < hops.get(far, len(at) + 1):
                hops[far] = hops[near] + 1
                changed = True
    return {node: Reached(at[node], hops[node]) for node in at}

"""The rule of a trace, in its plainest form: the reference that every faster walk must equal.

A node is a holding: (batch, site). An edge is a flow.

Forward, a holding is affected from the earliest moment that affected goods arrived or were made there,
and only what left it at or after that moment carries on. Backward is the mirror: only what had arrived
by the time of departure can have contributed. What left counts in full: nobody knows which sack it was.

`reach_*` repeat over all edges until nothing changes, each time one flow further: slow, short, and
plainly right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
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
    """`at`: forward, affected since; backward, contributing until. `hops`: the fewest flows, one after
    the other in time, that lead here from a start.
    """

    at: datetime
    hops: int


def reach_forward(
    edges: Iterable[Edge], starts: Mapping[Node, datetime], skew: timedelta = NO_SKEW
) -> dict[Node, Reached]:
    """The holdings affected by goods that were at `starts` from the given moments on."""
    edges = list(edges)
    since, hops = dict(starts), dict.fromkeys(starts, 0)
    for flows in count(1):
        before = dict(since)
        for edge in edges:
            if carries_forward(edge, before, skew):
                since[edge.target] = min(edge.reaches_at, since.get(edge.target, END))
                hops.setdefault(edge.target, flows)
        if since == before:
            break
    return {node: Reached(at, hops[node]) for node, at in since.items()}


def reach_backward(
    edges: Iterable[Edge], starts: Mapping[Node, datetime], skew: timedelta = NO_SKEW
) -> dict[Node, Reached]:
    """The holdings that goods at `starts` until the given moments can have come from."""
    edges = list(edges)
    until, hops = dict(starts), dict.fromkeys(starts, 0)
    for flows in count(1):
        before = dict(until)
        for edge in edges:
            if carries_backward(edge, before, skew):
                until[edge.source] = max(edge.departed_at, until.get(edge.source, BEGINNING))
                hops.setdefault(edge.source, flows)
        if until == before:
            break
    return {node: Reached(at, hops[node]) for node, at in until.items()}


def carries_forward(edge: Edge, since: Mapping[Node, datetime], skew: timedelta) -> bool:
    """Did the flow leave an affected holding at or after the moment it was affected?"""
    at = since.get(edge.source)
    return at is not None and at - edge.departed_at <= skew


def carries_backward(edge: Edge, until: Mapping[Node, datetime], skew: timedelta) -> bool:
    """Had the flow arrived at a contributing holding by the time the goods left it?"""
    at = until.get(edge.target)
    return at is not None and edge.reaches_at - at <= skew

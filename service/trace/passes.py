"""The time-respecting pass over flows in columns: the rule of `graph.py` for a hundred thousand at once.

Backward is forward with time turned round: ends swapped, moments negated. So there is one pass: a flow
carries where `near_at` is not before the moment of the holding it leaves, and brings `far_at` to the other.

Flows stand by the holding they leave, in order of `near_at`, with a mark at each holding from where on they
carried so far. A holding reached earlier than before takes only what lies before its mark, so each flow is
taken once and the work is that of sorting them; every step takes all holdings reached by the step before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from service.trace.graph import BEGINNING, END, Node

Column = NDArray[np.int64]

#: PostgreSQL's moments are microseconds since here.
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
#: Before any moment (turned round: after). Far enough from the end of 64 bits for a skew to be added.
EVER: Final = -(2**62)
LARGEST: Final = 2**63 - 1


def column(packed: bytes | None) -> Column:
    """From what PostgreSQL's `int8send` or `timestamptz_send` made of each; None: there are none."""
    return np.frombuffer(packed or b"", ">i8").astype(np.int64)


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows, a column each: keys of the two ends, microseconds since `EPOCH`. `ordinal` names the flow within
    `batch`; `reaches` is when it arrived, or departed while it is in transit.
    """

    batch: Column
    ordinal: Column
    from_site: Column
    to_batch: Column
    to_site: Column
    departs: Column
    reaches: Column

    def __len__(self) -> int:
        return len(self.batch)

    @classmethod
    def read(cls, packed: Sequence[bytes | None]) -> "Flows":
        """From columns as the database packs them."""
        return cls(*map(column, packed))

    @classmethod
    def joined(cls, parts: Sequence["Flows"]) -> "Flows":
        """All of them."""
        names = cls.__slots__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def of(self, chosen: NDArray[Any]) -> "Flows":
        """Those chosen, by a mask or by places."""
        return Flows(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a pass reached, a column each: holdings, their moments (turned round for a backward pass) and
    hops; `carried`: a mask of the flows that carry.
    """

    batch: Column
    site: Column
    at: Column
    hops: Column
    carried: NDArray[np.bool_]


def reach(flows: Flows, starts: Mapping[Node, int], *, forward: bool, skew: int) -> Reach:
    """Pass on from `starts` (moments as `turned` gives them) over `flows`; `skew` in microseconds."""
    first = np.array(list(starts), dtype=np.int64).reshape(-1, 2)
    sources = (flows.batch, flows.from_site, flows.departs)
    targets = (flows.to_batch, flows.to_site, flows.reaches)
    near, far = (sources, targets) if forward else (targets, sources)
    sign = 1 if forward else -1
    keys = _keys(
        np.concatenate([near[0], far[0], first[:, 0]]), np.concatenate([near[1], far[1], first[:, 1]])
    )
    _, where, index = np.unique(keys, return_index=True, return_inverse=True)
    near_node, far_node, start_node = np.split(index, [len(flows), 2 * len(flows)])
    order = _in_order(near_node, sign * near[2])
    spread = _Spread(
        len(where), near_node[order], sign * near[2][order], far_node[order], sign * far[2][order], skew
    )
    spread.begin(start_node, np.fromiter(starts.values(), np.int64, len(starts)))
    carried = np.zeros(len(flows), dtype=np.bool_)
    carried[order] = spread.carried()
    found = np.flatnonzero(spread.hops >= 0)
    batches = np.concatenate([near[0], far[0], first[:, 0]])[where[found]]
    sites = np.concatenate([near[1], far[1], first[:, 1]])[where[found]]
    return Reach(batches, sites, spread.at[found], spread.hops[found], carried)


def _keys(batch: Column, site: Column) -> Column:
    """One number for each holding."""
    if len(batch) == 0:
        return batch
    sites = int(site.max()) + 1
    if int(batch.max()) * sites + sites > LARGEST:
        known, site = np.unique(site, return_inverse=True)
        sites = len(known)
    return batch * sites + site


def _in_order(node: Column, at: Column) -> Column:
    """Places sorted by node, then moment. (`np.lexsort` says the same, ten times as slowly.)"""
    rank = np.empty(len(at), dtype=np.int64)
    rank[np.argsort(at)] = np.arange(len(at))
    return np.argsort(node * len(at) + rank)


class _Spread:
    """The pass. Flows stand by the node they leave (`near`), soonest first; `mark`: where at each node those
    begin that carried.
    """

    def __init__(
        self, nodes: int, near: Column, near_at: Column, far: Column, far_at: Column, skew: int
    ) -> None:
        self.near_at, self.far, self.far_at, self.skew = near_at, far, far_at, skew
        self.near = near
        self.mark = np.cumsum(np.bincount(near, minlength=nodes))
        self.first = np.concatenate([[0], self.mark[:-1]])
        self.at = np.full(nodes, -EVER, dtype=np.int64)
        self.hops = np.full(nodes, -1, dtype=np.int64)

    def begin(self, nodes: Column, at: Column) -> None:
        """From these nodes and moments, until nothing changes."""
        self.at[nodes] = at
        self.hops[nodes] = 0
        for step in count(1):
            nodes = self._step(nodes)
            if not len(nodes):
                return
            self.hops[nodes[self.hops[nodes] < 0]] = step

    def carried(self) -> NDArray[np.bool_]:
        """Which flows carried."""
        return np.arange(len(self.near)) >= self.mark[self.near]

    def _step(self, nodes: Column) -> Column:
        """Take what begins to carry at `nodes`; the nodes that it reaches sooner than was known."""
        taken = self._taken(nodes)
        far, far_at = self.far[taken], self.far_at[taken]
        sooner = far_at < self.at[far]
        far = far[sooner]
        np.minimum.at(self.at, far, far_at[sooner])
        return np.unique(far)

    def _taken(self, nodes: Column) -> Column:
        """Places of the flows that begin to carry; marks them."""
        limit = self.at[nodes] - self.skew
        low, high = self.first[nodes], self.mark[nodes]
        ends = high
        while (open_ := low < high).any():
            middle = (low + high) >> 1
            before = np.zeros(len(nodes), dtype=np.bool_)
            before[open_] = self.near_at[middle[open_]] < limit[open_]
            low = np.where(before, middle + 1, low)
            high = np.where(open_ & ~before, middle, high)
        self.mark[nodes] = low
        counts = ends - low
        places = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        return places + np.arange(len(places))


def turned(at: datetime, *, forward: bool) -> int:
    """A start's moment as a pass wants it."""
    if at in (BEGINNING, END):
        return EVER
    moment = (at - EPOCH) // MICROSECOND
    return moment if forward else -moment


def moment(at: int, *, forward: bool) -> datetime:
    """A pass's moment as a time; that of a start without one is `BEGINNING`, or `END`."""
    if at == EVER:
        return BEGINNING if forward else END
    return EPOCH + MICROSECOND * (at if forward else -at)

"""The time-respecting pass over flows in columns: the rule of `graph.py` for a hundred thousand at once.

Backward is forward with time turned round: ends swapped, moments negated. So there is one pass: a flow
carries where `near_at` is not before the moment of the holding it leaves, and brings `far_at` to the other.

Flows stand by the holding they leave, in order of `near_at`, with a mark at each holding from where on they
carried so far. A holding reached earlier than before takes only what lies before its mark, so each flow is
taken once and the work is that of sorting them; every step takes all holdings reached by the step before.
"""

from collections.abc import Iterable, Mapping, Sequence
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
#: Nodes are told apart by sorting them while they are no more than one in so many, else by a mark on each.
MANY_OF: Final = 32


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
    def read(cls, packed: Iterable[bytes | None]) -> "Flows":
        """From columns as the database packs them."""
        return cls(*map(column, packed))

    @classmethod
    def none(cls) -> "Flows":
        """No flows."""
        return cls.read([None] * len(cls.__slots__))

    @classmethod
    def joined(cls, parts: Sequence["Flows"]) -> "Flows":
        """All of them."""
        if len(parts) == 1:
            return parts[0]
        names = cls.__slots__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def of(self, chosen: NDArray[Any]) -> "Flows":
        """Those chosen, by a mask or by places."""
        if chosen.dtype == np.bool_ and chosen.all():
            return self
        return Flows(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a pass begins, a column each: holdings and their moments as `turned` gives them."""

    batch: Column
    site: Column
    at: Column

    @classmethod
    def of(cls, starts: Mapping[Node, datetime], *, forward: bool) -> "Begun":
        """There may be a hundred thousand, most of one moment."""
        moments = {at: turned(at, forward=forward) for at in set(starts.values())}
        count = len(starts)
        batch = np.fromiter((node[0] for node in starts), np.int64, count)
        site = np.fromiter((node[1] for node in starts), np.int64, count)
        return cls(batch, site, np.fromiter((moments[at] for at in starts.values()), np.int64, count))


@dataclass(frozen=True, slots=True)
class Reach:
    """What a pass reached, a column each: holdings in the order of their keys, their moments (turned round
    for a backward pass) and hops; `carried`: a mask of the flows that carry.
    """

    batch: Column
    site: Column
    at: Column
    hops: Column
    carried: NDArray[np.bool_]


def reach(flows: Flows, starts: Begun, *, forward: bool, skew: int) -> Reach:
    """Pass on from `starts` over `flows`; `skew` in microseconds."""
    count = len(flows)
    sources, targets = (flows.batch, flows.from_site), (flows.to_batch, flows.to_site)
    near, far = (sources, targets) if forward else (targets, sources)
    near_at, far_at = (flows.departs, flows.reaches) if forward else (-flows.reaches, -flows.departs)
    batch = np.concatenate([near[0], far[0], starts.batch])
    site = np.concatenate([near[1], far[1], starts.site])
    order, fresh = _in_order(*keys_of(batch, site))
    node = np.empty(len(batch), dtype=np.int64)
    node[order] = np.cumsum(fresh) - 1
    # The flows by the node they leave: they were sorted with all others.
    by_node = _soonest_first(order[order < count], node, near_at)
    spread = _Spread(
        int(fresh.sum()), node[by_node], near_at[by_node], node[count + by_node], far_at[by_node], skew
    )
    spread.begin(node[2 * count :], starts.at)
    carried = np.empty(count, dtype=np.bool_)
    carried[by_node] = spread.carried()
    found = np.flatnonzero(spread.hops >= 0)
    where = order[fresh][found]
    return Reach(batch[where], site[where], spread.at[found], spread.hops[found], carried)


def keys_of(batch: Column, site: Column) -> tuple[Column, int]:
    """One number for each holding, in the order of batch and site; and one more than the largest."""
    if len(batch) == 0:
        return batch, 1
    low, sites = int(batch.min()), int(site.max()) + 1
    batches = int(batch.max()) - low + 1
    if batches * sites > LARGEST:
        # Numbers far apart: counted instead.
        known, site = np.unique(site, return_inverse=True)
        sites = len(known)
        seen, batch = np.unique(batch, return_inverse=True)
        low, batches = 0, len(seen)
    return (batch - low) * sites + site, batches * sites


def _in_order(keys: Column, largest: int) -> tuple[Column, NDArray[np.bool_]]:
    """Places in the order of keys, equal ones in the order they came; which are the first of their key."""
    bits = max(1, len(keys)).bit_length()
    if largest <= LARGEST >> bits:
        # Key and place in one number: sorting numbers is several times as fast as sorting places by them.
        both = np.sort(keys << bits | np.arange(len(keys)))
        order, ordered = both & ((1 << bits) - 1), both >> bits
    else:
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
    fresh = np.ones(len(keys), dtype=np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return order, fresh


def in_order_of(values: Column) -> Column:
    """Places in the order of the values, equal ones in the order they stand."""
    if not len(values):
        return np.arange(0)
    low, high = int(values.min()), int(values.max())
    if high - low > LARGEST:
        return np.argsort(values, kind="stable")
    return _in_order(values - low, high - low + 1)[0]


def _soonest_first(order: Column, node: Column, at: Column) -> Column:
    """Places in the order of their nodes, of one node by moment; `order` has them by node already. Packed
    flows are in time, others as a rule: only nodes where they are not are looked at.
    """
    moments, nodes = at[order], node[order]
    early = (moments[1:] < moments[:-1]) & (nodes[1:] == nodes[:-1])
    if not early.any():
        return order
    mixed = np.zeros(len(node), dtype=np.bool_)
    mixed[nodes[1:][early]] = True
    places = np.flatnonzero(mixed[nodes])
    soonest = order[places]
    soonest = soonest[np.argsort(at[soonest])]
    order = order.copy()
    order[places] = soonest[_in_order(node[soonest], len(node))[0]]
    return order


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
        far, far_at = far[sooner], far_at[sooner]
        # Of most nodes there is one: the rest is mended after, for that takes much longer.
        self.at[far] = far_at
        again = far_at < self.at[far]
        np.minimum.at(self.at, far[again], far_at[again])
        if len(far) * MANY_OF < len(self.at):
            return np.unique(far)
        reached = np.zeros(len(self.at), dtype=np.bool_)
        reached[far] = True
        return np.flatnonzero(reached)

    def _taken(self, nodes: Column) -> Column:
        """Places of the flows that begin to carry; marks them."""
        # Nothing leaves most of them: the end of the line.
        nodes = nodes[self.first[nodes] < self.mark[nodes]]
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


def distinct(values: Column) -> Column:
    """The values in order, each once. (`np.unique` says the same, ten times as slowly for large columns.)"""
    ordered = np.sort(values)
    fresh: Column = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return fresh


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

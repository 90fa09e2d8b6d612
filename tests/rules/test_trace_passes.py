"""The two fast passes, in columns and one by one, against the plain rule of `graph.py`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.trace.few import reach_few
from service.trace.graph import (
    BEGINNING,
    END,
    Edge,
    Node,
    Reached,
    carries_backward,
    carries_forward,
    reach_backward,
    reach_forward,
)
from service.trace.passes import EPOCH, MICROSECOND, Begun, Flows, Reach, column, moment, reach
from tests.conftest import GRAPHS

MINUTE = timedelta(minutes=1)
#: Keys as a database may give them: near each other, and so far apart that two make no one number.
FAR_APART = (1, 2**31, 2**62)


def at(minute: int) -> datetime:
    """Minutes after some noon, or before."""
    return datetime.fromisoformat("2026-03-01T12:00:00+00:00") + minute * MINUTE


def flows_of(edges: Sequence[Edge]) -> Flows:
    """As the database packs them."""

    def packed(values: Sequence[int]) -> bytes:
        return b"".join(value.to_bytes(8, "big", signed=True) for value in values)

    return Flows(
        *(
            column(packed(values))
            for values in (
                [edge.source.batch for edge in edges],
                list(range(len(edges))),
                [edge.source.site for edge in edges],
                [edge.target.batch for edge in edges],
                [edge.target.site for edge in edges],
                [(edge.departed_at - EPOCH) // MICROSECOND for edge in edges],
                [(edge.reaches_at - EPOCH) // MICROSECOND for edge in edges],
            )
        )
    )


def as_told(found: Reach, edges: Sequence[Edge], forward: bool) -> tuple[dict[Node, Reached], Counter[Edge]]:
    """Holdings, and flows that carry, as the rule has them."""
    rows = zip(found.batch.tolist(), found.site.tolist(), found.at.tolist(), found.hops.tolist(), strict=True)
    held = {
        Node(batch, site): Reached(moment(time, forward=forward), hops) for batch, site, time, hops in rows
    }
    return held, Counter(edge for edge, carries in zip(edges, found.carried, strict=True) if carries)


def assert_the_rule(
    edges: Sequence[Edge], starts: Mapping[Node, datetime], skew: timedelta, forward: bool
) -> None:
    """Both passes find what the rule finds, and in the same order."""
    by_rule, carries = (reach_forward, carries_forward) if forward else (reach_backward, carries_backward)
    expected = by_rule(edges, starts, skew)
    since = {node: reached.at for node, reached in expected.items()}
    carried = Counter(edge for edge in edges if carries(edge, since, skew))
    begun = Begun.of(starts, forward=forward)
    passes = [
        one(flows_of(edges), begun, forward=forward, skew=skew // MICROSECOND) for one in (reach, reach_few)
    ]
    for found in passes:
        assert as_told(found, edges, forward) == (expected, carried)
        assert found.batch.tolist() == sorted(found.batch.tolist())


def nodes(stride: int) -> st.SearchStrategy[Node]:
    """Four batches at four sites, keys so far apart."""
    keys = st.integers(0, 3).map(lambda number: number * stride % (2**63 - 1))
    return st.builds(Node, keys, st.integers(0, 3))


@pytest.mark.parametrize("forward", [True, False])
@settings(max_examples=150 * GRAPHS, deadline=None)
@given(data=st.data(), stride=st.sampled_from(FAR_APART), skew=st.sampled_from([0, 0, 1, 3]))
def test_the_passes_are_the_rule_on_every_graph(
    forward: bool, data: st.DataObject, stride: int, skew: int
) -> None:
    """Cycles, equal moments, arrivals before departures, batches come back to: few nodes, few minutes."""
    minutes = st.integers(0, 8).map(at)
    edges = data.draw(
        st.lists(st.builds(Edge, nodes(stride), nodes(stride), minutes, st.none() | minutes), max_size=30)
    )
    openly = st.just(BEGINNING if forward else END)
    starts = data.draw(st.dictionaries(nodes(stride), openly | minutes, min_size=0, max_size=4))
    assert_the_rule(edges, starts, skew * MINUTE, forward)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_the_passes_are_the_rule_on_large_graphs(seed: int, forward: bool) -> None:
    """Some thousand flows between some hundred holdings: many moments, long ways round."""
    random = Random(seed)
    places = [Node(random.randrange(40), random.randrange(30)) for _ in range(300)]

    def edge() -> Edge:
        departs = random.randrange(3_000)
        arrives = None if random.random() < 0.1 else at(departs + random.randrange(-5, 200))
        return Edge(random.choice(places), random.choice(places), at(departs), arrives)

    edges = [edge() for _ in range(random.randrange(200, 2_000))]
    starts = {random.choice(places): at(random.randrange(3_000)) for _ in range(3)}
    assert_the_rule(edges, starts, MINUTE * random.choice([0, 0, 30]), forward)


@pytest.mark.parametrize("forward", [True, False])
def test_the_passes_are_the_rule_on_fifteen_hundred_small_graphs(forward: bool) -> None:
    """Drawn without shrinking, so that they are many."""
    random = Random(5)

    def node() -> Node:
        return Node(random.randrange(4), random.randrange(4))

    for _ in range(1_500 * GRAPHS):
        edges = [
            Edge(
                *(node(), node()),
                at(random.randrange(8)),
                None if random.random() < 0.2 else at(random.randrange(8)),
            )
            for _ in range(random.randrange(30))
        ]
        starts = {node(): at(random.randrange(8)) for _ in range(random.randrange(1, 4))}
        assert_the_rule(edges, starts, MINUTE * random.choice([0, 0, 1, 3]), forward)

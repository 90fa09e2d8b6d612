"""The rule of a trace against a plainer one still: all paths on which each flow leaves no earlier than the
one before it arrived, written out one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from service.trace.graph import BEGINNING, END, Edge, Node, Reached, reach_backward, reach_forward

NOON = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
MINUTE = timedelta(minutes=1)
Path = tuple[Edge, ...]


def at(minute: int) -> datetime:
    """Minutes after noon, or before."""
    return NOON + minute * MINUTE


def node(number: int) -> Node:
    """Holdings of two batches at a few sites."""
    return Node(number % 2, number)


def flow(source: int, target: int, departs: int, arrives: int | None = None) -> Edge:
    """A flow between two holdings; without arrival it is in transit."""
    return Edge(node(source), node(target), at(departs), None if arrives is None else at(arrives))


NODES = st.integers(0, 4)
#: Few moments, so that many are equal; some arrivals before the departure; some flows to where they are from.
FLOWS = st.lists(st.builds(flow, NODES, NODES, st.integers(0, 6), st.none() | st.integers(0, 6)), max_size=7)
SKEWS = st.integers(0, 3).map(lambda minutes: minutes * MINUTE)
MOMENTS = st.integers(0, 6).map(at)
FORWARD_STARTS = st.dictionaries(NODES.map(node), st.just(BEGINNING) | MOMENTS, max_size=3)
BACKWARD_STARTS = st.dictionaries(NODES.map(node), st.just(END) | MOMENTS, max_size=3)


def paths(flows: Sequence[Edge], skew: timedelta, so_far: Path = ()) -> Iterator[Path]:
    """All paths that respect time. None takes a flow twice: between its two goes nothing is won."""
    for number, edge in enumerate(flows):
        if not so_far or (
            edge.source == so_far[-1].target and edge.departed_at >= so_far[-1].reaches_at - skew
        ):
            longer = (*so_far, edge)
            yield longer
            yield from paths([*flows[:number], *flows[number + 1 :]], skew, longer)


def forward_by_paths(
    flows: Sequence[Edge], starts: Mapping[Node, datetime], skew: timedelta
) -> dict[Node, Reached]:
    """What `reach_forward` should find."""
    found = {start: Reached(moment, 0) for start, moment in starts.items()}
    for path in paths(flows, skew):
        first, last = path[0], path[-1]
        moment = starts.get(first.source)
        if moment is not None and (moment == BEGINNING or first.departed_at >= moment - skew):
            known = found.get(last.target, Reached(last.reaches_at, len(path)))
            found[last.target] = Reached(min(known.at, last.reaches_at), min(known.hops, len(path)))
    return found


def backward_by_paths(
    flows: Sequence[Edge], starts: Mapping[Node, datetime], skew: timedelta
) -> dict[Node, Reached]:
    """What `reach_backward` should find."""
    found = {start: Reached(moment, 0) for start, moment in starts.items()}
    for path in paths(flows, skew):
        first, last = path[0], path[-1]
        moment = starts.get(last.target)
        if moment is not None and (moment == END or last.reaches_at <= moment + skew):
            known = found.get(first.source, Reached(first.departed_at, len(path)))
            found[first.source] = Reached(max(known.at, first.departed_at), min(known.hops, len(path)))
    return found


@settings(max_examples=400)
@given(FLOWS, FORWARD_STARTS, SKEWS)
def test_forward_is_all_paths_that_respect_time(
    flows: list[Edge], starts: dict[Node, datetime], skew: timedelta
) -> None:
    assert reach_forward(flows, starts, skew) == forward_by_paths(flows, starts, skew)


@settings(max_examples=400)
@given(FLOWS, BACKWARD_STARTS, SKEWS)
def test_backward_is_all_paths_that_respect_time(
    flows: list[Edge], starts: dict[Node, datetime], skew: timedelta
) -> None:
    assert reach_backward(flows, starts, skew) == backward_by_paths(flows, starts, skew)


def mirrored(moment: datetime) -> datetime:
    """Time the other way round."""
    turned = {BEGINNING: END, END: BEGINNING}
    return turned[moment] if moment in turned else NOON - (moment - NOON)


@given(FLOWS, FORWARD_STARTS, SKEWS)
def test_backward_is_forward_with_flows_and_time_turned_round(
    flows: list[Edge], starts: dict[Node, datetime], skew: timedelta
) -> None:
    turned = [
        Edge(edge.target, edge.source, mirrored(edge.reaches_at), mirrored(edge.departed_at))
        for edge in flows
    ]
    back = reach_backward(turned, {start: mirrored(moment) for start, moment in starts.items()}, skew)
    there = reach_forward(flows, starts, skew)
    assert back == {holding: Reached(mirrored(found.at), found.hops) for holding, found in there.items()}


@given(FLOWS, NODES.map(node), NODES.map(node), st.just(BEGINNING) | MOMENTS, SKEWS)
def test_one_is_affected_by_another_just_when_the_other_contributed_late_enough(
    flows: list[Edge], source: Node, target: Node, moment: datetime, skew: timedelta
) -> None:
    """Without a moment: Y is affected by X just when X contributed to Y. With one: just when goods that
    contributed to Y still left X then, give or take the skew.
    """
    affected = reach_forward(flows, {source: moment}, skew).get(target)
    contributed = reach_backward(flows, {target: END}, skew).get(source)
    late_enough = contributed is not None and moment - contributed.at <= skew
    assert (affected is not None) == late_enough
    if affected is not None and contributed is not None:
        assert affected.hops == contributed.hops or moment != BEGINNING


@given(FLOWS, FORWARD_STARTS, FORWARD_STARTS, SKEWS, SKEWS)
def test_more_starts_and_a_greater_tolerance_never_lose_a_holding(
    flows: list[Edge],
    starts: dict[Node, datetime],
    others: dict[Node, datetime],
    skew: timedelta,
    more: timedelta,
) -> None:
    both = dict(starts)
    for start, moment in others.items():
        both[start] = min(moment, both.get(start, END))
    few = reach_forward(flows, starts, skew)
    many = reach_forward(flows, both, skew + more)
    for holding, found in few.items():
        assert many[holding].at <= found.at
        assert many[holding].hops <= found.hops


@given(FLOWS, st.permutations(range(7)), FORWARD_STARTS, SKEWS)
def test_the_order_of_flows_does_not_matter(
    flows: list[Edge], order: list[int], starts: dict[Node, datetime], skew: timedelta
) -> None:
    shuffled = [flows[number] for number in order if number < len(flows)]
    assert reach_forward(shuffled, starts, skew) == reach_forward(flows, starts, skew)
    assert reach_backward(shuffled, starts, skew) == reach_backward(flows, starts, skew)


def test_what_left_before_the_affected_delivery_came_is_not_affected() -> None:
    flows = [flow(0, 1, 1, 5), flow(1, 2, 4, 6), flow(1, 3, 5, 7)]
    assert reach_forward(flows, {node(0): BEGINNING}) == {
        node(0): Reached(BEGINNING, 0),
        node(1): Reached(at(5), 1),
        node(3): Reached(at(7), 2),
    }


def test_a_step_between_clocks_that_differ_is_taken_within_the_tolerance() -> None:
    flows = [flow(0, 1, 1, 5), flow(1, 2, 4, 6)]
    assert node(2) in reach_forward(flows, {node(0): BEGINNING}, MINUTE)
    assert node(2) not in reach_forward(flows, {node(0): BEGINNING}, MINUTE - timedelta(microseconds=1))


def test_several_steps_with_one_timestamp_carry_on() -> None:
    flows = [flow(2, 3, 3, 3), flow(1, 2, 3, 3), flow(0, 1, 3, 3)]
    assert reach_forward(flows, {node(0): at(3)})[node(3)] == Reached(at(3), 3)
    assert reach_backward(flows, {node(3): at(3)})[node(0)] == Reached(at(3), 3)


def test_goods_that_come_back_do_not_go_round_for_ever() -> None:
    flows = [flow(0, 1, 1, 2), flow(1, 0, 3, 4), flow(0, 2, 5, 6)]
    assert reach_forward(flows, {node(1): at(3)}) == {
        node(1): Reached(at(3), 0),
        node(0): Reached(at(4), 1),
        node(2): Reached(at(6), 2),
    }


def test_a_flow_in_transit_may_have_arrived_and_gone_on() -> None:
    flows = [flow(0, 1, 2), flow(1, 2, 2, 3), flow(1, 3, 1, 3)]
    assert reach_forward(flows, {node(0): BEGINNING}).keys() == {node(0), node(1), node(2)}


def test_hops_are_counted_along_flows_that_follow_each_other_in_time() -> None:
    """The direct delivery came too late for what went on: the goods took the longer way."""
    flows = [flow(0, 1, 1, 9), flow(0, 2, 1, 2), flow(2, 1, 3, 4), flow(1, 3, 5, 6)]
    found = reach_forward(flows, {node(0): BEGINNING})
    assert found[node(1)] == Reached(at(4), 1)
    assert found[node(3)] == Reached(at(6), 3)


def test_the_ends_of_time_are_moments_like_others() -> None:
    a_week = timedelta(days=7)
    last = Edge(node(0), node(1), END, END)
    first = Edge(node(0), node(1), BEGINNING, BEGINNING)
    assert reach_forward([last], {node(0): END}, a_week)[node(1)] == Reached(END, 1)
    assert reach_forward([first], {node(0): at(0)}, a_week).keys() == {node(0)}
    assert reach_backward([first], {node(1): BEGINNING}, a_week)[node(0)] == Reached(BEGINNING, 1)
    assert reach_backward([last], {node(1): at(0)}, a_week).keys() == {node(1)}

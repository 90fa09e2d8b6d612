"""Where the boxes of a layered picture stand, and how its lines run: never across a box.

Layers that are too full for the page are several columns. A line to a later column passes those between in
slots of their own, one for all lines of a box; a line that leads back runs below everything.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final

from suyuan.trace_layers import Link

#: Units of the picture (CSS pixels): between boxes, beside a line that passes, between lines that lead back.
BETWEEN: Final = 14.0
BESIDE: Final = 7.0
LANE: Final = 7.0
#: Between two columns: at least, and for each line there, up to a most.
GAP_LEAST, GAP_A_LINE, GAP_MOST = 56.0, 1.2, 130.0
#: A page wants to be so much wider than high (A4, lying).
PAGE: Final = 1.41
#: A column of a full layer has at least so many boxes.
ROWS_LEAST: Final = 10
#: There and back through the columns to put boxes in order, and to put them level with their neighbours.
SWEEPS: Final = 8
#: Lines end at a box below so much of its height, and as much above its foot.
PORTS_FROM: Final = 0.15
#: Lines that lead back have so many lanes; more share them.
LANES_MOST: Final = 40

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A box: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """A line by its points. Ahead: a curve to every second point, straight across a column in between;
    `around`: straight lines.
    """

    points: tuple[Point, ...]
    around: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Places by node, routes by link, from where to where each layer reaches, and the whole size."""

    places: Sequence[Place]
    routes: Mapping[Link, Route]
    spans: Mapping[int, tuple[float, float]]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Columns:
    """Nodes by column, those beyond the boxes being slots; links from column to column; slots by link."""

    order: list[list[int]]
    steps: list[Link]
    slots: Mapping[Link, Sequence[int]]


def lay_out(
    layer_of: Sequence[int],
    heights: Sequence[float],
    links: Iterable[Link],
    *,
    width: float,
    ordered: bool = False,
) -> Layout:
    """Boxes of one width and these heights in their layers. `ordered`: one below the other as they come, not
    where their lines cross least.
    """
    links = sorted(set(links))
    column_of, layer_at = _columns_of(layer_of, heights, links, width, ordered=ordered)
    ahead = [(a, b) for a, b in links if column_of[a] < column_of[b]]
    columns = _with_slots(column_of, ahead)
    if not ordered:
        columns = _in_order(columns)
    centres = _centres(columns, heights, level=not ordered)
    lines = defaultdict[int, int](int)
    for a, b in ahead:
        for column in range(column_of[a], column_of[b]):
            lines[column] += 1
    for a, b in set(links) - set(ahead):
        lines[column_of[a]] += 1
        lines[column_of[b] - 1] += 1
    lefts, left = list[float](), GAP_LEAST
    for column in range(len(columns.order)):
        lefts.append(left)
        left += width + min(GAP_MOST, GAP_LEAST + GAP_A_LINE * lines[column])
    places = [
        Place(lefts[column_of[node]], centres[node] - heights[node] / 2, width, heights[node])
        for node in range(len(layer_of))
    ]
    bottom = max((place.y + place.height for place in places), default=0.0)
    bottom = max([bottom, *(centres[slot] for slot in centres)])
    routes = {link: _ahead(link, columns, places, centres, width, lefts, column_of) for link in ahead}
    routes = _apart(routes, places)
    back = [link for link in links if link not in routes]
    for number, link in enumerate(back):
        routes[link] = _around(link, places, bottom, number)
    spans = dict[int, tuple[float, float]]()
    for column, layer in enumerate(layer_at):
        first, _ = spans.get(layer, (lefts[column], 0.0))
        spans[layer] = (first, lefts[column] + width)
    lanes = min(len(back), LANES_MOST)
    return Layout(places, routes, spans, left, bottom + (lanes + 2) * LANE)


def _columns_of(
    layer_of: Sequence[int], heights: Sequence[float], links: Sequence[Link], width: float, *, ordered: bool
) -> tuple[list[int], list[int]]:
    """The column of each node, and the layer of each column."""
    known = sorted(set(layer_of))
    dense = {layer: number for number, layer in enumerate(known)}
    columns = _with_slots(
        [dense[layer] for layer in layer_of], [(a, b) for a, b in links if layer_of[a] < layer_of[b]]
    )
    if not ordered:
        columns = _in_order(columns)
    boxes = [[node for node in column if node < len(layer_of)] for column in columns.order]
    row = max(heights, default=0.0) + BETWEEN
    rows = _rows([len(column) for column in boxes], row, width + GAP_LEAST)
    column_of, layer_at = [0] * len(layer_of), list[int]()
    for layer, column in zip(known, boxes, strict=True):
        parts = ceil(len(column) / rows)
        for part in range(parts):
            for node in column[part * len(column) // parts : (part + 1) * len(column) // parts]:
                column_of[node] = len(layer_at)
            layer_at.append(layer)
    return column_of, layer_at


def _rows(counts: Sequence[int], row: float, column: float) -> int:
    """How many boxes one below the other let the whole fill a page best."""

    def needed(rows: int) -> float:
        across = sum(ceil(count / rows) for count in counts) * column
        return max(across / PAGE, min(rows, max(counts, default=0)) * row)

    return min(range(ROWS_LEAST, max(ROWS_LEAST, *counts, 0) + 1), key=needed)


def _with_slots(column_of: Sequence[int], links: Sequence[Link]) -> _Columns:
    """Every link in steps from one column to the next; a slot in each column between, one for each source."""
    order: list[list[int]] = [[] for _ in range(max(column_of, default=-1) + 1)]
    for node, column in enumerate(column_of):
        order[column].append(node)
    slot_at: dict[tuple[int, int], int] = {}
    steps: dict[Link, None] = {}
    slots: dict[Link, Sequence[int]] = {}
    for a, b in links:
        way = []
        for column in range(column_of[a] + 1, column_of[b]):
            if (a, column) not in slot_at:
                slot_at[a, column] = len(column_of) + len(slot_at)
                order[column].append(slot_at[a, column])
            way.append(slot_at[a, column])
        slots[a, b] = way
        steps.update(dict.fromkeys(pairwise([a, *way, b])))
    return _Columns(order, list(steps), slots)


def _in_order(columns: _Columns) -> _Columns:
    """The nodes of each column by the mean of their neighbours, there and back; what crosses least."""
    before, after = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for a, b in columns.steps:
        before[b].append(a)
        after[a].append(b)
    order = [list(column) for column in columns.order]
    best, least = order, _crossings(order, after)
    for sweep in range(SWEEPS):
        if not least:
            break
        there = sweep % 2 == 0
        order = [list(column) for column in order]
        at = {node: place for column in order for place, node in enumerate(column)}
        for column in order if there else reversed(order):
            near = before if there else after
            mean = {
                node: sum(at[other] for other in near[node]) / len(near[node]) if near[node] else at[node]
                for node in column
            }
            column.sort(key=mean.__getitem__)
            at.update((node, place) for place, node in enumerate(column))
        crossings = _crossings(order, after)
        if crossings < least:
            best, least = order, crossings
    return _Columns(best, columns.steps, columns.slots)


def _crossings(order: Sequence[Sequence[int]], after: Mapping[int, Sequence[int]]) -> int:
    """How many steps cross another one."""
    found = 0
    for column, following in pairwise(order):
        at = {node: place for place, node in enumerate(following)}
        passed: list[int] = []
        for node in column:
            ends = sorted(at[other] for other in after.get(node, ()))
            found += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return found


def _centres(columns: _Columns, heights: Sequence[float], *, level: bool) -> dict[int, float]:
    """The middle of each node from the top; `level`: as near to the mean of its neighbours' as the order of
    its column lets it be, and no column longer than the fullest needs.
    """
    centres: dict[int, float] = {}
    offsets: list[list[float]] = []
    for column in columns.order:
        below, last = list[float](), -1
        for node in column:
            slot = node >= len(heights)
            half = 0.0 if slot else heights[node] / 2
            if last < 0:
                below.append(half)
            else:
                beside = BESIDE if slot or last >= len(heights) else BETWEEN
                below.append(below[-1] + (0.0 if last >= len(heights) else heights[last] / 2) + beside + half)
            last = node
        offsets.append(below)
        centres.update(zip(column, below, strict=True))
    if not level:
        return centres
    near = defaultdict[int, list[int]](list)
    for a, b in columns.steps:
        near[a].append(b)
        near[b].append(a)
    ends = [
        below[-1] + (heights[column[-1]] / 2 if column[-1] < len(heights) else 0.0)
        for column, below in zip(columns.order, offsets, strict=True)
    ]
    longest = max(ends, default=0.0)
    rounds = list(zip(columns.order, offsets, ends, strict=True))
    for sweep in range(SWEEPS):
        for column, below, end in rounds if sweep % 2 else reversed(rounds):
            wanted = [
                (
                    sum(centres[other] for other in near[node]) / len(near[node])
                    if near[node]
                    else centres[node]
                )
                - offset
                for node, offset in zip(column, below, strict=True)
            ]
            for node, base, offset in zip(column, _rising(wanted), below, strict=True):
                centres[node] = min(max(base, 0.0), longest - end) + offset
    return {node: round(centre, 1) for node, centre in centres.items()}


def _rising(wanted: Sequence[float]) -> list[float]:
    """The numbers that never fall and are nearest to the wanted (pool adjacent violators)."""
    pools: list[tuple[float, int]] = []
    for value in wanted:
        total, count = value, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            more, others = pools.pop()
            total, count = total + more, count + others
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]


def _ahead(
    link: Link,
    columns: _Columns,
    places: Sequence[Place],
    centres: Mapping[int, float],
    width: float,
    lefts: Sequence[float],
    column_of: Sequence[int],
) -> Route:
    a, b = link
    begin, end = places[a], places[b]
    points = [(begin.x + begin.width, begin.y + begin.height / 2)]
    for column, slot in enumerate(columns.slots[link], column_of[a] + 1):
        points += [(lefts[column], centres[slot]), (lefts[column] + width, centres[slot])]
    points.append((end.x, end.y + end.height / 2))
    return Route(tuple(points), around=False)


def _apart(routes: Mapping[Link, Route], places: Sequence[Place]) -> dict[Link, Route]:
    """Lines that end at one box, each at a point of its own, in the order in which they come."""
    coming = defaultdict[int, list[Link]](list)
    for link in sorted(routes, key=lambda each: routes[each].points[-2][1]):
        coming[link[1]].append(link)
    found: dict[Link, Route] = {}
    for node, links in coming.items():
        place = places[node]
        for number, link in enumerate(links):
            share = PORTS_FROM + (1 - 2 * PORTS_FROM) * (number + 0.5) / len(links)
            found[link] = Route(
                (*routes[link].points[:-1], (place.x, place.y + place.height * share)), around=False
            )
    return found


def _around(link: Link, places: Sequence[Place], bottom: float, number: int) -> Route:
    """Out to the right, down, below everything, up, and in from the left."""
    begin, end = places[link[0]], places[link[1]]
    aside = 8.0 + 4.0 * (number % 4)
    right, left = begin.x + begin.width + aside, end.x - aside - 8.0
    down = bottom + (1 + number % LANES_MOST) * LANE
    leave, arrive = begin.y + begin.height * 0.75, end.y + end.height * 0.75
    points = ((begin.x + begin.width, leave), (right, leave), (right, down), (left, down), (left, arrive))
    return Route((*points, (end.x, arrive)), around=True)

"""How far down the chain a holding is: how often the goods changed hands since their origin. Pure."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

#: (batch, site)
Node = tuple[int, int]


class Edge(NamedTuple):
    """All flows between two holdings in one unit of measure; `move` False: a transformation. Quantities as
    they left, before a moment and since then.
    """

    batch: int
    origin: int
    to_batch: int
    target: int
    move: bool
    uom: str | None
    before: Decimal
    since: Decimal


def tiers(
    edges: Iterable[Edge], origins: Iterable[Node], holder_at: Mapping[Node, object | None]
) -> dict[Node, int]:
    """For each holding that goods from `origins` (tier 0) came to, the fewest changes of hands on the way.

    A move from one place of a holder to another of the same is none, nor is a transformation. Where nobody
    knows who is at either end, it is one.
    """
    onward: dict[Node, set[tuple[int, Node]]] = defaultdict(set)
    for edge in edges:
        source, target = (edge.batch, edge.origin), (edge.to_batch, edge.target)
        holder = holder_at.get(source)
        same = not edge.move or (holder is not None and holder == holder_at.get(target))
        onward[source].add((0 if same else 1, target))
    found = dict.fromkeys(origins, 0)
    waiting = deque(found)
    while waiting:
        node = waiting.popleft()
        for step, target in onward[node]:
            tier = found[node] + step
            if tier < found.get(target, tier + 1):
                found[target] = tier
                # Nearest first: what costs nothing goes before what waits.
                (waiting.append if step else waiting.appendleft)(target)
    return found


def origins_of(
    batches: Iterable[int], made_at: Iterable[Node], held: Iterable[Node], edges: Iterable[Edge]
) -> set[Node]:
    """Where batches come from: where they were made, or, where nobody recorded that, where no goods of them
    came to.
    """
    wanted = set(batches)
    made = {node for node in made_at if node[0] in wanted}
    unmade = wanted - {batch for batch, _ in made}
    reached = {(edge.to_batch, edge.target) for edge in edges if edge.move}
    return made | {node for node in held if node[0] in unmade and node not in reached}

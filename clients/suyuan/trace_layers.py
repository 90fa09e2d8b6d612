"""Layers of a graph, from left to right: every link leads to a later layer, but those that close a circle.

Nodes are numbers from 0; nothing here knows what they stand for.
"""

from collections.abc import Iterable, Sequence

#: From one node to another.
Link = tuple[int, int]


def layers(
    ranks: Sequence[int], links: Sequence[Link], *, from_end: bool = False
) -> tuple[list[int], set[Link]]:
    """The layer of each node from 0, as far right as its longest way in wants, and the links that go back.

    `ranks`: all different; in a circle the link from the higher to the lower one is the one that goes back.
    `from_end`: as near to the last layer as the longest way out lets it be.
    """
    circle = _circles(len(ranks), links)
    back = {(a, b) for a, b in links if circle[a] == circle[b] and ranks[a] >= ranks[b]}
    ahead = [link for link in links if link not in back]
    if from_end:
        reverse = _longest(len(ranks), [(b, a) for a, b in ahead])
        last = max(reverse, default=0)
        found = [last - layer for layer in reverse]
    else:
        found = _longest(len(ranks), ahead)
    # What lies to the right all the same does not lead back in the picture.
    return found, {(a, b) for a, b in back if found[a] >= found[b]}


def _longest(nodes: int, links: Iterable[Link]) -> list[int]:
    """Links of the longest way to each node of a graph without circles."""
    after: list[list[int]] = [[] for _ in range(nodes)]
    waiting = [0] * nodes
    for a, b in links:
        after[a].append(b)
        waiting[b] += 1
    found = [0] * nodes
    ready = [node for node in range(nodes) if not waiting[node]]
    while ready:
        node = ready.pop()
        for follower in after[node]:
            found[follower] = max(found[follower], found[node] + 1)
            waiting[follower] -= 1
            if not waiting[follower]:
                ready.append(follower)
    return found


def _circles(nodes: int, links: Iterable[Link]) -> list[int]:
    """A number for each node: the same for two that lead to each other (Kosaraju's two passes)."""
    after: list[list[int]] = [[] for _ in range(nodes)]
    before: list[list[int]] = [[] for _ in range(nodes)]
    for a, b in links:
        after[a].append(b)
        before[b].append(a)
    circle = [-1] * nodes
    for root in reversed(_finished(after)):
        if circle[root] >= 0:
            continue
        circle[root] = root
        todo = [root]
        while todo:
            for node in before[todo.pop()]:
                if circle[node] < 0:
                    circle[node] = root
                    todo.append(node)
    return circle


def _finished(after: Sequence[Sequence[int]]) -> list[int]:
    """The nodes in the order in which a search into the depth leaves them."""
    seen: set[int] = set()
    order: list[int] = []
    for root in range(len(after)):
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            follower = next((each for each in rest if each not in seen), None)
            if follower is None:
                stack.pop()
                order.append(node)
            else:
                seen.add(follower)
                stack.append((follower, iter(after[follower])))
    return order

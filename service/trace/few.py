"""The pass over a few flows, one by one: for so few, columns cost more than what they save.

The same rule as that of `passes.py` and `graph.py`: each step takes what begins to carry at the holdings that
the step before reached, and a flow is taken once.
"""

from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from typing import Final

import numpy as np

from service.trace.passes import EVER, Begun, Flows, Reach

#: Flows that are walked one by one.
FEW_FLOWS: Final = 100
NEVER: Final = -EVER

Key = tuple[int, int]


def reach_few(flows: Flows, starts: Begun, *, forward: bool, skew: int) -> Reach:
    """As `passes.reach`."""
    sources = list(zip(flows.batch.tolist(), flows.from_site.tolist(), strict=True))
    targets = list(zip(flows.to_batch.tolist(), flows.to_site.tolist(), strict=True))
    if forward:
        near, far = sources, targets
        near_at, far_at = flows.departs.tolist(), flows.reaches.tolist()
    else:
        near, far = targets, sources
        near_at, far_at = (-flows.reaches).tolist(), (-flows.departs).tolist()
    leaving: dict[Key, list[int]] = defaultdict(list)
    for number, node in enumerate(near):
        leaving[node].append(number)
    begun = zip(starts.batch.tolist(), starts.site.tolist(), strict=True)
    at: dict[Key, int] = dict(zip(begun, starts.at.tolist(), strict=True))
    hops: dict[Key, int] = dict.fromkeys(at, 0)
    carried = bytearray(len(near))
    front: Mapping[Key, int] = at.copy()
    for step in count(1):
        sooner: dict[Key, int] = {}
        for node, since in front.items():
            for number in leaving.get(node, ()):
                if carried[number] or near_at[number] < since - skew:
                    continue
                carried[number] = 1
                there, then = far[number], far_at[number]
                if then < at.get(there, NEVER) and then < sooner.get(there, NEVER):
                    sooner[there] = then
        if not sooner:
            break
        at |= sooner
        for node in sooner:
            hops.setdefault(node, step)
        front = sooner
    held = sorted(at)
    batch, site = np.array(held, dtype=np.int64).reshape(-1, 2).T
    moments = np.array([at[node] for node in held], dtype=np.int64)
    steps = np.array([hops[node] for node in held], dtype=np.int64)
    return Reach(batch, site, moments, steps, np.frombuffer(carried, dtype=np.bool_))

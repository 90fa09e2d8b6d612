"""Do drills get better? Pure.

Each measure is compared with the drill before, and over all of them by Kendall's score: of every two drills,
does the later one do better? One very good or very bad drill does not turn it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Final, Literal

Verdict = Literal["better", "worse", "same"]

#: Measure -> whether more of it is better.
MEASURES: Final[dict[str, bool]] = {
    "seconds": False,
    "percent": True,
    "reachable_percent": True,
    "gaps": False,
}


@dataclass(frozen=True, slots=True)
class Trend:
    """How one measure went; None where drills did not have it. `since_before`: the latest against the one
    before; `over_all`: over all of them.
    """

    measure: str
    first: float | None
    before: float | None
    latest: float | None
    best: float | None
    since_before: Verdict | None
    over_all: Verdict | None


def measured(drill: Mapping[str, Any]) -> dict[str, float | None]:
    """The measures of a drill's row."""
    holders, percent = drill["holders"], drill["percent"]
    return {
        "seconds": float(drill["seconds"]),
        "percent": None if percent is None else float(percent),
        "reachable_percent": 100 * drill["reachable"] / holders if holders else None,
        "gaps": float(drill["gaps"]),
    }


def trends(drills: Sequence[Mapping[str, Any]]) -> list[Trend]:
    """The trend of each measure over drills, the oldest first."""
    rows = [measured(drill) for drill in drills]
    return [_trend(measure, [row[measure] for row in rows], up=up) for measure, up in MEASURES.items()]


def _trend(measure: str, told: Sequence[float | None], *, up: bool) -> Trend:
    values = [value for value in told if value is not None]
    if not values:
        return Trend(measure, None, None, None, None, None, None)
    steps = [_sign(later - earlier, up=up) for earlier, later in pairwise(values)]
    score = sum(_sign(later - earlier, up=up) for earlier, later in combinations(values, 2))
    return Trend(
        measure,
        first=values[0],
        before=values[-2] if steps else None,
        latest=values[-1],
        best=(max if up else min)(values),
        since_before=_verdict(steps[-1]) if steps else None,
        over_all=_verdict(score) if steps else None,
    )


def _sign(change: float, *, up: bool) -> int:
    sign = (change > 0) - (change < 0)
    return sign if up else -sign


def _verdict(score: int) -> Verdict:
    return "same" if score == 0 else "better" if score > 0 else "worse"

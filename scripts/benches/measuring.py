"""Figures that can be compared: warmed up, repeated, taken in turns, their median beside an alternative's.

Absolute figures say as much of the machine and its other work as of the service. The ratio of two figures
taken in turns, moments apart, holds from machine to machine.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median


class Size(StrEnum):
    """How much work a run does: `small` seconds (a smoke test), `medium` minutes, `large` up to an hour."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Target:
    """What the ratio of a row should be: at least, or at most, `ratio`."""

    sign: str
    ratio: float

    def reached(self, ratio: float) -> bool:
        """Whether a measured ratio is as it should be."""
        return ratio >= self.ratio if self.sign == ">=" else ratio <= self.ratio

    def __str__(self) -> str:
        return f"{self.sign} {self.ratio:g}"


def at_least(ratio: float) -> Target:
    """A target for figures of which more is better."""
    return Target(">=", ratio)


def at_most(ratio: float) -> Target:
    """A target for figures of which less is better."""
    return Target("<=", ratio)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    `figure` in `unit`; `alternative` names what stands beside it, `alternative_figure` is in the same unit.
    `ratio` is figure / alternative figure. `more`: further figures by name, such as `p99 ms`.
    """

    area: str
    what: str
    figure: float
    unit: str
    alternative: str | None = None
    alternative_figure: float | None = None
    target: Target | None = None
    more: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How many times the alternative's figure this one is; None without one."""
        return self.figure / self.alternative_figure if self.alternative_figure else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None or self.ratio is None:
            return None
        return self.target.reached(self.ratio)


#: One measurement: does the work once and gives its figure.
Measurement = Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures of one measurement, repeated."""

    figures: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure in the middle."""
        return median(self.figures)

    def percentile(self, percent: float) -> float:
        """The figure that `percent` of them do not exceed (nearest rank)."""
        ordered = sorted(self.figures)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def in_turns(*measurements: Measurement, repeats: int, warm_up: int = 1) -> Sequence[Sample]:
    """A sample of each measurement: `warm_up` rounds that do not count, then `repeats` rounds that do, all
    measurements once in each round.
    """
    figures: list[list[float]] = [[] for _ in measurements]
    for round_number in range(warm_up + repeats):
        for told, measure in zip(figures, measurements, strict=True):
            figure = await measure()
            if round_number >= warm_up:
                told.append(figure)
    return [Sample(tuple(told)) for told in figures]

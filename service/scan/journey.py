"""The journey of a batch as the public sees it: few steps, at the detail that each party allows. Pure.

Who supplies whom is a trade secret of both. So a step names its party only if that party has said so; by
default it tells the role and the city. The makers of the batch and the owner of its brand stand on the label
and are always named.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

STEPS_MOST: Final = 8


class StepKind(StrEnum):
    """What is done in a step, in the order in which one moment's steps stand."""

    GROWN = "grown"
    MADE = "made"
    PROCESSED = "processed"
    TESTED = "tested"
    PACKED = "packed"
    SHIPPED = "shipped"
    ARRIVED = "arrived"
    SOLD = "sold"


_PLACES: Final = {kind: place for place, kind in enumerate(StepKind)}
_MAKING: Final = frozenset({StepKind.GROWN, StepKind.MADE, StepKind.PROCESSED})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as the registry has it. `role`: the party's first; `disclosure`: name, region or hidden."""

    party_id: int | None = None
    name_zh: str | None = None
    name_en: str | None = None
    role: str | None = None
    region: str | None = None
    disclosure: str = "region"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `own`: of the batch at hand, not of what went into it; `region`: a code no finer than a city;
    names and product: None where they are not shown. Steps that look alike are one, with a span of time.
    """

    kind: StepKind
    first_at: datetime
    last_at: datetime
    own: bool
    name_zh: str | None = None
    name_en: str | None = None
    role: str | None = None
    region: str | None = None
    product_zh: str | None = None
    product_en: str | None = None

    @property
    def looks(self) -> tuple[object, ...]:
        """All but the time."""
        names = (self.name_zh, self.name_en, self.product_zh, self.product_en)
        return (self.kind, self.own, self.role, self.region, *names)


@dataclass(frozen=True, slots=True)
class Journey:
    """What is shown. `more`: steps that found no room; `cut`: the way back was too long to be walked to its
    end; `missing`: nothing can be shown now, though there may be something.
    """

    steps: tuple[Step, ...] = ()
    more: int = 0
    cut: bool = False
    missing: bool = False


def step_of(
    kind: StepKind,
    at: datetime,
    actor: Actor,
    *,
    own: bool,
    named: Collection[int] = (),
    product: tuple[str | None, str | None, Actor] | None = None,
) -> Step:
    """A step at the detail allowed. `named`: parties that are always named; `product`: what came of it, if it
    is not the batch at hand, and whose brand it bears: its name would tell who made it.
    """
    open_ = actor.party_id in named or actor.disclosure == "name"
    shown = open_ or actor.disclosure == "region"
    brand = product is not None and open_ and product[2].disclosure == "name"
    return Step(
        kind,
        at,
        at,
        own,
        actor.name_zh if open_ else None,
        actor.name_en if open_ else None,
        actor.role if shown else None,
        actor.region if shown else None,
        product[0] if product and brand else None,
        product[1] if product and brand else None,
    )


def merged(steps: Iterable[Step]) -> list[Step]:
    """Steps that look alike as one, by time. Merging again, or in parts, changes nothing."""
    found: dict[tuple[object, ...], Step] = {}
    for step in steps:
        known = found.get(step.looks, step)
        first, last = min(known.first_at, step.first_at), max(known.last_at, step.last_at)
        found[step.looks] = replace(step, first_at=first, last_at=last)
    return sorted(found.values(), key=_in_time)


def _in_time(step: Step) -> tuple[object, ...]:
    return (step.first_at, _PLACES[step.kind], *map(str, step.looks))


def _weight(step: Step) -> int:
    """What a reader would miss most: where it was made and sold, then what was done with it, then origins."""
    if step.own and (step.kind in _MAKING or step.kind is StepKind.SOLD):
        return 0
    if step.own and step.kind in (StepKind.TESTED, StepKind.PACKED):
        return 1
    if step.kind in (StepKind.GROWN, StepKind.MADE):
        return 2
    return 3 if step.own or step.kind is StepKind.PROCESSED else 4


def condensed(steps: Iterable[Step], *, cut: bool = False) -> Journey:
    """The journey of these steps: at most `STEPS_MOST`, by time; the rest are counted."""
    whole: Sequence[Step] = merged(steps)
    kept = sorted(sorted(whole, key=_weight)[:STEPS_MOST], key=_in_time)
    return Journey(tuple(kept), len(whole) - len(kept), cut)

"""How far a case has come: recovered of what was planned and of what was sold, by events and answers. Pure.

What a holder took off the market is what it returned or destroyed since the defect was known, without what
had been returned to it before: that goes first. So a piece that goes from a shop to a dealer to the maker and
is destroyed there counts once, at the shop. What the holder says (returned + destroyed + quarantined) counts
without all that was returned to it. Where both speak, the larger
counts, but never more than the holder can have had; where they differ, both are shown. The sum never counts a
piece twice, and leaves out what nobody told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

_NONE: Final = Decimal(0)
_HUNDREDTH: Final = Decimal("0.01")


class Holder(NamedTuple):
    """Who holds: a party, a contact that a holder named, or a place of which nobody knows who runs it."""

    kind: str
    id: int


class Step(NamedTuple):
    """Goods on their way out of the market: `came` as a return, or left as one, or were destroyed."""

    at: datetime
    came: bool
    quantity: Decimal


class Key(NamedTuple):
    """One batch at one holder in one unit of measure."""

    holder: Holder
    batch: int
    uom: str


@dataclass(slots=True)
class Events:
    """What events tell of a `Key`. `returned`, `returned_in`: moves up the chain since the defect was known;
    `forwarded`: all moves to other holders that are no returns; `destroyed`: since then. `steps`: each of
    these returns and destructions.
    """

    produced: Decimal = _NONE
    received: Decimal = _NONE
    forwarded: Decimal = _NONE
    returned: Decimal = _NONE
    returned_in: Decimal = _NONE
    consumed: Decimal = _NONE
    sold: Decimal = _NONE
    destroyed: Decimal = _NONE
    on_hand: Decimal = _NONE
    steps: list[Step] = field(default_factory=list)

    @property
    def recovered(self) -> Decimal:
        """What the holder took off the market itself."""
        back = own = _NONE
        # Of what happens at one moment, what comes goes before what leaves.
        for step in sorted(self.steps, key=lambda step: (step.at, not step.came)):
            if step.came:
                back += step.quantity
            else:
                own += max(_NONE, step.quantity - back)
                back = max(_NONE, back - step.quantity)
        return own

    @property
    def most(self) -> Decimal:
        """More than this the holder cannot recover."""
        had = self.produced + self.received - self.returned_in - self.forwarded - self.consumed
        return max(self.recovered, had)


@dataclass(frozen=True, slots=True)
class Said:
    """What a holder last said of a `Key`; None: not said."""

    received: Decimal | None = None
    sold: Decimal | None = None
    on_hand: Decimal | None = None
    quarantined: Decimal | None = None
    returned: Decimal | None = None
    destroyed: Decimal | None = None

    @property
    def recovered(self) -> Decimal:
        """Returned, destroyed or set aside."""
        return self.gone + (self.quarantined or _NONE)

    @property
    def gone(self) -> Decimal:
        """Returned or destroyed: what events can tell too."""
        return (self.returned or _NONE) + (self.destroyed or _NONE)


@dataclass(frozen=True, slots=True)
class Line:
    """One `Key`: what events tell, what the holder said, what counts. `differs`: they do not agree on what
    was returned and destroyed; `too_much`: the holder says more than it can have had.
    """

    key: Key
    events: Events | None
    said: Said | None
    recovered: Decimal
    differs: bool
    too_much: bool


@dataclass(slots=True)
class Amounts:
    """Quantities in one unit of measure. `market`: what left the makers' hands; `sold`: to consumers;
    `on_hand`: still with holders. `planned` None: not known for a part of a case.
    """

    planned: Decimal | None = None
    market: Decimal = _NONE
    sold: Decimal = _NONE
    on_hand: Decimal = _NONE
    recovered: Decimal = _NONE
    recovered_by_events: Decimal = _NONE
    recovered_by_answers: Decimal = _NONE

    def add(self, line: Line) -> None:
        """Count a line in."""
        events, said = line.events, line.said
        self.recovered += line.recovered
        self.recovered_by_events += events.recovered if events else _NONE
        self.recovered_by_answers += said.recovered if said else _NONE
        self.sold += events.sold if events else (said.sold or _NONE if said else _NONE)
        self.on_hand += events.on_hand if events else _NONE

    @property
    def of_planned(self) -> Decimal | None:
        """Percentage recovered of what was planned."""
        return share(self.recovered, self.planned)

    @property
    def of_market(self) -> Decimal | None:
        """Percentage recovered of what the makers sold."""
        return share(self.recovered, self.market)

    @property
    def sold_through(self) -> Decimal | None:
        """Percentage of what the makers sold that reached consumers."""
        return share(self.sold, self.market)


@dataclass(frozen=True, slots=True)
class Progress:
    """`totals`: by unit of measure; `groups`: e.g. "region" -> code -> unit of measure -> amounts."""

    lines: Sequence[Line]
    totals: Mapping[str, Amounts]
    groups: Mapping[str, Mapping[str, Mapping[str, Amounts]]] = field(default_factory=dict)


def share(part: Decimal, whole: Decimal | None) -> Decimal | None:
    """A percentage, rounded down to hundredths; None of nothing."""
    return (100 * part / whole).quantize(_HUNDREDTH, ROUND_DOWN) if whole else None


def progress_lines(events: Mapping[Key, Events], said: Mapping[Key, Said]) -> list[Line]:
    """A line for everybody of whom events or answers tell."""
    return [_line(key, events.get(key), said.get(key)) for key in sorted(events.keys() | said.keys())]


def _line(key: Key, events: Events | None, said: Said | None) -> Line:
    if events is None:
        assert said is not None
        return Line(key, None, said, said.recovered, differs=False, too_much=False)
    if said is None:
        return Line(key, events, None, events.recovered, differs=False, too_much=False)
    by_answer = max(_NONE, said.recovered - events.returned_in)
    recovered = min(max(events.recovered, by_answer), events.most)
    told = None if said.returned is None and said.destroyed is None else said.gone
    differs = told is not None and told != events.returned + events.destroyed
    return Line(key, events, said, recovered, differs, by_answer > events.most)


def progress(
    lines: Sequence[Line],
    *,
    planned: Mapping[str, Decimal],
    market: Mapping[str, Decimal],
    groupings: Mapping[str, Mapping[Holder, str]],
) -> Progress:
    """Sums of lines. `groupings`: e.g. "region" -> holder -> code; who is in none is in ""."""
    totals: dict[str, Amounts] = defaultdict(Amounts)
    for uom in sorted(planned.keys() | market.keys()):
        totals[uom].planned, totals[uom].market = planned.get(uom), market.get(uom, _NONE)
    for line in lines:
        totals[line.key.uom].add(line)
    groups = {name: _grouped(lines, of) for name, of in groupings.items()}
    return Progress(lines, dict(totals), groups)


def _grouped(lines: Iterable[Line], of: Mapping[Holder, str]) -> dict[str, dict[str, Amounts]]:
    found: dict[str, dict[str, Amounts]] = defaultdict(lambda: defaultdict(Amounts))
    for line in lines:
        found[of.get(line.key.holder, "")][line.key.uom].add(line)
    return {code: dict(found[code]) for code in sorted(found)}

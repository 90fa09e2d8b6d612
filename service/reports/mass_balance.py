"""The mass balance of batches: how much of what was made or came in is accounted for. Pure.

By batch and unit of measure, over all places of the batch:

    produced + from_outside + surplus = on_hand + in_transit + consumed + sold + destroyed + sampled + missing

`in_transit` is shipped, on its way to a known place and not overdue. `from_outside` is what came of a batch
that nobody recorded making: what its first holders shipped without having received it, or had without a
record of how it came. The unexplained remainder is told piece by piece:

missing: `destination_unknown` (shipped nobody knows where), `never_received` (shipped long ago),
`short_on_arrival` (less came than left), `place_unknown` (on hand, but nobody knows where).
surplus: `negative_balance` (more left than came), `left_unreceived` (left, though nothing is known to have
come), `over_on_arrival` (more came than left), `appears_from_nowhere` (there, with no record of how).

The percentage is what is accounted for and not surplus, of all: 100 × (accounted − surplus) / (accounted +
missing), never below 0 and rounded down, so that 100 means all of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Final, NamedTuple

#: The place of holdings whose place no event names: `service.ledger.model.UNKNOWN_SITE`.
NOWHERE: Final = 0
#: Where goods are, or what became of them, when they are accounted for.
ACCOUNTED: Final = ("on_hand", "in_transit", "consumed", "sold", "destroyed", "sampled")
_GONE: Final = ("consumed", "sold", "destroyed", "sampled")
MISSING: Final = frozenset({"destination_unknown", "never_received", "short_on_arrival", "place_unknown"})
#: How goods show that come from outside, where nobody recorded making them.
ORIGINS: Final = frozenset({"left_unreceived", "appears_from_nowhere"})
_HUNDREDTH: Final = Decimal("0.01")
_NONE: Final = Decimal(0)


class Held(NamedTuple):
    """One batch at one site in one unit of measure, as the ledger has it. `moved_in`: what of `received` came
    by moves that say so.
    """

    batch: int
    site: int
    party: int | None
    uom: str
    produced: Decimal = _NONE
    received: Decimal = _NONE
    shipped: Decimal = _NONE
    consumed: Decimal = _NONE
    sold: Decimal = _NONE
    destroyed: Decimal = _NONE
    sampled: Decimal = _NONE
    moved_in: Decimal = _NONE


class Moved(NamedTuple):
    """A move of which it is not told that what left arrived. `overdue`: in transit for too long.
    A quantity that no event states is None; so is the unit of what never arrived.
    """

    batch: int
    origin: int
    target: int
    arrived: bool
    overdue: bool
    shipped: Decimal | None
    shipped_uom: str | None
    received: Decimal | None
    received_uom: str | None


class Piece(NamedTuple):
    """A part of the unexplained remainder: at whom it shows, and who was at the other end."""

    kind: str
    batch: int
    uom: str
    quantity: Decimal
    site: int
    other_site: int | None = None


@dataclass(slots=True)
class Balance:
    """Quantities in one unit of measure, of one batch or of several."""

    produced: Decimal = _NONE
    from_outside: Decimal = _NONE
    accounted: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(ACCOUNTED, _NONE))
    missing: Decimal = _NONE
    surplus: Decimal = _NONE

    def add(self, other: "Balance") -> None:
        """Add the quantities of another batch in the same unit."""
        self.produced += other.produced
        self.from_outside += other.from_outside
        self.missing += other.missing
        self.surplus += other.surplus
        for state in ACCOUNTED:
            self.accounted[state] += other.accounted[state]

    @property
    def total(self) -> Decimal:
        """All that is known to have been there."""
        return self.produced + self.from_outside + self.surplus

    @property
    def percent(self) -> Decimal | None:
        """Percentage accounted for, rounded down to hundredths; None where there was nothing."""
        if self.total <= 0:
            return None
        share = 100 * (self.total - self.missing - self.surplus) / self.total
        return max(share, _NONE).quantize(_HUNDREDTH, ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class MassBalance:
    """`lines`: by (batch, unit of measure). `pieces`: the unexplained remainder, the largest first."""

    lines: Mapping[tuple[int, str], Balance]
    pieces: Sequence[Piece]

    def totals(self, batches: Iterable[int] | None = None) -> dict[str, Balance]:
        """By unit of measure, over these batches (all, if None)."""
        wanted = None if batches is None else set(batches)
        sums: dict[str, Balance] = {}
        for (batch, uom), line in sorted(self.lines.items()):
            if wanted is None or batch in wanted:
                sums.setdefault(uom, Balance()).add(line)
        return sums

    @property
    def percent(self) -> Decimal | None:
        """The lowest of the units' percentages over all batches: one number for a drill."""
        found = [line.percent for line in self.totals().values() if line.percent is not None]
        return min(found, default=None)


def mass_balance(held: Sequence[Held], moved: Iterable[Moved]) -> MassBalance:
    """The balance of batches, from all their holdings, and those of their moves that did not arrive as they
    left. A move of which one end states no quantity is taken to be as the other end says.
    """
    lines: dict[tuple[int, str], Balance] = defaultdict(Balance)
    pieces: list[Piece] = []
    #: What a place has more (or less) than its own events state, by moves that state one quantity only.
    untold: dict[tuple[int, int, str], Decimal] = defaultdict(Decimal)
    for move in moved:
        pieces += _pieces_of(move, lines, untold)
    for place in held:
        pieces += _add_place(place, lines, untold.pop((place.batch, place.site, place.uom), _NONE))
    for (batch, site, uom), quantity in untold.items():
        pieces += _add_place(Held(batch, site, None, uom), lines, quantity)
    unexplained = []
    for piece in pieces:
        line = lines[piece.batch, piece.uom]
        if piece.kind in ORIGINS and not line.produced:
            line.from_outside += piece.quantity
            continue
        unexplained.append(piece)
        if piece.kind in MISSING:
            line.missing += piece.quantity
        else:
            line.surplus += piece.quantity
    unexplained.sort(key=lambda piece: (-piece.quantity, piece[:5]))
    return MassBalance(dict(lines), unexplained)


def _pieces_of(
    move: Moved, lines: Mapping[tuple[int, str], Balance], untold: dict[tuple[int, int, str], Decimal]
) -> list[Piece]:
    sent, got = move.shipped, move.received
    if not move.arrived:
        if sent is None or move.shipped_uom is None:
            return []
        if move.target == NOWHERE:
            kind = "destination_unknown"
        elif move.overdue:
            kind = "never_received"
        else:
            lines[move.batch, move.shipped_uom].accounted["in_transit"] += sent
            return []
        return [Piece(kind, move.batch, move.shipped_uom, sent, move.origin, move.target)]
    if got is None and sent is not None and move.shipped_uom is not None:
        untold[move.batch, move.target, move.shipped_uom] += sent
        return []
    if sent is None and got is not None and move.received_uom is not None:
        untold[move.batch, move.origin, move.received_uom] -= got
        return []
    if sent is None or got is None or move.shipped_uom is None or move.received_uom is None:
        return []
    if move.shipped_uom == move.received_uom:
        return _difference(move, move.shipped_uom, sent - got)
    # Kilograms left and boxes came: nobody can add them up, so both stay open.
    return _difference(move, move.shipped_uom, sent) + _difference(move, move.received_uom, -got)


def _difference(move: Moved, uom: str, lost: Decimal) -> list[Piece]:
    if not lost:
        return []
    kind = "short_on_arrival" if lost > 0 else "over_on_arrival"
    return [Piece(kind, move.batch, uom, abs(lost), move.target, move.origin)]


def _add_place(place: Held, lines: Mapping[tuple[int, str], Balance], untold: Decimal) -> list[Piece]:
    line = lines[place.batch, place.uom]
    line.produced += place.produced
    for state in _GONE:
        line.accounted[state] += getattr(place, state)
    on_hand = place.produced + place.received - place.shipped + untold
    on_hand -= place.consumed + place.sold + place.destroyed + place.sampled
    pieces = []
    appeared = place.received - place.moved_in
    if appeared > 0:
        pieces.append(Piece("appears_from_nowhere", place.batch, place.uom, appeared, place.site))
    if on_hand < 0:
        # Nothing is known of what a place without a name had.
        untold_origin = place.site == NOWHERE or not (place.produced or place.received or untold > 0)
        kind = "left_unreceived" if untold_origin else "negative_balance"
        pieces.append(Piece(kind, place.batch, place.uom, -on_hand, place.site))
    elif on_hand > 0 and place.site == NOWHERE:
        pieces.append(Piece("place_unknown", place.batch, place.uom, on_hand, place.site))
    else:
        line.accounted["on_hand"] += on_hand
    return pieces

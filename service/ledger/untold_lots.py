"""Goods that move on without their lot: which lots they can have been of. Pure.

Downstream events often name the GTIN alone. Then the product without a lot is a batch of its own, the
*lotless batch*, and every lot of the product that was known to be on hand where such goods left, or were
used, may have been among them: a flow `lot_untold` joins the lot's holding to the lotless batch's at that
moment, marked inferred, and a gap of the lot names the event. So a recall of the lot reaches whoever got
the goods.

- On hand is what had come there, or was bound for there and not received, and had not left with its lot told.
  What leaves without a lot takes nothing off a lot's balance: nobody knows which lot's.
- One flow for all that left since the lot last came: a trace counts what left later in full anyway.
- The place is the same address, or somewhere with the same party where one of the two names no more.
- Instances whose lot nobody tells are batches of their own and are followed by their own numbers.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from service.ledger.acts import Act
from service.ledger.consignments import Move
from service.ledger.matching import as_text
from service.ledger.model import UNKNOWN_SITE, Amounts, Flow, FlowKind, Gap, Places
from service.ledger.presence import Presence
from service.ledger.steps import Effect

ZERO = Decimal(0)

_TAKING = (Effect.CONSUME, Effect.SELL, Effect.DESTROY, Effect.SAMPLE)


class Departure(msgspec.Struct, frozen=True):
    """Goods of the lotless batch that left `site`, or were used there. `key`: the eventID of `event_id`."""

    batch: int
    site: int
    time: datetime
    key: str
    event_id: int
    quantity: Decimal | None
    uom: str | None


def departures_of(batch: int, flows: Iterable[Flow], keys: dict[int, str]) -> list[Departure]:
    """What left the holdings of a lotless batch. `keys`: event id -> eventID."""
    return [
        Departure(
            batch,
            flow.from_site,
            flow.departed_at,
            keys[event],
            event,
            flow.shipped_quantity,
            flow.shipped_uom,
        )
        for flow in flows
        if (event := flow.ship_event or flow.receive_event) is not None and flow.from_site != UNKNOWN_SITE
    ]


class Stays:
    """How much of a lot came to each place, and left it, when."""

    def __init__(self, presence: Presence, acts: Sequence[Act]) -> None:
        self._came: dict[int, list[tuple[datetime, Amounts]]] = defaultdict(list)
        self._left: dict[int, list[tuple[datetime, Amounts]]] = defaultdict(list)
        for move in presence.moves:
            self._add_move(move)
        for place, entry, amounts in presence.appeared:
            self._came[place].append((entry.time, amounts))
        for act in acts:
            if act.place is None:
                continue
            if act.effect is Effect.PRODUCE:
                self._came[act.place].append((act.entry.time, act.amounts))
            elif act.effect in _TAKING:
                self._left[act.place].append((act.left_at or act.entry.time, act.amounts))
        for line in (*self._came.values(), *self._left.values()):
            line.sort(key=lambda item: item[0])

    def _add_move(self, move: Move) -> None:
        if move.target is not None:
            reached = move.arrived_at if move.arrived_at is not None else move.departed_at
            received = move.received if move.arrived_at is not None else None
            self._came[move.target].append((reached, move.shipped if received is None else received))
        if move.origin is not None:
            self._left[move.origin].append((move.departed_at, move.shipped))

    def places(self) -> list[int]:
        """Where it ever came."""
        return sorted(self._came.keys() - {UNKNOWN_SITE})

    def last_came(self, place: int, time: datetime) -> datetime | None:
        """When it last came there until `time`, if some of it is on hand then; what leaves at that very
        moment still is.
        """
        came = self._came[place]
        until = bisect_right(came, time, key=lambda item: item[0])
        if not until:
            return None
        on_hand: dict[str, Decimal] = defaultdict(Decimal)
        for _, amounts in came[:until]:
            for uom, quantity in amounts.items():
                if quantity is None:
                    return came[until - 1][0]
                on_hand[uom] += quantity
        for left_at, amounts in self._left[place]:
            if left_at >= time:
                break
            for uom, quantity in amounts.items():
                on_hand[uom] -= quantity or ZERO
        return came[until - 1][0] if any(quantity > 0 for quantity in on_hand.values()) else None


def link_lot(stays: Stays, departures: Sequence[Departure], places: Places) -> tuple[list[Flow], list[Gap]]:
    """The flows and gaps by which a lot hangs together with what left without a lot."""
    flows: list[Flow] = []
    gaps: list[Gap] = []
    linked: dict[tuple[int, int], datetime] = {}
    held = stays.places() if departures else []
    for left in _together(departures):
        for site in held:
            if not _one_place(site, left.site, places):
                continue
            came, before = stays.last_came(site, left.time), linked.get((site, left.site))
            if came is None or (before is not None and came <= before):
                continue
            linked[site, left.site] = left.time
            flows.append(_flow(site, left))
            detail = {"quantity": as_text(left.quantity), "uom": left.uom or ""}
            gaps.append(Gap("lot_not_told", site, left.event_id, detail))
    return flows, gaps


def _together(departures: Sequence[Departure]) -> list[Departure]:
    """In the order of time; what one event tells to have left one place is one, whoever received it."""
    amounts: dict[Departure, Decimal | None] = {}
    for left in departures:
        one = replace(left, quantity=None)
        known = amounts.get(one, ZERO)
        amounts[one] = None if known is None or left.quantity is None else known + left.quantity
    together = [replace(one, quantity=quantity) for one, quantity in amounts.items()]
    return sorted(together, key=lambda left: (left.time, left.key, left.site, left.uom or ""))


def _one_place(site: int, left: int, places: Places) -> bool:
    """Can goods that left `left` have been at `site`? Of a place that a lot only ever was with some party,
    the registry says whose the other is.
    """
    if places.sites.same_address(site, left):
        return True
    if places.vague(left):
        return places.owner(site) is not None and places.owner(site) == places.owner(left)
    return places.vague(site) and places.sites.owner.get(left) == places.owner(site)


def _flow(site: int, left: Departure) -> Flow:
    return Flow(
        FlowKind.LOT_UNTOLD,
        site,
        left.batch,
        left.site,
        left.time,
        left.time,
        True,
        None,
        None,
        None,
        None,
        left.event_id,
        left.event_id,
    )

"""Which movements after the stop are alarms: one for each event, batch and kind. Pure.

A recall wants goods to stay where they are or to come back. So whatever leaves a holding after the case was
decided on is an alarm, unless it goes back: to who supplied it, to its maker, or to who is responsible.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

AlarmKind = Literal["shipped", "sold", "transformed"]
#: Steps by which goods go to consumers (`ledger.steps`: what counts as sold).
SELLING: Final = ("retail_selling", "dispensing", "consuming")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A part of what left a holding. `event_id`: the event that shows it leave, `received_in`: the one that
    shows it arrive.
    """

    recall_id: int
    batch_id: int
    kind: AlarmKind
    event_id: int | None
    received_in: int | None
    at: datetime
    from_site_id: int | None
    to_site_id: int | None
    quantity: Decimal | None
    uom: str | None
    going_back: bool = False


class Key(NamedTuple):
    """What there is one alarm for."""

    recall_id: int
    batch_id: int
    event_id: int
    kind: AlarmKind


@dataclass(slots=True)
class Alarm:
    """What the events show of one alarm. `received_in`: events that may have raised it before the one that
    shows its departure was captured.
    """

    at: datetime
    from_sites: set[int] = field(default_factory=set)
    to_sites: set[int] = field(default_factory=set)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    received_in: set[int] = field(default_factory=set)

    @property
    def from_site_id(self) -> int | None:
        """Where it left from; None for nowhere known, or several places."""
        return next(iter(self.from_sites)) if len(self.from_sites) == 1 else None

    @property
    def to_site_id(self) -> int | None:
        """Where it went; None for consumers, nowhere known, or several places."""
        return next(iter(self.to_sites)) if len(self.to_sites) == 1 else None

    @property
    def told(self) -> dict[str, str]:
        """Quantities by unit of measure, as texts."""
        return {uom: f"{amount.normalize():f}" for uom, amount in sorted(self.amounts.items())}


def alarms_of(parts: Iterable[Leaving]) -> Mapping[Key, Alarm]:
    """The alarms that these movements are."""
    alarms: dict[Key, Alarm] = {}
    for part in parts:
        event = part.event_id if part.event_id is not None else part.received_in
        if part.going_back or event is None:
            continue
        alarm = alarms.setdefault(Key(part.recall_id, part.batch_id, event, part.kind), Alarm(part.at))
        if part.from_site_id:
            alarm.from_sites.add(part.from_site_id)
        if part.to_site_id:
            alarm.to_sites.add(part.to_site_id)
        if part.received_in is not None and part.received_in != event:
            alarm.received_in.add(part.received_in)
        if part.quantity is not None and part.uom is not None:
            alarm.amounts[part.uom] = alarm.amounts.get(part.uom, Decimal(0)) + part.quantity
    return alarms

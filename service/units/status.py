"""The state of one unit, from what acts and events tell of it. Pure.

Sources: EU 2016/161 (safety features): articles 11 and 22 to 25 (verify and decommission), 13 (reversal); the
settlement rule for Chinese drug codes: a code is sold once, and a second sale is an alarm.
A reversal names the act that it takes back, so the state does not depend on the order in which things came
in: what counts is every departure that was not taken back, by its own time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from service.errors import Fault

#: A reversal comes at most so long after the departure (EU 2016/161, article 13, 1(b)).
REVERSAL_WITHIN: Final = timedelta(days=10)
#: Expiry dates are days of the place of sale; this service's packs are labelled and sold in China.
PACK_TIME: Final = timezone(timedelta(hours=8))


class Status(StrEnum):
    """Where a unit is in its life. `RECALLED` is never stored: it is an active unit of a recalled batch."""

    ACTIVE = "active"
    RECALLED = "recalled"
    SOLD = "sold"
    DISPENSED = "dispensed"
    CONSUMED = "consumed"  # used up in making something else
    EXPORTED = "exported"
    SAMPLED = "sampled"
    DESTROYED = "destroyed"
    STOLEN = "stolen"
    RETIRED = "retired"  # its number was taken out of use


@dataclass(frozen=True, slots=True)
class Departure:
    """One way out of the active state. `supplies`: hands goods over to people, so nothing recalled or expired
    may go that way; `reversible`: may be taken back; `asked`: may be asked for over REST (the others are told
    by events alone); `after`: states from which it is no repetition.
    """

    supplies: bool = False
    reversible: bool = False
    asked: bool = True
    after: frozenset[Status] = frozenset({Status.ACTIVE})


#: Goods that are gone may yet come back to be destroyed, or be found to have been stolen goods.
_HANDED_OVER: Final = frozenset(
    {Status.ACTIVE, Status.SOLD, Status.DISPENSED, Status.EXPORTED, Status.SAMPLED, Status.STOLEN}
)
DEPARTURES: Final[dict[Status, Departure]] = {
    Status.SOLD: Departure(supplies=True, reversible=True),
    Status.DISPENSED: Departure(supplies=True, reversible=True),
    Status.EXPORTED: Departure(supplies=True, reversible=True),
    Status.SAMPLED: Departure(reversible=True),
    Status.STOLEN: Departure(),
    Status.DESTROYED: Departure(after=_HANDED_OVER),
    Status.CONSUMED: Departure(asked=False),
    Status.RETIRED: Departure(asked=False, after=_HANDED_OVER | {Status.DESTROYED, Status.CONSUMED}),
}

#: Business steps (bare CBV words) and dispositions by what they make of an instance.
_BY_STEP: Final = {
    "retail_selling": Status.SOLD,
    "dispensing": Status.DISPENSED,
    "consuming": Status.CONSUMED,
    "sampling": Status.SAMPLED,
    "destroying": Status.DESTROYED,
    "decommissioning": Status.RETIRED,
}
_BY_DISPOSITION: Final = {
    "retail_sold": Status.SOLD,
    "dispensed": Status.DISPENSED,
    "destroyed": Status.DESTROYED,
    "stolen": Status.STOLEN,
}
ROLE_OBJECT, ROLE_CHILD, ROLE_INPUT = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Told:
    """One departure of a unit. `site`: id of the place; `act`: id of the act, or `event`: eventID.
    `by`: the key that asked for it; `reference`: the caller's own number of the transaction.
    """

    status: Status
    at: datetime
    site: int | None
    act: int | None = None
    event: str | None = None
    by: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The state of a unit, the departure that brought it there, and what was told besides: departures of
    what was gone already (a second sale among them).
    """

    status: Status
    since: Told | None
    repeated: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """What a rule must know of a unit besides its state. `listed`: its producer has registered its serial, or
    has registered none of its batch at all. `recalled`, `stopped`: it, or all of its batch, by a case.
    """

    unit: str
    lot: str | None
    expires_on: date | None
    recalled: bool
    listed: bool
    stopped: bool = False


def status_told(
    event_type: str, action: str | None, step: str | None, disposition: str | None, role: int
) -> Status | None:
    """The departure that an event tells of an instance with this role in it; None for any other event.

    `step`, `disposition`: the last part of the URI, in lower case.
    """
    if event_type == "TransactionEvent" or role not in (ROLE_OBJECT, ROLE_CHILD, ROLE_INPUT):
        return None
    if role == ROLE_INPUT:
        return Status.CONSUMED
    told = _BY_STEP.get(step or "") or _BY_DISPOSITION.get(disposition or "")
    if told is None and event_type == "ObjectEvent" and action == "DELETE":
        return Status.RETIRED
    return told


def state_of(departures: Sequence[Told]) -> State:
    """The state after all departures that were not taken back, whatever order they came in."""
    status, since, repeated = Status.ACTIVE, None, []
    for told in sorted(departures, key=lambda told: (told.at, told.event or "", told.act or 0)):
        if status in DEPARTURES[told.status].after:
            status, since = told.status, told
        else:
            repeated.append(told)
    return State(status, since, tuple(repeated))


def shown_status(state: State, *, recalled: bool) -> Status:
    """The state as people see it: an active unit of a recalled batch is recalled."""
    return Status.RECALLED if recalled and state.status is Status.ACTIVE else state.status


def is_expired(expires_on: date | None, now: datetime) -> bool:
    """A pack is good until the end of the day on it."""
    return expires_on is not None and now.astimezone(PACK_TIME).date() > expires_on


def hindrances(pack: Pack, state: State, wanted: Status, now: datetime) -> list[Fault]:
    """Why a unit may not leave by `wanted` (a key of `DEPARTURES`); nothing if it may."""
    faults = []
    if state.status not in DEPARTURES[wanted].after:
        faults.append(_gone(pack, state))
    if not DEPARTURES[wanted].supplies:
        return faults
    if not pack.listed:
        faults.append(
            Fault(
                "/unit",
                pack.unit,
                "The producer has registered the serial numbers of this batch, and this is none of them.",
                "生产者已登记该批次的序列号，其中没有此号。",
                "unit:not-registered",
            )
        )
    if pack.recalled:
        faults.append(
            Fault("/unit", pack.unit, "Its batch is recalled.", "其所属批次正在召回。", "unit:recalled")
        )
    if pack.stopped:
        faults.append(
            Fault(
                "/unit", pack.unit, "Sale of its batch is stopped.", "其所属批次已停止销售。", "unit:stopped"
            )
        )
    if is_expired(pack.expires_on, now):
        faults.append(
            Fault(
                "/unit",
                pack.unit,
                f"It expired on {pack.expires_on}.",
                f"已于 {pack.expires_on} 过期。",
                "unit:expired",
            )
        )
    return faults


def _gone(pack: Pack, state: State) -> Fault:
    assert state.since is not None
    at = state.since.at.isoformat()
    return Fault(
        "/unit",
        pack.unit,
        f"It was {state.status} already, at {at}.",
        f"已于 {at} 登记为“{NAMES_ZH[state.status]}”。",
        "unit:gone",
    )


NAMES_ZH: Final = {
    Status.ACTIVE: "在用",
    Status.RECALLED: "召回",
    Status.SOLD: "已售",
    Status.DISPENSED: "已发药",
    Status.CONSUMED: "已投料",
    Status.EXPORTED: "已出口",
    Status.SAMPLED: "已抽样",
    Status.DESTROYED: "已销毁",
    Status.STOLEN: "被盗",
    Status.RETIRED: "已注销",
}


def mismatches(pack: Pack, lot: str | None, expires: tuple[date, date] | None) -> list[Fault]:
    """What is printed on a pack and differs from what is known of it (EU 2016/161, article 11); `None`: not
    told, or not known. `expires`: the first and the last day that can be meant.
    """
    faults = []
    if lot is not None and pack.lot is not None and lot != pack.lot:
        faults.append(
            Fault("/lot", lot, f"Its lot is {pack.lot}.", f"其批号应为 {pack.lot}。", "unit:other-lot")
        )
    if expires and pack.expires_on is not None and not expires[0] <= pack.expires_on <= expires[1]:
        faults.append(
            Fault(
                "/expires_on",
                expires[1].isoformat(),
                f"It expires on {pack.expires_on}.",
                f"其有效期应至 {pack.expires_on}。",
                "unit:other-expiry",
            )
        )
    return faults


def obstacles_to_return(pack: Pack, state: State, site: int, now: datetime) -> list[Fault]:
    """Why a unit may not become active again (EU 2016/161, article 13); nothing if it may."""
    since = state.since
    if since is None:
        return [Fault("/unit", pack.unit, "It is active.", "该单件处于在用状态。", "unit:active")]
    if since.event is not None:
        return [
            Fault(
                "/unit",
                pack.unit,
                f"Event {since.event} says so; declare that event an error.",
                f"该状态来自事件 {since.event}；请对该事件提交差错声明。",
                "unit:told-by-event",
            )
        ]
    faults = []
    conditions = (
        (
            DEPARTURES[state.status].reversible,
            f"What was {state.status} does not come back.",
            f"状态“{NAMES_ZH[state.status]}”不可撤销。",
            "unit:final",
        ),
        (
            since.site == site,
            "Only the place that took it out of use may take that back.",
            "只有登记该状态的场所可以撤销。",
            "unit:other-premises",
        ),
        (
            now - since.at <= REVERSAL_WITHIN,
            f"That was at {since.at.isoformat()}; it can be taken back for {REVERSAL_WITHIN.days} days.",
            f"登记时间为 {since.at.isoformat()}，超过 {REVERSAL_WITHIN.days} 天不可撤销。",
            "unit:too-late",
        ),
        (
            not is_expired(pack.expires_on, now),
            f"It expired on {pack.expires_on}.",
            f"已于 {pack.expires_on} 过期。",
            "unit:expired",
        ),
        (not pack.recalled, "Its batch is recalled.", "其所属批次正在召回。", "unit:recalled"),
    )
    for holds, english, chinese, rule in conditions:
        if not holds:
            faults.append(Fault("/unit", pack.unit, english, chinese, rule))
    return faults

"""What is done with one unit: verified, taken out of use, brought back.

Whoever changes a unit's state holds its row locked from looking at it until the commit: of two tills that
sell one pack at once, the second sees the first's sale and gets an alarm. A refusal is an answer, not an
error raised: it is written into the history, and that must be committed.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from service import clock
from service.audit.shown import shows
from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Fault, Forbidden, Malformed
from service.registry.owning import require_own
from service.registry.sites import find_site_reference
from service.units import store
from service.units.cards import (
    Known,
    card_of,
    departed,
    find_unit,
    look_at,
    look_for_unit,
    places_named,
    unknown_unit,
)
from service.units.discretion import as_told_to
from service.units.printed import printed_in
from service.units.schemas import (
    AtPlace,
    Decommissioned,
    Decommissioning,
    Departed,
    Place,
    Question,
    Reactivated,
    Reactivation,
    UnitCard,
    Verification,
)
from service.units.status import (
    DEPARTURES,
    REVERSAL_WITHIN,
    Status,
    Told,
    hindrances,
    mismatches,
    obstacles_to_return,
    shown_status,
)
from service.web.problems import fault_as_json

#: What a verification asks on behalf of: handing the pack over.
SUPPLY: Final = Status.SOLD


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked is not done; the attempt is in the unit's history. `first`: the departure in the way;
    `alarm`: the pack was handed over, or taken out of use, before.
    """

    faults: list[Fault]
    first: Departed | None
    alarm: bool


async def read_card(tx: Transaction, caller: Caller, text: str) -> UnitCard:
    """Everything that the caller may know of a unit: of its history a party reads what was done at its own
    places. Raises `Malformed`, `Missing`.
    """
    unit_id = await look_for_unit(tx, text, "unit")
    if not await sees(tx, caller, "unit", unit_id) or unit_id is None:
        raise unknown_unit(text, "unit")
    known = await look_at(tx, unit_id)
    card = await card_of(tx, known, clock.now())
    if caller.bound_to is None:
        return card
    own = await store.places_of(tx, caller.bound_to)
    told = replace(
        known,
        state=as_told_to(own, known.state),
        acts=[act for act in known.acts if act["site_id"] in own],
        told=[told for told in known.told if told.site in own],
    )
    # How often it was offered again, every consumer reads.
    return (await card_of(tx, told, clock.now())).model_copy(update={"alarms": card.alarms})


async def verify(tx: Transaction, caller: Caller, asked: Question) -> Verification:
    """Whether the pack may be handed over. Changes nothing. Raises `Malformed`, `Missing`."""
    known = await told_to(tx, caller, await look_at(tx, await find_unit(tx, asked.unit, "/unit")))
    faults = _against(known, SUPPLY, asked, clock.now())
    shows("batch", [known.row["batch_id"]])
    return Verification(
        unit=known.pack.unit,
        status=shown_status(known.state, recalled=known.pack.recalled),
        may_be_supplied=not faults,
        reasons=[fault_as_json(fault) | {"rule": fault.rule} for fault in faults],
        lot=known.pack.lot,
        expires_on=known.pack.expires_on,
        product_name_zh=known.row["product_name_zh"],
        product_name_en=known.row["product_name_en"],
        first=await _first(tx, known),
    )


def _against(known: Known, wanted: Status, asked: Question, now: datetime) -> list[Fault]:
    return hindrances(known.pack, known.state, wanted, now) + _differing(known, asked, now)


def _differing(known: Known, asked: Question, now: datetime) -> list[Fault]:
    """What differs from what is on record: of what the question says, else of what the code itself says."""
    printed = printed_in(asked.unit, now.date())
    expires = (asked.expires_on, asked.expires_on) if asked.expires_on else None
    told = mismatches(known.pack, asked.lot, expires)
    return told or mismatches(known.pack, printed.lot, printed.expires)


async def _first(tx: Transaction, known: Known) -> Departed | None:
    since = known.state.since
    if since is None:
        return None
    return departed(since, await places_named(tx, {since.site} if since.site is not None else set()))


async def decommission(tx: Transaction, caller: Caller, asked: Decommissioning) -> Decommissioned | Refused:
    """Verify a unit and take it out of use. Raises `Malformed`, `Missing`; `Forbidden` at another's place,
    and for goods that never came to the caller's.
    """
    now, by = clock.now(), caller.name
    # Clocks of tills differ: what is told as later than now happened now.
    at = min(asked.at or now, now).astimezone(UTC)
    site = await _site(tx, caller, asked)
    wanted = Status(asked.status)
    known = await _locked(tx, caller, asked)
    done = _done_before(known, wanted, asked, site.id, by)
    if done is not None:
        return _decommissioned(known, done, site, repeated=True)
    faults = _against(known, wanted, asked, now)
    act = store.NewAct(known.id, "leave", wanted, at, now, site.id, by, asked.reference)
    if faults:
        return await _refuse(tx, known, act, faults)
    act_id = await store.insert_act(tx, act)
    return _decommissioned(known, Told(wanted, at, site.id, act=act_id, by=by), site, repeated=False)


def _done_before(known: Known, wanted: Status, asked: Decommissioning, site: int, by: str) -> Told | None:
    """The departure that this very transaction brought about when it was told before."""
    since = known.state.since
    if since is None or asked.reference is None or since.act is None:
        return None
    same = (since.status, since.site, since.by, since.reference) == (wanted, site, by, asked.reference)
    return since if same else None


def _decommissioned(known: Known, told: Told, site: Place, *, repeated: bool) -> Decommissioned:
    reversible = DEPARTURES[told.status].reversible
    return Decommissioned(
        unit=known.pack.unit,
        status=told.status,
        at=told.at,
        site=site,
        repeated=repeated,
        reversible_until=told.at + REVERSAL_WITHIN if reversible else None,
    )


async def reactivate(tx: Transaction, caller: Caller, asked: Reactivation) -> Reactivated | Refused:
    """Bring a unit back into use that was taken out by mistake. Raises as `decommission`."""
    now, by = clock.now(), caller.name
    site = await _site(tx, caller, asked)
    known = await _locked(tx, caller, asked)
    since = known.state.since
    faults = obstacles_to_return(known.pack, known.state, site.id, now) + _differing(known, asked, now)
    act = store.NewAct(known.id, "return", Status.ACTIVE, now, now, site.id, by, asked.reference)
    if faults or since is None:
        return await _refuse(tx, known, act, faults)
    await store.insert_act(tx, replace(act, reverses=since.act))
    back = await look_at(tx, known.id)
    return Reactivated(
        unit=known.pack.unit,
        status=shown_status(back.state, recalled=back.pack.recalled),
        returned_from=since.status,
    )


async def _refuse(tx: Transaction, known: Known, act: store.NewAct, faults: list[Fault]) -> Refused:
    await store.insert_act(tx, replace(act, kind="refused", rule=faults[0].rule))
    gone = any(fault.rule == "unit:gone" for fault in faults)
    return Refused(faults, await _first(tx, known), alarm=gone)


async def told_to(tx: Transaction, caller: Caller, known: Known) -> Known:
    """The unit as the caller may know it: whoever does not see it or did not take it out of use learns no
    more than a consumer.
    """
    if caller.bound_to is None and await sees(tx, caller, "unit", known.id):
        return known
    own = set() if caller.bound_to is None else await store.places_of(tx, caller.bound_to)
    return replace(known, state=as_told_to(own, known.state))


async def _locked(tx: Transaction, caller: Caller, asked: Question) -> Known:
    unit_id = await find_unit(tx, asked.unit, "/unit")
    await store.lock_unit(tx, unit_id)
    known = await look_at(tx, unit_id)
    if caller.bound_to is not None and not await sees(tx, caller, "batch", known.row["batch_id"]):
        raise Forbidden(
            "No record says that this lot ever came to one of your places; capture its receiving first.",
            "没有记录表明该批次曾到达您的场所，请先采集收货事件。",
        )
    return await told_to(tx, caller, known)


async def _site(tx: Transaction, caller: Caller, asked: AtPlace) -> Place:
    site = await find_site_reference(tx, asked.site_id, asked.site, "site")
    if site is None:
        raise Malformed.field("/site", None, "Say where.", "请指明场所。", "unit:site")
    owner = await store.owner_of(tx, site)
    await require_own(tx, caller, owner, f"Site {site}", f"场所 {site} ")
    return (await places_named(tx, {site}))[site]

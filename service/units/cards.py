"""What is known of one unit, put together from its row, its events and its acts at the moment of asking.

Events and acts are one history. Events stay the only truth of what they tell: a declared error takes its
departure back at once, and nothing is copied that could then differ. Acts over REST are rows of their own and
not events, for an event means computing its whole batch again, and a till that sells the packs of one large
batch cannot wait for that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from service.audit.shown import passes, shows
from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing
from service.identifiers.drug_code import DRUG_URI_PREFIX
from service.identifiers.identity import Kind, identify_code
from service.units import store
from service.units.packages import refuse_package
from service.units.schemas import Departed, HistoryEntry, Place, UnitCard
from service.units.status import Pack, State, Told, is_expired, shown_status, state_of


@dataclass(frozen=True, slots=True)
class Known:
    """A unit as it stands. `row`: columns of `pack.sql`; `acts`: rows of `unit_act`, latest first."""

    id: int
    row: Mapping[str, Any]
    pack: Pack
    state: State
    acts: list[dict[str, Any]]
    told: list[Told]


async def find_unit(tx: Transaction, text: str, field: str) -> int:
    """The id of the unit that a text names, in any form. Raises `Malformed`, `Missing`."""
    found = await look_for_unit(tx, text, field)
    if found is None:
        raise unknown_unit(text, field)
    return found


async def look_for_unit(tx: Transaction, text: str, field: str) -> int | None:
    """The id of the unit that a text names, in any form; None where there is none. Raises `Malformed`."""
    try:
        identity = identify_code(text)
    except Malformed as error:
        raise Malformed(
            error.message,
            error.zh,
            [Fault(field, text, fault.message, fault.message_zh, fault.rule) for fault in error.faults],
        ) from error
    if identity.kind not in (Kind.UNIT, Kind.DRUG_CODE, Kind.OTHER):
        raise Malformed.field(
            field,
            text,
            f"This names a {identity.kind}; a unit has a serial number (AI 21) or a drug code.",
            "该编码标识的不是单件；单件须含序列号（AI 21），或为 20 位药品追溯码。",
            "unit:kind",
        )
    code = identity.uri.removeprefix(DRUG_URI_PREFIX) if identity.kind is Kind.DRUG_CODE else None
    if code is not None:
        await refuse_package(tx, code, text, field)
    return await store.find_unit(tx, identity.uri, code)


def unknown_unit(text: str, field: str) -> Missing:
    """No unit has this name."""
    message, zh = "No unit of this name was registered or captured.", "没有登记或采集过这个单件。"
    return Missing(f"{field}: {message}", f"{field}：{zh}", [Fault(field, text, message, zh)])


async def look_at(tx: Transaction, unit_id: int) -> Known:
    """The unit as it stands now."""
    row = await store.fetch_pack(tx, unit_id)
    told = await store.told_by_events(tx, unit_id)
    acts = await store.acts_of(tx, unit_id)
    pack = Pack(
        row["uri"], row["lot"], row["expires_on"], row["recalled"], row["listed"], stopped=row["stopped"]
    )
    return Known(unit_id, row, pack, state_of([*told, *store.told_by_acts(acts)]), acts, told)


async def card_of(tx: Transaction, known: Known, now: datetime) -> UnitCard:
    """The unit with its history."""
    row, state = known.row, known.state
    shows("batch", [row["batch_id"]])
    wanted = {act["site_id"] for act in known.acts} | {told.site for told in known.told}
    places = await places_named(tx, {site for site in wanted if site is not None})
    passes((), places)
    return UnitCard(
        **{name: row[name] for name in UnitCard.model_fields.keys() & row.keys()},
        serial=serial_of(row["uri"]),
        drug_codes=await store.codes_of(tx, known.id),
        registered=row["registered_batch_id"] is not None,
        status=shown_status(state, recalled=row["recalled"]),
        expired=is_expired(row["expires_on"], now),
        since=departed(state.since, places) if state.since else None,
        repeated=[departed(told, places) for told in state.repeated],
        alarms=sum(act["kind"] == "refused" for act in known.acts),
        history=_history(known, places),
    )


def serial_of(uri: str) -> str | None:
    """The serial number in a unit's canonical URI; None for URIs of other makers."""
    head, _, last = uri.rpartition("/")
    return unquote(last) if head.endswith(("/21", "/unit", "/8011", "/235")) else None


async def places_named(tx: Transaction, sites: set[int]) -> dict[int, Place]:
    """Places by their ids."""
    found = await store.sites_named(tx, sorted(sites))
    return {site: Place.model_validate(row) for site, row in found.items()}


def departed(told: Told, places: Mapping[int, Place]) -> Departed:
    """A departure as answers show it."""
    place = places.get(told.site) if told.site is not None else None
    return Departed(
        status=told.status, at=told.at, site=place, event=told.event, by=told.by, reference=told.reference
    )


def _history(known: Known, places: Mapping[int, Place]) -> list[HistoryEntry]:
    """Acts and events together, by the time of their doing."""
    entries = [
        HistoryEntry(
            kind=act["kind"],
            status=act["status"],
            at=act["at"],
            recorded_at=act["recorded_at"],
            site=places[act["site_id"]],
            event=None,
            by=act["recorded_by"],
            reference=act["reference"],
            rule=act["rule"],
            reversed=act["reversed"],
        )
        for act in reversed(known.acts)
    ]
    entries += [
        HistoryEntry(
            kind="told",
            status=told.status,
            at=told.at,
            recorded_at=None,
            site=places.get(told.site) if told.site is not None else None,
            event=told.event,
            by=None,
            reference=None,
            rule=None,
            reversed=False,
        )
        for told in known.told
    ]
    return sorted(entries, key=lambda entry: entry.at)

"""EPCIS 2.0 events of the trade, one line each, built without a service: `suyuan.events.ship(…)`.

    event = events.ship("06901234567892 L1", "12.5", "KGM", at=mill, to=shop)

Goods are one code (with its quantity and unit), or a list of several: `[(batch, 10, "KGM"), pallet, …]`; see
`suyuan.goods`. Places and parties: see `suyuan.places`. Every event gets a UUID as its eventID, so that it is
stored once however often it is sent. Business steps and dispositions are CBV 2.0's (7.1, 7.2). What cannot be
right raises `WrongField` with the name of the argument. Numbers are exact: write an event with
`suyuan.captures.encoded`, which keeps their digits.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, TypedDict, Unpack
from uuid import UUID, uuid4

from suyuan.goods import URI, Code, Goods, Quantity, Thing, listed, thing_of, things_of
from suyuan.places import Document, Documents, Owner, Place, documents_of, ends_of, place_of
from suyuan.problems import WrongField
from suyuan.vocabulary import DISPOSITIONS

Event = dict[str, Any]

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
#: Prefixes of what lots are told by; the second is not in the standard's context.
PREFIXES: Final = {"gs1": "https://ref.gs1.org/voc/", "cbvmda": "urn:epcglobal:cbv:mda#"}


class Told(TypedDict, total=False):
    """What every event can say besides.

    `when`: a moment with its offset, or its text (RFC 3339); else now, with the offset of this machine.
    `event_id`: a URI of one's own, or a UUID. `po`, `despatch_advice`: their URI, or (GLN of whose it is,
    number); `documents`: others by their type of CBV 2.0, 7.3. `source…`, `to…`: place, party in possession,
    and owner on both sides. `disposition`: another than the usual, a CBV word or a URI.
    """

    when: datetime | str | None
    event_id: str | UUID | None
    po: Document | None
    despatch_advice: Document | None
    documents: Documents
    source: Place | None
    source_party: Owner | None
    source_owner: Owner | None
    to: Place | None
    to_party: Owner | None
    to_owner: Owner | None
    disposition: str | None


class Lot(TypedDict, total=False):
    """What is said of a lot, or of units, that come to be: days, as dates or texts (ISO 8601), and `lot`, the
    lot of units that are named by serial number.
    """

    made_on: date | str | None
    expires_on: date | str | None
    best_before: date | str | None
    harvested_on: date | str | None
    lot: str | None


class ToldOfLot(Told, Lot, total=False):
    """Both."""


def commission(
    goods: Goods,
    quantity: Quantity | None = None,
    uom: str | None = None,
    *,
    at: Place,
    **told: Unpack[ToldOfLot],
) -> Event:
    """Goods come to be, under identifiers that are new."""
    things = things_of("goods", goods, quantity, uom)
    lot, rest = _parted(told)
    return {**_objects("ADD", "commissioning", "active", things, at, rest), **_ilmd(lot)}


def harvest(
    goods: Goods,
    quantity: Quantity | None = None,
    uom: str | None = None,
    *,
    at: Place,
    **told: Unpack[ToldOfLot],
) -> Event:
    """A harvest or catch: it comes to be, on the day of the event unless `harvested_on` says another."""
    moment = _moment(told.get("when"))
    day: ToldOfLot = {"harvested_on": moment.date(), **told, "when": moment}
    return commission(goods, quantity, uom, at=at, **day)


def ship(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods leave `at`, for `to`."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "shipping", "in_transit", things, at, {"source": at, **told}, settled=False)


def receive(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods arrive at `at`, from `source`."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "receiving", "in_progress", things, at, {"to": at, **told})


def return_(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods leave `at`, back to whom they came from (`to`)."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "shipping", "returned", things, at, {"source": at, **told}, settled=False)


def sell(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods go to consumers."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "retail_selling", "retail_sold", things, at, told)


def destroy(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods are destroyed."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("DELETE", "destroying", "destroyed", things, at, told)


def sample(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Samples are taken, and used up in testing."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "sampling", "in_progress", things, at, told)


def inspect(
    goods: Goods, quantity: Quantity | None = None, uom: str | None = None, *, at: Place, **told: Unpack[Told]
) -> Event:
    """Goods are looked at, and found there."""
    things = things_of("goods", goods, quantity, uom)
    return _objects("OBSERVE", "inspecting", "in_progress", things, at, told)


def transform(
    inputs: Goods,
    outputs: Goods,
    *,
    at: Place,
    transformation_id: str | None = None,
    **told: Unpack[ToldOfLot],
) -> Event:
    """Inputs become outputs. `transformation_id`: a URI that ties several events of one transformation."""
    lot, rest = _parted(told)
    things = {
        **listed(things_of("inputs", inputs), "inputEPCList", "inputQuantityList"),
        **listed(things_of("outputs", outputs), "outputEPCList", "outputQuantityList"),
    }
    if transformation_id is not None:
        things["transformationID"] = _uri("transformation_id", transformation_id)
    made = {**things, **_ilmd(lot)}
    return _event("TransformationEvent", made, "commissioning", "active", at, rest)


def pack(parent: Code, children: Goods, *, at: Place, **told: Unpack[Told]) -> Event:
    """Children are put into, or on, the parent: a pallet or case (SSCC), a crate, a unit."""
    named = {"action": "ADD", **_contents(parent, things_of("children", children))}
    return _event("AggregationEvent", named, "packing", "in_progress", at, told)


def unpack(parent: Code, children: Goods | None = None, *, at: Place, **told: Unpack[Told]) -> Event:
    """Children are taken out of the parent; all that it holds where none are named."""
    taken = () if children is None else things_of("children", children)
    named = {"action": "DELETE", **_contents(parent, list(taken))}
    return _event("AggregationEvent", named, "unpacking", "in_progress", at, told)


def document(*events: Event) -> dict[str, Any]:
    """An EPCISDocument of these events, to be captured at once, or by another service."""
    return {
        "@context": [CONTEXT, PREFIXES],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _stamp(_moment(None)),
        "epcisBody": {"eventList": list(events)},
    }


def _contents(parent: Code, children: list[Thing]) -> dict[str, Any]:
    holder = thing_of("parent", parent).uri
    if any(child.uri == holder for child in children):
        raise WrongField("children", holder, "nothing is packed into itself.", "物品不能装入自身。")
    return {"parentID": holder, "childEPCs": [], **listed(children, "childEPCs", "childQuantityList")}


def _objects(
    action: str, step: str, disposition: str, things: list[Thing], at: Place, told: Told, settled: bool = True
) -> Event:
    named = {"action": action, **listed(things, "epcList", "quantityList")}
    return _event("ObjectEvent", named, step, disposition, at, told, settled=settled)


def _event(
    kind: str,
    named: dict[str, Any],
    step: str,
    disposition: str,
    at: Place,
    told: Told,
    *,
    settled: bool = True,
) -> Event:
    """The event. `settled`: the goods are at `at` afterwards, too (EPCIS 2.0, 7.4.1: bizLocation)."""
    unknown = told.keys() - Told.__annotations__.keys()
    if unknown:
        raise TypeError(f"an event takes no {', '.join(sorted(unknown))}")
    moment = _moment(told.get("when"))
    place = {"id": place_of("at", at)}
    made: Event = {
        "type": kind,
        "eventID": _event_id(told.get("event_id")),
        "eventTime": _stamp(moment),
        "eventTimeZoneOffset": _stamp(moment)[-6:],
        **named,
        "bizStep": step,
        "disposition": _disposition(told.get("disposition") or disposition),
        "readPoint": place,
    }
    more = {"bizLocation": dict(place) if settled else None, **_papers(told), **_ends(told)}
    return {**made, **{name: value for name, value in more.items() if value}}


def _papers(told: Told) -> dict[str, Any]:
    given: Any = told.get("documents") or {}
    if not isinstance(given, Mapping):
        raise WrongField(
            "documents",
            repr(given)[:200],
            "name documents by their kind: {'inv': ('6901234000009', 'INV-1')}.",
            "单据须按类型给出：{'inv': ('6901234000009', 'INV-1')}。",
        )
    documents: dict[str, Any] = dict(given)
    for argument, kind in (("po", "po"), ("despatch_advice", "desadv")):
        value = told.get(argument)
        if value is not None:
            if kind in documents:
                raise WrongField(
                    argument, str(value), "documents names one, too.", "documents 中已有此类单据。"
                )
            documents[kind] = value
    return {"bizTransactionList": documents_of(documents)}


def _ends(told: Told) -> dict[str, Any]:
    sides: Mapping[str, Any] = told
    lists = {}
    for name, start in (("source", "source"), ("destination", "to")):
        fields = (start, f"{start}_party", f"{start}_owner")
        place, party, owner = (sides.get(field) for field in fields)
        lists[f"{name}List"] = ends_of(name, place, party, owner, fields=fields)
    return lists


def _parted(told: ToldOfLot) -> tuple[Lot, Told]:
    """What is said of the lot, and the rest."""
    lot: Any = {name: value for name, value in told.items() if name in Lot.__annotations__}
    rest: Any = {name: value for name, value in told.items() if name not in lot}
    return lot, rest


def _ilmd(lot: Lot) -> dict[str, Any]:
    days = {field: _day(field, value) for field, value in lot.items() if field != "lot" and value is not None}
    for last in ("expires_on", "best_before"):
        for first in ("made_on", "harvested_on"):
            if first in days and last in days and days[last] < days[first]:
                raise WrongField(last, str(days[last]), f"it is before {first}.", f"早于 {first}。")
    names = {
        "made_on": "gs1:productionDate",
        "harvested_on": "cbvmda:harvestEndDate",
        "expires_on": "cbvmda:itemExpirationDate",
        "best_before": "cbvmda:bestBeforeDate",
    }
    told = {names[field]: day.isoformat() for field, day in days.items()}
    if lot.get("lot"):
        told["cbvmda:lotNumber"] = str(lot["lot"])
    return {"ilmd": told} if told else {}


def _day(field: str, value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongField(
            field,
            str(value),
            "a day is a date, or a text such as 2026-03-01.",
            "日期须为 date 或 2026-03-01 形式的文本。",
        ) from None


def _moment(when: Any) -> datetime:
    """A moment with an offset of whole minutes."""
    if when is None:
        when = datetime.now().astimezone()
    try:
        moment = datetime.fromisoformat(when) if isinstance(when, str) else when
        offset = moment.utcoffset() if isinstance(moment, datetime) else None
    except ValueError:
        offset = None
    if offset is None:
        raise WrongField(
            "when",
            str(when),
            "a moment needs its offset from UTC, such as 2026-03-01T08:30:00+08:00.",
            "时间须带时区偏移，例如 2026-03-01T08:30:00+08:00。",
        )
    return moment.astimezone(timezone(timedelta(minutes=offset // timedelta(minutes=1))))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _event_id(told: Any) -> str:
    if told is None:
        return uuid4().urn
    return told.urn if isinstance(told, UUID) else _uri("event_id", told)


def _uri(field: str, told: Any) -> str:
    if not isinstance(told, str) or URI.fullmatch(told) is None:
        raise WrongField(
            field, str(told), "it must be a URI, such as urn:uuid:….", "须为 URI，例如 urn:uuid:…。"
        )
    return told


def _disposition(told: Any) -> str:
    if told in DISPOSITIONS or (isinstance(told, str) and URI.fullmatch(told)):
        return str(told)
    raise WrongField(
        "disposition",
        str(told),
        "it is no disposition of CBV 2.0, nor a URI.",
        "不是 CBV 2.0 的处置状态，也不是 URI。",
    )

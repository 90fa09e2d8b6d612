"""EPCIS 2.0 events and documents as JSON-LD."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

Event = dict[str, Any]
Document = dict[str, Any]
#: epcClass, quantity, unit of measure (empty for a count).
Amount = tuple[str, int, str]

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
#: Terms outside the standard's context that the demo's events use.
EXTENSIONS: Final = {
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "nong": "https://demo.suyuan.example/voc/",
}
OFFSET: Final = "+08:00"
#: UN/ECE Rec 20 code of a count, which EPCIS leaves out.
EACH: Final = "EA"


def stamp(at: datetime) -> str:
    """A time as events write it: milliseconds, +08:00."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{OFFSET}"


def document_of(events: Sequence[Event]) -> Document:
    """A document of these events, created when the last of them happened."""
    return {
        "@context": [CONTEXT, EXTENSIONS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": max(event["eventTime"] for event in events),
        "epcisBody": {"eventList": list(events)},
    }


def amount_of(amount: Amount) -> dict[str, Any]:
    """A quantity element."""
    epc_class, quantity, uom = amount
    element: dict[str, Any] = {"epcClass": epc_class, "quantity": quantity}
    if uom != EACH:
        element["uom"] = uom
    return element


def _start(kind: str, at: datetime) -> Event:
    return {"type": kind, "eventTime": stamp(at), "eventTimeZoneOffset": OFFSET}


def _finish(
    event: Event,
    step: str,
    disposition: str,
    read_point: str,
    location: str,
    transactions: Sequence[tuple[str, str]],
) -> Event:
    event["bizStep"] = step
    if disposition:
        event["disposition"] = disposition
    event["readPoint"] = {"id": read_point}
    if location:
        event["bizLocation"] = {"id": location}
    if transactions:
        event["bizTransactionList"] = [
            {"type": kind, "bizTransaction": number} for kind, number in transactions
        ]
    return event


def object_event(
    at: datetime,
    action: str,
    step: str,
    read_point: str,
    *,
    disposition: str = "",
    location: str = "",
    epcs: Sequence[str] = (),
    amounts: Sequence[Amount] = (),
    transactions: Sequence[tuple[str, str]] = (),
    sources: Sequence[tuple[str, str]] = (),
    destinations: Sequence[tuple[str, str]] = (),
    ilmd: dict[str, Any] | None = None,
) -> Event:
    """What happened to things that stayed what they are. Sources and destinations: (type, URI)."""
    event = _start("ObjectEvent", at)
    event["action"] = action
    if epcs:
        event["epcList"] = list(epcs)
    if amounts:
        event["quantityList"] = [amount_of(amount) for amount in amounts]
    _finish(event, step, disposition, read_point, location, transactions)
    if sources:
        event["sourceList"] = [{"type": kind, "source": uri} for kind, uri in sources]
    if destinations:
        event["destinationList"] = [{"type": kind, "destination": uri} for kind, uri in destinations]
    if ilmd:
        event["ilmd"] = ilmd
    return event


def aggregation_event(
    at: datetime,
    action: str,
    step: str,
    read_point: str,
    parent: str,
    *,
    location: str = "",
    disposition: str = "in_progress",
    children: Sequence[str] = (),
    amounts: Sequence[Amount] = (),
) -> Event:
    """Things are put into (ADD) or taken out of (DELETE) a parent; a DELETE of nothing named empties it."""
    event = _start("AggregationEvent", at)
    event["action"] = action
    event["parentID"] = parent
    event["childEPCs"] = list(children)
    if amounts:
        event["childQuantityList"] = [amount_of(amount) for amount in amounts]
    return _finish(event, step, disposition, read_point, location, ())


def transformation_event(
    at: datetime,
    read_point: str,
    *,
    inputs: Sequence[Amount] = (),
    outputs: Sequence[Amount] = (),
    transformation: str = "",
    step: str = "creating_class_instance",
    transactions: Sequence[tuple[str, str]] = (),
    ilmd: dict[str, Any] | None = None,
) -> Event:
    """Inputs become outputs; two events of one transformation carry its id."""
    event = _start("TransformationEvent", at)
    if inputs:
        event["inputQuantityList"] = [amount_of(amount) for amount in inputs]
    if outputs:
        event["outputQuantityList"] = [amount_of(amount) for amount in outputs]
    if transformation:
        event["transformationID"] = transformation
    _finish(event, step, "active", read_point, read_point, transactions)
    if ilmd:
        event["ilmd"] = ilmd
    return event

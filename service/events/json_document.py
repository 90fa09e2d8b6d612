"""EPCIS 2.0 documents in JSON-LD, read and written.

Reading decodes, checks every rule and gives `Document`; nothing is fetched, nothing is dropped, numbers stay
exact (`Decimal`). A document that breaks rules is refused with all that is wrong in it, up to a limit.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from service.errors import Fault, Malformed, TooLarge
from service.events.document_rules import check_document, event_list, master_data, where_events_are
from service.events.event_reading import read_payload
from service.events.event_rules import EVENT_TYPES, check_event
from service.events.ilmd import expires_on, lot_of, made_on
from service.events.json_decoding import decode
from service.events.model import Document, Event
from service.events.namespaces import EPCIS_CONTEXT, STANDARD, Namespaces
from service.events.value_rules import MAX_FAULTS, refused, wrong

__all__ = [
    "document_of",
    "dump_event",
    "dump_query_document",
    "event_of",
    "expires_on",
    "lot_of",
    "made_on",
    "read_document",
    "read_event",
]

_encoder = msgspec.json.Encoder(decimal_format="number")


def read_document(body: bytes, *, max_events: int, proceed: bool = False) -> Document:
    """Reads an EPCISDocument or EPCISQueryDocument.

    `max_events`: more events than this raise `TooLarge`. `proceed`: events that are not valid are put into
    `Document.rejected` and the others read; otherwise any fault refuses the whole document. Faults of the
    document itself always refuse it. Raises `Malformed` with every fault, at most 100.
    """
    return document_of(decode(body), max_events=max_events, proceed=proceed)


def document_of(document: Any, *, max_events: int, proceed: bool = False) -> Document:
    """`read_document` for a JSON value, however it came to be (decoded JSON, or XML put into that form)."""
    faults: list[Fault] = []
    check_document(document, faults)
    if faults:
        raise refused(faults)
    payloads = event_list(document)
    if len(payloads) > max_events:
        raise TooLarge(
            f"the document holds {len(payloads)} events; at most {max_events} are captured at once.",
            f"文档含有 {len(payloads)} 个事件，一次最多采集 {max_events} 个。",
        )
    names = STANDARD.under(document["@context"])
    at = where_events_are(document)
    events, positions, rejected = _read_events(payloads, at, names, proceed)
    return Document(
        document["type"],
        document["@context"],
        document.get("epcisHeader", {}),
        tuple(events),
        master_data(document, names),
        tuple(rejected),
        tuple(positions),
    )


def read_event(body: bytes) -> Document:
    """Reads ONE bare event, as a document of one. Without an `@context` in it the EPCIS one holds."""
    return event_of(decode(body))


def event_of(payload: Any) -> Document:
    """`read_event` for a JSON value, however it came to be."""
    faults: list[Fault] = []
    if isinstance(payload, dict) and payload.get("type") in ("EPCISDocument", "EPCISQueryDocument"):
        raise Malformed.field(
            "/type",
            payload["type"],
            f"type must be one of {', '.join(EVENT_TYPES)}: one bare event; documents go to /capture.",
            f"type 必须是 {'、'.join(EVENT_TYPES)} 之一：此处只接受单个事件，文档请提交到 /capture。",
        )
    names = _event_names(payload, STANDARD)
    check_event(payload, "", faults, names)
    if faults:
        raise refused(faults)
    return Document(
        payload["type"],
        payload.get("@context", [EPCIS_CONTEXT]),
        {},
        (read_payload(payload, names),),
        positions=(0,),
    )


def dump_event(payload: dict[str, Any]) -> bytes:
    """One event as JSON, fields in their order, numbers as they came."""
    return _encoder.encode(payload)


def dump_query_document(
    payloads: Sequence[dict[str, Any] | msgspec.Raw],
    *,
    query_name: str,
    created: str,
    context: Any = None,
    subscription_id: str | None = None,
) -> bytes:
    """An EPCISQueryDocument with these events.

    `payloads`: events, or their JSON as `msgspec.Raw`. `created`: RFC 3339 date-time. `context`: JSON value
    of `@context`, by default the EPCIS one.
    """
    results: dict[str, Any] = {"queryName": query_name}
    if subscription_id is not None:
        results["subscriptionID"] = subscription_id
    results["resultsBody"] = {"eventList": payloads}
    return _encoder.encode(
        {
            "@context": [EPCIS_CONTEXT] if context is None else context,
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": created,
            "epcisBody": {"queryResults": results},
        }
    )


def _read_events(
    payloads: list[Any], at: str, names: Namespaces, proceed: bool
) -> tuple[list[Event], list[int], list[tuple[int, tuple[Fault, ...]]]]:
    events: list[Event] = []
    positions: list[int] = []
    rejected: list[tuple[int, tuple[Fault, ...]]] = []
    all_faults: list[Fault] = []
    seen: dict[tuple[str, bool], int] = {}
    for position, payload in enumerate(payloads):
        faults: list[Fault] = []
        here = f"{at}/{position}"
        inner = _event_names(payload, names)
        check_event(payload, here, faults, inner)
        if not faults and "eventID" in payload:
            key = (payload["eventID"], "errorDeclaration" in payload)
            first = seen.setdefault(key, position)
            if first != position and not _same(payloads[first], payload):
                _told_twice(faults, f"{here}/eventID", payload["eventID"], f"{at}/{first}")
        if not faults:
            events.append(read_payload(payload, inner))
            positions.append(position)
        elif proceed:
            rejected.append((position, tuple(faults)))
        else:
            all_faults += faults
            if len(all_faults) >= MAX_FAULTS:
                break
    if all_faults:
        raise refused(all_faults)
    return events, positions, rejected


def _event_names(payload: Any, names: Namespaces) -> Namespaces:
    if not isinstance(payload, dict) or "@context" not in payload:
        return names
    return names.under(payload["@context"])


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def told(event: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in event.items() if name not in ("recordTime", "@context")}

    return told(one) == told(other)


def _told_twice(faults: list[Fault], field: str, event_id: str, first: str) -> None:
    wrong(
        faults,
        field,
        event_id,
        f"eventID must be unique; the event at {first} has the same one and other content.",
        f"eventID 必须唯一；{first} 处的事件使用了相同的 eventID，但内容不同。",
    )

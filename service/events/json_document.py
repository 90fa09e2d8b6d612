"""EPCIS 2.0 documents in JSON-LD, read and written.

Reading decodes, checks every rule and gives `Document`; nothing is fetched, nothing is dropped, numbers stay
exact (`Decimal`). A document that breaks rules is refused with all that is wrong in it, up to a limit.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from service.errors import Fault, Malformed, TooLarge
from service.events.document_rules import check_document, event_list, master_data, where_events_are
from service.events.event_reading import read_payload
from service.events.event_rules import EVENT_TYPES, check_event
from service.events.ilmd import expires_on, lot_of, made_on
from service.events.model import Document, Event
from service.events.namespaces import EPCIS_CONTEXT, STANDARD, Namespaces
from service.events.value_rules import MAX_DEPTH, MAX_FAULTS, pointer, wrong

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

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_document(body: bytes, *, max_events: int, proceed: bool = False) -> Document:
    """Reads an EPCISDocument or EPCISQueryDocument.

    `max_events`: more events than this raise `TooLarge`. `proceed`: events that are not valid are put into
    `Document.rejected` and the others read; otherwise any fault refuses the whole document. Faults of the
    document itself always refuse it. Raises `Malformed` with every fault, at most 100.
    """
    return document_of(_decode(body), max_events=max_events, proceed=proceed)


def document_of(document: Any, *, max_events: int, proceed: bool = False) -> Document:
    """`read_document` for a JSON value, however it came to be (decoded JSON, or XML put into that form)."""
    faults: list[Fault] = []
    check_document(document, faults)
    if faults:
        raise _refused(faults)
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
    return event_of(_decode(body))


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
        raise _refused(faults)
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
        raise _refused(all_faults)
    return events, positions, rejected


def _event_names(payload: Any, names: Namespaces) -> Namespaces:
    if not isinstance(payload, dict) or "@context" not in payload:
        return names
    return names.under(payload["@context"])


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def told(event: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in event.items() if name != "recordTime"}

    return told(one) == told(other)


def _told_twice(faults: list[Fault], field: str, event_id: str, first: str) -> None:
    wrong(
        faults,
        field,
        event_id,
        f"eventID must be unique; the event at {first} has the same one and other content.",
        f"eventID 必须唯一；{first} 处的事件使用了相同的 eventID，但内容不同。",
    )


def _refused(faults: list[Fault]) -> Malformed:
    first = faults[0]
    more = len(faults) - 1
    return Malformed(
        (f"{first.field}: " if first.field else "") + first.message + (f" ({more} more)" if more else ""),
        (f"{first.field}：" if first.field else "")
        + first.message_zh
        + (f"（另有 {more} 处）" if more else ""),
        faults[:MAX_FAULTS],
    )


def _decode(body: bytes) -> Any:
    if body.startswith(BYTE_ORDER_MARK):
        body = body[len(BYTE_ORDER_MARK) :]
    try:
        value = _decoder.decode(body)
    except UnicodeDecodeError as error:
        raise Malformed.field(
            "", None, f"the body must be UTF-8: {error.reason}.", "正文必须是 UTF-8 编码。"
        ) from error
    except RecursionError as error:
        raise Malformed.field(
            "",
            None,
            f"objects and arrays may stand at most {MAX_DEPTH} levels deep in one another.",
            f"对象与数组的嵌套最多 {MAX_DEPTH} 层。",
        ) from error
    except (msgspec.DecodeError, InvalidOperation) as error:
        reason = str(error) if isinstance(error, msgspec.DecodeError) else "a number is out of range"
        raise Malformed.field(
            "", None, f"the body must be JSON: {reason}.", f"正文必须是有效的 JSON：{reason}。"
        ) from error
    if b"\\u0000" in body:
        _refuse_nul(value)
    return value


def _refuse_nul(value: Any) -> None:
    """PostgreSQL's text cannot hold NUL, and no identifier or name needs it."""
    faults: list[Fault] = []
    rest = deque([("", value)])
    while rest and len(faults) < MAX_FAULTS:
        at, held = rest.popleft()
        if isinstance(held, dict):
            for name, member in held.items():
                if "\x00" in name:
                    _nul(faults, at, name)
                rest.append((pointer(at, name), member))
        elif isinstance(held, list):
            rest.extend((f"{at}/{index}", member) for index, member in enumerate(held))
        elif isinstance(held, str) and "\x00" in held:
            _nul(faults, at, held)
    if faults:
        raise _refused(faults)


def _nul(faults: list[Fault], at: str, value: str) -> None:
    wrong(
        faults,
        at.replace("\x00", "\\u0000"),
        value.replace("\x00", "\\u0000"),
        "the character NUL (\\u0000) cannot be kept; leave it out.",
        "无法保存 NUL 字符（\\u0000），请去掉。",
    )

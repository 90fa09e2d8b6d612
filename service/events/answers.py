"""Events as an answer: an EPCISQueryDocument with the server's `eventID` and `recordTime`."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from service.events.epc_format import TRANSLATED, EpcFormat, translate_event
from service.events.json_document import dump_event, dump_query_document
from service.events.namespaces import EPCIS_CONTEXT, STANDARD, STANDARD_PREFIXES
from service.events.store import StoredRow

_decoder = msgspec.json.Decoder(dict, float_hook=Decimal)
#: A prefix and what it means, as a header can carry it.
IN_HEADER = re.compile(r"[!-+\-.-~]+")
#: Characters of the GS1-Extensions header of an answer.
MAX_EXTENSIONS = 2048


def instant(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as `2026-11-22T04:00:00.000000Z`."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def query_document(
    rows: Sequence[StoredRow],
    *,
    now: datetime,
    query_name: str,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    subscription_id: str | None = None,
) -> bytes:
    """The events as an EPCISQueryDocument; the contexts of all of them come along."""
    context, apart = _together([row.context for row in rows])
    return dump_query_document(
        [msgspec.Raw(_answered(row, epc_format, row.context in apart)) for row in rows],
        query_name=query_name,
        created=instant(now),
        context=context,
        subscription_id=subscription_id,
    )


def extensions_header(rows: Sequence[StoredRow]) -> str:
    """GS1-Extensions of an answer: the prefixes of its contexts and what they mean, `ext1=https://…, …`."""
    told: dict[str, str] = {}
    for context in dict.fromkeys(row.context for row in rows):
        for prefix, uri in STANDARD.under(msgspec.json.decode(context)).prefixes.items():
            if STANDARD_PREFIXES.get(prefix) != uri and IN_HEADER.fullmatch(f"{prefix}={uri}"):
                told.setdefault(prefix, uri)
    header = ""
    for prefix, uri in told.items():
        longer = f"{header}, {prefix}={uri}" if header else f"{prefix}={uri}"
        header = longer if len(longer) <= MAX_EXTENSIONS else header
    return header


def event_with_server_fields(row: StoredRow) -> dict[str, Any]:
    """An event as it was captured, with the server's `eventID` (where it had none) and `recordTime`."""
    payload: dict[str, Any] = _decoder.decode(row.payload)
    return {"eventID": row.event_id, "recordTime": instant(row.record_time), **payload}


def _answered(row: StoredRow, epc_format: EpcFormat, own_context: bool) -> bytes:
    """One event as JSON; `own_context`: its document's context goes with it, for it disagrees with others."""
    if epc_format in TRANSLATED or own_context:
        event = translate_event(event_with_server_fields(row), epc_format)
        if own_context:
            event["@context"] = _merged(row.context, event.get("@context", []))
        return dump_event(event)
    # The payload's own text, word for word.
    own = msgspec.json.decode(row.payload, type=dict[str, msgspec.Raw])
    added = {"recordTime": instant(row.record_time)}
    if "eventID" not in own:
        added = {"eventID": row.event_id, **added}
    return msgspec.json.encode(added)[:-1] + b"," + row.payload.lstrip()[1:].encode()


def _merged(context: str, inner: Any) -> list[Any]:
    outer = msgspec.json.decode(context)
    return [
        *(outer if isinstance(outer, list) else [outer]),
        *(inner if isinstance(inner, list) else [inner]),
    ]


def _together(contexts: Sequence[str]) -> tuple[Any, frozenset[str]]:
    """One context that holds all, the first as it is and then what the others add; and those that give a
    prefix another meaning than one before: they cannot be laid together.
    """
    merged: list[Any] = []
    prefixes: dict[str, str] = {}
    apart: set[str] = set()
    for text in dict.fromkeys(contexts):
        context = msgspec.json.decode(text)
        told = STANDARD.under(context).prefixes
        if any(prefixes.get(prefix, uri) != uri for prefix, uri in told.items()):
            apart.add(text)
            continue
        prefixes.update(told)
        for part in context if isinstance(context, list) else [context]:
            if part not in merged:
                merged.append(part)
    return merged or [EPCIS_CONTEXT], frozenset(apart)

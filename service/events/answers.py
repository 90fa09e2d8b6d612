"""Events as an answer: an EPCISQueryDocument with the server's `eventID` and `recordTime`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from service.events.json_document import dump_query_document


def instant(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as `2026-11-22T04:00:00.000000Z`."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def query_document(rows: Sequence[asyncpg.Record], *, now: datetime, query_name: str) -> bytes:
    """The rows of `events.store` as an EPCISQueryDocument; the contexts of all of them come along."""
    return dump_query_document(
        [msgspec.Raw(_with_server_fields(row)) for row in rows],
        query_name=query_name,
        created=instant(now),
        context=_together([msgspec.json.decode(row["context"]) for row in rows]),
    )


def _with_server_fields(row: asyncpg.Record) -> bytes:
    """The payload's own text with `eventID` (where it has none) and `recordTime` put in front."""
    payload: str = row["payload"]
    own = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    added = {"recordTime": instant(row["record_time"])}
    if "eventID" not in own:
        added = {"eventID": row["event_id"], **added}
    head = msgspec.json.encode(added)[:-1]
    return head + b"," + payload.lstrip()[1:].encode()


def _together(contexts: Sequence[Any]) -> Any:
    """One context that holds all: the first as it is, then what the others add."""
    if not contexts:
        return None
    merged: list[Any] = []
    for context in contexts:
        for part in context if isinstance(context, list) else [context]:
            if part not in merged:
                merged.append(part)
    return merged

"""Captures: EPCIS documents in, cut to the size that the service takes."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, unquote
from uuid import NAMESPACE_URL, uuid5

import httpx
import msgspec

from suyuan.call import LONG, Call, read_location, reads

Document = Mapping[str, Any]

LD_JSON: Final = {"Content-Type": "application/ld+json"}
#: Events and octets of one document, where the service does not say.
EVENTS_MOST: Final = 10_000
OCTETS_MOST: Final = 64 * 1024 * 1024
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: Warnings of an answer: what stands against a batch, and the number of the case.
WARNING_HEADER: Final = "Suyuan-Warning"
WARNING: Final = re.compile(r'(\w+);case="([^"]*)";batch="([^"]*)"')
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
#: Answers to OPTIONS that only mean: not said here.
SILENT: Final = (404, 405, 501)
#: Where an EPCISDocument, and an EPCISQueryDocument, have their events.
PATHS: Final = (("epcisBody", "eventList"), ("epcisBody", "queryResults", "resultsBody", "eventList"))
#: Octets that a service may count beyond ours: whitespace, the document around the events.
OCTETS_SPARED: Final = 4096


class CaptureWarning(msgspec.Struct):
    """A shipment of goods that are recalled, withdrawn or stopped. It was stored all the same."""

    event: str
    batch: str
    standing: str
    case: str
    recall_id: int
    detail: str
    detail_zh: str


class CaptureJob(msgspec.Struct):
    """How a capture went. `stored`: events that were new; `repeated`: that were there already. `party_id`:
    who captured (None: an operator), `for_parties`: for which others.
    """

    id: str = msgspec.field(name="captureID")
    created_at: datetime | None = msgspec.field(name="createdAt", default=None)
    finished_at: datetime | None = msgspec.field(name="finishedAt", default=None)
    running: bool = False
    success: bool = True
    error_behaviour: str = msgspec.field(name="captureErrorBehaviour", default="rollback")
    errors: list[Any] = []
    party_id: int | None = None
    for_parties: list[int] | None = None
    stored: int = 0
    repeated: int = 0
    warnings: list[CaptureWarning] = []


class CaptureLimits(msgspec.Struct, frozen=True):
    """The most that one document may hold."""

    events: int = EVENTS_MOST
    octets: int = OCTETS_MOST


class Standing(msgspec.Struct, frozen=True):
    """Goods of an event that were recalled, withdrawn or stopped when they were shipped; it was stored all
    the same. `case`: the number of the case.
    """

    standing: str
    case: str
    batch: str


class CapturedEvent(dict[str, Any]):
    """An event as it was captured. `warnings`: which of its goods should not have been shipped."""

    def __init__(self, event: Mapping[str, Any], warnings: tuple[Standing, ...] = ()) -> None:
        super().__init__(event)
        self.warnings = warnings


class NotADocument(ValueError):
    """A text that is no EPCIS document."""


def encoded(document: Document | bytes) -> bytes:
    """A document, or an event, as the body of a request; numbers keep their digits."""
    return document if isinstance(document, bytes) else _ENCODER.encode(document)


def capture(
    document: Document | bytes, *, proceed: bool = False, idempotency_key: str | None = None
) -> Call[str]:
    """Capture one document; the answer is the path of its job. The same again doubles nothing."""
    headers = {**LD_JSON, "GS1-Capture-Error-Behaviour": "proceed" if proceed else "rollback"}
    if idempotency_key is not None:
        headers["Idempotency-Key"] = idempotency_key
    return Call(
        "POST",
        "/epcis/capture",
        read_location,
        content=encoded(document),
        headers=headers,
        repeatable=True,
        timeout=LONG,
    )


def read_job(path: str) -> Call[CaptureJob]:
    """The job at a path that `capture` answered."""
    return Call("GET", path, reads(CaptureJob))


def read_limits() -> Call[CaptureLimits]:
    """What the service takes at once, from the headers of `OPTIONS /epcis/capture`."""

    def read(response: httpx.Response) -> CaptureLimits:
        events = response.headers.get("gs1-epcis-capture-limit", "")
        octets = response.headers.get("gs1-epcis-capture-file-size-limit", "")
        return CaptureLimits(
            int(events) if events.isdecimal() else EVENTS_MOST,
            int(octets) if octets.isdecimal() else OCTETS_MOST,
        )

    return Call("OPTIONS", "/epcis/capture", read)


def capture_event(event: Mapping[str, Any]) -> Call[str]:
    """Capture one bare event; the answer is the path of the event."""
    return Call(
        "POST", "/epcis/events", read_location, content=encoded(event), headers=LD_JSON, repeatable=True
    )


def tell(event: Mapping[str, Any]) -> Call[CapturedEvent]:
    """Capture one event that has an eventID, which is the name of the request, too: repeated, it is one."""

    def read(response: httpx.Response) -> CapturedEvent:
        read_location(response)
        told = WARNING.findall(response.headers.get(WARNING_HEADER, ""))
        return CapturedEvent(
            event, tuple(Standing(standing, case, unquote(batch)) for standing, case, batch in told)
        )

    content = encoded(event)
    headers = {**LD_JSON, "Idempotency-Key": request_name(event["eventID"], content)}
    return Call("POST", "/epcis/events", read, content=content, headers=headers, repeatable=True)


def request_name(event_id: str, content: bytes) -> str:
    """The Idempotency-Key of a request by what it sends: the same again has the same."""
    return str(uuid5(NAMESPACE_URL, f"{event_id} {sha256(content).hexdigest()}"))


def read_event(event_id: str) -> Call[dict[str, Any]]:
    """The event with this `eventID`, and its error declarations, as an EPCISQueryDocument."""
    return Call("GET", f"/epcis/events/{quote(event_id, safe='')}", reads(dict[str, Any]))


def parts_of(content: bytes, limits: CaptureLimits, name: str = "the document") -> Iterator[bytes]:
    """A document as one body, or as several within the limits, each with the whole header and context.

    Events are passed on as they are written, digit by digit. Each part is captured for itself: a refusal of
    one leaves those before it stored. A single event over the limit goes as it is; the service says what it
    thinks of it. Raises `NotADocument`.
    """
    outer = _members(content.removeprefix(BYTE_ORDER_MARK), name)
    path, events = _events_of(outer, name)
    if len(events) <= limits.events and len(content) <= limits.octets:
        yield content
        return
    around = len(_with_events(outer, path, [])) + OCTETS_SPARED
    part: list[msgspec.Raw] = []
    size = around
    for event in events:
        octets = len(bytes(event)) + 1
        if part and (len(part) >= limits.events or size + octets > limits.octets):
            yield _with_events(outer, path, part)
            part, size = [], around
        part.append(event)
        size += octets
    yield _with_events(outer, path, part)


Members = dict[str, msgspec.Raw]


def _members(content: bytes | msgspec.Raw, name: str) -> Members:
    try:
        return msgspec.json.decode(content, type=Members)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotADocument(f"{name} is no EPCIS document in JSON: {error}") from error


def _events_of(outer: Members, name: str) -> tuple[tuple[str, ...], list[msgspec.Raw]]:
    """Where the list of events is, and the list."""
    for path in PATHS:
        place = outer
        for step in path[:-1]:
            place = _members(place[step], name) if step in place else {}
        if path[-1] in place:
            try:
                return path, msgspec.json.decode(place[path[-1]], type=list[msgspec.Raw])
            except msgspec.MsgspecError as error:
                raise NotADocument(f"{name}: {'.'.join(path)} is no list: {error}") from error
    raise NotADocument(f"{name} has no list of events at {' or '.join(map('.'.join, PATHS))}")


def _with_events(outer: Members, path: tuple[str, ...], events: list[msgspec.Raw]) -> bytes:
    if not path:
        return msgspec.json.encode(events)
    inner = _members(outer[path[0]], "") if len(path) > 1 else {}
    return msgspec.json.encode({**outer, path[0]: msgspec.Raw(_with_events(inner, path[1:], events))})

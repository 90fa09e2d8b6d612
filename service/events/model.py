"""EPCIS events and documents as the service reads them: values, no behaviour.

The payload of an event is kept verbatim; the other fields are what rules, tables and searches read of it.
Any reader (JSON-LD now, XML by producing the same payloads) gives these.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from service.errors import Fault


class Quantity(NamedTuple):
    """So much of one class of objects, as given in an event: `uom` None means a count of pieces."""

    epc_class: str
    quantity: Decimal | None
    uom: str | None


class Event(NamedTuple):
    """One EPCIS event: the payload verbatim plus what the service reads of it.

    Identifiers are URIs as given (canonical forms are `identifiers.identity`'s business). `biz_step`,
    `disposition` and the types in `sources`, `destinations`, `transactions` are bare CBV words where the
    value is a CBV one in any spelling, otherwise the expanded URI.
    """

    payload: dict[str, Any]
    type: str
    event_id: str | None
    event_time: datetime
    action: str | None
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    epcs: tuple[str, ...]
    parent_id: str | None
    child_epcs: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    child_quantities: tuple[Quantity, ...]
    input_quantities: tuple[Quantity, ...]
    output_quantities: tuple[Quantity, ...]
    input_epcs: tuple[str, ...]
    output_epcs: tuple[str, ...]
    transformation_id: str | None
    sources: tuple[tuple[str, str], ...]
    destinations: tuple[tuple[str, str], ...]
    transactions: tuple[tuple[str | None, str], ...]
    declares_error: bool
    ilmd: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VocabularyElement:
    """One master data record of a document's header.

    `type`: the bare vocabulary name (`EPCClass`, `Location`, `BusinessLocation`, `ReadPoint`, `Party`, …)
    for the published ones, else the URI. `attributes`: bare attribute word (or its URI where unknown) to
    value as given; an attribute given several times holds the list of its values.
    """

    type: str
    id: str
    attributes: dict[str, Any]
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One EPCIS document, or one bare event as a document of one.

    `type`: EPCISDocument, EPCISQueryDocument, or the bare event's type. `context`: the `@context` as given,
    a JSON value. `header`: `epcisHeader` as given, or {}. `rejected`: position in the event list and faults
    of the events that are not valid (only where the caller wants the good ones regardless). `positions`: the
    position in the event list of each of `events`.
    """

    type: str
    context: Any
    header: dict[str, Any]
    events: tuple[Event, ...]
    master_data: tuple[VocabularyElement, ...] = ()
    rejected: tuple[tuple[int, tuple[Fault, ...]], ...] = ()
    positions: tuple[int, ...] = field(default=())

"""EPCIS documents for tests: small right ones to be bent, and those of other people to run on."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.errors import Malformed
from service.events.json_document import read_document
from service.events.model import Document, Event

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "epcis"
CONTEXT = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
EVENTS: dict[str, dict[str, Any]] = {
    "ObjectEvent": {
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
        "action": "OBSERVE",
        "bizStep": "shipping",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    },
    "AggregationEvent": {
        "parentID": "urn:epc:id:sscc:4012345.0000000333",
        "childEPCs": ["urn:epc:id:sgtin:4012345.011111.9876"],
        "action": "ADD",
    },
    "AssociationEvent": {
        "parentID": "urn:epc:id:grai:4012345.55555.987",
        "childEPCs": ["urn:epc:id:giai:4000001.12345"],
        "action": "ADD",
    },
    "TransactionEvent": {
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:5200001000008:4711"}],
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
        "action": "ADD",
    },
    "TransformationEvent": {
        "inputQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.4444", "quantity": 10}],
        "outputEPCList": ["urn:epc:id:sgtin:4012345.077889.25"],
    },
}


def event(kind: str = "ObjectEvent", /, *without: str, **fields: Any) -> dict[str, Any]:
    """A right event of this type, with these fields put in or changed, and some taken out."""
    given = {
        "type": kind,
        "eventTime": "2026-03-01T08:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        **EVENTS[kind],
        **fields,
    }
    return {name: value for name, value in given.items() if name not in without}


def document(*events: Any, **fields: Any) -> dict[str, Any]:
    """A right document with these events; `fields` are put in or changed."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T08:31:00Z",
        "epcisBody": {"eventList": list(events)},
        **fields,
    }


def read(*events: Any, **fields: Any) -> Document:
    """Reads a document made of these."""
    return read_document(json.dumps(document(*events, **fields)).encode(), max_events=1000)


def read_one(given: dict[str, Any], **fields: Any) -> Event:
    """Reads a document of one event."""
    (one,) = read(given, **fields).events
    return one


def refused(*events: Any, **fields: Any) -> dict[str, str]:
    """What is wrong with a document: pointer -> sentence. Fails where nothing is."""
    with pytest.raises(Malformed) as caught:
        read(*events, **fields)
    assert all(fault.message and fault.message_zh for fault in caught.value.faults)
    assert caught.value.zh != caught.value.message
    return {fault.field: fault.message for fault in caught.value.faults}


def shared(name: str) -> bytes:
    """One of the shared documents; the test is skipped, visibly, where they are not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the shared document {path}")
    return path.read_bytes()

"""EPCIS documents in XML for tests: small right ones to be bent."""

import pytest

from service.errors import Malformed, SuyuanError, TooLarge
from service.events.model import Document
from service.events.xml_document import read_xml_document

NAMESPACES = {
    "example": "https://example.com/epcis/",
    "cbvmda": "urn:epcglobal:cbv:mda",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsd": "http://www.w3.org/2001/XMLSchema",
}
WHEN = "<eventTime>2026-03-01T08:30:00+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
ITEM = "urn:epc:id:sgtin:4012345.011111.9876"
LOT = "urn:epc:class:lgtin:4012345.011111.4444"
CASE = "urn:epc:id:sscc:4012345.0000000333"
DOCK = "urn:epc:id:sgln:4012345.00005.0"
ORDER = "urn:epcglobal:cbv:bt:5200001000008:4711"
OBJECT_EVENT = (
    f"<ObjectEvent>{WHEN}<epcList><epc>{ITEM}</epc></epcList><action>OBSERVE</action>"
    f"<bizStep>https://ref.gs1.org/cbv/BizStep-shipping</bizStep></ObjectEvent>"
)


def xml(
    *events: str, version: str = "2.0", header: str = "", start: str = "", declared: str = "", after: str = ""
) -> bytes:
    """An EPCISDocument with these events. `start`: what stands before the root."""
    namespace = f"urn:epcglobal:epcis:xsd:{version[0]}"
    told = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return (
        f'{start}<epcis:EPCISDocument xmlns:epcis="{namespace}"{told}{declared} schemaVersion="{version}"'
        f' creationDate="2026-03-01T08:31:00Z">{header}<EPCISBody><EventList>{"".join(events)}</EventList>'
        f"</EPCISBody>{after}</epcis:EPCISDocument>"
    ).encode()


def read(body: bytes, max_events: int = 1000) -> Document:
    """Reads a document."""
    return read_xml_document(body, max_events=max_events)


def payload(event: str, version: str = "2.0") -> dict[str, object]:
    """The JSON-LD payload of a document's one event."""
    (one,) = read(xml(event, version=version)).events
    return one.payload


def refused(body: bytes) -> dict[str, str]:
    """What is wrong with a document: XPath -> sentence. Fails where nothing is."""
    with pytest.raises(Malformed) as caught:
        read(body)
    _in_both_languages(caught.value)
    return {fault.field: fault.message for fault in caught.value.faults}


def too_large(body: bytes) -> str:
    """The sentence of the limit that a document is over."""
    with pytest.raises(TooLarge) as caught:
        read(body)
    _in_both_languages(caught.value)
    return caught.value.message


def _in_both_languages(error: SuyuanError) -> None:
    assert error.message
    assert error.zh != error.message
    assert all(fault.message and fault.message_zh for fault in error.faults)

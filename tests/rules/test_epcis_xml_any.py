"""Whatever the XML: it is read, or refused with sentences at XPaths that exist; nothing else happens."""

import re
from contextlib import suppress
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Malformed, TooLarge
from service.events.xml_document import read_xml_document, read_xml_event
from service.events.xml_event_writing import EventWriter
from tests.rules.epcis_xml import NAMESPACES, OBJECT_EVENT, WHEN, xml

NAMES = [
    *("EPCISHeader", "EPCISBody", "EventList", "extension", "baseExtension", "VocabularyList", "Vocabulary"),
    *("VocabularyElementList", "VocabularyElement", "attribute", "children", "id", "EPCISMasterData"),
    *(
        "ObjectEvent",
        "AggregationEvent",
        "TransformationEvent",
        "QuantityEvent",
        "QueryResults",
        "resultsBody",
    ),
    *("eventTime", "action", "bizStep", "epcList", "epc", "quantityList", "quantityElement", "epcClass"),
    *("quantity", "uom", "readPoint", "sourceList", "source", "persistentDisposition", "set", "ilmd", "type"),
    *(
        "sensorElementList",
        "sensorElement",
        "sensorMetadata",
        "sensorReport",
        "errorDeclaration",
        "queryName",
    ),
    *("correctiveEventIDs", "correctiveEventID", "bizTransactionList", "bizTransaction", "eventID"),
    *("example:a", "example:b", "cbvmda:lotNumber", "x", "_x0040_value", "_x0040_context", "epcis:action"),
]
ATTRIBUTES = [
    *("type", "id", "value", "time", "booleanValue", "example:a", "foo", "xsi:type", "xsi:nil", "xml:lang"),
    *("schemaVersion", "creationDate", "_x0040_context"),
]
TEXTS = ["", " ", "ADD", "1", "true", "urn:x:1", "xsd:integer", "xsd:boolean", "1.5", "a b", "shipping"]
texts = st.sampled_from(TEXTS)


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(st.sampled_from(NAMES))
    attributes = draw(st.dictionaries(st.sampled_from(ATTRIBUTES), texts, max_size=3))
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    inner = draw(st.lists(elements(depth + 1) | texts, max_size=3)) if depth < 5 else []
    return f"<{name}{told}>{''.join(inner)}</{name}>"


def check_places(body: bytes, refusal: Malformed) -> None:
    """Every XPath of a fault leads to an element, or to where one is missing."""
    root = ElementTree.fromstring(body)
    for fault in refusal.faults:
        assert fault.message
        assert fault.message_zh
        steps = [step for step in fault.field.split("/")[2:] if not step.startswith("@")]
        here = root
        for depth, step in enumerate(steps):
            name, _, nth = step.partition("[")
            found = [each for each in here if shown(each.tag) == re.sub("^epcis:", "", name)]
            if not found:
                assert depth >= len(steps) - 1, fault.field
                break
            here = found[int(nth.rstrip("]")) - 1 if nth else 0]


def shown(tag: str) -> str:
    namespace, _, local = tag.rpartition("}")
    told = {"{" + uri: prefix for prefix, uri in NAMESPACES.items()}
    return f"{told[namespace]}:{local}" if namespace in told else local


@settings(max_examples=150, deadline=None)
@given(st.lists(elements(), max_size=3), st.lists(elements(), max_size=2))
def test_any_elements_in_any_place_are_read_or_refused(events: list[str], around: list[str]) -> None:
    for body in (
        xml(*events, header="".join(around)),
        xml(f"<ObjectEvent>{WHEN}{''.join(events)}</ObjectEvent>", version="1.2", after="".join(around)),
        xml(OBJECT_EVENT.replace("</ObjectEvent>", f"{''.join(events)}</ObjectEvent>")),
    ):
        for proceed in (False, True):
            try:
                document = read_xml_document(body, max_events=10, proceed=proceed)
            except Malformed as error:
                check_places(body, error)
            except TooLarge:
                pass
            else:
                for event in document.events:
                    ElementTree.fromstring(EventWriter({}).event(event.payload, document.context))


@settings(max_examples=60, deadline=None)
@given(elements(), texts)
def test_any_bare_element_is_read_or_refused(element: str, text: str) -> None:
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    for body in (
        f'<ObjectEvent{declared} xmlns:epcis="urn:epcglobal:epcis:xsd:2">{WHEN}{element}{text}</ObjectEvent>',
        element,
    ):
        with suppress(Malformed):
            read_xml_event(body.encode())


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_document_with_any_octets_changed_is_read_or_refused(data: st.DataObject) -> None:
    body = bytearray(xml(OBJECT_EVENT, start='<?xml version="1.0" encoding="UTF-8"?>'))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(Malformed, TooLarge):
        read_xml_document(bytes(body), max_events=10)

"""Forms that published documents have: each is read, and says what its twin in other words says."""

from decimal import Decimal
from typing import Any

import pytest

from service.errors import Malformed
from service.events.event_hash import event_hash
from service.events.json_document import document_of
from service.events.model import Document
from service.events.xml_document import read_xml_document, read_xml_event
from tests.rules.epcis import CONTEXT, document, event

LOT = "https://id.gs1.org/01/09506000134369/10/ABC12345"


def read(*events: Any, **fields: Any) -> Document:
    return document_of(document(*events, **fields), max_events=10)


def in_xml(inside: str, *, namespaces: str = "", before: str = "", root: str = "EPCISDocument") -> bytes:
    return (
        f'<e:{root} xmlns:e="urn:epcglobal:epcis:xsd:2" {namespaces} schemaVersion="2.0" '
        f'creationDate="2026-03-01T00:00:00Z">{before}<EPCISBody><EventList>{inside}</EventList></EPCISBody>'
        f"</e:{root}>"
    ).encode()


def observed(*, first: str = "", last: str = "") -> str:
    """An ObjectEvent in XML: the one of `tests.rules.epcis`."""
    return (
        f"<ObjectEvent>{first}<eventTime>2026-03-01T08:30:00+08:00</eventTime>"
        "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
        "<epcList><epc>urn:epc:id:sgtin:4012345.011111.9876</epc></epcList>"
        "<action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>"
        f"<readPoint><id>urn:epc:id:sgln:4012345.00005.0</id></readPoint>{last}</ObjectEvent>"
    )


@pytest.mark.parametrize(
    "context",
    [
        [CONTEXT, {"example": "https://example.com/ns/"}],
        [CONTEXT, {"example": "https://example.com/ns"}, {"other": "urn:example:other:"}],
        ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"example": "urn:x:"}],
        ["https://gs1.github.io/EPCIS/epcis-context.jsonld", {"example": "urn:x:"}],
        {"example": "https://example.com/ns/", "@version": 1.1, "@protected": True, "@vocab": "urn:x:"},
        [CONTEXT, {"isA": "@type", "key": "@id", "unused": None, "example": "urn:x:"}],
        [CONTEXT, {"example": "urn:x:", "example:size": {"@type": "xsd:integer", "@id": "urn:y:size"}}],
        [CONTEXT, {"example": {"@id": "urn:x:", "@prefix": True}}],
        # A context that nobody fetches may define any prefix.
        [CONTEXT, "https://partner.example/context.jsonld"],
    ],
)
def test_a_context_defines_prefixes_in_any_of_its_forms(context: Any) -> None:
    (one,) = read(event(**{"example:size": 5}), **{"@context": context}).events
    assert one.payload["example:size"] == 5


@pytest.mark.parametrize("meaning", ["example.com/ns", "", 5, True, [], ["urn:x:"], "@nothing"])
def test_what_no_prefix_can_mean_is_refused(meaning: Any) -> None:
    with pytest.raises(Malformed) as refusal:
        read(event(), **{"@context": [CONTEXT, {"example": meaning}]})
    assert refusal.value.faults[0].field == "/@context/1/example"


def test_master_data_may_have_fields_that_nobody_defined() -> None:
    own = {"note": "a", "@id": "urn:x:n", "more": [{"b": 1}]}
    element = {
        "id": "urn:x:plant",
        "isA": "Plant",
        "attributes": [{"id": "cbvmda:name", "attribute": "P", **own}],
    }
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:Location",
        **own,
        "vocabularyElementList": [element | own],
    }
    header = {"epcisMasterData": {**own, "vocabularyList": [vocabulary]}}
    one = read(event(), epcisHeader=header)
    assert one.header == header
    assert one.master_data[0].attributes == {"name": "P"}
    vocabulary["own:note"] = "x"
    with pytest.raises(Malformed) as refusal:
        read(event(), epcisHeader=header)
    assert refusal.value.faults[0].field == "/epcisHeader/epcisMasterData/vocabularyList/0/own:note"


def test_things_in_an_extension_need_no_prefixes_and_are_the_same_in_xml() -> None:
    told = {
        "id": LOT,
        "regulatoryInformation": [
            {"regulatoryAct": "EU 2023/1115", "applies": True, "share": Decimal("0.5")}
        ],
        "schema:countryOfOrigin": "EC",
    }
    (one,) = read(event(**{"gs1:masterDataAvailableFor": [told]})).events
    twin = read_xml_document(
        in_xml(
            observed(
                last=f"<g:masterDataAvailableFor><id>{LOT}</id><regulatoryInformation>"
                "<regulatoryAct>EU 2023/1115</regulatoryAct><applies>true</applies><share>0.50</share>"
                "</regulatoryInformation><s:countryOfOrigin>EC</s:countryOfOrigin></g:masterDataAvailableFor>"
            ),
            namespaces='xmlns:g="https://ref.gs1.org/voc/" xmlns:s="https://schema.org/"',
        ),
        max_events=1,
    )
    assert event_hash(one.payload, [CONTEXT]) == event_hash(twin.events[0].payload, twin.context)
    keyed = {"@id": LOT, "@type": "gs1:Product", "expirationDate": "2026-11-20"}
    assert read(event(**{"gs1:masterDataAvailableFor": keyed})).events[0].payload


@pytest.mark.parametrize(
    "body",
    [
        in_xml(observed()),
        in_xml(observed(first="<!-- a comment --><?target data?>")),
        in_xml(observed()).replace(b"OBSERVE", b"<![CDATA[OBSERVE]]>"),
        in_xml(observed()).replace(b"<epc>", b"<epc>\n   ").replace(b"</epc>", b"\n </epc>"),
        in_xml(observed(), before="<EPCISHeader/>"),
        in_xml(observed()).decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><!DOCTYPE project>' + in_xml(observed()),
        b"\xef\xbb\xbf" + in_xml(observed()),
        in_xml(f'<extension xmlns="">{observed()}</extension>'),
        in_xml(observed()).replace(b"xsd:2", b"xsd:1").replace(b'"2.0"', b'"1.2"'),
        in_xml(observed().replace("<", "<e:").replace("<e:/", "</e:")),
        in_xml(observed()).replace(b"2026-03-01T08:30:00+08:00", b"2026-03-01T00:30:00.000000000Z"),
        in_xml(observed()).replace(b"urn:epcglobal:cbv:bizstep:", b"https://ref.gs1.org/cbv/BizStep-"),
        in_xml(observed()).replace(b"urn:epcglobal:cbv:bizstep:", b"cbv:BizStep-"),
    ],
)
def test_an_event_is_the_same_in_every_form_of_xml(body: bytes) -> None:
    (told,) = read(event()).events
    one = read_xml_document(body, max_events=1)
    assert event_hash(one.events[0].payload, one.context) == event_hash(told.payload, [CONTEXT])


def test_fields_of_an_event_in_xml_may_stand_in_any_order() -> None:
    first, _, rest = observed().partition("<action>OBSERVE</action>")
    jumbled = first.replace("<ObjectEvent>", "<ObjectEvent><action>OBSERVE</action>") + rest
    one = read_xml_document(in_xml(jumbled), max_events=1)
    (told,) = read(event()).events
    assert one.events[0].payload == told.payload


def test_a_bare_event_in_xml_may_have_namespaces_of_its_own() -> None:
    alone = (
        '<e:ObjectEvent xmlns:e="urn:epcglobal:epcis:xsd:2" xmlns:x="http://example.com/x/" '
        'schemaVersion="2.0" creationDate="2026-03-01T00:00:00Z">'
        + observed(last="<x:a>1</x:a><x:a>2</x:a>")
        .partition("<ObjectEvent>")[2]
        .partition("</ObjectEvent>")[0]
        + "</e:ObjectEvent>"
    )
    one = read_xml_event(alone.encode())
    assert one.events[0].payload["x:a"] == ["1", "2"]


def test_what_is_wrong_in_several_events_is_told_of_each() -> None:
    bad = [
        event(bizStep="transforming"),
        event(disposition="in_transport"),
        event(sourceList=[{"type": "place", "source": "urn:x:y"}]),
        event(action="ADD", ilmd={"materialType": "soil"}),
        event(eventTime="22-07-2026", action="CREATE"),
        event("ObjectEvent", "epcList"),
        event(certificationInfo=42),
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": "10"}]),
    ]
    with pytest.raises(Malformed) as refusal:
        read(*bad)
    at = "/epcisBody/eventList"
    assert {fault.field for fault in refusal.value.faults} == {
        f"{at}/0/bizStep",
        f"{at}/1/disposition",
        f"{at}/2/sourceList/0/type",
        f"{at}/3/ilmd/materialType",
        f"{at}/4/eventTime",
        f"{at}/4/action",
        f"{at}/5",
        f"{at}/6/certificationInfo",
        f"{at}/7/quantityList/0/quantity",
    }

"""What breaks a rule of EPCIS 2.0 is refused, with the field, the value and what would be right."""

import json
from typing import Any

import pytest

from service.errors import Malformed
from service.events.json_document import read_document
from tests.rules.epcis import CONTEXT, document, event, read, read_one, refused

AT = "/epcisBody/eventList/0"
REPORT = {"type": "Temperature", "value": 4.5, "uom": "CEL"}

#: Why it is wrong -> the event, and where the fault is.
WRONG_EVENTS: dict[str, tuple[Any, str]] = {
    "no event": (7, ""),
    "no type": (event("ObjectEvent", "type"), "/type"),
    "unknown type": (event(type="QuantityEvent"), "/type"),
    "no action": (event("ObjectEvent", "action"), "/action"),
    "wrong action": (event(action="observe"), "/action"),
    "no eventTime": (event("ObjectEvent", "eventTime"), "/eventTime"),
    "eventTime without offset": (event(eventTime="2026-03-01T08:30:00"), "/eventTime"),
    "eventTime without time": (event(eventTime="2026-03-01"), "/eventTime"),
    "a day that is none": (event(eventTime="2026-02-30T08:30:00Z"), "/eventTime"),
    "before the year 1": (event(eventTime="0001-01-01T00:00:00+14:00"), "/eventTime"),
    "after the year 9999": (event(eventTime="9999-12-31T23:59:59-14:00"), "/eventTime"),
    "year 0": (event(eventTime="0000-12-31T23:59:59Z"), "/eventTime"),
    "the first moment a clock can name": (event(eventTime="0001-01-01T00:00:00Z"), "/eventTime"),
    "the last moment a clock can name": (event(eventTime="9999-12-31T23:59:59.999999Z"), "/eventTime"),
    "the year 1899": (event(eventTime="1899-12-31T23:59:59Z"), "/eventTime"),
    "the year 2200": (event(eventTime="2200-01-01T00:00:00Z"), "/eventTime"),
    "an offset over 14 hours": (event(eventTime="2026-03-01T08:30:00+14:30"), "/eventTime"),
    "no offset": (event("ObjectEvent", "eventTimeZoneOffset"), "/eventTimeZoneOffset"),
    "Z is no offset": (event(eventTimeZoneOffset="Z"), "/eventTimeZoneOffset"),
    "offset too far": (event(eventTimeZoneOffset="+14:01"), "/eventTimeZoneOffset"),
    "a bare word that is no business step": (event(bizStep="shiping"), "/bizStep"),
    "a CBV URN that CBV does not list": (event(bizStep="urn:epcglobal:cbv:bizstep:shiping"), "/bizStep"),
    "wrong disposition": (event(disposition="lost"), "/disposition"),
    "an EPC that is no URI": (event(epcList=["9876"]), "/epcList/0"),
    "a blank in a URI": (event(epcList=["urn:x: y"]), "/epcList/0"),
    "a URI of 2049 characters": (event(epcList=["urn:x:" + "y" * 2043]), "/epcList/0"),
    "a broken escape": (event(epcList=["https://a.example/%G1"]), "/epcList/0"),
    "an EPC that a browser would run": (event(epcList=["javascript:alert(1)"]), "/epcList/0"),
    "a lot with an escaped NUL": (
        event(quantityList=[{"epcClass": "https://a.example/01/09521234543213/10/A%00", "quantity": 1}]),
        "/quantityList/0/epcClass",
    ),
    "a place with an escaped line feed": (event(readPoint={"id": "urn:x:y%0A"}), "/readPoint/id"),
    "a URI that turns the writing about": (event(epcList=["urn:x:a\u202eb"]), "/epcList/0"),
    "one EPC twice": (event(epcList=["urn:x:1", "urn:x:1"]), "/epcList"),
    "EPCs that are no list": (event(epcList="urn:x:1"), "/epcList"),
    "eventID that is no URI": (event(eventID="1234"), "/eventID"),
    "certificationInfo that is no URI": (event(certificationInfo="ISO 9001"), "/certificationInfo"),
    "no objects": (event("ObjectEvent", "epcList"), ""),
    "empty lists": (event(epcList=[], quantityList=[]), ""),
    "a place that is a string": (event(readPoint="urn:epc:id:sgln:4012345.00005.0"), "/readPoint"),
    "a place without id": (event(readPoint={}), "/readPoint/id"),
    "a quantity in a string": (
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": "5"}]),
        "/quantityList/0/quantity",
    ),
    "a quantity below zero": (
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": -1}]),
        "/quantityList/0/quantity",
    ),
    "a quantity of 29 digits": (
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": 10**28}]),
        "/quantityList/0/quantity",
    ),
    "an unknown field in a quantity": (
        event(quantityList=[{"epcClass": "urn:x:y", "unit": "KGM"}]),
        "/quantityList/0/unit",
    ),
    "a quantity of nothing": (event(quantityList=[{"quantity": 1}]), "/quantityList/0/epcClass"),
    "a unit that is no code": (
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": 1, "uom": "kg"}]),
        "/quantityList/0/uom",
    ),
    "a source without type": (event(sourceList=[{"source": "urn:x:y"}]), "/sourceList/0/type"),
    "a source of a private type told bare": (
        event(sourceList=[{"type": "farm", "source": "urn:x:y"}]),
        "/sourceList/0/type",
    ),
    "a destination of no place": (
        event(destinationList=[{"type": "location"}]),
        "/destinationList/0/destination",
    ),
    "a transaction type that is none": (
        event(bizTransactionList=[{"type": "order", "bizTransaction": "urn:x:y"}]),
        "/bizTransactionList/0/type",
    ),
    "persistentDisposition of nothing": (event(persistentDisposition={}), "/persistentDisposition/set"),
    "persistentDisposition empty": (event(persistentDisposition={"set": []}), "/persistentDisposition/set"),
    "an extension without prefix": (event(colour="red"), "/colour"),
    "an undefined prefix": (event(**{"ex:colour": "red"}), "/ex:colour"),
    "an undefined prefix far inside": (
        event(**{"gs1:a": [{"b": {"ex:colour": 1}}]}),
        "/gs1:a/0/b/ex:colour",
    ),
    "ilmd without namespace": (event(action="ADD", ilmd={"lotNumber": "1"}), "/ilmd/lotNumber"),
    "ilmd of something observed": (event(ilmd={"cbvmda:lotNumber": "1"}), "/ilmd"),
    "ilmd of an aggregation": (event("AggregationEvent", ilmd={}), "/ilmd"),
    "a parent of an ObjectEvent": (event(parentID="urn:x:y"), "/parentID"),
    "an action of a TransformationEvent": (event("TransformationEvent", action="ADD"), "/action"),
    "aggregation ADD without parent": (event("AggregationEvent", "parentID"), "/parentID"),
    "aggregation DELETE without parent": (
        event("AggregationEvent", "parentID", action="DELETE"),
        "/parentID",
    ),
    "association without parent": (event("AssociationEvent", "parentID", action="DELETE"), "/parentID"),
    "aggregation of nothing": (event("AggregationEvent", "childEPCs"), ""),
    "association of nothing": (event("AssociationEvent", childEPCs=[], action="OBSERVE"), ""),
    "transaction without transactions": (
        event("TransactionEvent", bizTransactionList=[]),
        "/bizTransactionList",
    ),
    "transaction of nothing": (event("TransactionEvent", "epcList"), ""),
    "transformation of nothing": (event("TransformationEvent", "inputQuantityList"), ""),
    "error without time": (
        event(errorDeclaration={"reason": "incorrect_data"}),
        "/errorDeclaration/declarationTime",
    ),
    "error reason that is none": (
        event(errorDeclaration={"declarationTime": "2026-03-01T00:00:00Z", "reason": "oops"}),
        "/errorDeclaration/reason",
    ),
    "a sensor element without report": (event(sensorElementList=[{}]), "/sensorElementList/0/sensorReport"),
    "a sensor element with no reports": (
        event(sensorElementList=[{"sensorReport": []}]),
        "/sensorElementList/0/sensorReport",
    ),
    "a report without type": (
        event(sensorElementList=[{"sensorReport": [{"value": 1}]}]),
        "/sensorElementList/0/sensorReport/0/type",
    ),
    "a sensor value in a string": (
        event(sensorElementList=[{"sensorReport": [{**REPORT, "value": "4"}]}]),
        "/sensorElementList/0/sensorReport/0/value",
    ),
    "two devices told for one report (TCR-53)": (
        event(
            sensorElementList=[
                {
                    "sensorMetadata": {"deviceID": "urn:x:1"},
                    "sensorReport": [REPORT, {**REPORT, "deviceID": "urn:x:2"}],
                }
            ]
        ),
        "/sensorElementList/0/sensorReport/1/deviceID",
    ),
}


@pytest.mark.parametrize(("wrong", "where"), WRONG_EVENTS.values(), ids=WRONG_EVENTS)
def test_an_event_that_breaks_one_rule_is_refused_for_that(wrong: Any, where: str) -> None:
    assert list(refused(wrong)) == [AT + where]


RIGHT_EVENTS: dict[str, Any] = {
    "a device told twice, each report with its time": event(
        sensorElementList=[
            {
                "sensorMetadata": {"deviceID": "urn:x:1", "time": "2026-03-01T00:00:00Z"},
                "sensorReport": [{**REPORT, "deviceID": "urn:x:1", "time": "2026-03-01T01:00:00Z"}],
            }
        ]
    ),
    "aggregation observed without parent": event("AggregationEvent", "parentID", action="OBSERVE"),
    "aggregation dissolved altogether": event("AggregationEvent", "childEPCs", action="DELETE"),
    "association dissolved altogether": event("AssociationEvent", "childEPCs", action="DELETE"),
    "transaction about a parent": event("TransactionEvent", "epcList", parentID="urn:x:pallet"),
    "transaction ended": event("TransactionEvent", epcList=[], action="DELETE"),
    "half a transformation with an id": event(
        "TransformationEvent", "inputQuantityList", transformationID="transform-1-22-2022-17:24"
    ),
    "sensor data of a place": event(
        "ObjectEvent",
        "epcList",
        sensorElementList=[{"sensorReport": [{"type": "gs1:Temperature", "value": 4}]}],
    ),
    "ilmd of something made": event(action="ADD", ilmd={"cbvmda:lotNumber": "1"}),
    "the first year": event(eventTime="1900-01-01T00:00:00Z"),
    "the last year": event(eventTime="2199-12-31T23:59:59.999999Z"),
    "the farthest offset": event(eventTime="2026-03-01T08:30:00+14:00", eventTimeZoneOffset="-14:00"),
    "seconds to seven digits": event(eventTime="2026-03-01T08:30:00.1234567Z"),
    "a Chinese address": event(epcList=["https://xn--fiq228c.example/产品/1"]),
    "a pattern": event(quantityList=[{"epcClass": "urn:epc:idpat:sgtin:4012345.066666.*", "quantity": 0}]),
    "several certificates": event(certificationInfo=["https://a.example/1", "https://a.example/2"]),
    "persistent disposition by its Web URI": event(
        persistentDisposition={"unset": ["https://ref.gs1.org/cbv/Disp-completeness_inferred"]}
    ),
}


@pytest.mark.parametrize("right", RIGHT_EVENTS.values(), ids=RIGHT_EVENTS)
def test_an_event_at_the_edge_of_a_rule_is_accepted(right: Any) -> None:
    assert read_one(right).payload == right


WRONG_DOCUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "no context": ({"@context": None}, "/@context"),
    "a context that is no URI": ({"@context": ["epcis"]}, "/@context/0"),
    "a prefix for nothing": ({"@context": [CONTEXT, {"ex": 7}]}, "/@context/1/ex"),
    "no schemaVersion": ({"schemaVersion": 2.0}, "/schemaVersion"),
    "no creationDate": ({"creationDate": "today"}, "/creationDate"),
    "no body": ({"epcisBody": []}, "/epcisBody"),
    "no events": ({"epcisBody": {}}, "/epcisBody/eventList"),
    "events that are no list": ({"epcisBody": {"eventList": {}}}, "/epcisBody/eventList"),
    "another type": ({"type": "EPCISCatalogue"}, "/type"),
    "an unknown field": ({"author": "me"}, "/author"),
    "a header of something else": ({"epcisHeader": {"masterData": {}}}, "/epcisHeader/masterData"),
    "master data without id": (
        {
            "epcisHeader": {
                "epcisMasterData": {
                    "vocabularyList": [{"type": "urn:x:y", "vocabularyElementList": [{"attributes": []}]}]
                }
            }
        },
        "/epcisHeader/epcisMasterData/vocabularyList/0/vocabularyElementList/0/id",
    ),
}


@pytest.mark.parametrize(("fields", "where"), WRONG_DOCUMENTS.values(), ids=WRONG_DOCUMENTS)
def test_a_document_that_breaks_one_rule_is_refused_for_that(fields: dict[str, Any], where: str) -> None:
    assert list(refused(event(), **fields)) == [where]


def test_all_that_is_wrong_is_told_at_once_up_to_a_hundred() -> None:
    faults = refused(event(action="X", bizStep="y"), event(), event(eventTime="z"))
    assert list(faults) == [f"{AT}/action", f"{AT}/bizStep", "/epcisBody/eventList/2/eventTime"]
    assert len(refused(*[event(action="X", bizStep="y")] * 300)) == 100


def test_the_sentence_names_the_word_that_was_meant() -> None:
    assert "such as shipping" in refused(event(bizStep="shiping"))[f"{AT}/bizStep"]


def test_a_member_of_a_list_is_called_by_its_list_and_place() -> None:
    faults = refused(event(epcList=["urn:x:1", "2"]))
    assert faults[f"{AT}/epcList/1"].startswith("epcList[1] must be a URI")


def test_an_enormous_name_or_value_does_not_make_an_enormous_answer() -> None:
    with pytest.raises(Malformed) as caught:
        read(event(**{"x" * 100_000: 1, "action": "y" * 100_000, "bizStep": "z" * 100_000}))
    assert len(repr(caught.value.faults)) < 20_000


def refused_bytes(body: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        read_document(body, max_events=10)
    return caught.value


def with_extension(value: bytes) -> bytes:
    body = json.dumps(document(event(**{"gs1:x": "HERE"}))).encode()
    return body.replace(b'"HERE"', value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (b'"\\u0000"', "NUL"),
        (b'{"a\\u0000": [1]}', "NUL"),
        (b'"\\ud800"', "must be JSON"),
        (b'"\xff"', "must be UTF-8"),
        (b"NaN", "must be JSON"),
        (b"1e400", "must be a number"),
        (b"1e-400", "must be a number"),
        (b"1e99999999999999999999", "out of range"),
        (b"9" * 101, "must be a number"),
        (b"9" * 5000, "must be JSON"),
        (b"[" * 80 + b"]" * 80, "60 levels deep"),
        (b"[" * 100_000 + b"]" * 100_000, "60 levels deep"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "60 levels deep"),
    ],
)
def test_what_cannot_be_kept_is_refused_clearly(value: bytes, sentence: str) -> None:
    assert sentence in refused_bytes(with_extension(value)).message


def test_what_looks_like_nul_but_is_not_is_kept() -> None:
    (one,) = read_document(with_extension(b'"\\\\u0000"'), max_events=1).events
    assert one.payload["gs1:x"] == "\\u0000"


def test_fifty_levels_are_not_too_deep() -> None:
    (one,) = read_document(with_extension(b"[" * 50 + b"]" * 50), max_events=1).events
    assert one.payload["gs1:x"]


def test_a_byte_order_mark_is_forgiven() -> None:
    assert len(read_document(b"\xef\xbb\xbf" + with_extension(b"1"), max_events=1).events) == 1


def test_a_context_may_not_define_thousands_of_prefixes() -> None:
    many = {f"p{number}": f"http://example.com/{number}/" for number in range(1000)}
    assert "at most 200" in refused(event(), **{"@context": [CONTEXT, many]})["/@context"]


@pytest.mark.parametrize(
    "digits", ["0.0000000000000000000000000001", "9999999999999999999999999999", "1000.0", "0"]
)
def test_a_quantity_is_exact_to_28_digits(digits: str) -> None:
    body = json.dumps(document(event(quantityList=[{"epcClass": "urn:x:y", "quantity": 777}])))
    (one,) = read_document(body.replace("777", digits).encode(), max_events=1).events
    assert str(one.quantities[0].quantity) in (digits, "1E-28")

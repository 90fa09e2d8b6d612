"""EPCIS documents are read whole, verbatim and exactly, as partners write them."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Fault, Malformed, TooLarge
from service.events.json_document import (
    dump_event,
    dump_query_document,
    expires_on,
    lot_of,
    made_on,
    read_document,
    read_event,
)
from service.events.model import Quantity
from tests.rules.epcis import CONTEXT, document, event, read, read_one, refused, shared

DOCUMENTS = [
    ("AggregationEvent_with_persistentDisposition.json", 2),
    ("Combination_of_different_event.json", 6),
    ("CurieString_document.json", 1),
    ("ObjectEvent_with_error_declaration.json", 2),
    ("ObjectEvent_with_sensorData.json", 1),
    ("TransformationEvent_with_userExtensions.json", 1),
    ("queryDocument.json", 1),
    ("tuna_farm_to_importer.jsonld", 17),
]


@pytest.mark.parametrize(("name", "count"), DOCUMENTS)
def test_the_documents_of_partners_are_accepted_and_come_out_as_they_went_in(name: str, count: int) -> None:
    body = shared(name)
    read_one_document = read_document(body, max_events=100)
    assert len(read_one_document.events) == count
    given = json.loads(body, parse_float=str)["epcisBody"]
    given = given.get("queryResults", {}).get("resultsBody", given)["eventList"]
    for told, one in zip(given, read_one_document.events, strict=True):
        came_out = json.loads(dump_event(one.payload), parse_float=str)
        assert came_out == told
        assert list(came_out) == list(told)


def test_numbers_come_out_with_the_digits_they_came_with() -> None:
    body = json.dumps(document(event())).replace(
        '"action"', '"quantityList": [{"epcClass": "urn:x:y", "quantity": 1000.0}], "action"'
    )
    (one,) = read_document(body.encode(), max_events=1).events
    assert one.quantities == (Quantity("urn:x:y", Decimal("1000.0"), None),)
    assert b'"quantity":1000.0}' in dump_event(one.payload)


def test_an_event_is_read_field_by_field() -> None:
    one = read_one(
        event(
            eventID="urn:uuid:1",
            eventTime="2022-01-19T11:09:54.5490000+08:00",
            disposition="in_transit",
            bizLocation={"id": "urn:epc:id:sgln:4012345.00005.0"},
            quantityList=[
                {"epcClass": "urn:epc:class:lgtin:4012345.011111.4444", "quantity": 2, "uom": "KGM"}
            ],
            sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:9520001.11111"}],
            destinationList=[
                {"type": "urn:epcglobal:cbv:sdt:location", "destination": "urn:epc:id:sgln:1.2.0"}
            ],
            bizTransactionList=[{"bizTransaction": "urn:x:1"}, {"type": "po", "bizTransaction": "urn:x:2"}],
        )
    )
    assert one.type == "ObjectEvent"
    assert one.event_id == "urn:uuid:1"
    assert one.event_time == datetime(2022, 1, 19, 3, 9, 54, 549000, tzinfo=UTC)
    assert (one.action, one.biz_step, one.disposition) == ("OBSERVE", "shipping", "in_transit")
    assert one.read_point == one.biz_location == "urn:epc:id:sgln:4012345.00005.0"
    assert one.quantities == (Quantity("urn:epc:class:lgtin:4012345.011111.4444", Decimal(2), "KGM"),)
    assert one.sources == (("owning_party", "urn:epc:id:pgln:9520001.11111"),)
    assert one.destinations == (("location", "urn:epc:id:sgln:1.2.0"),)
    assert one.transactions == ((None, "urn:x:1"), ("po", "urn:x:2"))
    assert not one.declares_error


@pytest.mark.parametrize(
    "spelling",
    [
        "shipping",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "https://ns.gs1.org/cbv/BizStep-shipping",
        "urn:epcglobal:cbv:bizstep:shipping",
        "cbv:BizStep-shipping",
        "mine:BizStep-shipping",
    ],
)
def test_every_published_spelling_of_a_business_step_is_the_same_word(spelling: str) -> None:
    context = [CONTEXT, {"mine": "https://ref.gs1.org/cbv/"}]
    assert read_one(event(bizStep=spelling), **{"@context": context}).biz_step == "shipping"


def test_a_private_business_step_is_its_whole_uri() -> None:
    context = [CONTEXT, {"ex": "https://example.com/steps/"}]
    assert read_one(event(bizStep="ex:drying"), **{"@context": context}).biz_step == (
        "https://example.com/steps/drying"
    )


def test_prefixes_hold_from_the_document_the_event_and_the_extension() -> None:
    given = event(
        **{
            "@context": {"inner": "http://inner.example/"},
            "outer:a": "1",
            "inner:b": {
                "outer:c": 1,
                "@context": {"deep": "http://deep.example/"},
                "deep:d": [{"inner:e": None}],
            },
            "cbvmda:lotNumber": "L1",
            "rdfs:comment": "a remark",
        }
    )
    context = [CONTEXT, {"outer": {"@id": "http://outer.example/", "@prefix": True}}]
    assert read_one(given, **{"@context": context}).payload == given


def test_a_prefix_may_be_defined_in_a_context_that_is_known_by_address_only() -> None:
    given = event(**{"far:field": "x"})
    read(given, **{"@context": [CONTEXT, "https://example.com/context.jsonld"]})
    assert "/epcisBody/eventList/0/far:field" in refused(given)


def test_a_query_document_may_have_a_header() -> None:
    results = {"queryName": "q", "resultsBody": {"eventList": [event()]}}
    body = document(type="EPCISQueryDocument", epcisBody={"queryResults": results})
    body["epcisHeader"] = {"epcisMasterData": {"vocabularyList": []}}
    one = read_document(json.dumps(body).encode(), max_events=1)
    assert one.type == "EPCISQueryDocument"
    assert one.header == body["epcisHeader"]
    assert len(one.events) == 1


def test_master_data_is_read_by_bare_words() -> None:
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {
                "id": "urn:epc:id:sgln:0037000.00729.0",
                "attributes": [
                    {"id": "urn:epcglobal:cbv:mda#name", "attribute": "Shop"},
                    {"id": "https://ref.gs1.org/cbv/owning_party", "attribute": "urn:x:party"},
                    {"id": "cbvmda:latitude", "attribute": 18.0},
                    {"id": "http://example.com/own", "attribute": {"a": 1}},
                    {"id": "urn:x:tag", "attribute": "one"},
                    {"id": "urn:x:tag", "attribute": "two"},
                ],
                "children": ["urn:epc:id:sgln:0037000.00729.8201"],
            }
        ],
    }
    one = read(event(), epcisHeader={"epcisMasterData": {"vocabularyList": [vocabulary]}})
    (element,) = one.master_data
    assert element.type == "BusinessLocation"
    assert element.children == ("urn:epc:id:sgln:0037000.00729.8201",)
    assert element.attributes == {
        "name": "Shop",
        "owning_party": "urn:x:party",
        "latitude": Decimal("18.0"),
        "http://example.com/own": {"a": 1},
        "urn:x:tag": ["one", "two"],
    }


def test_the_master_data_of_the_tuna_chain_is_read() -> None:
    one = read_document(shared("tuna_farm_to_importer.jsonld"), max_events=100)
    types = [element.type for element in one.master_data]
    assert (types.count("EPCClass"), types.count("Location"), types.count("Party")) == (6, 8, 6)
    assert one.master_data[0].attributes["descriptionShort"] == "Whole Yellowfin Tuna"


@pytest.mark.parametrize(
    "name",
    ["cbvmda:lotNumber", "https://ref.gs1.org/cbv/mda/lotNumber", "gs1:hasBatchLotNumber", "ex:batchNumber"],
)
def test_the_lot_is_found_in_every_spelling(name: str) -> None:
    context = [CONTEXT, {"ex": "http://example.com/"}]
    one = read_one(event(action="ADD", ilmd={"ex:grade": "A", name: " L7 "}), **{"@context": context})
    assert lot_of(one) == "L7"


def test_the_days_of_a_batch_are_found_the_hardest_expiry_first() -> None:
    ilmd = {
        "cbvmda:bestBeforeDate": "2026-05-01",
        "cbvmda:itemExpirationDate": "2026-06-01T00:00:00+08:00",
        "cbvmda:lots": [{"gs1:productionDate": {"@value": "2026-01-02"}}],
    }
    one = read_one(event(action="ADD", ilmd=ilmd))
    assert expires_on(one) == date(2026, 6, 1)
    assert made_on(one) == date(2026, 1, 2)
    assert lot_of(one) is None
    assert made_on(read_one(event(action="ADD", ilmd={"cbvmda:productionDate": "soon"}))) is None


def test_one_bare_event_is_read_with_and_without_a_context() -> None:
    bare = event(**{"@context": [CONTEXT, {"ex": "http://example.com/"}], "ex:a": 1})
    one = read_event(json.dumps(bare).encode())
    assert (one.type, one.context, len(one.events)) == ("ObjectEvent", bare["@context"], 1)
    assert read_event(json.dumps(event()).encode()).context == [CONTEXT]
    with pytest.raises(Malformed, match="/capture"):
        read_event(json.dumps(document(event())).encode())
    with pytest.raises(Malformed, match="/events"):
        read_document(json.dumps(event()).encode(), max_events=1)


def test_an_event_type_of_a_partners_own_is_kept() -> None:
    own = {
        "type": "ex:TastingEvent",
        "eventTime": "2026-03-01T08:30:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "ex:by": "Li",
        "score": 9,
    }
    one = read_one(own, **{"@context": [CONTEXT, {"ex": "http://example.com/"}]})
    assert one.type == "http://example.com/TastingEvent"
    assert one.payload == own
    assert "/epcisBody/eventList/0/type" in refused(own)


def test_the_good_events_can_be_read_without_the_bad_ones() -> None:
    events = [
        event(),
        event("ObjectEvent", "action"),
        7,
        event(eventID="urn:x:1"),
        event(eventID="urn:x:1", action="ADD"),
    ]
    one = read_document(json.dumps(document(*events)).encode(), max_events=9, proceed=True)
    assert one.positions == (0, 3)
    assert [position for position, _ in one.rejected] == [1, 2, 4]
    assert one.rejected[0][1][0].field == "/epcisBody/eventList/1/action"
    assert "unique" in one.rejected[2][1][0].message


def test_the_same_event_id_may_come_twice_with_the_same_content_or_an_error_declaration() -> None:
    first = event(eventID="urn:x:1", recordTime="2026-03-01T08:30:01Z")
    again = event(eventID="urn:x:1")
    withdrawn = event(eventID="urn:x:1", errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"})
    assert [one.declares_error for one in read(first, again, withdrawn).events] == [False, False, True]
    assert list(refused(first, event(eventID="urn:x:1", bizStep="receiving"))) == [
        "/epcisBody/eventList/1/eventID"
    ]


def test_more_events_than_allowed_are_refused_with_both_numbers() -> None:
    with pytest.raises(TooLarge, match="holds 3 events; at most 2"):
        read_document(json.dumps(document(event(), event(), event())).encode(), max_events=2)


def test_a_query_document_is_written_with_raw_events_and_read_again() -> None:
    body = dump_query_document(
        [event(), msgspec.Raw(b'{"type":"x"}')],
        query_name="SimpleEventQuery",
        created="2026-03-01T00:00:00Z",
        subscription_id="s1",
    )
    value = json.loads(body)
    results = value["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("SimpleEventQuery", "s1")
    assert results["resultsBody"]["eventList"] == [event(), {"type": "x"}]
    assert value["@context"] == [CONTEXT]


def read_or_faults(body: bytes) -> tuple[list[Any] | None, tuple[Fault, ...]]:
    try:
        one = read_document(body, max_events=10)
    except Malformed as error:
        return None, error.faults
    return [json.loads(dump_event(each.payload)) for each in one.events], ()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc:@/~", max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["ObjectEvent", "TransformationEvent"]), st.data())
def test_any_json_in_any_place_is_kept_or_refused_with_a_fault(kind: str, data: st.DataObject) -> None:
    given_event = event(kind, **{"ex:any": data.draw(JSON)})
    name = data.draw(
        st.sampled_from([*given_event, "sensorElementList", "persistentDisposition", "ilmd", "@context"])
    )
    given_event[name] = data.draw(JSON)
    body = document(given_event, **{"@context": [CONTEXT, {"ex": "http://example.com/"}]})
    outside = data.draw(st.sampled_from(["epcisHeader", "epcisBody", "type", "@context", "id", "none"]))
    if outside != "none":
        body[outside] = data.draw(JSON)
    kept, faults = read_or_faults(json.dumps(body).encode())
    assert faults if kept is None else kept == [given_event]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_document(body, max_events=10)

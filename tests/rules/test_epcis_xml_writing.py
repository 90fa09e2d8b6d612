"""Events written as XML and read again are the same events; what XML cannot carry is listed here."""

import json
import string
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.event_hash import event_hash, prehash
from service.events.json_document import read_document
from service.events.model import Document
from service.events.namespaces import KEYWORDS, STANDARD
from service.events.xml_answers import dump_xml_document, dump_xml_query_document
from service.events.xml_document import read_xml_document
from service.events.xml_names import from_xml_name, to_xml_name
from service.events.xml_writing import ORDER, CbvFormat
from tests.rules import test_epcis_hash as hashes
from tests.rules.epcis import CONTEXT, SHARED, event, shared

EXAMPLE = [CONTEXT, {"example": "https://ns.example.com/epcis/", "own": "https://own.example/#"}]
NOW = "2026-03-01T08:31:00Z"


def through_xml(
    payload: dict[str, Any], context: Any = EXAMPLE, cbv: CbvFormat = "No_Preference"
) -> Document:
    """The document of an event that was written as XML and read."""
    body = dump_xml_query_document([(payload, context)], query_name="Q", created=NOW, cbv=cbv)
    return read_xml_document(body, max_events=1)


def again(payload: dict[str, Any], context: Any = EXAMPLE) -> dict[str, Any]:
    (one,) = through_xml(payload, context).events
    return one.payload


# Characters that XML has: no controls, no halves of pairs, no noncharacters of the last plane position.
text = st.text(
    st.characters(exclude_categories=("Cs", "Cn"), exclude_characters=[chr(n) for n in range(32)])
    | st.sampled_from(" \n\t\r<>&\"']]>"),
    max_size=12,
)
numbers = st.integers(-(10**30), 10**30) | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9
)
plain = text | numbers | st.booleans() | st.none()
locals_ = st.text(string.ascii_letters, min_size=1, max_size=4) | st.text(
    st.characters(exclude_categories=("Cs", "Cn", "Cc"), exclude_characters=":@"), min_size=1, max_size=5
)
prefixed = st.builds("{}:{}".format, st.sampled_from(["example", "own", "cbvmda"]), locals_)
keys = prefixed | locals_ | st.sampled_from(sorted(KEYWORDS - {"@context"}))


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(keys, values, min_size=1, max_size=4)


one_value = st.recursive(
    plain, lambda inner: nested(inner | st.lists(inner, min_size=2, max_size=3)), max_leaves=8
)
values = one_value | st.lists(one_value, min_size=2, max_size=3)
extensions = st.dictionaries(prefixed, values, max_size=3)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, min_size=1, max_size=3) | nested(inner), max_leaves=8
)
uris = st.sampled_from(["urn:x:1", "https://example.com/a?b=c&d=%20", "urn:epc:id:sgtin:4012345.011111.9876"])
amounts = st.integers(0, 10**20) | st.decimals(0, 10**6, places=3)


@st.composite
def payloads(draw: st.DrawFn, extension: st.SearchStrategy[Any] = extensions) -> dict[str, Any]:
    """An event that keeps the rules, of any type, with anything that XML can carry."""
    kind = draw(st.sampled_from(sorted(ORDER)))
    told = {
        "eventID": uris,
        "bizStep": st.sampled_from(["shipping", "example:counting", "https://own.example/#step"]),
        "disposition": st.sampled_from(["in_transit", "urn:x:lost"]),
        "readPoint": st.builds(lambda uri, more: {"id": uri, **more}, uris, extension),
        "bizLocation": st.builds(lambda uri: {"id": uri}, uris),
        "certificationInfo": uris | st.lists(uris, min_size=2, max_size=2),
        "persistentDisposition": st.just({"unset": ["active"], "set": ["expired", "damaged"]}),
        "sourceList": st.lists(
            st.builds(
                lambda kind, uri: {"type": kind, "source": uri},
                st.sampled_from(["location", "example:own"]),
                uris,
            ),
            max_size=2,
        ),
        "errorDeclaration": st.builds(
            lambda more: {
                "declarationTime": NOW,
                "reason": "incorrect_data",
                "correctiveEventIDs": [],
                **more,
            },
            extension,
        ),
        "sensorElementList": st.lists(
            st.builds(
                lambda number, by, more: {
                    "sensorMetadata": {"time": NOW, **by},
                    "sensorReport": [
                        {"type": "Temperature", "value": number, "uom": "CEL", **by},
                        {"type": "example:door", "stringValue": "open", "booleanValue": True},
                    ],
                    **more,
                },
                numbers,
                st.dictionaries(prefixed, text, max_size=2),
                extension,
            ),
            min_size=1,
            max_size=2,
        ),
        "inputQuantityList" if kind == "TransformationEvent" else "quantityList": st.lists(
            st.builds(lambda uri, n: {"epcClass": uri, "quantity": n, "uom": "KGM"}, uris, amounts),
            min_size=1,
        ),
    }
    if kind in ("AggregationEvent", "AssociationEvent"):
        told["childQuantityList"] = told.pop("quantityList")
    if kind in ("ObjectEvent", "TransformationEvent"):
        told["ilmd"] = extension
    chosen = draw(st.fixed_dictionaries({}, optional=told))
    action = {} if kind == "TransformationEvent" else {"action": "ADD"}
    return event(kind, **action, **chosen, **draw(extension))


@settings(max_examples=60, deadline=None)
@given(payloads())
def test_an_event_written_as_xml_is_read_as_the_same_event(payload: dict[str, Any]) -> None:
    document = through_xml(payload)
    assert document.events[0].payload == payload
    assert event_hash(document.events[0].payload, document.context) == event_hash(payload, EXAMPLE)


@settings(max_examples=60, deadline=None)
@given(payloads(st.dictionaries(prefixed, anything, max_size=3)))
def test_json_and_xml_twins_have_one_hash_even_where_xml_carries_less(payload: dict[str, Any]) -> None:
    document = through_xml(payload)
    assert prehash(document.events[0].payload, document.context) == prehash(payload, EXAMPLE)


@pytest.mark.parametrize("cbv", ["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"])
@settings(max_examples=20, deadline=None)
@given(payload=payloads())
def test_every_spelling_of_cbv_words_reads_as_the_same_event(cbv: CbvFormat, payload: dict[str, Any]) -> None:
    assert through_xml(payload, cbv=cbv).events[0].payload == payload


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20))
def test_any_text_can_be_a_name(field: str) -> None:
    name = to_xml_name(field)
    assert from_xml_name(name) == field
    ElementTree.fromstring(f"<{name}/>")


@given(st.text("_x0041 ", max_size=20))
def test_names_that_look_written_so_are_kept_apart(field: str) -> None:
    assert from_xml_name(to_xml_name(field)) == field


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (["a"], "a"),
        ([], None),
        ({"example:list": []}, ""),
        ({}, ""),
        ([["a", "b"], "c"], ["a", "b", "c"]),
        ("a\x01b\uffffc", "a\ufffdb\ufffdc"),
        ({"example:a": "1", "@context": {"more": "https://more.example/"}}, {"example:a": "1"}),
        (Decimal("1E+2"), Decimal(100)),
    ],
)
def test_what_xml_cannot_carry(value: Any, read: Any) -> None:
    assert again(event(**{"example:x": value})).get("example:x") == read


def test_extensions_of_sensor_reports_are_text_in_xml() -> None:
    element = {
        "sensorReport": [
            {"type": "Temperature", "example:n": 1, "example:is": True, "example:more": {"example:a": "1"}}
        ]
    }
    told = again(event(sensorElementList=[element]))
    assert told["sensorElementList"][0]["sensorReport"] == [
        {"type": "Temperature", "example:n": "1", "example:is": "true", "example:more": {"example:a": "1"}}
    ]


def test_the_empty_list_of_an_event_about_quantities_is_written_and_not_read() -> None:
    quantities = [{"epcClass": "urn:epc:class:lgtin:4012345.011111.4444", "quantity": 1}]
    payload = event("ObjectEvent", "epcList", quantityList=quantities)
    body = dump_xml_document([(payload, EXAMPLE)], created=NOW)
    assert b"<epcList/>" in body
    (read,) = read_xml_document(body, max_events=1).events
    assert read.payload == payload


@pytest.mark.parametrize(
    ("field", "whole"),
    [
        ("example:a", "https://ns.example.com/epcis/a"),
        ("https://other.example/size", "https://other.example/size"),
        ("urn:other:size", "urn:other:size"),
        ("term", "https://terms.example/term"),
        ("short", "https://ns.example.com/epcis/long"),
        ("gs1:brand", "https://ref.gs1.org/voc/brand"),
        ("epcis:more", "https://ref.gs1.org/epcis/more"),
        ("xmlthing:a", "https://xml.example/a"),
        ("9:a", "https://nine.example/a"),
        ("xsi:a", "https://xsi.example/a"),
    ],
)
def test_an_extension_keeps_its_meaning_however_it_is_named(field: str, whole: str) -> None:
    context = [
        *EXAMPLE,
        {
            "term": "https://terms.example/term",
            "short": {"@id": "example:long"},
            "xmlthing": "https://xml.example/",
            "9": "https://nine.example/",
            "xsi": "https://xsi.example/",
        },
    ]
    document = through_xml(event(**{field: 5}), context)
    names = STANDARD.under(document.context).under(document.events[0].payload.get("@context"))
    told = {names.expand(name): value for name, value in document.events[0].payload.items()}
    assert told[whole] == 5


def test_two_prefixes_of_one_namespace_become_one() -> None:
    context = [CONTEXT, {"a": "https://one.example/", "b": "https://one.example/"}]
    told = again(event(**{"a:x": "1", "b:x": "2"}), context)
    assert told["a:x"] == ["1", "2"]


def test_a_context_of_an_event_or_inside_an_extension_is_declared_on_the_event() -> None:
    payload = event(
        **{
            "@context": [{"mine": "https://mine.example/"}],
            "mine:a": {"@context": {"deep": "https://deep.example/"}, "deep:b": "1"},
        },
    )
    told = again(payload)
    assert told["@context"] == [{"mine": "https://mine.example/", "deep": "https://deep.example/"}]
    assert told["mine:a"] == {"deep:b": "1"}


def test_events_of_documents_that_mean_different_things_by_one_prefix_stand_in_one_answer() -> None:
    pairs = [
        (
            event(**{"ext:a": name, "bizStep": "ext:counting"}),
            [CONTEXT, {"ext": f"https://{name}/"}],
        )
        for name in ("one.example", "two.example", "one.example")
    ]
    body = dump_xml_query_document(pairs, query_name="Q", created=NOW)
    document = read_xml_document(body, max_events=3)
    for read, (payload, context) in zip(document.events, pairs, strict=True):
        assert prehash(read.payload, document.context) == prehash(payload, context)
    assert [read.biz_step for read in document.events] == [
        "https://one.example/counting",
        "https://two.example/counting",
        "https://one.example/counting",
    ]


@pytest.mark.parametrize(
    ("cbv", "step", "kind"),
    [
        ("No_Preference", "https://ref.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/voc/Temperature"),
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping", "https://ref.gs1.org/voc/Temperature"),
        ("Always_URN", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/voc/Temperature"),
        ("Never_Translates", "urn:epcglobal:cbv:bizstep:shipping", "gs1:Temperature"),
    ],
)
def test_cbv_words_are_spelled_as_asked(cbv: CbvFormat, step: str, kind: str) -> None:
    payload = event(
        bizStep="urn:epcglobal:cbv:bizstep:shipping",
        disposition="in_transit",
        sensorElementList=[{"sensorReport": [{"type": "gs1:Temperature"}]}],
    )
    body = dump_xml_document([(payload, EXAMPLE)], created=NOW, cbv=cbv).decode()
    assert f"<bizStep>{step}</bizStep>" in body
    assert f'<sensorReport type="{kind}">' in body
    # XML has no bare words.
    assert ">in_transit<" not in body


@pytest.mark.parametrize("kind", sorted(ORDER))
def test_fields_stand_in_the_order_of_the_schema(kind: str) -> None:
    payload = event(kind, eventID="urn:x:1", recordTime=NOW, **{"example:a": "1"})
    mixed = dict(sorted(payload.items()))
    root = ElementTree.fromstring(dump_xml_document([(mixed, EXAMPLE)], created=NOW))
    (written,) = root.iter(kind)
    order = [child.tag for child in written]
    wanted = [field for field in ORDER[kind] if field in order]
    assert order == [*wanted, "{https://ns.example.com/epcis/}a"]


def test_an_event_type_of_a_partners_own_is_written_as_its_element() -> None:
    payload = {**event(), "type": "example:Count", "how": 3}
    assert again(payload) == payload


@pytest.mark.parametrize("digest", sorted(hashes.PUBLISHED))
def test_the_xml_twin_of_a_published_event_has_the_published_hash(digest: str) -> None:
    document = through_xml(hashes.PUBLISHED[digest], hashes.CONTEXT_OF_PUBLISHED)
    assert event_hash(document.events[0].payload, document.context) == f"ni:///sha-256;{digest}?ver=CBV2.0"


def test_the_text_of_an_element_with_attributes_is_hashed_as_its_text() -> None:
    weight = {"cbvmda:netWeight": {"@value": "3.50", "measurementUnitCode": "KGM"}}
    told = prehash(event("TransformationEvent", ilmd=weight), EXAMPLE)
    assert "ilmd{urn:epcglobal:cbv:mda}netWeight=3.5measurementUnitCode=KGM" in told
    assert again(event("TransformationEvent", ilmd=weight))["ilmd"] == weight


@pytest.mark.parametrize("name", sorted(path.name for path in SHARED.glob("*.json*")) or ["any"])
def test_the_xml_twins_of_published_documents_have_the_same_hashes(name: str) -> None:
    document = read_document(shared(name), max_events=1000)
    pairs = [(each.payload, document.context) for each in document.events]
    twin = read_xml_document(dump_xml_document(pairs, created=NOW), max_events=1000)
    assert [prehash(each.payload, twin.context) for each in twin.events] == [
        prehash(each.payload, document.context) for each in document.events
    ]


def test_an_answer_is_well_formed_whatever_a_query_is_called() -> None:
    name = '<Q & "A" \']]>\r\n\t\x01查询'
    body = dump_xml_query_document([], query_name=name, created=NOW, subscription_id=name)
    root = ElementTree.fromstring(body)
    assert root.tag == "{urn:epcglobal:epcis-query:xsd:2}EPCISQueryDocument"
    (told,) = root.iter("queryName")
    assert told.text == name.replace("\x01", "\ufffd")
    assert json.dumps(read_xml_document(body, max_events=1).type) == '"EPCISQueryDocument"'

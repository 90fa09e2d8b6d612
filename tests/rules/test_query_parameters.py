"""Parameters of EPCIS queries, read without a database; patterns, units and page tokens beside them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import BadQuery, Fault, Malformed, QueryTooComplex
from service.events.cbv import BIZ_STEPS, DISPOSITIONS
from service.events.page_tokens import (
    HIGHEST_ID,
    LIFETIME,
    Horizon,
    ListMark,
    Mark,
    Place,
    read_list_mark,
    read_mark,
    write_mark,
)
from service.events.query_conditions import (
    AttributeIs,
    ColumnCompares,
    ColumnIs,
    Comparison,
    Condition,
    DeclaresError,
    EventQuery,
    ExtensionCompares,
    ExtensionIs,
    Has,
    NamesClass,
    NamesInstance,
    NumberCompares,
    Order,
    PlaceWithin,
    Told,
)
from service.events.query_parameters import MAX_SHOWN, MAX_VALUES, parse_query, prefixes_wanted
from service.events.query_values import Prefixes
from service.identifiers.epc_pattern import parse_pattern
from service.identifiers.identity import identify
from service.identifiers.units import MEASURED, REFERENCE, TEMPERATURES, reading_in_reference

PREFIXES = Prefixes({"ex": ["http://example.com/ns#"], "two": ["http://one.example/", "http://two.example/"]})
LINK = "https://id.gs1.org/01/04012345111118/21/9876"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def parse(**parameters: str) -> EventQuery:
    return parse_query(list(parameters.items()), PREFIXES)


def one(name: str, value: str) -> Condition:
    (condition,) = parse_query([(name, value)], PREFIXES).conditions
    return condition


READ: list[tuple[str, str, Condition]] = [
    ("eventType", "ObjectEvent|ex:Own", ColumnIs("type", ("ObjectEvent", "http://example.com/ns#Own"))),
    ("EQ_action", "ADD|ADD", ColumnIs("action", ("ADD",))),
    ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping", ColumnIs("biz_step", ("shipping",))),
    ("EQ_bizStep", "two:x", ColumnIs("biz_step", ("http://one.example/x", "http://two.example/x"))),
    ("EQ_bizStep", "urn:own:step", ColumnIs("biz_step", ("urn:own:step",))),
    ("GE_eventTime", "2026-03-01T08:00:00+08:00", ColumnCompares("event_time", Comparison.GE, NOW)),
    ("GE_eventTime", "2026-03-01T08:00:00 08:00", ColumnCompares("event_time", Comparison.GE, NOW)),
    (
        "EQ_readPoint",
        "urn:epc:id:sgln:4012345.00005.0",
        ColumnIs("read_point", ("https://id.gs1.org/414/4012345000054",)),
    ),
    (
        "WD_bizLocation",
        "urn:x:y",
        PlaceWithin("biz_location", ("BusinessLocation", "Location"), ("urn:x:y",)),
    ),
    (
        "MATCH_epc",
        "urn:epc:id:sgtin:4012345.011111.9876",
        NamesInstance((0, 2), ("epcList", "childEPCs"), (LINK,), ()),
    ),
    ("MATCH_epcClass", "urn:x:y", NamesClass(("epcClass",), ("urn:x:y",), ())),
    ("EQ_quantity", "1|2.50", NumberCompares("quantity", Comparison.EQ, (Decimal(1), Decimal("2.50")))),
    ("GT_quantity_GRM", "500", NumberCompares("quantity KGM", Comparison.GT, (Decimal("0.5"),))),
    ("LE_quantity_XBX", "3", NumberCompares("quantity XBX", Comparison.LE, (Decimal(3),))),
    ("GE_value_CEL", "25.85", NumberCompares("value KEL", Comparison.GE, (Decimal(299),))),
    ("GE_percRank", "5", NumberCompares("percRank", Comparison.GE, (Decimal(5),))),
    ("LT_time", "1970-01-01T00:00:01Z", NumberCompares("time", Comparison.LT, (1_000_000,))),
    ("EQ_bizTransaction_po", "urn:x:y", Told(("bizTransaction", "po"), ("urn:x:y",))),
    ("EQ_source_ex:own", "urn:x:y", Told(("source", "http://example.com/ns#own"), ("urn:x:y",))),
    ("EXISTS_errorDeclaration", "false", DeclaresError(False)),
    ("EXISTS_ILMD_ex:a", "", Has(("ILMD_http://example.com/ns#a",), True)),
    ("EQ_ex:a_b", "x", ExtensionIs(("http://example.com/ns#a_b",), ("x",), (), ())),
    (
        "EQ_INNER_two:a",
        "5",
        ExtensionIs(("INNER_http://one.example/a", "INNER_http://two.example/a"), ("5",), (Decimal(5),), ()),
    ),
    ("GT_ex:a", "5", ExtensionCompares(("http://example.com/ns#a",), Comparison.GT, Decimal(5), None)),
    (
        "LE_ex:a",
        "1970-01-01T00:00:01Z",
        ExtensionCompares(("http://example.com/ns#a",), Comparison.LE, None, 1_000_000),
    ),
    ("HASATTR_readPoint", "cbvmda:city", AttributeIs("readPoint", (), ("ReadPoint", "Location"), ("city",))),
    (
        "EQ_ATTR_epcClass_ex:size",
        "5|6",
        AttributeIs("epcClass", (), ("EPCClass",), ("http://example.com/ns#size",), ("5", "6")),
    ),
]


@pytest.mark.parametrize(
    ("name", "value", "condition"), READ, ids=[f"{name}={value}" for name, value, _ in READ]
)
def test_a_parameter_is_understood(name: str, value: str, condition: Condition) -> None:
    assert one(name, value) == condition


@pytest.mark.parametrize("word", sorted(BIZ_STEPS))
def test_every_business_step_is_found_in_every_spelling(word: str) -> None:
    for spelled in (word, f"cbv:BizStep-{word}", f"https://ref.gs1.org/cbv/BizStep-{word}"):
        assert one("EQ_bizStep", spelled) == ColumnIs("biz_step", (word,))


def test_every_disposition_can_be_asked_for() -> None:
    assert one("EQ_disposition", "|".join(sorted(DISPOSITIONS))) == ColumnIs(
        "disposition", tuple(sorted(DISPOSITIONS))
    )


def test_a_parameter_given_twice_is_a_longer_list() -> None:
    query = parse_query([("EQ_bizStep", "shipping"), ("EQ_bizStep", "receiving")], PREFIXES)
    assert query.conditions == (ColumnIs("biz_step", ("shipping", "receiving")),)


def test_order_is_descending_unless_told() -> None:
    assert parse(orderBy="eventTime").order == Order("event_time")
    assert parse(orderBy="recordTime", orderDirection="ASC").order == Order("record_time", ascending=True)
    assert parse(orderBy="ex:size").order == Order(None, ("http://example.com/ns#size",))
    assert parse(orderBy="eventTime", eventCountLimit="5").first == 5
    assert parse(maxEventCount="5").most == 5


def test_without_an_order_events_come_in_that_of_the_index_that_finds_them() -> None:
    assert parse().order is None
    assert parse(EQ_bizStep="shipping").order == Order("event_time", ascending=True)
    since = {"GE_recordTime": "2026-03-01T00:00:00Z", "GE_eventTime": "2026-03-01T00:00:00Z"}
    assert parse(**since).order == Order("record_time", ascending=True)


def faults_of(pairs: list[tuple[str, str]]) -> list[Fault]:
    """What is wrong with a query; nothing where it is understood."""
    try:
        parse_query(pairs, PREFIXES)
    except BadQuery as error:
        return list(error.faults) or [Fault("", None, "", "")]
    return []


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
@example({"x" * (MAX_SHOWN + 1): ""})
def test_any_parameters_are_understood_or_refused_in_words(parameters: dict[str, str]) -> None:
    faults = faults_of(list(parameters.items()))
    named = {name[:MAX_SHOWN] for name in parameters}
    assert all(fault.message and fault.message_zh and fault.field in named for fault in faults)


NAMES = st.sampled_from([name for name, _, _ in READ] + ["orderBy", "eventCountLimit", "EQ_stringValue"])


@given(NAMES, st.text() | st.text("0123456789:.-+TZeE|*/urnepcidsgtl ", max_size=40))
def test_any_value_is_understood_or_refused_in_words(name: str, value: str) -> None:
    faults = faults_of([(name, value)])
    assert all(fault.message and fault.message_zh and fault.field == name for fault in faults)


def test_so_many_values_and_no_more() -> None:
    values = "|".join(["1"] * MAX_VALUES)
    assert parse(EQ_quantity=values).conditions
    with pytest.raises(QueryTooComplex):
        parse(EQ_quantity=f"{values}|1")


def test_the_prefixes_of_a_query_are_known_beforehand() -> None:
    asked = [
        *(("EQ_a:x", ""), ("GT_INNER_ILMD_b:y", ""), ("EQ_source_c:z", ""), ("HASATTR_d:e", "f:g")),
        *(("EQ_bizStep", "h:i|shipping"), ("orderBy", "j:k"), ("EQ_ATTR_readPoint_l:m", "")),
        *(
            ("EQ_http://x.example/y", ""),
            ("EXISTS_cbvmda:z", ""),
            ("EQ_urn:x:y", ""),
            ("MATCH_epc", "urn:a:b"),
        ),
    ]
    assert prefixes_wanted(asked) >= {"a", "b", "c", "d", "h", "j", "l"}
    assert not prefixes_wanted(asked) & {"http", "urn", "cbvmda"}


# Patterns

INSTANCES = [
    *("urn:epc:id:sgtin:4012345.011111.9876", "urn:epc:id:sscc:4012345.0000000333"),
    *("urn:epc:id:sgln:4012345.00005.12", "urn:epc:id:grai:4012345.55555.987", "urn:epc:id:giai:4012345.A1"),
    *(
        "urn:epc:id:gdti:4012345.00011.987",
        "urn:epc:id:gsrn:4012345.0000000001",
        "urn:epc:id:pgln:4012345.00005",
    ),
    *(
        "urn:epc:id:itip:4012345.011111.01.02.987",
        "urn:epc:id:upui:4012345.011111.X",
        "urn:epc:id:cpi:4012345.AB.1",
    ),
    *("urn:epc:id:sgcn:4012345.00011.1", "urn:epc:id:gsin:4012345.222333444", "urn:epc:id:ginc:4012345.X1"),
    "urn:epc:id:gsrnp:4012345.0000000001",
]


@pytest.mark.parametrize("urn", INSTANCES)
def test_a_pattern_means_what_begins_like_it_and_nothing_else(urn: str) -> None:
    scheme, body = urn.removeprefix("urn:epc:id:").split(":")
    parts = body.split(".")
    uri = identify(urn).uri
    for given_parts in range(len(parts)):
        # The parts of a class are given all or none beyond the prefix.
        if (
            1
            < given_parts
            < len(parts) - (scheme not in ("sscc", "giai", "pgln", "gsrn", "gsrnp", "gsin", "ginc"))
        ):
            continue
        stars = ".".join([*parts[:given_parts], *["*"] * (len(parts) - given_parts)])
        pattern = parse_pattern(f"urn:epc:idpat:{scheme}:{stars}", classes=False)
        assert pattern.matches(uri), stars
        assert any(uri.startswith(start) for start in pattern.beginnings), stars
        others = [identify(other).uri for other in INSTANCES if other != urn]
        assert not any(pattern.matches(other) for other in others), stars
    other_prefix = parse_pattern(
        f"urn:epc:idpat:{scheme}:" + ".".join(["9521234", *["*"] * (len(parts) - 1)]), classes=False
    )
    assert not other_prefix.matches(uri)


@pytest.mark.parametrize(
    "text",
    [
        "urn:epc:idpat:sgtin:4012345.*.5",
        "urn:epc:idpat:sgtin:4012345.*",
        "urn:epc:idpat:sgtin:x.*.*",
        "urn:epc:idpat:sgtin:4012345.[1-5].*",
        "urn:epc:idpat:sscc:40123450000000000000.*",
    ],
)
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_pattern(text, classes=False)
    assert "urn:epc:idpat:" in caught.value.message


# Units

CODES = sorted({*REFERENCE, *MEASURED, *TEMPERATURES})


@given(st.sampled_from(CODES), st.decimals(-1000, 1000, places=3))
def test_a_reading_is_the_same_from_whatever_unit_it_comes(code: str, value: Decimal) -> None:
    amount, reference = reading_in_reference(value, code)
    assert reading_in_reference(amount, reference) == (amount, reference)
    assert len(amount.as_tuple().digits) <= 15


def test_temperatures_begin_at_different_points() -> None:
    assert reading_in_reference(Decimal(-40), "CEL") == reading_in_reference(Decimal(-40), "FAH")
    assert reading_in_reference(Decimal(0), "CEL") == (Decimal("273.15"), "KEL")


# Page tokens


@given(
    st.lists(st.tuples(st.text(), st.text()), max_size=5),
    st.integers(1, HIGHEST_ID),
    st.lists(st.integers(1, HIGHEST_ID), max_size=20),
    st.none() | st.integers(1, 10**9),
)
def test_a_token_says_what_was_put_into_it(
    parameters: list[tuple[str, str]], number: int, under_way: list[int], left: int | None
) -> None:
    horizon = Horizon(number, number, tuple(under_way))
    mark = Mark(tuple(parameters), horizon, Place("2026-03-01T00:00:00+00:00", number), left, NOW + LIFETIME)
    assert read_mark(write_mark(mark).text, NOW) == mark


def read_names(token: str, now: datetime) -> ListMark:
    return read_list_mark(token, "biz_step", now)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_what_is_no_token_is_refused_in_words(text: str) -> None:
    for read in (read_mark, read_names):
        with pytest.raises(BadQuery):
            read(text, NOW)


def test_a_token_has_its_time() -> None:
    token = write_mark(ListMark("biz_step", "shipping", NOW + timedelta(hours=1))).text
    assert read_names(token, NOW).after == "shipping"
    for late in (NOW + timedelta(hours=1), NOW - LIFETIME):
        with pytest.raises(BadQuery):
            read_names(token, late)
    with pytest.raises(BadQuery):
        read_mark(token, NOW)
    with pytest.raises(BadQuery):
        read_list_mark(token, "disposition", NOW)

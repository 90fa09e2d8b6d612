"""Every family of query parameters finds what it should and nothing else (EPCIS 2.0, 8.2.7.1)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.querying import capture, names
from tests.conftest import TEMPLATE, execute, on_database
from tests.epcis_oracle import CLASS_LISTS, LISTS, matches
from tests.varied_events import DOCK, EVENTS, LGTIN, PLANT, SGTIN, SHELF, SHOP, SSCC, name_of

EVERY = {name_of(event) for event in EVENTS}
ERRORS = {"shipped!", "made!"}
COLD_AND_HOT = {"cold", "hot"}

#: Parameters -> short names of the events found.
CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "nothing asked": ({}, EVERY),
    "event type": ({"eventType": "TransactionEvent"}, {"ordered"}),
    "event types": ({"eventType": "AssociationEvent|epcis:TransformationEvent"}, {"mounted", "baked"}),
    "own event type": ({"eventType": "example:Ritual"}, {"ritual"}),
    "from a time on": ({"GE_eventTime": "2026-03-07T00:00:00Z"}, {"unpacked", "ritual"}),
    "from a time on, elsewhere": ({"GE_eventTime": "2026-03-06T19:00:00-05:00"}, {"unpacked", "ritual"}),
    "before a time": ({"LT_eventTime": "2026-03-02T08:00:00+08:00"}, {"made", "made!", "mounted"}),
    "recorded before": ({"LT_recordTime": "2020-01-01T00:00:00Z"}, set()),
    "recorded since": ({"GE_recordTime": "2020-01-01T00:00:00Z"}, EVERY),
    "action": ({"EQ_action": "DELETE"}, {"unpacked"}),
    "step": ({"EQ_bizStep": "shipping|receiving"}, {"shipped", "shipped!", "received"}),
    "step as URI": ({"EQ_bizStep": "urn:epcglobal:cbv:bizstep:inspecting"}, {"weighed"}),
    "step stored as URI": ({"EQ_bizStep": "inspecting"}, {"weighed"}),
    "own step": ({"EQ_bizStep": "example:blessing"}, {"tonne", "ritual"}),
    "own step whole": ({"EQ_bizStep": "http://ns.example.com/epcis/blessing"}, {"tonne", "ritual"}),
    "disposition": ({"EQ_disposition": "cbv:Disp-in_transit"}, {"shipped", "shipped!"}),
    "set": ({"EQ_persistentDisposition_set": "completeness_verified"}, {"weighed"}),
    "set, not unset": ({"EQ_persistentDisposition_unset": "completeness_verified"}, set()),
    "event ID": (
        {"EQ_eventID": "urn:example:event:cold|urn:example:event:shipped"},
        {"cold", "shipped", "shipped!"},
    ),
    "transformation": ({"EQ_transformationID": "urn:epc:id:gdti:4012345.00011.T1"}, {"baked"}),
    "transformation as link": ({"EQ_transformationID": "https://id.gs1.org/253/4012345000115T1"}, {"baked"}),
    "read point": ({"EQ_readPoint": SHELF}, {"tonne", *COLD_AND_HOT}),
    "read point as link": (
        {"EQ_readPoint": "https://example.com/x/414/4012345000016/254/shelf"},
        {"tonne", *COLD_AND_HOT},
    ),
    "location, other form": ({"EQ_bizLocation": "urn:epc:id:sgln:4012345.00005.0"}, {"received", "unpacked"}),
    "within": (
        {"WD_readPoint": PLANT},
        {"made", "made!", "weighed", "tonne", "shipped", "shipped!", "mounted", *COLD_AND_HOT},
    ),
    "within the hall": ({"WD_readPoint": "urn:example:site:hall"}, {"tonne", *COLD_AND_HOT}),
    "within, itself": ({"WD_readPoint": DOCK}, {"made", "made!", "shipped", "shipped!", "mounted"}),
    "within, both places": (
        {"WD_readPoint": DOCK, "WD_bizLocation": "urn:example:site:group"},
        {"made", "made!"},
    ),
    "within a group": ({"WD_bizLocation": "urn:example:site:group"}, {"made", "made!", "weighed", "packed"}),
    "EPC": ({"MATCH_epc": SGTIN}, {"made", "made!", "packed", "ritual"}),
    "EPC as link of another domain": (
        {"MATCH_epc": "https://shop.example.com/a/01/04012345111118/10/X/21/9876"},
        {"made", "made!", "packed", "ritual"},
    ),
    "EPC, not the parent": ({"MATCH_epc": SSCC}, {"shipped", "shipped!", "received"}),
    "parent": ({"MATCH_parentID": SSCC}, {"packed", "unpacked", "ordered"}),
    "input": ({"MATCH_inputEPC": "urn:epc:id:sgtin:4012345.022222.25"}, {"baked"}),
    "output is no input": ({"MATCH_inputEPC": "urn:epc:id:sgtin:4012345.077889.25"}, set()),
    "output": ({"MATCH_outputEPC": "urn:epc:id:sgtin:4012345.077889.25"}, {"baked"}),
    "any": ({"MATCH_anyEPC": SSCC}, {"shipped", "shipped!", "received", "packed", "unpacked", "ordered"}),
    "pattern of a product": (
        {"MATCH_epc": "urn:epc:idpat:sgtin:4012345.011111.*"},
        {"made", "made!", "packed", "ordered", "ritual"},
    ),
    "pattern of a prefix": (
        {"MATCH_anyEPC": "urn:epc:idpat:sgtin:4012345.*.*"},
        {"made", "made!", "packed", "ordered", "ritual", "baked"},
    ),
    "pattern of all": ({"MATCH_epc": "urn:epc:idpat:sscc:*.*"}, {"shipped", "shipped!", "received"}),
    "pattern as link": (
        {"MATCH_epc": "https://x.example/01/04012345111118/21/*"},
        {"made", "made!", "packed", "ordered", "ritual"},
    ),
    "pattern of parents": ({"MATCH_parentID": "urn:epc:idpat:grai:4012345.55555.*"}, {"mounted"}),
    "class": ({"MATCH_epcClass": LGTIN}, {"weighed", "tonne", "packed"}),
    "class pattern": ({"MATCH_epcClass": "urn:epc:idpat:sgtin:4012345.066666.*"}, {"weighed"}),
    "class pattern of lots": (
        {"MATCH_anyEPCClass": "urn:epc:idpat:lgtin:4012345.011111.*"},
        {"weighed", "tonne", "packed", "ordered", "baked"},
    ),
    "class pattern of a prefix": ({"MATCH_epcClass": "urn:epc:idpat:sgtin:4012345.*.*"}, {"weighed"}),
    "input class": ({"MATCH_inputEPCClass": LGTIN}, {"baked"}),
    "output class": ({"MATCH_outputEPCClass": "https://id.gs1.org/01/04012345778892/10/B1"}, {"baked"}),
    "any class": ({"MATCH_anyEPCClass": LGTIN}, {"weighed", "tonne", "packed", "baked"}),
    "quantity": ({"EQ_quantity": "10"}, {"ordered", "baked"}),
    "quantities": ({"EQ_quantity": "3|12.50"}, {"weighed", "baked"}),
    "quantity in grams": ({"EQ_quantity_GRM": "2000"}, {"packed"}),
    "quantity, more": ({"GT_quantity_KGM": "10"}, {"tonne", "baked"}),
    "quantity, as much": ({"GE_quantity_KGM": "10"}, {"tonne", "baked", "ordered"}),
    "quantity, pieces": ({"LE_quantity_EA": "3"}, {"weighed"}),
    "quantity, less": ({"LT_quantity_TNE": "0.002"}, {"weighed"}),
    "transaction": (
        {"EQ_bizTransaction_po": "urn:epcglobal:cbv:bt:4012345000016:4711"},
        {"shipped", "shipped!"},
    ),
    "transaction of another type": (
        {"EQ_bizTransaction_inv": "urn:epcglobal:cbv:bt:4012345000016:4711"},
        set(),
    ),
    "transaction as link": (
        {"EQ_bizTransaction_urn:epcglobal:cbv:btt:inv": "https://id.gs1.org/253/4012345000115987"},
        {"shipped", "shipped!"},
    ),
    "source": ({"EQ_source_owning_party": "https://id.gs1.org/417/4012345000016"}, {"shipped", "shipped!"}),
    "destination": ({"EQ_destination_owning_party": "urn:epc:id:pgln:4012345.00005"}, {"received"}),
    "own destination type": ({"EQ_destination_example:guest": "urn:example:party:guest"}, {"received"}),
    "error declared": ({"EXISTS_errorDeclaration": "true"}, ERRORS),
    "error declared, no value": ({"EXISTS_errorDeclaration": ""}, ERRORS),
    "no error declared": ({"EXISTS_errorDeclaration": "false", "EQ_bizStep": "shipping"}, {"shipped"}),
    "declared since": ({"GE_errorDeclarationTime": "2026-03-11T02:00:00Z"}, {"made!"}),
    "declared before": ({"LT_errorDeclaration_Time": "2026-03-11T02:00:00Z"}, {"shipped!"}),
    "reason": ({"EQ_errorReason": "did_not_occur"}, {"made!"}),
    "corrected by": ({"EQ_correctiveEventID": "urn:example:event:corrected"}, {"shipped!"}),
    "sensors": ({"EXISTS_sensorElementList": "true"}, COLD_AND_HOT),
    "sensor time, told once": (
        {"GE_time": "2026-03-05T01:00:00Z", "LT_time": "2026-03-05T02:00:00Z"},
        {"cold"},
    ),
    "sensor time, in a report": ({"GE_time": "2026-03-05T02:00:00Z"}, {"hot"}),
    "sensor start": ({"LT_startTime": "2026-03-05T00:00:01Z"}, {"cold"}),
    "sensor end": ({"GE_endTime": "2026-03-05T01:00:01Z"}, set()),
    "measured": ({"EQ_type": "RelativeHumidity"}, {"cold"}),
    "measured, both": ({"EQ_type": "gs1:Temperature"}, COLD_AND_HOT),
    "device": ({"EQ_deviceID": "urn:epc:id:giai:4000001.111"}, COLD_AND_HOT),
    "method": ({"EQ_dataProcessingMethod": "https://id.gs1.org/253/4012345000054987"}, {"hot"}),
    "rules": ({"EQ_bizRules": "urn:epc:id:gdti:4012345.00011.XYZ"}, {"cold"}),
    "microorganism": ({"EQ_microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011"}, {"hot"}),
    "substance": (
        {"EQ_chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N"},
        {"hot"},
    ),
    "boolean": ({"EQ_booleanValue": "false"}, {"hot"}),
    "other boolean": ({"EQ_booleanValue": "true"}, set()),
    "hexadecimal": ({"EQ_hexBinaryValue": "F0f0"}, {"hot"}),
    "URI value": ({"EQ_uriValue": "https://example.com/smell"}, {"hot"}),
    "text": ({"EQ_stringValue": "fresh"}, set()),
    "value, other unit": ({"EQ_value_KEL": "278.15"}, {"cold"}),
    "value, third unit": ({"EQ_value_FAH": "41"}, {"cold"}),
    "value above": ({"GT_value_CEL": "5"}, {"hot"}),
    "value up to": ({"LE_value_CEL": "27"}, COLD_AND_HOT),
    "value, other dimension": ({"GE_value_P1": "40"}, {"cold"}),
    "least": ({"GE_minValue_CEL": "4.5"}, {"cold"}),
    "most": ({"LT_maxValue_CEL": "6"}, set()),
    "mean": ({"EQ_meanValue_CEL": "5.2|9"}, {"cold"}),
    "deviation": ({"GE_sDev_CEL": "0"}, {"cold"}),
    "rank": ({"GE_percRank": "50"}, {"cold"}),
    "rank value": ({"LT_percValue_P1": "41"}, set()),
    "extension": ({"EQ_example:colour": "blue|green"}, {"tonne"}),
    "extension, number": ({"EQ_example:size": "12.0"}, {"tonne"}),
    "extension, number as text": ({"EQ_example:size": "12.50"}, {"received"}),
    "extension, more": ({"GE_example:size": "12"}, {"tonne", "received"}),
    "extension, more than": ({"GT_example:size": "12"}, {"received"}),
    "extension, time": ({"EQ_example:at": "2026-03-06T00:00:00Z"}, {"received"}),
    "extension, before": ({"LE_example:at": "2026-03-05T00:00:00Z"}, set()),
    "extension, true": ({"EQ_example:checked": "true"}, {"received"}),
    "extension, other form": ({"EQ_other:note": "https://id.gs1.org/01/04012345111118/21/1"}, {"tonne"}),
    "extension, whole": ({"EQ_http://ns.example.com/epcis/colour": "red"}, {"tonne"}),
    "extension there": ({"EXISTS_example:size": "true"}, {"tonne", "received"}),
    "extension there, complex": ({"EXISTS_example:box": ""}, {"unpacked"}),
    "extension not there": (
        {"EXISTS_example:size": "false", "EQ_bizStep": "receiving|shipping"},
        {"shipped", "shipped!"},
    ),
    "inner": ({"EQ_INNER_example:size": "3"}, {"unpacked"}),
    "further in": ({"EQ_INNER_example:colour": "red"}, {"unpacked"}),
    "inner there": ({"EXISTS_INNER_example:lid": "true"}, {"unpacked"}),
    "lot": ({"EQ_ILMD_cbvmda:lotNumber": "007"}, {"made", "made!"}),
    "lot is no number": ({"EQ_ILMD_cbvmda:lotNumber": "7"}, set()),
    "lot as URI": ({"EQ_ILMD_urn:epcglobal:cbv:mda#lotNumber": "B1"}, {"baked"}),
    "ILMD, time": ({"LT_ILMD_example:bestBefore": "2026-09-01T00:00:01Z"}, {"made", "made!"}),
    "ILMD inner": ({"GT_INNER_ILMD_example:salt": "1.4"}, {"made", "made!"}),
    "ILMD inner, list": ({"EQ_INNER_ILMD_example:steps": "bake"}, {"made", "made!"}),
    "ILMD inner is not top": ({"EXISTS_ILMD_example:salt": "true"}, set()),
    "error extension": ({"GE_ERROR_DECLARATION_example:severity": "2"}, {"shipped!"}),
    "error extension inner": ({"EQ_INNER_ERROR_DECLARATION_example:badge": "7"}, {"shipped!"}),
    "sensor element": ({"EQ_INNER_SENSORELEMENT_example:row": "2"}, {"cold"}),
    "sensor metadata": ({"LT_SENSORMETADATA_example:battery": "81"}, {"cold"}),
    "sensor report": ({"EQ_SENSORREPORT_example:probe": "A"}, {"cold"}),
    "read point extension": ({"EQ_readPoint_example:gate": "north"}, {"made", "made!"}),
    "location extension": ({"EQ_bizLocation_example:hall": "7"}, {"made", "made!"}),
    "has attribute": (
        {"HASATTR_bizLocation": "urn:epcglobal:cbv:mda#city"},
        {"made", "made!", "weighed", "packed", "received", "unpacked"},
    ),
    "has one of two": (
        {"HASATTR_bizLocation": "example:floor|cbvmda:street"},
        {"made", "made!", "weighed", "packed"},
    ),
    "attribute": ({"EQ_ATTR_bizLocation_cbvmda:city": "Köln"}, {"received", "unpacked"}),
    "attribute given twice": (
        {"EQATTR_bizLocation_urn:epcglobal:cbv:mda#city": "Aix|Bonn"},
        {"made", "made!", "weighed", "packed"},
    ),
    "attribute of a class": (
        {"EQ_ATTR_epcClass_cbvmda:descriptionShort": "Flour"},
        {"weighed", "tonne", "packed", "baked"},
    ),
    "attribute of a step": ({"HASATTR_bizStep": "example:rank"}, {"shipped", "shipped!"}),
    "several": (
        {"EQ_bizLocation": SHOP, "EQ_action": "OBSERVE", "GE_eventTime": "2026-03-06T00:00:00Z"},
        {"received"},
    ),
}


@pytest.fixture(scope="module")
async def varied(cluster: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client on a database that holds the varied events."""
    from service.auth.tokens import issue_first_key
    from service.db.transaction import create_engine
    from tests.application import application

    await execute(cluster, f"CREATE DATABASE test_varied TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    dsn = on_database(cluster, "test_varied")
    engine: AsyncEngine = create_engine(dsn)
    app = application(engine)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://testserver",
                headers={"Authorization": f"Bearer {await issue_first_key(dsn)}"},
            ) as client,
        ):
            await capture(client)
            yield client
    finally:
        await engine.dispose()


@pytest.mark.parametrize("case", CASES)
async def test_a_parameter_finds_its_events_and_no_other(varied: httpx.AsyncClient, case: str) -> None:
    parameters, expected = CASES[case]
    assert await names(varied, **parameters) == expected


def any_of(*values: str, most: int = 3) -> st.SearchStrategy[str]:
    """Some of these values, parted by `|`."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map("|".join)


EPCS = any_of(
    *(SGTIN, SSCC, "https://id.gs1.org/01/04012345111118/21/9877", "urn:epc:id:grai:4012345.55555.987"),
    *("urn:epc:id:sgtin:4012345.022222.25", "urn:epc:id:sgtin:4012345.077889.26", "urn:example:nobody"),
)
CLASSES = any_of(LGTIN, "urn:epc:class:lgtin:4012345.011111.5555", "urn:epc:class:lgtin:4012345.077889.B1")
MINUTES = st.integers(0, 14 * 24 * 60)
TIMES = MINUTES.map(lambda n: (datetime(2026, 2, 27, tzinfo=UTC) + timedelta(minutes=n)).isoformat())
NUMBERS = st.sampled_from(["-1", "0", "1.5", "2", "3", "5", "7", "12", "12.5", "80", "278.15", "300.15"])
OPERATORS = ("EQ", "GT", "GE", "LT", "LE")
EXTENDED = (
    *("example:size", "example:colour", "other:note", "example:checked", "example:at", "INNER_example:size"),
    *("INNER_example:colour", "ILMD_cbvmda:lotNumber", "ILMD_example:bestBefore", "INNER_ILMD_example:salt"),
    *("INNER_ILMD_example:steps", "ERROR_DECLARATION_example:severity", "readPoint_example:gate"),
    *("INNER_ERROR_DECLARATION_example:badge", "SENSORMETADATA_example:battery", "bizLocation_example:hall"),
    *("SENSORREPORT_example:probe", "INNER_SENSORELEMENT_example:row", "example:box", "example:nothing"),
)
TEXTS = any_of(
    "red", "007", "7", "north", "A", "true", "mix", "12", "12.50", "urn:epc:id:sgtin:4012345.011111.1"
)


def parameters() -> st.SearchStrategy[dict[str, str]]:
    """Queries of a few parameters of any family."""
    places = any_of(PLANT, DOCK, SHELF, SHOP, "https://id.gs1.org/414/4012345000016")
    ordered = st.sampled_from(OPERATORS[1:])
    optional: dict[str, st.SearchStrategy[str]] = {
        "eventType": any_of("ObjectEvent", "AggregationEvent", "TransactionEvent", "AssociationEvent"),
        "GE_eventTime": TIMES,
        "LT_eventTime": TIMES,
        "EQ_action": any_of("ADD", "OBSERVE", "DELETE"),
        "EQ_bizStep": any_of("shipping", "inspecting", "example:blessing", "cbv:BizStep-packing"),
        "EQ_disposition": any_of("in_progress", "in_transit", "urn:epcglobal:cbv:disp:active"),
        "EQ_readPoint": places,
        "EQ_bizLocation": places,
        "EXISTS_errorDeclaration": st.sampled_from(["true", "false"]),
        "GE_errorDeclarationTime": TIMES,
        "EQ_bizTransaction_po": any_of("urn:epcglobal:cbv:bt:4012345000016:4711", "urn:example:none"),
        "EQ_destination_owning_party": any_of("urn:epc:id:pgln:4012345.00005"),
        **dict.fromkeys(LISTS, EPCS),
        **dict.fromkeys(CLASS_LISTS, CLASSES),
    }
    plain = st.sampled_from(sorted(optional)).flatmap(lambda name: st.tuples(st.just(name), optional[name]))
    measured = st.tuples(
        st.tuples(
            st.sampled_from(OPERATORS),
            st.sampled_from(["quantity_KGM", "quantity_GRM", "value_CEL", "value_KEL"]),
        ).map("_".join),
        NUMBERS,
    )
    extended = st.one_of(
        st.tuples(st.sampled_from(EXTENDED).map("EQ_{}".format), TEXTS),
        st.tuples(st.sampled_from(EXTENDED).map("EXISTS_{}".format), st.sampled_from(["true", "false"])),
        st.tuples(st.tuples(ordered, st.sampled_from(EXTENDED)).map("_".join), NUMBERS | TIMES),
    )
    return st.lists(plain | measured | extended, min_size=1, max_size=3).map(dict)


@settings(max_examples=200, deadline=None)
@given(asked=parameters())
async def test_any_query_finds_what_reading_every_event_finds(
    varied: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    assert await names(varied, **asked) == {name_of(event) for event in EVENTS if matches(event, asked)}

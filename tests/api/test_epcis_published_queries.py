"""Query cases as conformance documents and other repositories' tests have them, on documents like theirs.

Sources of the cases: the draft requirements TCR-53 (sensors) and TCR-54 (associations) of the EPCIS working
group, the query schema of EPCIS 2.0, query tests of other open repositories. The documents are our own.
"""

from typing import Any

import httpx
import pytest

from service.events.json_document import dump_event
from tests.api.querying import LD_JSON, capture, events_in
from tests.rules.epcis import document, event

Json = dict[str, Any]

DEVICE = "urn:epc:id:giai:4000001.111"
METHOD = "https://example.com/253/4012345000054987"
EXTENDED = {"example": "https://ns.example.com/epcis", "rail": "urn:gs1:epcisapp:rail:"}
SERIAL = "urn:epc:id:sgtin:4012345.011111.9876"
CRATE = "urn:epc:id:grai:4012345.55555.987"
PATTERN = "urn:epc:idpat:sgtin:4012345.066666.*"


def sensed(report: Json, metadata: Json | None = None, **more: Any) -> list[Json]:
    return [{**({"sensorMetadata": metadata} if metadata else {}), "sensorReport": [report], **more}]


def told(name: str, /, *args: Any, **fields: Any) -> Json:
    return event(*args, eventID=f"urn:event:{name}", **fields)


EVENTS = [
    told("plain", readPoint={"id": "urn:epc:id:sgln:4012345.00005.0", "example:gs1ES": "(414)4012345000054"}),
    told(
        "metadata",
        sensorElementList=sensed(
            {"type": "Temperature", "value": 26, "uom": "CEL", "example:cv": "123"},
            {"time": "2026-03-01T00:05:00Z", "deviceID": DEVICE, "dataProcessingMethod": METHOD},
            **{"example:furtherSensorData": {"example:measure1": "123.5"}},
        ),
    ),
    told(
        "report",
        sensorElementList=sensed(
            {
                "type": "gs1:Temperature",
                "value": 30,
                "uom": "CEL",
                "time": "2026-03-01T06:00:00Z",
                "deviceID": "https://id.gs1.org/8004/4000001111",
                "dataProcessingMethod": METHOD,
            }
        ),
    ),
    told(
        "statistics",
        sensorElementList=sensed(
            {
                "type": "Temperature",
                "minValue": 12,
                "maxValue": 14,
                "meanValue": 13,
                "sDev": 1,
                "percRank": 50,
                "percValue": 12,
                "uom": "CEL",
            },
            {
                "startTime": "2026-02-28T00:00:00Z",
                "endTime": "2026-02-28T23:59:59.999Z",
                "bizRules": METHOD,
                "example:someFurtherMetaData": "someText",
            },
        ),
    ),
    told(
        "values",
        sensorElementList=[
            {
                "sensorReport": [
                    {"type": "example:Abc", "stringValue": "SomeString"},
                    {"type": "example:Def", "booleanValue": True},
                    {"type": "example:Ghi", "hexBinaryValue": "f0f0f0"},
                    {"type": "example:Jkl", "uriValue": "https://example.org/value"},
                    {
                        "type": "Dimensionless",
                        "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                    },
                    {
                        "type": "Dimensionless",
                        "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
                    },
                ]
            }
        ],
    ),
    told("installed", "AssociationEvent", parentID="urn:epc:id:sgln:4012345.00005.0"),
    told(
        "passage",
        "TransactionEvent",
        bizTransactionList=[
            {"type": "urn:gs1:epcisapp:rail:btt:passage", "bizTransaction": "http://rail.example/xyz12345"},
            {"bizTransaction": "urn:epc:id:gdti:95252084.0001.0003555480001000"},
        ],
        bizStep="http://epcis.example.org/hc/bizstep/summarising_discharge",
        **{
            "rail:trainAxleCount": "12",
            "rail:vehicle": [{"rail:vehiclePosition": "1"}, {"rail:vehiclePosition": "2"}],
        },
    ),
    told(
        "as-a-class",
        "ObjectEvent",
        "epcList",
        quantityList=[{"epcClass": CRATE, "quantity": 1}, {"epcClass": PATTERN, "quantity": 220}],
    ),
    told("as-both", epcList=[CRATE], quantityList=[{"epcClass": CRATE, "quantity": 1}]),
    told(
        "made-of-a-class",
        "TransformationEvent",
        inputQuantityList=[{"epcClass": CRATE, "quantity": 1}],
        outputEPCList=[CRATE],
        transformationID="urn:epc:id:gdti:0614141.12345.400",
        ilmd={"cbvmda:lotNumber": "ABC123", "example:grades": {"example:grade": "A"}},
    ),
]
SENSED = {"metadata", "report", "statistics", "values"}

CASES: list[tuple[str, set[str]]] = [
    # TCR-53, steps 3 to 22, 26 and 28
    ("EXISTS_sensorElementList=true", SENSED),
    ("EXISTS_sensorElementList", SENSED),
    ("GE_time=2026-03-01T00:00:00Z&LT_time=2026-03-01T01:00:00Z", {"metadata"}),
    ("GE_time=2026-03-01T08:00:00%2B02:00", {"report"}),
    ("GE_startTime=2026-02-28T00:00:00Z&LT_endTime=2026-03-01T00:00:00Z", {"statistics"}),
    ("LT_startTime=2026-02-28T00:00:00Z", set()),
    ("EQ_type=Temperature", {"metadata", "report", "statistics"}),
    ("EQ_type=gs1:Temperature|example:Abc", {"metadata", "report", "statistics", "values"}),
    (f"EQ_deviceID={DEVICE}", {"metadata", "report"}),
    (f"EQ_dataProcessingMethod={METHOD}", {"metadata", "report"}),
    (f"EQ_bizRules={METHOD}", {"statistics"}),
    ("EQ_microorganism=https://www.ncbi.nlm.nih.gov/taxonomy/1126011", {"values"}),
    ("EQ_chemicalSubstance=urn:epcglobal:cbv:inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N", {"values"}),
    ("EQ_value_CEL=26", {"metadata"}),
    ("EQ_value_CEL=26.0|30", {"metadata", "report"}),
    ("GE_value_CEL=26&LT_value_CEL=30", {"metadata"}),
    ("EQ_type=gs1:Temperature&GE_value_KEL=300", {"report"}),
    ("GE_minValue_CEL=12&LT_minValue_CEL=13", {"statistics"}),
    ("GT_maxValue_CEL=13&LE_maxValue_CEL=14", {"statistics"}),
    ("GE_meanValue_CEL=13", {"statistics"}),
    ("LT_meanValue_CEL=13", set()),
    ("GE_sDev_CEL=1", {"statistics"}),
    ("GE_percRank=50&LE_percRank=50", {"statistics"}),
    ("LT_percValue_CEL=13", {"statistics"}),
    ("EQ_stringValue=SomeString", {"values"}),
    ("EQ_booleanValue=true", {"values"}),
    ("EQ_booleanValue=false", set()),
    ("EQ_hexBinaryValue=F0F0F0", {"values"}),
    ("EQ_uriValue=https://example.org/value", {"values"}),
    ("EXISTS_SENSORELEMENT_example:furtherSensorData=true", {"metadata"}),
    ("GT_INNER_SENSORELEMENT_example:measure1=123", {"metadata"}),
    ("EQ_SENSORMETADATA_example:someFurtherMetaData=someText", {"statistics"}),
    ("LE_SENSORREPORT_example:cv=123", {"metadata"}),
    # TCR-54
    ("eventType=AssociationEvent&MATCH_parentID=https://id.gs1.org/414/4012345000054", {"installed"}),
    ("MATCH_epc=urn:epc:id:giai:4000001.12345", {"installed"}),
    # Transactions, with types of one's own, and without
    ("EQ_bizTransaction_urn:gs1:epcisapp:rail:btt:passage=http://rail.example/xyz12345", {"passage"}),
    ("EQ_bizTransaction_rail:btt:passage=http://rail.example/xyz12345", {"passage"}),
    ("EQ_bizTransaction_po=http://rail.example/xyz12345", set()),
    ("EQ_bizStep=http://epcis.example.org/hc/bizstep/summarising_discharge", {"passage"}),
    # Extensions: with a prefix, by the whole URI, and joined by # as before EPCIS 2.0
    ("EQ_rail:trainAxleCount=12", {"passage"}),
    ("GE_rail:trainAxleCount=12", {"passage"}),
    ("EQ_urn:gs1:epcisapp:rail:trainAxleCount=12", {"passage"}),
    ("EQ_INNER_rail:vehiclePosition=2", {"passage"}),
    ("EQ_rail:vehiclePosition=2", set()),
    ("EQ_INNER_ILMD_example:grade=A", {"made-of-a-class"}),
    ("EQ_ILMD_example:grade=A", set()),
    ("EXISTS_ILMD_cbvmda:lotNumber=true", {"made-of-a-class"}),
    ("EQ_ILMD_urn:epcglobal:cbv:mda%23lotNumber=ABC123", {"made-of-a-class"}),
    ("EQ_readPoint_example:gs1ES=(414)4012345000054", {"plain"}),
    ("EQ_readPoint_https://ns.example.com/epcis%23gs1ES=(414)4012345000054", {"plain"}),
    # Instances and classes: each is found by what names it
    (f"MATCH_epc={CRATE}", {"as-both"}),
    (f"MATCH_anyEPC={CRATE}", {"as-both", "made-of-a-class"}),
    (f"MATCH_outputEPC={CRATE}", {"made-of-a-class"}),
    (f"MATCH_inputEPC={CRATE}", set()),
    ("MATCH_epc=urn:epc:idpat:grai:4012345.55555.*", {"as-both"}),
    ("MATCH_inputEPC=urn:epc:idpat:grai:*.*.*", set()),
    (f"MATCH_epcClass={CRATE}", {"as-a-class", "as-both"}),
    (f"MATCH_inputEPCClass={CRATE}", {"made-of-a-class"}),
    (f"MATCH_epcClass={PATTERN}", {"as-a-class"}),
    ("MATCH_epcClass=https://id.gs1.org/01/04012345666663", {"as-a-class"}),
    ("EQ_quantity=220&eventType=ObjectEvent", {"as-a-class"}),
    ("GE_quantity=1&LT_quantity=220", {"as-a-class", "as-both", "made-of-a-class"}),
    ("EQ_transformationID=https://id.gs1.org/253/0614141123452400", {"made-of-a-class"}),
]


@pytest.fixture
async def asked(client: httpx.AsyncClient) -> httpx.AsyncClient:
    whole = document(*EVENTS)
    whole["@context"] = [*whole["@context"], EXTENDED]
    await capture(client, whole)
    return client


def names(answer: httpx.Response) -> set[str]:
    return {found["eventID"].removeprefix("urn:event:") for found in events_in(answer)}


async def test_published_query_cases_find_what_they_should_and_nothing_else(asked: httpx.AsyncClient) -> None:
    wrong = [
        f"{query}: {sorted(found)}, not {sorted(expected)}"
        for query, expected in CASES
        if (found := names(await asked.get(f"/epcis/events?{query}"))) != expected
    ]
    assert not wrong, "\n".join(wrong)


async def test_a_search_with_several_parameters_at_once_is_answered(asked: httpx.AsyncClient) -> None:
    query = (
        "eventType=ObjectEvent|AggregationEvent&GE_eventTime=2026-01-01T00:00:00%2B01:00"
        "&LT_eventTime=2026-12-31T23:59:59%2B01:00&EQ_action=ADD|OBSERVE"
        "&EQ_bizStep=https://ref.gs1.org/cbv/BizStep-shipping"
        "&EQ_readPoint=https://id.gs1.org/414/4012345000054&MATCH_epc=https://id.gs1.org/01/04012345111118/21/9876"
        "&orderBy=eventTime&orderDirection=DESC&eventCountLimit=100"
    )
    assert names(await asked.get(f"/epcis/events?{query}")) == {"plain", *SENSED}
    found = names(
        await asked.get(f"/epcis/events?{query}&EQ_disposition=https://ref.gs1.org/cbv/Disp-in_transit")
    )
    assert found == set()


@pytest.mark.parametrize(
    "wrong",
    [
        # TCR-53, step 29 (decision F); TCR-54, steps 3 and 4
        event(sensorElementList=sensed({"type": "Temperature", "deviceID": DEVICE}, {"deviceID": METHOD})),
        event(sensorElementList=sensed({"type": "Temperature", "rawData": METHOD}, {"rawData": DEVICE})),
        event("AssociationEvent", "parentID"),
        event("AssociationEvent", "parentID", action="DELETE"),
        event("AssociationEvent", "childEPCs"),
        event("AssociationEvent", action="OBSERVE", childEPCs=[], childQuantityList=[]),
    ],
)
async def test_what_no_schema_sees_is_refused_all_the_same(client: httpx.AsyncClient, wrong: Json) -> None:
    answer = await client.post("/epcis/capture", content=dump_event(document(wrong)), headers=LD_JSON)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert answer.json()["errors"][0]["field"].startswith("/epcisBody/eventList/0")
    assert events_in(await client.get("/epcis/events")) == []

"""The CBV 2.0 event hash: the published pairs of event and hash, and what must not change it."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.event_hash import event_hash, fingerprint, prehash
from service.events.json_document import read_document
from service.events.namespaces import STANDARD
from tests.rules.epcis import CONTEXT, event, shared

EXAMPLE = [CONTEXT, {"example": "https://ns.example.com/epcis/"}]


def when(time: str, offset: str = "+01:00", kind: str = "ObjectEvent", /, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "eventTime": time, "eventTimeZoneOffset": offset, **fields}


#: Published events of the algorithm's description and its test set -> published SHA-256 for ver=CBV2.0.
PUBLISHED: dict[str, dict[str, Any]] = {
    "6ae96341e0acc6d7a261364751f60e68278a81cdf51da0abb6b4e617014e39d7": when(
        "2020-03-04T11:00:30.000+01:00",
        recordTime="2020-03-04T11:00:30.999+01:00",
        epcList=[f"urn:epc:id:sscc:4012345.0000000{serial}" for serial in (333, 111, 222)],
        action="OBSERVE",
        bizStep="departing",
        readPoint={"id": "urn:epc:id:sgln:4012345.00011.987"},
        **{
            "example:myField1": {"example:mySubField1": "2", "example:mySubField2": "5"},
            "example:myField2": "0",
            "example:myField3": {"example:mySubField3": ["3", "1"]},
        },
    ),
    "271565c346ae2fb28c4583c4dca4ab4772d465eb4e0b6e548d77d8b49377d95c": when(
        "2020-04-01T15:00:00+01:00",
        epcList=["urn:epc:id:sgtin:4012345.011111.9876"],
        action="OBSERVE",
        bizStep="inspecting",
        readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"},
        sensorElementList=[
            {
                "sensorMetadata": {
                    "deviceID": "urn:epc:id:giai:4000001.111",
                    "deviceMetadata": "https://id.gs1.org/8004/4000001111",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 26, "sDev": Decimal("0.1"), "uom": "CEL"},
                    {"type": "AbsoluteHumidity", "value": Decimal("12.1"), "uom": "A93"},
                    {
                        "type": "Dimensionless",
                        "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                        "value": Decimal("0.05"),
                        "uom": "C35",
                    },
                    {
                        "type": "Dimensionless",
                        "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
                        "value": Decimal("0.18"),
                        "uom": "C35",
                    },
                ],
            }
        ],
    ),
    "3ae14c02c4bdc220cc31942cf804f6845eb8dec96ba6483391c92a9b165f9329": when(
        "2020-03-04T11:00:30+01:00",
        epcList=["urn:epc:id:sgtin:0614141.011111.987"],
        action="OBSERVE",
        bizStep="departing",
        disposition="in_transit",
        readPoint={"id": "urn:epc:id:sgln:4012345.00011.0", "example:myField1": "AB-12"},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epc:id:gdti:4012345.11111.123"}],
        sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
        destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00000"}],
        **{"example:userExt": "CD-34"},
    ),
    "af7658e711574363633f20b3dadc7bc4c13c6f612cf96d95e03c421c0e58f3c6": when(
        "2023-02-02T11:04:03.1415Z",
        epcList=["https://id.gs1.de/00/040123451111111110"],
        action="OBSERVE",
        bizStep="shipping",
        disposition="in_transit",
        readPoint={"id": "https://id.gs1.de/414/4012345000115"},
    ),
    "0550df44527332c1fe417c5837fe61b9e71eaa93307b88519dac549bf2d4dcf9": when(
        "2023-02-02T11:04:03.1414Z",
        epcList=["https://id.gs1.de/00/040123451111111110"],
        action="OBSERVE",
        bizStep="transporting",
        readPoint={"id": "geo:50.947573340894124,6.922120147375441"},
    ),
    "bf052637920f56c28bd6bc4ce10bb296203fcddc543f1e293d5a77b07592dcec": when(
        "2023-02-12T11:04:03.1415Z",
        certificationInfo="https://accreditation-council.example.org/certificate/ABC12345",
        epcList=["https://id.gs1.de/01/04012345999990/21/XYZ-1234"],
        action="OBSERVE",
        bizStep="receiving",
        disposition="in_progress",
        readPoint={"id": "https://id.gs1.de/414/4012345000115"},
        sensorElementList=[
            {
                "sensorMetadata": {
                    "time": "2023-02-12T11:04:03.1007Z",
                    "bizRules": "https://id.example.com/253/4012345000054987",
                },
                "sensorReport": [
                    {
                        "type": "Dimensionless",
                        "exception": "ALARM_CONDITION",
                        "coordinateReferenceSystem": "http://www.opengis.net/def/crs/EPSG/0/27700",
                    }
                ],
            }
        ],
    ),
    "40744f32beff53a4bf5bb5956d465cb52de5bbcc9f131409d8efb903b04d9351": when(
        "2023-03-27T11:30:00.0Z",
        epcList=[
            "urn:epc:id:sgtin:4012345.012345.12",
            "urn:epc:id:sscc:4012345.0000000333",
            "https://id.gs1.org/00/040123450000003338",
            "urn:epc:id:grai:4012345.66666.87",
            "urn:epc:id:giai:4012345.AAbb",
            "urn:epc:id:gsrn:4012345.9876540000",
            "urn:epc:id:gsrnp:4012345.0000098765",
            "urn:epc:id:gdti:4012345.55555.98",
            "urn:epc:id:cpi:4012345.ABC.123",
            "urn:epc:id:sgcn:4012345.99999.44",
            "urn:epc:id:ginc:4012345.333",
            "urn:epc:id:gsin:4012345.999987654",
            "urn:epc:id:itip:4012345.012345.01.02.999",
            "urn:epc:id:upui:4012345.012345.AB12",
        ],
        quantityList=[
            {"epcClass": "urn:epc:class:lgtin:4054739.099914.20160711"},
            {"epcClass": "urn:epc:idpat:sgtin:4054739.099914.*"},
            {"epcClass": "urn:epc:idpat:grai:4012345.66666.*"},
            {"epcClass": "urn:epc:idpat:gdti:4012345.55555.*"},
            {"epcClass": "urn:epc:idpat:sgcn:4012345.99999.*"},
            {"epcClass": "urn:epc:idpat:cpi:4012345.ABC.*"},
            {"epcClass": "urn:epc:idpat:itip:4012345.012345.01.02.*"},
        ],
        action="OBSERVE",
        bizStep="other",
        readPoint={"id": "urn:epc:id:sgln:4012345.00011.987"},
    ),
    "e16ce101f3d7383612e00b74419b2d88f12baa6a124b0e390252d396687d5cf7": when(
        "2020-01-14T00:00:00.000+01:00",
        "+01:00",
        "TransformationEvent",
        eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        inputEPCList=["urn:epc:id:sgtin:4012345.011111.987"],
        outputEPCList=["urn:epc:id:sgtin:4012345.033333.AGHFG"],
        inputQuantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.022222.87545GHGH"}],
        outputQuantityList=[
            {"epcClass": "urn:epc:idpat:sgtin:4012345.044444.*", "quantity": Decimal("452.0"), "uom": "KGM"}
        ],
        bizStep="commissioning",
        readPoint={"id": "urn:epc:id:sgln:4012345.00000.0"},
        errorDeclaration={
            "declarationTime": "2020-01-15T00:00:00.000+01:00",
            "reason": "incorrect_data",
            "example:vendorExtension": "Test1",
        },
    ),
    "db3f717972b6be7ce2eb2f31a12b00beda1f9a7de63c23948f4b7314ffe0581b": when(
        "2023-01-11T12:00:00+01:00",
        certificationInfo="https://accreditation-council.example.org/certificate/ABC12345",
        epcList=["https://id.gs1.de/01/04012345999990/21/XYZ-1234"],
        action="OBSERVE",
        bizStep="receiving",
        disposition="in_progress",
        readPoint={"id": "https://id.gs1.de/414/4012345000115"},
        sensorElementList=[
            {
                "sensorMetadata": {
                    "time": "2023-01-11T11:05:00Z",
                    "bizRules": "https://id.example.com/253/4012345000054987",
                    "ext1:someFurtherMetadata": "metadataText",
                },
                "sensorReport": [
                    {
                        "type": "Dimensionless",
                        "exception": "ALARM_CONDITION",
                        "coordinateReferenceSystem": "http://www.opengis.net/def/crs/EPSG/0/27700",
                        "ext1:someFurtherReportData": "reportText",
                    }
                ],
            }
        ],
    ),
    "14faa21345eb49fa31e5578aed52a2c291b7dc8ded0d53c88135955173ea91fc": when(
        "2022-04-07T10:00:00.000Z",
        epcList=["https://id.example.com/8003/040123450007718765"],
        action="OBSERVE",
        bizStep="sensor_reporting",
        readPoint={"id": "https://id.example.com/414/4012345000054"},
        sensorElementList=[
            {
                "sensorReport": [
                    {
                        "type": "gs1:Angle",
                        "value": Decimal(value),
                        "component": f"cbv:Comp-{component}",
                        "uom": "DD",
                        "coordinateReferenceSystem": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                    }
                    for value, component in (("42.698334", "latitude"), ("23.319941", "longitude"))
                ]
            }
        ],
    ),
    "5f396ea5cb32fe4d0980cb79f5a5eb9640559e9f5a6cefa5c98a7d6ad554b50b": when(
        "2019-10-21T14:58:56.000+02:00",
        "+02:00",
        quantityList=[
            {"epcClass": "urn:epc:class:lgtin:4054739.099914.20160711", "quantity": 600, "uom": "KGM"}
        ],
        action="ADD",
        bizStep="commissioning",
        readPoint={"id": "urn:epc:id:sgln:4054739.00001.0"},
        ilmd={"mda:bestBeforeDate": "2019-10-21"},
    ),
    "cfda50b7ff23682e989bafc3747ac9b752f405305fcde6618280f6be27344f35": when(
        "2019-10-21T17:30:56.591+02:00",
        "+02:00",
        "AggregationEvent",
        parentID="urn:epc:id:sscc:4012344.0111111133",
        childQuantityList=[
            {"epcClass": "urn:epc:class:lgtin:4054739.099902.P2", "quantity": 12, "uom": "KGM"},
            {"epcClass": "urn:epc:class:lgtin:4054739.012345.lot2", "quantity": 17},
        ],
        action="ADD",
        bizStep="packing",
        readPoint={"id": "urn:epc:id:sgln:4012345.00025.0"},
    ),
    "b3d481c5590757ab8361a6cb0e924820feb3b61eb568e7d7703f21a96f76f51d": when(
        "2019-10-21T14:45:00Z",
        epcList=["https://id.gs1.org/00/040123451111111127"],
        action="OBSERVE",
        bizStep="inspecting",
        disposition="in_progress",
        readPoint={"id": "https://id.gs1.org/414/4012345000245/254/1"},
    ),
}
CONTEXT_OF_PUBLISHED = [
    *EXAMPLE,
    {"ext1": "https://ns.ext.de/epcis/", "mda": "urn:epcglobal:cbv:mda:"},
]


@pytest.mark.parametrize(("digest", "payload"), PUBLISHED.items())
def test_the_published_hash_of_an_event_is_computed(digest: str, payload: dict[str, Any]) -> None:
    assert event_hash(payload, CONTEXT_OF_PUBLISHED) == f"ni:///sha-256;{digest}?ver=CBV2.0"


def test_the_published_hashes_of_a_shared_document_are_computed() -> None:
    read = read_document(shared("ObjectEvent_with_error_declaration.json"), max_events=10)
    assert [event_hash(each.payload, read.context) for each in read.events] == [
        "ni:///sha-256;df6523665bc5e5803d6c7b84f5a04e103694d8220f2abc4f2c74310e89f31bc6?ver=CBV2.0",
        "ni:///sha-256;32547b2344d525ea60ab1b899d82a9011fd9c39bb26ed936e113066146f49941?ver=CBV2.0",
    ]


def test_extensions_come_last_sorted_with_their_namespaces() -> None:
    ilmd = {
        "a:list": [
            "12",
            "2013-06-08T16:58:56.591+02:00",
            {"a:object": {"b:list": ["23.0", "14"], "b:x": True}},
        ],
        "cbvmda:lotNumber": " L1 ",
        "http://whole.example/uri/name": None,
        "http://whole.example/uri/size": "1.50",
    }
    context = [CONTEXT, {"a": "http://a/", "b": "http://b/"}]
    told = prehash(event(action="ADD", ilmd=ilmd, **{"b:machine": "urn:epc:id:giai:4012345.ABC"}), context)
    assert told.partition("ilmd")[2] == (
        "{http://a/}list=12"
        "{http://a/}list=2013-06-08T14:58:56.591Z"
        "{http://a/}list{http://a/}object{http://b/}list=14{http://b/}list=23{http://b/}x=true"
        "{http://whole.example/uri/}size=1.5"
        "{urn:epcglobal:cbv:mda}lotNumber=L1"
        "{http://b/}machine=https://id.gs1.org/8004/4012345ABC"
    )


SAME = [
    event(eventTime="2026-03-01T00:30:00.000000Z"),
    event(bizStep="https://ref.gs1.org/cbv/BizStep-shipping"),
    event(bizStep="urn:epcglobal:cbv:bizstep:shipping"),
    event(epcList=["https://shop.example/01/04012345111118/21/9876?17=270101"]),
    event(epcList=["https://id.gs1.org/01/04012345111118/10/LOT/21/9876"]),
    event(eventID="urn:x:1", recordTime="2026-03-01T08:30:00Z", certificationInfo="urn:x:2"),
    event(errorDeclaration={"declarationTime": "2026-03-02T00:00:00Z"}),
    event(**{"@context": {"ex": "http://example.com/"}}),
]


@pytest.mark.parametrize("same", SAME)
def test_another_spelling_of_the_same_event_has_the_same_hash(same: dict[str, Any]) -> None:
    assert event_hash(same, [CONTEXT]) == event_hash(event(), STANDARD)


OTHER = [
    event(eventTime="2026-03-01T08:30:00.001+08:00"),
    event(eventTimeZoneOffset="+09:00"),
    event(bizStep="receiving"),
    event(action="ADD"),
    event(epcList=["urn:epc:id:sgtin:4012345.011111.9877"]),
    event(readPoint={"id": "urn:epc:id:sgln:4012345.00005.1"}),
    event(bizLocation={"id": "urn:epc:id:sgln:4012345.00005.0"}),
    event(disposition="in_transit"),
    event(sourceList=[{"type": "location", "source": "urn:x:1"}]),
    event(persistentDisposition={"set": ["damaged"]}),
    event(persistentDisposition={"unset": ["damaged"]}),
    event(**{"gs1:note": "x"}),
]


def test_a_change_of_any_field_changes_the_hash() -> None:
    hashes = {event_hash(each, CONTEXT) for each in [event(), *OTHER]}
    assert len(hashes) == len(OTHER) + 1


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        items = [(name, shuffled(member, chance)) for name, member in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        members = [shuffled(member, chance) for member in value]
        chance.shuffle(members)
        return members
    return value


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(PUBLISHED)), st.randoms(use_true_random=False))
def test_the_order_of_fields_and_of_list_members_does_not_change_the_hash(
    digest: str, chance: random.Random
) -> None:
    payload = shuffled(PUBLISHED[digest], chance)
    assert digest in event_hash(payload, CONTEXT_OF_PUBLISHED)


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False, allow_infinity=False),
    st.integers(0, 5),
)
def test_zeros_at_the_end_of_a_number_change_neither_hash_nor_fingerprint(
    number: Decimal, zeros: int
) -> None:
    longer = Decimal(f"{number:f}" + "0" * zeros)
    one, other = (
        event(quantityList=[{"epcClass": "urn:x:y", "quantity": each}]) for each in (number, longer)
    )
    assert event_hash(one, CONTEXT) == event_hash(other, CONTEXT)
    assert fingerprint(one) == fingerprint(other)


def test_a_fingerprint_does_not_depend_on_order_or_record_time_but_on_everything_else() -> None:
    first = event(eventID="urn:x:1", recordTime="2026-03-01T08:30:00Z")
    again = dict(reversed(event(eventID="urn:x:1").items()))
    assert fingerprint(first) == fingerprint(again) == fingerprint(json.loads(json.dumps(again)))
    assert len(fingerprint(first)) == 32
    others = [
        event(),
        event(eventID="urn:x:1", bizStep="receiving"),
        event(eventID="urn:x:1", **{"gs1:x": "1"}),
    ]
    others.append(event(eventID="urn:x:1", **{"gs1:x": 1}))
    assert len({fingerprint(each) for each in [first, *others]}) == 5


def test_a_number_as_a_fraction_and_as_an_integer_has_one_fingerprint() -> None:
    quantities = [
        {"epcClass": "urn:x:y", "quantity": value} for value in (1000, Decimal("1000.0"), Decimal("1E+3"))
    ]
    assert len({fingerprint(event(quantityList=[each])) for each in quantities}) == 1


def test_a_time_next_to_the_end_of_time_is_still_written() -> None:
    assert "9999-12-31T23:59:59.999Z" in prehash(event(eventTime="9999-12-31T23:59:59.999999Z"), CONTEXT)
    assert "eventTime=0001-01-01T00:00:00.000Z" in prehash(event(eventTime="0001-01-01T00:00:00Z"), CONTEXT)


def test_an_event_that_comes_alone_has_the_fingerprint_that_it_has_in_a_document() -> None:
    alone = event(**{"@context": EXAMPLE, "recordTime": "2026-03-01T00:00:00Z", "example:size": 5})
    assert fingerprint(alone) == fingerprint(event(**{"example:size": 5}))
    assert fingerprint(alone) != fingerprint(event(**{"example:size": 6}))

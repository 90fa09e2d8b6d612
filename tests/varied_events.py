"""A fixed set of EPCIS events, no two alike in what they say: what queries are tried on."""

from typing import Any

Json = dict[str, Any]

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    {"example": "http://ns.example.com/epcis/", "other": "http://other.example.com/ns#"},
]
#: What the prefixes of `CONTEXT` mean.
EXTENSIONS = "example=http://ns.example.com/epcis/, other=http://other.example.com/ns#"

SGTIN = "urn:epc:id:sgtin:4012345.011111.9876"
SGTIN_LINK = "https://id.gs1.org/01/04012345111118/21/9876"
SSCC = "urn:epc:id:sscc:4012345.0000000333"
LGTIN = "urn:epc:class:lgtin:4012345.011111.4444"
LGTIN_LINK = "https://shop.example.com/01/04012345111118/10/4444"
GTIN_CLASS = "urn:epc:idpat:sgtin:4012345.066666.*"
PLANT = "urn:epc:id:sgln:4012345.00001.0"
PLANT_LINK = "https://id.gs1.org/414/4012345000016"
DOCK = "urn:epc:id:sgln:4012345.00001.dock"
SHELF = "urn:epc:id:sgln:4012345.00001.shelf"
SHOP = "https://shop.example.com/414/4012345000054"


def _event(kind: str, name: str, day: int, **fields: Any) -> Json:
    base = {
        "eventID": f"urn:example:event:{name}",
        "type": kind,
        "eventTime": f"2026-03-{day:02d}T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
    }
    return base | fields


def _object(name: str, day: int, /, action: Any = "OBSERVE", **fields: Any) -> Json:
    return _event("ObjectEvent", name, day, action=action, **fields)


EVENTS: list[Json] = [
    _object(
        "made",
        1,
        "ADD",
        epcList=[SGTIN, "urn:epc:id:sgtin:4012345.011111.9877"],
        bizStep="commissioning",
        disposition="active",
        readPoint={"id": DOCK, "example:gate": "north"},
        bizLocation={"id": PLANT, "example:hall": 7},
        ilmd={
            "cbvmda:lotNumber": "007",
            "example:recipe": {"example:salt": 1.5, "example:steps": ["mix", "bake"]},
            "example:bestBefore": "2026-09-01T00:00:00Z",
        },
    ),
    _object(
        "weighed",
        2,
        quantityList=[
            {"epcClass": LGTIN, "quantity": 500, "uom": "GRM"},
            {"epcClass": GTIN_CLASS, "quantity": 3},
        ],
        bizStep="https://ref.gs1.org/cbv/BizStep-inspecting",
        disposition="in_progress",
        readPoint={"id": PLANT_LINK},
        bizLocation={"id": PLANT_LINK},
        persistentDisposition={"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
    ),
    _object(
        "tonne",
        3,
        quantityList=[{"epcClass": LGTIN_LINK, "quantity": 1.25, "uom": "TNE"}],
        bizStep="example:blessing",
        readPoint={"id": SHELF},
        **{
            "example:size": 12,
            "example:colour": ["red", "blue"],
            "other:note": "urn:epc:id:sgtin:4012345.011111.1",
        },
    ),
    _object(
        "shipped",
        4,
        epcList=[SSCC],
        bizStep="shipping",
        disposition="in_transit",
        readPoint={"id": DOCK},
        bizTransactionList=[
            {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:4711"},
            {"type": "inv", "bizTransaction": "urn:epc:id:gdti:4012345.00011.987"},
            {"bizTransaction": "http://transaction.example.com/1"},
        ],
        sourceList=[
            {"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00001"},
            {"type": "location", "source": PLANT},
        ],
        destinationList=[{"type": "possessing_party", "destination": "urn:epc:id:pgln:4012345.00005"}],
    ),
    _object(
        "received",
        6,
        epcList=["https://id.gs1.org/00/040123450000003338"],
        bizStep="receiving",
        disposition="in_progress",
        bizLocation={"id": SHOP},
        destinationList=[
            {"type": "owning_party", "destination": "https://id.gs1.org/417/4012345000054"},
            {"type": "example:guest", "destination": "urn:example:party:guest"},
        ],
        **{"example:size": "12.50", "example:checked": True, "example:at": "2026-03-06T01:00:00+01:00"},
    ),
    _event(
        "AggregationEvent",
        "packed",
        4,
        action="ADD",
        parentID=SSCC,
        childEPCs=[SGTIN_LINK, "urn:epc:id:grai:4012345.55555.987"],
        childQuantityList=[{"epcClass": LGTIN, "quantity": 2, "uom": "KGM"}],
        bizStep="packing",
        bizLocation={"id": PLANT},
    ),
    _event(
        "AggregationEvent",
        "unpacked",
        7,
        action="DELETE",
        parentID=SSCC,
        bizStep="unpacking",
        bizLocation={"id": SHOP},
        **{"example:box": {"example:size": 3, "example:lid": {"example:colour": "red"}}},
    ),
    _event(
        "AssociationEvent",
        "mounted",
        1,
        action="ADD",
        parentID="urn:epc:id:grai:4012345.55555.987",
        childEPCs=["urn:epc:id:giai:4000001.12345"],
        bizStep="installing",
        readPoint={"id": DOCK},
    ),
    _event(
        "TransactionEvent",
        "ordered",
        2,
        action="ADD",
        parentID=SSCC,
        epcList=["urn:epc:id:sgtin:4012345.011111.9877"],
        quantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.011111.5555", "quantity": 10, "uom": "KGM"}],
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000016:4712"}],
        bizStep="example:ordering",
    ),
    _event(
        "TransformationEvent",
        "baked",
        2,
        transformationID="urn:epc:id:gdti:4012345.00011.T1",
        inputEPCList=["urn:epc:id:sgtin:4012345.022222.25"],
        inputQuantityList=[{"epcClass": LGTIN, "quantity": 10, "uom": "KGM"}],
        outputEPCList=["urn:epc:id:sgtin:4012345.077889.25", "urn:epc:id:sgtin:4012345.077889.26"],
        outputQuantityList=[
            {"epcClass": "urn:epc:class:lgtin:4012345.077889.B1", "quantity": 12.5, "uom": "KGM"}
        ],
        bizStep="assembling",
        ilmd={"cbvmda:lotNumber": "B1"},
    ),
    _object(
        "cold",
        5,
        epcList=["urn:epc:id:giai:4000001.12345"],
        bizStep="sensor_reporting",
        readPoint={"id": SHELF},
        sensorElementList=[
            {
                "sensorMetadata": {
                    "time": "2026-03-05T01:00:00Z",
                    "startTime": "2026-03-05T00:00:00Z",
                    "endTime": "2026-03-05T01:00:00Z",
                    "deviceID": "urn:epc:id:giai:4000001.111",
                    "bizRules": "https://id.gs1.org/253/4012345000115XYZ",
                    "example:battery": 80,
                },
                "sensorReport": [
                    {
                        "type": "Temperature",
                        "value": 5,
                        "minValue": 4.5,
                        "maxValue": 6,
                        "meanValue": 5.2,
                        "sDev": 0.3,
                        "uom": "CEL",
                        "example:probe": "A",
                    },
                    {
                        "type": "gs1:RelativeHumidity",
                        "value": 40,
                        "percRank": 50,
                        "percValue": 41,
                        "uom": "P1",
                    },
                ],
                "example:crate": {"example:row": 2},
            }
        ],
    ),
    _object(
        "hot",
        5,
        epcList=["urn:epc:id:giai:4000001.12345"],
        bizStep="sensor_reporting",
        readPoint={"id": SHELF},
        sensorElementList=[
            {
                "sensorReport": [
                    {
                        "type": "Temperature",
                        "value": 300.15,
                        "uom": "KEL",
                        "time": "2026-03-05T02:00:00Z",
                        "deviceID": "https://id.gs1.org/8004/4000001111",
                        "dataProcessingMethod": "https://example.com/253/4012345000054987",
                    },
                ]
            },
            {
                "sensorReport": [
                    {
                        "type": "https://example.com/Smell",
                        "stringValue": "fresh|sour",
                        "booleanValue": False,
                        "hexBinaryValue": "f0F0",
                        "uriValue": "https://example.com/smell",
                        "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                        "chemicalSubstance": "urn:epcglobal:cbv:inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
                    },
                ]
            },
        ],
    ),
    _event(
        "example:Ritual",
        "ritual",
        8,
        epcList=[SGTIN],
        bizStep="example:blessing",
        disposition="example:blessed",
    ),
]
EVENTS += [
    EVENTS[3]
    | {
        "errorDeclaration": {
            "declarationTime": "2026-03-10T10:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:example:event:corrected"],
            "example:clerk": {"example:badge": "7"},
            "example:severity": 2,
        },
    },
    EVENTS[0]
    | {
        "errorDeclaration": {
            "declarationTime": "2026-03-11T10:00:00+08:00",
            "reason": "cbv:ER-did_not_occur",
        },
    },
]

MASTER_DATA = {
    "vocabularyList": [
        {
            "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
            "vocabularyElementList": [
                {
                    "id": "urn:example:site:group",
                    "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": "The group"}],
                    "children": [PLANT],
                },
                {
                    "id": PLANT_LINK,
                    "attributes": [
                        {"id": "urn:epcglobal:cbv:mda#city", "attribute": "Aachen"},
                        {"id": "urn:epcglobal:cbv:mda#city", "attribute": "Aix"},
                        {"id": "http://ns.example.com/epcis/floor", "attribute": 3},
                    ],
                },
                {"id": SHOP, "attributes": [{"id": "urn:epcglobal:cbv:mda#city", "attribute": "Köln"}]},
            ],
        },
        {
            "type": "https://ref.gs1.org/epcis/ReadPoint",
            "vocabularyElementList": [
                {"id": PLANT, "children": [DOCK, "urn:example:site:hall"]},
                {"id": "urn:example:site:hall", "children": [SHELF]},
            ],
        },
        {
            "type": "urn:epcglobal:epcis:vtype:EPCClass",
            "vocabularyElementList": [
                {"id": LGTIN, "attributes": [{"id": "cbvmda:descriptionShort", "attribute": "Flour"}]}
            ],
        },
        {
            "type": "urn:epcglobal:epcis:vtype:BusinessStep",
            "vocabularyElementList": [
                {
                    "id": "urn:epcglobal:cbv:bizstep:shipping",
                    "attributes": [{"id": "example:rank", "attribute": "1"}],
                }
            ],
        },
    ]
}
DOCUMENT: Json = {
    "@context": CONTEXT,
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-12T00:00:00Z",
    "epcisHeader": {"epcisMasterData": MASTER_DATA},
    "epcisBody": {"eventList": EVENTS},
}


def name_of(event: Json) -> str:
    """A short name: that of the event, with `!` where it is an error declaration."""
    name: str = event["eventID"].removeprefix("urn:example:event:")
    return f"{name}!" if "errorDeclaration" in event else name

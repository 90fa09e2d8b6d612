"""Examples in the description of the EPCIS interfaces: a harvest, told in every form that is taken.

`tests/api/test_epcis_examples.py` posts and asks them all.
"""

from typing import Any, Final

CONTEXT: Final = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"
PREFIX: Final = "https://example.com/epcis/"
EVENT_ID: Final = "urn:uuid:0b9c2f6e-6a0e-4d4c-9a51-3d1b7f3a2c10"
FIELD: Final = "https://id.gs1.org/414/6901234500004"
LOT: Final = "https://id.gs1.org/01/06901234567892/10/L1"
BASKET: Final = "urn:epc:id:sgtin:69012345.06789.1"

EVENT: Final[dict[str, Any]] = {
    "@context": [CONTEXT, {"example": PREFIX}],
    "type": "ObjectEvent",
    "eventID": EVENT_ID,
    "eventTime": "2026-03-01T08:30:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "readPoint": {"id": FIELD},
    "bizLocation": {"id": FIELD},
    "epcList": [BASKET],
    "quantityList": [{"epcClass": LOT, "quantity": 120, "uom": "KGM"}],
    "ilmd": {"cbvmda:lotNumber": "L1"},
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-03-01T08:29:00+08:00"},
            "sensorReport": [{"type": "Temperature", "value": 6.5, "uom": "CEL"}],
        }
    ],
    "example:weather": "rain",
}
DOCUMENT: Final[dict[str, Any]] = {
    "@context": EVENT["@context"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-01T09:00:00+08:00",
    "epcisBody": {"eventList": [{name: held for name, held in EVENT.items() if name != "@context"}]},
}
EVENT_IN_XML: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<epcis:ObjectEvent xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:example="{PREFIX}"
                   xmlns:cbvmda="urn:epcglobal:cbv:mda">
  <eventTime>2026-03-01T08:30:00+08:00</eventTime>
  <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
  <eventID>{EVENT_ID}</eventID>
  <epcList><epc>{BASKET}</epc></epcList>
  <action>ADD</action>
  <bizStep>https://ref.gs1.org/cbv/BizStep-commissioning</bizStep>
  <disposition>https://ref.gs1.org/cbv/Disp-active</disposition>
  <readPoint><id>{FIELD}</id></readPoint>
  <bizLocation><id>{FIELD}</id></bizLocation>
  <quantityList>
    <quantityElement><epcClass>{LOT}</epcClass><quantity>120</quantity><uom>KGM</uom></quantityElement>
  </quantityList>
  <sensorElementList>
    <sensorElement>
      <sensorMetadata time="2026-03-01T08:29:00+08:00"/>
      <sensorReport type="gs1:Temperature" value="6.5" uom="CEL"/>
    </sensorElement>
  </sensorElementList>
  <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber></ilmd>
  <example:weather>rain</example:weather>
</epcis:ObjectEvent>
"""
DOCUMENT_IN_XML: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
                     creationDate="2026-03-01T09:00:00+08:00">
  <EPCISBody>
    <EventList>
      <AggregationEvent>
        <eventTime>2026-03-01T10:00:00+08:00</eventTime>
        <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
        <parentID>urn:epc:id:sscc:69012345.000000001</parentID>
        <childEPCs><epc>{BASKET}</epc></childEPCs>
        <action>ADD</action>
        <bizStep>https://ref.gs1.org/cbv/BizStep-packing</bizStep>
      </AggregationEvent>
    </EventList>
  </EPCISBody>
</epcis:EPCISDocument>
"""
#: Path -> media type -> example of a body.
BODIES: Final[dict[str, dict[str, Any]]] = {
    "/epcis/capture": {
        "application/ld+json": DOCUMENT,
        "application/json": DOCUMENT,
        "application/xml": DOCUMENT_IN_XML,
        "text/xml": DOCUMENT_IN_XML,
    },
    "/epcis/events": {
        "application/ld+json": EVENT,
        "application/json": EVENT,
        "application/xml": EVENT_IN_XML,
        "text/xml": EVENT_IN_XML,
    },
}
#: List of names -> one of them.
NAMES: Final = {
    "eventTypes": "ObjectEvent",
    "epcs": BASKET,
    "bizSteps": "commissioning",
    "bizLocations": FIELD,
    "readPoints": FIELD,
    "dispositions": "active",
}
#: Other parameters in paths.
PLACES: Final = {"event_id": EVENT_ID, "capture_id": "5f0c1e7d2b3a4c6d8e9f0a1b2c3d4e5f"}
ANSWERED: Final[dict[str, Any]] = {
    "@context": EVENT["@context"],
    "type": "EPCISQueryDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-03-01T01:05:00.000000Z",
    "epcisBody": {
        "queryResults": {
            "queryName": "SimpleEventQuery",
            "resultsBody": {
                "eventList": [
                    {
                        "recordTime": "2026-03-01T01:00:00.000000Z",
                        **DOCUMENT["epcisBody"]["eventList"][0],
                    }
                ]
            },
        }
    },
}
LISTED: Final = {"@context": [CONTEXT], "type": "Collection", "member": ["commissioning", "packing"]}
PROBLEM: Final = {
    "type": "epcisException:ValidationException",
    "title": "The input breaks a rule",
    "status": 400,
    "detail": "/epcisBody/eventList/0/action: action must be one of ADD, OBSERVE, DELETE.",
    "detail_zh": "/epcisBody/eventList/0/action：action 必须是 ADD, OBSERVE, DELETE 之一。",
    "errors": [
        {
            "field": "/epcisBody/eventList/0/action",
            "value": "CREATE",
            "message": "action must be one of ADD, OBSERVE, DELETE.",
            "message_zh": "action 必须是 ADD, OBSERVE, DELETE 之一。",
        }
    ],
}

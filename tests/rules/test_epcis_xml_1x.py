"""EPCIS 1.0 to 1.2 in XML is read as what it is in 2.0."""

from decimal import Decimal

import pytest

from tests.rules.epcis_xml import CASE, DOCK, ITEM, LOT, ORDER, WHEN, payload, read, refused, xml

TIMES = {"eventTime": "2026-03-01T08:30:00+08:00", "eventTimeZoneOffset": "+08:00"}
QUANTITY = (
    f"<quantityElement><epcClass>{LOT}</epcClass><quantity>10.5</quantity><uom>KGM</uom></quantityElement>"
)
TEN = {"epcClass": LOT, "quantity": Decimal("10.5"), "uom": "KGM"}
SENSED = (
    '<sensorElementList><sensorElement><sensorReport type="gs1:Temperature" value="4" uom="CEL"/>'
    "</sensorElement></sensorElementList><persistentDisposition>"
    "<set>urn:epcglobal:cbv:disp:completeness_verified</set></persistentDisposition>"
)
READ = {
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}],
    "persistentDisposition": {"set": ["completeness_verified"]},
}
PARTIES = f'<sourceList><source type="urn:epcglobal:cbv:sdt:location">{DOCK}</source></sourceList>'
SOURCE = {"sourceList": [{"type": "location", "source": DOCK}]}


def test_an_object_event_of_1_2_with_its_wrappers() -> None:
    event = f"""<ObjectEvent>{WHEN}<baseExtension>
      <eventID>urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8</eventID>
      <errorDeclaration><declarationTime>2026-03-02T08:00:00Z</declarationTime>
      <reason>urn:epcglobal:cbv:er:did_not_occur</reason>
      <extension><example:inner>1</example:inner></extension></errorDeclaration>
      <extension><example:base>2</example:base></extension></baseExtension>
      <epcList><epc>{ITEM}</epc></epcList><action>ADD</action>
      <bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
      <disposition>urn:epcglobal:cbv:disp:active</disposition>
      <readPoint><id>{DOCK}</id><extension><example:door>3</example:door></extension></readPoint>
      <bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:po">{ORDER}</bizTransaction>
      </bizTransactionList>
      <extension><quantityList>{QUANTITY}</quantityList>{PARTIES}
        <ilmd><extension><cbvmda:lotNumber>L1</cbvmda:lotNumber></extension></ilmd>
        <extension>{SENSED}</extension></extension>
      <example:note>x</example:note></ObjectEvent>"""
    assert payload(event, "1.2") == {
        "type": "ObjectEvent",
        **TIMES,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "errorDeclaration": {
            "declarationTime": "2026-03-02T08:00:00Z",
            "reason": "did_not_occur",
            "example:inner": "1",
        },
        "example:base": "2",
        "epcList": [ITEM],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": DOCK, "example:door": "3"},
        "bizTransactionList": [{"type": "po", "bizTransaction": ORDER}],
        "quantityList": [TEN],
        **SOURCE,
        "ilmd": {"cbvmda:lotNumber": "L1"},
        **READ,
        "example:note": "x",
    }


def test_an_aggregation_event_of_1_2() -> None:
    event = f"""<AggregationEvent>{WHEN}<parentID>{CASE}</parentID><childEPCs/><action>ADD</action>
      <extension><childQuantityList>{QUANTITY}</childQuantityList>{PARTIES}<extension>{SENSED}</extension>
      </extension></AggregationEvent>"""
    expected = {"type": "AggregationEvent", **TIMES, "parentID": CASE, "childEPCs": [], "action": "ADD"}
    assert payload(event, "1.2") == {**expected, "childQuantityList": [TEN], **SOURCE, **READ}


def test_a_transaction_event_of_1_2() -> None:
    event = f"""<TransactionEvent>{WHEN}<bizTransactionList><bizTransaction>{ORDER}</bizTransaction>
      </bizTransactionList><epcList/><action>ADD</action>
      <extension><quantityList>{QUANTITY}</quantityList></extension></TransactionEvent>"""
    assert payload(event, "1.2") == {
        "type": "TransactionEvent",
        **TIMES,
        "bizTransactionList": [{"bizTransaction": ORDER}],
        "action": "ADD",
        "quantityList": [TEN],
    }


def test_a_transformation_event_stands_in_an_extension_in_1_2() -> None:
    event = f"""<extension><TransformationEvent>{WHEN}<inputQuantityList>{QUANTITY}</inputQuantityList>
      <outputEPCList><epc>{ITEM}</epc></outputEPCList><ilmd><cbvmda:lotNumber>L2</cbvmda:lotNumber></ilmd>
      <extension>{SENSED}</extension></TransformationEvent></extension>"""
    assert payload(event, "1.2") == {
        "type": "TransformationEvent",
        **TIMES,
        "inputQuantityList": [TEN],
        "outputEPCList": [ITEM],
        "ilmd": {"cbvmda:lotNumber": "L2"},
        **READ,
    }


def test_an_association_event_may_stand_in_extensions_of_1_2() -> None:
    event = f"""<extension><extension><AssociationEvent>{WHEN}<parentID>{CASE}</parentID>
      <childEPCs><epc>{ITEM}</epc></childEPCs><action>ADD</action></AssociationEvent></extension></extension>"""
    assert payload(event, "1.2")["type"] == "AssociationEvent"


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_quantity_event_is_an_object_event_that_observes_a_quantity(version: str) -> None:
    event = f"""<QuantityEvent>{WHEN}<epcClass>urn:epc:idpat:sgtin:4012345.011111.*</epcClass>
      <quantity>200</quantity><bizStep>urn:epcglobal:cbv:bizstep:stocking</bizStep></QuantityEvent>"""
    assert payload(event, version) == {
        "type": "ObjectEvent",
        **TIMES,
        "bizStep": "stocking",
        "action": "OBSERVE",
        "quantityList": [{"epcClass": "urn:epc:idpat:sgtin:4012345.011111.*", "quantity": 200}],
    }


def test_faults_in_wrappers_are_told_with_the_wrappers() -> None:
    event = f"""<extension><TransformationEvent>{WHEN}<extension><colour>red</colour></extension>
      <inputEPCList><epc>{ITEM}</epc></inputEPCList></TransformationEvent></extension>"""
    count = f"<QuantityEvent>{WHEN}<quantity>many</quantity></QuantityEvent>"
    here = "/epcis:EPCISDocument/EPCISBody/EventList"
    assert set(refused(xml(event, count, version="1.2"))) == {
        f"{here}/extension/TransformationEvent",
        f"{here}/extension/TransformationEvent/extension/colour",
        f"{here}/QuantityEvent/quantity",
        f"{here}/QuantityEvent/epcClass",
    }


def test_the_version_of_an_upgraded_document_is_2_0() -> None:
    query = f"""<epcisq:EPCISQueryDocument xmlns:epcisq="urn:epcglobal:epcis-query:xsd:1" schemaVersion="1.2"
      creationDate="2026-03-01T00:00:00Z"><EPCISBody><epcisq:QueryResults><queryName>Q</queryName>
      <resultsBody><EventList><ObjectEvent>{WHEN}<epcList><epc>{ITEM}</epc></epcList><action>ADD</action>
      </ObjectEvent></EventList></resultsBody></epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>"""
    assert len(read(query.encode()).events) == 1


def test_a_time_without_an_offset_is_refused_as_in_2_0() -> None:
    event = f"""<ObjectEvent><eventTime>2026-03-01T08:30:00</eventTime>
      <eventTimeZoneOffset>+08:00</eventTimeZoneOffset><epcList><epc>{ITEM}</epc></epcList>
      <action>OBSERVE</action></ObjectEvent>"""
    (sentence,) = refused(xml(event, version="1.2")).values()
    assert "with an offset" in sentence

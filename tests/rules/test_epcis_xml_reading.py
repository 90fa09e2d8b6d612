"""EPCIS 2.0 in XML becomes the JSON-LD that says the same, and faults are told where the XML stands."""

from decimal import Decimal

import pytest

from service.errors import Malformed, TooLarge
from service.events.xml_document import read_xml_document, read_xml_event
from tests.rules.epcis_xml import (
    CASE,
    DOCK,
    ITEM,
    LOT,
    OBJECT_EVENT,
    ORDER,
    WHEN,
    payload,
    read,
    refused,
    xml,
)

TIMES = {"eventTime": "2026-03-01T08:30:00+08:00", "eventTimeZoneOffset": "+08:00"}


def test_an_object_event_with_every_field() -> None:
    event = f"""<ObjectEvent>{WHEN}
      <eventID>urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8</eventID>
      <errorDeclaration><declarationTime>2026-03-02T08:00:00Z</declarationTime>
        <reason>https://ref.gs1.org/cbv/ER-incorrect_data</reason>
        <correctiveEventIDs><correctiveEventID>urn:uuid:1</correctiveEventID></correctiveEventIDs>
        <example:by>Li</example:by></errorDeclaration>
      <certificationInfo>https://example.com/certificate/1</certificationInfo>
      <certificationInfo>https://example.com/certificate/2</certificationInfo>
      <epcList><epc>
        {ITEM} </epc></epcList><action>ADD</action>
      <bizStep>https://ref.gs1.org/cbv/BizStep-commissioning</bizStep>
      <disposition>cbv:Disp-active</disposition>
      <readPoint><id>{DOCK}</id><example:door>3</example:door></readPoint>
      <bizLocation><id>{DOCK}</id></bizLocation>
      <bizTransactionList><bizTransaction type="https://ref.gs1.org/cbv/BTT-po">{ORDER}</bizTransaction>
        <bizTransaction>urn:x:1</bizTransaction></bizTransactionList>
      <quantityList><quantityElement><epcClass>{LOT}</epcClass><quantity>12.50</quantity><uom>KGM</uom>
        </quantityElement></quantityList>
      <sourceList><source type="cbv:SDT-owning_party">urn:epc:id:pgln:4012345.00225</source></sourceList>
      <destinationList><destination type="https://ref.gs1.org/cbv/SDT-location">{DOCK}</destination>
      </destinationList>
      <persistentDisposition><unset>https://ref.gs1.org/cbv/Disp-completeness_inferred</unset>
        <set>https://ref.gs1.org/cbv/Disp-completeness_verified</set></persistentDisposition>
      <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber></ilmd>
      <example:note>x</example:note></ObjectEvent>"""
    assert payload(event) == {
        "type": "ObjectEvent",
        **TIMES,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "errorDeclaration": {
            "declarationTime": "2026-03-02T08:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:1"],
            "example:by": "Li",
        },
        "certificationInfo": ["https://example.com/certificate/1", "https://example.com/certificate/2"],
        "epcList": [ITEM],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": DOCK, "example:door": "3"},
        "bizLocation": {"id": DOCK},
        "bizTransactionList": [{"type": "po", "bizTransaction": ORDER}, {"bizTransaction": "urn:x:1"}],
        "quantityList": [{"epcClass": LOT, "quantity": Decimal("12.50"), "uom": "KGM"}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        "destinationList": [{"type": "location", "destination": DOCK}],
        "persistentDisposition": {"unset": ["completeness_inferred"], "set": ["completeness_verified"]},
        "ilmd": {"cbvmda:lotNumber": "L1"},
        "example:note": "x",
    }


@pytest.mark.parametrize("kind", ["AggregationEvent", "AssociationEvent"])
def test_an_event_of_parent_and_children(kind: str) -> None:
    event = f"""<{kind}>{WHEN}<parentID>{CASE}</parentID><childEPCs><epc>{ITEM}</epc></childEPCs>
      <action>ADD</action><childQuantityList><quantityElement><epcClass>{LOT}</epcClass>
      <quantity>3</quantity></quantityElement></childQuantityList></{kind}>"""
    assert payload(event) == {
        "type": kind,
        **TIMES,
        "parentID": CASE,
        "childEPCs": [ITEM],
        "action": "ADD",
        "childQuantityList": [{"epcClass": LOT, "quantity": 3}],
    }


def test_a_transaction_event() -> None:
    event = f"""<TransactionEvent>{WHEN}<bizTransactionList><bizTransaction>{ORDER}</bizTransaction>
      </bizTransactionList><epcList/><action>ADD</action><quantityList><quantityElement>
      <epcClass>{LOT}</epcClass></quantityElement></quantityList></TransactionEvent>"""
    assert payload(event) == {
        "type": "TransactionEvent",
        **TIMES,
        "bizTransactionList": [{"bizTransaction": ORDER}],
        "action": "ADD",
        "quantityList": [{"epcClass": LOT}],
    }


def test_a_transformation_event() -> None:
    event = f"""<TransformationEvent>{WHEN}
      <inputEPCList><epc>{ITEM}</epc></inputEPCList>
      <inputQuantityList><quantityElement><epcClass>{LOT}</epcClass><quantity>10</quantity>
      </quantityElement></inputQuantityList>
      <outputEPCList><epc>{ITEM}1</epc></outputEPCList>
      <outputQuantityList><quantityElement><epcClass>{LOT}5</epcClass><quantity xsi:nil="true"/>
      </quantityElement></outputQuantityList>
      <transformationID>urn:x:t</transformationID></TransformationEvent>"""
    assert payload(event) == {
        "type": "TransformationEvent",
        **TIMES,
        "inputEPCList": [ITEM],
        "inputQuantityList": [{"epcClass": LOT, "quantity": 10}],
        "outputEPCList": [ITEM + "1"],
        "outputQuantityList": [{"epcClass": LOT + "5"}],
        "transformationID": "urn:x:t",
    }


def test_what_a_sensor_said_has_its_types() -> None:
    event = f"""<ObjectEvent>{WHEN}<epcList/><action>OBSERVE</action><readPoint><id>{DOCK}</id></readPoint>
      <sensorElementList><sensorElement><sensorMetadata time="2026-03-01T00:00:00Z" example:by="Li"/>
      <sensorReport type="gs1:Temperature" value="26.10" minValue="-1e1" uom="CEL" example:n="1"
        component="https://ref.gs1.org/cbv/Comp-x"/>
      <sensorReport type="example:door" booleanValue="1" stringValue=" open " hexBinaryValue="0f"/>
      <example:seen>yes</example:seen></sensorElement></sensorElementList></ObjectEvent>"""
    told = payload(event)
    assert told["epcList"] == []
    assert told["sensorElementList"] == [
        {
            "sensorMetadata": {"time": "2026-03-01T00:00:00Z", "example:by": "Li"},
            "sensorReport": [
                {
                    "type": "Temperature",
                    "value": Decimal("26.10"),
                    "minValue": Decimal("-1e1"),
                    "uom": "CEL",
                    "example:n": "1",
                    "component": "x",
                },
                {
                    "type": "example:door",
                    "booleanValue": True,
                    "stringValue": " open ",
                    "hexBinaryValue": "0f",
                },
            ],
            "example:seen": "yes",
        }
    ]


def extension(inner: str) -> object:
    return payload(OBJECT_EVENT.replace("</ObjectEvent>", f"{inner}</ObjectEvent>"))["example:x"]


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("<example:x> a </example:x>", " a "),
        ("<example:x/>", ""),
        ("<example:x>1</example:x><example:x>2</example:x>", ["1", "2"]),
        ("<example:x><example:y>1</example:y><z>2</z></example:x>", {"example:y": "1", "z": "2"}),
        ("<example:x><y>1</y><y><z>2</z></y></example:x>", {"y": ["1", {"z": "2"}]}),
        ('<example:x unit="KGM">3.5</example:x>', {"unit": "KGM", "@value": "3.5"}),
        ('<example:x example:unit="KGM"/>', {"example:unit": "KGM"}),
        ('<example:x xml:lang="zh">鱼</example:x>', {"@language": "zh", "@value": "鱼"}),
        ("<example:x>a <b>c</b> d</example:x>", {"b": "c", "@value": "a  d"}),
        ('<example:x xsi:type="xsd:integer"> 10 </example:x>', 10),
        ('<example:x xsi:type="xsd:double">20.50</example:x>', Decimal("20.50")),
        ('<example:x xsi:type="xsd:boolean">true</example:x>', True),
        ('<example:x xsi:type="xsd:dateTime">2026-03-01T00:00:00Z</example:x>', "2026-03-01T00:00:00Z"),
        ('<example:x xsi:type="xsd:integer">ten</example:x>', "ten"),
        ('<example:x xsi:type="example:integer">10</example:x>', "10"),
        ('<example:x xsi:nil="true"/>', None),
        ("<example:x><![CDATA[<&>]]></example:x>", "<&>"),
        ("<example:x><_x0040_type>t</_x0040_type></example:x>", {"@type": "t"}),
        ("<example:x><!-- no --><?go on?><y>1</y></example:x>", {"y": "1"}),
    ],
)
def test_an_extension_keeps_its_form(inner: str, value: object) -> None:
    assert extension(inner) == value


def test_an_attribute_of_a_partners_own_is_an_extension() -> None:
    event = OBJECT_EVENT.replace("<ObjectEvent>", '<ObjectEvent example:shift="2">')
    assert payload(event)["example:shift"] == "2"


def test_an_event_type_of_a_partners_own() -> None:
    event = f'<example:CountEvent>{WHEN}<how xsi:type="xsd:integer">3</how></example:CountEvent>'
    (one,) = read(xml(event)).events
    assert one.type == "https://example.com/epcis/CountEvent"
    assert one.payload == {"type": "example:CountEvent", **TIMES, "how": 3}


def test_namespaces_of_the_document_are_its_context() -> None:
    document = read(xml(OBJECT_EVENT))
    assert document.context == [
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        {"example": "https://example.com/epcis/"},
    ]


def test_namespaces_of_an_event_are_the_events_context() -> None:
    other = OBJECT_EVENT.replace("<ObjectEvent>", '<ObjectEvent xmlns:own="https://own.example/">').replace(
        "</ObjectEvent>", "<own:a>1</own:a></ObjectEvent>"
    )
    inner = OBJECT_EVENT.replace(
        "</ObjectEvent>", '<deep:a xmlns:deep="https://deep.example/">1</deep:a></ObjectEvent>'
    )
    first, second = read(xml(other, inner)).events
    assert first.payload["@context"] == [{"own": "https://own.example/"}]
    assert second.payload["@context"] == [{"deep": "https://deep.example/"}]
    assert (first.payload["own:a"], second.payload["deep:a"]) == ("1", "1")


def test_a_prefix_means_what_it_means_where_it_stands() -> None:
    event = OBJECT_EVENT.replace(
        "<ObjectEvent>", '<ObjectEvent xmlns:example="https://own.example/">'
    ).replace(
        "</ObjectEvent>",
        '<example:a>own</example:a><outer:a xmlns:outer="https://example.com/epcis/">outer</outer:a>'
        '<example:a xmlns:example="https://third.example/">third</example:a></ObjectEvent>',
    )
    told = payload(event)
    assert told["@context"] == [
        {
            "example": "https://own.example/",
            "outer": "https://example.com/epcis/",
            "example2": "https://third.example/",
        }
    ]
    assert (told["example:a"], told["outer:a"]) == ("own", "outer")
    assert told["example2:a"] == "third"


def test_two_prefixes_of_one_namespace_stay_as_they_are_written() -> None:
    event = OBJECT_EVENT.replace(
        "</ObjectEvent>", "<https:a>1</https:a><example:a>2</example:a></ObjectEvent>"
    )
    document = read(xml(event, declared=' xmlns:https="https://example.com/epcis/"'))
    told = document.events[0].payload
    assert (told["https:a"], told["example:a"]) == ("1", "2")
    assert document.context[1] == {
        "example": "https://example.com/epcis/",
        "https": "https://example.com/epcis/",
    }


def test_an_extension_in_a_default_namespace_gets_a_prefix() -> None:
    event = OBJECT_EVENT.replace("</ObjectEvent>", '<a xmlns="https://own.example/">1</a></ObjectEvent>')
    told = payload(event)
    assert (told["@context"], told["ns2:a"]) == ([{"ns2": "https://own.example/"}], "1")


def test_elements_may_be_qualified_or_in_the_default_namespace() -> None:
    plain = xml(OBJECT_EVENT).decode()
    qualified = plain.replace("<epc", "<epcis:epc").replace("</epc", "</epcis:epc")
    qualified = qualified.replace("epcis:epcis:", "epcis:").replace("<action", "<epcis:action")
    qualified = qualified.replace("</action", "</epcis:action")
    default = plain.replace("epcis:EPCISDocument", "EPCISDocument").replace("xmlns:epcis=", "xmlns=")
    told = read(plain.encode()).events
    assert read(qualified.encode()).events == told
    assert read(default.encode()).events == told


def test_a_query_document_and_its_subscription() -> None:
    body = f"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
      creationDate="2026-03-01T00:00:00Z"><EPCISBody><q:QueryResults><queryName>Q</queryName>
      <subscriptionID>S</subscriptionID><resultsBody><EventList>{OBJECT_EVENT}</EventList></resultsBody>
      </q:QueryResults></EPCISBody></q:EPCISQueryDocument>"""
    document = read(body.encode())
    assert (document.type, len(document.events)) == ("EPCISQueryDocument", 1)


def test_header_and_master_data() -> None:
    header = """<EPCISHeader>
      <sbdh:StandardBusinessDocumentHeader
        xmlns:sbdh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">
        <sbdh:HeaderVersion>1.0</sbdh:HeaderVersion>
        <sbdh:Sender><sbdh:Identifier Authority="GS1">urn:epc:id:pgln:4012345.00225</sbdh:Identifier>
        </sbdh:Sender><sbdh:Receiver><sbdh:Identifier>to</sbdh:Identifier></sbdh:Receiver>
        <sbdh:DocumentIdentification><sbdh:InstanceIdentifier>42</sbdh:InstanceIdentifier>
        </sbdh:DocumentIdentification></sbdh:StandardBusinessDocumentHeader>
      <extension><EPCISMasterData><VocabularyList><Vocabulary type="urn:epcglobal:epcis:vtype:Location">
        <VocabularyElementList><VocabularyElement id="urn:epc:id:sgln:4012345.00005.0">
          <attribute id="urn:epcglobal:cbv:mda#name">码头</attribute>
          <attribute id="example:tag">a</attribute><attribute id="example:tag">b</attribute>
          <attribute id="urn:epcglobal:cbv:mda#city"><example:zip>1</example:zip></attribute>
          <children><id>urn:epc:id:sgln:4012345.00005.1</id></children>
        </VocabularyElement></VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension>
      <example:kept>yes</example:kept></EPCISHeader>"""
    document = read(xml(OBJECT_EVENT, header=header))
    (dock,) = document.master_data
    assert (dock.type, dock.id, dock.children) == ("Location", DOCK, ("urn:epc:id:sgln:4012345.00005.1",))
    assert dock.attributes == {
        "name": "码头",
        "https://example.com/epcis/tag": ["a", "b"],
        "city": {"example:zip": "1"},
    }
    kept = document.header["sbdh:StandardBusinessDocumentHeader"]
    assert kept["sbdh:HeaderVersion"] == "1.0"
    assert kept["sbdh:Sender"]["sbdh:Identifier"]["Authority"] == "GS1"
    assert document.header["example:kept"] == "yes"


def test_one_bare_event() -> None:
    bare = OBJECT_EVENT.replace("<ObjectEvent>", '<ObjectEvent xmlns:own="https://own.example/">').replace(
        "</ObjectEvent>", "<own:a>1</own:a></ObjectEvent>"
    )
    document = read_xml_event(bare.encode())
    assert document.type == "ObjectEvent"
    assert document.events[0].payload["own:a"] == "1"
    with pytest.raises(Malformed, match="go to /capture"):
        read_xml_event(xml(OBJECT_EVENT))
    with pytest.raises(Malformed, match="goes to /events"):
        read(bare.encode())
    with pytest.raises(Malformed) as caught:
        read_xml_event(b"<ObjectEvent><action>ADD</action><bizStep>shiping</bizStep></ObjectEvent>")
    assert {"/ObjectEvent/bizStep", "/ObjectEvent/eventTime"} <= {
        fault.field for fault in caught.value.faults
    }


def test_faults_are_told_where_the_xml_stands() -> None:
    bad = f"""<ObjectEvent>{WHEN}<epcList><epc>{ITEM}</epc><epc>no uri</epc></epcList><action>MOVE</action>
      <bizTransactionList><bizTransaction type="urn:epcglobal:cbv:btt:no">{ORDER}</bizTransaction>
      </bizTransactionList>
      <quantityList><quantityElement><quantity>ten</quantity></quantityElement></quantityList>
      <sensorElementList><sensorElement><sensorReport value="hot"/></sensorElement></sensorElementList>
      <colour>red</colour></ObjectEvent>"""
    there = "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]"
    assert set(refused(xml(OBJECT_EVENT, bad))) == {
        f"{there}/epcList/epc[2]",
        f"{there}/action",
        f"{there}/bizTransactionList/bizTransaction/@type",
        f"{there}/quantityList/quantityElement/epcClass",
        f"{there}/quantityList/quantityElement/quantity",
        f"{there}/sensorElementList/sensorElement/sensorReport/@type",
        f"{there}/sensorElementList/sensorElement/sensorReport/@value",
        f"{there}/colour",
    }


def test_a_field_told_twice_is_a_fault_and_not_the_last_one() -> None:
    (field,) = refused(xml(OBJECT_EVENT.replace("<action>", "<action>ADD</action><action>")))
    assert field == "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent/action[1]"


def test_faults_of_the_document_are_told_there() -> None:
    body = xml(OBJECT_EVENT).replace(b' creationDate="2026-03-01T08:31:00Z"', b"")
    assert set(refused(body)) == {"/epcis:EPCISDocument/@creationDate"}
    body = body.replace(b"EPCISBody", b"EPCISBoody")
    assert set(refused(body)) == {
        "/epcis:EPCISDocument/@creationDate",
        "/epcis:EPCISDocument/EPCISBody",
        "/epcis:EPCISDocument/EPCISBoody",
    }


def test_two_events_of_one_name_are_told_by_their_places() -> None:
    named = OBJECT_EVENT.replace("<epcList>", "<eventID>urn:x:1</eventID><epcList>")
    body = xml(named, named.replace("OBSERVE", "ADD"))
    ((field, sentence),) = refused(body).items()
    assert field == "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/eventID"
    assert "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[1] has the same" in sentence


def test_good_events_are_read_where_others_are_not() -> None:
    bad = OBJECT_EVENT.replace("OBSERVE", "MOVE")
    document = read_xml_document(xml(OBJECT_EVENT, bad, OBJECT_EVENT), max_events=10, proceed=True)
    assert document.positions == (0, 2)
    ((position, (fault,)),) = document.rejected
    assert position == 1
    assert fault.field == "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/action"


def test_more_events_than_the_limit_are_refused() -> None:
    with pytest.raises(TooLarge, match="more than 2 events"):
        read_xml_document(xml(*[OBJECT_EVENT] * 3), max_events=2)
    assert len(read_xml_document(xml(*[OBJECT_EVENT] * 2), max_events=2).events) == 2

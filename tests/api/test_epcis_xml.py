"""EPCIS in XML over HTTP: captured like JSON-LD, refused with XPaths."""

from xml.etree import ElementTree

import httpx
import pytest

from service.events.xml_document import read_xml_document
from tests.rules.epcis_xml import DOCK, ITEM, LOT, OBJECT_EVENT, WHEN, xml

XML = {"Content-Type": "application/xml"}
MIB = 1024 * 1024
COMMISSIONED = f"""<ObjectEvent>{WHEN}<eventID>urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8</eventID>
  <epcList/><action>ADD</action>
  <bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep><readPoint><id>{DOCK}</id></readPoint>
  <extension><quantityList><quantityElement><epcClass>{LOT}</epcClass><quantity>12.5</quantity><uom>KGM</uom>
  </quantityElement></quantityList><ilmd><cbvmda:lotNumber>4444</cbvmda:lotNumber></ilmd></extension>
  <example:note xsi:type="xsd:integer">7</example:note></ObjectEvent>"""


async def capture(
    client: httpx.AsyncClient, body: bytes, path: str = "capture", **headers: str
) -> httpx.Response:
    return await client.post(f"/epcis/{path}", content=body, headers={**XML, **headers})


@pytest.mark.parametrize("media", ["application/xml", "text/xml", "Application/XML; charset=utf-8"])
async def test_a_document_in_xml_is_captured(client: httpx.AsyncClient, media: str) -> None:
    answer = await capture(client, xml(COMMISSIONED, OBJECT_EVENT, version="1.2"), **{"Content-Type": media})
    assert answer.status_code == 202, answer.text
    job = (await client.get(answer.headers["Location"])).json()
    assert (job["success"], job["stored"]) == (True, 2)


async def test_what_was_captured_in_xml_is_given_in_json(client: httpx.AsyncClient) -> None:
    await capture(client, xml(COMMISSIONED, version="1.2"))
    answer = await client.get("/epcis/events/urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8")
    (event,) = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event["bizStep"] == "commissioning"
    assert event["quantityList"] == [{"epcClass": LOT, "quantity": 12.5, "uom": "KGM"}]
    assert (event["ilmd"], event["example:note"]) == ({"cbvmda:lotNumber": "4444"}, 7)
    assert answer.json()["@context"][1] == {"example": "https://example.com/epcis/"}


async def test_a_batch_captured_in_xml_is_traced(client: httpx.AsyncClient) -> None:
    await capture(client, xml(COMMISSIONED, version="1.2"))
    answer = await client.get("/v1/trace/backward", params={"batch": LOT})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["holdings"]) == 1


async def test_the_same_event_in_xml_and_in_json_is_one(client: httpx.AsyncClient) -> None:
    await capture(client, xml(OBJECT_EVENT))
    twin = {
        "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T08:31:00Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2026-03-01T08:30:00+08:00",
                    "eventTimeZoneOffset": "+08:00",
                    "epcList": [ITEM],
                    "action": "OBSERVE",
                    "bizStep": "shipping",
                }
            ]
        },
    }
    answer = await client.post("/epcis/capture", json=twin)
    job = (await client.get(answer.headers["Location"])).json()
    assert (job["stored"], job["repeated"]) == (0, 1)


async def test_one_bare_event_in_xml_is_captured(client: httpx.AsyncClient) -> None:
    bare = OBJECT_EVENT.replace("<epcList>", "<eventID>urn:x:bare</eventID><epcList>")
    answer = await capture(client, bare.encode(), "events")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == "/epcis/events/urn%3Ax%3Abare"
    assert (await client.get(answer.headers["Location"])).status_code == 200


async def test_faults_are_named_with_their_xpaths_and_nothing_is_stored(client: httpx.AsyncClient) -> None:
    answer = await capture(client, xml(OBJECT_EVENT, OBJECT_EVENT.replace("OBSERVE", "MOVE")))
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/action"
    assert (error["value"], "ADD" in error["message"]) == ("MOVE", True)
    events = (await client.get("/epcis/events")).json()["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    assert events == []


async def test_good_events_in_xml_are_stored_where_the_client_says_proceed(client: httpx.AsyncClient) -> None:
    body = xml(OBJECT_EVENT, OBJECT_EVENT.replace("OBSERVE", "MOVE"))
    answer = await capture(client, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    assert answer.status_code == 202
    job = (await client.get(answer.headers["Location"])).json()
    assert (job["success"], job["stored"]) == (False, 1)
    assert job["errors"][0]["errors"][0]["field"].endswith("/ObjectEvent[2]/action")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'<!DOCTYPE e [<!ENTITY a "&a;&a;">]>' + xml("&a;"), 400),
        (b'<!DOCTYPE e SYSTEM "file:///etc/passwd">' + xml(), 400),
        (b"<a>" * 100_000, 400),
        (b'{"type": "EPCISDocument"}', 400),
        (b"", 400),
        (xml().partition(b"<EPCISBody>")[0] + b'<a b="' + b"x" * (2 * MIB) + b'"/>', 413),
        (b" " * (65 * MIB), 413),
    ],
    ids=["entities", "external", "deep", "json", "empty", "tag", "body"],
)
@pytest.mark.parametrize("path", ["capture", "events"])
async def test_monsters_are_refused_with_a_problem(
    client: httpx.AsyncClient, body: bytes, status: int, path: str
) -> None:
    answer = await capture(client, body, path)
    if path == "events" and status == 413 and len(body) < 65 * MIB:
        status = 400  # a document is no bare event, and its tag is never reached
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"] != answer.json()["detail_zh"]


@pytest.mark.parametrize("path", ["capture", "events"])
async def test_other_content_types_are_refused_by_name(client: httpx.AsyncClient, path: str) -> None:
    answer = await capture(client, xml(OBJECT_EVENT), path, **{"Content-Type": "text/csv"})
    assert answer.status_code == 415
    assert "application/xml" in answer.json()["detail"]


async def test_a_document_in_gb18030_is_captured(client: httpx.AsyncClient) -> None:
    event = COMMISSIONED.replace("</ObjectEvent>", "<example:city>北京</example:city></ObjectEvent>")
    start = '<?xml version="1.0" encoding="GB18030"?>'
    body = xml(event, version="1.2", start=start).decode().encode("gb18030")
    assert (await capture(client, body)).status_code == 202
    events = (await client.get("/epcis/events")).json()["epcisBody"]["queryResults"]["resultsBody"][
        "eventList"
    ]
    assert events[0]["example:city"] == "北京"


async def test_a_capture_job_is_given_in_xml(client: httpx.AsyncClient) -> None:
    body = xml(OBJECT_EVENT, OBJECT_EVENT.replace("OBSERVE", "MOVE"))
    captured = await capture(client, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    answer = await client.get(captured.headers["Location"], headers={"Accept": "application/xml"})
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    job = ElementTree.fromstring(answer.content)
    assert job.tag == "{urn:epcglobal:epcis:xsd:2}EPCISCaptureJob"
    assert (job.get("running"), job.get("success")) == ("false", "false")
    assert job.get("captureID") == captured.headers["Location"].rpartition("/")[2]
    assert job.findtext("captureErrorBehaviour") == "proceed"
    assert job.findtext("errors/error/type") == "epcisException:ValidationException"
    assert "/ObjectEvent[2]/action" in (job.findtext("errors/error/errors/error/field") or "")
    jobs = await client.get("/epcis/capture", headers={"Accept": "text/xml"})
    assert jobs.headers["Content-Type"].startswith("text/xml")
    assert len(ElementTree.fromstring(jobs.content)) == 1


@pytest.mark.parametrize(
    "accept", ["application/xml", "text/xml", "application/problem+xml", "application/xml, */*;q=0.1"]
)
async def test_problems_are_given_in_xml_to_those_who_want_xml(
    client: httpx.AsyncClient, accept: str
) -> None:
    body = xml(OBJECT_EVENT.replace("OBSERVE", "<![CDATA[<&>]]>"))
    answer = await capture(client, body, Accept=accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+xml")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    problem = ElementTree.fromstring(answer.content)
    names = {"p": "urn:ietf:rfc:7807"}
    assert problem.tag == "{urn:ietf:rfc:7807}problem"
    assert problem.findtext("p:type", namespaces=names) == "epcisException:ValidationException"
    assert problem.findtext("p:status", namespaces=names) == "400"
    assert problem.findtext("p:errors/p:i/p:value", namespaces=names) == "<&>"
    assert problem.findtext("p:detail_zh", namespaces=names)


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/csv", "application/json, application/xml"]
)
async def test_problems_are_json_for_all_others(client: httpx.AsyncClient, accept: str) -> None:
    answer = await capture(client, b"", Accept=accept)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_problem_elsewhere_is_json_even_for_a_browser(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/nowhere/at/all", headers={"Accept": "text/html,application/xml;q=0.9"})
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_unknown_job_and_a_wrong_key_are_problems_in_xml(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/capture/none", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+xml")
    answer = await client.get(
        "/epcis/capture", headers={"Accept": "application/xml", "Authorization": "Bearer sy_wrong"}
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+xml")


async def test_a_form_that_is_not_given_is_refused(client: httpx.AsyncClient) -> None:
    captured = await capture(client, xml(OBJECT_EVENT))
    answer = await client.get(captured.headers["Location"], headers={"Accept": "text/csv"})
    assert answer.status_code == 406


async def test_lists_of_names_are_given_in_xml(client: httpx.AsyncClient) -> None:
    await capture(client, xml(OBJECT_EVENT))
    top = await client.get("/epcis", headers={"Accept": "application/xml"})
    assert "events" in [member.text for member in ElementTree.fromstring(top.content)]
    for wanted, spelling in (
        ("Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("Always_URN", "urn:epcglobal:cbv:bizstep:shipping"),
    ):
        headers = {"Accept": "application/xml", "GS1-CBV-XML-Format": wanted}
        answer = await client.get("/epcis/bizSteps", headers=headers)
        assert answer.headers["Content-Type"].startswith("application/xml")
        assert answer.headers["GS1-CBV-XML-Format"] == wanted
        assert [member.text for member in ElementTree.fromstring(answer.content)] == [spelling]
    assert (await client.get("/epcis/bizSteps")).json()["member"] == ["shipping"]


async def test_the_spellings_of_cbv_words_are_announced(client: httpx.AsyncClient) -> None:
    answer = await client.options("/epcis/events")
    told = answer.headers["GS1-CBV-XML-Format"]
    assert told == "No_Preference, Always_Web_URI, Always_URN, Never_Translates"


async def test_another_spelling_of_cbv_words_is_refused_by_name(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/bizSteps", headers={"GS1-CBV-XML-Format": "Sometimes_URN"})
    assert answer.status_code == 406
    assert "Sometimes_URN" in answer.json()["detail"]


async def test_events_are_given_in_xml_and_can_be_captured_again(client: httpx.AsyncClient) -> None:
    await capture(client, xml(COMMISSIONED, OBJECT_EVENT, version="1.2"))
    headers = {"Accept": "application/xml", "GS1-CBV-XML-Format": "Always_URN"}
    answer = await client.get("/epcis/events", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert (answer.headers["GS1-CBV-XML-Format"], answer.headers["GS1-EPCIS-Version"]) == (
        "Always_URN",
        "2.0.0",
    )
    assert b"<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>" in answer.content
    document = read_xml_document(answer.content, max_events=10)
    listed = await client.get("/epcis/events")
    assert [event.payload for event in document.events] == [
        {name: value for name, value in event.items() if value != []}
        for event in listed.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    ]
    # Server fields aside these are the same events: nothing is stored twice.
    again = await capture(client, answer.content)
    assert again.status_code == 202, again.text
    after = await client.get("/epcis/events")
    eventlist = after.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert len(eventlist) == 2


async def test_one_event_is_given_in_xml_with_its_error_declaration(client: httpx.AsyncClient) -> None:
    declared = COMMISSIONED.replace(
        "<epcList/>",
        "<errorDeclaration><declarationTime>2026-03-02T00:00:00Z</declarationTime></errorDeclaration><epcList/>",
    )
    await capture(client, xml(COMMISSIONED, version="1.2"))
    await capture(client, xml(declared, version="1.2"))
    url = "/epcis/events/urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"
    answer = await client.get(url, headers={"Accept": "text/xml"})
    assert answer.headers["Content-Type"].startswith("text/xml")
    events = list(ElementTree.fromstring(answer.content).iter("ObjectEvent"))
    assert [event.find("errorDeclaration") is not None for event in events] == [False, True]


async def test_pages_of_events_in_xml_have_their_links(client: httpx.AsyncClient) -> None:
    await capture(client, xml(COMMISSIONED, OBJECT_EVENT, version="1.2"))
    answer = await client.get("/epcis/events?perPage=1", headers={"Accept": "application/xml"})
    link = answer.headers["Link"].partition("<")[2].partition(">")[0]
    rest = await client.get(link, headers={"Accept": "application/xml"})
    pages = [read_xml_document(each.content, max_events=10).events for each in (answer, rest)]
    assert [len(page) for page in pages] == [1, 1]
    assert "Link" not in rest.headers


async def test_a_query_in_xml_without_a_match_is_an_empty_list(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/events", headers={"Accept": "application/xml"})
    assert read_xml_document(answer.content, max_events=10).events == ()


async def test_what_is_wrong_with_a_query_is_told_in_xml(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/events?EQ_nothing=1", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+xml")
    assert b"QueryParameterException" in answer.content

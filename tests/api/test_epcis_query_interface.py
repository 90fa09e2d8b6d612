"""The query interface around the query: headers, versions, formats, lists of names, errors."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service.events.json_document import dump_event
from tests import world
from tests.api.querying import LD_JSON, ask, capture, events_in, next_token
from tests.api.registering import has_chinese, refused
from tests.house.interface import interface
from tests.rules.epcis import SHARED, document, shared
from tests.varied_events import DOCUMENT, EVENTS, PLANT, PLANT_LINK, SGTIN, SGTIN_LINK, SSCC

Json = dict[str, Any]
SHARED_NAMES = sorted(path.name for path in SHARED.glob("*.json*"))


async def test_the_top_lists_what_there_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis")
    body = answer.json()
    assert (answer.status_code, body["type"]) == (200, "Collection")
    assert sorted(body["member"]) == [
        *("bizLocations", "bizSteps", "capture", "dispositions", "epcs", "eventTypes", "events"),
        *("queries", "readPoints"),
    ]


async def test_every_answer_tells_the_versions(client: httpx.AsyncClient) -> None:
    await capture(client)
    for path in (
        "",
        "/events",
        "/events/urn:example:event:made",
        "/bizSteps",
        "/capture",
        "/nowhere",
        "/events?x=1",
    ):
        answer = await client.get(f"/epcis{path}")
        assert answer.headers["GS1-EPCIS-Version"] == "2.0.0", path
        assert answer.headers["GS1-CBV-Version"] == "2.0.0", path
    answer = await client.get("/epcis/events")
    assert (
        answer.headers["GS1-Extensions"]
        == "example=http://ns.example.com/epcis/, other=http://other.example.com/ns#"
    )
    unknown = await client.get("/epcis/events", headers={"Authorization": "Bearer nobody"})
    assert (unknown.status_code, unknown.headers["GS1-EPCIS-Version"]) == (401, "2.0.0")


def templates() -> list[str]:
    return [path for path in json.loads(interface())["paths"] if path.startswith("/epcis")]


async def test_every_path_answers_options(client: httpx.AsyncClient) -> None:
    paths = json.loads(interface())["paths"]
    for template in templates():
        answer = await client.options(template.replace("{", "").replace("}", ""))
        assert (answer.status_code, answer.content) == (204, b""), template
        methods = {method.upper() for method in paths[template]}
        assert set(answer.headers["Allow"].split(", ")) >= methods | {"OPTIONS"}, template
        for name in (
            *("GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Version", "GS1-CBV-Min"),
            *("GS1-CBV-Max", "GS1-EPC-Format", "GS1-CBV-XML-Format", "GS1-Extensions", "GS1-Vendor-Version"),
        ):
            assert name in answer.headers, (template, name)
    assert (await client.options("/epcis/nowhere")).status_code == 404


async def test_options_of_capture_tell_its_limits(client: httpx.AsyncClient) -> None:
    answer = await client.options("/epcis/capture")
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "10000"
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(64 * 1024 * 1024)
    assert answer.headers["GS1-Capture-Error-Behaviour"] == "all"
    assert answer.headers["Allow"] == "GET, POST, OPTIONS"


async def test_a_document_over_the_limit_is_told_the_limit(client: httpx.AsyncClient) -> None:
    event = world.commission("L1=1", at="farm", on=1)
    body = dump_event(document(*[{**event, "eventID": f"urn:e:{n}"} for n in range(10_001)]))
    answer = await client.post("/epcis/capture", content=body, headers=LD_JSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "epcisException:CaptureLimitExceededException"
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "10000"
    assert answer.headers["GS1-EPCIS-Capture-File-Size-Limit"] == str(64 * 1024 * 1024)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"GS1-EPCIS-Version": "2.0.0"}, 200),
        ({"GS1-EPCIS-Version": "2.0"}, 200),
        ({"GS1-EPCIS-Version": "1.2"}, 406),
        ({"GS1-EPCIS-Min": "1.2", "GS1-EPCIS-Max": "2.0.0"}, 200),
        ({"GS1-EPCIS-Min": "2.1"}, 406),
        ({"GS1-EPCIS-Max": "1.2"}, 406),
        ({"GS1-EPCIS-Max": "3.0.0"}, 200),
        ({"GS1-CBV-Version": "2.0.0"}, 200),
        ({"GS1-CBV-Min": "2.0.0", "GS1-CBV-Max": "2.0.0"}, 200),
        ({"GS1-CBV-Version": "1.0"}, 406),
        ({"GS1-CBV-Max": "1.2.2"}, 406),
        ({"GS1-EPCIS-Version": "newest"}, 406),
        ({"GS1-EPC-Format": "Always_EPC_URN"}, 200),
        ({"GS1-EPC-Format": "Hex"}, 406),
        ({"Accept": "application/json"}, 200),
        ({"Accept": "text/plain"}, 406),
        ({"Accept": "text/plain, */*;q=0.1"}, 200),
        ({"Accept": "application/json;q=0, application/ld+json;q=0"}, 406),
    ],
)
async def test_versions_and_forms_are_agreed_on_or_refused(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.get("/epcis/events", headers=headers)
    assert answer.status_code == status, answer.text
    if status == 406:
        assert answer.json()["type"] == "epcisException:NotAcceptableException"
        assert has_chinese(answer.json()["detail_zh"])


async def test_an_answer_comes_in_the_media_type_liked_best(client: httpx.AsyncClient) -> None:
    for accept, expected in (
        ("*/*", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, application/ld+json", "application/ld+json"),
        ("application/ld+json;q=0.5, application/*", "application/json"),
    ):
        answer = await client.get("/epcis/events", headers={"Accept": accept})
        assert answer.headers["Content-Type"].partition(";")[0] == expected, accept


async def test_a_capture_of_another_version_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**LD_JSON, "GS1-EPCIS-Version": "1.2"}
    answer = await client.post("/epcis/capture", content=b"{}", headers=headers)
    assert answer.status_code == 406


async def test_a_url_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/events", params={"MATCH_epc": "urn:x:" + "1" * 33_000})
    assert (answer.status_code, answer.json()["type"]) == (414, "epcisException:URITooLongException")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("EQ_bizstep=shipping", "EQ_bizstep"),
        ("EQ_bizStep=shippng", "EQ_bizStep"),
        ("EQ_bizStep=", "EQ_bizStep"),
        ("EQ_action=REMOVE", "EQ_action"),
        ("GE_eventTime=yesterday", "GE_eventTime"),
        ("GE_eventTime=2026-03-01T00:00:00", "GE_eventTime"),
        ("GE_eventTime=2026-03-01T00:00:00Z|2026-03-02T00:00:00Z", "GE_eventTime"),
        ("GT_eventTime=2026-03-01T00:00:00Z", "GT_eventTime"),
        ("eventType=QuantityEvent", "eventType"),
        ("MATCH_epc=4012345", "MATCH_epc"),
        ("MATCH_epc=urn:epc:idpat:sgtin:*.1.*", "MATCH_epc"),
        ("MATCH_anyEpcClass=urn:x:y", "MATCH_anyEpcClass"),
        ("EQ_quantity=much", "EQ_quantity"),
        ("GE_value=5", "GE_value"),
        ("GE_value_CEL=warm", "GE_value_CEL"),
        ("EQ_undefined:size=5", "EQ_undefined:size"),
        ("GT_cbvmda:size=large", "GT_cbvmda:size"),
        ("EXISTS_errorDeclaration=perhaps", "EXISTS_errorDeclaration"),
        ("EQ_hexBinaryValue=xyz", "EQ_hexBinaryValue"),
        ("HASATTR_colour=urn:x:y", "HASATTR_colour"),
        ("orderBy=size", "orderBy"),
        ("orderBy=eventTime&orderDirection=UP", "orderDirection"),
        ("eventCountLimit=5", "eventCountLimit"),
        ("orderBy=eventTime&eventCountLimit=5&maxEventCount=5", "maxEventCount"),
        ("maxEventCount=0", "maxEventCount"),
        ("perPage=0", "perPage"),
        ("perPage=ten", "perPage"),
        ("EQ_bizStep=ship%00ping", "EQ_bizStep"),
        ("size=5", "size"),
    ],
)
async def test_a_bad_parameter_is_named_with_what_would_be_right(
    client: httpx.AsyncClient, asked: str, field: str
) -> None:
    answer = await client.get(f"/epcis/events?{asked}")
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["type"] == "epcisException:QueryParameterException"
    assert field in [fault["field"] for fault in problem["errors"]]
    assert all(has_chinese(fault["message_zh"]) and fault["message"] for fault in problem["errors"])


async def test_all_bad_parameters_are_told_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.get("/epcis/events?EQ_action=X&perhaps=1&GE_eventTime=x")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["EQ_action", "perhaps", "GE_eventTime"]


async def test_too_many_values_are_refused(client: httpx.AsyncClient) -> None:
    values = "|".join("0" for _ in range(5001))
    answer = await client.get(f"/epcis/events?EQ_quantity={values}")
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:QueryTooComplexException")


async def test_no_match_is_an_empty_list(client: httpx.AsyncClient) -> None:
    assert await ask(client, EQ_bizStep="shipping") == []


async def test_an_undefined_prefix_means_what_documents_meant_by_it(client: httpx.AsyncClient) -> None:
    await capture(client)
    one = document(world.commission("L1=1", id="p1", at="farm", on=1) | {"own:size": 5})
    two = document(world.commission("L2=1", id="p2", at="farm", on=1) | {"own:size": 5})
    for each, meaning in ((one, "http://one.example/"), (two, "http://two.example/")):
        each["@context"] = [*each["@context"], {"own": meaning}]
        await capture(client, each)
    both = events_in(await client.get("/epcis/events?EQ_own:size=5"))
    assert {each["eventID"] for each in both} == {"urn:event:p1", "urn:event:p2"}
    # Both documents' prefixes cannot stand in one context: the second event says its own.
    assert "@context" not in both[0]
    assert {"own": "http://two.example/"} in both[1]["@context"]
    told = {"GS1-Extensions": "own=http://two.example/"}
    only = events_in(await client.get("/epcis/events?EQ_own:size=5", headers=told))
    assert [each["eventID"] for each in only] == ["urn:event:p2"]


async def test_an_event_comes_with_its_error_declarations(client: httpx.AsyncClient) -> None:
    await capture(client)
    found = events_in(await client.get("/epcis/events/urn:example:event:shipped"))
    assert [("errorDeclaration" in each) for each in found] == [False, True]
    answer = await client.get("/epcis/events/urn:example:event:nobody")
    assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchResourceException")


@pytest.mark.parametrize(
    ("resource", "some", "parameter"),
    [
        ("eventTypes", ["AggregationEvent", "http://ns.example.com/epcis/Ritual"], "eventType"),
        ("epcs", [SGTIN_LINK, "https://id.gs1.org/8004/400000112345"], "MATCH_anyEPC"),
        ("bizSteps", ["shipping", "http://ns.example.com/epcis/blessing"], "EQ_bizStep"),
        ("bizLocations", [PLANT_LINK], "EQ_bizLocation"),
        ("readPoints", [PLANT_LINK, f"{PLANT_LINK}/254/dock"], "EQ_readPoint"),
        ("dispositions", ["in_transit", "http://ns.example.com/epcis/blessed"], "EQ_disposition"),
    ],
)
async def test_names_are_listed_in_pages_and_lead_to_their_events(
    client: httpx.AsyncClient, resource: str, some: list[str], parameter: str
) -> None:
    await capture(client)
    members: list[str] = []
    token: str | None = ""
    while token is not None:
        asked = {"perPage": "2", **({"nextPageToken": token} if token else {})}
        answer = await client.get(f"/epcis/{resource}", params=asked)
        assert (answer.status_code, answer.json()["type"]) == (200, "Collection")
        members += answer.json()["member"]
        token = next_token(answer)
    assert members == sorted(set(members))
    assert set(some) <= set(members)
    for name in members:
        path = f"/epcis/{resource}/{quote(name, safe='')}"
        assert (await client.get(path)).json()["member"] == ["events"], name
        found = events_in(await client.get(f"{path}/events?perPage=1000"))
        assert found
        assert found == await ask(client, **{parameter: name})


async def test_events_of_a_name_can_be_asked_further_and_paged(client: httpx.AsyncClient) -> None:
    await capture(client)
    answer = await client.get("/epcis/bizSteps/shipping/events?EXISTS_errorDeclaration=true")
    assert len(events_in(answer)) == 1
    first = await client.get("/epcis/bizSteps/shipping/events?perPage=1")
    link = first.headers["Link"].removeprefix("<").partition(">")[0]
    assert link.startswith("/epcis/bizSteps/shipping/events?")
    assert events_in(await client.get(link)) == events_in(answer)


@pytest.mark.parametrize(
    "path", ["bizSteps/picking", "epcs/urn:epc:id:sgtin:9999999.1.1", "eventTypes/AssociationEvent"]
)
async def test_a_name_that_no_event_has_is_not_here(client: httpx.AsyncClient, path: str) -> None:
    problem = await refused(client, "GET", f"/epcis/{path}", 404)
    assert problem["type"] == "epcisException:NoSuchResourceException"
    assert events_in(await client.get(f"/epcis/{path}/events")) == []


async def test_a_name_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    fault = await refused(client, "GET", "/epcis/bizSteps/shippng")
    assert fault["field"] == "EQ_bizStep"


async def test_identifiers_come_in_the_form_asked_for(client: httpx.AsyncClient) -> None:
    await capture(client)
    path = "/epcis/events/urn:example:event:packed"
    as_told = events_in(await client.get(path))[0]
    assert (as_told["parentID"], as_told["childEPCs"][0]) == (SSCC, SGTIN_LINK)
    for name in ("No_Preference", "Never_Translates"):
        answer = await client.get(path, headers={"GS1-EPC-Format": name})
        assert events_in(answer)[0] == as_told
        assert answer.headers["GS1-EPC-Format"] == name
    links = events_in(await client.get(path, headers={"GS1-EPC-Format": "Always_GS1_Digital_Link"}))[0]
    assert links["parentID"] == "https://id.gs1.org/00/040123450000003338"
    assert links["childEPCs"] == [SGTIN_LINK, "https://id.gs1.org/8003/04012345555554987"]
    assert links["childQuantityList"][0]["epcClass"] == "https://id.gs1.org/01/04012345111118/10/4444"
    assert links["bizLocation"]["id"] == PLANT_LINK
    urns = events_in(await client.get(path, headers={"GS1-EPC-Format": "Always_EPC_URN"}))[0]
    assert urns["childEPCs"] == [SGTIN, "urn:epc:id:grai:4012345.55555.987"]
    assert urns["bizLocation"]["id"] == PLANT
    answer = await client.get("/epcis/bizLocations", headers={"GS1-EPC-Format": "Always_EPC_URN"})
    assert PLANT in answer.json()["member"]


async def test_a_urn_that_nobody_can_tell_is_not_guessed(client: httpx.AsyncClient) -> None:
    nowhere = f"https://id.gs1.org/414/999000000000{world.check_digit('999000000000')}"
    event = world.commission("L1=1", id="x1", at=nowhere, on=1)
    await capture(client, document(event))
    answer = await client.get("/epcis/events", headers={"GS1-EPC-Format": "Always_EPC_URN"})
    assert answer.status_code == 406
    assert "the length of its company prefix is not known" in answer.json()["detail"]


@pytest.mark.parametrize("name", SHARED_NAMES)
async def test_a_document_is_given_back_as_it_came(client: httpx.AsyncClient, name: str) -> None:
    body = shared(name)
    answer = await client.post("/epcis/capture", content=body, headers=LD_JSON)
    assert answer.status_code == 202, answer.text
    told = json.loads(body)
    inner = told["epcisBody"]
    given = inner.get("eventList") or inner["queryResults"]["resultsBody"]["eventList"]
    found = await ask(client)
    assert len(found) == len(given)
    for each in found:
        assert each in events_in(await client.get(f"/epcis/events/{quote(each['eventID'], safe='')}"))
    for each in given:
        assert any(_without_added(event, each) == _without(each, "recordTime") for event in found), each


def _without(event: Json, *names: str) -> Json:
    return {name: value for name, value in event.items() if name not in names}


def _without_added(event: Json, given: Json) -> Json:
    """What the service gave back, less what it added: recordTime, and an eventID where there was none."""
    return _without(event, "recordTime", *(() if "eventID" in given else ("eventID",)))


async def test_an_epc_of_a_shared_document_is_found_in_either_form(client: httpx.AsyncClient) -> None:
    body = shared("ObjectEvent_with_sensorData.json")
    await client.post("/epcis/capture", content=body, headers=LD_JSON)
    for form in ("urn:epc:id:sgtin:4012345.011111.9876", "https://example.de/01/04012345111118/21/9876"):
        assert len(await ask(client, MATCH_epc=form)) == 1
    assert len(await ask(client, GE_value_KEL="299.15", EQ_type="Temperature")) == 1


def test_the_varied_events_are_all_different() -> None:
    assert len({json.dumps(event, sort_keys=True) for event in EVENTS}) == len(EVENTS)
    assert DOCUMENT["epcisBody"]["eventList"] is EVENTS

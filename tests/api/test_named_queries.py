"""Named queries through HTTP: kept as given, read as the URL's parameters are, and refused for the same
reasons.
"""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest

from tests.api.querying import capture, next_token
from tests.api.registering import refused
from tests.house.interface import SNAPSHOT
from tests.varied_events import EXTENSIONS, name_of

Json = dict[str, Any]
QUERIES = "/epcis/queries"


async def name(client: httpx.AsyncClient, name: str, **query: Any) -> str:
    """Name a query; its path."""
    answer = await client.post(QUERIES, json={"name": name, "query": query})
    assert answer.status_code == 201, answer.text
    assert answer.content == b""
    location: str = answer.headers["Location"]
    assert location == f"{QUERIES}/{quote(name, safe='')}"
    return location


def results(answer: httpx.Response) -> Json:
    """`queryResults` of an answer."""
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["epcisBody"]["queryResults"]
    return found


def found(answer: httpx.Response) -> list[str]:
    return [name_of(event) for event in results(answer)["resultsBody"]["eventList"]]


async def test_the_documented_query_is_kept_as_it_was_given(client: httpx.AsyncClient) -> None:
    paths = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"]
    example = paths[QUERIES]["post"]["requestBody"]["content"]["application/json"]["example"]
    made = await client.post(QUERIES, json=example)
    assert (made.status_code, made.headers["Location"]) == (201, f"{QUERIES}/{example['name']}")
    assert (await client.get(made.headers["Location"])).json() == example
    assert results(await client.get(made.headers["Location"] + "/events"))["queryName"] == example["name"]


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({"EQ_bizStep": "shipping|receiving"}, {"EQ_bizStep": ["shipping", "receiving"]}),
        ({"EQ_bizStep": "shipping"}, {"EQ_bizStep": "shipping"}),
        ({"EXISTS_errorDeclaration": "true"}, {"EXISTS_errorDeclaration": None}),
        ({"EXISTS_errorDeclaration": "true"}, {"EXISTS_errorDeclaration": 1}),
        ({"EXISTS_errorDeclaration": "false"}, {"EXISTS_errorDeclaration": False}),
        (
            {"GE_quantity": "10", "eventType": "ObjectEvent"},
            {"GE_quantity": 10, "eventType": ["ObjectEvent"]},
        ),
        ({"EQ_quantity": "10|0.5"}, {"EQ_quantity": [10, 0.5]}),
        ({"EQ_booleanValue": "true"}, {"EQ_booleanValue": True}),
    ],
)
async def test_a_query_finds_what_its_parameters_find_in_a_url(
    client: httpx.AsyncClient, parameters: dict[str, str], query: Json
) -> None:
    await capture(client)
    path = await name(client, "the same", **query)
    by_url = await client.get("/epcis/events", params={**parameters, "perPage": "1000"})
    by_name = await client.get(f"{path}/events", params={"perPage": "1000"})
    assert found(by_name) == found(by_url)
    assert results(by_name)["queryName"] == "the same"


async def test_prefixes_are_those_of_the_context_or_of_the_header(client: httpx.AsyncClient) -> None:
    await capture(client)
    prefix, _, namespace = EXTENSIONS.split(",")[0].strip().partition("=")
    by_context = await name(
        client, "by context", **{"@context": [{"ours": namespace}], "EXISTS_ours:size": True}
    )
    answer = await client.post(
        QUERIES,
        json={"name": "by header", "query": {f"EXISTS_{prefix}:size": True}},
        headers={"GS1-Extensions": EXTENSIONS},
    )
    assert answer.status_code == 201, answer.text
    first = found(await client.get(f"{by_context}/events"))
    assert set(first) == {"tonne", "received"}
    assert first == found(await client.get(f"{QUERIES}/by%20header/events"))
    undefined = await refused(
        client, "POST", QUERIES, json={"name": "x", "query": {"EXISTS_nobody-knows:size": True}}
    )
    assert undefined["field"] == "/query/EXISTS_nobody-knows:size"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": {}}, "/name"),
        ({"name": "", "query": {}}, "/name"),
        ({"name": " ", "query": {}}, "/name"),
        ({"name": "a/b", "query": {}}, "/name"),
        ({"name": "a\n", "query": {}}, "/name"),
        ({"name": "..", "query": {}}, "/name"),
        ({"name": "n" * 201, "query": {}}, "/name"),
        ({"name": 7, "query": {}}, "/name"),
        ({"name": "q"}, "/query"),
        ({"name": "q", "query": ["EQ_bizStep"]}, "/query"),
        ({"name": "q", "query": {}, "more": 1}, "/more"),
        ({"name": "q", "query": {"EQ_bizStep": []}}, "/query/EQ_bizStep"),
        ({"name": "q", "query": {"EQ_bizStep": None}}, "/query/EQ_bizStep"),
        ({"name": "q", "query": {"EQ_bizStep": {"a": 1}}}, "/query/EQ_bizStep"),
        ({"name": "q", "query": {"EQ_bizStep": ["no step"]}}, "/query/EQ_bizStep"),
        ({"name": "q", "query": {"EQ_bizSteps": ["shipping"]}}, "/query/EQ_bizSteps"),
        ({"name": "q", "query": {"GE_eventTime": "yesterday"}}, "/query/GE_eventTime"),
        ({"name": "q", "query": {"GE_eventTime": ["2026-01-01T00:00:00Z"] * 2}}, "/query/GE_eventTime"),
        ({"name": "q", "query": {"EXISTS_errorDeclaration": 2}}, "/query/EXISTS_errorDeclaration"),
        ({"name": "q", "query": {"eventCountLimit": 5}}, "/query/eventCountLimit"),
        ({"name": "q", "query": {"perPage": 5}}, "/query/perPage"),
        ({"name": "q", "query": {"EQ_x:a/b~c": 5}}, "/query/EQ_x:a~1b~0c"),
        ({"name": "q", "query": {"@context": 5}}, "/query/@context"),
        ({"name": "q", "query": {"@context": {"a=b": "https://example.com/"}}}, "/query/@context"),
        ([], "/"),
    ],
)
async def test_what_is_no_query_is_refused_by_field(client: httpx.AsyncClient, body: Any, field: str) -> None:
    assert (await refused(client, "POST", QUERIES, json=body))["field"] == field
    problem = (await client.post(QUERIES, json=body)).json()
    assert (problem["type"], problem["status"]) == ("epcisException:QueryValidationException", 400)


async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"{", b"\xff", b'{"name": "\\u0000", "query": {}}', b"[" * 50_000):
        await refused(client, "POST", QUERIES, content=body)
    await refused(client, "POST", QUERIES, 415, content=b"<a/>", headers={"Content-Type": "application/xml"})
    await refused(client, "POST", QUERIES, 413, content=b" " * 70_000)


async def test_a_query_too_long_to_be_paged_is_refused(client: httpx.AsyncClient) -> None:
    values = [f"https://example.com/{sha256(bytes([n % 256, n // 256])).hexdigest()}" for n in range(700)]
    body = {"name": "long", "query": {"MATCH_anyEPC": values}}
    problem = await refused(client, "POST", QUERIES, 413, json=body)
    assert problem["type"] == "epcisException:QueryTooComplexException"


async def test_a_name_is_taken_once(client: httpx.AsyncClient) -> None:
    await name(client, "twice", EQ_bizStep=["shipping"])
    for taken in ("twice", "SimpleEventQuery", "SimpleMasterDataQuery"):
        problem = await refused(client, "POST", QUERIES, 409, json={"name": taken, "query": {}})
        assert problem["type"] == "epcisException:ResourceAlreadyExistsException"
    assert (await client.get(f"{QUERIES}/twice")).json()["query"] == {"EQ_bizStep": ["shipping"]}


async def test_names_are_percent_encoded(client: httpx.AsyncClient) -> None:
    for each in ("发货 查询", "50% off?", "a&b#c", "urn:query:1", "100+1", "%41"):
        path = await name(client, each)
        assert (await client.get(path)).json() == {"name": each, "query": {}}
        assert results(await client.get(f"{path}/events"))["queryName"] == each
        assert (await client.get(f"{path}/subscriptions")).json()["member"] == []
        assert (await client.delete(path)).status_code == 204


async def test_queries_are_listed_in_pages(client: httpx.AsyncClient) -> None:
    names = ["a", "b", "c", "e", "é", "一"]
    for each in reversed(names):
        await name(client, each, EQ_action=["ADD"])
    listed, token = [], None
    for _ in range(4):
        answer = await client.get(
            QUERIES, params={"perPage": "2"} | ({} if token is None else {"nextPageToken": token})
        )
        page = answer.json()
        assert (page["type"], len(page["@context"])) == ("Collection", 1)
        listed += page["member"]
        token = next_token(answer)
        if token is None:
            break
    assert listed == [{"name": each, "query": {"EQ_action": ["ADD"]}} for each in names]
    assert "Link" not in (await client.get(QUERIES)).headers


async def test_the_events_of_a_query_come_in_pages_and_forms(client: httpx.AsyncClient) -> None:
    await capture(client)
    path = await name(client, "adds", EQ_action=["ADD"])
    whole = found(await client.get(f"{path}/events", params={"perPage": "1000"}))
    assert len(whole) > 3
    first = await client.get(f"{path}/events", params={"perPage": "2"})
    assert first.headers["Link"].startswith(f"<{path}/events?")
    pages, token = found(first), next_token(first)
    while token is not None:
        page = await client.get(f"{path}/events", params={"perPage": "2", "nextPageToken": token})
        pages += found(page)
        token = next_token(page)
    assert pages == whole
    other = await name(client, "others", EQ_action=["DELETE"])
    await refused(client, "GET", f"{other}/events", params={"nextPageToken": next_token(first) or ""})
    as_urns = await client.get(f"{path}/events", headers={"GS1-EPC-Format": "Never_Translates"})
    assert as_urns.headers["GS1-EPC-Format"] == "Never_Translates"
    in_xml = await client.get(f"{path}/events", headers={"Accept": "application/xml"})
    assert "<queryName>adds</queryName>" in in_xml.text


async def test_a_url_narrows_a_query_and_never_widens_it(client: httpx.AsyncClient) -> None:
    await capture(client)
    path = await name(client, "adds", EQ_action=["ADD"])
    narrowed = await client.get(f"{path}/events", params={"eventType": "ObjectEvent", "perPage": "1000"})
    asked = {"EQ_action": "ADD", "eventType": "ObjectEvent", "perPage": "1000"}
    assert found(narrowed) == found(await client.get("/epcis/events", params=asked))
    fault = await refused(client, "GET", f"{path}/events", params={"EQ_action": "DELETE"})
    assert (fault["field"], fault["value"]) == ("EQ_action", "DELETE")
    fault = await refused(client, "GET", f"{path}/events", params={"stream": "true"})
    assert fault["field"] == "stream"


async def test_queries_come_in_xml_too(client: httpx.AsyncClient) -> None:
    path = await name(
        client, "<x>", **{"@context": {"ours": "https://example.com/"}, "EQ_action": ["ADD", "DELETE"]}
    )
    wanted = {"Accept": "application/xml"}
    one = ElementTree.fromstring((await client.get(path, headers=wanted)).content)
    assert one.findtext("name") == "<x>"
    told = {
        param.findtext("name"): [value.text for value in param.findall("value")]
        for param in one.findall("params/param")
    }
    assert told == {"@context": ["ours=https://example.com/"], "EQ_action": ["ADD", "DELETE"]}
    several = ElementTree.fromstring((await client.get(QUERIES, headers=wanted)).content)
    assert [member.findtext("name") for member in several.findall("member")] == ["<x>"]
    problem = await client.get(f"{QUERIES}/nobody", headers=wanted)
    assert problem.headers["content-type"] == "application/problem+xml"


async def test_a_deleted_query_is_gone_with_all_below_it(client: httpx.AsyncClient) -> None:
    path = await name(client, "gone")
    made = await client.post(f"{path}/subscriptions", json={"dest": "http://127.0.0.1:9/", "stream": True})
    assert made.status_code == 201, made.text
    assert (await client.delete(path)).status_code == 204
    subscription = made.headers["Location"]
    for method, gone in (
        ("GET", path),
        ("DELETE", path),
        ("GET", f"{path}/events"),
        ("GET", f"{path}/subscriptions"),
        ("GET", subscription),
        ("DELETE", subscription),
    ):
        problem = await refused(client, method, gone, 404)
        assert problem["type"] == "epcisException:NoSuchNameException", (method, gone)
    body = {"dest": "http://127.0.0.1:9/", "stream": True}
    await refused(client, "POST", f"{path}/subscriptions", 404, json=body)
    again = await name(client, "gone")
    assert (await client.get(f"{again}/subscriptions")).json()["member"] == []


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("", "GET, POST, OPTIONS"),
        ("/a", "GET, DELETE, OPTIONS"),
        ("/a/events", "GET, OPTIONS"),
        ("/a/subscriptions", "GET, POST, OPTIONS"),
        ("/a/subscriptions/1", "GET, DELETE, OPTIONS"),
    ],
)
async def test_every_path_tells_what_is_allowed(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    answer = await client.options(QUERIES + path)
    assert (answer.status_code, answer.headers["Allow"]) == (204, allowed)
    assert answer.headers["GS1-EPCIS-Version"]
    await refused(client, "PUT", QUERIES + path, 405)


async def test_a_key_is_needed(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/a/events"), ("POST", "/a/subscriptions")):
        answer = await client.request(method, QUERIES + path, headers={"Authorization": ""})
        assert answer.status_code == 401

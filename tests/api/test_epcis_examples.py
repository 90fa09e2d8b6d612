"""What OpenAPI tells of `/epcis` is what is answered: examples, statuses, headers, of every operation."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from service.app import create_app
from service.events.json_document import dump_event
from service.web.epcis_description import DescribedApp
from service.web.epcis_examples import DOCUMENT, EVENT_ID
from tests.house.interface import SNAPSHOT

Json = dict[str, Any]
Operation = tuple[str, str, Json]

#: As it was written down, which the service has to tell: every worker reads it, made anew it takes seconds.
OPENAPI: Json = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
NOBODY = "urn:nobody:1"


def operations() -> Iterator[Operation]:
    for path, item in OPENAPI["paths"].items():
        if path.startswith("/epcis"):
            for method, operation in item.items():
                yield method.upper(), path, operation


def whole(part: Json) -> Json:
    """A part of the description, or what it refers to."""
    if "$ref" not in part:
        return part
    _, _, kind, name = part["$ref"].split("/")
    found: Json = OPENAPI["components"][kind][name]
    return found


def parameters(operation: Json, place: str) -> list[Json]:
    return [each for each in map(whole, operation.get("parameters", [])) if each["in"] == place]


def success(operation: Json) -> int:
    (status,) = (int(each) for each in operation["responses"] if each.startswith("2"))
    return status


def bodies(operation: Json) -> Iterator[tuple[str, bytes]]:
    """Media type and example of each body that an operation takes."""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        examples = [each["value"] for each in content.get("examples", {}).values()]
        if "example" in content:
            examples.append(content["example"])
        assert examples, f"no example of {media}"
        for example in examples:
            yield media, example.encode() if isinstance(example, str) else dump_event(example)


class Prepared:
    """A service in which every example has something to find. `places`: parameters of paths."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.places: dict[str, str] = {"event_id": EVENT_ID}

    async def prepare(self) -> None:
        headers = {"Content-Type": "application/ld+json"}
        captured = await self.client.post("/epcis/capture", content=dump_event(DOCUMENT), headers=headers)
        assert captured.status_code == 202, captured.text
        self.places["capture_id"] = captured.headers["Location"].rpartition("/")[2]
        for path, place in (
            ("/epcis/queries", "query"),
            ("/epcis/queries/{query}/subscriptions", "subscription_id"),
        ):
            operation = OPENAPI["paths"][path.replace("{query}", "{name}")]["post"]
            media, body = next(bodies(operation))
            url = path.format(**self.places)
            made = await self.client.post(url, content=body, headers={"Content-Type": media})
            assert made.status_code == 201, made.text
            self.places[place] = made.headers["Location"].rpartition("/")[2]
        for number in range(2):
            other = {**DOCUMENT["epcisBody"]["eventList"][0], "eventID": f"urn:example:{number}"}
            body = dump_event({**other, "@context": DOCUMENT["@context"]})
            assert (await self.client.post("/epcis/events", content=body, headers=headers)).status_code == 201
        page = await self.client.get("/epcis/events?perPage=1")
        self.places["token"] = page.headers["Link"].partition("nextPageToken=")[2].partition(">")[0]

    def url(self, path: str, operation: Json, **instead: str) -> str:
        places = {
            each["name"]: instead.get(each["name"])
            or (self.places["query"] if "/queries/" in path and each["name"] == "name" else None)
            or self.places.get(each["name"])
            or each["example"]
            for each in parameters(operation, "path")
        }
        # What is in a name is escaped: it may hold slashes.
        return re.sub(r"\{(\w+)\}", lambda found: quote(places[found[1]], safe="%"), path)


@pytest.fixture
async def prepared(client: httpx.AsyncClient) -> Prepared:
    made = Prepared(client)
    await made.prepare()
    return made


async def test_every_example_of_a_body_is_taken(prepared: Prepared) -> None:
    posted = 0
    for method, path, operation in operations():
        for media, body in bodies(operation):
            if path == "/epcis/queries":
                body = body.replace(b'"name":"', b'"name":"again ', 1)
            url = prepared.url(path, operation)
            answer = await prepared.client.request(method, url, content=body, headers={"Content-Type": media})
            assert answer.status_code == success(operation), f"{method} {path} {media}: {answer.text}"
            assert_told(operation, answer)
            posted += 1
    assert posted >= 10


async def test_every_example_of_a_parameter_is_understood(prepared: Prepared) -> None:
    for method, path, operation in operations():
        if method != "GET":
            continue
        url = prepared.url(path, operation)
        headers = {each["name"]: each["example"] for each in parameters(operation, "header")}
        # A party's own queries are asked for where there are some.
        every = [
            each for each in parameters(operation, "query") if each["name"] not in ("nextPageToken", "party")
        ]
        # The same parameters are asked under /epcis/events.
        for each in every if path == "/epcis/events" else every[-1:]:
            asked = {each["name"]: each.get("example", "1")}
            if each["name"] == "eventCountLimit":
                asked["orderBy"] = "eventTime"
            answer = await prepared.client.get(url, params=asked, headers=headers)
            assert answer.status_code == 200, f"{path} {asked}: {answer.text}"


async def test_every_answer_has_the_headers_that_are_told(prepared: Prepared) -> None:
    for method, path, operation in operations():
        if method in ("GET", "OPTIONS"):
            for accept in ("application/json", "application/xml"):
                answer = await prepared.client.request(
                    method, prepared.url(path, operation), headers={"Accept": accept}
                )
                assert answer.status_code == success(operation), f"{method} {path}: {answer.text}"
                assert_told(operation, answer)


def assert_told(operation: Json, answer: httpx.Response) -> None:
    """The answer has the media type and headers that are told of it (pages and XML spellings if any)."""
    described = whole(operation["responses"][str(answer.status_code)])
    sometimes = {"Link", "GS1-Next-Page-Token-Expires", "GS1-CBV-XML-Format"}
    missing = {name for name in described["headers"] if name not in answer.headers} - sometimes
    assert not missing, (operation["operationId"], missing)
    gs1 = {name for name in answer.headers if name.lower().startswith("gs1-")}
    assert {name.lower() for name in gs1} <= {name.lower() for name in described["headers"]}, operation[
        "operationId"
    ]
    if answer.content:
        assert answer.headers["Content-Type"].partition(";")[0] in described["content"]


LONG = "x" * 33_000
#: Status -> how each operation that tells it is brought to answer it.
WRONG: dict[int, Json] = {
    400: {"params": {"perPage": "none", "party": "none"}, "content": b"{"},
    401: {"headers": {"Authorization": "Bearer sy_nobody"}},
    404: {},
    406: {"headers": {"GS1-EPCIS-Min": "3.0"}},
    413: {"params": {"EQ_quantity": "|".join("0" * 5001)}, "content": b" " * (64 * 1024 * 1024 + 1)},
    414: {"params": {"a": LONG}},
    415: {"headers": {"Content-Type": "text/csv"}, "content": b"a,b"},
}


@pytest.mark.parametrize("status", WRONG)
async def test_a_refusal_is_answered_where_it_is_told_and_nowhere_else(
    prepared: Prepared, status: int
) -> None:
    tried = 0
    for method, path, operation in operations():
        told = str(status) in operation["responses"]
        if not told and status in (400, 404, 413, 415):
            continue
        tried += 1
        how: Json = {"headers": {}, **WRONG[status]}
        instead: dict[str, str] = {}
        if method == "POST":
            how["params"] = how.get("params") if status == 414 else None
            how["headers"] = {"Content-Type": "application/json", **how["headers"]}
        else:
            how.pop("content", None)
        if status == 404:
            last = parameters(operation, "path")[-1]["name"]
            instead = {last: NOBODY if "event" in path or "epcs" in path else "nobody"}
            if path.split("/")[2] in ("bizSteps", "dispositions", "eventTypes", "bizLocations", "readPoints"):
                instead = {last: "AssociationEvent" if "eventTypes" in path else NOBODY}
            how["content"] = next((body for _, body in bodies(operation)), None)
        if status == 400:
            instead = {"token": "none", "name": prepared.places["query"] if "queries" in path else "bad name"}
        answer = await prepared.client.request(method, prepared.url(path, operation, **instead), **how)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        refused = whole(operation["responses"][str(status)])
        assert answer.headers["Content-Type"] in refused["content"]
        schema = OPENAPI["components"]["schemas"]["Problem"]
        assert set(schema["required"]) <= set(answer.json()) <= set(schema["properties"])
    assert tried


async def test_a_conflict_is_told_where_it_is_answered(prepared: Prepared) -> None:
    told = {(method, path) for method, path, operation in operations() if "409" in operation["responses"]}
    assert told == {("POST", "/epcis/capture"), ("POST", "/epcis/events"), ("POST", "/epcis/queries")}
    other = {**DOCUMENT["epcisBody"]["eventList"][0], "action": "OBSERVE", "@context": DOCUMENT["@context"]}
    other.pop("ilmd")
    media, named = next(bodies(OPENAPI["paths"]["/epcis/queries"]["post"]))
    whole_document = dump_event(DOCUMENT)
    key = {"Idempotency-Key": "once"}
    headers = {"Content-Type": media, **key}
    first = await prepared.client.post("/epcis/capture", content=whole_document, headers=headers)
    assert first.status_code == 202, first.text
    for path, body, more in (
        ("/epcis/capture", whole_document.replace(b"2026", b"2025"), key),
        ("/epcis/events", dump_event(other), {}),
        ("/epcis/queries", named, {}),
    ):
        answer = await prepared.client.post(path, content=body, headers={"Content-Type": media, **more})
        assert answer.status_code == 409, f"{path}: {answer.text}"


def test_every_path_and_header_is_told() -> None:
    described = {(method, path) for method, path, _ in operations()}
    assert {("OPTIONS", path) for _, path in described if not path.endswith("{name}/events")} <= described
    assert all(whole(each)["description"] for _, _, it in operations() for each in it.get("parameters", []))
    assert all(header["description"] for header in OPENAPI["components"]["headers"].values())


def test_an_interface_is_described_once() -> None:
    app = create_app()
    assert isinstance(app, DescribedApp)
    assert app.openapi() is app.openapi()
    assert app.openapi() == OPENAPI

"""The capture interface through HTTP: documents, jobs, single events, corrections (EPCIS 2.0, 12.7)."""

import json
from typing import Any

import httpx
import pytest

from service.events.json_document import dump_event
from tests import world
from tests.api.querying import LD_JSON, ask, events_in, next_token
from tests.api.registering import refused
from tests.rules.epcis import document

Json = dict[str, Any]


def event(name: str = "e1", **fields: Any) -> Json:
    return world.commission("L1=1", id=name, at="farm", on=1) | fields


async def post(client: httpx.AsyncClient, path: str, body: Json, **headers: str) -> httpx.Response:
    return await client.post(f"/epcis/{path}", content=dump_event(body), headers={**LD_JSON, **headers})


async def job_of(client: httpx.AsyncClient, answer: httpx.Response) -> Json:
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["Location"].startswith("/epcis/capture/")
    job: Json = (await client.get(answer.headers["Location"])).json()
    return job


async def test_a_document_is_captured_and_its_job_tells_how_it_went(client: httpx.AsyncClient) -> None:
    job = await job_of(client, await post(client, "capture", document(event())))
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    assert job["captureErrorBehaviour"] == "rollback"
    assert job["captureID"]
    assert job["createdAt"] <= job["finishedAt"]
    await refused(client, "GET", "/epcis/capture/nobody", 404)


async def test_a_query_document_is_captured(client: httpx.AsyncClient) -> None:
    told = document(event())
    told |= {
        "type": "EPCISQueryDocument",
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "resultsBody": {"eventList": told["epcisBody"]["eventList"]},
            }
        },
    }
    assert (await job_of(client, await post(client, "capture", told)))["success"]
    assert len(await ask(client)) == 1


async def test_a_document_with_one_bad_event_stores_nothing_unless_told_to_proceed(
    client: httpx.AsyncClient,
) -> None:
    both = document(event(), event("e2", action="REMOVE"))
    answer = await post(client, "capture", both)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:ValidationException")
    assert await ask(client) == []
    job = await job_of(
        client, await post(client, "capture", both, **{"GS1-Capture-Error-Behaviour": "proceed"})
    )
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, False, "proceed")
    assert len(job["errors"]) == 1
    assert len(await ask(client)) == 1


async def test_another_event_of_the_same_name_rejects_the_document(client: httpx.AsyncClient) -> None:
    await post(client, "capture", document(event()))
    job = await job_of(client, await post(client, "capture", document(event("e2"), event(bizStep="packing"))))
    assert (job["running"], job["success"]) == (False, False)
    assert job["errors"][0]["type"] == "epcisException:ResourceAlreadyExistsException"
    assert len(await ask(client)) == 1


async def test_jobs_are_listed_in_pages_the_latest_first(client: httpx.AsyncClient) -> None:
    made = []
    for n in range(5):
        answer = await post(client, "capture", document(event(f"e{n}")))
        made.append(answer.headers["Location"].rpartition("/")[2])
    listed: list[str] = []
    answer = await client.get("/epcis/capture?perPage=2")
    while True:
        listed += [job["captureID"] for job in answer.json()]
        link = answer.headers.get("Link")
        if link is None:
            break
        answer = await client.get(link.removeprefix("<").partition(">")[0])
    assert listed == made[::-1]


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "2026-01-01T00:00:00_1",
        "0001-01-01T00:00:00%2B14:00_1",
        "9999-12-31T23:59:59.999999-14:00_1",
    ],
)
async def test_a_made_up_page_of_jobs_is_refused(client: httpx.AsyncClient, token: str) -> None:
    await refused(client, "GET", f"/epcis/capture?nextPageToken={token}")


async def test_no_event_is_named_by_a_nul(client: httpx.AsyncClient) -> None:
    assert (await client.get("/epcis/events/%00")).status_code == 404


async def test_one_event_is_stored_once_and_other_content_is_a_conflict(client: httpx.AsyncClient) -> None:
    answer = await post(client, "events", event())
    assert (answer.status_code, answer.content) == (201, b"")
    location = answer.headers["Location"]
    assert events_in(await client.get(location))[0]["eventID"] == "urn:event:e1"
    again = await post(client, "events", event())
    assert (again.status_code, again.headers["Location"]) == (201, location)
    other = await post(client, "events", event(bizStep="packing"))
    assert other.status_code == 409
    assert other.json()["type"] == "epcisException:ResourceAlreadyExistsException"
    assert other.json()["status"] == 409
    assert len(await ask(client)) == 1


async def test_an_event_without_a_name_gets_its_hash_for_one(client: httpx.AsyncClient) -> None:
    unnamed = event()
    del unnamed["eventID"]
    answer = await post(client, "events", unnamed)
    (found,) = events_in(await client.get(answer.headers["Location"]))
    assert found["eventID"].startswith("ni:///sha-256;")
    assert found["eventID"].endswith("?ver=CBV2.0")


@pytest.mark.parametrize(
    "name", ["urn:uuid:not-a-uuid", "https://example.com/events/1?a=b#c", "tag:x,2026:事件"]
)
async def test_the_name_of_an_event_may_be_any_uri(client: httpx.AsyncClient, name: str) -> None:
    answer = await post(client, "events", event(eventID=name))
    (found,) = events_in(await client.get(answer.headers["Location"]))
    assert found["eventID"] == name
    assert len(await ask(client, EQ_eventID=name)) == 1


async def test_an_error_declaration_stands_next_to_the_original(client: httpx.AsyncClient) -> None:
    await post(client, "events", event())
    declared = event(errorDeclaration={"declarationTime": "2026-03-01T00:00:00Z", "reason": "did_not_occur"})
    assert (await post(client, "events", declared)).status_code == 201
    original, declaration = events_in(await client.get("/epcis/events/urn:event:e1"))
    assert "errorDeclaration" not in original
    assert declaration["errorDeclaration"]["reason"] == "did_not_occur"


async def test_the_time_of_recording_is_the_servers(client: httpx.AsyncClient) -> None:
    await post(client, "events", event(recordTime="1999-01-01T00:00:00Z"))
    (found,) = await ask(client)
    assert found["recordTime"] > "2026"
    assert await ask(client, LT_recordTime="2000-01-01T00:00:00Z") == []


async def test_what_is_no_json_is_refused_by_its_type(client: httpx.AsyncClient) -> None:
    answer = await client.post("/epcis/capture", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["type"]) == (
        415,
        "epcisException:UnsupportedMediaTypeException",
    )


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    headers = {**LD_JSON, "Content-Length": str(65 * 1024 * 1024)}
    answer = await client.post("/epcis/events", content=b"{}", headers=headers)
    assert (answer.status_code, json.loads(answer.content)["status"]) == (413, 413)
    assert next_token(answer) is None

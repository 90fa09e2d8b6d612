"""Asking EPCIS queries through HTTP, in one line each."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from service.events.json_document import dump_event
from tests.varied_events import DOCUMENT, EXTENSIONS, name_of

Json = dict[str, Any]
LD_JSON = {"Content-Type": "application/ld+json"}


async def capture(client: httpx.AsyncClient, document: Json = DOCUMENT) -> None:
    """Captures a document that must be stored whole."""
    answer = await client.post("/epcis/capture", content=dump_event(document), headers=LD_JSON)
    assert answer.status_code == 202, answer.text
    job = (await client.get(answer.headers["Location"])).json()
    assert job["success"], job


def events_in(answer: httpx.Response) -> list[Json]:
    """The events of an answer that must be a query document."""
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert (document["type"], document["schemaVersion"]) == ("EPCISQueryDocument", "2.0")
    results = document["epcisBody"]["queryResults"]
    assert results["queryName"] == "SimpleEventQuery"
    events: list[Json] = results["resultsBody"]["eventList"]
    return events


async def ask(client: httpx.AsyncClient, **parameters: str) -> list[Json]:
    """The events of a query, all on one page."""
    return events_in(await query(client, **parameters))


async def query(client: httpx.AsyncClient, **parameters: str) -> httpx.Response:
    """The answer to a query, with the prefixes of the varied events defined."""
    given = {"perPage": "1000", **parameters}
    return await client.get("/epcis/events", params=given, headers={"GS1-Extensions": EXTENSIONS})


async def names(client: httpx.AsyncClient, **parameters: str) -> set[str]:
    """The short names of the varied events that a query finds."""
    found = [name_of(event) for event in await ask(client, **parameters)]
    assert len(found) == len(set(found))
    return set(found)


def next_token(answer: httpx.Response) -> str | None:
    """The page token of an answer's Link header."""
    if "Link" not in answer.headers:
        return None
    assert answer.headers["Link"].endswith('; rel="next"')
    assert answer.headers["GS1-Next-Page-Token-Expires"]
    url = answer.headers["Link"].removeprefix("<").partition(">")[0]
    return parse_qs(urlsplit(url).query)["nextPageToken"][0]

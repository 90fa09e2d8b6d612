"""Captures that are sent again, by the same party or another, one after the other or all at once."""

import asyncio

import httpx
import pytest

from tests.api.partnering import LD_JSON, Keys, partners, tell
from tests.api.registering import has_chinese
from tests.world import commission, document, event_id

PLACES = {"mill": "miller", "shop": "grocer"}
TIMES = 20


@pytest.fixture
async def keys(client: httpx.AsyncClient) -> Keys:
    return await partners(client, **PLACES)


def asking(keys: Keys, who: str, key: str) -> dict[str, str]:
    return {**LD_JSON, **keys[who], "Idempotency-Key": key}


async def jobs(client: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    listed = (await client.get("/epcis/capture?perPage=500", headers=headers)).json()
    return [job["captureID"] for job in listed]


async def test_the_same_request_at_once_becomes_one_job_with_one_answer(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    # Without eventIDs, and of one content: nothing but the key tells them apart from another such day's work.
    paper = document(commission("I1=1", at="mill", on=1), commission("I2=1", at="mill", on=1))
    headers = asking(keys, "miller", "one")
    answers = await asyncio.gather(
        *(client.post("/epcis/capture", content=paper, headers=headers) for _ in range(TIMES))
    )
    assert {answer.status_code for answer in answers} == {202}
    (location,) = {answer.headers["Location"] for answer in answers}
    assert await jobs(client, keys["miller"]) == [location.rpartition("/")[2]]
    job = (await client.get(location, headers=keys["miller"])).json()
    assert (job["stored"], job["repeated"], job["success"]) == (2, 0, True)
    other = document(commission("I3=1", at="mill", on=1, id="other"))
    taken = await client.post("/epcis/capture", content=other, headers=headers)
    assert (taken.status_code, has_chinese(taken.json()["detail_zh"])) == (409, True)
    assert "Idempotency-Key" in taken.json()["detail"]
    proceed = {**headers, "GS1-Capture-Error-Behaviour": "proceed"}
    assert (await client.post("/epcis/capture", content=paper, headers=proceed)).status_code == 409
    assert (await client.get(f"/epcis/events/{event_id('other')}")).status_code == 404
    # Another party's key of the same text is its own; neither learns of the other's job.
    theirs = document(commission("I4=1", at="shop", on=1, id="theirs"))
    own = await client.post("/epcis/capture", content=theirs, headers=asking(keys, "grocer", "one"))
    assert own.status_code == 202
    hidden = await client.get(location, headers=keys["grocer"])
    missing = await client.get("/epcis/capture/0", headers=keys["grocer"])
    name = location.rpartition("/")[2]
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"].replace(name, "0") == missing.json()["detail"]


async def test_what_failed_is_answered_alike_and_what_was_refused_may_be_asked_again(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    assert (
        await tell(client, keys["miller"], commission("F1=1", at="mill", on=1, id="f"))
    ).status_code == 201
    headers = asking(keys, "miller", "two")
    clash = document(commission("F2=1", at="mill", on=1, id="f"), commission("F3=1", at="mill", on=1, id="g"))
    answers = [await client.post("/epcis/capture", content=clash, headers=headers) for _ in range(3)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    job = (await client.get(answers[0].headers["Location"], headers=keys["miller"])).json()
    assert (job["success"], job["stored"], job["errors"][0]["eventID"]) == (False, 0, event_id("f"))
    again = asking(keys, "miller", "three")
    abroad = document(commission("F4=1", at="shop", on=1, id="h"))
    assert (await client.post("/epcis/capture", content=abroad, headers=again)).status_code == 403
    at_home = document(commission("F4=1", at="mill", on=1, id="h"))
    assert (await client.post("/epcis/capture", content=at_home, headers=again)).status_code == 202
    for bad in ("", "x" * 256):
        answer = await client.post("/epcis/capture", content=at_home, headers=asking(keys, "miller", bad))
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key"), bad


async def test_single_events_take_a_key_too(client: httpx.AsyncClient, keys: Keys) -> None:
    told = {"Idempotency-Key": "four", **keys["miller"]}
    event = commission("K1=1", at="mill", on=1, id="k")
    answers = await asyncio.gather(*(tell(client, told, event) for _ in range(TIMES)))
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (201, f"/epcis/events/{event_id('k').replace(':', '%3A')}")
    }
    assert len(await jobs(client, keys["miller"])) == 1
    other = commission("K2=1", at="mill", on=1, id="k2")
    assert (await tell(client, told, other)).status_code == 409
    clash = await tell(
        client, {"Idempotency-Key": "five", **keys["miller"]}, {**other, "eventID": event_id("k")}
    )
    assert (clash.status_code, event_id("k") in clash.json()["detail"]) == (409, True)


async def test_an_event_id_is_one_row_whoever_tells_it_and_however_often(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    same = commission("E1=1", at="mill", on=1, id="e")
    other = commission("E2=1", at="shop", on=1, id="e")
    answers = await asyncio.gather(
        *(tell(client, keys["miller"], same) for _ in range(TIMES)),
        *(tell(client, keys["grocer"], other) for _ in range(TIMES)),
    )
    said: dict[str, set[int]] = {
        who: {answer.status_code for answer in some}
        for who, some in (("miller", answers[:TIMES]), ("grocer", answers[TIMES:]))
    }
    assert sorted(map(sorted, said.values())) == [[201], [409]]
    loser = "grocer" if said["miller"] == {201} else "miller"
    refusal = next(answer.json() for answer in answers if answer.status_code == 409)
    # That the name is taken, and nothing else: neither by whom, nor what it says.
    assert (
        refusal["detail"] == f"An event with the eventID {event_id('e')} and other content is here already."
    )
    assert "errors" not in refusal
    assert (await client.get(f"/epcis/events/{event_id('e')}", headers=keys[loser])).status_code == 404
    whole = await client.get("/epcis/events", params={"EQ_eventID": event_id("e")})
    assert len(whole.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    assert await jobs(client, keys[loser]) == []

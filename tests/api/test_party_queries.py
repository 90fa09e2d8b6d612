"""Queries of a party tell nothing of what it does not see: not by counts, tokens, lists or refusals."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.partnering import Keys, partners, tell
from tests.api.querying import next_token
from tests.api.registering import refused
from tests.world import capture, commission, event_id, place, receive, ship, uri

PLACES = {"mill": "miller", "shop": "grocer"}
EVENTS = "/epcis/events"


@pytest.fixture
async def keys(client: httpx.AsyncClient) -> Keys:
    made = await partners(client, **PLACES)
    mill = [commission(f"m#{n}", at="mill", on=n, id=f"mill-{n}") for n in range(5)]
    shop = [commission(f"s#{n}", at="shop", on=n, id=f"shop-{n}", disposition="active") for n in range(3)]
    both = [
        ship("M=2", at="mill", to="shop", on=6, id="sent"),
        receive("M=2", at="shop", source="mill", on=7, id="came"),
    ]
    await capture(client, *mill, *shop, *both)
    return made


def listed(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return {each["eventID"].removeprefix("urn:event:") for each in results}


async def test_counts_and_page_tokens_are_of_what_the_party_sees(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    own = {"shop-0", "shop-1", "shop-2", "sent", "came", "first-shop"}
    grocer = keys["grocer"]
    assert listed(await client.get(f"{EVENTS}?maxEventCount={len(own)}", headers=grocer)) == own
    await refused(client, "GET", f"{EVENTS}?maxEventCount={len(own) - 1}", 413, headers=grocer)
    # An operator's token goes on where the operator was, and shows the party its own.
    token = next_token(await client.get(f"{EVENTS}?perPage=2"))
    assert token is not None
    found: set[str] = set()
    while token is not None:
        page = await client.get(EVENTS, params={"perPage": "2", "nextPageToken": token}, headers=grocer)
        found |= listed(page)
        token = next_token(page)
    assert found <= own
    first = await client.get(f"{EVENTS}?perPage={len(own)}", headers=grocer)
    assert (listed(first), next_token(first)) == (own, None)
    hidden = {"EQ_bizLocation": place("mill"), "eventType": "ObjectEvent"}
    assert listed(await client.get(EVENTS, params=hidden, headers=grocer)) == {"sent"}
    for order in ("eventTime", "recordTime"):
        page = await client.get(EVENTS, params={"orderBy": order, "eventCountLimit": "1"}, headers=grocer)
        assert listed(page) <= own


async def test_lists_of_names_hold_what_the_party_sees(client: httpx.AsyncClient, keys: Keys) -> None:
    grocer = keys["grocer"]
    expected = {
        "epcs": {uri(f"s#{n}") for n in range(3)},
        "bizLocations": {place("shop"), place("mill")},
        "dispositions": {"active"},
        "bizSteps": {"commissioning", "shipping", "receiving"},
    }
    for name, members in expected.items():
        told = (await client.get(f"/epcis/{name}?perPage=100", headers=grocer)).json()["member"]
        assert set(told) == members, name
    token = next_token(await client.get("/epcis/epcs?perPage=1"))
    page = await client.get(
        "/epcis/epcs", params={"perPage": "100", "nextPageToken": token or ""}, headers=grocer
    )
    assert set(page.json()["member"]) <= expected["epcs"]
    for hidden, missing, at in (
        (uri("m#1"), uri("m#77"), "/epcis/epcs/{}"),
        (event_id("mill-1"), event_id("mill-77"), "/epcis/events/{}"),
    ):
        said = [
            (await refused(client, "GET", at.format(quote(each, safe="")), 404, headers=grocer))["detail"]
            for each in (hidden, missing)
        ]
        assert said[0].replace(hidden, missing) == said[1]
    for each in (uri("m#1"), uri("m#77")):
        assert listed(await client.get(f"/epcis/epcs/{quote(each, safe='')}/events", headers=grocer)) == set()


async def test_a_capture_is_told_nothing_of_others_goods_but_what_everybody_is(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    case = {
        "title_zh": "召回",
        "title_en": "Recall",
        "reason_zh": "沙门氏菌",
        "reason_en": "Salmonella",
        "hazard_class": 1,
        "batch": [uri("mill0")],
    }
    opened = await client.post("/v1/recalls", json=case)
    assert opened.status_code == 201, opened.text
    own = ship("shop0=1", at="shop", to="mill", on=8, id="own-goods")
    answer = await tell(client, keys["grocer"], own)
    assert (answer.status_code, "Suyuan-Warning" in answer.headers) == (201, False)
    # Whoever says that he ships recalled goods is told what their code tells everybody.
    public = await client.get(
        f"/v1/recall-status{uri('mill0').removeprefix('https://id.gs1.org')}", headers={}
    )
    assert public.json()["status"] == "recalled"
    theirs = await tell(client, keys["grocer"], ship("mill0=1", at="shop", to="mill", on=8, id="not-mine"))
    assert theirs.headers["Suyuan-Warning"].startswith("recalled;")
    jobs = (await client.get("/epcis/capture?perPage=100", headers=keys["grocer"])).json()
    assert [len(job["warnings"]) for job in jobs] == [1, 0]
    assert (await client.get("/epcis/capture", headers=keys["miller"])).json() == []

"""What callers bound to a party see and tell, through HTTP."""

import asyncio
import json
import re

import httpx
import pytest

from service.auth.permissions import Role, Sight, sight
from service.events.json_document import dump_event
from tests.api.flour_trade import trade_flour
from tests.api.parties import Headers
from tests.api.registering import Json, refused
from tests.house.interface import SNAPSHOT
from tests.world import (
    CONTEXT,
    commission,
    document,
    event_id,
    place,
    sell,
    ship,
    uri,
)

DOCUMENT = {"Content-Type": "application/ld+json"}


@pytest.fixture
async def keys(client: httpx.AsyncClient) -> dict[str, Headers]:
    """The goods have gone their way; party -> headers of a key of its own."""
    return await trade_flour(client)


def bare(event: Json) -> bytes:
    """One event as a document of its own."""
    return dump_event({"@context": [CONTEXT], **event})


async def trace(client: httpx.AsyncClient, lot: str, headers: dict[str, str], **query: str) -> Json:
    answer = await client.get("/v1/trace/forward", params={"batch": uri(lot), **query}, headers=headers)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def test_a_trace_shows_one_step_up_and_one_step_down(
    client: httpx.AsyncClient, keys: dict[str, Headers]
) -> None:
    whole = await trace(client, "L1", {})
    assert len(whole["flows"]) == 3
    farm = await trace(client, "L1", keys["grower"])
    assert {flow["kind"] for flow in farm["flows"]} == {"move"}
    assert place("mill") in json.dumps(farm)
    assert place("shop") not in json.dumps(farm)
    mill = await trace(client, "L1", keys["miller"])
    assert place("shop") in json.dumps(mill)
    assert {flow["kind"] for flow in mill["flows"]} == {"transform", "move"}
    assert place("farm") not in json.dumps(mill)
    origin = await client.get("/v1/trace/backward", params={"batch": uri("flour/F1")}, headers=keys["miller"])
    assert place("farm") in origin.text
    # Somebody else's stock is nobody's business.
    shop_as_seen = [each for each in mill["holdings"] if each["site"]["uri"] == place("shop")]
    assert [each["balances"] for each in shop_as_seen] == [[]]
    assert [each["party_id"] for each in shop_as_seen] != [None]
    await refused(client, "GET", f"/v1/trace/forward?batch={uri('L1')}", 404, headers=keys["rival"])


async def test_a_case_is_seen_by_whom_it_concerns_without_its_evidence(
    client: httpx.AsyncClient, keys: dict[str, Headers]
) -> None:
    case = {
        "title_zh": "召回",
        "title_en": "Recall",
        "reason_zh": "沙门氏菌",
        "reason_en": "Salmonella",
        "hazard_class": 1,
        "batch": [uri("L1")],
    }
    opened = (await client.post("/v1/recalls", json=case)).json()
    for who, seen in (("grocer", [opened["id"]]), ("rival", [])):
        listed = await client.get("/v1/recalls", headers=keys[who])
        assert [each["id"] for each in listed.json()["items"]] == seen, listed.text
    path = f"/v1/recalls/{opened['id']}"
    assert (await client.get(path, headers=keys["grocer"])).status_code == 200
    assert (await client.get(path, headers=keys["rival"])).status_code == 404
    await refused(client, "GET", f"{path}/evidence", 403, headers=keys["grocer"])
    holders = await client.get(f"{path}/holders", headers=keys["grocer"])
    assert {each["site_uri"] for each in holders.json()["items"]} == {place("shop")}


async def test_events_are_those_that_name_the_party_or_its_places(
    client: httpx.AsyncClient, keys: dict[str, Headers]
) -> None:
    expected = {
        "grower": {"made", "sent", "came"},
        "miller": {"sent", "came", "milled", "delivered", "arrived"},
        "grocer": {"delivered", "arrived", "sold"},
        "rival": {"rivals"},
    }
    for who, names in expected.items():
        answer = await client.get("/epcis/events", params={"perPage": "100"}, headers=keys[who])
        listed = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert {each["eventID"] for each in listed} == {event_id(name) for name in names}, who
    for name in ("made", "rivals"):
        path = f"/epcis/events/{event_id(name)}"
        hidden = await client.get(path, headers=keys["grocer"])
        missing = await client.get(f"/epcis/events/{event_id('nothing')}", headers=keys["grocer"])
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text.replace(event_id(name), "") == missing.text.replace(event_id("nothing"), "")


async def test_nothing_of_another_chain_is_in_any_answer(
    client: httpx.AsyncClient, keys: dict[str, Headers]
) -> None:
    secrets = (uri("R1"), event_id("rivals"), "/10/R1")
    asked = 0
    for path, operations in json.loads(SNAPSHOT.read_text("utf-8"))["paths"].items():
        if not operations.get("get", {}).get("security"):
            continue
        for value in (uri("R1"), event_id("rivals"), place("elsewhere")):
            by_name = path.replace("{event_id}", value).replace("{name}", value)
            # Goods of the other chain were registered last.
            address = re.sub(r"\{\w+_id\}", "3", by_name)
            params = (
                {} if "{" in path else {"batch": value, "MATCH_anyEPC": value, "unit": value, "code": value}
            )
            answer = await client.get(address, params=params, headers=keys["grocer"])
            asked += 1
            assert answer.status_code < 500, (address, answer.text)
            assert [each for each in secrets if each in answer.text and each not in value] == [], address
            if "{" in path and by_name == path:
                break
    assert asked > 80


@pytest.mark.parametrize(
    ("who", "event", "status"),
    [
        ("miller", ship("flour/F1=1", at="mill", to="shop", on=8, id="own"), 201),
        ("miller", ship("flour/F1=1", at="shop", to="mill", on=8, id="others"), 403),
        ("miller", sell("flour/F1=1", at="shop", on=8, id="others"), 403),
        ("miller", commission("N1=1", at="a new place", on=8, id="new"), 201),
    ],
)
async def test_a_party_tells_what_happened_at_its_own_places(
    client: httpx.AsyncClient, keys: dict[str, Headers], who: str, event: Json, status: int
) -> None:
    answer = await client.post("/epcis/events", content=bare(event), headers={**keys[who], **DOCUMENT})
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["errors"][0]["value"] == place("shop")
    paper = document(event, commission("N2=1", at="mill", on=9, id="beside"))
    whole = await client.post("/epcis/capture", content=paper, headers={**keys[who], **DOCUMENT})
    assert whole.status_code == (202 if status == 201 else 403), whole.text
    if whole.status_code == 202:
        job = await client.get(whole.headers["Location"], headers=keys[who])
        assert job.json()["success"] is True
        others = await client.get(whole.headers["Location"], headers=keys["rival"])
        assert others.status_code == 404
    else:
        beside = await client.get(f"/epcis/events/{event_id('beside')}")
        assert beside.status_code == 404


async def test_one_event_that_is_refused_stops_no_other(
    client: httpx.AsyncClient, keys: dict[str, Headers]
) -> None:
    answers = await asyncio.gather(
        *(
            client.post(
                "/epcis/events",
                content=bare(commission(f"N{n}=1", at=at, on=9, id=f"n{n}")),
                headers={**keys["miller"], **DOCUMENT},
            )
            for n, at in enumerate(["mill", "shop", "mill", "mill", "elsewhere", "mill"])
        )
    )
    assert [answer.status_code for answer in answers] == [201, 403, 201, 201, 403, 201]


@pytest.mark.parametrize(
    ("role", "method", "path", "expected"),
    [
        (Role.OPERATOR, "POST", "/v1/ledger/rebuild", Sight.WHOLE),
        (Role.REGULATOR, "GET", "/v1/batches", Sight.REGULATOR),
        (Role.REGULATOR, "GET", "/epcis/events", Sight.REGULATOR),
        (Role.REGULATOR, "PATCH", "/v1/parties/1", Sight.CLOSED),
        (Role.REGULATOR, "GET", "/v1/recalls/7/evidence", Sight.REGULATOR),
        (Role.REGULATOR, "GET", "/v1/parties/7/channels", Sight.OWN),
        (Role.REGULATOR, "GET", "/v1/parties/7", Sight.REGULATOR),
        (Role.HOLDER, "GET", "/v1/recalls/7/evidence", Sight.PARTY),
        (Role.LABORATORY, "GET", "/v1/batches", Sight.PARTY),
        (Role.HOLDER, "POST", "/v1/units/verify", Sight.OWN),
        (Role.HOLDER, "POST", "/epcis/capture", Sight.OWN),
        (Role.HOLDER, "GET", "/epcis/capture", Sight.PARTY),
        (Role.HOLDER, "POST", "/a/path/of/tomorrow", Sight.CLOSED),
    ],
)
def test_what_a_role_sees_of_a_path(role: Role, method: str, path: str, expected: Sight) -> None:
    assert sight(role, method, path) is expected

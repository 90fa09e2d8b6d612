"""Who captures for whom, and who corrects what was captured, through HTTP."""

import asyncio

import httpx
import pytest

from tests.api.partnering import LD_JSON, Keys, id_of, in_error, partners, tell
from tests.api.registering import Json, refused
from tests.world import commission, document, event_id, party, place, sell, ship, uri

PLACES = {"farm": "grower", "barn": "grower", "mill": "miller", "depot": "carrier", "shop": "rival"}


@pytest.fixture
async def keys(client: httpx.AsyncClient) -> Keys:
    return await partners(client, **PLACES)


async def let(client: httpx.AsyncClient, keys: Keys, who: str, whom: str, **more: object) -> Json:
    """One party lets another capture for it."""
    body = {"delegate_id": await id_of(client, keys, whom), **more}
    answer = await client.post("/v1/delegations", json=body, headers=keys[who])
    assert answer.status_code == 201, answer.text
    told: Json = answer.json()
    return told


async def site_of(client: httpx.AsyncClient, name: str) -> int:
    rows = (await client.get("/v1/sites?limit=500")).json()["items"]
    found: int = next(row["id"] for row in rows if row["uri"] == place(name))
    return found


async def holdings(client: httpx.AsyncClient, name: str) -> int:
    """At how many places some of a lot is."""
    told = (await client.get("/v1/trace/forward", params={"batch": uri(name)})).json()
    return sum(bool(each["balances"]) for each in told["holdings"])


async def test_a_carrier_captures_for_who_lets_it_at_those_places_until_it_ends(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    event = commission("D1=1", at="farm", on=1, id="for-the-farm")
    assert (await tell(client, keys["carrier"], event)).status_code == 403
    farm = await site_of(client, "farm")
    given = await let(client, keys, "grower", "carrier", site_ids=[farm])
    assert (await tell(client, keys["carrier"], event)).status_code == 201
    elsewhere = commission("D2=1", at="barn", on=1, id="at-the-barn")
    problem = await tell(client, keys["carrier"], elsewhere)
    assert problem.status_code == 403
    assert "delegation" in problem.json()["errors"][0]["message"]
    # Both sides see the delegation and what was told by it; nobody else does.
    path = f"/v1/delegations/{given['id']}"
    for who in ("grower", "carrier"):
        told = (await client.get(f"{path}/events", headers=keys[who])).json()["items"]
        assert [each["event_id"] for each in told] == [event_id("for-the-farm")]
    missing = await refused(client, "GET", "/v1/delegations/999", 404, headers=keys["rival"])
    for method, at in (("GET", path), ("GET", f"{path}/events"), ("POST", f"{path}/revocation")):
        hidden = await refused(client, method, at, 404, headers=keys["rival"])
        assert hidden["detail"].replace(str(given["id"]), "999") == missing["detail"]
    assert (await client.get("/v1/delegations", headers=keys["rival"])).json()["items"] == []
    # What it has captured it may look at; so may the party itself, as its own.
    for who in ("grower", "carrier"):
        found = await client.get(f"/epcis/events/{event_id('for-the-farm')}", headers=keys[who])
        assert found.status_code == 200, (who, found.text)
    jobs = (await client.get("/epcis/capture", headers=keys["carrier"])).json()
    farmer, carrier = await id_of(client, keys, "grower"), await id_of(client, keys, "carrier")
    assert [(job["party_id"], job["for_parties"]) for job in jobs] == [(carrier, [farmer])]
    assert (await client.get("/epcis/capture", headers=keys["rival"])).json() == []
    assert (await client.post(f"{path}/revocation", headers=keys["grower"])).json()["revoked_at"]
    late = commission("D3=1", at="farm", on=2, id="too-late")
    assert (await tell(client, keys["carrier"], late)).status_code == 403
    assert (await tell(client, keys["carrier"], in_error(event))).status_code == 403
    assert (await tell(client, keys["grower"], in_error(event))).status_code == 201


async def test_a_delegation_that_cannot_be_names_the_field(client: httpx.AsyncClient, keys: Keys) -> None:
    cases: list[tuple[Json, str]] = [
        ({"delegate_id": 999_999}, "/delegate_id"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2090-01-01T00:00:00Z", "ends_at": "2089-01-01T00:00:00Z"}, "/ends_at"),
        ({"site_ids": []}, "/site_ids"),
        ({"site_ids": [0]}, "/site_ids"),
        ({"until": "2090-01-01T00:00:00Z"}, "/until"),
    ]
    for more, field in cases:
        body = {"delegate_id": await id_of(client, keys, "carrier"), **more}
        fault = await refused(client, "POST", "/v1/delegations", json=body, headers=keys["grower"])
        assert fault["field"].startswith(field)
    own = {"delegate_id": await id_of(client, keys, "grower")}
    await refused(client, "POST", "/v1/delegations", json=own, headers=keys["grower"])
    others = {**own, "party_id": await id_of(client, keys, "miller")}
    await refused(client, "POST", "/v1/delegations", 403, json=others, headers=keys["carrier"])


async def test_a_delegation_of_another_time_does_not_hold(client: httpx.AsyncClient, keys: Keys) -> None:
    await let(client, keys, "grower", "carrier", starts_at="2090-01-01T00:00:00Z")
    event = commission("T1=1", at="farm", on=1, id="before-its-time")
    assert (await tell(client, keys["carrier"], event)).status_code == 403
    await let(client, keys, "grower", "carrier", ends_at="2090-01-01T00:00:00Z")
    both = document(event, commission("T2=1", at="barn", on=1, id="at-another-place"))
    headers = {**LD_JSON, **keys["carrier"]}
    assert (await client.post("/epcis/capture", content=both, headers=headers)).status_code == 202


async def test_nobody_declares_others_events_in_error(client: httpx.AsyncClient, keys: Keys) -> None:
    secret = commission("S1=5", at="mill", on=1, id="of-the-mill")
    assert (await tell(client, keys["miller"], secret)).status_code == 201
    assert await holdings(client, "S1") == 1
    # The rival has guessed its name: the answer is the same as for one that is not here, and nothing happens.
    at_home = {**sell("S1=5", at="shop", on=1), "eventID": event_id("of-the-mill")}
    guess = await tell(client, keys["rival"], in_error(at_home))
    unknown = await tell(client, keys["rival"], in_error({**at_home, "eventID": event_id("nothing")}))
    assert (guess.status_code, guess.text) == (unknown.status_code, unknown.text) == (201, "")
    assert await holdings(client, "S1") == 1
    told = await client.get(f"/epcis/events/{event_id('of-the-mill')}", headers=keys["miller"])
    assert "errorDeclaration" not in told.text
    assert (
        await client.get(f"/epcis/events/{event_id('nothing')}", headers=keys["rival"])
    ).status_code == 200
    # Who sees it, being named, is told whose it is to correct.
    sent = ship("S1=2", at="mill", to="farm", on=2, id="sent-to-the-farm")
    assert (await tell(client, keys["miller"], sent)).status_code == 201
    seen = await tell(client, keys["grower"], in_error(sent))
    assert (seen.status_code, seen.json()["errors"][0]["field"][-17:]) == (403, "/errorDeclaration")
    # The right one's word holds, though a wrong one's of the same content is here.
    theirs = in_error({**secret, "eventID": event_id("of-the-mill")})
    assert (await tell(client, keys["miller"], theirs)).status_code == 201
    shown = await client.get(f"/epcis/events/{event_id('of-the-mill')}", headers=keys["miller"])
    assert shown.text.count("errorDeclaration") == 1


async def test_a_declaration_that_came_before_its_event_counts_if_it_is_the_right_partys(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    for who, at, left in (("miller", "mill", 0), ("rival", "shop", 1)):
        event = commission(f"{who}9=5", at="mill", on=1, id=f"of-{who}")
        early = in_error({**event, "bizLocation": {"id": place(at)}})
        assert (await tell(client, keys[who], early)).status_code == 201
        assert (await tell(client, keys["miller"], event)).status_code == 201
        assert await holdings(client, f"{who}9") == left, who
        # Whoever has the right may still say the very same.
        again = await tell(client, {}, early)
        assert again.status_code == 201
        assert await holdings(client, f"{who}9") == 0, who


async def test_what_operators_captured_is_corrected_by_the_party_of_the_place(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    event = commission("O1=5", at="mill", on=1, id="by-an-operator")
    assert (await tell(client, {}, event)).status_code == 201
    assert (await tell(client, keys["rival"], in_error(event))).status_code == 403
    assert (await tell(client, keys["miller"], in_error(event))).status_code == 201
    assert await holdings(client, "O1") == 0


async def test_a_delegation_is_revoked_under_captures_without_one_slipping_through(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    given = await let(client, keys, "grower", "carrier")
    events = [commission(f"Q{n}=1", at="farm", on=1, id=f"race-{n}") for n in range(12)]
    revoking = f"/v1/delegations/{given['id']}/revocation"
    answers = await asyncio.gather(
        *(tell(client, keys["carrier"], event) for event in events[:6]),
        client.post(revoking, headers=keys["grower"]),
        *(tell(client, keys["carrier"], event) for event in events[6:]),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 403}
    stored = [each for each in answers if each.status_code == 201]
    listed = await client.get(f"/v1/delegations/{given['id']}/events", headers=keys["grower"])
    assert len(listed.json()["items"]) == len(stored)
    assert (await tell(client, keys["carrier"], events[-1])).status_code == 403


async def test_a_document_of_a_party_tells_of_its_own_places_products_and_itself_alone(
    client: httpx.AsyncClient, keys: Keys
) -> None:
    def vocabulary(kind: str, uri: str, **attributes: str) -> Json:
        told = [
            {"id": f"urn:epcglobal:cbv:mda#{name}", "attribute": text} for name, text in attributes.items()
        ]
        element = {"id": uri, "attributes": told}
        return {"type": f"urn:epcglobal:epcis:vtype:{kind}", "vocabularyElementList": [element]}

    cases = [
        (vocabulary("Location", place("mill"), name="Old Mill"), 202),
        (vocabulary("Location", f"{place('mill')}/254/7", name="Gate", owning_party=party("miller")), 202),
        (vocabulary("Party", party("miller"), name="Miller"), 202),
        (vocabulary("Location", place("farm"), name="Stolen"), 403),
        (vocabulary("Location", place("nowhere yet"), name="Claimed", owning_party=party("miller")), 403),
        (vocabulary("Location", place("mill"), owning_party=party("rival")), 403),
        (vocabulary("Party", party("rival"), name="Slandered"), 403),
        (vocabulary("EPCClass", uri("goods/"), descriptionShort="Nobody's"), 403),
        (vocabulary("BusinessStep", "https://example.com/step", name="New"), 403),
    ]
    for number, (master, status) in enumerate(cases):
        paper = document(commission(f"V{number}=1", at="mill", on=1, id=f"v{number}"), master=[master])
        headers = {**LD_JSON, **keys["miller"]}
        answer = await client.post("/epcis/capture", content=paper, headers=headers)
        assert answer.status_code == status, (number, answer.text)
        here = await client.get(f"/epcis/events/{event_id(f'v{number}')}")
        assert here.status_code == (200 if status == 202 else 404)
    sites = {row["uri"]: row for row in (await client.get("/v1/sites?limit=500")).json()["items"]}
    assert sites[place("mill")]["name_en"] == "Old Mill"
    assert sites[place("farm")]["name_en"] is None
    assert place("nowhere yet") not in sites

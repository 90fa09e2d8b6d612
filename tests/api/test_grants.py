"""What parties let one another see, and the areas of authorities, through HTTP."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.api.registering import Json, refused
from tests.world import capture, commission, event_id, gtin, owners, party, place, receive, ship, uri, when

PLACES = {"mill": "miller", "shop": "grocer", "stall": "hawker", "office": "auditor"}
EVENTS = (
    commission("L1=10", at="mill", on=1, id="made"),
    ship("L1=4", at="mill", to="shop", on=2, id="sent"),
    receive("L1=4", at="shop", source="mill", on=3, id="came"),
    ship("L1=3", at="mill", to="stall", on=12, id="sent-later"),
    commission("flour/F1=8", at="mill", on=4, id="milled"),
    ship("flour/F1=5", "L1=1", at="mill", to="shop", on=5, id="mixed"),
)
Headers = dict[str, dict[str, str]]


@pytest.fixture
async def ids(client: httpx.AsyncClient) -> dict[str, int]:
    """Party -> id; the goods have gone their way."""
    await capture(client, *EVENTS, master=owners(**PLACES))
    rows = (await client.get("/v1/parties")).json()["items"]
    found = {row["uri"]: row["id"] for row in rows}
    return {who: found[party(who)] for who in PLACES.values()}


@pytest.fixture
async def keys(client: httpx.AsyncClient, ids: dict[str, int]) -> Headers:
    """Party -> headers of a key of its own; "office" is an authority's, of the auditor."""
    made = {who: await key_of(client, row_id, "holder") for who, row_id in ids.items()}
    return {**made, "office": await key_of(client, ids["auditor"], "regulator")}


async def key_of(client: httpx.AsyncClient, party_id: int, role: str) -> dict[str, str]:
    body = {"name": "key", "role": role, "party_id": party_id}
    key = (await client.post("/v1/keys", json=body)).json()["key"]
    return {"Authorization": f"Bearer {key}"}


async def events_of(client: httpx.AsyncClient, headers: dict[str, str]) -> set[str]:
    answer = await client.get("/epcis/events", params={"perPage": "100"}, headers=headers)
    listed = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return {each["eventID"].removeprefix("urn:event:") for each in listed}


async def traced(client: httpx.AsyncClient, lot: str, headers: dict[str, str]) -> Json | None:
    answer = await client.get("/v1/trace/forward", params={"batch": uri(lot)}, headers=headers)
    if answer.status_code == 404:
        return None
    told: Json = answer.json()
    return told


def ends(trace: Json | None) -> set[str]:
    """Where a trace's flows lead to."""
    assert trace is not None
    places = {each["site"]["id"]: each["site"]["uri"] for each in trace["holdings"]}
    return {places[flow["to"]["site_id"]] for flow in trace["flows"]}


async def product_id(client: httpx.AsyncClient, name: str) -> int:
    (row,) = (await client.get("/v1/products", params={"gtin": gtin(name)})).json()["items"]
    return int(row["id"])


async def test_a_grant_shows_the_grantors_part_until_it_is_revoked(
    client: httpx.AsyncClient, keys: Headers, ids: dict[str, int]
) -> None:
    assert await traced(client, "L1", keys["auditor"]) is None
    made = await client.post("/v1/grants", json={"grantee_id": ids["auditor"]}, headers=keys["miller"])
    assert made.status_code == 201, made.text
    grant = made.json()
    assert (grant["grantor_id"], grant["product_id"]) == (ids["miller"], None)
    assert ends(await traced(client, "L1", keys["auditor"])) == {place("shop"), place("stall")}
    assert await events_of(client, keys["auditor"]) == await events_of(client, keys["miller"])
    listed = (await client.get("/v1/batches", headers=keys["auditor"])).json()["items"]
    assert {each["lot"] for each in listed} == {"L1", "F1"}
    for who, direction in (("miller", "given"), ("auditor", "received"), ("auditor", None)):
        params = {} if direction is None else {"direction": direction}
        seen = (await client.get("/v1/grants", params=params, headers=keys[who])).json()["items"]
        assert [each["id"] for each in seen] == [grant["id"]], (who, direction)
    assert (await client.get("/v1/grants?direction=given", headers=keys["auditor"])).json()["items"] == []
    assert (await client.get("/v1/grants", headers=keys["grocer"])).json()["items"] == []
    path = f"/v1/grants/{grant['id']}/revocation"
    await refused(client, "POST", path, 404, headers=keys["grocer"])
    ended = (await client.post(path, headers=keys["miller"])).json()
    assert ended["revoked_at"] is not None
    assert (await client.post(path, headers=keys["auditor"])).json() == ended
    assert await traced(client, "L1", keys["auditor"]) is None
    assert await events_of(client, keys["auditor"]) == set()


async def test_a_grant_is_narrowed(client: httpx.AsyncClient, keys: Headers, ids: dict[str, int]) -> None:
    def grant(**how: object) -> Json:
        return {"grantee_id": ids["auditor"], **how}

    expected: tuple[tuple[Json, set[str], set[str] | None], ...] = (
        # An event that tells of other goods, too, is not shown for one product.
        (grant(product_id=await product_id(client, "flour")), {"milled"}, None),
        (grant(customer_id=ids["hawker"]), {"sent-later"}, {place("stall")}),
        (
            grant(events_from=when(2), events_until=when(4)),
            {"sent", "came"},
            {place("shop")},
        ),
        (
            grant(product_id=await product_id(client, "goods"), customer_id=ids["grocer"]),
            {"sent", "came"},
            None,
        ),
    )
    for body, events, places in expected:
        made = (await client.post("/v1/grants", json=body, headers=keys["miller"])).json()
        assert await events_of(client, keys["auditor"]) == events, body
        if places is not None:
            assert ends(await traced(client, "L1", keys["auditor"])) == places, body
        told = await traced(client, "L1", keys["auditor"])
        if told is not None:
            # A stock is a sum over all customers and times.
            assert [each["balances"] for each in told["holdings"] if each["balances"]] == []
        await client.post(f"/v1/grants/{made['id']}/revocation", headers=keys["miller"])


async def test_what_is_granted_goes_no_further(
    client: httpx.AsyncClient, keys: Headers, ids: dict[str, int]
) -> None:
    for giver, taker in (("miller", "hawker"), ("hawker", "auditor")):
        await client.post("/v1/grants", json={"grantee_id": ids[taker]}, headers=keys[giver])
    assert await events_of(client, keys["auditor"]) == {"sent-later"}


NO_GRANTS: tuple[tuple[Json, int, str | None], ...] = (
    ({}, 400, "/grantee_id"),
    ({"grantee_id": 999_999}, 400, "/grantee_id"),
    ({"grantee_id": "miller"}, 400, "/grantee_id"),
    ({"grantee_id": "auditor", "product_id": 999_999}, 400, "/product_id"),
    ({"grantee_id": "auditor", "customer_id": "miller"}, 400, "/customer_id"),
    ({"grantee_id": "auditor", "events_from": when(3), "events_until": when(3)}, 400, "/events_until"),
    ({"grantee_id": "auditor", "events_from": "2026-01-01T00:00:00"}, 400, "/events_from"),
    ({"grantee_id": "auditor", "expires_at": "2020-01-01T00:00:00Z"}, 400, "/expires_at"),
    ({"grantee_id": "auditor", "narrower": True}, 400, "/narrower"),
    ({"grantee_id": "auditor", "grantor_id": "grocer"}, 403, None),
)
NO_JURISDICTIONS: tuple[tuple[Json, str], ...] = (
    ({"party_id": 999_999}, "/party_id"),
    ({"party_id": "auditor", "region": "99"}, "/region"),
    ({"party_id": "auditor", "region": "3"}, "/region"),
    ({"party_id": "auditor", "region": "%"}, "/region"),
    ({"party_id": "auditor", "category": "toys"}, "/category"),
)


async def test_what_is_no_grant_and_no_jurisdiction_is_refused(
    client: httpx.AsyncClient, keys: Headers, ids: dict[str, int]
) -> None:
    def told(body: Json) -> Json:
        return {name: ids.get(str(value), value) for name, value in body.items()}

    for body, status, field in NO_GRANTS:
        fault = await refused(client, "POST", "/v1/grants", status, headers=keys["miller"], json=told(body))
        assert fault.get("field") == field, body
    for body, field in NO_JURISDICTIONS:
        fault = await refused(client, "POST", "/v1/jurisdictions", json=told(body))
        assert fault["field"] == field, body
    for who in ("miller", "office"):
        body = {"party_id": ids["auditor"]}
        await refused(client, "POST", "/v1/jurisdictions", 403, headers=keys[who], json=body)
    # An operator says whose part it is.
    body = {"grantee_id": ids["auditor"]}
    assert (await refused(client, "POST", "/v1/grants", json=body))["field"] == "/grantor_id"
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body |= {"grantor_id": ids["miller"], "expires_at": later}
    assert (await client.post("/v1/grants", json=body)).status_code == 201
    assert event_id("made") not in (await client.get("/epcis/events", headers=keys["office"])).text


async def test_an_authority_sees_its_area(
    client: httpx.AsyncClient, keys: Headers, ids: dict[str, int]
) -> None:
    rows = {row["uri"]: row["id"] for row in (await client.get("/v1/sites")).json()["items"]}
    for name, region in (("mill", "350102"), ("shop", "350201"), ("stall", "440304")):
        changed = await client.patch(
            f"/v1/sites/{rows[place(name)]}", json={"name_en": name, "region": region}
        )
        assert changed.status_code == 200, changed.text
    office = keys["office"]
    assert await events_of(client, office) == set()
    assert await traced(client, "L1", office) is None
    expected: tuple[tuple[Json, set[str], set[str] | None], ...] = (
        ({"region": "44"}, {"sent-later"}, {place("stall")}),
        ({"region": "440300"}, {"sent-later"}, {place("stall")}),
        ({"region": "3502"}, {"sent", "came", "mixed"}, {place("shop")}),
        ({"region": "CN"}, {event["eventID"].removeprefix("urn:event:") for event in EVENTS}, None),
        ({"category": "food"}, set(), None),
    )
    for area, events, places in expected:
        body = {"party_id": ids["auditor"], **area}
        made = await client.post("/v1/jurisdictions", json=body)
        assert made.status_code == 201, made.text
        assert await events_of(client, office) == events, area
        if places is not None:
            assert ends(await traced(client, "L1", office)) <= places, area
        await client.post(f"/v1/jurisdictions/{made.json()['id']}/revocation")
    await client.patch(
        f"/v1/products/{await product_id(client, 'flour')}", json={"name_en": "flour", "category": "food"}
    )
    for area in ({"category": "food"}, {"category": "food", "region": "3501"}):
        made = await client.post("/v1/jurisdictions", json={"party_id": ids["auditor"], **area})
        assert await events_of(client, office) == {"milled", "mixed"}, area
        listed = (await client.get("/v1/batches", headers=office)).json()["items"]
        assert {each["lot"] for each in listed} == {"F1"}
        await client.post(f"/v1/jurisdictions/{made.json()['id']}/revocation")
    seen = await client.get("/v1/jurisdictions", params={"party_id": ids["auditor"]}, headers=office)
    assert len(seen.json()["items"]) == len(expected) + 2

"""Whose products somebody with a key may say that he made, and whose places and numbers are nobody else's."""

import httpx

from tests.api.parties import PREFIXES, joined
from tests.api.partnering import id_of, partners, tell
from tests.api.registering import register_product
from tests.world import (
    check_digit,
    commission,
    gtin,
    observe,
    place,
    receive,
    sell,
    ship,
    thing,
    transform,
    uri,
)

PLACES = {"plant": "maker", "depot": "dealer", "den": "rival"}
CHAIN = (
    ("maker", commission("milk/L1=5", at="plant", on=2)),
    ("maker", ship("milk/L1=5", at="plant", to="depot", on=3)),
    ("dealer", receive("milk/L1=5", at="depot", source="plant", on=4)),
)
#: What a rival says that he made of his own goods, or out of nothing.
MADE = (
    transform(["junk/J1=1"], ["milk/L1=1"], at="den", on=2),
    transform(["junk/J1=1"], ["milk/L1#1"], at="den", on=2),
    transform(["junk/J1=1"], ["other/1=1", "milk/=1"], at="den", on=2),
    commission("milk/L1=1", at="den", on=1),
    commission("milk#1", at="den", on=1, lot="L1"),
)


async def test_nobody_makes_anothers_product_of_his_own_and_so_reaches_its_chain(
    client: httpx.AsyncClient,
) -> None:
    keys = await partners(client, **PLACES)
    for who, name in (("rival", "junk"), ("maker", "milk")):
        await register_product(client, gtin=gtin(name), party_id=await id_of(client, keys, who))
    for who, event in (*CHAIN, ("rival", commission("junk/J1=1", at="den", on=1))):
        assert (await tell(client, keys[who], event)).status_code == 201
    for false in MADE:
        refused = await tell(client, keys["rival"], false)
        assert refused.status_code == 403, false
        (fault,) = refused.json()["errors"]
        assert "delegate" in fault["message"]
        assert gtin("milk") in str(fault["value"])
    scope = {"batch": [uri("junk/J1")]}
    looked = await client.post("/v1/recalls/preview", json=scope, headers=keys["rival"])
    assert looked.status_code == 200, looked.text
    assert place("depot") not in looked.text
    assert looked.json()["reach"]["holdings"] == 1, looked.text


async def test_who_makes_for_another_does_so_by_its_delegation(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    milk = await register_product(client, gtin=gtin("milk"))
    false = {"cbvmda:productionDate": "2019-01-01"}
    for event in (
        observe("milk/FALSE#1", at="depot", on=0),
        commission("milk/L1=1", at="depot", on=0, ilmd=false),
    ):
        assert (await tell(client, keys["dealer"], event)).status_code == 201
    owner = {"party_id": await id_of(client, keys, "maker")}
    assert (await client.patch(f"/v1/products/{milk['id']}", json=owner)).status_code == 200
    plant = (await client.get("/v1/sites", params={"uri": place("plant")})).json()["items"][0]["id"]
    let = {"delegate_id": await id_of(client, keys, "rival")}
    dated = {"cbvmda:productionDate": "2026-01-01"}
    made = commission("milk/L1#1", at="den", on=1, id="made", ilmd=dated)
    for sites, status in (({"site_ids": [plant]}, 403), ({}, 201)):
        given = await client.post("/v1/delegations", json={**let, **sites}, headers=keys["maker"])
        assert given.status_code == 201, given.text
        assert (await tell(client, keys["rival"], made)).status_code == status
    told = await client.get(f"/v1/delegations/{given.json()['id']}/events", headers=keys["maker"])
    assert [each["event_id"] for each in told.json()["items"]] == ["urn:event:made"]
    # Its word on lots and dates is as good as its principal's.
    answer = (await client.get("/v1/trace/forward", params={"unit": thing("milk#1").uri})).json()
    assert [start["lot"] for start in answer["starts"]] == ["L1"]
    rows = (await client.get("/v1/batches", params={"product_id": milk["id"], "lot": "L1"})).json()["items"]
    assert [row["made_on"] for row in rows] == ["2026-01-01"]


async def test_what_is_numbered_under_a_partys_prefix_is_its_own_before_anybody_registers_it(
    client: httpx.AsyncClient,
) -> None:
    _, maker = await joined(client, "maker")
    _, rival = await joined(client, "rival")
    digits = f"{PREFIXES['maker']}00042"
    number = digits + check_digit(digits)
    lot = f"https://id.gs1.org/01/0{number}/10/L1=5"
    made = commission(lot, read=f"https://id.gs1.org/414/{number}", on=1)
    at_home = commission(lot, at="nowhere", on=1)
    sold = sell("X1=5", read=f"https://id.gs1.org/414/{number}/254/dock", on=1)
    for event, status in ((made, 403), (at_home, 403), (sold, 403)):
        assert (await tell(client, rival, event)).status_code == status, event
        assert (await tell(client, maker, event)).status_code == 201, event

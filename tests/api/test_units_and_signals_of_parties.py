"""Single packs, documents of laboratories, what consumers tell, and channels: each party's own."""

from typing import Any

import httpx
import pytest

from tests.api.parties import Headers, joined, key_of, post
from tests.api.registering import Json, refused, register
from tests.api.test_registering_by_parties import GTIN, World
from tests.world import capture, receive, ship

PACK = f"(01){GTIN}(21)S1"


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    """The buyer has some packs of the maker's lot, the rival none."""
    made = await World(client).make()
    await post(client, made.keys["maker"], f"/v1/batches/{made.batch['id']}/serials", serials=["S1", "S2"])
    await made.deliver()
    return made


def sale(world: World, **more: Any) -> Json:
    """The buyer's till sells a pack."""
    return {"unit": PACK, "site_id": world.shop["id"], "status": "sold", **more}


async def test_a_shop_sells_at_its_own_place_and_others_learn_what_consumers_do(world: World) -> None:
    client, shop, rival, maker = world.client, *(world.keys[who] for who in ("buyer", "rival", "maker"))
    problem = await refused(client, "POST", "/v1/units/decommission", 403, json=sale(world), headers=rival)
    assert "is of buyer" in problem["detail"]
    own = await post(client, rival, "/v1/sites", name_zh="别家店")
    body = sale(world, site_id=own["id"])
    problem = await refused(client, "POST", "/v1/units/decommission", 403, json=body, headers=rival)
    assert "never" in problem["detail"] or "No record" in problem["detail"]
    sold = await post(client, shop, "/v1/units/decommission", **sale(world, reference="R-1"))
    assert sold["status"] == "sold"
    again = await post(client, shop, "/v1/units/decommission", **sale(world, reference="R-1"))
    assert again["repeated"] is True
    seen = {
        who: (await post(client, key, "/v1/units/verify", unit=PACK))
        for who, key in (("shop", shop), ("rival", rival), ("maker", maker))
    }
    assert seen["shop"]["first"]["site"]["id"] == world.shop["id"]
    page = await client.get(f"/v1/recall-status/01/{GTIN}/21/S1", headers={"Authorization": ""})
    told = page.json()["unit"]
    for who in ("rival", "maker"):
        first = seen[who]["first"]
        assert (first["status"], first["at"][:10]) == (told["status"], told["since"]), who
        assert first["at"][10:] == "T00:00:00+08:00"
        assert [first[name] for name in ("site", "event", "by", "reference")] == [None] * 4
        assert seen[who]["reasons"][0]["message"].endswith(f"{told['since']}T00:00:00+08:00.")
    assert (await client.get("/v1/units", params={"unit": PACK}, headers=rival)).status_code == 404
    for key, entries in ((shop, 1), (maker, 0)):
        card = (await client.get("/v1/units", params={"unit": PACK}, headers=key)).json()
        assert (card["status"], len(card["history"])) == ("sold", entries)
    back = {"unit": PACK, "site_id": world.shop["id"], "not_supplied": True}
    await refused(client, "POST", "/v1/units/reactivate", 403, json=back, headers=maker)
    plant = back | {"site_id": world.site["id"]}
    problem = await refused(client, "POST", "/v1/units/reactivate", 409, json=plant, headers=maker)
    assert problem["rule"] == "unit:other-premises"
    assert (await post(client, shop, "/v1/units/reactivate", **back))["status"] == "active"


async def test_a_package_is_opened_to_who_was_told_of_it(world: World) -> None:
    client, maker = world.client, world.keys["maker"]
    path = f"/v1/batches/{world.batch['id']}/drug-codes"
    outer = {"code": "8" * 19 + "1"}
    await post(client, maker, path, level=2, codes=[outer])
    for who, status in (("maker", 200), ("buyer", 200), ("rival", 404)):
        answer = await client.get("/v1/units/package", params=outer, headers=world.keys[who])
        assert answer.status_code == status, answer.text
    product = await post(client, world.keys["rival"], "/v1/products", name_zh="药", category="medicine")
    lot = await post(
        client, world.keys["rival"], "/v1/batches", product_id=product["id"], lot="R", made_on="2026-03-01"
    )
    body = {"codes": [{"code": "8" * 18 + "22"}]}
    fault = await refused(
        client, "POST", f"/v1/batches/{lot['id']}/drug-codes", 403, json=body, headers=world.keys["rival"]
    )
    assert "8888888" in fault["message"]


async def laboratory(world: World) -> tuple[Json, Headers]:
    """A laboratory with a place of its own."""
    party, _ = await joined(world.client, "laboratory")
    key = await key_of(world.client, party, "laboratory")
    return await post(world.client, key, "/v1/sites", name_zh="检测室"), key


async def test_a_laboratory_reports_on_what_passed_it(world: World) -> None:
    client, maker = world.client, world.keys["maker"]
    bench, lab = await laboratory(world)
    path = f"/v1/batches/{world.batch['id']}/documents"
    report = {"kind": "test_report", "name": "GB 5009.96", "result": "failed"}
    await refused(client, "POST", path, 404, data=report, headers=lab)
    sample = f"https://id.gs1.org/01/{GTIN}/10/L1=1"
    await capture(
        client,
        ship(sample, at=world.site["uri"], to=bench["uri"], on=4, id="sample-sent"),
        receive(sample, at=bench["uri"], source=world.site["uri"], on=5, id="sample-came"),
    )
    for more in ({"kind": "certificate"}, {"stated_by": "producer"}, {"file_public": "true"}):
        await refused(client, "POST", path, 403, data=report | more, headers=lab)
    files = {"file": ("r.pdf", b"%PDF-1.4 x", "text/html")}
    added = await client.post(path, data=report, files=files, headers=lab)
    assert added.status_code == 201, added.text
    assert added.json()["stated_by"] == "laboratory"
    document = f"{path}/{added.json()['id']}"
    assert (await client.get(document, headers=lab)).json() == added.json()
    problem = await refused(client, "PATCH", document, 403, json={"void_reason": "x"}, headers=maker)
    assert "another's statement" in problem["detail"]
    await refused(client, "PATCH", document, 403, json={"file_public": True}, headers=lab)
    shown = await client.patch(document, json={"file_public": True}, headers=maker)
    assert shown.json()["file_public"] is True, shown.text
    voided = await client.patch(document, json={"void_reason": "误测"}, headers=lab)
    assert voided.json()["void_reason"] == "误测", voided.text
    forged = {"kind": "test_report", "name": "n", "stated_by": "authority"}
    await refused(client, "POST", path, 403, data=forged, headers=maker)


async def test_what_consumers_tell_reaches_who_makes_the_goods(world: World) -> None:
    client, maker = world.client, world.keys["maker"]
    told: Json = {"code": PACK, "kind": "spoiled", "text": "发霉", "phone": "010-65123456", "consent": True}
    sent = await client.post("/v1/complaints", json=told)
    assert sent.status_code == 201, sent.text
    reader = await key_of(client, world.ids["maker"], permissions=["read"])
    (complaint,) = (await client.get("/v1/complaints", headers=maker)).json()["items"]
    assert complaint["phone"] == told["phone"]
    path = f"/v1/complaints/{complaint['id']}"
    assert (await client.get(path, headers=reader)).json()["phone"] is None
    for who in ("rival", "buyer"):
        listed = await client.get("/v1/complaints", headers=world.keys[who])
        assert listed.json()["items"] == [], listed.text
        await refused(client, "GET", path, 404, headers=world.keys[who])
        await refused(client, "PATCH", path, 404, json={"status": "looking"}, headers=world.keys[who])
    await refused(client, "PATCH", path, 403, json={"status": "looking"}, headers=reader)
    moved = await client.patch(path, json={"status": "looking"}, headers=maker)
    assert moved.json()["status"] == "looking", moved.text
    looks = {
        who: await client.get("/v1/scans", params={"code": PACK}, headers=key)
        for who, key in world.keys.items()
    }
    assert looks["maker"].status_code == 200, looks["maker"].text
    assert looks["rival"].status_code == 404
    suspects = await client.get("/v1/suspect-codes", headers=world.keys["rival"])
    assert suspects.json()["items"] == [], suspects.text


async def test_a_party_says_how_it_is_told(world: World) -> None:
    client, mine = world.client, world.keys["maker"]
    path = f"/v1/parties/{world.ids['maker']}/channels"
    made = await post(client, mine, path, kind="email", address="qa@maker.example")
    listed = (await client.get(path, headers=mine)).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    for method in ("GET", "POST", "DELETE"):
        address = f"{path}/{made['id']}" if method == "DELETE" else path
        body = {"kind": "email", "address": "x@rival.example"} if method == "POST" else None
        await refused(client, method, address, 403, json=body, headers=world.keys["rival"])
    assert (await client.delete(f"{path}/{made['id']}", headers=mine)).status_code == 204


async def test_an_authority_decides_on_what_is_told_of_goods_in_its_area(world: World) -> None:
    client = world.client
    told = {"code": PACK, "kind": "spoiled", "text": "发霉", "bought_where": "店"}
    assert (await client.post("/v1/complaints", json=told)).status_code == 201
    bureaus = {}
    for name, area in (("food", {"category": "food"}), ("medicine", {"category": "medicine"})):
        row = await register(client, "parties", name_zh=name, roles=["regulator"])
        bureaus[name] = await key_of(client, row["id"], "regulator")
        answer = await client.post("/v1/jurisdictions", json={"party_id": row["id"], **area})
        assert answer.status_code == 201, answer.text
    (complaint,) = (await client.get("/v1/complaints", headers=bureaus["food"])).json()["items"]
    assert complaint["bought_where"] == "店"
    path = f"/v1/complaints/{complaint['id']}"
    assert (await client.get("/v1/complaints", headers=bureaus["medicine"])).json()["items"] == []
    await refused(client, "PATCH", path, 404, json={"status": "looking"}, headers=bureaus["medicine"])
    moved = await client.patch(path, json={"status": "looking"}, headers=bureaus["food"])
    assert moved.json()["status"] == "looking", moved.text
    for who, status in (("food", 200), ("medicine", 404)):
        answer = await client.get("/v1/units", params={"unit": PACK}, headers=bureaus[who])
        assert answer.status_code == status, answer.text
    for method, where in (("PATCH", f"/v1/products/{world.product['id']}"), ("POST", "/v1/sites")):
        await refused(client, method, where, 403, json={"name_zh": "x"}, headers=bureaus["food"])

"""A party registers and changes what is its own, with its own key; another's it does not."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.api.parties import Headers, joined, key_of, post
from tests.api.registering import Json, refused
from tests.world import capture, check_digit, commission, receive, ship

GTIN = "06901234567892"
OTHER_GTIN = "06955555000015"


def gln(prefix: str, number: int = 1) -> str:
    """A GLN of a company prefix."""
    head = prefix + f"{number:0{12 - len(prefix)}d}"
    return head + check_digit(head)


class World:
    """A maker with a shop and a lot; a rival with its own; who buys from the maker."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.ids: dict[str, int] = {}
        self.keys: dict[str, Headers] = {}

    async def make(self) -> "World":
        for name in ("maker", "rival", "buyer"):
            self.ids[name], self.keys[name] = await joined(self.client, name)
        self.site = await post(
            self.client, self.keys["maker"], "/v1/sites", name_zh="工厂", gln=gln("6901234")
        )
        self.shop = await post(self.client, self.keys["buyer"], "/v1/sites", name_zh="店")
        self.product = await post(
            self.client, self.keys["maker"], "/v1/products", name_zh="茶", category="food", gtin=GTIN
        )
        self.batch = await self.lot("L1")
        return self

    async def lot(self, lot: str) -> Json:
        return await post(
            self.client, self.keys["maker"], "/v1/batches", gtin=GTIN, lot=lot, made_on="2026-03-01"
        )

    async def deliver(self, lot: str = "L1") -> None:
        """Ten of the lot go from the maker to the buyer."""
        goods = f"https://id.gs1.org/01/{GTIN}/10/{lot}=10"
        here, there = self.site["uri"], self.shop["uri"]
        await capture(
            self.client,
            commission(goods, at=here, on=1, id=f"made-{lot}"),
            ship(goods, at=here, to=there, on=2, id=f"sent-{lot}"),
            receive(goods, at=there, source=here, on=3, id=f"came-{lot}"),
        )


@pytest.fixture
async def world(client: httpx.AsyncClient) -> World:
    return await World(client).make()


async def test_a_party_registers_what_is_its_own_and_reads_it(world: World) -> None:
    client, mine = world.client, world.keys["maker"]
    assert {world.site["party_id"], world.product["party_id"]} == {world.ids["maker"]}
    batch = f"/v1/batches/{world.batch['id']}"
    changed = await client.patch(batch, json={"quantity": 5, "uom": "KGM"}, headers=mine)
    assert changed.json()["quantity"] == "5", changed.text
    done = await post(client, mine, f"{batch}/serials", allot=3)
    assert done["registered"] == 3
    listed = await client.get(done["serials"], headers=mine)
    assert len(listed.json()["items"]) == 3, listed.text
    sheet = await client.get(done["labels"], headers=mine)
    assert sheet.content.startswith(b"%PDF"), sheet.text
    for form in ("png", "svg"):
        assert (await client.get(f"{batch}/label.{form}", headers=mine)).status_code == 200
    codes = await post(client, mine, f"{batch}/drug-codes", codes=[{"code": "8" * 20}])
    assert codes["registered"] == 1
    paper = await client.post(
        f"{batch}/documents", data={"kind": "certificate", "name": "合格证"}, headers=mine
    )
    assert paper.status_code == 201, paper.text
    voided = await client.patch(
        f"{batch}/documents/{paper.json()['id']}", json={"void_reason": "误"}, headers=mine
    )
    assert voided.json()["void_reason"] == "误", voided.text
    link = await post(
        client,
        mine,
        "/v1/links",
        thing=f"{GTIN} L1",
        link_type="gs1:pip",
        href="https://a.example/",
        title="a",
    )
    assert [each["id"] for each in (await client.get("/v1/links", headers=mine)).json()["items"]] == [
        link["id"]
    ]
    assert (await client.delete(f"/v1/links/{link['id']}", headers=mine)).status_code == 204
    changed = await client.patch(f"/v1/sites/{world.site['id']}", json={"kind": "mill"}, headers=mine)
    assert changed.json()["kind"] == "mill", changed.text
    me = await client.patch(
        f"/v1/parties/{world.ids['maker']}", json={"address": "福州", "roles": ["producer"]}, headers=mine
    )
    assert me.json()["address"] == "福州", me.text


async def test_whom_to_call_at_a_party_is_not_in_everybodys_directory(world: World) -> None:
    client, path = world.client, f"/v1/parties/{world.ids['maker']}"
    people = {"contacts": [{"name": "张敏", "phone": "010-65123456"}], "quality_manager": {"name": "李"}}
    assert (await client.patch(path, json=people, headers=world.keys["maker"])).status_code == 200
    for headers, shown in ((world.keys["maker"], True), ({}, True), (world.keys["rival"], False)):
        row = (await client.get(path, headers=headers)).json()
        listed = (await client.get("/v1/parties", headers=headers)).json()["items"]
        assert ("张敏" in str(row), "李" in str(row), "张敏" in str(listed)) == (shown, shown, shown)


BODIES: dict[str, Any] = {
    "/v1/batches": {"gtin": GTIN, "lot": "L9", "made_on": "2026-03-01"},
    "/v1/links": {"thing": GTIN, "link_type": "gs1:pip", "href": "https://a.example/", "title": "a"},
}


async def test_another_party_changes_none_of_it(world: World) -> None:
    client, rival = world.client, world.keys["rival"]
    for method, path, body in (
        ("PATCH", f"/v1/parties/{world.ids['maker']}", {"name_zh": "x"}),
        ("PATCH", f"/v1/sites/{world.site['id']}", {"name_zh": "x"}),
        ("PATCH", f"/v1/products/{world.product['id']}", {"name_zh": "x"}),
        ("POST", "/v1/batches", BODIES["/v1/batches"]),
        ("POST", "/v1/links", BODIES["/v1/links"]),
    ):
        problem = await refused(client, method, path, 403, json=body, headers=rival)
        assert "is of maker (party" in problem["detail"], problem
    batch = f"/v1/batches/{world.batch['id']}"
    hidden: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", batch, {"json": {"uom": "KGM"}}),
        ("POST", f"{batch}/serials", {"json": {"allot": 1}}),
        ("POST", f"{batch}/drug-codes", {"json": {"codes": [{"code": "8" * 20}]}}),
        ("POST", f"{batch}/documents", {"data": {"kind": "certificate", "name": "n"}}),
        ("GET", f"{batch}/serials", {}),
        ("GET", f"{batch}/labels.pdf?copies=1", {}),
        ("GET", f"{batch}/label.png", {}),
        ("GET", batch, {}),
    ]
    for method, path, how in hidden:
        problem = await refused(client, method, path, 404, headers=rival, **how)
        nothing = await refused(
            client, method, path.replace(batch, "/v1/batches/999"), 404, headers=rival, **how
        )
        assert problem["detail"].replace(f"id {world.batch['id']}.", "id 999.") == nothing["detail"], path
    await world.deliver()
    for method, path, how in hidden[:6]:
        problem = await refused(client, method, path, 403, headers=world.keys["buyer"], **how)
        assert "is of maker" in problem["detail"], path


NUMBERS_OF_OTHERS: list[tuple[str, Json, str]] = [
    ("/v1/sites", {"gln": gln("6901234", 7)}, "/gln"),
    ("/v1/sites", {"uri": "https://rival.example/plant"}, "/uri"),
    ("/v1/sites", {"uri": f"https://id.gs1.org/414/{gln('6901234')}/254/A"}, "/uri"),
    ("/v1/sites", {"party_id": 1}, "/party_id"),
    ("/v1/products", {"category": "food", "gtin": "06901234000016"}, "/gtin"),
    ("/v1/products", {"category": "food", "gtin": "96385074"}, "/gtin"),
    ("/v1/products", {"category": "food", "uri": "https://x.example/p"}, "/uri"),
    ("/v1/products", {"category": "food", "party_id": 1}, "/party_id"),
]


async def test_numbers_of_others_are_not_given_out(world: World) -> None:
    rival = world.keys["rival"]
    for path, body, field in NUMBERS_OF_OTHERS:
        named = {"name_zh": "x", **body}
        fault = await refused(world.client, "POST", path, 403, json=named, headers=rival)
        assert fault["field"] == field
    number = "06901234000000001"
    pallet = f"https://id.gs1.org/00/{number}{check_digit(number)}"
    link = {**BODIES["/v1/links"], "thing": pallet}
    fault = await refused(world.client, "POST", "/v1/links", 403, json=link, headers=rival)
    assert fault["field"] == "/thing"
    await post(world.client, world.keys["maker"], "/v1/links", **link)


async def test_a_place_that_events_named_hands_nobody_a_competitors_trade(world: World) -> None:
    client, depot = world.client, gln("6901234", 5)
    goods = f"https://id.gs1.org/01/{GTIN}/10/L1=10"
    uri = f"https://id.gs1.org/414/{depot}"
    await capture(client, ship(goods, at=world.site["uri"], to=uri, on=2, id="sent"))
    for body in ({"gln": depot}, {"uri": uri}):
        await refused(
            client, "POST", "/v1/sites", 403, json={"name_zh": "x", **body}, headers=world.keys["rival"]
        )
    mine = await post(client, world.keys["maker"], "/v1/sites", name_zh="仓", gln=depot)
    assert mine["party_id"] == world.ids["maker"]
    part = await post(client, world.keys["maker"], "/v1/sites", name_zh="门", uri=f"{uri}/254/D1")
    assert part["party_id"] == world.ids["maker"]


async def test_who_a_party_is_an_operator_says(world: World) -> None:
    client, mine, path = world.client, world.keys["maker"], f"/v1/parties/{world.ids['maker']}"
    for field, value in (
        ("uscc", "91350100M000100Y43"),
        ("gln", gln("6955555")),
        ("company_prefixes", ["6955556"]),
        ("company_prefixes", None),
        ("roles", ["regulator"]),
    ):
        fault = await refused(client, "PATCH", path, 403, json={field: value}, headers=mine)
        assert fault["field"] == f"/{field}"
    changed = await client.patch(path, json={"gln": gln("6901234")}, headers=mine)
    assert changed.json()["gln"] == gln("6901234"), changed.text
    await refused(client, "POST", "/v1/parties", 403, json={"name_zh": "x"}, headers=mine)
    given = await client.patch(f"/v1/sites/{world.site['id']}", json={"party_id": None}, headers=mine)
    assert given.status_code == 403, given.text


async def test_a_number_is_one_partys_whoever_comes_at_once(world: World) -> None:
    client, mine = world.client, world.keys["maker"]
    other = await key_of(client, world.ids["maker"])
    for path, body in (
        ("/v1/products", {"name_zh": "x", "category": "food", "gtin": "06901234000016"}),
        ("/v1/sites", {"name_zh": "x", "gln": gln("6901234", 9)}),
    ):
        answers = await asyncio.gather(
            *(client.post(path, json=body, headers=headers) for headers in (mine, other, mine, other))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        problem = next(answer for answer in answers if answer.status_code == 409).json()
        assert "already registered: id" in problem["detail"]
    given = await asyncio.gather(
        *(
            client.patch(f"/v1/parties/{world.ids[who]}", json={"company_prefixes": [prefix]})
            for who, prefix in (("rival", "6977777"), ("buyer", "697777712"))
        )
    )
    assert sorted(answer.status_code for answer in given) == [200, 409]

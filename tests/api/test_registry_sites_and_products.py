"""Sites and products over HTTP."""

from collections.abc import Iterator, Sequence

import httpx
import pytest

from service.db.transaction import Transaction
from service.registry.changes import site_owner_listeners
from tests.api.registering import (
    FIRM_GLN,
    FIRM_USCC,
    PLACE_GLN,
    TEA,
    refused,
    register,
    register_batch,
    register_party,
    register_product,
)


@pytest.fixture
def told() -> Iterator[list[int]]:
    """Ids of the sites whose listeners heard of a new owner."""
    heard: list[int] = []

    async def listen(_tx: Transaction, sites: Sequence[int]) -> None:
        heard.extend(sites)

    site_owner_listeners.append(listen)
    yield heard
    site_owner_listeners.remove(listen)


async def test_a_site_names_its_party_in_any_form(client: httpx.AsyncClient) -> None:
    party = await register_party(client, gln=FIRM_GLN)
    for text in (FIRM_USCC, FIRM_GLN, party["uri"], f"https://elsewhere.cn/417/{FIRM_GLN}"):
        site = await register(client, "sites", name_zh="仓库", party=text)
        assert site["party_id"] == party["id"], text


async def test_a_site_is_known_by_its_gln_its_own_uri_or_a_minted_one(client: httpx.AsyncClient) -> None:
    by_gln = await register(client, "sites", name_zh="一号库", gln=PLACE_GLN)
    assert by_gln["uri"] == f"https://id.gs1.org/414/{PLACE_GLN}"
    by_uri = await register(client, "sites", name_zh="二号库", uri="urn:epc:id:sgln:6901234.50000.12")
    assert by_uri["uri"] == f"https://id.gs1.org/414/{FIRM_GLN}/254/12"
    minted = await register(client, "sites", name_zh="三号库")
    assert "/site/" in minted["uri"]
    for row in (by_gln, by_uri, minted):
        found = (await client.get("/v1/sites", params={"uri": row["uri"]})).json()["items"]
        assert [site["id"] for site in found] == [row["id"]]


async def test_a_new_owner_is_told_to_whoever_listens(client: httpx.AsyncClient, told: list[int]) -> None:
    party = await register_party(client)
    other = await register(client, "parties", name_zh="另一家")
    site = await register(client, "sites", name_zh="仓库", gln=PLACE_GLN)
    path = f"/v1/sites/{site['id']}"
    assert told == []
    await client.patch(path, json={"party_id": party["id"]})
    await client.patch(path, json={"name_en": "Warehouse", "party": party["uri"]})
    assert told == [site["id"]]
    await client.patch(path, json={"party_id": other["id"]})
    assert told == [site["id"]] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name_zh": "库", "party": "nobody"}, "/party"),
        ({"name_zh": "库", "party": "urn:nobody:1"}, "/party"),
        ({"name_zh": "库", "party_id": 4711}, "/party_id"),
        ({"name_zh": "库", "party_id": True}, "/party_id"),
        ({"name_zh": "库", "party_id": 1, "party": "urn:a:b"}, "/party"),
        ({"name_zh": "库", "gln": PLACE_GLN, "uri": "urn:a:b"}, "/uri"),
        ({"name_zh": "库", "uri": "no uri"}, "/uri"),
        ({"name_zh": "库", "uri": f"https://id.gs1.org/417/{FIRM_GLN}"}, "/uri"),
        ({"name_zh": "库", "unspecified": True}, "/unspecified"),
        ({"gln": PLACE_GLN}, "/name_zh"),
    ],
)
async def test_a_bad_site_is_refused_by_field(
    client: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    assert (await refused(client, "POST", "/v1/sites", json=body))["field"] == field


async def test_a_partys_unspecified_site_stays_with_it(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    other = await register(client, "parties", name_zh="另一家")
    site = (await client.get("/v1/sites", params={"party_id": party["id"]})).json()["items"][0]
    path = f"/v1/sites/{site['id']}"
    await refused(client, "PATCH", path, json={"party_id": other["id"]})
    await refused(client, "POST", "/v1/sites", json={"name_zh": "库", "uri": party["uri"]})


async def test_the_place_that_nobody_named_does_not_change(client: httpx.AsyncClient) -> None:
    before = (await client.get("/v1/sites/0")).json()
    for change in ({"name_zh": "占用"}, {"party_id": (await register_party(client))["id"]}):
        await refused(client, "PATCH", "/v1/sites/0", json=change)
    assert (await client.get("/v1/sites/0")).json() == before


async def test_a_gln_filled_in_later_may_not_be_another_sites(client: httpx.AsyncClient) -> None:
    first = await register(client, "sites", name_zh="一号库", gln=PLACE_GLN)
    second = await register(client, "sites", name_zh="二号库")
    path = f"/v1/sites/{second['id']}"
    problem = await refused(client, "PATCH", path, 409, json={"gln": PLACE_GLN})
    assert f"id {first['id']}" in problem["detail"]
    assert (await client.patch(path, json={"gln": FIRM_GLN})).json()["gln"] == FIRM_GLN


async def test_a_product_is_known_by_its_gtin_in_fourteen_digits(client: httpx.AsyncClient) -> None:
    product = await register_product(client, gtin="6901234567892", shelf_life_days=365, brand="雀舌")
    assert (product["gtin"], product["uri"]) == (TEA, f"https://id.gs1.org/01/{TEA}")
    problem = await refused(
        client, "POST", "/v1/products", 409, json={"gtin": TEA, "name_zh": "茶", "category": "food"}
    )
    assert f"id {product['id']}" in problem["detail"]


async def test_a_growers_product_gets_a_uri_of_its_own(client: httpx.AsyncClient) -> None:
    party = await register_party(client)
    product = await register(
        client, "products", name_zh="高山野菜", category="agricultural", party=party["uri"]
    )
    assert (product["gtin"], product["party_id"]) == (None, party["id"])
    assert "/product/" in product["uri"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"gtin": "6901234567893"}, "/gtin"),
        ({"category": "toys"}, "/category"),
        ({"category": None}, "/category"),
        ({"shelf_life_days": 0}, "/shelf_life_days"),
        ({"shelf_life_days": True}, "/shelf_life_days"),
        ({"shelf_life_days": 1.5}, "/shelf_life_days"),
        ({"party": "6901234567899"}, "/party"),
        ({"uri": "urn:a:b"}, "/uri"),
        ({"lot": "L1"}, "/lot"),
    ],
)
async def test_a_bad_product_is_refused_by_field(
    client: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    body = {"gtin": TEA, "name_zh": "茶", "category": "food"} | change
    assert (await refused(client, "POST", "/v1/products", json=body))["field"] == field


async def test_a_products_gtin_does_not_change(client: httpx.AsyncClient) -> None:
    product = await register_product(client)
    path = f"/v1/products/{product['id']}"
    assert (await refused(client, "PATCH", path, json={"gtin": "4006381333931"}))["field"] == "/gtin"
    changed = (await client.patch(path, json={"specification": "250 g", "party_id": None})).json()
    assert changed["specification"] == "250 g"


async def test_products_are_found_by_what_is_on_them(client: httpx.AsyncClient) -> None:
    tea = await register_product(client)
    herb = await register(client, "products", name_en="Wild herbs", category="agricultural")
    for query, expected in (
        ({"gtin": "6901234567892"}, tea),
        ({"category": "agricultural"}, herb),
        ({"q": "HERBS"}, herb),
        ({"uri": "urn:epc:idpat:sgtin:6901234.056789.*"}, tea),
    ):
        items = (await client.get("/v1/products", params=query)).json()["items"]
        assert [row["id"] for row in items] == [expected["id"]], query


async def test_a_part_of_a_place_is_not_taken_for_the_place(client: httpx.AsyncClient) -> None:
    dock = f"https://id.gs1.org/414/{PLACE_GLN}/254/DOCK"
    await register(client, "sites", name_zh="装卸口", uri=dock)
    await register_product(client)
    body = {"gtin": TEA, "lot": "L1", "made_on": "2026-03-01", "origin_site": PLACE_GLN}
    assert (await refused(client, "POST", "/v1/batches", json=body))["field"] == "/origin_site"
    place = await register(client, "sites", name_zh="茶园", gln=PLACE_GLN)
    batch = await register_batch(client, "L1", origin_site=PLACE_GLN)
    assert batch["origin_site_id"] == place["id"]

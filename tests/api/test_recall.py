"""Recalls: opened, widened by later events, closed; evidence that stays.

mill ── flour F1 ──> plant ── noodles N1 ──> shop-a, shop-b
mill ── flour F2 ──> plant ── noodles N2 ──> shop-c          (another lot: never affected)
"""

import asyncio
import hashlib
import json
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.world import Json, capture, commission, place, receive, sell, ship, transform, uri

REASON = {
    "title_zh": "面粉召回",
    "title_en": "Flour recall",
    "reason_zh": "检出呕吐毒素超标",
    "reason_en": "Deoxynivalenol above the limit",
    "hazard_class": 1,
}


def chain(flour: str, noodles: str, *shops: str, on: int) -> list[Json]:
    """One lot of flour from the mill to the plant, made into one lot of noodles, to some shops."""
    events = [
        commission(f"flour/{flour}=100KGM", at="mill", on=on),
        ship(f"flour/{flour}=100KGM", at="mill", to="plant", on=on + 1),
        receive(f"flour/{flour}=100KGM", at="plant", source="mill", on=on + 2),
        transform([f"flour/{flour}=100KGM"], [f"noodles/{noodles}=90"], at="plant", on=on + 3),
    ]
    for shop in shops:
        events.append(ship(f"noodles/{noodles}=30", at="plant", to=shop, on=on + 4))
        events.append(receive(f"noodles/{noodles}=30", at=shop, source="plant", on=on + 5))
    return events


@pytest.fixture
async def world(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await capture(client, *chain("F1", "N1", "shop-a", "shop-b", on=1), *chain("F2", "N2", "shop-c", on=1))
    return client


async def recall(client: httpx.AsyncClient, **scope: Any) -> dict[str, Any]:
    answer = await client.post("/v1/recalls", json={**REASON, **scope})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/recalls/{made['id']}"
    return made


async def holders(client: httpx.AsyncClient, case: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    page: str | None = None
    while True:
        query = {"limit": 2} | ({"page": page} if page else {})
        answer = (await client.get(f"/v1/recalls/{case['id']}/holders", params=query)).json()
        for row in answer["items"]:
            assert (row["batch_uri"], row["site_uri"]) not in found
            found[row["batch_uri"], row["site_uri"]] = row
        page = answer["next_page"]
        if page is None:
            return found


AFFECTED = {
    (uri("flour/F1"), place("mill")),
    (uri("flour/F1"), place("plant")),
    (uri("noodles/N1"), place("plant")),
    (uri("noodles/N1"), place("shop-a")),
    (uri("noodles/N1"), place("shop-b")),
}


async def test_a_recall_names_exactly_the_affected_holders(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    found = await holders(world, case)
    assert found.keys() == AFFECTED
    assert {row["found_by"] for row in found.values()} == {"opening"}
    shop = found[uri("noodles/N1"), place("shop-a")]
    assert [balance["on_hand"] for balance in shop["balances"]] == ["30"]
    assert shop["on_hand_when_found"] == {"EA": "30"}
    assert (shop["hops"], shop["event"] is not None) == (2, True)
    since = {key: row["affected_at"][:10] for key, row in found.items()}
    assert since[uri("flour/F1"), place("mill")] == "2026-01-02"
    assert since[uri("noodles/N1"), place("plant")] == "2026-01-05"
    assert since[uri("noodles/N1"), place("shop-a")] == "2026-01-07"
    assert {batch["uri"]: batch["in_scope"] for batch in case["batches"]} == {
        uri("flour/F1"): True,
        uri("noodles/N1"): False,
    }
    assert (case["summary"]["holdings"], case["summary"]["sites"]) == (5, 4)


async def test_everything_made_from_one_input_batch_is_in_scope(world: httpx.AsyncClient) -> None:
    case = await recall(world, input_batch=uri("flour/F1"))
    assert (await holders(world, case)).keys() == AFFECTED
    assert all(batch["in_scope"] for batch in case["batches"])


async def test_several_batches_in_one_case(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("noodles/N1"), uri("noodles/N2")])
    sites = {site for _, site in await holders(world, case)}
    assert sites == {place(name) for name in ("plant", "shop-a", "shop-b", "shop-c")}


async def test_a_later_event_that_reaches_a_new_holder_widens_the_case(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    await capture(world, ship("noodles/N1=30", at="plant", to="shop-d", on=9))
    await capture(world, transform(["noodles/N1=5"], ["soup/S1=5"], at="shop-a", on=10))
    found = await holders(world, case)
    fresh = {key: row["found_by"] for key, row in found.items() if key not in AFFECTED}
    assert fresh == {
        (uri("noodles/N1"), place("shop-d")): "widening",
        (uri("soup/S1"), place("shop-a")): "widening",
    }
    now = (await world.get(f"/v1/recalls/{case['id']}")).json()
    assert now["summary"]["found_by_widening"] == 2
    assert uri("soup/S1") in {batch["uri"] for batch in now["batches"]}


async def test_an_event_on_other_goods_widens_nothing(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    await capture(world, ship("noodles/N2=30", at="plant", to="shop-d", on=9))
    assert (await holders(world, case)).keys() == AFFECTED


async def test_a_transformation_captured_late_brings_all_that_was_made_of_it(
    world: httpx.AsyncClient,
) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    await capture(
        world,
        ship("cake/C1=4", at="bakery", to="cafe", on=12),
        sell("cake/C1=4", at="cafe", on=13),
        commission("cake/C2=1", at="bakery", on=12),
    )
    await capture(world, ship("flour/F1=10KGM", at="plant", to="bakery", on=10))
    await capture(world, transform(["flour/F1=10KGM"], ["cake/C1=4"], at="bakery", on=11))
    found = await holders(world, case)
    assert (uri("cake/C1"), place("cafe")) in found
    assert not any(batch == uri("cake/C2") for batch, _ in found)


async def test_the_evidence_is_frozen_and_its_digest_right(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    before = (await world.get(f"/v1/recalls/{case['id']}/evidence")).json()
    await capture(world, ship("noodles/N1=30", at="plant", to="shop-d", on=9))
    after = (await world.get(f"/v1/recalls/{case['id']}/evidence")).json()
    assert after == before
    text = json.dumps(after["evidence"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == after["evidence_sha256"]
    assert len(after["evidence"]["holdings"]) == len(AFFECTED)


async def test_a_batch_without_events_can_be_recalled_and_widens_from_nothing(
    client: httpx.AsyncClient,
) -> None:
    gtin = uri("noodles/N9").split("/")[4]
    product = (
        await client.post("/v1/products", json={"gtin": gtin, "name_zh": "挂面", "category": "food"})
    ).json()
    batch = (
        await client.post(
            "/v1/batches", json={"product_id": product["id"], "lot": "N9", "made_on": "2026-01-01"}
        )
    ).json()
    case = await recall(client, batch=[batch["digital_link"]])
    assert (case["summary"]["holdings"], len(case["batches"])) == (0, 1)
    await capture(client, ship("noodles/N9=30", at="plant", to="shop-d", on=9))
    assert {site for _, site in await holders(client, case)} == {place("plant"), place("shop-d")}


async def test_closing(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    closed = await world.post(f"/v1/recalls/{case['id']}/close", json={"note": "全部召回 all recovered"})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert closed.json()["closing_note"] == "全部召回 all recovered"
    again = await world.post(f"/v1/recalls/{case['id']}/close", json={"note": "again"})
    assert again.status_code == 409
    await capture(world, ship("noodles/N1=30", at="plant", to="shop-d", on=9))
    assert (await holders(world, case)).keys() == AFFECTED


async def test_lists_and_filters(world: httpx.AsyncClient) -> None:
    one = await recall(world, batch=[uri("flour/F1")])
    two = await recall(world, batch=[uri("flour/F2")])
    await world.post(f"/v1/recalls/{two['id']}/close", json={"note": "done"})

    async def listed(**query: str) -> list[int]:
        answer = (await world.get("/v1/recalls", params=query)).json()
        return [row["id"] for row in answer["items"]]

    assert await listed() == [one["id"], two["id"]]
    assert await listed(status="open") == [one["id"]]
    assert await listed(batch=uri("noodles/N2")) == [two["id"]]


async def test_holders_as_csv(world: httpx.AsyncClient) -> None:
    case = await recall(world, batch=[uri("flour/F1")])
    answer = await world.get(f"/v1/recalls/{case['id']}/holders", params={"format": "csv"})
    lines = answer.text.splitlines()
    assert lines[0].startswith("\ufeff主体,Party,")
    assert len(lines) == 1 + len(AFFECTED)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"batch": ["urn:x:nowhere"], "input_batch": "urn:x:nowhere"}, ""),
        ({"batch": []}, ""),
        ({"batch": ["urn:x:l1"], "hazard_class": 4}, "/hazard_class"),
        ({"batch": ["urn:x:l1"], "title_zh": ""}, "/title_zh"),
        ({"batch": ["urn:x:l1"], "known_at": "2026-01-01T00:00:00"}, "/known_at"),
        ({"batch": ["urn:x:l1"], "known_at": "2999-01-01T00:00:00Z"}, "/known_at"),
        ({"batch": ["urn:x:l1"], "known_at": "0001-01-01T00:00:00Z"}, "/known_at"),
        ({"batch": ["urn:x:l1"], "surprise": 1}, "/surprise"),
        ({"batch": ["06901234567893 L1"]}, "batch"),
    ],
)
async def test_bad_input_names_the_field(client: httpx.AsyncClient, body: Json, field: str) -> None:
    answer = await client.post("/v1/recalls", json={**REASON, **body})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["detail_zh"]
    assert field in {error["field"] for error in problem["errors"]} or not field


async def test_unknown_batch_and_unknown_case(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/recalls", json={**REASON, "batch": ["urn:x:nowhere"]})).status_code == 404
    for path in ("", "/holders", "/evidence"):
        assert (await client.get(f"/v1/recalls/77{path}")).status_code == 404
    assert (await client.post("/v1/recalls/77/close", json={"note": "x"})).status_code == 404


async def test_no_capture_slips_past_a_case_that_is_being_opened(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Fifteen shipments to new shops race with the opening: each is found, by opening or by widening."""
    shops = [f"race-{n}" for n in range(15)]

    async def move(shop: str) -> None:
        await capture(world, ship("noodles/N1=1", at="plant", to=shop, on=20))

    async def opened() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return await recall(world, batch=[uri("flour/F1")])

    case, *_ = await asyncio.gather(opened(), *(move(shop) for shop in shops))
    found = {site for _, site in await holders(world, case)}
    assert {place(shop) for shop in shops} <= found
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT count(*) FROM recall_holding") == len(AFFECTED) + len(shops)

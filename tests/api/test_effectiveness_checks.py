"""Effectiveness checks: drawn by level under a seed that is kept, recorded, counted."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.reports.sampling import draw
from tests.api.casework import ADD_RECIPIENT, FIRMS, open_case, trade
from tests.api.registering import refused
from tests.world import Json, party

DONE = {"outcome": "effective", "method": "telephone"}


async def tell(engine: AsyncEngine, case: Json, *firms: str) -> None:
    """The case has told these."""
    async with transaction(engine) as tx:
        for firm in firms:
            await tx.sql.fetchval(ADD_RECIPIENT, case["id"], party(firm), datetime(2026, 1, 12, tzinfo=UTC))


async def drawn(client: httpx.AsyncClient, case: Json, **body: Any) -> Json:
    answer = await client.post(f"/v1/recalls/{case['id']}/checks", json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def checks(client: httpx.AsyncClient, case: Json, **query: Any) -> list[Json]:
    answer = await client.get(f"/v1/recalls/{case['id']}/checks", params=query)
    items: list[Json] = answer.json()["items"]
    return items


@pytest.fixture
async def world(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await trade(client)
    return client


async def test_a_sample_can_be_drawn_again_by_anybody_and_grows_with_the_case(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await open_case(world, check_level="B")
    await tell(engine, case, "tea-works", "retail-a", "retail-b")
    fault = await refused(world, "POST", f"/v1/recalls/{case['id']}/checks", json={})
    assert fault["field"] == "/percent"
    first = await drawn(world, case, percent=50)
    (kept,) = first["draws"]
    assert len(kept["population"]) >= 3
    sample = draw(kept["population"], Decimal(kept["percent"]), kept["seed"])
    assert {one["recipient_id"] for one in await checks(world, case)} == set(sample)

    await tell(engine, case, "trader")
    again = await drawn(world, case)
    assert {one["seed"] for one in again["draws"]} == {kept["seed"]}
    sampled_now = draw(again["draws"][-1]["population"], Decimal(50), kept["seed"])
    now = {one["recipient_id"] for one in await checks(world, case)}
    assert now == set(sample) | set(sampled_now)
    await refused(world, "POST", f"/v1/recalls/{case['id']}/checks", 409, json={"percent": 60})


async def test_every_recipient_is_checked_at_level_a_and_coverage_is_counted(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await open_case(world, check_level="A")
    await tell(engine, case, *FIRMS.values())
    await drawn(world, case)
    listed = {one["uri"]: one for one in await checks(world, case)}
    assert set(listed) == {party(firm) for firm in FIRMS.values()}
    path = f"/v1/recalls/{case['id']}/checks"
    dealer, shop = listed[party("trader")]["id"], listed[party("retail-a")]["id"]
    await world.post(f"{path}/{dealer}", json={**DONE, "at": "2026-01-13T09:00:00+08:00"})
    late = {"outcome": "not_acted", "method": "visit", "note": "仍在货架"}
    await world.post(f"{path}/{shop}", json=late)
    counted = (await world.get(f"{path}/coverage")).json()
    assert (counted["drawn"], counted["done"], counted["effective"], counted["not_effective"]) == (4, 2, 1, 1)
    assert (counted["percent_done"], counted["percent_effective"], counted["left"]) == ("50", "50", 2)
    # Looked at again: the first outcome stays on record.
    after = (await world.post(f"{path}/{shop}", json=DONE)).json()
    assert after["outcome"] == "effective"
    assert [(one["outcome"], one["note"]) for one in after["history"]] == [("not_acted", "仍在货架")]
    assert len(await checks(world, case, open="true")) == 2


async def test_level_e_checks_nobody_and_a_case_that_told_nobody_has_nobody_to_check(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await open_case(world, check_level="E", status="assessing")
    await refused(world, "POST", f"/v1/recalls/{case['id']}/checks", 409, json={})
    decided = await open_case(world, check_level="E")
    await tell(engine, decided, "trader")
    assert (await drawn(world, decided))["drawn"] == 0
    assert await checks(world, decided) == []


async def test_what_cannot_be_recorded_is_refused(world: httpx.AsyncClient, engine: AsyncEngine) -> None:
    case = await open_case(world)
    path = f"/v1/recalls/{case['id']}/checks"
    await tell(engine, case, "trader")
    await drawn(world, case)
    (one, *_) = await checks(world, case)
    early = {**DONE, "at": "2025-12-31T09:00:00+08:00"}
    assert (await refused(world, "POST", f"{path}/{one['id']}", json=early))["field"] == "/at"
    wrong = {"outcome": "perhaps", "method": "telephone"}
    assert (await refused(world, "POST", f"{path}/{one['id']}", json=wrong))["field"] == "/outcome"
    await refused(world, "POST", f"{path}/999", 404, json=DONE)
    await refused(world, "GET", "/v1/recalls/99/checks", 404)
    await refused(world, "GET", "/v1/recalls/99/checks/coverage", 404)

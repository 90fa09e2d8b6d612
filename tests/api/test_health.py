"""Is the service ready, how is it doing, and what every answer carries."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.registering import refused, register_product
from tests.owning import owning

#: Longer than any figure that a metric's value may hold by chance.
SECRET = "47114711471147114"


async def test_it_is_ready_when_the_database_has_its_schema(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    stranger = {"Authorization": ""}
    assert (await client.get("/readyz", headers=stranger)).json() == {"status": "ready"}
    async with owning(engine) as tx:
        await tx.sql.execute("UPDATE alembic_version SET version_num = '0001'")
    assert (await client.head("/readyz", headers=stranger)).status_code == 503
    assert (await client.head("/healthz", headers=stranger)).status_code == 200
    answer = await client.get("/readyz", headers=stranger)
    assert answer.status_code == 503
    assert "suyuan-service migrate" in answer.json()["detail"]
    assert "0001" in answer.json()["detail_zh"]


async def test_metrics_tell_requests_by_route_and_never_by_whose(client: httpx.AsyncClient) -> None:
    product = await register_product(client)
    await client.get(f"/v1/products/{product['id']}")
    await client.get(f"/v1/products/{SECRET}")
    text = (await client.get("/metrics")).text
    samples = {
        (sample.name, sample.labels.get("route"), sample.labels.get("status")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        # What other tests of this process asked by other methods has lines of its own.
        if sample.labels.get("method", "GET") == "GET"
    }
    route = "/v1/products/{product_id}"
    assert samples["suyuan_requests_total", route, "200"] >= 1
    assert samples["suyuan_requests_total", route, "404"] >= 1
    assert samples["suyuan_request_seconds_count", route, None] >= 2
    assert samples["suyuan_recalls_open", None, None] == 0
    assert samples["suyuan_database_bytes", None, None] > 1_000_000
    assert SECRET not in text


async def test_metrics_are_for_operators(client: httpx.AsyncClient) -> None:
    await refused(client, "GET", "/metrics", 401, headers={"Authorization": ""})
    key = await client.post("/v1/keys", json={"name": "x", "role": "operator", "permissions": ["read"]})
    await refused(client, "GET", "/metrics", 403, headers={"Authorization": f"Bearer {key.json()['key']}"})


@pytest.mark.parametrize(
    ("path", "cached"),
    [
        ("/v1/products", "no-store"),
        ("/epcis/events", "no-store"),
        ("/v1/nowhere", "no-store"),
        ("/healthz", None),
        ("/.well-known/gs1resolver", None),
    ],
)
async def test_every_answer_says_what_browsers_and_caches_may_do(
    client: httpx.AsyncClient, path: str, cached: str | None
) -> None:
    answer = await client.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers.get_list("Cache-Control") == ([] if cached is None else [cached])

"""Labels over HTTP: for who sees the batch, and exactly its link."""

import io
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.labels.lettering import find_font
from service.labels.printing import CERTIFICATE
from service.registry.ensure import NewBatch, ensure_batches
from tests.api.registering import refused, register, register_batch, register_product


def read(answer: httpx.Response) -> str:
    """The text of the symbol in a PNG answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    (symbol,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    return symbol.text


@pytest.mark.parametrize(
    "lot", ["L1", "A/B", "100%", "a+b", "?x=1&y", "'\"<>", "../..", "20260301-ABCDEFGHIJK"]
)
async def test_a_label_says_the_batchs_link(client: httpx.AsyncClient, lot: str) -> None:
    await register_product(client)
    batch = await register_batch(client, lot)
    for query in ("", "?text=elements&error_correction=H", "?module_mm=1&dpi=203&text=link"):
        answer = await client.get(f"/v1/batches/{batch['id']}/label.png{query}")
        assert read(answer) == batch["digital_link"]


async def test_a_growers_label_says_the_minted_link(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    batch = await register(client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01")
    path = f"/v1/batches/{batch['id']}/label.png"
    assert read(await client.get(path, params={"text": "elements"})) == batch["digital_link"]


@pytest.mark.parametrize("text", ["none", "elements"])
async def test_the_words_of_a_certificate_stand_under_the_symbol(
    client: httpx.AsyncClient, text: str
) -> None:
    await register_product(client)
    batch = await register_batch(client)
    path = f"/v1/batches/{batch['id']}/label"
    before = await client.get(f"{path}.png", params={"text": text})
    assert CERTIFICATE not in (await client.get(f"{path}.svg", params={"text": text})).text
    form = {"kind": "certificate", "name": CERTIFICATE}
    await client.post(f"/v1/batches/{batch['id']}/documents", data=form)
    assert f">{CERTIFICATE}</text>" in (await client.get(f"{path}.svg", params={"text": text})).text
    after = await client.get(f"{path}.png", params={"text": text})
    assert read(after) == batch["digital_link"]
    if find_font() is None:
        pytest.skip("No Chinese font here (apt-get install fonts-wqy-microhei): words are NOT looked at")
    bare, worded = (Image.open(io.BytesIO(answer.content)) for answer in (before, after))
    assert worded.height > bare.height
    below = worded.convert("L").crop((0, bare.height - 10, worded.width, worded.height))
    assert sum(below.histogram()[:128]) > 200


async def test_a_stranger_does_not_read_lots_by_their_ids(client: httpx.AsyncClient) -> None:
    await register_product(client)
    batch = await register_batch(client)
    del client.headers["Authorization"]
    for form in ("label.png", "label.svg", "labels.pdf"):
        await refused(client, "GET", f"/v1/batches/{batch['id']}/{form}", 401)


async def test_an_svg_is_served_as_one(client: httpx.AsyncClient) -> None:
    await register_product(client)
    batch = await register_batch(client)
    answer = await client.get(f"/v1/batches/{batch['id']}/label.svg", params={"text": "elements"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "(10)L1" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "query",
    [
        {"error_correction": "X"},
        {"module_mm": 0.1},
        {"module_mm": "nan"},
        {"quiet_zone": 3},
        {"dpi": 10},
        {"dpi": 1200, "module_mm": 2, "quiet_zone": 40},
        {"text": "poem"},
    ],
)
async def test_bad_options_are_refused(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    await register_product(client)
    batch = await register_batch(client)
    fault = await refused(client, "GET", f"/v1/batches/{batch['id']}/label.png", params=query)
    assert fault["field"] in query


async def test_a_batch_without_a_link_has_no_label(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        ids = await ensure_batches(tx, [NewBatch("urn:x:lot:1", None, None, of_one=False)])
    for name in ("label.png", "label.svg"):
        await refused(client, "GET", f"/v1/batches/{ids['urn:x:lot:1']}/{name}", 404)
        await refused(client, "GET", f"/v1/batches/4711/{name}", 404)
    row = (await client.get(f"/v1/batches/{ids['urn:x:lot:1']}")).json()
    assert (row["digital_link"], row["labels"]) == (None, None)

"""Batches and their documents over HTTP."""

from collections.abc import AsyncIterator
from urllib.parse import quote, unquote

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.registry.ensure import NewBatch, ensure_batches
from service.settings import settings
from tests.api.registering import (
    PLACE_GLN,
    TEA,
    refused,
    register,
    register_batch,
    register_product,
)

PDF = b"%PDF-1.7 a certificate"


async def test_a_batch_carries_the_link_its_label_says(client: httpx.AsyncClient) -> None:
    product = await register_product(client, shelf_life_days=365)
    batch = await register_batch(client, "A/B%+1", quantity="12.50", uom="KGM")
    public = settings().public_url
    assert batch["uri"] == f"https://id.gs1.org/01/{TEA}/10/A%2FB%25%2B1"
    assert batch["digital_link"] == f"{public}/01/{TEA}/10/A%2FB%25%2B1"
    assert batch["labels"]["png"] == f"{public}/v1/batches/{batch['id']}/label.png"
    assert (batch["product_id"], batch["lot"], batch["recalled"]) == (product["id"], "A/B%+1", False)
    assert (batch["made_on"], batch["expires_on"]) == ("2026-03-01", "2027-03-01")
    assert (batch["quantity"], batch["uom"]) == ("12.50", "KGM")


async def test_a_growers_batch_has_a_link_too(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="高山野菜", category="agricultural")
    for body in ({"product_id": product["id"], "lot": "A"}, {"product": product["uri"], "lot": "B"}):
        batch = await register(client, "batches", made_on="2026-03-01", **body)
        assert batch["digital_link"] == f"{product['uri']}/lot/{body['lot']}"
        assert batch["uri"] == batch["digital_link"]


async def test_numbers_are_exact_whether_number_or_text(client: httpx.AsyncClient) -> None:
    await register_product(client)
    long = "123456789012345.123456789"
    for lot, given, shown in (("a", 0.1, "0.1"), ("b", long, long), ("c", "1e3", "1000")):
        batch = await register_batch(client, lot, quantity=given, uom="KGM")
        assert batch["quantity"] == shown


async def test_a_captured_batch_is_filled_in_by_registering_it(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    uri = f"https://id.gs1.org/01/{TEA}/10/L1"
    async with transaction(engine) as tx:
        ids = await ensure_batches(tx, [NewBatch(uri, f"https://id.gs1.org/01/{TEA}", "L1", of_one=False)])
    product = await register_product(client)
    place = await register(client, "sites", name_zh="茶园", gln=PLACE_GLN)
    batch = await register_batch(client, "L1", origin_site=PLACE_GLN)
    assert (batch["id"], batch["product_id"]) == (ids[uri], product["id"])
    assert (batch["source"], batch["origin_site_id"]) == ("registered", place["id"])
    problem = await refused(
        client, "POST", "/v1/batches", 409, json={"gtin": TEA, "lot": "L1", "made_on": "2026-03-01"}
    )
    assert f"id {batch['id']}" in problem["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lot": "A B"}, "/lot"),
        ({"lot": "批号"}, "/lot"),
        ({"lot": ".."}, "/lot"),
        ({"lot": "x" * 21}, "/lot"),
        ({"lot": ""}, "/lot"),
        ({"lot": None}, "/lot"),
        ({"made_on": "2026-02-30"}, "/made_on"),
        ({"made_on": "2026-3-1"}, "/made_on"),
        ({"made_on": 0}, "/made_on"),
        ({"made_on": "2026-03-01T00:00:00"}, "/made_on"),
        ({"expires_on": "2026-02-01"}, "/expires_on"),
        ({"gtin": "4006381333931"}, "/gtin"),
        ({"gtin": None}, "/product_id"),
        ({"product_id": 1}, "/product_id"),
        ({"quantity": 5}, "/uom"),
        ({"quantity": -1, "uom": "KGM"}, "/quantity"),
        ({"quantity": "NaN", "uom": "KGM"}, "/quantity"),
        ({"quantity": "1e400", "uom": "KGM"}, "/quantity"),
        ({"quantity": "much", "uom": "KGM"}, "/quantity"),
        ({"quantity": True, "uom": "KGM"}, "/quantity"),
        ({"quantity": "0.0000000001", "uom": "KGM"}, "/quantity"),
        ({"quantity": 5, "uom": "kilos"}, "/uom"),
        ({"origin_site": "urn:nobody:1"}, "/origin_site"),
        ({"origin_site": "somewhere"}, "/origin_site"),
        ({"origin_site_id": 4711}, "/origin_site_id"),
        ({"uri": "urn:a:b"}, "/uri"),
        ({"recalled": False}, "/recalled"),
    ],
)
async def test_a_bad_batch_is_refused_by_field(
    client: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    await register_product(client)
    body = {"gtin": TEA, "lot": "L1", "made_on": "2026-03-01"} | change
    fault = await refused(client, "POST", "/v1/batches", json=body)
    assert fault["field"] == field
    assert (await client.get("/v1/batches")).json()["items"] == []


async def test_a_patch_keeps_a_batchs_dates_in_order(client: httpx.AsyncClient) -> None:
    await register_product(client)
    batch = await register_batch(client)
    path = f"/v1/batches/{batch['id']}"
    assert (await client.patch(path, json={"expires_on": "2026-09-01"})).json()["expires_on"] == "2026-09-01"
    assert (await refused(client, "PATCH", path, json={"made_on": "2026-10-01"}))["field"] == "/expires_on"
    assert (await refused(client, "PATCH", path, json={"lot": "L2"}))["field"] == "/lot"
    assert (await refused(client, "PATCH", path, json={"product_id": 1}))["field"] == "/product_id"


async def test_a_batch_is_found_by_any_form_of_its_name(client: httpx.AsyncClient) -> None:
    await register_product(client)
    batch = await register_batch(client, "L1")
    await register_batch(client, "L2")
    for text in (
        batch["uri"],
        batch["digital_link"],
        f"https://shop.example/x/01/{TEA}/10/L1?17=270301",
        "urn:epc:class:lgtin:6901234.056789.L1",
        "6901234567892 L1",
        f"{TEA}/L1",
    ):
        items = (await client.get("/v1/batches", params={"batch": text})).json()["items"]
        assert [row["id"] for row in items] == [batch["id"]], text
    assert (await refused(client, "GET", "/v1/batches", params={"batch": TEA}))["field"] == "batch"
    assert (await refused(client, "GET", "/v1/batches", params={"batch": "???"}))["field"]


async def test_batches_are_found_by_product_lot_and_days(client: httpx.AsyncClient) -> None:
    product = await register_product(client)
    early = await register_batch(client, "E", made_on="2026-03-01")
    late = await register_batch(client, "L", made_on="2026-03-31")
    for query, expected in (
        ({"product_id": product["id"]}, [early, late]),
        ({"gtin": TEA, "lot": "L"}, [late]),
        ({"made_from": "2026-03-01", "made_to": "2026-03-30"}, [early]),
        ({"made_from": "2026-03-31"}, [late]),
        ({"uri": early["uri"]}, [early]),
    ):
        items = (await client.get("/v1/batches", params=query)).json()["items"]
        assert [row["id"] for row in items] == [row["id"] for row in expected], query


async def add_certificate(client: httpx.AsyncClient, batch: int, content: bytes = PDF) -> dict[str, object]:
    answer = await client.post(
        f"/v1/batches/{batch}/documents",
        data={"kind": "certificate", "name": "承诺达标合格证", "issued_on": "2026-03-01", "number": ""},
        files={"file": ("../../合格证 1.pdf", content, "application/pdf")},
    )
    assert answer.status_code == 201, answer.text
    assert (await client.get(answer.headers["Location"])).json() == answer.json()
    return dict(answer.json())


async def test_a_certificate_and_its_file_come_back_as_they_were(client: httpx.AsyncClient) -> None:
    await register_product(client)
    batch = await register_batch(client)
    document = await add_certificate(client, batch["id"])
    listed = (await client.get(f"/v1/batches/{batch['id']}/documents")).json()["items"]
    assert listed == [document]
    assert document["number"] is None
    file = await client.get(str(document["file"]))
    assert file.content == PDF
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["content-disposition"].startswith("attachment")
    assert quote("合格证 1.pdf") in file.headers["content-disposition"]
    assert "/" not in unquote(file.headers["content-disposition"].split("''")[1])


async def test_one_file_for_two_batches_is_kept_once(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await register_product(client)
    for lot in ("A", "B"):
        await add_certificate(client, (await register_batch(client, lot))["id"])
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT count(*) FROM stored_file") == 1


async def test_a_document_of_another_batch_is_not_given_out(client: httpx.AsyncClient) -> None:
    await register_product(client)
    first, second = await register_batch(client, "A"), await register_batch(client, "B")
    document = await add_certificate(client, first["id"])
    await refused(client, "GET", f"/v1/batches/{second['id']}/documents/{document['id']}/file", 404)
    await refused(client, "GET", f"/v1/batches/{second['id']}/documents/{document['id']}", 404)


async def test_bad_documents_are_refused_and_leave_nothing(client: httpx.AsyncClient) -> None:
    await register_product(client)
    path = f"/v1/batches/{(await register_batch(client))['id']}/documents"
    good = {"kind": "test_report", "name": "GB 4789.30"}
    for data, field in (
        ({"kind": "poem", "name": "x"}, "/kind"),
        ({"kind": "certificate"}, "/name"),
        (good | {"result": "maybe"}, "/result"),
        (good | {"colour": "red"}, "/colour"),
        (good | {"issued_on": "2026-03-01", "valid_until": "2026-02-01"}, "/valid_until"),
        (good | {"name": "a\x00b"}, "/name"),
        (good | {"file": "no file"}, "/file"),
    ):
        assert (await refused(client, "POST", path, data=data))["field"] == field
    empty = {"file": ("a.pdf", b"", "application/pdf")}
    assert (await refused(client, "POST", path, data=good, files=empty))["field"] == "/file"
    await refused(client, "POST", path, 415, json=good)
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    await refused(client, "POST", path, content=b"no multipart", headers=form)
    await refused(client, "POST", "/v1/batches/77/documents", 404, data=good)
    assert (await client.get(path)).json()["items"] == []


async def test_a_file_over_the_limit_is_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register_product(client)
    path = f"/v1/batches/{(await register_batch(client))['id']}/documents"
    monkeypatch.setattr(settings(), "file_max_bytes", 2048)
    data = {"kind": "certificate", "name": "x"}
    for size in (2049, 200_000):
        await refused(client, "POST", path, 413, data=data, files={"file": ("a", b"x" * size)})
    answer = await client.post(path, data=data, files={"file": ("a", b"x" * 2048)})
    assert answer.status_code == 201


async def test_a_body_without_a_stated_length_is_bounded_too(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register_product(client)
    path = f"/v1/batches/{(await register_batch(client))['id']}/documents"
    monkeypatch.setattr(settings(), "file_max_bytes", 2048)

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 4096

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    await refused(client, "POST", path, 413, content=endless(), headers=form)


async def test_a_document_is_published_and_voided_and_stays_void(client: httpx.AsyncClient) -> None:
    await register_product(client)
    path = f"/v1/batches/{(await register_batch(client))['id']}/documents"
    sent = {"kind": "certificate", "name": "承诺达标合格证", "stated_by": "buyer", "basis": "own_test"}
    made = (await client.post(path, data=sent, files={"file": ("a.pdf", b"%PDF")})).json()
    assert (made["stated_by"], made["basis"], made["file_public"], made["voided_at"]) == (
        "buyer",
        "own_test",
        False,
        None,
    )
    one = f"{path}/{made['id']}"
    assert (await client.patch(one, json={"file_public": True})).json()["file_public"] is True
    void = (await client.patch(one, json={"void_reason": "数量有误"})).json()
    assert void["voided_at"]
    assert (void["void_reason"], void["file_public"]) == ("数量有误", True)
    await refused(client, "PATCH", one, 409, json={"void_reason": "again"})
    await refused(client, "PATCH", f"{path}/99", 404, json={})
    assert (await refused(client, "PATCH", one, json={"name": "x"}))["field"] == "/name"
    bad = sent | {"stated_by": "nobody"}
    assert (await refused(client, "POST", path, data=bad))["field"] == "/stated_by"

"""The 20 digits on a box of medicine answer as the pack that they were registered for."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import create_engine, transaction
from tests.api.complaining import PHONE, complain, only_complaint
from tests.api.recalling import recall
from tests.api.registering import TEA, refused, register, register_batch, register_party, register_product
from tests.api.test_consumer_page import heading, open_page
from tests.application import application
from tests.world import capture, gln, objects

#: Of a pack with the serial number S1, of one without any, of a case of packs, of nothing.
CODE, ALONE, CASE, NOBODYS = (f"8123456789012345678{digit}" for digit in range(4))
PACK = f"/01/{TEA}/10/L1/21/S1"
CLOCK = re.compile(r"\d\d:\d\d \(UTC\+8\)")


@pytest.fixture
async def pharmacy(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A medicine whose packs and one case have drug codes; a key of who may sell."""
    await register(client, "sites", gln=gln("shop"), name_zh="药店", region="350102")
    maker = await register_party(client, name_en="Fuzhou Pharma")
    await register_product(client, name_zh="感冒灵", name_en="Cold remedy", party_id=maker["id"])
    batch = await register_batch(client, expires_on="2090-01-01")
    path = f"/v1/batches/{batch['id']}/drug-codes"
    for level, codes in ((1, [{"code": CODE, "serial": "S1"}, {"code": ALONE}]), (2, [{"code": CASE}])):
        done = await client.post(path, json={"level": level, "codes": codes})
        assert done.status_code == 201, done.text
    return client


async def status_of(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The recall status, without the moment of asking."""
    told: dict[str, Any] = (await client.get(f"/v1/recall-status{path}")).json()
    told.pop("checked_at", None)
    return told


async def sell(client: httpx.AsyncClient, unit: str) -> None:
    body = {"unit": unit, "site": gln("shop"), "status": "dispensed", "at": "2026-03-02T20:00:00+08:00"}
    done = await client.post("/v1/units/decommission", json=body)
    assert done.status_code == 200, done.text


async def test_a_drug_code_has_the_page_and_the_status_of_its_pack(pharmacy: httpx.AsyncClient) -> None:
    leaflet = {"link_type": "gs1:epil", "href": "https://maker.example/leaflet", "title": "Leaflet"}
    await register(pharmacy, "links", thing=f"(01){TEA}(10)L1", **leaflet)
    told = await status_of(pharmacy, f"/{CODE}")
    assert told.pop("drug_code") == CODE
    assert told == await status_of(pharmacy, f"{PACK}?slowly=1")
    assert (told["status"], told["serial"], told["lot"]) == ("no_recall_known", "S1", "L1")
    html = await open_page(pharmacy, f"/p/{CODE}")
    assert heading(html) == "No recall known"
    for fact in (
        "Cold remedy",
        "Fuzhou Pharma",
        "https://maker.example/leaflet",
        "L1",
        "S1",
        f'Drug traceability code <span class="code">{CODE}',
    ):
        assert fact in html
    chinese = await open_page(pharmacy, f"/p/{CODE}/?lang=zh")
    assert "感冒灵" in chinese
    assert f'药品追溯码 <span class="code">{CODE}' in chinese
    # But for the code itself and what carries it on, the page is that of the pack.
    plain = await open_page(pharmacy, f"/p{PACK}")
    assert "Drug traceability code" not in plain
    lines = [CLOCK.sub("", page).splitlines() for page in (html, plain)]
    own = [line for line in lines[0] if line not in lines[1]]
    assert own
    assert all(CODE in line for line in own), own
    data = await pharmacy.get(f"/p/{CODE}", headers={"Accept": "application/json"})
    assert (data.status_code, data.json()["drug_code"]) == (200, CODE)
    for start in ("/p", "/v1/recall-status"):
        head = await pharmacy.head(f"{start}/{CODE}")
        assert (head.status_code, head.content, head.headers["cache-control"]) == (200, b"", "no-store")


async def test_a_pack_without_another_name_and_a_case_answer_and_tell_recalls(
    pharmacy: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    told = await status_of(pharmacy, f"/{ALONE}")
    assert (told["status"], told["lot"], told["serial"]) == ("no_recall_known", "L1", None)
    assert told["uri"] == f"urn:suyuan:drug:{ALONE}"
    assert told["unit"]["listed"]
    assert ALONE in await open_page(pharmacy, f"/p/{ALONE}")
    told = await status_of(pharmacy, f"/{CASE}")
    assert (told["status"], told["uri"], told["unit"]) == (
        "no_recall_known",
        f"https://id.gs1.org/01/{TEA}/10/L1",
        None,
    )
    assert heading(await open_page(pharmacy, f"/p/{CASE}")) == "No recall known"
    await sell(pharmacy, ALONE)
    async with transaction(engine) as tx:
        await recall(tx, 1)
    for code in (CODE, ALONE, CASE):
        assert (await status_of(pharmacy, f"/{code}"))["status"] == "recalled"
        assert heading(await open_page(pharmacy, f"/p/{code}")) == "RECALLED"
        assert heading(await open_page(pharmacy, f"/p/{code}", language="zh")) == "已召回"
    assert (await status_of(pharmacy, f"/{ALONE}"))["also"] == ["sold"]


async def test_a_medicine_that_this_service_has_numbered_answers_as_well(client: httpx.AsyncClient) -> None:
    product = await register(client, "products", name_zh="院内制剂", category="medicine")
    batch = await register(client, "batches", product_id=product["id"], lot="A/1", made_on="2026-03-01")
    body = {"codes": [{"code": CODE, "serial": "S/1"}]}
    done = await client.post(f"/v1/batches/{batch['id']}/drug-codes", json=body)
    assert done.status_code == 201, done.text
    link = {"link_type": "gs1:epil", "href": "https://hospital.example/a", "title": "说明书"}
    await register(client, "links", thing=batch["uri"], **link)
    told = await status_of(client, f"/{CODE}")
    assert (told["status"], told["serial"]) == ("no_recall_known", "S/1")
    assert told["uri"] == f"{product['uri']}/unit/S%2F1"
    assert "https://hospital.example/a" in await open_page(client, f"/p/{CODE}")


async def test_a_recall_of_one_pack_by_its_code_is_told_of_it_alone(pharmacy: httpx.AsyncClient) -> None:
    case = {
        "title_zh": "召回",
        "title_en": "Recall",
        "reason_zh": "标签有误",
        "reason_en": "Wrong label",
        "hazard_class": 2,
        "unit": [f"urn:suyuan:drug:{CODE}"],
    }
    opened = await pharmacy.post("/v1/recalls", json=case)
    assert opened.status_code == 201, opened.text
    found = [(await status_of(pharmacy, f"/{code}"))["status"] for code in (CODE, ALONE, CASE)]
    assert found == ["recalled", "no_recall_known", "check_serial"]


async def test_a_pack_that_was_dispensed_or_held_says_so_by_its_code(pharmacy: httpx.AsyncClient) -> None:
    await sell(pharmacy, CODE)
    assert heading(await open_page(pharmacy, f"/p/{CODE}")) == "Sold once"
    assert (await status_of(pharmacy, f"/{CODE}"))["unit"]["sold_on"] == ["2026-03-02"]
    assert (await status_of(pharmacy, f"/{ALONE}"))["status"] == "no_recall_known"
    await capture(pharmacy, objects(f"urn:suyuan:drug:{CODE}", step="holding", at="shop", on=2))
    for path in (f"/{CODE}", PACK):
        assert (await status_of(pharmacy, path))["status"] == "stopped"


async def test_a_code_of_nobody_is_unknown_and_a_number_of_other_length_is_refused(
    pharmacy: httpx.AsyncClient,
) -> None:
    html = await open_page(pharmacy, f"/p/{NOBODYS}", 404)
    assert heading(html) == "Unknown code"
    assert NOBODYS in html
    answer = await pharmacy.get(f"/v1/recall-status/{NOBODYS}")
    assert (answer.status_code, answer.json()["recall_status"]) == (404, "unknown")
    for number in (CODE[:-1], CODE + "0", TEA):
        fault = await refused(pharmacy, "GET", f"/v1/recall-status/{number}")
        assert (fault["field"], fault["value"], fault["rule"]) == ("code", number, "drug-code:20-digits")
        assert f"20 digits; this has {len(number)}" in fault["message"]
        assert f"此处为 {len(number)} 位" in await open_page(pharmacy, f"/p/{number}?lang=zh", 400)
    # What is not a number alone is refused as ever.
    for path in (f"{CODE}/{CODE}", f"{CODE[:-1]}x", "８" * 20):
        await open_page(pharmacy, f"/p/{path}", 400)


async def test_looks_and_complaints_by_the_code_are_of_the_pack(pharmacy: httpx.AsyncClient) -> None:
    pharmacy.headers["User-Agent"] = PHONE
    html = await open_page(pharmacy, f"/p/{CODE}")
    for code in (CODE, f"https://id.gs1.org{PACK}"):
        told = (await pharmacy.get("/v1/scans", params={"code": code})).json()
        assert told["looks"] == 1, told
    button = re.search(r'href="(/p/complain\?[^"]*)"', html)
    assert button is not None
    assert f"code={CODE}" in button[1]
    form = await pharmacy.get(button[1].replace("&amp;", "&"))
    assert "Cold remedy · L1" in form.text
    await complain(pharmacy, code=CASE)
    assert (await only_complaint(pharmacy))["lot"] == "L1"


async def test_a_silent_database_is_said_of_drug_codes_too(engine: AsyncEngine) -> None:
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app = application(away)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        assert heading(await open_page(client, f"/p/{CODE}", 503)) == "Not checked"
        answer = await client.get(f"/v1/recall-status/{CODE}")
        assert (answer.status_code, answer.json()["recall_status"]) == (503, "not_checked")
    await away.dispose()

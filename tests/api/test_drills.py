"""Drills: a mock recall measures everything, marks nothing, and gets its history.

mill ── flour F1 (100 kg) ──> plant ── noodles N1 (90) ──> shop-a 30 (sold 10), shop-b 30 (25 came), ? 20
"""

import csv
import hashlib
import io
from typing import Any

import asyncpg
import httpx
import msgspec
import pypdf
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.registering import refused, register_party
from tests.owning import owning
from tests.world import (
    Json,
    capture,
    commission,
    gln,
    gtin,
    owners,
    party,
    place,
    receive,
    sell,
    ship,
    transform,
    uri,
)

RETAILER = "retailer"


@pytest.fixture
async def world(client: httpx.AsyncClient) -> httpx.AsyncClient:
    people = [{"name": "王芳", "phone": "0591-8765432", "purpose": "recall"}]
    await register_party(client, name_zh="甲零售", uscc=None, gln=gln(RETAILER), contacts=people)
    await capture(
        client,
        commission("flour/F1=100KGM", at="mill", on=1),
        ship("flour/F1=100KGM", at="mill", to="plant", on=2),
        receive("flour/F1=100KGM", at="plant", source="mill", on=3),
        transform(["flour/F1=100KGM"], ["noodles/N1=90"], at="plant", on=4),
        ship("noodles/N1=30", at="plant", to="shop-a", on=5),
        receive("noodles/N1=30", at="shop-a", source="plant", on=6),
        sell("noodles/N1=10", at="shop-a", on=7),
        ship("noodles/N1=30", at="plant", to="shop-b", on=5),
        receive("noodles/N1=25", at="shop-b", source="plant", on=6),
        ship("noodles/N1=20", at="plant", on=8),
        master=owners(**{"shop-a": RETAILER}),
    )
    return client


async def drill(client: httpx.AsyncClient, **asked: Any) -> Json:
    answer = await client.post("/v1/drills", json=asked)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    assert answer.headers["Location"] == f"/v1/drills/{made['id']}"
    return made


def lines(report: Json, group: str) -> dict[str, Json]:
    return {line["uom"]: line for line in report["balance"][group]}


async def test_a_drill_accounts_for_every_quantity_and_names_what_is_left(world: httpx.AsyncClient) -> None:
    made = await drill(world, input_batch=uri("flour/F1"), note="年度演练")
    report = made["report"]
    scope = lines(report, "scope")
    # The flour is all used; of 90 packs of noodles 5 were lost on the way, 20 went nobody knows where.
    assert scope["KGM"]["consumed"] == "100"
    assert scope["KGM"]["percent"] == "100"
    noodles = scope["EA"]
    assert {state: noodles[state] for state in ("produced", "on_hand", "sold", "missing", "surplus")} == {
        "produced": "90",
        "on_hand": "55",
        "sold": "10",
        "missing": "25",
        "surplus": "0",
    }
    assert noodles["percent"] == "72.22"
    assert made["percent"] == 72.22
    assert [(piece["kind"], piece["quantity"], piece["site"]["uri"]) for piece in report["unexplained"]] == [
        ("destination_unknown", "20", place("plant")),
        ("short_on_arrival", "5", place("shop-b")),
    ]
    assert {"destination_unknown", "quantity_difference"} <= report["gaps_by_kind"].keys()
    assert made["gaps"] == sum(report["gaps_by_kind"].values())
    assert made["gaps"] == sum(one["gaps"] for one in report["holders"]) + report["gaps_without_party"]
    digest = hashlib.sha256(msgspec.json.encode(report, order="sorted")).hexdigest()
    assert made["report_sha256"] == digest


async def test_a_drill_says_who_can_be_told_and_who_cannot(world: httpx.AsyncClient) -> None:
    made = await drill(world, batch=[uri("noodles/N1")])
    told = {one["uri"]: one for one in made["report"]["holders"]}
    retailer = told.pop(party(RETAILER))
    assert retailer["reachable"]
    assert retailer["contact"] == {"name": "王芳", "phone": "0591-8765432"}
    assert not any(one["reachable"] for one in told.values())
    assert {place("plant"), place("shop-b")} <= told.keys()
    assert (made["reachable"], made["holders"]) == (1, len(told) + 1)
    # Those whom nobody can tell come first.
    assert made["report"]["holders"][-1]["uri"] == party(RETAILER)


async def test_a_drill_marks_nothing_and_tells_nobody(world: httpx.AsyncClient, engine: AsyncEngine) -> None:
    link = f"/01/{gtin('noodles')}/10/N1"
    before = (await world.get(f"/v1/recall-status{link}")).json()
    await drill(world, input_batch=uri("flour/F1"))
    after = (await world.get(f"/v1/recall-status{link}")).json()
    assert before["status"] == after["status"] != "recalled"
    page = await world.get(f"/p{link}", headers={"Accept-Language": "zh"})
    assert "已召回" not in page.text
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT count(*) FROM recall_batch") == 0
        assert await tx.sql.fetchval("SELECT count(*) FROM notice") == 0


async def test_the_full_list_of_a_drill_can_be_had_later_as_it_was(world: httpx.AsyncClient) -> None:
    made = await drill(world, batch=[uri("noodles/N1")])
    await capture(world, ship("noodles/N1=5", at="shop-a", to="late", on=20))
    answer = await world.get(f"/v1/drills/{made['id']}/holders.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["场所标识 Site URI"] for row in rows} >= {place("shop-a"), place("shop-b")}
    assert place("late") not in {row["场所标识 Site URI"] for row in rows}
    assert len(rows) >= made["holdings"]


async def test_the_report_for_the_auditor_is_a_pdf_that_says_the_same(world: httpx.AsyncClient) -> None:
    made = await drill(world, input_batch=uri("flour/F1"), note="年度演练")
    answer = await world.get(f"/v1/drills/{made['id']}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for part in (
        "追溯与召回演练报告",
        "Traceability and mock recall report",
        made["number"],
        "年度演练",
        "72.22",
        "发往未知去处",
        "无联系方式",
        "不标记任何批次",
        f"第 1 页，共 {len(reader.pages)} 页",
    ):
        assert part in text, part
    assert (await world.get(f"/v1/drills/{made['id']}/report.pdf")).content == answer.content


async def test_the_history_shows_that_drills_get_better(world: httpx.AsyncClient) -> None:
    first = await drill(world, batch=[uri("noodles/N1")])
    # The receipt that was left out is captured late: the goods are found, a gap less.
    await capture(world, receive("noodles/N1=20", at="shop-c", source="plant", on=9))
    second = await drill(world, batch=[uri("noodles/N1")])
    other = await drill(world, batch=[uri("flour/F1")])
    assert (first["percent"], second["percent"]) == (72.22, 94.44)
    listed = (await world.get("/v1/drills", params={"product": first["product_ids"][0]})).json()
    assert [line["number"] for line in listed["items"]] == [first["number"], second["number"]]
    params = {"product": first["product_ids"][0]}
    history = (await world.get("/v1/drills/history", params=params)).json()
    trend = {one["measure"]: one for one in history["trends"]}
    assert (trend["percent"]["since_before"], trend["percent"]["over_all"]) == ("better", "better")
    assert (trend["percent"]["first"], trend["percent"]["latest"]) == (72.22, 94.44)
    assert trend["gaps"]["since_before"] == "better"
    assert other["number"] not in {line["number"] for line in history["drills"]}


async def test_a_product_and_days_are_a_scope(world: httpx.AsyncClient) -> None:
    made = await drill(world, product=gtin("noodles"), made_from="2026-01-01", made_to="2026-01-31")
    assert [start["uri"] for start in made["report"]["starts"]] == [uri("noodles/N1")]
    assert made["scope"]["made_from"] == "2026-01-01"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"batch": ["a"], "input_batch": "b"},
        {"product": "a"},
        {"batch": ["a"], "made_from": "2026-01-01"},
        {"product": "a", "made_from": "2026-01-01"},
    ],
)
async def test_a_scope_that_is_not_clear_is_refused(client: httpx.AsyncClient, asked: Json) -> None:
    await refused(client, "POST", "/v1/drills", json=asked)


async def test_what_is_not_here_is_said_so(client: httpx.AsyncClient) -> None:
    await refused(client, "POST", "/v1/drills", 404, json={"batch": [uri("noodles/N9")]})
    for path in ("/v1/drills/7", "/v1/drills/7/report.pdf", "/v1/drills/7/holders.csv"):
        await refused(client, "GET", path, 404)


async def test_what_a_drill_found_never_changes(world: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await drill(world, batch=[uri("noodles/N1")])
    for statement in ("UPDATE drill SET percent = 100", "DELETE FROM drill"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owning(engine) as tx:
                await tx.sql.execute(statement)

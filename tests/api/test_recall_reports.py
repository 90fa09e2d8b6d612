"""Documents of a case: written from what is known, missing items named, frozen when filed."""

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
from tests.api.casework import come_back, open_case, say, trade
from tests.api.registering import refused
from tests.owning import owning
from tests.world import Json

#: The eight items of 食品召回管理办法.
EIGHT = (
    "责任主体",
    "涉及产品",
    "原因与危害",
    "级别、流程与时限",
    "公告内容与发布",
    "经营者的义务",
    "处置措施与费用",
    "预期效果",
)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def facts(content: Json) -> dict[str, Json]:
    return {
        fact["key"]: fact
        for section in content["sections"]
        for part in section["parts"]
        for fact in part.get("facts", ())
    }


async def draft(client: httpx.AsyncClient, case: Json, document: str) -> Json:
    answer = await client.get(f"/v1/recalls/{case['id']}/reports/draft", params={"document": document})
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def filed(client: httpx.AsyncClient, case: Json, document: str, **more: Any) -> Json:
    answer = await client.post(f"/v1/recalls/{case['id']}/reports", json={"document": document, **more})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    assert answer.headers["Location"] == f"/v1/recalls/{case['id']}/reports/{made['id']}"
    return made


@pytest.fixture
async def world(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await trade(client)
    return client


async def test_a_food_plan_has_its_eight_items_and_lists_what_is_missing(world: httpx.AsyncClient) -> None:
    case = await open_case(world, contact={"phone": "400-800-1234"})
    plan = await draft(world, case, "plan")
    headings = [section["heading_zh"] for section in plan["content"]["sections"]]
    assert headings == [f"{number}. {item}" for number, item in enumerate(EIGHT, 1)]
    # Nobody said these, and nobody made them up.
    assert {"legal_representative", "address", "brand", "remedy", "disposal", "costs"} <= set(plan["missing"])
    told = facts(plan["content"])
    assert (told["disposal"]["value_zh"], told["disposal"]["missing"]) == ("", True)
    assert told["phone"]["value_zh"] == "400-800-1234"
    assert told["planned"]["value_zh"] == "100 EA"
    assert "沙门氏菌" in told["reason"]["value_zh"]


async def test_a_filed_plan_is_frozen_and_meets_its_deadline(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await open_case(world, profile="CN_DRUG")
    stated = {"disposal": {"zh": "集中销毁", "en": "destroyed"}, "health_evaluation": {"zh": "可致腹泻"}}
    plan = await filed(world, case, "plan", stated=stated)
    assert facts(plan["content"])["disposal"]["value_en"] == "destroyed"
    digest = hashlib.sha256(msgspec.json.encode(plan["content"], order="sorted")).hexdigest()
    assert plan["content_sha256"] == digest
    path = f"/v1/recalls/{case['id']}/reports/{plan['id']}"
    pdf = (await world.get(f"{path}/report.pdf")).content
    assert hashlib.sha256(pdf).hexdigest() == plan["pdf_sha256"]
    deadlines = (await world.get(f"/v1/recalls/{case['id']}/deadlines")).json()["items"]
    (due,) = [one for one in deadlines if one["document"] == "plan"]
    assert due["met_at"] is not None

    await come_back(world)
    assert (await world.get(path)).json() == plan
    assert (await world.get(f"{path}/report.pdf")).content == pdf
    for statement in ("UPDATE filed_report SET note = 'other'", "DELETE FROM filed_report"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owning(engine) as tx:
                await tx.sql.execute(statement)


async def test_the_plan_on_paper_says_what_the_plan_says(world: httpx.AsyncClient) -> None:
    case = await open_case(world, remedy_zh="全额退款", remedy_en="Full refund")
    plan = await filed(world, case, "plan", stated={"disposal": {"zh": "在监管下销毁"}})
    answer = await world.get(f"/v1/recalls/{case['id']}/reports/{plan['id']}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = text_of(answer.content)
    for part in (
        "食品召回计划",
        "Food recall plan",
        case["number"],
        "福州茶厂",
        "T1",
        "全额退款",
        "在监管下销毁",
    ):
        assert part in text, part
    assert "缺，未填写" in text
    assert "MISSING, not stated" in text
    pages = len(pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert f"第 {pages} 页，共 {pages} 页" in text


async def test_progress_reports_count_this_period_and_all(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await open_case(world)
    first = await filed(world, case, "progress_report")
    await come_back(world)
    second = await filed(world, case, "progress_report", stated={"next_steps": {"zh": "继续追回"}})
    async with transaction(engine) as tx:
        await say(tx, case, "retail-b", quarantined=20)
        await say(tx, case, "retail-a", returned=12)
    third = await filed(world, case, "progress_report")
    assert [one["number"] for one in (first, second, third)] == [1, 2, 3]
    assert [quantity(one, "本期召回 This period") for one in (first, second, third)] == ["0", "40", "20"]
    assert [quantity(one, "累计召回 Recovered") for one in (first, second, third)] == ["0", "40", "60"]
    assert quantity(third, "占应召回 % Of planned %") == "60"
    assert second["since_at"] == first["until_at"]
    text = text_of((await world.get(f"/v1/recalls/{case['id']}/reports/{third['id']}/report.pdf")).content)
    # In a narrow column.
    assert "不一致DIFFERS" in "".join(text.split())
    assert "乙店" in text
    listed = (await world.get(f"/v1/recalls/{case['id']}/reports")).json()["items"]
    assert [one["id"] for one in listed] == [first["id"], second["id"], third["id"]]


def quantity(report: Json, column: str) -> str:
    for section in report["content"]["sections"]:
        for part in section["parts"]:
            if column in part.get("columns", ()):
                cell: str = part["rows"][0][part["columns"].index(column)]
                return cell
    raise AssertionError(column)


@pytest.mark.parametrize(
    ("profile", "documents"),
    [
        ("CN_FOOD", {"plan": "食品召回计划", "progress_report": "进展报告", "final_report": "召回总结报告"}),
        ("CN_DRUG", {"plan": "药品召回计划", "progress_report": "进展报告", "final_report": "召回总结报告"}),
        ("CN_CONSUMER", {"plan": "召回计划", "progress_report": "进展报告", "final_report": "召回总结报告"}),
        ("US_FOOD", {"plan": "7.42", "progress_report": "7.53", "final_report": "Final recall report"}),
        ("EU_FOOD", {"progress_report": "Recall progress report", "final_report": "Final recall report"}),
    ],
)
async def test_every_profile_has_its_documents(
    world: httpx.AsyncClient, profile: str, documents: dict[str, str]
) -> None:
    case = await open_case(world, profile=profile)
    await come_back(world)
    for document, title in documents.items():
        told = await draft(world, case, document)
        assert title in told["content"]["title_zh"] + told["content"]["title_en"]
    answer = await world.get(
        f"/v1/recalls/{case['id']}/reports/draft", params={"document": "progress_report", "format": "pdf"}
    )
    assert documents["progress_report"] in text_of(answer.content)


async def test_a_final_report_tells_the_course_of_the_case(world: httpx.AsyncClient) -> None:
    case = await open_case(world)
    await come_back(world)
    moved = await world.post(f"/v1/recalls/{case['id']}/moves", json={"to": "completed", "note": "已收回"})
    assert moved.status_code == 200, moved.text
    report = await filed(
        world, case, "final_report", stated={"evaluation": {"zh": "有效", "en": "effective"}}
    )
    assert report["content"]["recovered"] == {"EA": "40"}
    rows = report["content"]["sections"][-1]["parts"][0]["rows"]
    assert [row[1] for row in rows] == ["open", "completed"]
    assert "evaluation" not in report["content"]["missing"]
    assert "cause_found" in report["content"]["missing"]


async def test_the_public_notice_says_it_in_both_languages_and_on_paper(world: httpx.AsyncClient) -> None:
    case = await open_case(world, remedy_zh="全额退款", contact={"name": "李强", "phone": "400-800-1234"})
    path = f"/v1/recalls/{case['id']}/public-notice"
    notice = (await world.get(path)).json()
    assert notice["heading"] == {"zh": "食品召回公告", "en": "Food recall notice"}
    assert [(each["name"]["zh"], each["lots"]) for each in notice["products"]] == [("茉莉花茶", ["T1"])]
    assert notice["responsible"]["zh"] == "福州茶厂"
    assert notice["missing"] == ["advice", "distribution"]
    assert notice["softening"] == []
    text = text_of((await world.get(path, params={"format": "pdf"})).content)
    for part in (
        "食品召回公告",
        "茉莉花茶",
        "T1",
        "沙门氏菌",
        "Salmonella",
        "400-800-1234",
        "全额退款",
        case["number"],
    ):
        assert part in text, part
    await filed(world, case, "public_notice")
    deadlines = (await world.get(f"/v1/recalls/{case['id']}/deadlines")).json()["items"]
    # Publishing starts the clock of the completion.
    assert [one["document"] for one in deadlines if one["rule"] == "completion"] == ["completion"]


async def test_a_notice_that_softens_the_danger_is_warned_of_and_not_filed(world: httpx.AsyncClient) -> None:
    soft = {"reason_zh": "出于谨慎，自愿召回", "reason_en": "A precautionary recall"}
    case = await open_case(world, **soft)
    notice = (await world.get(f"/v1/recalls/{case['id']}/public-notice")).json()
    assert [word["word"] for word in notice["softening"]] == ["出于谨慎", "自愿", "precautionary"]
    answer = await world.post(f"/v1/recalls/{case['id']}/reports", json={"document": "public_notice"})
    assert answer.status_code == 400
    assert [fault["value"] for fault in answer.json()["errors"]] == ["出于谨慎", "自愿", "precautionary"]
    assert "softening" in facts((await draft(world, case, "plan"))["content"])


async def test_what_cannot_be_filed_is_refused(world: httpx.AsyncClient) -> None:
    case = await open_case(world, profile="EU_FOOD")
    path = f"/v1/recalls/{case['id']}/reports"
    assert (await refused(world, "POST", path, json={"document": "plan"}))["field"] == "document"
    typed = {"document": "progress_report", "stated": {"recovered": {"zh": "100"}}}
    assert (await refused(world, "POST", path, json=typed))["field"] == "/stated/recovered"
    notice = {"document": "public_notice", "stated": {"disposal": {"zh": "销毁"}}}
    assert (await refused(world, "POST", path, json=notice))["field"] == "/stated"
    await refused(world, "POST", path, json={"document": "poem"})
    await refused(world, "GET", f"{path}/9", 404)
    await refused(world, "GET", f"{path}/9/report.pdf", 404)
    await refused(world, "GET", "/v1/recalls/99/public-notice", 404)
    await refused(world, "GET", "/v1/recalls/99/reports", 404)
    await refused(world, "GET", "/v1/recalls/99/reports/draft?document=plan", 404)
    await world.post(f"/v1/recalls/{case['id']}/moves", json={"to": "cancelled", "note": "误启动"})
    await refused(world, "POST", path, 409, json={"document": "progress_report"})

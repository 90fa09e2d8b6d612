"""Whole cases on a clock that the test moves: food of class 1 with some 200 holders, a medicine with serials.

Set `SUYUAN_CASE_FILES` to a folder to keep the files of what happened when.
"""

import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.notices.later import do_what_is_due
from suyuan import AsyncSuyuan
from suyuan.demo import World
from suyuan.demo.posting import Posting
from tests.api.registering import register, register_party
from tests.api.story import Json, Story
from tests.world import capture, commission, gln, gtin, owners, place, receive, ship, uri

#: Monday before the National Day of 2026, nine in the morning in Shanghai.
BEGINS = datetime(2026, 9, 28, 1, tzinfo=UTC)
SHOPS = 185
WORDS = {
    "title_zh": "面粉及其制品召回",
    "title_en": "Recall of flour and what was made of it",
    "reason_zh": "检出黄曲霉毒素 B1 超过国家标准限量",
    "reason_en": "Aflatoxin B1 above the limit of the national standard was found",
    "advice_zh": "请停止食用，退回购买处",
    "advice_en": "Do not eat it; take it back to where you bought it",
    "remedy_zh": "凭商品或包装全额退款",
    "remedy_en": "Full refund against the goods or the pack",
    "distribution_zh": "福建、广东",
    "distribution_en": "Fujian, Guangdong",
    "contact": {"name": "质量部", "phone": "400-820-1234", "email": "recall@mill.test"},
}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Where the files of what happened when go."""
    return Path(os.environ.get("SUYUAN_CASE_FILES", tmp_path))


def story_of(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, title: str) -> Story:
    story = Story(client, title, BEGINS)
    monkeypatch.setattr(clock, "now", story)
    return story


async def demo_world_with_shops(client: httpx.AsyncClient, admin_key: str) -> str:
    """The small demo world, and further shops that got contaminated noodles; the batch of flour."""
    async with AsyncSuyuan("http://testserver", admin_key, transport=client._transport) as ours:
        truth = (await Posting(ours, World.generate(1, "small")).post()).truth
    assert truth is not None
    noodles = max(
        (holder for holder in truth.holders if holder.batch_uri != truth.contaminated.uri),
        key=lambda holder: holder.on_hand,
    )
    run = {f"corner-{n}": f"grocer-{n}" for n in range(SHOPS)}
    for n in range(SHOPS):
        contact = [{"name": "店长", "email": f"shop{n}@grocer.test", "purpose": "recall"}]
        await register_party(
            client,
            uscc=None,
            gln=gln(f"grocer-{n}"),
            name_zh=f"第 {n} 便民店",
            region="350102",
            contacts=contact,
        )
    goods = f"{noodles.batch_uri}=2EA"
    moves = [ship(goods, at=noodles.site_uri, to=shop, on=70) for shop in run]
    moves += [receive(goods, at=shop, source=noodles.site_uri, on=71) for shop in list(run)[:-5]]
    await capture(client, *moves, master=owners(**run))
    return truth.contaminated.uri


async def goods_of(story: Story, case: Json) -> dict[int, list[Json]]:
    """party -> what the records say that it has, by batch and unit."""
    found: dict[int, list[Json]] = defaultdict(list)
    for row in await story.all(f"/v1/recalls/{case['id']}/holders"):
        if row["party_id"] is not None:
            found[row["party_id"]] += [{**one, "batch_id": row["batch_id"]} for one in row["balances"]]
    return found


def line_of(goods: list[Json], *, missing: int = 0) -> list[Json]:
    """An answer: all that is there was set aside; `missing`: so many fewer came than the records say."""
    lines: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in goods:
        total = lines[one["batch_id"], one["uom"]]
        total[0] += float(one["received"])
        total[1] += max(0.0, float(one["on_hand"]))
    return [
        {
            "batch_id": batch,
            "uom": uom,
            "received": max(0, received - missing),
            "on_hand": 0,
            "quarantined": max(0, there - missing),
        }
        for (batch, uom), (received, there) in lines.items()
    ]


async def answer(story: Story, case: Json, who: Json, body: Json) -> Json:
    return await story.post(
        f"/v1/recalls/{case['id']}/recipients/{who['id']}/answers", {"by": "店长", **body}
    )


async def test_a_food_recall_of_class_1_from_the_first_report_to_its_end(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    admin_key: str,
    monkeypatch: pytest.MonkeyPatch,
    files: Path,
) -> None:
    flour = await demo_world_with_shops(client, admin_key)
    story = story_of(client, monkeypatch, "A food recall, class 1 食品一级召回")
    recalls = "/v1/recalls"

    # The report comes in; somebody looks before anything is decided.
    seen = await story.post(f"{recalls}/preview", {"batch": [flour], "compare": True})
    reach = {line["level"]: line["reach"] for line in seen["compared"]}
    assert reach["batch"] == seen["reach"]
    holdings, parties = (reach["batch"][name] for name in ("holdings", "parties"))
    story.tell(f"preview of the flour lot: {holdings} holdings of {parties} parties")
    case = await story.post(
        recalls,
        {
            **WORDS,
            "batch": [flour],
            "hazard_class": 2,
            "status": "assessing",
            "cause": "failed_inspection",
            "cause_reference": [{"number": "GC26350100231", "issued_by": "福建省食品检验院"}],
        },
    )
    path = f"{recalls}/{case['id']}"
    story.tell(f"report GC26350100231 of a failed sample; case {case['number']} is being assessed")
    assert await story.all("/v1/notices", recall=case["id"]) == []

    # Decided, told, published, planned: all within the first day.
    story.pass_by(hours=4)
    await story.post(f"{path}/moves", {"to": "open", "hazard_class": 1, "note": "复核确认超标"})
    told = await story.all(f"{path}/recipients")
    made = await story.all("/v1/notices", recall=case["id"])
    assert len(told) == len({row["id"] for row in told}) > 190
    assert {notice["kind"] for notice in made} == {"first"}
    story.tell(f"decided: class 1; {len(made)} first notices are made for {len(told)} recipients")
    story.pass_by(hours=2)
    for document in ("public_notice", "plan"):
        stated = {
            key: {"zh": "见附件", "en": "see the annex"}
            for key in (await story.get(f"{path}/reports/draft", document=document))["missing"]
        }
        filed = await story.post(f"{path}/reports", {"document": document, "stated": stated})
        story.tell(f"{document} filed, SHA-256 {filed['content_sha256'][:12]}…")
    due = {row["rule"]: row for row in (await story.get(f"{path}/deadlines"))["items"]}
    assert (due["start"]["met_at"] is not None, due["completion"]["due_at"]) == (True, "2026-10-16T15:59:59Z")
    story.tell("the clock of the completion runs: due 2026-10-16, ten working days over the National Day")

    # Holders answer; some with differences, one has passed goods on, some stay silent.
    story.pass_by(hours=18)
    goods = await goods_of(story, case)
    holders = [row for row in told if row["party_id"] in goods and goods[row["party_id"]]]
    silent, different = holders[::7], holders[3::7]
    buyer = {"name": "王家小吃", "email": "wang@eatery.test", "quantity": 1}
    answered = differing = 0
    for who in holders:
        if who in silent:
            continue
        own = goods[who["party_id"]]
        body: Json = {"lines": line_of(own, missing=1 if who in different else 0)}
        if who is holders[1]:
            body["passed_on"] = [{**buyer, "batch_id": own[0]["batch_id"], "uom": own[0]["uom"]}]
        taken = await answer(story, case, who, body)
        answered += 1
        differing += bool(taken["differences"])
        if who is holders[1]:
            assert taken["told"] == ["王家小吃"]
    story.tell(f"{answered} holders have answered, {differing} of them with differences to the events")
    story.tell("one holder names its buyer 王家小吃, who is told, too")
    assert differing >= len(different) - 1
    assert len(await story.all(f"{path}/recipients")) == len(told) + 1

    # Goods move after the stop: the event is kept, the case widens, an alarm is raised.
    batch = next(row for row in await story.all(f"{path}/holders") if row["site_uri"] == place("corner-0"))
    moved = ship(f"{batch['batch_uri']}=1EA", at="corner-0", to="kiosk-9", on=271)
    await capture(
        client, {**moved, "eventTime": story.now.isoformat()}, master=owners(**{"kiosk-9": "stranger"})
    )
    alarms = await story.all(f"{path}/alarms")
    assert [(alarm["kind"], alarm["from_site_uri"]) for alarm in alarms] == [("shipped", place("corner-0"))]
    now = await story.get(path)
    assert now["summary"]["found_by_widening"] == 1
    story.tell("第 0 便民店 ships 1 EA after the stop: alarm; the case reaches the kiosk that gets it")

    # The silent are reminded, then the authority hears of them.
    for _ in range(12):
        story.pass_by(hours=6)
        await do_what_is_due(engine, story.now)
    kinds: dict[str, int] = defaultdict(int)
    for notice in await story.all("/v1/notices", recall=case["id"]):
        kinds[notice["kind"]] += 1
    assert kinds["reminder"] >= len(silent)
    assert kinds["escalation"] >= 1
    story.tell(
        f"{kinds['reminder']} reminders, {kinds['escalation']} escalations; {len(silent)} holders are silent"
    )

    # Effectiveness checks: class 1, all of them.
    coverage = await story.post(f"{path}/checks", {})
    checks = await story.all(f"{path}/checks")
    assert (case["check_level"], (await story.get(path))["check_level"]) == ("B", "A")
    for check in checks[:20]:
        await story.post(f"{path}/checks/{check['id']}", {"outcome": "effective", "method": "visit"})
    story.tell(f"effectiveness checks: {len(checks)} drawn, {min(20, len(checks))} made")
    assert coverage

    # Progress, computed; the periodic report.
    story.pass_by(days=7)
    progress = await story.get(f"{path}/progress")
    assert progress
    filed = await story.post(f"{path}/reports", {"document": "progress_report"})
    story.tell(f"progress report no. {filed['number']} filed")

    # The rest answers; the case is completed and closed in time.
    for who in silent:
        await answer(story, case, who, {"lines": line_of(goods[who["party_id"]])})
    story.tell("the silent have answered after visits")
    await story.post(f"{path}/moves", {"to": "completed"})
    due = {row["rule"]: row for row in (await story.get(f"{path}/deadlines"))["items"]}
    assert due["completion"]["met_at"] < due["completion"]["due_at"]
    story.tell("completed, before its deadline")
    filed = await story.post(f"{path}/reports", {"document": "final_report"})
    for document in ("authority_report", "reinspection_request", "follow_up_report"):
        await story.post(f"{path}/deadlines", {"document": document, "note": "not contested"})
    story.pass_by(days=1)
    closed = await story.post(f"{path}/moves", {"to": "closed", "note": "全部处置完毕 all disposed of"})
    story.tell(f"final report filed; case {closed['number']} is closed")

    deadlines = await story.get(f"{path}/deadlines")
    assert deadlines["overdue"] == 0
    assert await story.all(f"{recalls}/deadlines", overdue=True) == []
    history = await story.get(f"{path}/history")
    assert [step["to_status"] for step in history["moves"]] == ["assessing", "open", "completed", "closed"]
    assert history["broken_at"] is None
    page = "/v1/recall-status" + flour.removeprefix("https://id.gs1.org")
    assert (await client.get(page)).json()["status"] == "recalled"
    story.tell("the history of four moves fits; the page of the lot still says: recalled")
    text = story.write(files / "food-recall.md")
    assert text.count("\n| 20") == len(story.lines)


async def test_a_medicine_is_recalled_by_serial_number_and_the_other_packs_are_still_dispensed(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    holder = await register_party(client, name_zh="福州制药")
    await register(
        client,
        "products",
        name_zh="阿莫西林胶囊",
        category="medicine",
        gtin=gtin("pills"),
        party_id=holder["id"],
    )
    batch = await register(
        client, "batches", gtin=gtin("pills"), lot="M1", made_on="2026-03-01", expires_on="2029-02-28"
    )
    await client.post(
        f"/v1/batches/{batch['id']}/serials", json={"serials": [f"S{n:05d}" for n in range(1, 201)]}
    )
    run = {"works": "holder", "wholesale": "dealer", **{f"pharmacy-{n}": f"chemist-{n}" for n in range(4)}}
    moves = [
        commission("pills/M1=200EA", at="works", on=60),
        ship("pills/M1=200EA", at="works", to="wholesale", on=61),
        receive("pills/M1=200EA", at="wholesale", source="works", on=62),
    ]
    for n in range(4):
        moves.append(ship("pills/M1=50EA", at="wholesale", to=f"pharmacy-{n}", on=63))
        moves.append(receive("pills/M1=50EA", at=f"pharmacy-{n}", source="wholesale", on=64))
    await capture(client, *moves, master=owners(**run))

    story = story_of(client, monkeypatch, "A medicine recalled by serial number, class 1 药品一级召回")
    head = f"https://id.gs1.org/01/{gtin('pills')}/21/"
    scope = {"unit_range": [{"first": head + "S00101", "last": head + "S00150"}]}
    seen = await story.post("/v1/recalls/preview", {**scope, "compare": True})
    assert (seen["reach"]["units"], seen["reach"]["holdings"]) == (50, 6)
    story.tell("preview: 50 packs by serial number, in a lot that 6 parties hold or held")
    case = await story.post(
        "/v1/recalls", {**WORDS, **scope, "title_zh": "阿莫西林胶囊召回", "hazard_class": 1}
    )
    path = f"/v1/recalls/{case['id']}"
    assert (case["profile"], case["summary"]["holdings"]) == ("CN_DRUG", 6)
    story.tell(f"case {case['number']} is open: packs S00101 to S00150 of lot M1")

    async def dispensed(serial: str) -> int:
        body = {"unit": head + serial, "status": "dispensed", "site": place("pharmacy-0")}
        return (await client.post("/v1/units/decommission", json=body)).status_code

    assert await dispensed("S00100") in (200, 201)
    assert await dispensed("S00101") == 409
    story.tell("S00100 is dispensed; S00101 is refused at the till")
    lot = f"/v1/recall-status/01/{gtin('pills')}/10/M1"
    assert (await client.get(lot)).json()["status"] == "check_serial"
    assert (await client.get(f"{lot}/21/S00150")).json()["status"] == "recalled"
    assert (await client.get(f"{lot}/21/S00151")).json()["status"] == "no_recall_known"

    for document in ("stop_notice", "investigation_report", "plan"):
        await story.post(f"{path}/deadlines", {"document": document})
    story.tell("stop notice, investigation report and plan are filed on the first day")
    for day in range(1, 4):
        story.pass_by(days=1)
        await story.post(f"{path}/reports", {"document": "progress_report"})
        story.tell(f"daily progress report no. {day}")
    assert (await story.get(f"{path}/deadlines"))["overdue"] == 0
    story.pass_by(days=2)
    late = await story.all("/v1/recalls/deadlines", overdue=True)
    assert [(row["rule"], row["occurrence"]) for row in late] == [("progress_report", 4)]
    story.tell("nobody reported for two days: one daily report is overdue on the board")
    await story.post(f"{path}/reports", {"document": "progress_report"})
    await story.post(f"{path}/moves", {"to": "completed"})
    due = {row["rule"]: row for row in (await story.get(f"{path}/deadlines"))["items"]}
    assert due["final_report"]["due_at"] == "2026-10-20T15:59:59Z"
    await story.post(f"{path}/reports", {"document": "final_report"})
    await story.post(f"{path}/moves", {"to": "closed", "note": "50 packs destroyed"})
    story.tell("completed, final report filed within its ten working days, closed")
    assert (await story.get(f"{path}/deadlines"))["overdue"] == 0
    assert (await client.get(f"{lot}/21/S00150")).json()["status"] == "recalled"
    assert (await story.get(f"{path}/history"))["broken_at"] is None
    assert uri("pills/M1") in {row["uri"] for row in (await story.get(path))["batches"]}
    story.write(files / "medicine-recall.md")

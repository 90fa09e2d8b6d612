"""A case from the first report to its end: kinds, moves, deadlines, scopes, previews.

mill ── flour F1 ──> plant ── noodles N1 ──> shop-a, and on the way to shop-b
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import Transaction, transaction
from service.recall import moving
from service.recall.clocks import meet_deadline
from service.recall.listeners import found_listeners, moved_listeners
from service.recall.states import Status
from service.trace.graph import Node
from tests.api.registering import refused, register
from tests.owning import owning
from tests.world import Json, capture, commission, gtin, place, receive, ship, transform, uri

#: Tuesday; nothing is worked from the Thursday after until 8 October.
NOW = datetime(2026, 9, 29, 2, tzinfo=UTC)
CASE = {
    "title_zh": "面条召回",
    "title_en": "Noodle recall",
    "reason_zh": "检出呕吐毒素超标",
    "reason_en": "Deoxynivalenol above the limit",
    "hazard_class": 1,
}


class Time:
    """The service's clock, which tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **how: float) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moved = Time()
    monkeypatch.setattr(clock, "now", moved)
    return moved


@pytest.fixture
async def world(client: httpx.AsyncClient, time: Time) -> httpx.AsyncClient:
    maker = await register(client, "parties", name_zh="面厂", uscc="91350100M000100Y43")
    await register(
        client,
        "products",
        name_zh="挂面",
        category="food",
        gtin=gtin("noodles"),
        party_id=maker["id"],
    )
    await register(client, "batches", gtin=gtin("noodles"), lot="N1", made_on="2026-01-05")
    await capture(
        client,
        commission("flour/F1=100KGM", at="mill", on=1),
        ship("flour/F1=100KGM", at="mill", to="plant", on=2),
        receive("flour/F1=100KGM", at="plant", source="mill", on=3),
        transform(["flour/F1=100KGM"], ["noodles/N1=90"], at="plant", on=4),
        ship("noodles/N1=30", at="plant", to="shop-a", on=5),
        receive("noodles/N1=30", at="shop-a", source="plant", on=6),
        ship("noodles/N1=20", at="plant", to="shop-b", on=7),
    )
    return client


async def opened(client: httpx.AsyncClient, **fields: Any) -> Json:
    scope = {} if fields.keys() & {"unit", "unit_range", "product", "holding"} else {"batch": ["N1"]}
    body = {**CASE, **{name: [uri("noodles/N1")] for name in scope}, **fields}
    answer = await client.post("/v1/recalls", json=body)
    assert answer.status_code == 201, answer.text
    case: Json = answer.json()
    return case


async def moved(client: httpx.AsyncClient, case: Json, to: str, **more: Any) -> Json:
    answer = await client.post(f"/v1/recalls/{case['id']}/moves", json={"to": to, **more})
    assert answer.status_code == 200, answer.text
    now: Json = answer.json()
    return now


async def said(client: httpx.AsyncClient, thing: str = "noodles/N1") -> str:
    """What an app is told that scans it: by the fast way, and the same by the framework."""
    path = "/v1/recall-status" + uri(thing).removeprefix("https://id.gs1.org")
    fast = (await client.get(path)).json()
    slow = (await client.get(path, params={"slowly": "1"})).json()
    assert fast["status"] == slow["status"]
    assert fast["recalls"] == slow["recalls"]
    status: str = fast["status"]
    return status


async def deadlines(client: httpx.AsyncClient, case: Json) -> dict[str, Json]:
    """rule#occurrence -> the deadline."""
    answer = (await client.get(f"/v1/recalls/{case['id']}/deadlines")).json()
    return {f"{row['rule']}#{row['occurrence']}": row for row in answer["items"]}


async def test_what_is_left_out_is_chosen_from_the_goods_and_the_class(world: httpx.AsyncClient) -> None:
    case = await opened(world)
    assert {name: case[name] for name in ("kind", "status", "profile", "mandate", "cause", "depth")} == {
        "kind": "recall",
        "status": "open",
        "profile": "CN_FOOD",
        "mandate": "voluntary",
        "cause": "other",
        "depth": "consumer",
    }
    assert (case["check_level"], case["cause_reference"], case["contact"]) == ("A", [], {})
    assert case["responsible_party_id"] is not None
    assert {(row["standing"], row["units_only"]) for row in case["batches"]} == {("recalled", False)}


async def test_all_that_a_body_says_is_kept(world: httpx.AsyncClient) -> None:
    told = {
        "profile": "US_FOOD",
        "cause": "order",
        "ordered_by": "福建省市场监督管理局",
        "cause_reference": [{"number": "闽市监〔2026〕7号", "issued_on": "2026-09-28"}],
        "depth": "wholesale",
        "check_level": "D",
        "planned_quantity": {"EA": "88"},
        "remedy_zh": "退款",
        "remedy_en": "Refund",
        "contact": {"name": "李", "phone": "400-820-1234", "email": "li@example.cn"},
        "distribution_zh": "福建",
        "distribution_en": "Fujian",
    }
    case = await opened(world, **told)
    assert {name: case[name] for name in told} == told
    assert case["mandate"] == "ordered"


async def test_nothing_is_said_of_the_goods_until_a_case_is_decided_on(
    world: httpx.AsyncClient, time: Time
) -> None:
    case = await opened(world, status="assessing", hazard_class=3)
    assert await said(world) == "no_recall_known"
    assert case["summary"]["holdings"] == 3
    time.pass_by(hours=3)
    decided = await moved(world, case, "open", hazard_class=1, note="复核确认")
    assert (decided["status"], decided["hazard_class"]) == ("open", 1)
    assert datetime.fromisoformat(decided["opened_at"]) == time.now
    time.pass_by(seconds=2)
    assert await said(world) == "recalled"
    history = (await world.get(f"/v1/recalls/{case['id']}/history")).json()
    assert [(step["from_status"], step["to_status"]) for step in history["moves"]] == [
        (None, "assessing"),
        ("assessing", "open"),
    ]
    assert history["moves"][1]["note"] == "复核确认; hazard_class: 3 → 1"
    assert (history["moves"][1]["actor"], history["broken_at"]) == ("first", None)
    # Class 3 would have had 72 hours from the first report; class 1 has 24, and met them.
    start = (await deadlines(world, case))["start#1"]
    assert (start["due_at"], start["met_at"] is not None) == ("2026-09-30T02:00:00Z", True)


@pytest.mark.parametrize(
    ("kind", "while_open", "once_closed"),
    [
        ("recall", "recalled", "recalled"),
        ("withdrawal", "withdrawn", "withdrawn"),
        ("stop_sale", "stopped", "no_recall_known"),
        ("hold", "stopped", "no_recall_known"),
    ],
)
async def test_each_kind_says_its_own_and_a_lifted_hold_frees_the_goods(
    world: httpx.AsyncClient, kind: str, while_open: str, once_closed: str
) -> None:
    assert await said(world) == "no_recall_known"
    case = await opened(world, kind=kind)
    page = await world.get("/p" + uri("noodles/N1").removeprefix("https://id.gs1.org"))
    assert ('class="' + while_open + '" role="banner"') in page.text
    # Of a hold nobody knows yet whether there is anything to it.
    assert (str(CASE["reason_zh"]) in page.text) == (kind != "hold")
    path = "/v1/recall-status" + uri("noodles/N1").removeprefix("https://id.gs1.org")
    assert (await world.get(path, params={"slowly": "1"})).json()["status"] == while_open
    await moved(world, case, "closed", note="done")
    assert (await world.get(path, params={"slowly": "1"})).json()["status"] == once_closed
    batch = (await world.get("/v1/batches", params={"lot": "N1"})).json()["items"][0]
    assert batch["recalled"] == (once_closed in ("recalled", "withdrawn"))


async def test_a_case_opened_in_error_is_cancelled_and_stays_in_the_books(
    world: httpx.AsyncClient,
) -> None:
    case = await opened(world)
    fault = await refused(world, "POST", f"/v1/recalls/{case['id']}/moves", json={"to": "cancelled"})
    assert fault["field"] == "/note"
    cancelled = await moved(world, case, "cancelled", note="样品混淆")
    assert await said(world) == "no_recall_known"
    assert {row["standing"] for row in cancelled["batches"]} == {None}
    assert cancelled["closing_note"] == "样品混淆"
    await refused(world, "POST", f"/v1/recalls/{case['id']}/moves", 409, json={"to": "open", "note": "x"})
    await capture(world, ship("noodles/N1=5", at="plant", to="shop-c", on=9))
    now = (await world.get(f"/v1/recalls/{case['id']}")).json()
    assert now["summary"]["found_by_widening"] == 0
    assert all(row["ended_at"] or row["met_at"] for row in (await deadlines(world, case)).values())


async def test_a_completed_case_still_widens_and_a_reopened_one_again(world: httpx.AsyncClient) -> None:
    case = await opened(world)
    await moved(world, case, "completed")
    await capture(world, ship("noodles/N1=5", at="plant", to="shop-c", on=9))
    await moved(world, case, "closed", note="done")
    await capture(world, ship("noodles/N1=5", at="plant", to="shop-d", on=10))
    assert (await world.get(f"/v1/recalls/{case['id']}")).json()["summary"]["found_by_widening"] == 1
    again = await moved(world, case, "open", note="又有发现")
    assert (again["status"], again["closed_at"]) == ("open", None)
    await capture(world, ship("noodles/N1=5", at="plant", to="shop-e", on=11))
    found = (await world.get(f"/v1/recalls/{case['id']}")).json()
    assert found["summary"]["found_by_widening"] == 3
    assert {row["standing"] for row in found["batches"]} == {"recalled"}


async def test_what_is_found_while_a_case_is_cancelled_is_marked_as_the_case_then_stands(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Noodles are made into eight soups while somebody cancels the case: no soup stays recalled."""
    case = await opened(world)

    async def cook(soup: int) -> None:
        made = transform(["noodles/N1=1"], [f"soup/S{soup}=1"], at="plant", on=9)
        await capture(world, made, ship(f"soup/S{soup}=1", at="plant", to=f"cafe-{soup}", on=10))

    await asyncio.gather(
        *(cook(soup) for soup in range(4)),
        moved(world, case, "cancelled", note="样品混淆"),
        *(cook(soup) for soup in range(4, 8)),
    )
    async with transaction(engine) as tx:
        said = await tx.sql.fetch("SELECT DISTINCT standing FROM recall_batch")
    assert [row["standing"] for row in said] == [None]


async def test_the_history_cannot_be_changed_and_a_change_past_the_lock_shows(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await opened(world)
    await moved(world, case, "closed", note="done")
    change = "UPDATE recall_move SET actor = 'nobody' WHERE number = 1"
    for statement in (change, "DELETE FROM recall_move"):
        with pytest.raises(Exception, match="only added to"):
            async with owning(engine) as tx:
                await tx.sql.execute(statement)
    async with owning(engine) as tx:
        await tx.sql.execute("ALTER TABLE recall_move DISABLE TRIGGER recall_move_stays")
        await tx.sql.execute(change)
        await tx.sql.execute("ALTER TABLE recall_move ENABLE TRIGGER recall_move_stays")
    assert (await world.get(f"/v1/recalls/{case['id']}/history")).json()["broken_at"] == 1


async def test_the_clocks_run_from_knowledge_and_from_what_is_filed(
    world: httpx.AsyncClient, time: Time
) -> None:
    case = await opened(world, known_at="2026-09-28T16:00:00+08:00")
    start = (await deadlines(world, case))["start#1"]
    assert (start["due_at"], start["met_at"]) == ("2026-09-29T08:00:00Z", "2026-09-29T02:00:00Z")
    assert (start["certainty"], start["fallback_calendar"]) == ("S", False)
    assert "completion#1" not in await deadlines(world, case)
    time.pass_by(days=1)
    filed = await world.post(
        f"/v1/recalls/{case['id']}/deadlines",
        json={"document": "public_notice", "at": "2026-09-30T09:00:00+08:00", "note": "公告 2026-9"},
    )
    assert filed.status_code == 200, filed.text
    due = (await deadlines(world, case))["completion#1"]
    assert due["due_at"] == "2026-10-20T15:59:59Z"  # ten working days over the National Day
    time.pass_by(days=30)
    board = (await world.get("/v1/recalls/deadlines", params={"overdue": True})).json()["items"]
    assert [(row["recall_id"], row["rule"], row["overdue"]) for row in board] == [
        (case["id"], "completion", True)
    ]
    assert (board[0]["party_name_zh"], board[0]["due_zh"]) == ("面厂", "完成召回")
    await moved(world, case, "completed")
    assert (await world.get("/v1/recalls/deadlines", params={"overdue": True})).json()["items"] == []
    assert (await deadlines(world, case))["completion#1"]["met_by"] == "first"


async def test_what_recurs_is_met_one_by_one_and_ends_with_the_case(
    world: httpx.AsyncClient, time: Time
) -> None:
    case = await opened(world, profile="CN_DRUG")
    path = f"/v1/recalls/{case['id']}/deadlines"

    def reports(rows: dict[str, Json], what: str) -> list[int]:
        return [row["occurrence"] for row in rows.values() if row["rule"] == "progress_report" and row[what]]

    assert len(reports(await deadlines(world, case), "due_at")) == 30
    for _ in range(2):
        await world.post(path, json={"document": "progress_report"})
    rows = await deadlines(world, case)
    assert sorted(reports(rows, "met_at")) == [1, 2]
    assert rows["progress_report#32"]["due_at"] == "2026-10-31T15:59:59Z"
    time.pass_by(days=5)
    board = (await world.get("/v1/recalls/deadlines", params={"overdue": True, "limit": 2})).json()
    more = await world.get(
        "/v1/recalls/deadlines", params={"overdue": True, "limit": 50, "page": board["next_page"]}
    )
    late = [*board["items"], *more.json()["items"]]
    assert [row["due_at"] for row in late] == sorted(row["due_at"] for row in late)
    assert len(late) == (await world.get(path)).json()["overdue"] == 5  # three documents, reports 3 and 4
    await moved(world, case, "completed")
    rows = await deadlines(world, case)
    assert sorted(reports(rows, "ended_at")) == list(range(5, 33))
    assert rows["final_report#1"]["due_at"] == "2026-10-20T15:59:59Z"
    await moved(world, case, "open", note="又有发现")
    rows = await deadlines(world, case)
    assert rows["progress_report#33"]["due_at"] == "2026-10-05T15:59:59Z"


async def test_reports_of_other_rooms_meet_deadlines_too(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    case = await opened(world, profile="CN_CONSUMER")
    async with transaction(engine) as tx:
        assert await meet_deadline(tx, case["id"], "plan", NOW, "reports") == [("plan", 1)]
        assert await meet_deadline(tx, case["id"], "plan", NOW, "reports") == []
    rows = await deadlines(world, case)
    assert rows["plan#1"]["met_by"] == "reports"
    assert rows["public_notice#1"]["due_at"] == "2026-10-09T15:59:59Z"


async def test_listeners_hear_of_finds_and_moves_in_the_same_transaction(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    found: list[int] = []
    moves: list[tuple[Status | None, Status]] = []

    async def hear_found(tx: Transaction, recall_id: int, holdings: Any) -> None:
        assert (await moving.fetch_case(tx, recall_id))["id"] == recall_id
        assert all(isinstance(holding, Node) for holding in holdings)
        found.append(len(holdings))

    async def hear_moved(tx: Transaction, recall_id: int, source: Status | None, target: Status) -> None:
        assert (await moving.fetch_case(tx, recall_id))["status"] == target
        moves.append((source, target))

    found_listeners.append(hear_found)
    moved_listeners.append(hear_moved)
    try:
        case = await opened(world)
        await capture(world, ship("noodles/N1=5", at="plant", to="shop-c", on=9))
        await moved(world, case, "completed")
    finally:
        found_listeners.remove(hear_found)
        moved_listeners.remove(hear_moved)
    assert found == [3, 1]
    assert moves == [(None, "open"), ("open", "completed")]


async def test_goods_on_the_way_are_told_with_whom_they_go_to(world: httpx.AsyncClient) -> None:
    case = await opened(world)
    assert case["summary"]["in_transit"] == {"EA": "20"}
    rows = (await world.get(f"/v1/recalls/{case['id']}/holders")).json()["items"]
    by_site = {row["site_uri"]: (row["in_transit"], row["balances"][0]["on_hand"]) for row in rows}
    assert by_site[place("shop-b")] == ({"EA": "20"}, "0")
    assert by_site[place("shop-a")] == ({}, "30")
    csv = (await world.get(f"/v1/recalls/{case['id']}/holders", params={"format": "csv"})).text
    line = next(line for line in csv.splitlines() if place("shop-b") in line)
    assert line.endswith(",0,20")


async def test_units_of_a_range_are_recalled_and_the_others_are_not(world: httpx.AsyncClient) -> None:
    batch = (await world.get("/v1/batches", params={"lot": "N1"})).json()["items"][0]
    made = await world.post(
        f"/v1/batches/{batch['id']}/serials", json={"serials": [f"A{n:04d}" for n in range(1, 21)]}
    )
    assert made.status_code in (200, 201), made.text
    unit = f"https://id.gs1.org/01/{gtin('noodles')}/21/"
    scope = {"unit_range": [{"first": unit + "A0005", "last": unit + "A0009"}]}
    seen = (await world.post("/v1/recalls/preview", json={**scope, "compare": True})).json()
    assert (seen["reach"]["units"], seen["batches"]) == (5, [uri("noodles/N1")])
    assert [line["level"] for line in seen["compared"]] == ["unit", "batch", "day", "input_batch"]
    case = await opened(world, **scope)
    assert case["scope"] == {"unit_from": [unit + "A0005"], "unit_to": [unit + "A0009"]}
    assert [(row["standing"], row["units_only"]) for row in case["batches"]] == [("recalled", True)]

    async def told(path: str) -> Json:
        answer: Json = (await world.get("/v1/recall-status" + path, params={"slowly": "1"})).json()
        return answer

    head = f"/01/{gtin('noodles')}"
    lot = await told(f"{head}/10/N1")
    assert lot["status"] == "check_serial"
    assert lot["recalls"][0]["serials"] == [{"first": unit + "A0005", "last": unit + "A0009"}]
    assert (await told(f"{head}/10/N1/21/A0005"))["status"] == "recalled"
    assert (await told(f"{head}/21/A0009"))["status"] == "recalled"
    for outside in ("A0004", "A0010"):
        assert (await told(f"{head}/21/{outside}"))["status"] == "no_recall_known"
    page = await world.get(f"/p{head}/10/N1")
    assert "A0005 – A0009" in page.text
    states = [
        (await world.get("/v1/units", params={"unit": unit + serial})).json()["status"]
        for serial in ("A0005", "A0004")
    ]
    assert states == ["recalled", "active"]


async def test_a_single_unit_and_the_batch_where_none_is_on_record(world: httpx.AsyncClient) -> None:
    unit = f"https://id.gs1.org/01/{gtin('noodles')}/21/X1"
    fault = await refused(world, "POST", "/v1/recalls", 404, json={**CASE, "unit": [unit]})
    assert (fault["field"], fault["value"]) == ("unit", unit)
    case = await opened(world, unit=[unit], batch=[uri("noodles/N1")])
    assert case["summary"]["holdings"] == 3
    path = f"/v1/recall-status/01/{gtin('noodles')}"
    assert (await world.get(f"{path}/10/N1/21/X1")).json()["status"] == "recalled"
    assert (await world.get(f"{path}/10/N1/21/X2")).json()["status"] == "no_recall_known"


async def test_a_product_by_its_days_and_a_batch_of_those_days_that_turns_up_later(
    world: httpx.AsyncClient,
) -> None:
    scope = {"product": gtin("noodles"), "made_from": "2026-01-05", "made_to": "2026-01-06"}
    case = await opened(world, **scope)
    assert [row["lot"] for row in case["batches"]] == ["N1"]
    await capture(
        world,
        commission("noodles/N2=7", at="plant", on=5),
        commission("noodles/N3=7", at="plant", on=8),
    )
    now = (await world.get(f"/v1/recalls/{case['id']}")).json()
    assert {row["lot"] for row in now["batches"]} == {"N1", "N2"}


async def test_one_batch_at_one_place(world: httpx.AsyncClient) -> None:
    case = await opened(world, holding=uri("noodles/N1"), site=place("shop-a"))
    assert case["summary"]["holdings"] == 1


async def test_a_preview_says_what_opening_finds_and_leaves_nothing_behind(
    world: httpx.AsyncClient,
) -> None:
    scope = {"batch": [uri("flour/F1")]}
    seen = (await world.post("/v1/recalls/preview", json={**scope, "compare": True})).json()
    assert (await world.get("/v1/recalls")).json()["items"] == []
    assert await said(world) == "no_recall_known"
    case = await opened(world, **scope)
    for name in ("holdings", "parties", "sites", "batches", "on_hand", "in_transit"):
        assert seen["reach"][name] == case["summary"][name], name
    assert sum(line["holdings"] for line in seen["tiers"]) == seen["reach"]["holdings"]
    assert sum(line["holdings"] for line in seen["parties"]) == seen["reach"]["holdings"]
    assert sum(line["holdings"] for line in seen["regions"]) == seen["reach"]["holdings"]
    assert len(seen["gaps"]) == seen["reach"]["gaps"]


async def test_wider_and_narrower_scopes_stand_side_by_side(world: httpx.AsyncClient) -> None:
    await capture(world, commission("noodles/N2=7", at="plant", on=4))
    seen = (
        await world.post("/v1/recalls/preview", json={"batch": [uri("noodles/N1")], "compare": True})
    ).json()
    reach = {line["level"]: line["reach"] for line in seen["compared"]}
    assert reach["batch"] == seen["reach"]
    assert reach["day"]["batches"] == 2
    assert reach["input_batch"]["holdings"] == 5
    wider = next(line["scope"] for line in seen["compared"] if line["level"] == "input_batch")
    assert wider == {"input_batch": [uri("flour/F1")]}


async def test_a_case_from_complaints_names_those_of_its_goods(
    world: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        for number, lot in (("C-2026-AAAA", "noodles/N1"), ("C-2026-BBBB", "flour/F1")):
            await tx.sql.execute(
                "INSERT INTO complaint (number, status, kind, text, code, language, received_at, updated_at, "
                "batch_id) SELECT $1, 'received', 'injury', 'x', 'x', 'zh', now(), now(), id FROM batch "
                "WHERE uri = $2",
                number,
                uri(lot),
            )
    numbers = ("C-2026-AAAA", "C-2026-BBBB", "C-2026-CCCC")
    body = {**CASE, "batch": [uri("noodles/N1")], "cause": "complaints"}
    answer = await world.post(
        "/v1/recalls", json={**body, "cause_reference": [{"number": number} for number in numbers]}
    )
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == [
        "/cause_reference/1/number",
        "/cause_reference/2/number",
    ]
    case = await opened(world, cause="complaints", cause_reference=[{"number": "C-2026-AAAA"}])
    assert case["cause_reference"] == [{"number": "C-2026-AAAA"}]


async def test_a_failed_inspection_brings_clocks_of_its_own(world: httpx.AsyncClient) -> None:
    case = await opened(
        world,
        kind="hold",
        cause="failed_inspection",
        cause_reference=[{"number": "GC26350100", "issued_by": "福建省食品检验院"}],
    )
    rows = await deadlines(world, case)
    assert rows.keys() == {"serious_risk_report#1", "reinspection_request#1", "inspection_follow_up#1"}
    assert rows["reinspection_request#1"]["due_at"] == "2026-10-14T15:59:59Z"


SERIAL = f"https://id.gs1.org/01/{gtin('noodles')}/21/"


BAD: list[tuple[Json, str]] = [
    ({"profile": "MOON"}, "/profile"),
    ({"kind": "return"}, "/kind"),
    ({"cause": "order"}, ""),
    ({"cause": "complaints"}, ""),
    ({"cause": "failed_inspection"}, ""),
    ({"responsible_party_id": 999}, "/responsible_party_id"),
    ({"contact": {"phone": "x"}}, "/contact/phone"),
    ({"planned_quantity": {"KGM": "-1"}}, "/planned_quantity/KGM"),
    ({"planned_quantity": {"kilo": "1"}}, "/planned_quantity/kilo"),
    ({"product": gtin("noodles")}, ""),
    ({"batch": [], "holding": "x"}, ""),
    ({"batch": [], "unit": [uri("noodles/N1")]}, "unit"),
    ({"batch": [], "unit_range": [{"first": SERIAL + "A9", "last": SERIAL + "A10"}]}, "unit_range"),
    ({"batch": [], "unit_range": [{"first": SERIAL + "A2", "last": SERIAL + "A1"}]}, "unit_range"),
    ({"batch": [], "product": gtin("noodles"), "made_from": "x", "made_to": "x"}, "/made_from"),
]


async def test_bad_input_names_the_field(world: httpx.AsyncClient) -> None:
    for body, field in BAD:
        answer = await world.post("/v1/recalls", json={**CASE, "batch": [uri("noodles/N1")], **body})
        assert answer.status_code == 400, (body, answer.text)
        problem = answer.json()
        assert problem["detail_zh"] != problem["detail"]
        fields = {error["field"].removesuffix("/[key]") for error in problem["errors"]}
        assert field in fields or not field, (body, problem)


async def test_bad_filings_moves_and_pages_are_refused(world: httpx.AsyncClient) -> None:
    case = await opened(world)
    path = f"/v1/recalls/{case['id']}"
    fault = await refused(world, "POST", f"{path}/deadlines", json={"document": "poem"})
    assert fault["field"] == "/document"
    for at in ("2026-09-29T01:59:00Z", "2026-09-29T03:00:00Z"):
        fault = await refused(world, "POST", f"{path}/deadlines", json={"document": "plan", "at": at})
        assert fault["field"] == "/at"
    await refused(world, "POST", f"{path}/moves", 409, json={"to": "assessing"})
    await refused(world, "POST", f"{path}/moves", 409, json={"to": "completed", "kind": "hold"})
    await refused(world, "POST", "/v1/recalls/77/moves", 404, json={"to": "open"})
    await refused(world, "GET", "/v1/recalls/77/history", 404)
    await refused(world, "GET", "/v1/recalls/77/deadlines", 404)
    await refused(world, "POST", "/v1/recalls/77/deadlines", 404, json={"document": "plan"})
    fault = await refused(world, "GET", "/v1/recalls/deadlines", params={"page": "x"})
    assert fault["field"] == "page"


async def test_profiles_are_told_as_data(world: httpx.AsyncClient) -> None:
    told = {row["name"]: row for row in (await world.get("/v1/recalls/profiles")).json()}
    assert told.keys() == {"CN_FOOD", "CN_DRUG", "CN_CONSUMER", "US_FOOD", "EU_FOOD"}
    start = next(rule for rule in told["CN_FOOD"]["rules"] if rule["name"] == "start")
    assert (start["offsets"], start["unit"], start["certainty"]) == ([24, 48, 72], "hour", "S")

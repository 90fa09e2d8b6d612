"""Cases and drills as their makers, holders, authorities and strangers see and move them, in one world.

tea-works 100 ──> trader 60 ──> retail-a 30 (sold 10), retail-b 20          dairy 5, of another chain
"""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.db.transaction import transaction
from tests.api.casework import CASE, LOT, trade
from tests.api.own_service import OwnService, own_service
from tests.api.registering import Json, refused, register_party, register_product
from tests.house.interface import SNAPSHOT
from tests.world import capture, commission, gln, gtin, owners, sell, uri

TEA, MILK = uri(LOT), uri("milk/M1")
Keys = dict[str, dict[str, str]]
GIVE_AREA = "INSERT INTO jurisdiction (party_id, region, created_at, created_by) VALUES ($1, $2, $3, 'tests')"


class World(OwnService):
    """A service with two chains, a key for everybody, and the ids of all parties by name."""

    keys: Keys
    ids: dict[str, int]


@pytest.fixture(scope="module")
async def world(cluster: str) -> AsyncIterator[World]:
    """Two chains; authorities of Guangdong (where the shops are) and of Hebei (where nothing is)."""
    async with own_service(cluster) as client:
        ids = await trade(client)
        ids["dairy"] = (await register_party(client, name_zh="乳品厂", uscc=None, gln=gln("dairy")))["id"]
        await register_product(client, name_zh="牛奶", gtin=gtin("milk")[1:], party_id=ids["dairy"])
        await capture(client, commission("milk/M1=5", at="dairy", on=1), master=owners(dairy="dairy"))
        for name, region in (("guangdong", "440000"), ("hebei", "130000")):
            row = await register_party(client, name_zh=f"{name} 市场监管局", uscc=None, region=region)
            ids[name] = row["id"]
            async with transaction(client.engine) as tx:
                await tx.sql.execute(GIVE_AREA, row["id"], region[:2], datetime.now(UTC))
        told = World(transport=client._transport, base_url="http://testserver", headers=dict(client.headers))
        told.engine, told.ids, told.keys = client.engine, ids, {"operator": {}}
        for name, party in ids.items():
            role = "regulator" if name in ("guangdong", "hebei") else "holder"
            made = await client.post("/v1/keys", json={"name": "desk", "role": role, "party_id": party})
            told.keys[name] = {"Authorization": f"Bearer {made.json()['key']}"}
        yield told


async def opened(world: World, who: str, **more: Any) -> Json:
    answer = await world.post("/v1/recalls", json={**CASE, "batch": [TEA], **more}, headers=world.keys[who])
    assert answer.status_code == 201, answer.text
    case: Json = answer.json()
    return case


async def read(world: World, who: str, path: str, **query: str) -> Any:
    answer = await world.get(path, params=query or None, headers=world.keys[who])
    assert answer.status_code == 200, (who, path, answer.text)
    return answer.json()


async def moved(world: World, who: str, case: Json, to: str, status: int = 200, **more: Any) -> Json:
    body = {"to": to, "note": "because", **more}
    answer = await world.post(f"/v1/recalls/{case['id']}/moves", json=body, headers=world.keys[who])
    assert answer.status_code == status, (who, to, answer.text)
    told: Json = answer.json()
    return told


async def test_a_maker_leads_its_case_from_the_first_look_to_its_end(world: World) -> None:
    mine, path = world.keys["tea-works"], "/v1/recalls"
    look = await world.post(f"{path}/preview", json={"batch": [TEA], "compare": True}, headers=mine)
    assert look.status_code == 200, look.text
    # How many it reaches, and nobody's name beyond its customer; nor what they still have.
    assert (look.json()["reach"]["holdings"], look.json()["reach"]["parties"]) == (4, 4)
    assert look.json()["reach"]["on_hand"] == {"EA": "40"}
    assert {one["name_zh"] for one in look.json()["parties"]} == {"福州茶厂", "闽茶商贸"}
    assert "甲店" not in look.text
    assert "440100" not in look.text
    case = await opened(world, "tea-works")
    path = f"{path}/{case['id']}"
    assert case["responsible_party_id"] == world.ids["tea-works"]
    assert case["summary"]["holdings"] == 4
    held = (await read(world, "tea-works", f"{path}/holders"))["items"]
    assert {one["party_name_zh"] for one in held} == {"福州茶厂", "闽茶商贸", "甲店", "乙店"}
    assert all(one["contacts"] and one["balances"] for one in held)
    assert {one["party_name_zh"] for one in held if one["event"]} <= {"福州茶厂"}
    csv = (await world.get(f"{path}/holders?format=csv", headers=mine)).text
    assert "乙店" in csv
    for body in ({"document": "public_notice"}, {"document": "progress_report", "incomplete": True}):
        filed = await world.post(f"{path}/reports", json=body, headers=mine)
        assert filed.status_code == 201, filed.text
        pdf = await world.get(f"{path}/reports/{filed.json()['id']}/report.pdf", headers=mine)
        assert pdf.content.startswith(b"%PDF-")
    (due,) = (await read(world, "tea-works", "/v1/recalls/deadlines", days="30"))["items"]
    assert (due["recall_id"], due["document"]) == (case["id"], "completion")
    for part in (*DIRECTED, "recipients", "answers", "proofs", "alarms"):
        await read(world, "tea-works", f"{path}/{part}")
    drawn = await world.post(f"{path}/checks", json={}, headers=mine)
    assert drawn.status_code == 201, drawn.text
    await refused(world, "GET", f"{path}/evidence", 403, headers=mine)
    await moved(world, "tea-works", case, "completed")
    closed = await world.post(f"{path}/close", json={"note": "all back"}, headers=mine)
    assert closed.json()["status"] == "closed"
    history = await read(world, "tea-works", f"{path}/history")
    assert {one["actor"] for one in history["moves"]} == {"desk · 福州茶厂"}


async def test_only_the_maker_opens_looks_and_drills_and_answers_as_itself(world: World) -> None:
    trader, dairy = world.keys["trader"], world.keys["dairy"]
    days = {"product": gtin("tea"), "made_from": "2026-01-01", "made_to": "2026-02-01"}
    for path, more in (("/v1/recalls", CASE), ("/v1/recalls/preview", {}), ("/v1/drills", {})):
        # The trader has the goods in its store, and sees them; they are not its product.
        fault = await refused(world, "POST", path, 403, json={**more, "batch": [TEA]}, headers=trader)
        assert (fault["field"], fault["value"]) == ("batch", TEA)
        # To the dairy they are not there: as what is nowhere, word for word.
        hidden = await world.post(path, json={**more, "batch": [TEA]}, headers=dairy)
        nothing = await world.post(path, json={**more, "batch": [uri("tea/T9")]}, headers=dairy)
        assert hidden.status_code == nothing.status_code == 404
        assert hidden.text.replace(TEA, "") == nothing.text.replace(uri("tea/T9"), "")
        # Nor does it name what will be made of another's product.
        fault = await refused(world, "POST", path, 403, json={**more, **days}, headers=dairy)
        assert fault["field"] == "product"
    other = {**CASE, "batch": [TEA], "responsible_party_id": world.ids["dairy"]}
    mine = world.keys["tea-works"]
    fault = await refused(world, "POST", "/v1/recalls", 403, json=other, headers=mine)
    assert fault["field"] == "/responsible_party_id"


#: What is asked below a case by those who direct it, and by nobody else.
DIRECTED = (
    *("history", "deadlines", "progress", "openfda", "public-notice", "checks", "checks/coverage"),
    *("reports", "reports/draft?document=plan"),
)


async def test_a_holder_reads_the_case_its_own_rows_and_nothing_else(world: World) -> None:
    case = await opened(world, "tea-works", planned_quantity={"EA": 90})
    path = f"/v1/recalls/{case['id']}"
    seen = await read(world, "retail-a", path)
    assert seen["title_zh"] == CASE["title_zh"]
    assert (seen["scope"], seen["planned_quantity"]) == ({}, None)
    assert (seen["summary"]["holdings"], seen["summary"]["on_hand"]) == (1, {"EA": "20"})
    (listed,) = [
        one for one in (await read(world, "retail-a", "/v1/recalls"))["items"] if one["id"] == case["id"]
    ]
    assert listed["scope"] == {}
    for part, name in (("holders", "party_id"), ("recipients", "party_id")):
        rows = (await read(world, "retail-a", f"{path}/{part}"))["items"]
        assert [row[name] for row in rows] == [world.ids["retail-a"]], part
    csv = await world.get(f"{path}/holders?format=csv", headers=world.keys["retail-a"])
    assert "甲店" in csv.text
    assert "乙店" not in csv.text
    for part in (*DIRECTED, "evidence"):
        await refused(world, "GET", f"{path}/{part}", 403, headers=world.keys["retail-a"])
    for part, body in WRITTEN.items():
        await refused(world, "POST", f"{path}/{part}", 403, json=body, headers=world.keys["retail-a"])
    assert (await read(world, "retail-a", "/v1/recalls/deadlines", days="3000"))["items"] == []
    (notice,) = [
        one
        for one in (await read(world, "retail-a", "/v1/notices"))["items"]
        if one["recall_id"] == case["id"]
    ]
    said = {"by": "店长", "lines": [{"batch": TEA, "uom": "EA", "quarantined": 20, "received": 30}]}
    taken = await world.post(f"/v1/notices/{notice['id']}/answers", json=said, headers=world.keys["retail-a"])
    assert taken.status_code == 201, taken.text
    for who, count in (("retail-a", 1), ("tea-works", 1), ("guangdong", 1), ("retail-b", 0)):
        answers = (await read(world, who, f"{path}/answers"))["items"]
        assert len(answers) == count, who
    # Who answers for the case reads every notice of it, and speaks for nobody.
    told = (await read(world, "tea-works", "/v1/notices", recall=str(case["id"])))["items"]
    assert {one["party_id"] for one in told} >= {
        world.ids[name] for name in ("trader", "retail-a", "retail-b")
    }
    for who, status in (("tea-works", 403), ("guangdong", 403), ("retail-b", 404)):
        answer = f"/v1/notices/{notice['id']}/answers"
        await refused(world, "POST", answer, status, json=said, headers=world.keys[who])
    await moved(world, "tea-works", case, "closed")


WRITTEN: dict[str, Json] = {
    "moves": {"to": "closed", "note": "x"},
    "close": {"note": "x"},
    "deadlines": {"document": "public_notice"},
    "checks": {},
    "checks/1": {"outcome": "effective", "method": "visit"},
    "reports": {"document": "plan"},
    "alarms/1/seen": {},
    "recipients/1/links": {},
}


async def test_a_stranger_finds_no_case_whatever_it_asks(world: World) -> None:
    case = await opened(world, "tea-works")
    asked = 0
    for path, operations in json.loads(SNAPSHOT.read_text("utf-8"))["paths"].items():
        if not path.startswith("/v1/recalls/{recall_id}"):
            continue
        for method in operations:
            body = WRITTEN.get(re.sub(r"\{\w+\}", "1", path.split("}/", 1)[-1]), {"by": "x", "note": "x"})
            answers = []
            for number in (case["id"], 999_999):
                address = re.sub(r"\{\w+\}", "1", path.replace("{recall_id}", str(number)))
                query = {"document": "plan"} if path.endswith("draft") else {}
                answer = await world.request(
                    method,
                    address,
                    params=query,
                    headers=world.keys["dairy"],
                    json=None if method == "get" else body,
                )
                answers.append(answer.text.replace(str(number), "N"))
                assert answer.status_code == 404, (method, address, answer.text)
            assert answers[0] == answers[1], (method, path)
            asked += 1
    assert asked > 20
    for who in ("dairy", "hebei"):
        assert (await read(world, who, "/v1/recalls"))["items"] == []
        assert (await read(world, who, "/v1/recalls/deadlines", days="3000"))["items"] == []
        assert (await read(world, who, "/v1/notices", recall=str(case["id"])))["items"] == []
        await refused(world, "GET", f"/v1/recalls?batch={TEA}", 404, headers=world.keys[who])
    await moved(world, "tea-works", case, "closed")


async def test_a_case_that_nobody_was_told_of_shows_the_chain_to_nobody(world: World) -> None:
    case = await opened(world, "tea-works", status="assessing")
    path = f"/v1/recalls/{case['id']}"
    for told in (case, await read(world, "tea-works", path)):
        assert (told["summary"]["holdings"], told["summary"]["on_hand"]) == (4, {"EA": "40"})
    held = (await read(world, "tea-works", f"{path}/holders"))["items"]
    assert [one["party_id"] for one in held] == [world.ids["tea-works"]]
    mine = world.keys["tea-works"]
    for part in ("progress", "openfda", "reports/draft?document=plan"):
        fault = await refused(world, "GET", f"{path}/{part}", 403, headers=mine)
        assert "decided" in fault["detail"]
    await refused(world, "POST", f"{path}/reports", 403, json={"document": "plan"}, headers=mine)
    assert len((await read(world, "tea-works", f"{path}/history"))["moves"]) == 1
    await refused(world, "GET", path, 404, headers=world.keys["trader"])
    await moved(world, "tea-works", case, "cancelled")
    await refused(world, "GET", f"{path}/progress", 403, headers=mine)
    # Nobody was told of it, so nobody hears that it ended.
    await refused(world, "GET", path, 404, headers=world.keys["trader"])


async def test_what_an_authority_ordered_ends_by_its_word(world: World) -> None:
    chief, mine = world.keys["guangdong"], world.keys["tea-works"]
    await refused(
        world, "POST", "/v1/recalls", 404, json={**CASE, "batch": [TEA]}, headers=world.keys["hebei"]
    )
    body = {**CASE, "batch": [TEA], "mandate": "voluntary"}
    fault = await refused(world, "POST", "/v1/recalls", json=body, headers=chief)
    assert fault["field"] == "/mandate"
    case = await opened(world, "guangdong")
    path = f"/v1/recalls/{case['id']}"
    assert (case["mandate"], case["ordered_by"]) == ("ordered", "guangdong 市场监管局")
    assert case["responsible_party_id"] == world.ids["tea-works"]
    # The chain outside its area, too: whoever is to be reached in a case that touches it.
    held = (await read(world, "guangdong", f"{path}/holders"))["items"]
    assert len(held) == 4
    for part in (*DIRECTED, "evidence", "recipients", "answers", "alarms"):
        await read(world, "guangdong", f"{path}/{part}")
    for part in ("reports", "deadlines", "checks", "checks/1", "alarms/1/seen"):
        fault = await refused(world, "POST", f"{path}/{part}", 403, json=WRITTEN[part], headers=chief)
        assert "authority" in fault["detail"]
    await moved(world, "guangdong", case, "completed", 403)
    await moved(world, "tea-works", case, "closed", 403)
    await refused(world, "POST", f"{path}/close", 403, json={"note": "x"}, headers=mine)
    await moved(world, "tea-works", case, "cancelled", 403)
    await moved(world, "tea-works", case, "completed")
    await moved(world, "guangdong", case, "open")
    await moved(world, "tea-works", case, "completed")
    await moved(world, "guangdong", case, "closed")
    own = await opened(world, "tea-works")
    await moved(world, "guangdong", own, "closed", 403)
    await moved(world, "tea-works", own, "closed")
    # What is taken up again by an authority goes on by its order.
    again = await moved(world, "guangdong", own, "open")
    assert (again["mandate"], again["ordered_by"]) == ("ordered", "guangdong 市场监管局")
    await moved(world, "tea-works", own, "closed", 403)
    notes = [
        one["note"] for one in (await read(world, "tea-works", f"/v1/recalls/{own['id']}/history"))["moves"]
    ]
    assert "because; mandate: voluntary → ordered" in notes
    await moved(world, "guangdong", own, "closed")


async def test_a_drill_counts_the_chain_and_names_only_customers(world: World) -> None:
    mine = world.keys["tea-works"]
    run = await world.post("/v1/drills", json={"batch": [TEA]}, headers=mine)
    assert run.status_code == 201, run.text
    drill, report = run.json(), run.json()["report"]
    assert (drill["holders"], drill["reachable"], drill["percent"]) == (4, 4, 100.0)
    assert {one["name_zh"] for one in report["holders"]} == {"福州茶厂", "闽茶商贸"}
    (line,) = report["balance"]["scope"]
    assert (line["produced"], line["percent"], line["sold"], line["on_hand"]) == ("100", "100", None, None)
    for name in ("甲店", "440100", '"sold": "10"'):
        assert name not in run.text
    path = f"/v1/drills/{drill['id']}"
    csv = (await world.get(f"{path}/holders.csv", headers=mine)).text
    assert "闽茶商贸" in csv
    assert "甲店" not in csv
    pdf = await world.get(f"{path}/report.pdf", headers=mine)
    assert pdf.content.startswith(b"%PDF-")
    assert report["bounded"] is True
    await world.post("/v1/drills", json={"batch": [TEA]})  # the operator's, of the same product
    for who, seen in (("tea-works", 1), ("trader", 0), ("dairy", 0), ("hebei", 0), ("guangdong", 2)):
        assert len((await read(world, who, "/v1/drills"))["items"]) == seen, who
        assert len((await read(world, who, "/v1/drills/history"))["drills"]) == seen, who
        if not seen:
            for part in ("", "/report.pdf", "/holders.csv"):
                hidden = await world.get(f"{path}{part}", headers=world.keys[who])
                assert hidden.status_code == 404
    whole = await world.post("/v1/drills", json={"batch": [TEA]})
    assert "甲店" in whole.text


async def test_holders_read_who_has_looked_at_their_goods(world: World) -> None:
    mine = world.keys["tea-works"]
    await world.post("/v1/recalls/preview", json={"batch": [TEA]}, headers=mine)
    await world.post("/v1/drills", json={"batch": [TEA]}, headers=mine)
    case = await opened(world, "tea-works")
    await read(world, "tea-works", f"/v1/recalls/{case['id']}/holders")
    await read(world, "guangdong", f"/v1/recalls/{case['id']}/evidence")
    await read(world, "retail-a", f"/v1/recalls/{case['id']}/holders")
    items = (await read(world, "retail-b", "/v1/audit", limit="5"))["items"]
    looked = [f"{one['reader']['role']} {one['route']}" for one in items]
    below = "/v1/recalls/{recall_id}"
    assert looked == [
        f"regulator {below}/evidence",
        f"holder {below}/holders",
        "holder /v1/recalls",
        "holder /v1/drills",
        "holder /v1/recalls/preview",
    ]
    await moved(world, "tea-works", case, "closed")


async def test_a_report_with_items_missing_is_refused_by_name_unless_it_may_be(world: World) -> None:
    case = await opened(world, "tea-works")
    path, mine = f"/v1/recalls/{case['id']}/reports", world.keys["tea-works"]
    body = {"document": "progress_report", "incomplete": False}
    refusal = await world.post(path, json=body, headers=mine)
    assert refusal.status_code == 400
    fields = {fault["field"]: fault for fault in refusal.json()["errors"]}
    draft = await read(world, "tea-works", f"{path}/draft", document="progress_report")
    assert {field.removeprefix("/stated/") for field in fields} == set(draft["missing"])
    assert "下一步措施" in refusal.json()["detail_zh"]
    assert fields["/stated/next_steps"]["message"].startswith("Next steps")
    assert (await read(world, "tea-works", path))["items"] == []
    for more in ({"incomplete": True}, {}):
        filed = await world.post(path, json={"document": "progress_report", **more}, headers=mine)
        assert filed.status_code == 201, filed.text
        assert "next_steps" in filed.json()["content"]["missing"]
    await moved(world, "tea-works", case, "closed")


async def test_an_alarm_is_seen_by_who_let_the_goods_go_and_by_who_leads_the_case(world: World) -> None:
    case = await opened(world, "tea-works", known_at=None)
    path = f"/v1/recalls/{case['id']}/alarms"
    later = (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    await capture(world, sell(f"{LOT}=1", at="shop-a", on=later, id="late"))
    for who, count in (("tea-works", 1), ("guangdong", 1), ("retail-a", 1), ("retail-b", 0)):
        alarms = (await read(world, who, path))["items"]
        assert [one["from_party_name_zh"] for one in alarms] == ["甲店"] * count, who
    (alarm,) = (await read(world, "tea-works", path))["items"]
    for who, status in (("retail-a", 403), ("guangdong", 403), ("dairy", 404), ("tea-works", 200)):
        seen = await world.post(f"{path}/{alarm['id']}/seen", headers=world.keys[who])
        assert seen.status_code == status, who
    assert seen.json()["seen_by"] == "desk · 福州茶厂"
    await moved(world, "tea-works", case, "closed")


async def test_filings_are_of_own_records(world: World) -> None:
    case = await opened(world, "tea-works")
    for who, shops in (("retail-a", {"甲店"}), ("tea-works", set()), ("guangdong", {"甲店", "乙店"})):
        params = {"recall": case["id"], "format": "csv"}
        told = await world.get("/v1/filings/fsma204", params=params, headers=world.keys[who])
        assert {name for name in ("甲店", "乙店") if name in told.text} == shops, who
    await refused(world, "GET", f"/v1/filings/fsma204?recall={case['id']}", 404, headers=world.keys["dairy"])
    for who, rows in (("trader", 3), ("dairy", 0)):
        params = {"party": gln("trader"), "format": "csv"}
        told = await world.get("/v1/filings/one-step", params=params, headers=world.keys[who])
        assert told.text.count(TEA) == rows, (who, told.text)
    await moved(world, "tea-works", case, "closed")

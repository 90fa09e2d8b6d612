"""Spreadsheets that come in through HTTP: checked whole, stored once, seen by whose they are."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pytest
import xlsxwriter

from service import clock
from service.db.transaction import transaction
from service.jobs.duties import Busy
from service.settings import settings
from service.sheets import storing
from service.sheets.duty import forget_once
from service.sheets.importing import work_off
from service.sheets.store import forget_imports
from tests.api.own_service import OwnService, own_service
from tests.api.parties import Headers, joined, post
from tests.api.registering import Json, has_chinese, register

WHEN = "2026-03-05 14:30"
LOTS = "产品 批号 生产日期 有效期至 数量 单位"
SENT = "发货时间 送货单号 收货方 产品 批号 数量 单位"
Row = Sequence[object]


@dataclass(frozen=True)
class Maker:
    """A party that makes cabbage at one site, on a service of its own."""

    client: OwnService
    party: int
    headers: Headers

    async def upload(self, content: bytes, name: str = "sheet.csv", **fields: str) -> Json:
        """A file that is uploaded and checked, and stored if `store` says so."""
        files = {"file": (name, content)}
        answer = await self.client.post("/v1/imports", files=files, data=fields, headers=self.headers)
        assert answer.status_code == 202, answer.text
        return await self.work(answer.json()["id"])

    async def work(self, import_id: int) -> Json:
        """The upload after a worker was there."""
        await work_off(self.client.engine, import_id)
        return await self.read(f"/v1/imports/{import_id}")

    async def store(self, import_id: int, keep: str = "all") -> httpx.Response:
        path = f"/v1/imports/{import_id}/store"
        return await self.client.post(path, json={"store": keep}, headers=self.headers)

    async def faults(self, import_id: int) -> list[Json]:
        told = (await self.read(f"/v1/imports/{import_id}/faults"))["items"]
        assert all(has_chinese(fault["message_zh"]) for fault in told)
        found: list[Json] = told
        return found

    async def read(self, path: str, **query: str) -> Json:
        answer = await self.client.get(path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def events(self, **query: str) -> list[Json]:
        told = await self.read("/epcis/events", perPage="100", **query)
        found: list[Json] = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        return found


@pytest.fixture(scope="module")
async def maker(cluster: str) -> AsyncIterator[Maker]:
    async with own_service(cluster) as client:
        party, headers = await joined(client, "maker", gln="6901234000009")
        await joined(client, "shop")
        found = Maker(client, party, headers)
        await post(client, headers, "/v1/sites", name_zh="一号仓")
        products = table("名称 商品条码 类别", ["大白菜", "6901234567892", "农产品"], ["萝卜", "", "农产品"])
        done = await found.upload(products, store="all", form="products")
        assert (done["state"], done["rows_stored"], done["faults"]) == ("stored", 2, 0), done
        yield found


def table(heads: str, *rows: Row) -> bytes:
    """A CSV file with these headings."""
    text = io.StringIO()
    csv.writer(text).writerows([heads.split(), *rows])
    return text.getvalue().encode()


def workbook(**sheets: Sequence[Row]) -> bytes:
    """An XLSX file of these sheets."""
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return octets.getvalue()


async def lots(maker: Maker, *names: str) -> None:
    rows = [["大白菜", name, "2026-03-01", "", "500", "公斤"] for name in names]
    done = await maker.upload(table(LOTS, *rows), store="all", form="batches")
    assert (done["state"], done["rows_stored"]) == ("stored", len(names)), done


def sent(*rows: tuple[str, str, str]) -> bytes:
    """Deliveries of cabbage to the shop: paper, lot, kilograms."""
    return table(SENT, *([WHEN, paper, "shop", "大白菜", lot, amount, "公斤"] for paper, lot, amount in rows))


async def test_lots_and_deliveries_become_a_trace_and_are_stored_once(maker: Maker) -> None:
    await lots(maker, "L1", "L2")
    file = sent(("SH-1", "L1", "20"), ("SH-1", "L2", "5"), ("SH-2", "L1", "7"))
    done = await maker.upload(file, form="shipping")
    assert (done["state"], done["faults"], done["rows"], done["rows_stored"]) == ("checked", 0, 3, 0), done
    assert not await maker.events(EQ_bizStep="shipping")
    assert (await maker.store(done["id"])).status_code == 202
    assert (await maker.store(done["id"])).status_code == 202, "a second click"
    done = await maker.work(done["id"])
    assert (done["state"], done["rows_stored"], done["events_stored"]) == ("stored", 3, 2), done
    assert not await work_off(maker.client.engine, done["id"])
    told = await maker.events(EQ_bizStep="shipping")
    assert {(event["imported:file"], event["imported:rows"]) for event in told} == {
        ("sheet.csv", "2-3"),
        ("sheet.csv", "4"),
    }
    trace = await maker.read("/v1/trace/forward", batch="06901234567892 L1")
    assert len(trace["holdings"]) >= 2, trace
    longer = sent(("SH-1", "L1", "20"), ("SH-1", "L2", "5"), ("SH-1", "L2", "5"), ("SH-2", "L1", "7"))
    again = await maker.upload(longer, form="shipping", store="all")
    assert (again["rows_stored"], again["rows_known"], again["events_stored"]) == (1, 3, 1), again


async def test_nothing_is_stored_of_a_file_with_a_fault_until_somebody_wants_the_good_rows(
    maker: Maker,
) -> None:
    rows = [
        ["大白菜", "F1", "2026-03-01", "", "500", "公斤"],
        ["土豆", "F2", "2026-03-01", "", "500", "公斤"],
        ["大白菜", "F3", "2026-03-01", "2026-02-01", "500", "公斤"],
        ["大白菜", "F4", "2026-03-01", "", "-3", "公斤"],
        ["6901234567890", "F5", "2026-03-01", "", "5", "公斤"],
        ["大白菜", "", "2026-03-01", "", "5", "公斤"],
    ]
    done = await maker.upload(table(LOTS, *rows), form="batches", store="all")
    assert (done["state"], done["rows_faulty"], done["rows_stored"]) == ("checked", 5, 0), done
    told = [(fault["row"], fault["field"], fault["value"]) for fault in await maker.faults(done["id"])]
    assert told[:3] == [(3, "product", "土豆"), (4, "expires_on", "2026-02-01"), (5, "quantity", "-3")]
    assert [(row, field) for row, field, _ in told[3:]] == [(6, "product"), (7, "lot")]
    assert (await maker.store(done["id"])).status_code == 409
    assert (await maker.store(done["id"], "good")).status_code == 202
    done = await maker.work(done["id"])
    assert (done["state"], done["rows_stored"], done["faults"]) == ("stored", 1, 5), done
    rows[2][3], rows[3][4] = "2026-04-01", "3"
    better = await maker.upload(table(LOTS, *rows[:1], *rows[2:4]), form="batches", store="all")
    assert (better["state"], better["rows_stored"], better["rows_known"]) == ("stored", 2, 1), better


async def test_a_row_that_says_otherwise_than_what_is_registered_shows_both_values(maker: Maker) -> None:
    await lots(maker, "C1")
    done = await maker.upload(table(LOTS, ["大白菜", "C1", "2026-03-02", "", "500", "公斤"]), form="batches")
    (fault,) = await maker.faults(done["id"])
    assert "2026-03-01" in fault["message"]
    assert "2026-03-02" in fault["message"]
    done = await maker.upload(
        table("名称 商品条码 类别", ["大白菜", "6901234567892", "食品"]), form="products"
    )
    (fault,) = await maker.faults(done["id"])
    assert "agricultural" in fault["message"]
    assert fault["field"] == "category"


async def test_what_another_sheet_of_the_workbook_registers_counts_as_known(maker: Maker) -> None:
    file = workbook(
        发货=[SENT.split(), [WHEN, "W-1", "shop", "黄瓜", "W1", 3, "公斤"]],
        批次=[LOTS.split()[:3], ["黄瓜", "W1", "2026-03-01"]],
        产品=[["名称", "类别"], ["黄瓜", "农产品"]],
    )
    done = await maker.upload(file, "all.xlsx", store="all")
    assert (done["state"], done["faults"]) == ("stored", 0), (done, await maker.faults(done["id"]))
    assert (done["rows_stored"], done["events_stored"]) == (3, 1)
    again = await maker.upload(file, "all.xlsx", store="all")
    assert (again["rows_stored"], again["rows_known"]) == (0, 3), again


async def test_each_form_of_what_happened_becomes_its_event(maker: Maker) -> None:
    shop, goods = "shop", ["大白菜", "E1", "10", "公斤"]
    files = {
        "harvest": ("采收时间 产品 批号 数量 单位", [WHEN, *goods]),
        "receiving": ("收货时间 供货方 产品 批号 数量 单位", [WHEN, shop, *goods]),
        "packing": ("装箱时间 箱或托盘码 产品 批号 数量 单位", [WHEN, "069012340000000016", *goods]),
        "sale": ("销售时间 产品 批号 数量 单位", [WHEN, *goods]),
        "destruction": ("销毁时间 产品 批号 数量 单位", [WHEN, *goods]),
    }
    for form, (heads, row) in files.items():
        done = await maker.upload(table(heads, row, row), form=form, store="all")
        told = await maker.faults(done["id"])
        assert (done["state"], done["rows_stored"], done["events_stored"]) == ("stored", 2, 1), (form, told)
    run = table(
        "加工单号 加工时间 投入或产出 产品 批号 数量 单位",
        ["JG1", WHEN, "投入", *goods],
        ["JG1", WHEN, "产出", "萝卜", "E2", "8", "公斤"],
    )
    done = await maker.upload(run, form="transformation", store="all")
    assert (done["state"], done["events_stored"]) == ("stored", 1), await maker.faults(done["id"])
    (made,) = await maker.events(eventType="TransformationEvent")
    assert len(made["inputQuantityList"]) == len(made["outputQuantityList"]) == 1
    (sale,) = await maker.events(EQ_bizStep="retail_selling")
    assert len(sale["quantityList"]) == 2, "two equal sales stay two"


async def test_serial_numbers_and_drug_codes_are_registered_once(maker: Maker) -> None:
    await lots(maker, "S1")
    heads = "产品 批号 序列号 药品追溯码"
    rows = [["大白菜", "S1", f"A{n}", f"8100001{n:013}"] for n in range(3)]
    done = await maker.upload(
        table(heads, *rows, rows[0], ["大白菜", "S1", "B1", ""]), form="serials", store="all"
    )
    assert (done["state"], done["rows_stored"], done["rows_known"]) == ("stored", 4, 1), (
        done,
        await maker.faults(done["id"]),
    )
    await lots(maker, "S2")
    done = await maker.upload(table(heads, ["大白菜", "S2", "A1", ""]), form="serials")
    (fault,) = await maker.faults(done["id"])
    assert "S1" in fault["message"]


async def test_what_is_not_the_callers_is_refused_row_by_row(maker: Maker) -> None:
    other, _ = await joined(maker.client, "rival")
    site = await register(maker.client, "sites", name_zh="对手仓", party_id=other)
    await register(maker.client, "products", name_zh="对手菜", category="food", party_id=other)
    await lots(maker, "N1")
    heads = f"{SENT} 发货地点"
    good: list[Any] = [WHEN, "N", "shop", "大白菜", "N1", "1", "公斤"]
    done = await maker.upload(table(heads, [*good, "一号仓"], [*good, site["uri"]]), form="shipping")
    (fault,) = await maker.faults(done["id"])
    assert (fault["row"], fault["field"]) == (3, "site"), fault
    done = await maker.upload(table(LOTS, ["对手菜", "N2", "2026-03-01"]), form="batches")
    assert [fault["rule"] for fault in await maker.faults(done["id"])] == ["registry:not-yours"]
    done = await maker.upload(table("名称 GLN", ["新主体", "6955555000006"]), form="parties")
    assert done["rows_faulty"] == 1


async def test_a_name_that_fits_several_is_a_fault_that_lists_them(maker: Maker) -> None:
    for region in ("110105", "310101"):
        await register(maker.client, "parties", name_zh="老李（南通）饭店", region=region)
    await lots(maker, "D1")
    rows = [[WHEN, "D", name, "大白菜", "D1", "1", "公斤"] for name in ("老李(南通) 饭店", "没有的店")]
    done = await maker.upload(table(SENT, *rows), form="shipping")
    several, unknown = await maker.faults(done["id"])
    assert several["message"].count("老李（南通）饭店") == 2
    assert unknown["rule"] == "sheets:unknown"


async def test_an_upload_is_seen_by_its_party_alone(maker: Maker) -> None:
    done = await maker.upload(table(LOTS, ["土豆", "P1", "2026-03-01"]), form="batches")
    other, stranger = await joined(maker.client, "stranger")
    assert other
    path = f"/v1/imports/{done['id']}"
    for asked in (path, f"{path}/faults"):
        assert (await maker.client.get(asked, headers=stranger)).status_code == 404
    assert (await maker.client.post(f"{path}/store", json={}, headers=stranger)).status_code == 404
    assert (await maker.client.get("/v1/imports", headers=stranger)).json()["items"] == []


async def test_what_was_broken_off_in_the_middle_goes_on_and_doubles_nothing(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lots(maker, "K1")
    monkeypatch.setattr(storing, "LINES_AT_ONCE", 1)
    done = await maker.upload(sent(*((f"K-{n}", "K1", "1") for n in range(4))), form="shipping")
    await maker.store(done["id"])
    capture = storing.Storing._capture
    captured = 0

    async def broken(self: Any, *arguments: Any) -> None:
        nonlocal captured
        captured += 1
        await capture(self, *arguments)
        if captured == 3:
            raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(storing.Storing, "_capture", broken)
        with pytest.raises(asyncio.CancelledError):
            await work_off(maker.client.engine, done["id"])
    half = await maker.read(f"/v1/imports/{done['id']}")
    assert (half["state"], half["rows_stored"]) == ("storing", 2)
    outcomes = await asyncio.gather(
        *(work_off(maker.client.engine, done["id"]) for _ in range(2)), return_exceptions=True
    )
    assert outcomes.count(True) == 1, outcomes
    assert any(each is False or isinstance(each, Busy) for each in outcomes), outcomes
    done = await maker.read(f"/v1/imports/{done['id']}")
    assert (done["state"], done["rows_stored"], done["events_stored"]) == ("stored", 4, 4), done
    async with transaction(maker.client.engine) as tx:
        found = await tx.sql.fetchval("SELECT attempts FROM sheet_import WHERE id = $1", done["id"])
    assert found == 2, "who finds somebody else at it has not tried"


async def test_a_key_that_is_taken_back_ends_what_it_had_begun_to_store(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lots(maker, "R1")
    monkeypatch.setattr(storing, "LINES_AT_ONCE", 1)
    clerk = {"name": "clerk", "role": "holder", "party_id": maker.party}
    made = await post(maker.client, {}, "/v1/keys", **clerk)
    his = replace(maker, headers={"Authorization": f"Bearer {made['key']}"})
    done = await his.upload(sent(*((f"R-{n}", "R1", "1") for n in range(3))), form="shipping")
    assert (await his.store(done["id"])).status_code == 202
    capture = storing.Storing._capture

    async def taken_back(self: Any, *arguments: Any) -> None:
        await capture(self, *arguments)
        await post(maker.client, {}, f"/v1/keys/{made['id']}/revocation")

    with monkeypatch.context() as patched:
        patched.setattr(storing.Storing, "_capture", taken_back)
        ended = await maker.work(done["id"])
    assert (ended["state"], ended["rows_stored"]) == ("failed", 1), ended
    assert "clerk" in ended["failure"]["message"]
    # Whoever may goes on with what is missing.
    assert (await maker.store(done["id"])).status_code == 202
    ended = await maker.work(done["id"])
    assert (ended["state"], ended["rows_stored"]) == ("stored", 3), ended


async def test_rows_whose_event_was_declared_in_error_may_be_told_again(maker: Maker) -> None:
    await lots(maker, "V1")
    file = sent(("V-1", "V1", "20"), ("V-1", "V1", "21"))
    await maker.upload(file, form="shipping", store="all")
    (event,) = await maker.events(
        EQ_bizStep="shipping", MATCH_epcClass="https://id.gs1.org/01/06901234567892/10/V1"
    )
    event.pop("recordTime", None)
    event["errorDeclaration"] = {"declarationTime": "2026-03-06T08:00:00Z", "reason": "incorrect_data"}
    context = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"imported": "urn:suyuan:import:"}]
    answer = await maker.client.post(
        "/epcis/events", json={"@context": context, **event}, headers=maker.headers
    )
    assert answer.status_code == 201, answer.text
    again = await maker.upload(file, form="shipping", store="all")
    assert (again["rows_stored"], again["rows_known"], again["events_stored"]) == (2, 0, 1), again
    again = await maker.upload(file, form="shipping", store="all")
    assert (again["rows_stored"], again["rows_known"]) == (0, 2), again


async def test_a_run_with_a_wrong_row_is_not_stored_in_part(maker: Maker) -> None:
    await lots(maker, "G1")
    heads = "加工单号 加工时间 投入或产出 产品 批号 数量 单位"
    rows = [
        ["G", WHEN, "投入", "大白菜", "G1", "10", "公斤"],
        ["G", WHEN, "投入", "没有的菜", "G1", "10", "公斤"],
        ["G", WHEN, "产出", "萝卜", "G2", "8", "公斤"],
    ]
    done = await maker.upload(table(heads, *rows), form="transformation", store="good")
    assert (done["state"], done["rows_faulty"], done["events_stored"]) == ("stored", 3, 0), done


async def test_forms_are_given_out_and_files_come_back_with_their_faults_marked(maker: Maker) -> None:
    for name, status in (("shipping.xlsx", 200), ("shipping.csv", 200), ("all.xlsx", 200), ("x.csv", 404)):
        answer = await maker.client.get(f"/v1/imports/templates/{name}", headers=maker.headers)
        assert answer.status_code == status, name
    done = await maker.upload(table(LOTS, ["土豆", "X1", "2026-03-01"]), "批次.csv", form="batches")
    path = f"/v1/imports/{done['id']}/faults.xlsx"
    answer = await maker.client.get(path, params={"language": "zh"}, headers=maker.headers)
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert "没有该名称的产品" in str([cell.value for cell in book.worksheets[0][2]])


async def test_a_file_that_cannot_be_read_says_why(maker: Maker) -> None:
    done = await maker.upload(b"PK\x03\x04 no workbook", "broken.xlsx")
    assert done["state"] == "failed"
    assert has_chinese(done["failure"]["message_zh"])
    for fields, status in (({"form": "nothing"}, 400), ({"zone": "Mars"}, 400), ({"more": "x"}, 400)):
        files = {"file": ("a.csv", b"a,b\n")}
        answer = await maker.client.post("/v1/imports", files=files, data=fields, headers=maker.headers)
        assert answer.status_code == status, answer.text


async def test_columns_that_a_person_names_are_read_so(maker: Maker) -> None:
    await lots(maker, "M1")
    file = table("甲 乙 丙 丁 戊", [WHEN, "shop", "大白菜", "M1", "3公斤"])
    done = await maker.upload(file, "free.csv")
    assert done["state"] == "checked"
    assert done["faults"], done
    columns = dict(zip("甲乙丙丁戊", ("when", "to", "product", "lot", "quantity"), strict=True))
    choice = {"sheet": done["sheets"][0]["sheet"], "form": "shipping", "columns": columns}
    answer = await maker.client.post(
        f"/v1/imports/{done['id']}/mapping", json={"sheets": [choice]}, headers=maker.headers
    )
    assert answer.status_code == 202, answer.text
    done = await maker.work(done["id"])
    assert (done["faults"], done["rows"]) == (0, 1), await maker.faults(done["id"])
    assert done["sheets"][0]["examples"][0]["lot"] == "M1"


async def test_uploads_are_erased_when_they_are_old_and_what_they_stored_stays(maker: Maker) -> None:
    await lots(maker, "T1")
    async with transaction(maker.client.engine) as tx:
        assert await forget_imports(tx, clock.now() - timedelta(days=1)) == 0
    dsn = maker.client.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    assert await forget_once(dsn, clock.now()) == 0
    assert await forget_once(dsn, clock.now() + timedelta(days=settings().import_kept_days + 1)) > 0
    async with transaction(maker.client.engine) as tx:
        assert await tx.sql.fetchval("SELECT count(*) FROM import_file") == 0
        assert await tx.sql.fetchval("SELECT count(*) FROM batch WHERE lot = 'T1'") == 1

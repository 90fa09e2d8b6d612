"""Records for authorities through HTTP: the exact rows of a little chain, in every form.

field --H1 100 kg--> packhouse: H1 -> P1 50 boxes --> store --P1 20--> kitchen: P1 -> S1 8 kg
                                                  store sells 30 to consumers
"""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import httpx
import openpyxl
import pytest

from suyuan import AsyncSuyuan
from tests.api.own_service import own_service
from tests.api.registering import refused, register
from tests.world import capture, gln, gtin, objects, receive, sell, ship, thing, transform

Json = dict[str, Any]
FIELD = "Green Fields 绿野; Plot 7; +86 536 111; Village 1; CN-SD"
PACKHOUSE = "Pack Co; Packhouse; 222; Street 2"
#: Nobody told its telephone.
STORE = "=Store Co; Street 3"


async def _register_all(client: httpx.AsyncClient) -> None:
    people: dict[str, Json] = {
        "grower": {
            "name_en": "Green Fields",
            "name_zh": "绿野",
            "region": "CN-SD",
            "address": "Village 1",
            "quality_manager": {"name": "Li", "phone": "+86 536 111"},
        },
        "packer": {"name_en": "Pack Co", "contacts": [{"name": "Wu", "phone": "222"}]},
        "grocer": {"name_en": "=Store Co", "address": "Street 3"},
        "cook": {"name_zh": "厨房"},
    }
    ids = {
        name: (await register(client, "parties", gln=gln(name), **body))["id"]
        for name, body in people.items()
    }
    for place, owner, body in (
        ("field", "grower", {"name_en": "Plot 7", "kind": "field"}),
        ("packhouse", "packer", {"name_en": "Packhouse", "address": "Street 2"}),
        ("store", "grocer", {"name_en": "=Store Co"}),
        ("kitchen", "cook", {"name_zh": "厨房"}),
    ):
        await register(client, "sites", gln=gln(place), party_id=ids[owner], **body)
    for product, name in (("leaf", "Spinach"), ("box", "Spinach box"), ("salad", "Salad")):
        await register(client, "products", gtin=gtin(product), category="food", name_en=name)


async def _capture_all(client: httpx.AsyncClient) -> None:
    ilmd = {"cbvmda:harvestEndDate": "2026-01-01", "cbvmda:variety": "Bloomsdale"}
    step = "https://steps.example/"
    await capture(
        client,
        objects("leaf/H1=100KGM", action="ADD", at="field", on=1, ilmd=ilmd, po="H-1", id="harvest"),
        objects("leaf/H1=100KGM", step=f"{step}cooling", at="field", on=1.5, id="cool"),
        ship("leaf/H1=100KGM", at="field", to="packhouse", on=2, po="A", id="ship1"),
        receive("leaf/H1=100KGM", at="packhouse", source="field", on=3, po="A", id="receive1"),
        transform(["leaf/H1=100KGM"], ["box/P1=50"], step="packing", at="packhouse", on=4, id="pack"),
        ship("box/P1=50", at="packhouse", on=5, po="B", id="ship2"),
        receive("box/P1=50", at="store", source="packhouse", on=6, po="B", id="receive2"),
        sell("box/P1=30", at="store", on=7, id="sell"),
        ship("box/P1=20", at="store", to="kitchen", on=8, id="ship3"),
        receive("box/P1=20", at="kitchen", on=9, id="receive3"),
        transform(["box/P1=20"], ["salad/S1=8KGM"], at="kitchen", on=10, po="C", id="cook"),
        objects("other/X=1", action="ADD", at="store", on=1, id="elsewhere"),
    )


@pytest.fixture(scope="module")
async def kitchen(cluster: str) -> AsyncIterator[httpx.AsyncClient]:
    """The chain on a service of its own; the tests of this file only read it."""
    async with own_service(cluster) as client:
        await _register_all(client)
        await _capture_all(client)
        yield client


async def _rows(client: httpx.AsyncClient, path: str, **params: Any) -> Json:
    answer = await client.get(f"/v1/filings/{path}", params=params)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def _told(row: Json, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


async def test_every_tracking_event_of_a_chain_is_a_row_with_its_key_data(kitchen: httpx.AsyncClient) -> None:
    found = await _rows(kitchen, "fsma204", batch=thing("box/P1").uri, trace="both")
    short = [
        _told(row, "event_type", "tlc", "quantity", "uom", "from_location", "to_location", "event_date")
        for row in found["rows"]
    ]
    assert short == [
        ("Harvesting 采收", "H1", "100", "KGM", None, None, "2026-01-02"),
        ("Cooling 预冷", "H1", "100", "KGM", None, None, "2026-01-02"),
        ("Shipping 发运", "H1", "100", "KGM", FIELD, PACKHOUSE, "2026-01-03"),
        ("Receiving 接收", "H1", "100", "KGM", FIELD, PACKHOUSE, "2026-01-04"),
        ("Initial packing 初次包装", "P1", "50", "EA", None, None, "2026-01-05"),
        ("Shipping 发运", "P1", "50", "EA", PACKHOUSE, STORE, "2026-01-06"),
        ("Receiving 接收", "P1", "50", "EA", PACKHOUSE, STORE, "2026-01-07"),
        ("Shipping 发运", "P1", "20", "EA", STORE, "厨房", "2026-01-09"),
        ("Receiving 接收", "P1", "20", "EA", STORE, "厨房", "2026-01-10"),
        ("Transformation 加工转化", "S1", "8", "KGM", None, None, "2026-01-11"),
    ]
    assert {row["event_id"] for row in found["rows"]} == {
        f"urn:event:{name}"
        for name in (
            *("harvest", "cool", "pack", "cook"),
            *(f"{step}{n}" for step in ("ship", "receive") for n in (1, 2, 3)),
        )
    }


async def test_a_packed_lot_tells_its_harvest_and_what_gave_it_its_code(kitchen: httpx.AsyncClient) -> None:
    found = await _rows(kitchen, "fsma204", batch=thing("box/P1").uri, to="2026-01-05")
    (packed,) = found["rows"]
    assert packed == {
        "event_type": "Initial packing 初次包装",
        "tlc": "P1",
        "tlc_source_location": PACKHOUSE,
        "tlc_source_reference": f"https://id.gs1.org/414/{gln('packhouse')}",
        "product": f"Spinach box; GTIN {gtin('box')}",
        "commodity": "Bloomsdale",
        "quantity": "50",
        "uom": "EA",
        "event_date": "2026-01-05",
        "from_location": None,
        "to_location": None,
        "location_gln": gln("packhouse"),
        "input_tlc": "H1",
        "input_quantity": "100",
        "input_uom": "KGM",
        "document_type": None,
        "document_number": None,
        "harvest_location": FIELD,
        "field_name": "Plot 7",
        "harvest_date": "2026-01-01",
        "cooling_location": FIELD,
        "cooling_date": "2026-01-02",
        "batch_uri": thing("box/P1").uri,
        "event_id": "urn:event:pack",
    }


async def test_what_records_lack_is_left_empty_and_counted_by_party(kitchen: httpx.AsyncClient) -> None:
    found = await _rows(kitchen, "fsma204", batch=thing("salad/S1").uri)
    assert [_told(row, "tlc", "input_tlc", "document_number") for row in found["rows"]] == [("S1", "P1", "C")]
    assert [_told(row, "party", "about", "data_element", "rows") for row in found["missing"]] == [
        (
            "厨房",
            "Transformation 加工转化",
            f"TLC Source Location Description 批号来源地: {part}",
            1,
        )
        for part in ("address 地址", "phone 电话")
    ]


async def test_all_lots_of_a_product_in_a_span_of_days(kitchen: httpx.AsyncClient) -> None:
    found = await _rows(kitchen, "fsma204", product=gtin("box"), **{"from": "2026-01-06", "to": "2026-01-07"})
    assert [row["event_id"] for row in found["rows"]] == ["urn:event:ship2", "urn:event:receive2"]


async def test_the_lots_of_a_case_are_its_record(kitchen: httpx.AsyncClient) -> None:
    words = {f"{what}_{language}": "x" for what in ("title", "reason") for language in ("zh", "en")}
    case = await register(kitchen, "recalls", **words, hazard_class=1, batch=[thing("box/P1").uri])
    found = await _rows(kitchen, "fsma204", recall=case["id"])
    assert {row["tlc"] for row in found["rows"]} == {"P1", "S1"}


async def test_csv_and_workbook_hold_what_the_json_holds(kitchen: httpx.AsyncClient) -> None:
    asked = {"batch": thing("box/P1").uri, "trace": "both"}
    found = await _rows(kitchen, "fsma204", **asked)
    wanted = [["" if cell is None else cell for cell in row.values()] for row in found["rows"]]
    wanted = [[cell.replace("=Store", "'=Store") for cell in row] for row in wanted]

    text = await kitchen.get("/v1/filings/fsma204", params={**asked, "format": "csv"})
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="fsma204.csv"' in text.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(text.text.removeprefix("\ufeff"))))
    assert lines[1:] == wanted

    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = await kitchen.get("/v1/filings/fsma204", params=asked, headers={"Accept": media})
    assert answer.headers["content-type"] == media
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["fsma204", "missing 缺失"]
    sheet = [[_plain(cell.value) for cell in row] for row in book["fsma204"].iter_rows()]
    assert sheet == [lines[0], *wanted]
    counted = list(book["missing 缺失"].iter_rows(min_row=2, values_only=True))
    assert [row[4] for row in counted] == [each["rows"] for each in found["missing"]]
    assert ("unknown 未知" in {row[0] for row in counted}) is False


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return "" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


async def test_one_step_back_and_forward_of_a_store(kitchen: httpx.AsyncClient) -> None:
    found = await _rows(kitchen, "one-step", party=gln("grocer"))
    assert [
        _told(row, "direction", "business", "business_phone", "lot", "quantity", "uom", "dispatched_on")
        for row in found["rows"]
    ] == [
        ("in 购进", "Pack Co", "222", "P1", "50", "EA", "2026-01-06"),
        ("out 售出", "厨房", None, "P1", "20", "EA", "2026-01-09"),
    ]
    assert [_told(row, "received_on", "received_quantity", "document_number") for row in found["rows"]] == [
        ("2026-01-07", "50", "B"),
        ("2026-01-10", "20", None),
    ]
    missing = [_told(row, "party", "about", "data_element", "rows") for row in found["missing"]]
    assert missing == [
        ("=Store Co", "in 购进", "Address 地址", 1),
        ("=Store Co", "out 售出", "Address 地址", 1),
    ]


async def test_one_step_of_one_product_and_some_days_as_a_workbook(kitchen: httpx.AsyncClient) -> None:
    params = {"party": gln("packer"), "product": gtin("leaf"), "to": "2026-01-04", "format": "xlsx"}
    answer = await kitchen.get("/v1/filings/one-step", params=params)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book["one-step"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1], row[9], row[10]) for row in rows] == [
        ("in 购进", "Green Fields 绿野", "H1", 100)
    ]
    assert (await _rows(kitchen, "one-step", party=gln("packer"), to="2026-01-03"))["rows"] == []


@pytest.mark.parametrize(
    ("path", "field", "status"),
    [
        ("fsma204", "batch", 400),
        ("fsma204?batch=urn:nothing:here", "batch", 404),
        ("fsma204?product=urn:nothing:here", "product", 404),
        ("fsma204?product=06901234567892&from=2026-02-30", "from", 400),
        ("fsma204?product=06901234567892&from=2026-02-03&to=2026-02-01", "from", 400),
        ("fsma204?product=06901234567892&format=pdf", "format", 400),
        ("one-step", "party", 400),
        ("one-step?party=urn:nobody", "party", 404),
    ],
)
async def test_what_cannot_be_answered_is_refused_by_name(
    kitchen: httpx.AsyncClient, path: str, field: str, status: int
) -> None:
    fault = await refused(kitchen, "GET", f"/v1/filings/{path}", status)
    assert fault["field"] == field


async def test_a_case_that_is_not_there_has_no_record(kitchen: httpx.AsyncClient) -> None:
    await refused(kitchen, "GET", "/v1/filings/fsma204?recall=987654", 404)


async def test_records_are_for_callers_who_are_known(kitchen: httpx.AsyncClient) -> None:
    answer = await kitchen.get("/v1/filings/one-step?party=urn:nobody", headers={"Authorization": ""})
    assert answer.status_code == 401


async def test_the_client_and_the_command_write_the_same_record(kitchen: httpx.AsyncClient) -> None:
    headers = dict(kitchen.headers)
    key = headers["authorization"].removeprefix("Bearer ")
    async with AsyncSuyuan("http://testserver", key, transport=kitchen._transport) as client:
        as_csv = await client.filings.fsma204(
            thing("box/P1").uri, trace="both", first="2026-01-06", last=date(2026, 1, 7), form="csv"
        )
        book = await client.filings.one_step(gln("grocer"), product=gtin("box"))
    lines = list(csv.reader(io.StringIO(as_csv.decode("utf-8-sig"))))
    assert [line[-1] for line in lines[1:]] == ["urn:event:ship2", "urn:event:receive2"]
    sheet = openpyxl.load_workbook(io.BytesIO(book))["one-step"]
    assert sheet.max_row == len(("title", "in", "out"))

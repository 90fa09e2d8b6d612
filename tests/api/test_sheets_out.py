"""Lists, traces, cases and events as sheets: the same rows and the same sight as the JSON, in a world that
has some of everything.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from service.app import create_app
from service.db.transaction import transaction
from service.exports import lists, sheets
from service.exports.columns import Table
from service.exports.inside import Inside
from service.exports.listings import Listing, Listings, Shape
from service.workbooks.book import MEDIA_TYPE
from tests.api.access_world import World, make_world, names_of
from tests.api.own_service import OwnService, own_service
from tests.api.registering import Json
from tests.world import capture, commission, uri

CHINA = ZoneInfo("Asia/Shanghai")
LISTED = [each for each in Listings(create_app().router.routes) if each.shape is Shape.LIST]
#: Lists below what this world has nothing of.
UNASKED = ("{import_id}",)
FORMULAS = ("=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1", "\u202e=1")


@pytest.fixture(scope="module")
async def made(cluster: str) -> AsyncIterator[tuple[OwnService, World]]:
    async with own_service(cluster) as client:
        world = await make_world(client)
        yield client, world


def path_of(listing: Listing, world: World) -> str:
    names = re.findall(r"{(\w+)}", listing.path)
    return listing.path.format(**{name: world.values.get(name, f"{{{name}}}") for name in names})


async def items_of(client: OwnService, path: str, key: dict[str, str]) -> list[Json]:
    """All items of a list, in pages so small that there are several."""
    items: list[Json] = []
    page: dict[str, Any] = {"limit": 4}
    while True:
        told_now = (await client.get(path, params=page, headers=key)).raise_for_status().json()
        if isinstance(told_now, list):
            return told_now
        items += told_now["items"]
        if told_now.get("next_page") is None:
            return items
        page["page"] = told_now["next_page"]


async def grid(client: OwnService, path: str, key: dict[str, str], **query: Any) -> list[list[Any]]:
    """The cells of the first sheet of the workbook, as a program reads them."""
    answer = await client.get(path, params={**query, "format": "xlsx"}, headers=key)
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


async def lines(client: OwnService, path: str, key: dict[str, str], **query: Any) -> list[list[str]]:
    """The cells of the CSV."""
    answer = await client.get(path, params={**query, "format": "csv"}, headers=key)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def is_told(value: Any, cell: Any) -> bool:
    """Whether a cell of a workbook holds what the JSON says, by rules of its own."""
    if value in (None, "", [], {}):
        return cell is None
    if isinstance(value, bool):
        return cell is value
    if isinstance(value, int | float):
        return float(cell) == float(value)
    if isinstance(value, list | dict):
        return all(str(leaf) in str(cell) for leaf in leaves(value))
    if isinstance(cell, datetime):
        wanted = datetime.fromisoformat(value)
        if wanted.tzinfo is None:
            return cell.date() == date.fromisoformat(value)
        return abs(cell - wanted.astimezone(CHINA).replace(tzinfo=None)) < timedelta(milliseconds=2)
    if isinstance(cell, int | float):
        return float(value) == cell
    return " ".join(str(cell).split()).lstrip("'") == " ".join(value.split())


def leaves(value: Any) -> Iterator[Any]:
    """What lies inside, texts and numbers alone."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield " ".join(value.split()) if isinstance(value, str) else value


@pytest.mark.parametrize("listing", LISTED, ids=lambda each: each.path)
async def test_every_list_is_the_same_as_json_as_workbook_and_as_csv(
    made: tuple[OwnService, World], listing: Listing
) -> None:
    client, world = made
    path = path_of(listing, world)
    if any(name in path for name in UNASKED):
        return
    assert "{" not in path, "the world has one of these"
    assert listing.item is not None
    table = Table.of(listing.item)
    for caller in ("operator", "maker"):
        key = world.keys[caller]
        # Every question adds to the record of reads.
        items = [] if path == "/v1/audit" else await items_of(client, path, key)
        parts = [part for item in items for part in table.parts(item)]
        heads, *rows = await grid(client, path, key, lang="en")
        assert heads == table.titles("en", "Asia/Shanghai")
        if path != "/v1/audit":
            assert len(rows) == len(parts)
        for part, row in zip(parts, rows, strict=False):
            for column, cell in zip(table.columns, row, strict=True):
                assert is_told(column.value(part), cell), (column.path, column.value(part), cell)
        if not listing.own_csv:
            _, *texts = await lines(client, path, key, lang="en")
            assert [[text or None for text in line] for line in texts] == [
                [as_csv(cell) for cell in row] for row in rows
            ] or path == "/v1/audit"


def as_csv(cell: Any) -> str | None:
    """What a CSV says of a cell of the workbook."""
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if is_day else cell.replace(microsecond=0).isoformat(" ")
    if isinstance(cell, bool):
        return str(cell).upper()
    return None if cell is None else str(cell)


async def test_a_sheet_is_one_moment_and_what_comes_meanwhile_is_in_the_next(
    made: tuple[OwnService, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, world = made
    before = len(await items_of(client, "/v1/products", world.keys["operator"]))
    monkeypatch.setattr(lists, "PAGE_MOST", 1)
    asked = Inside.get

    async def get(self: Inside, *asking: Any, **how: Any) -> Any:
        answer = await asked(self, *asking, **how)
        body = {"name_zh": "后来的产品", "category": "food", "name_en": f"later {id(answer)}"}
        await client.post("/v1/products", json=body, headers=world.keys["operator"])
        return answer

    monkeypatch.setattr(Inside, "get", get)
    assert len(await lines(client, "/v1/products", world.keys["operator"])) == before + 1
    monkeypatch.undo()
    assert len(await lines(client, "/v1/products", world.keys["operator"])) > before + 1


async def test_what_is_too_long_is_cut_and_told_to_be(
    made: tuple[OwnService, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, world = made
    monkeypatch.setattr(sheets, "ROWS_MOST", 3)
    key = world.keys["operator"]
    answer = await client.get("/v1/sites?format=xlsx&lang=en", headers=key)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert (answer.headers["Suyuan-Rows"], answer.headers["Suyuan-Cut-At"]) == ("3", "3")
    assert book.worksheets[0].max_row == 4
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert "No: of each sheet the first 3 rows" in str(about["Whole"])
    assert "Suyuan-Cut-At" not in (await client.get("/v1/links?format=xlsx&limit=1", headers=key)).headers


async def test_a_party_is_on_record_for_the_sheets_it_asks_for(made: tuple[OwnService, World]) -> None:
    client, world = made
    batch = world.values["batch_id"]

    async def records() -> int:
        asked = "SELECT count(*) FROM audit_read WHERE route = '/v1/batches' AND $1 = ANY (batches)"
        async with transaction(client.engine) as tx:
            return int(await tx.sql.fetchval(asked, int(batch)))

    before = await records()
    await lines(client, "/v1/batches", world.keys["authority"])
    assert await records() == before + 1
    own = await lines(client, "/v1/batches", world.keys["rival"])
    assert "ZQX-LOT" not in str(own)


@pytest.mark.parametrize(
    ("query", "caller", "status", "field"),
    [
        ("/v1/batches?format=pdf", "maker", 400, "format"),
        ("/v1/batches?format=csv&zone=Mars/Base", "maker", 400, "zone"),
        ("/v1/batches?format=xlsx&made_from=soon", "maker", 400, "made_from"),
        ("/v1/batches?format=xlsx", "stranger", 401, None),
        ("/v1/recalls/999999?format=xlsx", "maker", 404, None),
        ("/v1/recalls/{recall_id}?format=xlsx", "rival", 404, None),
        ("/epcis/events?format=csv&EQ_bizstep=x", "maker", 400, "EQ_bizstep"),
        ("/v1/trace/forward?format=xlsx", "maker", 400, None),
    ],
)
async def test_a_sheet_that_cannot_be_given_is_refused_as_the_json_is(
    made: tuple[OwnService, World], query: str, caller: str, status: int, field: str | None
) -> None:
    client, world = made
    path = query.format(**world.values)
    answer = await client.get(path, headers=world.keys[caller] or {"Authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    if field is not None:
        assert field in [fault["field"] for fault in answer.json()["errors"]]


async def test_accept_asks_for_a_sheet_as_well_and_json_stays_json(made: tuple[OwnService, World]) -> None:
    client, world = made
    key = world.keys["maker"]
    for accept, media in (
        ("text/csv", "text/csv; charset=utf-8"),
        (MEDIA_TYPE, MEDIA_TYPE),
        ("text/csv;q=0.5, application/json", "application/json"),
        ("*/*", "application/json"),
    ):
        answer = await client.get("/v1/batches", headers=key | {"Accept": accept})
        assert answer.headers["content-type"] == media
    plain = await client.get("/epcis/events?format=json", headers=key)
    assert plain.json()["type"] == "EPCISQueryDocument"


async def test_moments_are_told_in_the_zone_asked_for_and_heads_in_the_language(
    made: tuple[OwnService, World],
) -> None:
    client, world = made
    for zone, shift in (("UTC", 0), ("Asia/Tokyo", 9), ("-03:30", -3.5)):
        heads, row, *_ = await grid(client, "/v1/keys", world.keys["maker"], zone=zone, lang="zh")
        place = heads.index(f"登记时间（{zone}）")
        said = (await items_of(client, "/v1/keys", world.keys["maker"]))[0]["created_at"]
        wanted = datetime.fromisoformat(said).replace(tzinfo=None) + timedelta(hours=shift)
        assert abs(row[place] - wanted) < timedelta(milliseconds=2)


async def test_an_event_query_has_a_row_for_each_thing_and_extensions_as_columns(
    made: tuple[OwnService, World],
) -> None:
    client, world = made
    key = world.keys["operator"]
    event = commission("tea/X1=5", "tea/X2=7.5", at="plant", on=5, id="sheet-one")
    event |= {"example:temp": 4.5, "example:note": "=1+1", "ilmd": {"example:field": {"id": "f1"}}}
    context = {"@context": [{"example": "https://example.com/epcis/"}]}
    await capture(client, event | context)
    asked = {"EQ_eventID": event["eventID"]}
    heads, *rows = await grid(client, "/epcis/events", key, lang="en", **asked)
    assert len(rows) == 2
    first = dict(zip(heads, rows[0], strict=True))
    assert (first["Lot"], first["Quantity"]) == ("X1", 5)
    assert (first["example:temp"], first["example:note"]) == (4.5, "'=1+1")
    assert first["Lot: example:field"] == "id: f1"
    assert dict(zip(heads, rows[1], strict=True))["Quantity"] == 7.5
    named = f"/epcis/bizSteps/{names_of('/epcis/bizSteps')}/events"
    answer = await client.get("/epcis/events", params={"EQ_bizStep": "commissioning"}, headers=key)
    told_events = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    things = sum(len(each.get("quantityList", [])) + len(each.get("epcList", [])) for each in told_events)
    assert len(await lines(client, named, key)) == things + 1


async def test_a_trace_names_who_holds_what_and_a_case_what_became_of_it(
    made: tuple[OwnService, World],
) -> None:
    client, world = made
    key = world.keys["operator"]
    query = {"batch": uri("tea/C1"), "format": "xlsx", "lang": "en"}
    trace = (await client.get("/v1/trace/forward", params={**query, "format": "json"}, headers=key)).json()
    answer = await client.get("/v1/trace/forward", params=query, headers=key)
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    names = ["Summary", "Holders", "Flows", "Gaps", "Parties", "Certificates", "About"]
    assert book.sheetnames == names
    for name in ("Summary", "Holders", "Flows", "Parties"):
        assert book[name].auto_filter.ref == book[name].dimensions
        assert book[name].freeze_panes in ("A2", "B2")
    told_rows = [book[name].max_row - 1 for name in ("Flows", "Gaps", "Parties")]
    assert told_rows == [len(trace["flows"]), len(trace["gaps"]), len(trace["parties"])]
    heads, *rows = book["Holders"].iter_rows()
    place = [cell.value for cell in heads].index("On hand")
    on_hand = {each["on_hand"] for holding in trace["holdings"] for each in holding["balances"]}
    assert {str(row[place].value) for row in rows} == on_hand
    party = rows[0][0].hyperlink
    assert party is not None
    assert party.location is not None
    assert book["Parties"][party.location.partition("!")[2]].value == rows[0][0].value
    case = await client.get(
        f"/v1/recalls/{world.values['recall_id']}", params={"format": "xlsx", "lang": "en"}, headers=key
    )
    found = openpyxl.load_workbook(io.BytesIO(case.content)).sheetnames
    assert {"Recall", "Holders", "Progress", "Recipients", "Notices", "Deadlines"} <= set(found)


@pytest.mark.parametrize("planted", FORMULAS)
async def test_a_planted_formula_never_starts_a_cell(made: tuple[OwnService, World], planted: str) -> None:
    client, world = made
    key = world.keys["operator"]
    body = {"name_zh": "公式", "category": "food", "brand": planted.replace("\u202e", "").replace("\t", "")}
    answer = await client.post("/v1/products", json=body | {"attributes": {"x": planted}}, headers=key)
    assert answer.status_code in (201, 400), answer.text
    sent = await client.get("/v1/products?format=xlsx", headers=key)
    book = openpyxl.load_workbook(io.BytesIO(sent.content))
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert not str(cell.value).lstrip().startswith(("=", "+", "-", "@", "＝"))

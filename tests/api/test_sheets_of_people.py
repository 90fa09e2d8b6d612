"""Three spreadsheets as people make them, from the first upload with its faults to the truth in a trace."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from scripts.write_sheets import kept
from suyuan import NEVER, Suyuan
from tests import sheets_of_people as people
from tests.api.commanding import Run
from tests.api.importing import Tradespeople, bring_to_market, found, told_stock, true_stock
from tests.server import ROOT, Server

GUIDE = ROOT / "docs" / "spreadsheets.md"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of `docs/sheets`, who keeps it, and what is wrong with it: sheet, row, field, rule."""

    who: str
    name: str
    ending: str
    rows: int
    faults: tuple[tuple[str, int, str, str], ...]

    def file(self, corrected: bool) -> str:
        """Its name."""
        return f"{self.name}{'-corrected' if corrected else ''}{self.ending}"


HARVEST = Sheet(
    "cooperative",
    people.HARVEST_FILE,
    ".xlsx",
    20,
    (
        ("3月", 8, "site", "sheets:unknown"),
        ("3月", 12, "quantity", "amount:number"),
        ("3月", 15, "lot", "gs1:cset82"),
        ("4月", 7, "when", "sheets:moment"),
    ),
)
DELIVERIES = Sheet(
    "wholesaler",
    people.DELIVERY_FILE,
    ".csv",
    16,
    (
        ("delivery-list", 5, "product", "sheets:digits-lost"),
        ("delivery-list", 8, "to", "sheets:unknown"),
        ("delivery-list", 10, "quantity", "amount:negative"),
        ("delivery-list", 14, "product", "gs1:check-digit"),
    ),
)
SERIALS = Sheet(
    "pharmacy",
    people.SERIALS_FILE,
    ".xlsx",
    20,
    (
        ("三七粉追溯码", 6, "drug_code", "drug-code:20-digits"),
        ("三七粉追溯码", 11, "product", "gs1:check-digit"),
        ("三七粉追溯码", 14, "drug_code", "sheets:digits-lost"),
        ("三七粉追溯码", 19, "drug_code", "sheets:several-codes"),
    ),
)


@pytest.fixture(scope="module")
def operator(service: Server) -> Iterator[Suyuan]:
    """A client with the operator's key."""
    with Suyuan(service.url, service.key, retry=NEVER) as client:
        yield client


@pytest.fixture(scope="module")
def world(operator: Suyuan) -> Tradespeople:
    """The tradespeople, registered."""
    return found(operator)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sheets."""
    folder = tmp_path_factory.mktemp("sheets")
    for name, content in kept().items():
        (folder / name).write_bytes(content)
    return folder


def told(run: Run, world: Tradespeople, who: str, *arguments: str, code: int) -> dict[str, Any]:
    """What the command tells machines."""
    ended = run("import", *arguments, "--yes", "--json", SUYUAN_KEY=getattr(world, who))
    assert (ended.exit_code, ended.stderr) == (code, "")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def counts(answer: dict[str, Any]) -> tuple[str, int, int, int]:
    """State, rows with faults, stored and known."""
    upload = answer["upload"]
    return upload["state"], upload["rows_faulty"], upload["rows_stored"], upload["rows_known"]


@pytest.mark.parametrize("sheet", [HARVEST, DELIVERIES, SERIALS], ids=lambda sheet: sheet.name)
def test_a_messy_sheet_is_told_its_faults_and_the_corrected_one_adds_only_what_was_missing(
    run: Run, service: Server, world: Tradespeople, place: Path, sheet: Sheet
) -> None:
    messy, corrected = str(place / sheet.file(False)), str(place / sheet.file(True))
    first = told(run, world, sheet.who, messy, code=1)
    assert counts(first)[:3] == ("checked", len(sheet.faults), 0), "nothing is stored where a row is wrong"
    with Suyuan(service.url, getattr(world, sheet.who), retry=NEVER) as client:
        faults = list(client.imports.faults(first["upload"]["id"]))
        assert [(each.sheet, each.row, each.field, each.rule) for each in faults] == list(sheet.faults)
    require_marked(Path(first["marked"]), sheet)
    good = told(run, world, sheet.who, messy, "--store", "good", code=1)
    stored = good["upload"]["rows_stored"]
    assert counts(good)[:2] == ("stored", len(sheet.faults))
    assert 0 < stored <= sheet.rows - len(sheet.faults)
    whole = told(run, world, sheet.who, corrected, code=0)
    assert counts(whole) == ("stored", 0, sheet.rows - stored, stored)
    assert counts(told(run, world, sheet.who, corrected, code=0)) == ("stored", 0, 0, sheet.rows)


def require_marked(file: Path, sheet: Sheet) -> None:
    """The marked workbook has a sentence at each bad cell, and no other."""
    book = openpyxl.load_workbook(BytesIO(file.read_bytes()))
    marked = [
        (page.title, cell.row)
        for page in book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.comment is not None
    ]
    assert marked == [fault[:2] for fault in sheet.faults]


def test_the_trace_of_what_the_sheets_said_is_what_happened(
    service: Server, operator: Suyuan, world: Tradespeople
) -> None:
    """After the sheets above. What went from the plots to the wholesaler stands in no sheet."""
    with (
        Suyuan(service.url, world.cooperative, retry=NEVER) as cooperative,
        Suyuan(service.url, world.wholesaler, retry=NEVER) as wholesaler,
    ):
        bring_to_market(world, cooperative, wholesaler)
    assert told_stock(operator) == true_stock()
    for drug_code, serial in people.PACKS:
        unit = operator.units.fetch(drug_code)
        assert (unit.lot, unit.serial, unit.registered) == (people.POWDER_LOT, serial, True)


def test_the_example_of_the_guide_runs_on_the_kept_sheets(
    service: Server,
    world: Tradespeople,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("SUYUAN_URL", service.url)
    monkeypatch.setenv("SUYUAN_KEY", world.cooperative)
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    exec(compile(block, GUIDE.name, "exec"), {})  # the guide is ours
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(HARVEST.faults) + 2
    assert lines[-1] == "0 20", "after the tests above all is there"


# --- the commands --------------------------------------------------------------------------------


def test_the_preview_shows_what_columns_were_taken_for_and_nothing_is_stored_without_a_yes(
    run: Run, world: Tradespeople, place: Path
) -> None:
    file = str(place / DELIVERIES.file(True))
    shown = run("import", file, SUYUAN_KEY=world.wholesaler, stdin="n\n")
    assert shown.exit_code == 0
    for said in (
        "Shipping; 16 rows, 0 of them with faults",
        "客户名称",
        "惠民超市",
        "(not used)",
        "Store 16 rows?",
    ):
        assert said in shown.stdout
    assert "rows stored" not in shown.stdout
    chinese = run(
        "import", str(place / HARVEST.file(False)), SUYUAN_KEY=world.cooperative, LANG="zh_CN.UTF-8"
    )
    assert chinese.exit_code == 1
    for said in (
        "3月：采收，12 行，其中 3 行有误",
        "西坡地",
        "harvest-book.xlsx.faults.xlsx",
        "未存储任何内容",
    ):
        assert said in chinese.stdout.replace("\n", "")


def test_what_columns_are_can_be_said_and_what_no_sheet_has_is_told(
    run: Run, world: Tradespeople, place: Path
) -> None:
    file = str(place / DELIVERIES.file(True))
    meant = ("--columns", "商品条码=", "--columns", "delivery-list-corrected!F=product", "--store", "all")
    by_name = told(run, world, "wholesaler", file, *meant, code=0)
    (sheet,) = by_name["upload"]["sheets"]
    fields = {column["heading"]: column["field"] for column in sheet["columns"]}
    assert (fields["商品条码"], fields["商品名称"]) == (None, "product")
    assert counts(by_name) == ("stored", 0, 0, 16), "named by its name or its bar code, a product is the same"
    for given, said in (
        ("无此列=product", "No sheet has a column headed 无此列"),
        ("product", "is no column"),
    ):
        refused = run("import", file, "--columns", given, SUYUAN_KEY=world.wholesaler)
        assert (refused.exit_code, said in refused.stderr) == (1, True)


def test_what_is_no_spreadsheet_is_refused_with_a_sentence(run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "picture.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    assert run("import", str(picture), "--yes").exit_code == 1
    assert run("import", str(tmp_path / "nowhere.xlsx")).exit_code == 1
    wrong = run("import", str(picture), "--store", "some")
    assert (wrong.exit_code, "all or good" in wrong.stderr) == (1, True)


def test_a_template_is_written_and_taken_back(run: Run, tmp_path: Path) -> None:
    for form, name in (("harvest", "harvest.xlsx"), ("shipping", "shipping.csv"), ("all", "all.xlsx")):
        assert run("import", "--template", form, str(tmp_path / name)).exit_code == 0
        checked = json.loads(run("import", str(tmp_path / name), "--json").stdout)["upload"]
        assert form == "all" or [sheet["form"] for sheet in checked["sheets"] if sheet["form"]] == [form]
    assert run("import", "--template", "harvests", str(tmp_path / "x.xlsx")).exit_code == 1


def test_a_watched_folder_is_emptied_but_for_what_is_wrong_and_nothing_is_sent_twice(
    run: Run, world: Tradespeople, tmp_path: Path
) -> None:
    def watch(*arguments: str, code: int = 0) -> list[tuple[str, str]]:
        ended = run(
            *("watch", str(tmp_path), "--once", "--every", "0.1", "--json", *arguments),
            SUYUAN_KEY=world.cooperative,
        )
        assert ended.exit_code == code, ended.output
        return [(told["file"], told["outcome"]) for told in map(json.loads, ended.stdout.splitlines())]

    files = kept()
    (tmp_path / "april.xlsx").write_bytes(files[HARVEST.file(True)])
    assert watch("--url", "http://127.0.0.1:9", code=3) == [], "while the service is away, all stays"
    (tmp_path / "book.xlsx").write_bytes(files[HARVEST.file(False)])
    assert watch() == [("april.xlsx", "stored"), ("book.xlsx", "faulty")]
    assert watch() == []
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {
        *("done", "book.xlsx", "book.xlsx.faults.xlsx")
    }
    require_marked(tmp_path / "book.xlsx.faults.xlsx", HARVEST)
    (tmp_path / "book.xlsx").write_bytes(files[HARVEST.file(True)])
    assert watch() == [("book.xlsx", "known")]
    assert {path.name for path in (tmp_path / "done").iterdir()} == {"april.xlsx", "book.xlsx"}
    assert watch("--key", "sy_nobody") == []

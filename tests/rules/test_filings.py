"""Records for authorities: cells, days, documents, and which event is which critical tracking event."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.utils.datetime import from_excel

from service.errors import Malformed
from service.filings.documents import references
from service.filings.local_days import Span, local_day
from service.filings.places import place_of
from service.filings.tracking import COLUMNS, Tracking, TrackingRow, tracking_of
from service.ledger.model import Role
from service.ledger.steps import Effect
from service.workbooks import book as book_writing
from service.workbooks.book import Workbook
from service.workbooks.cells import Cell, csv_lines

CELLS: tuple[Cell, ...] = (
    "=HYPERLINK(0)",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "＝1",
    "\t=1",
    "a\x00b\x1bc\nd",
    "+86 591 8765 4321",
    "half \ud800 a pair",
    "福州茶厂",
    None,
    Decimal("12.50"),
    Decimal("1E+3"),
    Decimal("1234567890123456.789"),
    7,
    date(2026, 3, 1),
)
HARMLESS = (
    "'=HYPERLINK(0)",
    "'+1+1",
    "'-2+3",
    "'@SUM(A1)",
    "'＝1",
    "'=1",
    "a b c d",
    "+86 591 8765 4321",
    "half   a pair",
    "福州茶厂",
)


def test_no_cell_of_a_csv_is_a_formula_or_holds_a_control_character() -> None:
    read = next(csv.reader(io.StringIO(csv_lines([CELLS]))))
    assert read == [*HARMLESS, "", "12.5", "1000", "1234567890123456.789", "7", "2026-03-01"]


def test_a_workbook_holds_the_same_cells_with_numbers_and_days_that_sort() -> None:
    book = Workbook.on_disk()
    book.sheet("rows", [f"c{n}" for n in range(len(CELLS))])
    book.rows([CELLS])
    with book.finish() as file:
        sheet = openpyxl.load_workbook(file)["rows"]
        read = [cell.value for cell in next(sheet.iter_rows(min_row=2))]
        formulas = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == []
    assert read == [
        *HARMLESS,
        None,
        12.5,
        1000,
        "1234567890123456.789",
        7,
        from_excel(46082),
    ]
    assert sheet.auto_filter.ref == "A1:P2"


def test_rows_that_one_sheet_cannot_hold_go_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_writing, "SHEET_ROWS_MOST", 3)
    book = Workbook.on_disk()
    book.sheet("rows", ["n"])
    book.rows([(n,) for n in range(5)])
    with book.finish() as file:
        read = openpyxl.load_workbook(file)
        told = {sheet.title: [row[0].value for row in sheet.iter_rows()] for sheet in read}
    assert told == {"rows": ["n", 0, 1], "rows 2": ["n", 2, 3], "rows 3": ["n", 4]}


@pytest.mark.parametrize(
    ("step", "role", "effect", "on_field", "told"),
    [
        ("https://x.example/harvesting", Role.OBJECT, Effect.PRODUCE, False, Tracking.HARVEST),
        ("urn:gdst:bizStep:farmHarvest", Role.OBJECT, Effect.PRODUCE, False, Tracking.HARVEST),
        ("commissioning", Role.OBJECT, Effect.PRODUCE, True, Tracking.HARVEST),
        ("commissioning", Role.OBJECT, Effect.PRODUCE, False, Tracking.PACK),
        ("https://x.example/cooling", Role.OBJECT, Effect.SIGHT, False, Tracking.COOL),
        ("urn:gdst:bizStep:landing", Role.OBJECT, Effect.SIGHT, False, Tracking.LAND),
        ("packing", Role.OUTPUT, Effect.PRODUCE, False, Tracking.PACK),
        ("packing", Role.PACKED, Effect.PACK, False, None),
        ("commissioning", Role.OUTPUT, Effect.PRODUCE, True, Tracking.TRANSFORM),
        ("repackaging", Role.INPUT, Effect.CONSUME, False, Tracking.TRANSFORM),
        ("shipping", Role.OBJECT, Effect.SHIP, False, Tracking.SHIP),
        ("accepting", Role.OBJECT, Effect.RECEIVE, False, Tracking.RECEIVE),
        (None, Role.OBJECT, Effect.RECEIVE, False, Tracking.RECEIVE),
        ("inspecting", Role.OBJECT, Effect.SIGHT, False, None),
        ("retail_selling", Role.OBJECT, Effect.SELL, False, None),
        ("destroying", Role.OBJECT, Effect.DESTROY, False, None),
    ],
)
def test_events_are_the_critical_tracking_events_that_the_table_says(
    step: str | None, role: Role, effect: Effect, on_field: bool, told: Tracking | None
) -> None:
    assert tracking_of(step, role, effect, on_field=on_field) is told


def test_the_columns_are_the_fields_of_a_row() -> None:
    assert tuple(COLUMNS) == TrackingRow._fields


def test_documents_are_told_by_kind_and_number() -> None:
    papers = {"po": ["urn:epcglobal:cbv:bt:9521000000004:77"], "bol": ["https://id.gs1.org/253/1"], "": ["x"]}
    kinds, numbers = references(papers)
    assert kinds == "Document 单据; Bill of lading 提单; Purchase order 采购订单"
    assert numbers == "x; https://id.gs1.org/253/1; 77"
    assert references({}) == (None, None)


def test_a_day_is_the_day_where_it_happened() -> None:
    moment = datetime(2026, 3, 1, 17, tzinfo=UTC)
    assert local_day(moment, "+08:00") == date(2026, 3, 2)
    assert local_day(moment, "-09:30") == date(2026, 3, 1)
    assert local_day(moment, None) == date(2026, 3, 1)


def test_a_span_has_its_first_and_last_day_and_all_moments_that_can_be_in_it() -> None:
    span = Span(date(2026, 3, 1), date(2026, 3, 2))
    assert [date(2026, 3, day) in span for day in (1, 2, 3)] == [True, True, False]
    begin, end = span.moments()
    for offset in ("-14:00", "+00:00", "+14:00"):
        assert local_day(begin, offset) <= date(2026, 3, 1)
        assert local_day(end, offset) >= date(2026, 3, 2)
    assert date(1, 1, 2) not in Span()
    with pytest.raises(Malformed, match="first day is after the last"):
        Span(date(2026, 3, 2), date(2026, 3, 1))


def test_a_place_is_described_by_who_runs_it_and_names_what_is_not_known() -> None:
    site = dict.fromkeys(("name_zh", "name_en", "kind", "region", "address", "gln"))
    bare = place_of({**site, "uri": "urn:place", "unspecified": False}, None)
    assert (bare.text, len(bare.lacks)) == ("urn:place", 3)
    party = {
        "id": 5,
        "name_zh": "茶厂",
        "name_en": "Tea Works",
        "region": "350100",
        "address": "Road 1",
        "contacts": [{"name": "x"}],
        "quality_manager": {"phone": "0591"},
        "legal_representative": {},
    }
    whole = place_of({**site, "uri": "urn:place", "unspecified": False, "name_en": "Dock"}, party)
    assert whole.text == "Tea Works 茶厂; Dock; 0591; Road 1; 350100"
    assert (whole.lacks, whole.party) == ((), 5)

"""Files of rows, read as they come: whatever the octets, rows or a refusal that says what to do."""

import io
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Malformed, SuyuanError, TooLarge
from service.sheets import understanding, workbook_parts
from service.sheets.cells import parse
from service.sheets.file_rows import FileRows, read_file
from service.sheets.reading import Unreadable, open_workbook
from service.sheets.workbook_parts import meaning
from tests.rules.sheets_to_read import CELL, book_of, package_of, rows_of

MOMENT = datetime.fromisoformat("2026-03-05T14:30:01")


COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600


def cells(octets: bytes, name: str = "book.xlsx") -> list[tuple[Any, ...]]:
    return [row.cells for row in rows_of(octets, name)]


def refusal(octets: bytes, name: str = "book.xlsx") -> Malformed:
    with pytest.raises(Malformed) as caught:
        rows_of(octets, name)
    assert caught.value.zh != caught.value.message
    return caught.value


def read_or_refused(octets: bytes, name: str = "book.xlsx") -> None:
    with suppress(SuyuanError):
        assert all(row.cells for row in rows_of(octets, name))


def test_numbers_days_and_texts_are_what_the_program_kept() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        sheet = book.add_worksheet("三月")
        sheet.write(0, 0, "地块")
        sheet.write_number(0, 1, 0.1 + 0.2)
        sheet.write_number(0, 2, 6901234567892)
        sheet.write_datetime(0, 3, MOMENT, book.add_format({"num_format": "yyyy/m/d"}))
        sheet.write_number(0, 4, 0.5, book.add_format({"num_format": "h:mm"}))
        sheet.write_number(0, 5, 0.05, book.add_format({"num_format": "0.0%"}))
        sheet.write_number(0, 6, 50, book.add_format({"num_format": '0.00"公斤"'}))
        sheet.write_number(0, 7, 123, book.add_format({"num_format": "000000"}))
        sheet.write_boolean(0, 8, True)
    (row,) = rows_of(octets.getvalue())
    assert row.cells[0] == "地块"
    assert row.cells[1] == pytest.approx(0.3)
    assert row.cells[2] == 6901234567892
    assert row.cells[3:5] == (MOMENT, time(12))
    assert row.cells[5:] == ("5%", "50公斤", "000123", True)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("yyyy-mm-dd", "day"),
        ('yyyy"年"m"月"d"日"', "day"),
        ("[$-804]yyyy/m/d;@", "day"),
        ("[h]:mm", "day"),
        ("General", ""),
        ("0.00", ""),
        ("#,##0.00_ ;[Red]\\-#,##0.00\\ ", ""),
        ("@", ""),
        ("0%", "percent"),
        ("00000000000000", "00000000000000"),
        ('0"箱"', "箱"),
    ],
)
def test_what_a_number_format_shows_is_known(code: str, means: str) -> None:
    assert meaning(164, {164: code}) == means


def test_what_is_merged_counts_for_all_its_rows() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "采收登记簿")
        sheet.write_column("B2", ["L1", "L2", "L3"])
        sheet.merge_range("A2:A3", "一号大棚")
    rows = rows_of(octets.getvalue())
    assert [row.cells for row in rows] == [
        ("采收登记簿",),
        ("一号大棚", "L1"),
        ("一号大棚", "L2"),
        (None, "L3"),
    ]
    assert [row.merged for row in rows] == [frozenset(), frozenset(), frozenset({0}), frozenset()]


def test_headings_of_two_lines_are_read_by_what_is_merged() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        sheet = book.add_worksheet()
        upper = {"A1:A2": "发货时间", "B1:B2": "收货方", "C1:D1": "产品", "E1:F1": "数量"}
        for area, text in upper.items():
            sheet.merge_range(area, text)
        sheet.write_row("C2", ["名称", "批号", "公斤", "件数"])
        sheet.write_row("A3", ["2026-03-05", "华联", "白菜", "L1", 5])
    into = FileRows()
    read_file(octets.getvalue(), "a.xlsx", {}, zone=UTC, today=date(2026, 3, 9), into=into)
    assert into.faults == []
    (row,) = into.sheets[0].rows
    assert (row.number, row.texts["product"], row.texts["lot"], row.texts["quantity"]) == (
        3,
        "白菜",
        "L1",
        "5",
    )


def test_what_is_wrong_in_many_rows_is_looked_at_once_and_told_of_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[Any] = []

    def look(raw: Any, *more: Any, **named: Any) -> Any:
        looked.append(raw)
        return parse(raw, *more, **named)

    monkeypatch.setattr(understanding, "parse", look)
    long = "L" * 20_000
    octets = book_of(["产品", "批号", "生产日期"], *(["白菜", long, "2026-03-05"] for _ in range(5)))
    into = FileRows()
    read_file(octets, "a.xlsx", {}, zone=UTC, today=date(2026, 3, 9), into=into)
    assert looked.count(long) == 1
    assert [[fault.key for fault in row.faults] for row in into.sheets[0].rows] == [["lot"]] * 5


def test_a_formula_has_the_value_that_was_worked_out_and_else_is_told() -> None:
    rows = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>A1*2</f></c><c r="C1"><f>A1</f><v></v></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    (row,) = cells(package_of(rows))
    assert row[0] == 2
    assert row[1] == Unreadable("=A1*2", "formula")
    assert row[2] == Unreadable("=A1", "formula")
    assert row[3] is None
    assert row[4] == Unreadable("#DIV/0!", "error")


def test_a_program_that_leaves_formulas_to_others_has_worked_none_out() -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("S", 0)
    sheet.append([5])
    sheet.append(["=A1*2"])
    octets = io.BytesIO()
    book.save(octets)
    assert cells(octets.getvalue()) == [(5,), (Unreadable("=A1*2", "formula"),)]


def test_phonetic_signs_are_no_part_of_a_text_and_runs_are_one() -> None:
    texts = "<si><r><t>東</t></r><r><t>京</t></r><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
    assert cells(package_of('<row r="3"><c t="s"><v>0</v></c></row>', texts=texts)) == [("東京",)]


def test_characters_that_xml_cannot_carry_are_themselves_again() -> None:
    texts = "<si><t>甲_x000D_\n乙_x005F_x_xD800_</t></si>"
    assert cells(package_of('<row><c t="s"><v>0</v></c></row>', texts=texts)) == [("甲\r\n乙_x_xD800_",)]


def test_a_sheet_that_is_a_chart_has_no_rows_and_is_none() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        book.add_worksheet("数").write(0, 0, 1)
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=数!$A$1:$A$1"})
        book.add_chartsheet("图").set_chart(chart)
    with open_workbook(io.BytesIO(octets.getvalue()), "x.xlsx") as opened:
        assert [sheet.name for sheet in opened.sheets] == ["数"]


def test_hidden_sheets_are_told_apart() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        book.add_worksheet("看").write(0, 0, 1)
        book.add_worksheet("藏").hide()
    with open_workbook(io.BytesIO(octets.getvalue()), "x.xlsx") as opened:
        assert [(sheet.name, sheet.hidden) for sheet in opened.sheets] == [("看", False), ("藏", True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "，"])
def test_a_csv_is_read_in_every_encoding_and_with_every_separator(encoding: str, separator: str) -> None:
    lines = ["GTIN,批号,数量", '6901234567892,L1,"1,5"', "690123456789,𠮷野,=3"]
    octets = "\r\n".join(lines).replace(",", separator).encode(encoding)
    read = cells(octets, "表.csv")
    assert [len(row) for row in read] == [3, 3, 3]
    assert read[2] == ("690123456789", "𠮷野", "=3")


def test_a_csv_keeps_noughts_and_says_its_separator_as_programs_do() -> None:
    assert cells(b'sep=;\n="00123";a\n', "x.csv") == [("00123", "a")]


def test_a_quotation_mark_that_is_not_closed_swallows_no_rows() -> None:
    fault = refusal('品名,批号\n白菜,"L1\n萝卜,L2\n'.encode(), "x.csv")
    assert fault.faults[0].rule == "sheets:quotes"


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (b"", "sheets:kind"),
        (b"  \r\n", "sheets:kind"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600, "sheets:kind"),
        (
            bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "sheets:password",
        ),
        (b"<html><table><tr><td>1</td></tr></table></html>", "sheets:kind"),
        (b"%PDF-1.7\n", "sheets:kind"),
        (b"\x89PNG\r\n\x1a\n", "sheets:kind"),
        (b"PK\x03\x04 cut off", "sheets:broken"),
        (b"\xff\xfe\xff\x00\x81", "sheets:kind"),
    ],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(octets: bytes, rule: str) -> None:
    fault = refusal(octets, "收货.xls").faults[0]
    assert fault.rule == rule
    assert "收货.xls" in fault.message
    assert "收货.xls" in fault.message_zh


def test_another_archive_is_no_workbook() -> None:
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as package:
        package.writestr("word/document.xml", "<w/>")
    assert refusal(octets.getvalue()).faults[0].rule == "sheets:broken"


@pytest.mark.parametrize(
    "broken",
    [
        package_of('<row r="1"><c r="A1"><v>1</v></c></row')[:-60],
        package_of('<row r="1"><c r="A1"><v>1</v></row>'),
        package_of('<row r="2"/><row r="1"/>'),
        package_of('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'),
        package_of('<row r="x"/>'),
        package_of('<row r="1"><c t="s"><v>7</v></c></row>'),
        package_of('<row r="1"><c><v>NaN</v></c></row>'),
        package_of('<row r="1"><c t="d"><v>soon</v></c></row>'),
        package_of("<a>" * 100 + "</a>" * 100),
        package_of("", xl__workbook_xml="<!DOCTYPE a [<!ENTITY b 'c'>]><workbook/>"),
        package_of("", xl__worksheets__sheet1_xml=f"<!DOCTYPE a><worksheet xmlns='{CELL}'/>"),
    ],
)
def test_a_workbook_that_is_broken_somewhere_is_refused(broken: bytes) -> None:
    assert refusal(broken).faults[0].rule == "sheets:broken"


def test_more_than_is_read_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_parts.Package.pieces, "__defaults__", (10_000,))
    with pytest.raises(TooLarge) as caught:
        rows_of(package_of('<row r="1"><c><v>1</v></c></row>' + " " * 20_000))
    assert "MB" in caught.value.message


def sheets_of_one_part(*names: str, rows: str = "") -> bytes:
    """A workbook that says of one part that it is each of these sheets."""
    sheets = "".join(f'<sheet name="{name}" sheetId="1" r:id="r1"/>' for name in names)
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = f'<workbook xmlns="{CELL}" xmlns:r="{space}"><sheets>{sheets}</sheets></workbook>'
    return package_of(rows, xl__workbook_xml=book)


def test_one_part_that_is_said_to_be_many_sheets_is_not_read_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(TooLarge) as caught:
        rows_of(sheets_of_one_part(*map(str, range(256))))
    assert "255" in caught.value.message
    monkeypatch.setattr(workbook_parts, "PART_MOST", 1024 * 1024)
    large = " " * 600_000
    assert rows_of(sheets_of_one_part("A", rows=large)) == []
    with pytest.raises(TooLarge) as caught:
        rows_of(sheets_of_one_part("A", "B", rows=large))
    assert "1 MB" in caught.value.message


@pytest.mark.parametrize("names", [("A", "A"), ("N" * 256,)])
def test_sheets_are_named_as_programs_name_them(names: tuple[str, ...]) -> None:
    assert refusal(sheets_of_one_part(*names)).faults[0].rule == "sheets:broken"


def test_columns_beyond_the_last_that_is_read_are_told() -> None:
    with pytest.raises(TooLarge) as caught:
        rows_of(package_of('<row r="1"><c r="XFD1"><v>1</v></c></row>'))
    assert "XFD1" in caught.value.message


def test_a_link_out_of_the_file_is_never_followed() -> None:
    assert cells(package_of('<row r="1"><c><f>[1]S!A1</f><v>3</v></c></row>')) == [(3,)]


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_no_octets_end_in_anything_but_rows_or_a_refusal(octets: bytes) -> None:
    read_or_refused(octets, "x.csv")


SOUND = book_of(["品名", "批号", "数量"], ["白菜", "L1", 5], ["萝卜", "L2", 7.5])


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=4), st.booleans())
@settings(max_examples=80)
def test_no_damage_to_a_workbook_ends_in_anything_else(at: int, octets: bytes, cut: bool) -> None:
    damaged = SOUND[:at] if cut else SOUND[:at] + octets + SOUND[at + len(octets) :]
    read_or_refused(damaged)


TAGS = ("row r='1'", "row", "c", "c r='A1' t='s'", "c t='b'", "c t='e'", "c s='9'", "v", "f", "is", "t")
MARKUP = st.lists(
    st.sampled_from(
        [f"<{tag}>" for tag in TAGS]
        + [f"</{tag}>" for tag in TAGS if " " not in tag]
        + ["0", "1e999", "-1", "x", "&amp;", "&x;"]
    ),
    max_size=12,
)


@given(MARKUP)
@settings(max_examples=100)
def test_no_rows_of_any_shape_end_in_anything_else(pieces: list[str]) -> None:
    read_or_refused(package_of("".join(pieces)))

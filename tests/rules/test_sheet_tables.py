"""Tables found in sheets, columns matched, rows understood; templates; files given back marked."""

import csv
import io
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from service.errors import Malformed, Missing
from service.sheets import marking
from service.sheets.cells import Amount, Named
from service.sheets.columns import Kind
from service.sheets.forms import FORMS, Form
from service.sheets.marking import AUTHOR, HEADING, Mark, mark
from service.sheets.matching import Heading, find_head, match
from service.sheets.reading import Row, open_workbook
from service.sheets.template_files import ALL, heading, template
from tests.rules.sheets_to_read import book_of, package_of, rows_of, table_of
from tests.sheets_of_people import delivery_list, harvest_book, serial_list

HEADS = ("采收日期", "地块", "品名", "批号", "数量", "单位", "备注")
ROW = ("2026-03-05", "一号大棚", "白菜", "L1", 50, "公斤")


def csv_of(*rows: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def headings(*texts: str) -> list[Heading]:
    return [Heading(at, text) for at, text in enumerate(texts)]


# --- heads and columns ---------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)
def test_every_form_is_known_by_its_own_headings_in_either_language(form: Form) -> None:
    for texts in (
        [column.zh for column in form.columns],
        [column.en for column in form.columns],
        [heading(column) for column in form.columns],
        [column.aliases[0] for column in form.columns],
    ):
        found = match(headings(*texts), form=form.key)[0]
        assert list(found.columns.values()) == [column.key for column in form.columns], texts
        assert found.missing == ()
        assert found.unmatched == ()


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)
def test_no_heading_means_two_columns_of_a_form_by_its_name(form: Form) -> None:
    names = [name for column in form.columns for name in {column.zh, column.en}]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "text",
    [
        "批 号",
        "批号*",
        "批号（必填）",
        "【批号】",
        "LOT NO.",
        "Lot_No",
        "批号\nLot",
        "ＬＯＴ",
        "生产批号/批次",
    ],
)
def test_headings_are_known_whatever_stands_around_them(text: str) -> None:
    assert match(headings("采收日期", text), form="harvest")[0].columns[1] == "lot"


@pytest.mark.parametrize(
    ("text", "unit"), [("数量(斤)", "斤"), ("重量/kg", "kg"), ("数量（单位：箱）", "箱"), ("公斤数", "公斤")]
)
def test_a_heading_tells_the_unit_of_its_column(text: str, unit: str) -> None:
    assert match(headings(text), form="harvest")[0].units == {0: unit}


@pytest.mark.parametrize(
    ("texts", "form", "keys"),
    [
        ("采收日期 品名 批号 数量", "harvest", "when product lot quantity"),
        ("进货日期 食品名称 数量 生产日期或批号 供货者名称", "receiving", "when product quantity lot source"),
        (
            "销售日期 门店 商品名称 批号 数量 单位 小票号",
            "sale",
            "when site product lot quantity unit document",
        ),
        ("出库日期 门店 商品名称 批号 数量 送货单号", "shipping", "when to product lot quantity document"),
        ("工单号 加工日期 类型 物料 批号 数量", "transformation", "run when role product lot quantity"),
        (
            "供应商名称 社会信用代码 联系人 电话 地址",
            "parties",
            "name_zh uscc contact_name contact_phone address",
        ),
        (
            "Delivery_Note_No. Ship_Date Customer Item_No. Lot_No. Qty",
            "shipping",
            "document when to product lot quantity",
        ),
    ],
)
def test_sheets_as_trades_head_them_are_known(texts: str, form: str, keys: str) -> None:
    found = match(headings(*(text.replace("_", " ") for text in texts.split())))[0]
    assert found.form == form
    assert [found.columns[at] for at in sorted(found.columns)] == keys.split()


def test_a_head_is_found_below_titles_and_in_two_lines() -> None:
    assert (
        find_head([Row(1, ("青山合作社采收登记簿",)), Row(2, ("填表人：陈阿姨", None, "3月")), Row(4, HEADS)])
        is not None
    )
    two = find_head([Row(3, ("采收日期", "批号", "数量")), Row(4, ("Harvest date", "Lot", "Qty"))])
    assert two is not None
    assert (two.first, two.last) == (3, 4)
    assert find_head([Row(1, ("王社长 138 0000 0001",)), Row(2, ("农资店", "0591"))]) is None


def test_a_persons_own_mapping_goes_before_what_is_found() -> None:
    found = match(
        headings("日期", "货", "批号"), form="harvest", mapping={"货": "product", "C": "", "日期": "when"}
    )[0]
    assert found.columns == {0: "when", 1: "product"}
    assert found.unmatched == ()


@pytest.mark.parametrize("mapping", [{"没有": "lot"}, {"批号": "colour"}])
def test_a_mapping_of_what_there_is_not_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(Malformed) as caught:
        match(headings("批号"), form="harvest", mapping=mapping)
    assert caught.value.faults[0].rule == "sheets:mapping"


def test_a_bar_code_goes_before_a_name_and_the_name_stands_in_for_it() -> None:
    table = table_of(
        csv_of(
            ("品名", "商品条码", "批号", "数量", "采收日期"),
            ("白菜", "6901234567892", "L1", 1, "3/5"),
            ("萝卜", "", "L2", 2, "3/5"),
        ),
        "x.csv",
    )
    assert [row.values["product"] for row in table.rows] == [
        Named("06901234567892", "gtin"),
        Named("萝卜", "name"),
    ]


# --- rows ----------------------------------------------------------------------------------------


def test_what_is_no_data_is_passed_over_and_told() -> None:
    table = table_of(
        csv_of(
            ("青山合作社",),
            HEADS,
            ROW,
            (),
            ("二号大棚组",),
            HEADS,
            ("同上", "〃", "″", "L2", "两百", "斤", "同上"),
            ("", "", "", "", "", "", ""),
            ("小计", "", "", "", 150),
            ("合计", "", "", "", 150),
            ("注：以上为净重",),
            ("制表：陈阿姨", "", "审核：王社长"),
        ),
        "x.csv",
    )
    assert table.passed == [(5, "group"), (6, "head"), (9, "sum"), (10, "sum"), (11, "note"), (12, "note")]
    first, second = table.rows
    assert second.values["when"] == first.values["when"]
    assert second.values["site"] == first.values["site"] == Named("一号大棚", "name")
    assert second.values["quantity"] == Amount(first.values["quantity"].number * 2, "KGM")
    assert second.days == {"when"}
    # Nothing stands above the last ditto mark.
    assert table.faults == [(7, "note", "sheets:ditto")]


def test_a_second_table_is_read_by_its_own_head() -> None:
    other = ("批号", "数量", "品名", "采收日期")
    table = table_of(csv_of(HEADS, ROW, (), other, ("L2", 7, "萝卜", "2026-03-06")), "x.csv")
    assert [row.values["lot"] for row in table.rows] == ["L1", "L2"]
    assert table.faults == []


def test_the_time_of_day_may_stand_in_a_column_of_its_own() -> None:
    heads = ("日期", "时间", "品名", "批号", "数量")
    table = table_of(
        csv_of(heads, ("3/5", "14:30", "白菜", "L1", 1), ("3/6", "", "白菜", "L2", 1)), "x.csv", "harvest"
    )
    assert [f"{row.values['when']:%m-%d %H:%M}" for row in table.rows] == ["03-05 14:30", "03-06 00:00"]
    assert [row.days for row in table.rows] == [frozenset(), frozenset({"when"})]
    assert table.match.unmatched == ()


def test_a_row_that_lacks_something_says_what() -> None:
    table = table_of(csv_of(HEADS, ("2026-03-05", "一号大棚", "", "", 50)), "x.csv")
    assert table.faults == [(2, "product", "sheets:required"), (2, "lot", "sheets:required")]
    message = table.rows[0].faults[1].fault
    assert "Lot" in message.message
    assert "批号" in message.message_zh


def test_an_amount_that_is_merged_over_rows_is_not_counted_twice() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        for row, lot in ((1, "L1"), (2, "L2")):
            sheet.write_row(row, 0, ("2026-03-05", "一号大棚", "白菜", lot))
        sheet.merge_range("E2:E3", 50)
    assert table_of(octets.getvalue()).faults == [(3, "quantity", "sheets:merged")]


@pytest.mark.parametrize(
    ("octets", "name", "sheet", "wrong"),
    [
        (harvest_book(), "a.xlsx", 0, ["quantity", "lot"]),
        (harvest_book(), "a.xlsx", 1, ["when"]),
        (harvest_book(corrected=True), "a.xlsx", 0, []),
        (harvest_book(corrected=True), "a.xlsx", 1, []),
        (delivery_list(), "a.csv", 0, ["product", "quantity", "product"]),
        (delivery_list(corrected=True), "a.csv", 0, []),
        (serial_list(), "a.xlsx", 0, ["drug_code", "product", "drug_code", "drug_code"]),
        (serial_list(corrected=True), "a.xlsx", 0, []),
    ],
)
def test_what_people_keep_is_understood_and_their_slips_are_told(
    octets: bytes, name: str, sheet: int, wrong: list[str]
) -> None:
    assert [key for _, key, _ in table_of(octets, name, sheet=sheet).faults] == wrong


# --- templates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)
def test_what_a_template_writes_reads_back(form: Form, kind: str) -> None:
    octets, _ = template(f"{form.key}.{kind}")
    table = table_of(octets, f"{form.key}.{kind}")
    assert table.match.form == form.key
    assert set(table.match.columns.values()) == {column.key for column in form.columns}
    assert table.rows == []
    assert [why for _, why in table.passed] == ["example"] * len(form.examples())


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.key)
def test_an_example_that_is_changed_is_a_row_without_faults(form: Form) -> None:
    changed = [dict(example) for example in form.examples()]
    for example in changed:
        key = next(key for key in ("lot", "name_zh", "parent") if key in example)
        example[key] += "x"
    lines = csv_of(
        tuple(heading(column) for column in form.columns),
        *(tuple(example[column.key] for column in form.columns) for example in changed),
    )
    table = table_of(lines, "x.csv")
    assert len(table.rows) == len(changed)
    assert table.faults == []
    needed = {column.key for column in form.columns if column.required}
    assert all(needed <= row.values.keys() for row in table.rows)


def test_the_workbook_of_all_forms_has_a_sheet_for_each_and_keeps_codes_as_text() -> None:
    octets, _ = template(f"{ALL}.xlsx")
    assert template(f"{ALL}.xlsx")[0] == octets
    book = openpyxl.load_workbook(io.BytesIO(octets))
    with open_workbook(io.BytesIO(octets), "all.xlsx") as opened:
        heads = [find_head(list(opened.rows(sheet))) for sheet in opened.sheets]
    assert heads[-1] is None
    for form, sheet in zip(FORMS.values(), book.worksheets, strict=False):
        for at, column in enumerate(form.columns, 1):
            if column.kind in (Kind.LOT, Kind.GTIN, Kind.PRODUCT, Kind.CODE, Kind.DRUG_CODE):
                assert any(
                    (kept.min or 0) <= at <= (kept.max or 0) and kept.number_format == "@"
                    for kept in sheet.column_dimensions.values()
                )
            assert column.zh in str(sheet.cell(1, at).value)
        chosen = [column for column in form.columns if column.kind is Kind.CHOICE]
        assert len(sheet.data_validations.dataValidation) == len(chosen)


def test_a_template_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(Missing, match=r"harvest\.xlsx"):
        template("harvest.pdf")


# --- given back marked ---------------------------------------------------------------------------


def marked(octets: bytes, *marks: Mark, name: str = "book.xlsx", **more: Any) -> Any:
    into = io.BytesIO()
    mark(io.BytesIO(octets), name, marks, into, **more)
    return openpyxl.load_workbook(into)


def coloured(sheet: Any) -> set[str]:
    return {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.fill.fill_type == "solid"}


BAD = Mark("Sheet1", 2, 1, "Lot: bad.", "批号：有误。")


def test_a_workbook_comes_back_as_it_was_made_with_its_faults_marked() -> None:
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["品名", "批号"])
        sheet.write_row(1, 0, ["白菜", "L一"])
        sheet.write_formula("C2", "=1+1", None, 2)
        sheet.set_column(0, 0, 33)
    whole_row = Mark("Sheet1", 2, None, "Row: bad.", "本行有误。")
    sheet = marked(
        octets.getvalue(), BAD, whole_row, Mark("Sheet1", None, None, "x", "缺少列"), language="zh"
    ).active
    assert sheet["C2"].value == "=1+1"
    assert sheet.column_dimensions["A"].width == pytest.approx(33, abs=1)
    assert coloured(sheet) == {"A1", "B2"}
    assert sheet["B2"].comment.text == "批号：有误。"
    assert sheet["D1"].value == HEADING
    assert sheet["D2"].value == "本行有误。\nB: 批号：有误。"


def test_a_csv_comes_back_as_a_workbook_with_its_cells_at_their_places() -> None:
    octets = '品名,批号,数量\n\n白菜,L一,007\n=1+1,L2,"1,5"\n'.encode("gb18030")
    faults = (Mark("表", 3, 1, "Bad.", "有误。"), Mark("表", 4, 5, "No column.", "没有此列。"))
    sheet = marked(octets, *faults, name="表.csv").active
    assert sheet["C3"].value == "007"
    assert sheet["A4"].value == "=1+1"
    assert sheet["A4"].data_type == "s"
    assert coloured(sheet) == {"B3", "F4"}
    assert sheet["B3"].comment.text == "有误。\nBad."
    assert sheet["G2"].value is None
    assert sheet["G3"].value == "B: 有误。 Bad."


def test_a_large_workbook_comes_back_plain_and_sentences_end_somewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marking, "CELLS_KEPT", 4)
    monkeypatch.setattr(marking, "SENTENCES_MOST", 1)
    octets = book_of(["品名", "批号"], ["白菜", "L一"], [0.5, True])
    sheet = marked(octets, BAD, Mark("Sheet1", 3, 0, "Bad.", "有误。"), language="en").active
    assert coloured(sheet) == {"B2", "A3"}
    assert [cell.comment.author for row in sheet.iter_rows() for cell in row if cell.comment] == [AUTHOR]
    assert (sheet["A3"].value, sheet["B3"].value) == (0.5, True)
    assert (sheet["C1"].value, sheet["C2"].value, sheet["C3"].value) == (HEADING, "B: Lot: bad.", "A: Bad.")


@pytest.mark.parametrize("plain", [False, True])
def test_marks_of_before_are_gone_when_it_is_marked_again(
    plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plain:
        monkeypatch.setattr(marking, "CELLS_KEPT", 0)
    octets = book_of(["品名", "批号"], ["白菜", "L一"], ["萝卜", "L2"])
    once = io.BytesIO()
    mark(io.BytesIO(octets), "book.xlsx", [BAD], once)
    again = marked(once.getvalue(), Mark("Sheet1", 3, 0, "Bad.", "有误。")).active
    assert coloured(again) == {"A3"}
    assert [cell.value for cell in again["C"]][1:] == [None, "A: 有误。 Bad."]
    assert again.max_column == 3


def test_a_fault_of_a_merged_cell_is_marked_where_its_value_stands() -> None:
    octets = harvest_book()
    sheet = marked(octets, Mark("3月", 6, 1, "No such plot.", "没有此地块。"))["3月"]
    assert sheet["B5"].comment.text.startswith("没有此地块。")


def test_a_workbook_that_would_be_huge_in_memory_comes_back_plain() -> None:
    rows = '<row r="1"><c t="inlineStr"><is><t>品名</t></is></c></row>'
    far = '<row r="1048576"><c r="B1048576"><v>1</v></c></row>'
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    sheet = marked(package_of(rows + far, after=merged), Mark("S", 1048576, 1, "Bad.", "有误。")).active
    assert (sheet["A1"].value, sheet["B1048576"].value) == ("品名", 1)
    assert sheet.merged_cells.ranges == set()
    assert sheet["B1048576"].comment.text == "有误。\nBad."


@pytest.mark.parametrize("plain", [False, True])
def test_what_comes_back_is_read_as_it_was(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain:
        monkeypatch.setattr(marking, "CELLS_KEPT", 0)
    octets = harvest_book()
    into = io.BytesIO()
    mark(io.BytesIO(octets), "a.xlsx", [Mark("3月", 12, 4, "Bad.", "有误。")], into)
    before, after = table_of(octets), table_of(into.getvalue())
    assert [row.values for row in after.rows] == [row.values for row in before.rows]
    assert rows_of(into.getvalue())[-1].number == rows_of(octets)[-1].number

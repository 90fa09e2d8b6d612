"""Empty forms to fill in: a workbook of one form or of all, and CSV. Pure.

Each column is headed in Chinese and English, codes are kept as text, choices drop down, notes hang at the
headings, and an example stands in the first rows: it is passed over when it comes back unchanged.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import xlsxwriter

from service.errors import Missing
from service.sheets.columns import Column, Kind
from service.sheets.forms import FORMS, Form

MEDIA_TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
#: The workbook of all forms.
ALL: Final = "all"
#: Rows below the heading for which choices drop down.
ROWS: Final = 10_000
README: Final = "填写说明 Read me"
#: Characters of a list that drops down (ECMA-376, part 1, 18.3.1.32).
LIST_MOST: Final = 255
#: So that the same template has the same octets.
_WRITTEN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FORMATS: Final = {Kind.DATE: "yyyy-mm-dd", Kind.MOMENT: "yyyy-mm-dd hh:mm"}
_NUMBERS: Final = (Kind.QUANTITY, Kind.INTEGER, Kind.DAYS)
_LINES: Final = (
    "每张工作表是一种表单；不用的工作表可以删除或留空。红色标题的列必填。",
    "Each sheet is a form; delete those that you do not need, or leave them empty. Fill in what is red.",
    "第二行起为示例：可以删除，也可以留着，未改动的示例不会导入。",
    "The rows below the headings are examples: unchanged they are not imported.",
    "列的顺序可以调换，不用的列可以删除，也可以增加自己的列。",
    "Columns may change places, go, or be joined by columns of your own.",
    "与上一行相同的内容可写“同上”；合计行、空行和备注行会自动跳过。",
    "What is as above may be written 同上; sums, empty lines and notes below the table are passed over.",
    "条码、追溯码和批号请保持文本格式，否则表格软件会丢失数字。",
    "Keep codes and lots as text: spreadsheet programs lose the digits of long numbers.",
)


def template(name: str) -> tuple[bytes, str]:
    """A template and its media type. `name`: the key of a form with .xlsx or .csv, or all.xlsx. Raises
    `Missing`.
    """
    key, _, kind = name.rpartition(".")
    if kind == "xlsx" and key == ALL:
        return workbook(list(FORMS.values())), MEDIA_TYPES[kind]
    if kind in MEDIA_TYPES and key in FORMS:
        return (workbook([FORMS[key]]) if kind == "xlsx" else delimited(FORMS[key])), MEDIA_TYPES[kind]
    names = ", ".join(
        (f"{ALL}.xlsx", *(f"{form}.xlsx" for form in FORMS), *(f"{form}.csv" for form in FORMS))
    )
    raise Missing(f"There is no template {name!r}; there are: {names}.", f"没有模板“{name}”；可用：{names}。")


def heading(column: Column) -> str:
    """What a template heads a column."""
    return column.zh if column.zh == column.en else f"{column.zh} {column.en}"


def sheet_name(form: Form) -> str:
    """What a template calls the sheet of a form."""
    return f"{form.zh} {form.en}"


def delimited(form: Form) -> bytes:
    """A form as CSV in UTF-8, with the mark by which spreadsheet programs know it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading(column) for column in form.columns)
    writer.writerows([example[column.key] for column in form.columns] for example in form.examples())
    return text.getvalue().encode("utf-8-sig")


def workbook(forms: Sequence[Form]) -> bytes:
    """Forms as a workbook, a sheet for each."""
    octets = io.BytesIO()
    with xlsxwriter.Workbook(octets, {"in_memory": True, "strings_to_urls": False}) as book:
        book.set_properties({"title": "溯源 Suyuan", "created": _WRITTEN})
        styles = _Styles(book)
        for form in forms:
            _add_sheet(book, form, styles)
        readme = book.add_worksheet(README)
        readme.set_column(0, 0, 110, styles.wrapped)
        for row, line in enumerate(_LINES):
            readme.write_string(row, 0, line, styles.wrapped)
    return octets.getvalue()


class _Styles:
    """Formats of a workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        head = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#DCE6F1"}
        self.head = book.add_format(head)
        self.required = book.add_format({**head, "font_color": "#C00000"})
        self.wrapped = book.add_format({"text_wrap": True})
        self._book = book
        self._found: dict[tuple[str, bool], Any] = {}

    def of(self, column: Column, *, example: bool) -> Any:
        """The format of a column's cells."""
        number = _FORMATS.get(column.kind, "General" if column.kind in _NUMBERS else "@")
        key = number, example
        if key not in self._found:
            look = {"italic": True, "font_color": "#808080"} if example else {}
            self._found[key] = self._book.add_format({"num_format": number, **look})
        return self._found[key]


def _add_sheet(book: xlsxwriter.Workbook, form: Form, styles: _Styles) -> None:
    sheet = book.add_worksheet(sheet_name(form))
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for at, column in enumerate(form.columns):
        sheet.set_column(at, at, 18, styles.of(column, example=False))
        sheet.write_string(0, at, heading(column), styles.required if column.required else styles.head)
        sheet.write_comment(0, at, _note(form, column), {"x_scale": 2, "y_scale": 1.5, "author": "Suyuan"})
        listed = [choice.zh for choice in column.choices] + [choice.en for choice in column.choices]
        if column.kind is Kind.CHOICE and len(",".join(listed)) <= LIST_MOST:
            sheet.data_validation(
                1, at, ROWS, at, {"validate": "list", "source": listed, "error_type": "warning"}
            )
        for row, example in enumerate(form.examples(), 1):
            if example[column.key]:
                sheet.write_string(row, at, example[column.key], styles.of(column, example=True))


def _note(form: Form, column: Column) -> str:
    """What hangs at a heading."""
    lines = ["必填 Required" if column.required else "选填 Optional"]
    for group in form.any_of:
        if column.key in group and len(group) > 1:
            columns = [form.column(key) for key in group]
            zh, en = "、".join(each.zh for each in columns), ", ".join(each.en for each in columns)
            lines.append(f"{zh}至少填一项 At least one of: {en}")
    lines += [line for line in (column.note_zh, column.note_en) if line]
    if column.choices:
        lines.append("、".join(f"{choice.zh} {choice.en}" for choice in column.choices))
    if column.example:
        lines.append(f"例 Example: {column.example}")
    return "\n".join(lines)

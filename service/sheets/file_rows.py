"""A file as sheets of rows, each sheet as the form that it is or that a person says it is. Blocking: called
beside the event loop.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from itertools import chain, islice
from typing import Any, Final

from service.errors import SuyuanError, TooLarge
from service.sheets.checked import SheetRows
from service.sheets.forms import FORMS
from service.sheets.matching import HEAD_ROWS, Head, Heading, Match, find_head, match
from service.sheets.raw_cells import Row, Sheet, Workbook, letters
from service.sheets.reading import open_workbook
from service.sheets.store import Told
from service.sheets.understanding import understand

#: Rows of one file.
ROWS_MOST: Final = 200_000
#: Rows that an answer shows as they were understood.
EXAMPLES: Final = 5
#: A sheet that is less certainly what it seems to be waits for a person's word.
CERTAIN: Final = 0.5


@dataclass(slots=True)
class FileRows:
    """What was read so far. `faults`: of whole sheets."""

    sheets: list[SheetRows] = field(default_factory=list)
    faults: list[Told] = field(default_factory=list)
    rows: int = 0


def read_file(
    content: bytes, name: str, choices: Mapping[str, Any], *, zone: tzinfo, today: date, into: FileRows
) -> None:
    """Read the sheets of a file `into` what grows as it is read. `choices`: as `tables.SheetImport` has them.

    Raises `Malformed`, `TooLarge` for a file that cannot be read, or has more rows than `ROWS_MOST`.
    """
    said = {each["sheet"]: each for each in choices.get("sheets", ())}
    with open_workbook(io.BytesIO(content), name) as book:
        for sheet in book.sheets:
            choice = said.get(sheet.name, {})
            if choice.get("skip") or (sheet.hidden and not choice):
                into.sheets.append(_left_out(sheet.name))
                continue
            form = choice.get("form") or choices.get("form")
            _read_sheet(book, sheet, form, choice.get("columns") or {}, into, zone, today)
    if not any(sheet.form for sheet in into.sheets) and not into.faults:
        into.faults.append(
            _of_sheet(
                into.sheets[0].name if into.sheets else name,
                "There is no table here with a line of headings and rows below it.",
                "未找到带表头的表格。",
            )
        )


def _left_out(name: str) -> SheetRows:
    return SheetRows(name, None, None, {}, {}, [], _told(name, None, (), skipped=True))


def _read_sheet(
    book: Workbook,
    sheet: Sheet,
    form: str | None,
    columns: Mapping[str, str],
    into: FileRows,
    zone: tzinfo,
    today: date,
) -> None:
    rows = book.rows(sheet)
    first = list(islice(rows, HEAD_ROWS))
    head = find_head(first, book.areas(sheet))
    if head is None:
        # Headings that nobody knows, or no table at all: only a person can say.
        head = _first_line(first)
        if head is None or not (form or columns):
            told = _told(sheet.name, None, (), head=head, skipped=True)
            into.sheets.append(SheetRows(sheet.name, None, None, {}, {}, [], told))
            return
    matches = match(head.headings, sheet.name, form=form, mapping=columns)
    found = matches[0] if matches else None
    told = _told(sheet.name, found, matches, head=head)
    if found is None or (found.certainty < CERTAIN and form is None):
        into.sheets.append(SheetRows(sheet.name, None, found, {}, {}, [], told))
        into.faults.append(
            _of_sheet(
                sheet.name,
                "What this sheet is about is not certain: say which form it is, or leave it out.",
                "无法确定此工作表的内容：请选择表单，或不导入此表。",
            )
        )
        return
    if found.missing:
        told["form"], into_faults = found.form, _missing(sheet.name, found)
        into.sheets.append(SheetRows(sheet.name, None, found, {}, {}, [], told))
        into.faults.extend(into_faults)
        return
    places = {key: column for column, key in reversed(found.columns.items())}
    read = SheetRows(sheet.name, found.form, found, _headings(head, places), places, [], told)
    into.sheets.append(read)
    below: Iterator[Row] = chain(first, rows)
    for row in understand(below, FORMS[found.form], head, found, zone=zone, today=today):
        read.rows.append(row)
        into.rows += 1
        if into.rows > ROWS_MOST:
            raise TooLarge(
                f"The file has more than {ROWS_MOST} rows; send it in parts.",
                f"文件超过 {ROWS_MOST} 行，请分批上传。",
            )
    told["rows"] = len(read.rows)
    told["examples"] = [{key: text[:200] for key, text in row.texts.items()} for row in read.rows[:EXAMPLES]]


def _first_line(rows: Sequence[Row]) -> Head | None:
    """The first row as a head."""
    for row in rows:
        headings = [Heading(at, str(cell)) for at, cell in enumerate(row.cells) if cell is not None]
        return Head(row.number, row.number, tuple(headings))
    return None


def _headings(head: Head, places: Mapping[str, int]) -> dict[str, str]:
    texts = {heading.column: heading.text for heading in head.headings}
    return {key: texts.get(column, letters(column)) for key, column in places.items()}


def _missing(sheet: str, found: Match) -> list[Told]:
    form = FORMS[found.form]
    return [
        _of_sheet(
            sheet,
            f"A column is missing: {form.column(key).en}. Say which column it is, or add it.",
            f"缺少列：{form.column(key).zh}。请指定是哪一列，或补充该列。",
            key,
        )
        for key in found.missing
    ]


def _of_sheet(sheet: str, message: str, zh: str, key: str | None = None) -> Told:
    return Told(sheet, None, None, key, None, message, zh, "sheets:sheet")


def _told(
    name: str,
    found: Match | None,
    matches: Sequence[Match],
    *,
    head: Head | None = None,
    skipped: bool = False,
) -> dict[str, Any]:
    form = None if found is None else FORMS[found.form]
    headings: Sequence[Heading] = () if head is None else head.headings
    columns = []
    for heading in headings:
        key = None if found is None else found.columns.get(heading.column)
        column = None if form is None or key is None else form.column(key)
        columns.append(
            {
                "column": letters(heading.column),
                "heading": heading.text,
                "field": key,
                "field_zh": None if column is None else column.zh,
                "field_en": None if column is None else column.en,
            }
        )
    return {
        "sheet": name,
        "skipped": skipped,
        "form": None if form is None else form.key,
        "form_zh": None if form is None else form.zh,
        "form_en": None if form is None else form.en,
        "certainty": 0.0 if found is None else round(found.certainty, 3),
        "others": [each.form for each in matches[1:4]],
        "columns": columns,
        "missing": [] if found is None else list(found.missing),
        "rows": 0,
        "rows_faulty": 0,
        "examples": [],
    }


def why(error: SuyuanError) -> tuple[str, str]:
    """Why a file cannot be read, in English and Chinese."""
    if error.faults:
        return error.faults[0].message, error.faults[0].message_zh
    return error.message, error.zh

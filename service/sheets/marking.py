"""A file given back with its faults marked: cells coloured, a sentence at each, a last column for each row.

A workbook of up to `CELLS_KEPT` cells comes back as it was made, formulas and formats too. A larger one, a
CSV, and what the workbook library cannot keep come back as a plain workbook of the same cells at the same
places, written as a stream. After `SENTENCES_MOST` cells, more are coloured without a sentence of their own:
the last column has them all. Blocking: called beside the event loop.
"""

import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import IO, Any, Final, Literal

import openpyxl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import InvalidFileException

from service.sheets.matching import HEAD_ROWS, find_head
from service.sheets.raw_cells import CELL_MOST, DIGITS_KEPT, Area, Raw, Sheet, Unreadable, Workbook, letters
from service.sheets.reading import open_workbook

Language = Literal["zh", "en", "both"]

#: Cells of a workbook that comes back as it was made; it is held in memory whole.
CELLS_KEPT: Final = 200_000
#: Octets that the XML of such a workbook may unpack to.
UNPACKED_MOST: Final = 32 * 1024 * 1024
#: Cells with a sentence of their own.
SENTENCES_MOST: Final = 10_000
#: Rows by which the width of a sheet is found that is written anew.
WIDTH_ROWS: Final = 1_000
#: What the last column is headed, by which it is found again.
HEADING: Final = "错误 Faults"
AUTHOR: Final = "Suyuan"
COLOUR: Final = "FFC7CE"
#: What the workbook library says of workbooks that it cannot keep.
_NOT_KEPT: Final = (
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, zipfile.BadZipFile),
    InvalidFileException,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One fault to be shown. `sheet`: its name; `row`: from 1, None: of the whole sheet; `column`: from 0,
    None: of the whole row.
    """

    sheet: str
    row: int | None
    column: int | None
    message: str
    message_zh: str

    def text(self, language: Language) -> str:
        """The sentence as it is shown."""
        if language == "both" and self.message != self.message_zh:
            return f"{self.message_zh}\n{self.message}"
        return self.message if language == "en" else self.message_zh


def mark(
    file: IO[bytes], name: str, marks: Iterable[Mark], into: IO[bytes], *, language: Language = "both"
) -> None:
    """Write the file as XLSX with these faults marked `into` another, which stands at its beginning then.

    Raises `Malformed`, `TooLarge` as `open_workbook` does.
    """
    found = _Marks(marks, language)
    with open_workbook(file, name) as book:
        if book.kind != "xlsx" or not _marked_as_made(file, book, found, into):
            into.seek(0)
            into.truncate()
            found.sentences = 0
            _write_anew(book, found, into)
    into.seek(0)


class _Marks:
    """Marks by sheet, row and column."""

    def __init__(self, marks: Iterable[Mark], language: Language) -> None:
        self.cells: dict[str, dict[int, dict[int | None, list[str]]]] = defaultdict(dict)
        self.sheets: dict[str, list[str]] = defaultdict(list)
        self.sentences = 0
        for each in marks:
            text = each.text(language)
            if each.row is None:
                self.sheets[each.sheet].append(text)
            else:
                self.cells[each.sheet].setdefault(each.row, {}).setdefault(each.column, []).append(text)

    def sentence(self, texts: Sequence[str]) -> str | None:
        """What hangs at a cell; None once there are too many."""
        self.sentences += 1
        return "\n".join(texts)[:CELL_MOST] if self.sentences <= SENTENCES_MOST else None


def _of_row(row: dict[int | None, list[str]]) -> str:
    """All faults of a row."""
    lines = []
    for column, texts in sorted(row.items(), key=lambda item: -1 if item[0] is None else item[0]):
        place = "" if column is None else f"{letters(column)}: "
        lines += [place + text.replace("\n", " ") for text in texts]
    return "\n".join(lines)[:CELL_MOST]


def _heading_row(book: Workbook, sheet: Sheet) -> int:
    """The row of the table's head, where the last column is headed."""
    head = find_head(list(islice(book.rows(sheet), HEAD_ROWS)), book.areas(sheet))
    return 1 if head is None else head.last


# --- as it was made ------------------------------------------------------------------------------


def _marked_as_made(file: IO[bytes], book: Workbook, marks: _Marks, into: IO[bytes]) -> bool:
    """Write the workbook itself with its faults marked; False of one that is too large or cannot be kept."""
    cells = 0
    places: dict[str, tuple[list[int], int]] = {}
    for sheet in book.sheets:
        numbers, width = [], 0
        for row in book.rows(sheet):
            numbers.append(row.number)
            width = max(width, len(row.cells))
            if cells + len(numbers) * width > CELLS_KEPT:
                return False
        # The library makes a cell for each that is merged away.
        cells += len(numbers) * width + sum(map(_size, book.areas(sheet)))
        if cells > CELLS_KEPT:
            return False
        places[sheet.name] = numbers, width
    made = _opened(file)
    if made is None:
        return False
    for sheet in book.sheets:
        last = _without_old_marks(made[sheet.name], *places[sheet.name])
        _mark_sheet(made[sheet.name], sheet.name, marks, _heading_row(book, sheet), last)
    try:
        made.save(into)
    except _NOT_KEPT:
        return False
    return True


def _opened(file: IO[bytes]) -> openpyxl.Workbook | None:
    """The workbook in memory; None of one that is too large for that, or not understood by the library."""
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        parts = (part for part in package.infolist() if not part.filename.startswith("xl/media/"))
        if sum(part.file_size for part in parts) > UNPACKED_MOST:
            return None
    file.seek(0)
    try:
        made = openpyxl.load_workbook(file)
    except _NOT_KEPT:
        return None
    return made


def _size(area: Area) -> int:
    """How many cells are merged to one."""
    return max(area.bottom - area.top + 1, 0) * max(area.right - area.left + 1, 0)


def _mark_sheet(sheet: Any, name: str, marks: _Marks, heading: int, last: int) -> None:
    fill, red = PatternFill("solid", fgColor=COLOUR), Font(color="9C0006")
    rows = marks.cells.get(name, {})
    places = {(number, column + 1) for number, row in rows.items() for column in row if column is not None}
    tops = _tops(sheet, places)
    for number, row in rows.items():
        for column, texts in row.items():
            if column is None:
                continue
            place = tops.get((number, column + 1), (number, column + 1))
            cell = sheet.cell(*place)
            cell.fill = fill
            if not isinstance(cell, MergedCell) and (sentence := marks.sentence(texts)) is not None:
                cell.comment = Comment(sentence, AUTHOR, height=120, width=320)
        told = sheet.cell(number, last, _of_row(row))
        told.font, told.alignment = red, Alignment(wrap_text=True, vertical="top")
    if rows:
        head = sheet.cell(heading, last)
        if not isinstance(head, MergedCell):
            head.value, head.font = HEADING, Font(bold=True, color="9C0006")
        sheet.column_dimensions[letters(last - 1)].width = 60
    if marks.sheets.get(name):
        first = sheet.cell(1, 1)
        first.fill = fill
        first.comment = Comment("\n".join(marks.sheets[name])[:CELL_MOST], AUTHOR, height=120, width=320)


def _tops(sheet: Any, places: set[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """Where the value of merged cells stands, of these places."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for area in sheet.merged_cells.ranges:
        found.update((place, (area.min_row, area.min_col)) for place in places.intersection(area.cells))
    return found


def _without_old_marks(sheet: Any, numbers: Sequence[int], width: int) -> int:
    """Take away what an earlier answer marked in these rows; the column (from 1) for the faults."""
    last = width + 1
    for number in numbers:
        for column in range(1, width + 1):
            cell = sheet.cell(number, column)
            if cell.value == HEADING:
                last = column
            if getattr(cell, "comment", None) is not None and cell.comment.author == AUTHOR:
                cell.comment = None
            if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb == f"00{COLOUR}":
                cell.fill = PatternFill()
    if last <= width:
        for number in numbers:
            cell = sheet.cell(number, last)
            if not isinstance(cell, MergedCell):
                cell.value = None
    return last


# --- written anew --------------------------------------------------------------------------------


def _write_anew(book: Workbook, marks: _Marks, into: IO[bytes]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(into, options) as made:
        styles = {
            "bad": made.add_format({"bg_color": f"#{COLOUR}"}),
            "day": made.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": made.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "time": made.add_format({"num_format": "hh:mm"}),
            "bad day": made.add_format({"num_format": "yyyy-mm-dd", "bg_color": f"#{COLOUR}"}),
            "bad moment": made.add_format({"num_format": "yyyy-mm-dd hh:mm", "bg_color": f"#{COLOUR}"}),
            "bad time": made.add_format({"num_format": "hh:mm", "bg_color": f"#{COLOUR}"}),
            "text": made.add_format({"num_format": "@"}),
            "told": made.add_format({"font_color": "#9C0006", "text_wrap": True, "valign": "top"}),
        }
        taken: set[str] = set()
        for sheet in book.sheets:
            _write_sheet(made.add_worksheet(_name_of(sheet, taken)), book, sheet, marks, styles)


def _name_of(sheet: Sheet, taken: set[str]) -> str:
    """A name that a sheet may have (ECMA-376, part 1, 18.2.19), and no other has."""
    name = "".join(" " if sign in "[]:*?/\\" else sign for sign in sheet.name)[:25].strip("' ") or "Sheet"
    while name.lower() in taken:
        name = f"{name[:25]} {len(taken) + 1}"
    taken.add(name.lower())
    return name


def _write_sheet(made: Any, book: Workbook, sheet: Sheet, marks: _Marks, styles: dict[str, Any]) -> None:
    rows = marks.cells.get(sheet.name, {})
    width = 1 + max((column for row in rows.values() for column in row if column is not None), default=0)
    marked_before = False
    for row in islice(book.rows(sheet), WIDTH_ROWS):
        if not marked_before:
            marked_before = HEADING in row.cells
            width = row.cells.index(HEADING) if marked_before else max(width, len(row.cells))
    made.set_column(0, width - 1, 16)
    made.set_column(width, width, 60)
    if marks.sheets.get(sheet.name):
        made.write_comment(0, 0, "\n".join(marks.sheets[sheet.name])[:CELL_MOST], {"author": AUTHOR})
    heading = _heading_row(book, sheet) if rows else None
    for row in book.rows(sheet):
        bad = rows.get(row.number, {})
        for at, cell in enumerate(row.cells):
            if at == width and (marked_before or bad):
                continue
            # What was merged over rows stands in each of them, but for what must not be counted twice.
            kept = None if at in row.merged and at in bad else cell
            _write(made, row.number - 1, at, kept, at in bad, styles)
        for place, texts in bad.items():
            if place is not None:
                if place >= len(row.cells):
                    made.write_blank(row.number - 1, place, None, styles["bad"])
                if (sentence := marks.sentence(texts)) is not None:
                    made.write_comment(row.number - 1, place, sentence, {"author": AUTHOR, "x_scale": 2})
        if bad:
            made.write_string(row.number - 1, width, _of_row(bad), styles["told"])
        elif row.number == heading:
            made.write_string(row.number - 1, width, HEADING, styles["told"])


def _write(made: Any, row: int, at: int, cell: Raw, bad: bool, styles: dict[str, Any]) -> None:
    """A cell at its place, as what it was."""
    kind = "bad " if bad else ""
    if isinstance(cell, bool):
        made.write_boolean(row, at, cell, styles["bad"] if bad else None)
    elif isinstance(cell, int | float) and len(f"{abs(cell):.0f}") <= DIGITS_KEPT:
        made.write_number(row, at, cell, styles["bad"] if bad else None)
    elif isinstance(cell, datetime):
        form = "day" if cell.time() == time() else "moment"
        in_range = cell.date() >= date(1900, 1, 1)
        if in_range:
            made.write_datetime(row, at, cell, styles[kind + form])
        else:
            made.write_string(row, at, str(cell), styles["bad"] if bad else None)
    elif isinstance(cell, time):
        made.write_datetime(row, at, cell, styles[f"{kind}time"])
    elif cell is None:
        if bad:
            made.write_blank(row, at, None, styles["bad"])
    else:
        text = cell.text if isinstance(cell, Unreadable) else str(cell)
        made.write_string(row, at, text[:CELL_MOST], styles["bad"] if bad else styles["text"])

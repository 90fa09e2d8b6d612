"""Tables for spreadsheet programs: as CSV a line at a time, as a workbook (XLSX) on disk.

A cell that a spreadsheet program would run as a formula is made harmless; control characters, which XML
cannot carry, become blanks. Both forms hold the same cells.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import IO, Final, Self

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from service.trace.exports import BYTE_ORDER_MARK, harmless

Cell = str | Decimal | int | date | None

#: Rows of one sheet (ECMA-376; every program that reads XLSX), and characters of one cell.
SHEET_ROWS_MOST: Final = 1_048_576
CELL_MOST: Final = 32_767
#: A workbook keeps numbers as doubles: more digits than these would be rounded, so they stay text.
EXACT_DIGITS: Final = 15
#: Control characters, what is no character at all, and halves of surrogate pairs.
UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")
COLUMN_WIDTH: Final = 18
#: Cells whose text is remembered: places, products and units come again and again.
TEXTS_KEPT: Final = 16_384


@lru_cache(maxsize=TEXTS_KEPT)
def cell_text(text: str) -> str:
    """A text as a cell holds it: one line, no formula, no longer than a cell can be."""
    return str(harmless(UNPRINTABLE.sub(" ", text).strip()))[:CELL_MOST]


def number_text(number: Decimal | int) -> str:
    """A number in full, without an exponent and without zeros at its end."""
    return f"{Decimal(number).normalize():f}"


@lru_cache(maxsize=TEXTS_KEPT)
def is_exact(number: Decimal | int) -> bool:
    """Whether a double holds the number to its last digit."""
    return len(Decimal(number).normalize().as_tuple().digits) <= EXACT_DIGITS


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(list(map(_csv_cell, row)))
    return buffer.getvalue()


def csv_head(titles: Sequence[str]) -> str:
    """The first line of a CSV, with the mark by which spreadsheet programs know UTF-8."""
    return BYTE_ORDER_MARK + csv_lines([titles])


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell_text(cell)
    return cell.isoformat() if isinstance(cell, date) else number_text(cell)


class Workbook:
    """A workbook that is written row by row into a file on disk, in bounded memory.

    Blocking: many rows, and `finish`, are called beside the event loop.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._heading: Format = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._day: Format = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet: Worksheet | None = None
        self._name = ""
        self._titles: Sequence[str] = ()
        self._parts = 0
        self._row = 0

    @classmethod
    def on_disk(cls) -> Self:
        """On a temporary file, which is gone when it is closed."""
        return cls(tempfile.TemporaryFile())

    def finish(self) -> IO[bytes]:
        """Put the file together; it is read from its start."""
        self._finish_sheet()
        self._book.close()
        self.file.seek(0)
        return self.file

    def sheet(self, name: str, titles: Sequence[str]) -> None:
        """Begin a sheet; what is told next goes there."""
        self._name, self._titles, self._parts = name, titles, 0
        self._begin_part()

    def _begin_part(self) -> None:
        self._finish_sheet()
        self._parts += 1
        sheet = self._book.add_worksheet(self._name if self._parts == 1 else f"{self._name} {self._parts}")
        sheet.set_column(0, len(self._titles) - 1, COLUMN_WIDTH)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(self._titles):
            sheet.write_string(0, column, title, self._heading)
        self._sheet, self._row = sheet, 1

    def _finish_sheet(self) -> None:
        if self._sheet is not None and self._row > 1:
            # So that it can be sorted and filtered at once.
            self._sheet.autofilter(0, 0, self._row - 1, len(self._titles) - 1)

    def rows(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Add rows to the sheet; a full sheet is followed by another of its name."""
        for row in rows:
            if self._row >= SHEET_ROWS_MOST:
                self._begin_part()
            self._write(row)
            self._row += 1

    def _write(self, row: Sequence[Cell]) -> None:
        sheet, number = self._sheet, self._row
        assert sheet is not None, "no sheet was begun"
        for column, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                sheet.write_string(number, column, cell_text(cell))
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, cell, self._day)
            elif is_exact(cell):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, number_text(cell))

"""Workbooks (XLSX): written row by row into a file on disk, in bounded memory.

The service has this one writer of workbooks. Numbers are numbers, days and moments are dates, codes are
texts; the heads stay in sight, and every sheet can be sorted and filtered at once.
"""

import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import chain, count
from typing import IO, Final, Self

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from service.workbooks.cells import FIRST_YEAR, Cell, Link, as_text, cell_text, is_exact, number_text

#: Rows of one sheet (ECMA-376; every program that reads XLSX).
SHEET_ROWS_MOST: Final = 1_048_576
#: Links of one sheet: programs take 65,530, and each is kept in memory until the sheet is finished.
LINKS_MOST: Final = 20_000
#: Characters of a link's target (Excel), and of a sheet's name.
TARGET_MOST: Final = 2_079
#: It has 31; what makes it unlike others' follows.
STEM_MOST: Final = 25
NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
COLUMN_WIDTH: Final = 18
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Workbook:
    """A workbook in the making.

    Blocking: many rows, and `finish`, are called beside the event loop. `with` gives it up where the work on
    it fails.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        # Rows wait in files until the workbook is put together; what is given up must leave none.
        self._waiting = tempfile.TemporaryDirectory(prefix="suyuan-workbook-")
        options = {
            "constant_memory": True,
            "tmpdir": self._waiting.name,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._heading: Format = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._day: Format = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment: Format = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._link: Format = self._book.add_format({"font_color": "#0563C1", "underline": 1})
        self._sheet: Worksheet | None = None
        self._name = ""
        self._titles: Sequence[str] = ()
        self._widths: Sequence[int] = ()
        self._frozen = 0
        self._parts = 0
        self._row = 0
        self._links = 0

    @classmethod
    def on_disk(cls) -> Self:
        """On a temporary file, which is gone when it is closed."""
        return cls(tempfile.TemporaryFile())

    def finish(self) -> IO[bytes]:
        """Put the file together; it is read from its start."""
        self._finish_sheet()
        self._book.close()
        self._waiting.cleanup()
        self.file.seek(0)
        return self.file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.give_up()

    def give_up(self) -> None:
        """Nothing comes of it: its files are gone."""
        self.file.close()
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()
        self._waiting.cleanup()

    def sheet(
        self, name: str, titles: Sequence[str], widths: Sequence[int] = (), *, frozen_columns: int = 0
    ) -> None:
        """Begin a sheet; what is told next goes there. `widths`: of columns, in characters. The first
        `frozen_columns` stay in sight, as the heads do.
        """
        self._finish_sheet()
        self._name, self._titles, self._widths, self._parts = self._free_name(name), titles, widths, 0
        self._frozen = frozen_columns
        self._begin_part()

    def _free_name(self, name: str) -> str:
        """The name as sheets may have it (Excel), and none of this workbook has yet."""
        clean = NOT_IN_NAMES.sub(" ", name).strip(" '")
        stem = (f"{clean} list" if clean.lower() == "history" else clean)[:STEM_MOST].rstrip() or "sheet"
        taken = {sheet.get_name().lower() for sheet in self._book.worksheets()}
        others = (f"{stem} ({number})" for number in count(2))
        return next(each for each in chain([stem], others) if each.lower() not in taken)

    def _begin_part(self) -> None:
        self._finish_sheet()
        self._parts += 1
        sheet = self._book.add_worksheet(self._name if self._parts == 1 else f"{self._name} {self._parts}")
        sheet.set_column(0, len(self._titles) - 1, COLUMN_WIDTH)
        for column, width in enumerate(self._widths):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, self._frozen)
        # GTINs and lots are texts on purpose: no green corner in every cell.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS_MOST}"})
        for column, title in enumerate(self._titles):
            sheet.write_string(0, column, cell_text(title), self._heading)
        self._sheet, self._row, self._links = sheet, 1, 0

    def _finish_sheet(self) -> None:
        if self._sheet is not None and self._row > 1:
            # So that it can be sorted and filtered at once.
            self._sheet.autofilter(0, 0, self._row - 1, len(self._titles) - 1)
        self._sheet = None

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
            elif isinstance(cell, Link):
                self._write_link(sheet, number, column, cell)
            elif isinstance(cell, bool):
                sheet.write_boolean(number, column, cell)
            elif isinstance(cell, date):
                self._write_date(sheet, number, column, cell)
            elif is_exact(cell):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, number_text(cell))

    def _write_date(self, sheet: Worksheet, row: int, column: int, cell: date) -> None:
        if cell.year < FIRST_YEAR:
            sheet.write_string(row, column, as_text(cell))
        else:
            form = self._moment if isinstance(cell, datetime) else self._day
            # A workbook keeps milliseconds, rounded: 32.9996 s would be the next second.
            told = (
                cell.replace(microsecond=cell.microsecond // 1000 * 1000)
                if isinstance(cell, datetime)
                else cell
            )
            sheet.write_datetime(row, column, told, form)

    def _write_link(self, sheet: Worksheet, row: int, column: int, cell: Link) -> None:
        text = cell_text(cell.text)
        if self._links < LINKS_MOST and len(cell.target) <= TARGET_MOST and text:
            self._links += 1
            sheet.write_url(row, column, cell.target, self._link, text)
        else:
            sheet.write_string(row, column, text)

"""Files of rows, read: XLSX and CSV, sheet by sheet, row by row, in bounded memory.

    with open_workbook(file, "deliveries.xlsx") as book:
        for sheet in book.sheets:
            for row in book.rows(sheet): ...

Blocking: it is called beside the event loop.
"""

from collections.abc import Iterator
from typing import IO

from service.sheets.delimited import Delimited
from service.sheets.file_kinds import kind_of, refusal
from service.sheets.raw_cells import Area, Raw, Row, Sheet, Unreadable, Workbook, letters
from service.sheets.sheet_rows import SheetRows
from service.sheets.workbook_parts import Package

__all__ = ["Area", "Raw", "Row", "Sheet", "Unreadable", "Workbook", "letters", "open_workbook"]


def open_workbook(file: IO[bytes], name: str = "") -> Workbook:
    """Open a file by what is in it, not by its name. `name`: for the sentences, and the sheet of a CSV.

    Raises `Malformed` for what is no such file, is broken or is locked with a password; `TooLarge` for what
    unpacks to more than is read.
    """
    return Packaged(file, name) if kind_of(file, name) == "xlsx" else Delimited(file, name)


class Packaged(Workbook):
    """An XLSX workbook. Macros and links to other files are never looked at."""

    kind = "xlsx"

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._package = Package(file, name)
        self.sheets = tuple(sheet for sheet, _ in self._package.sheets)
        if not self.sheets:
            self._package.close()
            raise refusal(name, "there is no sheet in it", "其中没有工作表")
        self._parts = {sheet.index: part for sheet, part in self._package.sheets}
        self._texts: list[str] | None = None
        self._meanings: list[str] = []
        self._areas: dict[int, tuple[Area, ...]] = {}

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        if self._texts is None:
            self._meanings = self._package.meanings()
            self._texts = self._package.texts()
        reader = SheetRows(self._package, self._parts[sheet.index], self._texts, self._meanings)
        yield from reader.rows(self.areas(sheet))

    def areas(self, sheet: Sheet) -> tuple[Area, ...]:
        if sheet.index not in self._areas:
            self._areas[sheet.index] = self._package.areas(self._parts[sheet.index])
        return self._areas[sheet.index]

    def close(self) -> None:
        super().close()
        self._package.close()
        self._texts = None

"""Files of rows, read: XLSX and CSV, sheet by sheet, row by row, in bounded memory. Pure but for the file.

    with open_workbook(file, "deliveries.xlsx") as book:
        for sheet in book.sheets:
            for row in book.rows(sheet): ...

Blocking: it is called beside the event loop.
"""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any, Final, Self, TypeAlias

import openpyxl

from service.errors import Malformed

#: What a cell holds: text, a number as the program kept it, a day or moment without a zone, a time of day or
#: a length of time, yes or no, nothing; or `Unreadable`.
Raw: TypeAlias = "str | int | float | datetime | date | time | timedelta | bool | Unreadable | None"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that holds no value. `text`: as it stands (`=A1*2`, `#N/A`); `why`: formula or error."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a file. `index`: from 0, as in the file; `hidden`: people do not see it."""

    index: int
    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it. `number`: from 1, as people see it; `cells`: from column A on, what is
    merged over several rows in each of them; `merged`: columns (from 0) whose value comes from a row above.
    """

    number: int
    cells: tuple[Raw, ...]
    merged: frozenset[int] = frozenset()


class Workbook(ABC):
    """An open file. `kind`: xlsx or csv; `encoding`: of a CSV."""

    kind: str
    encoding: str = ""
    sheets: tuple[Sheet, ...]

    @abstractmethod
    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows that are not empty, from the first; may be asked again. Raises `Malformed`, `TooLarge`."""

    def close(self) -> None:
        """Let the file go."""
        self.sheets = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open_workbook(file: IO[bytes], name: str = "") -> Workbook:
    """Open a file by what is in it, not by its name. `name`: for the sentences, and the sheet of a CSV.

    Raises `Malformed` for what is no such file, is broken or is locked with a password; `TooLarge` for what
    unpacks to more than is read.
    """
    start = file.read(8)
    file.seek(0)
    return _Xlsx(file) if start.startswith(b"PK") else _Csv(file, name)


class _Xlsx(Workbook):
    kind = "xlsx"

    def __init__(self, file: IO[bytes]) -> None:
        self._book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        self.sheets = tuple(
            Sheet(index, sheet.title, sheet.sheet_state != "visible")
            for index, sheet in enumerate(self._book.worksheets)
        )

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        for number, cells in enumerate(self._book.worksheets[sheet.index].iter_rows(values_only=True), 1):
            found: tuple[Any, ...] = cells
            if any(cell is not None for cell in found):
                yield Row(number, found)


class _Csv(Workbook):
    kind = "csv"

    def __init__(self, file: IO[bytes], name: str) -> None:
        octets = file.read()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                self._text = octets.decode(encoding)
            except UnicodeDecodeError:
                continue
            self.encoding = encoding
            break
        else:
            raise Malformed.field("file", name, "The text is in no encoding read here.", "无法识别文件编码。")
        self.sheets = (Sheet(0, name.rpartition(".")[0] or name),)

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        assert sheet in self.sheets
        for number, cells in enumerate(csv.reader(io.StringIO(self._text)), 1):
            if any(cells):
                yield Row(number, tuple(cell or None for cell in cells))


COLUMN_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters(column: int) -> str:
    """A column as people see it: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = COLUMN_LETTERS[rest] + text
    return text

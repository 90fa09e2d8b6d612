"""Sheets, rows and cells as they stand in a file, before anybody has understood them. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final, Literal, Self, TypeAlias

#: Columns of one sheet that are read, of the 16,384 that a sheet has.
COLUMNS_MOST: Final = 512
#: Characters of one cell (as spreadsheet programs bound it).
CELL_MOST: Final = 32_767
#: Digits that spreadsheet programs keep of a number; those after them become noughts.
DIGITS_KEPT: Final = 15


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that holds no value. `text`: as it stands (`=A1*2`, `#N/A`); `why`: a formula that no program
    has worked out, or an error.
    """

    text: str
    why: Literal["formula", "error"]


#: What a cell holds: text, a number as the program kept it, a moment without a zone (midnight: a day), a time
#: of day, yes or no, or nothing. Numbers are texts where their format shows what they mean (`5%`, `50公斤`).
Raw: TypeAlias = str | int | float | datetime | time | bool | Unreadable | None


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


@dataclass(frozen=True, slots=True)
class Area:
    """Cells that are merged: rows from 1, columns from 0, each with its last."""

    top: int
    bottom: int
    left: int
    right: int


class Workbook(ABC):
    """An open file. `kind`: xlsx or csv; `encoding`: of a CSV."""

    kind: str
    encoding: str = ""
    sheets: tuple[Sheet, ...]

    @abstractmethod
    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows that are not empty, from the first; may be asked again. Raises `Malformed`, `TooLarge`."""

    def areas(self, sheet: Sheet) -> tuple[Area, ...]:
        """The merged cells of a sheet."""
        assert sheet in self.sheets
        return ()

    def close(self) -> None:
        """Let the file go."""
        self.sheets = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def letters(column: int) -> str:
    """A column as people see it: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def column_of(reference: str) -> int:
    """The column (from 0) of letters in capitals; -1 of anything else."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z" or column > COLUMNS_MOST * 26:
            return -1
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1

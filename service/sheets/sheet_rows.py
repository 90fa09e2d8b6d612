"""The rows of one sheet of an XLSX package, as a stream. Source: ECMA-376, part 1, 18.3.1 (worksheets).

The standard library's expat reads it: unlike the workbook library, it tells a formula that was never worked
out from an empty cell, knows what is merged, and takes half the time.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from service.sheets.raw_cells import (
    CELL_MOST,
    COLUMNS_MOST,
    DIGITS_KEPT,
    Area,
    Raw,
    Row,
    Unreadable,
    column_of,
    letters,
)
from service.sheets.workbook_parts import (
    DEPTH_MOST,
    ELEMENTS_MOST,
    Package,
    broken,
    new_parser,
    readable,
    told,
    too_large,
)

#: Rows of a sheet (18.3.1.73).
ROWS_MOST: Final = 1_048_576
#: Days are counted from here; the first two months of 1900 are one off, as in the programs themselves.
_FIRST_DAY: Final = datetime.combine(date(1899, 12, 30), time())
_FIRST_DAY_1904: Final = datetime.combine(date(1904, 1, 1), time())
#: The day after the last that is a date, in days from the first.
_DAYS_MOST: Final = 2_958_466


class SheetRows:
    """Reads one sheet. `meanings`: of its styles' numbers."""

    def __init__(self, package: Package, part: str, texts: Sequence[str], meanings: Sequence[str]) -> None:
        self._package, self._part = package, part
        self._texts, self._meanings = texts, meanings
        self._ready: list[tuple[int, list[Raw]]] = []
        self._number = 0
        self._cells: list[Raw] = []
        self._columns: dict[str, int] = {}
        # Of the cell that is being read.
        self._column = 0
        self._kind: str | None = None
        self._style: str | None = None
        self._text: list[str] = []
        self._size = 0
        self._formula: list[str] | None = None
        self._depth = self._phonetic = self._elements = 0
        self._parser = new_parser()

    def rows(self, areas: Sequence[Area] = ()) -> Iterator[Row]:
        """The rows that are not empty, once; `areas`: what is merged."""
        merged = _Merged(areas)
        parser = self._parser
        parser.StartElementHandler, parser.EndElementHandler = self._begun, self._ended
        with readable(self._package.name):
            for piece in self._package.pieces(self._part):
                parser.Parse(piece, False)
                if self._elements > ELEMENTS_MOST:
                    raise too_large(self._package.name, "a sheet has too many cells", "单元格过多")
                yield from self._taken(merged)
            parser.Parse(b"", True)
            yield from self._taken(merged)

    def _taken(self, merged: "_Merged") -> Iterator[Row]:
        ready, self._ready = self._ready, []
        for number, cells in ready:
            empty = not cells
            taken = merged.fill(number, cells)
            if not empty:
                yield Row(number, tuple(cells), taken)

    def _begun(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH_MOST:
            raise broken(self._package.name)
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self._parser.CharacterDataHandler = None if self._phonetic else self._heard
        elif name == "f":
            self._formula = []
            self._parser.CharacterDataHandler = self._heard_formula
        elif name == "row":
            number = attributes.get("r")
            row = int(number) if number is not None else self._number + 1
            if not self._number < row <= ROWS_MOST:
                raise broken(self._package.name)
            self._number, self._cells = row, []
        elif name == "rPh":
            self._phonetic += 1

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:  # the next one
            column = len(self._cells)
        else:
            name = reference.rstrip("0123456789")
            found = self._columns.get(name)
            column = column_of(name) if found is None else found
            self._columns[name] = column
        if column < len(self._cells):
            raise broken(self._package.name)
        self._column, self._kind, self._style = column, attributes.get("t"), attributes.get("s")
        self._formula, self._size = None, 0
        self._text.clear()

    def _heard(self, text: str) -> None:
        self._size += len(text)
        if self._size > CELL_MOST * 2:
            raise broken(self._package.name)
        self._text.append(text)

    def _heard_formula(self, text: str) -> None:
        if self._formula is not None and not self._formula:
            self._formula.append(text[:200])

    def _ended(self, name: str) -> None:
        self._depth -= 1
        self._parser.CharacterDataHandler = None
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            if self._text or self._formula is not None:
                formula = None if self._formula is None else f"={''.join(self._formula)}"
                self._put(self._value("".join(self._text), self._kind, self._style, formula))
        elif name == "row":
            self._ready.append((self._number, self._cells))
        elif name == "rPh":
            self._phonetic -= 1

    def _put(self, value: Raw) -> None:
        column, cells = self._column, self._cells
        if value is None:
            return
        if column >= COLUMNS_MOST:
            raise too_large(
                self._package.name,
                f"{letters(column)}{self._number}: at most {COLUMNS_MOST} columns are read",
                f"{letters(column)}{self._number}：最多读取 {COLUMNS_MOST} 列",
            )
        if column > len(cells):
            cells.extend((None,) * (column - len(cells)))
        cells.append(value)

    def _value(self, text: str, kind: str | None, style: str | None, formula: str | None) -> Raw:
        """The value of a cell. `formula`: its text, where there is one."""
        if kind == "s":
            index = int(text)
            if not 0 <= index < len(self._texts):
                raise broken(self._package.name)
            return self._texts[index] or None
        if kind in ("str", "inlineStr"):
            return told(text)[:CELL_MOST] or None
        if kind == "e":
            return Unreadable(text, "error")
        if formula is not None and (not text or (text == "0" and self._package.computed_later)):
            return Unreadable(formula, "formula")
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "d":
            return datetime.fromisoformat(text).replace(tzinfo=None)
        if not text:
            return None
        place = int(style) if style else 0
        means = self._meanings[place] if place < len(self._meanings) else ""
        return number_of(text, means, self._package.date1904)


@lru_cache(maxsize=65_536)
def number_of(text: str, means: str, date1904: bool) -> Raw:
    """A number as it is kept in the file, with the meaning of its style. Raises `ValueError`."""
    number = _plain_number(text)
    if not means:
        return number
    if means == "day":
        return _moment(float(number), date1904) if 0 <= number < _DAYS_MOST else number
    shown = shown_number(number)
    if means == "percent":
        return f"{shown_number(number * 100)}%"
    if means.strip("0") == "":
        return shown.zfill(len(means)) if isinstance(number, int) else number
    return f"{shown}{means}"


def _plain_number(text: str) -> int | float:
    stripped = text.strip()
    if stripped.lstrip("-").isdecimal() and stripped.isascii() and len(stripped) <= 40:
        return int(stripped)
    number = float(stripped)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("no finite number")
    whole = number.is_integer() and abs(number) < 10**DIGITS_KEPT
    return int(number) if whole else number


def shown_number(number: float) -> str:
    """A number as people see it, without an exponent where it has at most 15 digits before the point."""
    if isinstance(number, int):
        return str(number)
    text = f"{number:.{DIGITS_KEPT}g}"
    return text if "e" not in text else (f"{number:.20f}".rstrip("0") if abs(number) < 1 else text)


def _moment(number: float, date1904: bool) -> datetime | time:
    """A day and time of day from a count of days, to the second."""
    first = _FIRST_DAY_1904 if date1904 else _FIRST_DAY
    moment = first + timedelta(seconds=round(number * 86_400))
    if number < 60 and not date1904:
        moment += timedelta(days=1)
    return moment.time() if number < 1 else moment


class _Merged:
    """Hands the value of a merged area down to its other rows, in its first column."""

    def __init__(self, areas: Sequence[Area]) -> None:
        tall = [area for area in areas if area.bottom > area.top and area.left < COLUMNS_MOST]
        self._coming = sorted(tall, key=lambda area: area.top, reverse=True)
        self._open: dict[int, tuple[int, Raw]] = {}

    def fill(self, number: int, cells: list[Raw]) -> frozenset[int]:
        """Fill in the cells of a row; the columns that were filled in."""
        if not self._open and (not self._coming or self._coming[-1].top > number):
            return frozenset()
        for column in [column for column, (bottom, _) in self._open.items() if bottom < number]:
            del self._open[column]
        filled = []
        for column, (_, value) in self._open.items():
            cells.extend((None,) * (column + 1 - len(cells)))
            if cells[column] is None:
                cells[column] = value
                filled.append(column)
        while self._coming and self._coming[-1].top <= number:
            area = self._coming.pop()
            value = cells[area.left] if area.top == number and area.left < len(cells) else None
            if value is not None:
                self._open[area.left] = area.bottom, value
        return frozenset(filled)

"""Cells of tables for spreadsheet programs: what they hold, and how each is written as text. Pure.

A cell that a spreadsheet program would run as a formula is made harmless; control characters, which XML
cannot carry, become blanks.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from service.identifiers.plain_text import without_strangers

#: Marks UTF-8 for spreadsheet programs, which else read Chinese as gibberish.
BYTE_ORDER_MARK: Final = "\ufeff"
#: What a spreadsheet program would take for a formula, in a Chinese or Japanese one full-width too.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: A quantity, or a telephone number such as +86 591 8765 4321.
NUMBER: Final = re.compile(r"[+-]?[0-9][0-9 ]*(\.[0-9]+)?")
#: Control characters, what is no character at all, and halves of surrogate pairs.
UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")
#: Characters of one cell (ECMA-376; every program that reads XLSX).
CELL_MOST: Final = 32_767
#: A workbook keeps numbers as doubles: more digits than these would be rounded, so they stay text.
EXACT_DIGITS: Final = 15
#: Days before this one are no dates in a workbook.
FIRST_YEAR: Final = 1900
#: Cells whose text is remembered: places, products and units come again and again.
TEXTS_KEPT: Final = 16_384


class Link(NamedTuple):
    """A text that leads somewhere: `https://…`, or `internal:'Sheet'!A1` within a workbook."""

    text: str
    target: str


#: A `datetime` is one of a clock on the wall, without a zone: the head of its column names the zone.
Cell = str | Decimal | int | float | bool | date | datetime | Link | None


def harmless(value: object) -> object:
    """A cell that no spreadsheet program runs as a formula, without what turns its direction about; numbers
    and telephone numbers stay.
    """
    if not isinstance(value, str):
        return "" if value is None else value
    text = without_strangers(value)
    runs = text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)
    return "'" + text if runs and not NUMBER.fullmatch(text) else text


@lru_cache(maxsize=TEXTS_KEPT)
def cell_text(text: str) -> str:
    """A text as a cell holds it: one line, no formula, no longer than a cell can be."""
    return str(harmless(UNPRINTABLE.sub(" ", text).strip()))[:CELL_MOST]


def number_text(number: Decimal | float) -> str:
    """A number in full, without an exponent and without zeros at its end."""
    return f"{_exactly(number).normalize():f}"


@lru_cache(maxsize=TEXTS_KEPT)
def is_exact(number: Decimal | float) -> bool:
    """Whether a double holds the number to its last digit."""
    return isinstance(number, float) or len(_exactly(number).normalize().as_tuple().digits) <= EXACT_DIGITS


def _exactly(number: Decimal | float) -> Decimal:
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def as_text(cell: Cell) -> str:
    """A cell in a form that has nothing but texts: moments to the second, as people type them."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell_text(cell)
    if isinstance(cell, Link):
        return cell_text(cell.text)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date) else number_text(cell)


def csv_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV (RFC 4180)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow(list(map(as_text, row)))
    return buffer.getvalue()


def csv_head(titles: Sequence[str]) -> str:
    """The first line of a CSV, with the mark by which spreadsheet programs know UTF-8."""
    return BYTE_ORDER_MARK + csv_lines([titles])

"""The rows of a table, understood: each cell as its column's kind, or what is wrong with it. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any

from service.errors import Fault
from service.sheets.forms import Form
from service.sheets.matching import Head, Match
from service.sheets.reading import Row


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault of one cell. `column`: from 0, or None: the row lacks a column that is not there; `key`: of the
    form's column; `fault.field`: the heading, and `fault.value`: the cell, as people see them.
    """

    row: int
    column: int | None
    key: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Understood:
    """A row of data. `values`: key -> value by the column's kind (`cells.parse`), without what is empty;
    `faults`: why it cannot be taken, empty where it can.
    """

    number: int
    values: dict[str, Any]
    faults: tuple[CellFault, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


def understand(
    rows: Iterable[Row], form: Form, head: Head, match: Match, *, zone: tzinfo, today: date
) -> Iterator[Understood]:
    """The rows below the head, without empty ones, totals, notes, repeated heads and the template's example.

    `zone`: of times that name none; `today`: the year of days that name none is that of the last such day.
    """
    raise NotImplementedError

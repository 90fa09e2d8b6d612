"""Which form a sheet is, and which of its columns say what. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.sheets.reading import Row


@dataclass(frozen=True, slots=True)
class Heading:
    """What a column is headed. `column`: from 0; `text`: one line, of both where there are two."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table. `first`, `last`: its row numbers; rows of data come after `last`."""

    first: int
    last: int
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A sheet as a form. `columns`: column (from 0) -> key of the form's column; `units`: column -> unit of
    measure that its heading tells; `certainty`: 0 to 1; `unmatched`: headings that nothing stands for;
    `missing`: keys of required columns that are not there.
    """

    form: str
    columns: dict[int, str]
    units: dict[int, str]
    certainty: float
    unmatched: tuple[Heading, ...]
    missing: tuple[str, ...]


#: Rows from the beginning of a sheet among which its head is looked for.
HEAD_ROWS: int = 30


def find_head(rows: Sequence[Row]) -> Head | None:
    """The head of the table, below titles and notes; `rows`: the first `HEAD_ROWS`. None: there is none."""
    raise NotImplementedError


def match(
    headings: Sequence[Heading],
    sheet: str = "",
    *,
    form: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Match, ...]:
    """The forms that this may be, the likeliest first. `sheet`: its name; `form`: only this one; `mapping`:
    heading or column letter -> key (or "" for: leave it out), which goes before what is found.
    """
    raise NotImplementedError

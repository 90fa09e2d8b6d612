"""How answers are written: tables for people, JSON for machines."""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from suyuan.cli.texts import TEXTS, chinese, text

T = TypeVar("T")
#: Rows that a list shows unless asked for more.
LIMIT: Final = 50
#: Values that are not worth a line.
EMPTY: Final[tuple[object, ...]] = (None, [], {}, "", False)
#: What moves a terminal's cursor, or turns the direction of writing about: partners choose names, and a name
#: shall not write elsewhere than in its place. Tabs and line ends stay.
STRANGERS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column of a table: the key of its heading, and its cell. `whole`: not to be broken into lines."""

    heading: str
    cell: Callable[[T], object]
    right: bool = False
    whole: bool = False


class Output:
    """Where a command writes. With `as_json`, texts for people are left out."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False)
        self.errors = Console(stderr=True, highlight=False)

    def say(self, key: str, **values: object) -> None:
        """A sentence, for people."""
        if not self.as_json:
            self.console.print(escape(plain(text(key, **values))), soft_wrap=True)

    def document(self, value: Any) -> None:
        """One JSON document, for machines."""
        if self.as_json:
            self.line(value)

    @staticmethod
    def line(value: Any) -> None:
        """One line of JSON."""
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")

    @staticmethod
    def octets(content: bytes) -> None:
        """Bytes as they are."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def rows(self, rows: Iterable[T], columns: Sequence[Column[T]], limit: int = 0) -> None:
        """A list: a table, or a line of JSON for each row. `limit` 0: all."""
        shown = list(islice(rows, limit + 1)) if limit else rows
        if self.as_json:
            for row in islice(shown, limit or None):
                self.line(row)
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for column in columns:
            table.add_column(
                text(column.heading),
                justify="right" if column.right else "left",
                no_wrap=column.whole,
                overflow="fold",
            )
        for row in islice(shown, limit or None):
            table.add_row(*(Text(as_text(column.cell(row))) for column in columns))
        if not table.row_count:
            self.say("nothing")
            return
        self.console.print(table)
        if limit and isinstance(shown, list) and len(shown) > limit:
            self.say("more")

    def one(self, value: msgspec.Struct, *but: str) -> None:
        """One row: its fields (`but` some) below each other, or a JSON document."""
        if self.as_json:
            self.line(value)
            return
        fields: dict[str, Any] = msgspec.to_builtins(value, builtin_types=(datetime, Decimal))
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, field in fields.items():
            if field not in EMPTY and name not in but:
                grid.add_row(name, Text(as_text(field)))
        self.console.print(grid)


def plain(told: str) -> str:
    """A text as a terminal may be given it."""
    return STRANGERS.sub("", told)


def as_text(value: object) -> str:
    """A value for people: numbers without empty decimals, moments in the zone of this machine."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return text("yes") if value else ""
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {as_text(field)}" for name, field in value.items() if field not in EMPTY)
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = ", " if all(isinstance(each, str) for each in value) else "\n"
        return between.join(map(as_text, value))
    return plain(str(value))


def word(status: str) -> str:
    """A status or kind in the language of the locale; one that is not known as it is."""
    return text(f"is {status}") if f"is {status}" in TEXTS else status


def number(value: Decimal) -> str:
    """A decimal without exponent and empty places: 12.500 is 12.5."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def amounts(by_unit: Mapping[str, object]) -> str:
    """`12.5 KGM, 3 EA`; units of which there is nothing are left out."""
    parts = [(Decimal(str(quantity)), unit) for unit, quantity in by_unit.items()]
    return ", ".join(f"{number(quantity)} {unit}" for quantity, unit in parts if quantity)


def named(thing: Any, fallback: Literal["uri", "id"] = "uri", start: str = "name") -> str:
    """The name of a thing in the language of the locale, else in the other, else what is known of it."""
    first, second = ("zh", "en") if chinese() else ("en", "zh")
    return (
        getattr(thing, f"{start}_{first}", None)
        or getattr(thing, f"{start}_{second}", None)
        or str(getattr(thing, fallback, "") or "")
    )

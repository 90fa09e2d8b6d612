"""The columns of a list, by the model of its items: one for each member, also of parts within."""

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, Self

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from service.exports.heads import Language, head_of_path
from service.exports.values import Kind, cell_of, linked
from service.workbooks.cells import Cell

#: Width of a column in characters, by what it holds; names and texts are wider than codes.
WIDTHS: Final = {Kind.TEXT: 18, Kind.NUMBER: 11, Kind.DAY: 12, Kind.MOMENT: 20, Kind.FLAG: 9}
WIDE: Final = {"name": 26, "title": 30, "text": 44, "uri": 34, "link": 34, "reason": 40, "address": 32}
#: What people look for comes first: the words that members end in, and how far to the right they stand.
LATER: Final = (
    (("_uri", "uri"), 2),
    (("_id", "_ids"), 3),
    (("created_at", "created_by", "updated_at", "source", "attributes", "sha256"), 4),
    (("content", "history", "deliveries", "labels", "png", "svg"), 5),
)
#: Members of balances, in the order in which goods pass by.
BALANCE: Final = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled", "on_hand")


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `path`: the members from an item to what the column holds."""

    path: tuple[str, ...]
    kind: Kind

    def title(self, language: Language, zone: str) -> str:
        """The head; that of moments names the time zone, which cells cannot."""
        head = head_of_path(self.path, language)
        if self.kind is not Kind.MOMENT:
            return head
        return f"{head}（{zone}）" if language == "zh" else f"{head} ({zone})"

    @property
    def width(self) -> int:
        """In characters."""
        last = self.path[-1]
        wide = (width for word, width in WIDE.items() if word in last)
        return next(wide, WIDTHS[self.kind]) if self.kind is Kind.TEXT else WIDTHS[self.kind]

    def value(self, item: Mapping[str, Any]) -> Any:
        """What an item has there; None where it has not got that part."""
        found: Any = item
        for member in self.path:
            found = found.get(member) if isinstance(found, dict) else None
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """What the rows of a sheet are made of. `parts`: the rows of one item; an item by itself, mostly."""

    columns: Sequence[Column]
    parts: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]] = lambda item: (item,)

    @classmethod
    def of(cls, model: type[BaseModel]) -> Self:
        """The table of a list of these."""
        if {"balances", "in_transit"} <= set(model.model_fields):
            return cls(_ordered(_with_balances(columns_of(model))), parts_by_unit)
        return cls(_ordered(list(columns_of(model))))

    def titles(self, language: Language, zone: str) -> list[str]:
        """The heads."""
        return [column.title(language, zone) for column in self.columns]

    def widths(self) -> list[int]:
        """Of the columns, in characters."""
        return [column.width for column in self.columns]

    def rows(self, items: Sequence[Mapping[str, Any]], zone: tzinfo, pages: str) -> list[list[Cell]]:
        """The rows of items; `pages`: scheme and host of the pages that cells lead to."""
        return [
            [
                linked(column.path[-1], cell_of(column.kind, column.value(part), zone), part, pages)
                for column in self.columns
            ]
            for item in items
            for part in self.parts(item)
        ]


def parts_by_unit(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A holding as one row for each unit of measure, as goods in kilograms and in boxes cannot be added."""
    balances: list[Mapping[str, Any]] = item["balances"]
    under_way: Any = item["in_transit"]
    told = {balance["uom"] for balance in balances}
    coming = [{"uom": uom} for uom in under_way if uom not in told]
    return [
        {**item, **balance, "in_transit": under_way.get(balance.get("uom"))}
        for balance in [*balances, *coming] or [{}]
    ]


def _with_balances(columns: Iterator[Column]) -> list[Column]:
    amounts = [Column((member,), Kind.NUMBER) for member in (*BALANCE, "in_transit")]
    kept = [column for column in columns if column.path not in (("balances",), ("in_transit",))]
    return [*kept, Column(("uom",), Kind.TEXT), *amounts]


def _ordered(columns: Sequence[Column]) -> list[Column]:
    return sorted(columns, key=_place)


def _place(column: Column) -> int:
    last = column.path[-1]
    if column.path == ("id",):
        return 0
    return next((place for ends, place in LATER if last.endswith(ends)), 1)


def columns_of(model: type[BaseModel], within: tuple[str, ...] = ()) -> Iterator[Column]:
    """The columns of a model's members, in their order. `within`: where the model lies inside of another."""
    for name, field in model.model_fields.items():
        path = (*within, _told_as(name, field))
        kind = _kind_of(field.annotation)
        if isinstance(kind, Kind):
            yield Column(path, kind)
        else:
            yield from columns_of(kind, path)
    for name, computed in model.model_computed_fields.items():
        kind = _kind_of(computed.return_type)
        if isinstance(kind, Kind):
            yield Column((*within, name), kind)
        else:
            yield from columns_of(kind, (*within, name))


def _told_as(name: str, field: FieldInfo) -> str:
    return field.serialization_alias or name


def _kind_of(annotation: Any) -> Kind | type[BaseModel]:
    """What cells of such values hold; a model's own members are columns of their own."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _kind_of(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = {_kind_of(each) for each in typing.get_args(annotation) if each is not type(None)}
        return kinds.pop() if len(kinds) == 1 else Kind.TEXT
    if not isinstance(annotation, type):
        return Kind.TEXT
    if issubclass(annotation, BaseModel):
        return annotation
    for kind, types_of_it in (
        (Kind.FLAG, (bool,)),
        (Kind.NUMBER, (int, float, Decimal)),
        (Kind.MOMENT, (datetime,)),
        (Kind.DAY, (date,)),
    ):
        if issubclass(annotation, types_of_it):
            return kind
    return Kind.TEXT

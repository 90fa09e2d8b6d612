"""One thing with lists inside, as sheets: what is said of it once, a line each, and every list as a table."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from starlette.types import Scope

from service.exports.columns import Column, Table, columns_of
from service.exports.heads import head_of
from service.exports.inside import Inside
from service.exports.lists import add_items, begin_table
from service.exports.sheets import ITEM, VALUE, Said, Sheets, asked_address
from service.exports.values import cell_of, linked
from service.workbooks.cells import Cell


async def write_document(
    sheets: Sheets, inside: Inside, scope: Scope, model: type[BaseModel], content: Said
) -> None:
    """The thing that the request asks for."""
    answer = await inside.get(scope["path"], sheets.wish.query)
    document = await asyncio.to_thread(answer.json)
    if sheets.wish.form == "xlsx":
        add_facts(sheets, document, model, content)
    # A CSV is one table: the first list.
    await asyncio.to_thread(add_lists, sheets, document, model)
    sheets.about(content, asked_address(scope, sheets.wish))


def add_facts(sheets: Sheets, document: Mapping[str, Any], model: type[BaseModel], name: Said) -> None:
    """A sheet of what is said once."""
    wish = sheets.wish
    rows: list[tuple[Cell, ...]] = []
    for column in facts_of(model):
        cell = cell_of(column.kind, column.value(document), wish.zone)
        shown = linked(column.path[-1], cell, document, sheets.pages)
        rows.append((column.title(wish.language, wish.zone_name), shown))
    sheets.begin(sheets.say(name), [sheets.say(ITEM), sheets.say(VALUE)], [32, 80])
    sheets.add(rows)


def add_lists(sheets: Sheets, document: Mapping[str, Any], model: type[BaseModel], of: str = "") -> None:
    """A sheet for each list, named by what it is a list of. Blocking."""
    for member, item in lists_of(model):
        begin_table(sheets, of + head_of(member, sheets.wish.language), Table.of(item))
        add_items(sheets, Table.of(item), document[member] or [])


def lists_of(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Members that are lists of things, and the models of these."""
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is list:
            item = get_args(field.annotation)[0]
            if isinstance(item, type) and issubclass(item, BaseModel):
                yield name, item


def facts_of(model: type[BaseModel]) -> list[Column]:
    """The columns of what is said once."""
    lists = dict(lists_of(model))
    return [column for column in columns_of(model) if column.path[0] not in lists]

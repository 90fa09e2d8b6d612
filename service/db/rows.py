"""Rows into a table by one statement, columns as arrays: nearly as fast as COPY, which PostgreSQL refuses for
tables whose policies bind who copies (`service_role.py`).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

from sqlalchemy import ARRAY, make_url
from sqlmodel import SQLModel

from service.db.transaction import Connection

#: Rows of one statement: what is sent, and the server's copy of it, are in memory at once.
AT_ONCE: Final = 2_000
INSERT: Final = "INSERT INTO {table} ({columns}) SELECT {chosen} FROM unnest({given}) AS told ({columns})"
DIALECT: Final = make_url("postgresql+asyncpg://").get_dialect()()


async def insert_rows(
    connection: Connection,
    table: type[SQLModel],
    records: Iterable[Sequence[Any]],
    columns: Sequence[str],
) -> None:
    """Insert these records, in their order, with values for `columns`; others get their defaults. The table
    is found by its name on the search path.
    """
    statement, lists = _statement(table, tuple(columns))
    waiting = iter(records)
    while some := list(islice(waiting, AT_ONCE)):
        values: list[Sequence[Any]] = list(zip(*some, strict=True))
        for at in lists:
            values[at] = [None if each is None else _literal(each) for each in values[at]]
        await connection.execute(statement, *values)


@cache
def _statement(table: type[SQLModel], columns: tuple[str, ...]) -> tuple[str, tuple[int, ...]]:
    """The statement, and which of the columns are arrays themselves: `unnest` would take them apart, so they
    come as text.
    """
    name = str(table.__tablename__)
    found = SQLModel.metadata.tables[name].columns
    types = [found[each].type.compile(DIALECT) for each in columns]
    lists = tuple(at for at, each in enumerate(columns) if isinstance(found[each].type, ARRAY))
    quoted = [f'"{each}"' for each in columns]
    names = ", ".join(quoted)
    given = ", ".join(f"${at + 1}::{'text' if at in lists else kind}[]" for at, kind in enumerate(types))
    chosen = ", ".join(f"{each}::{types[at]}" if at in lists else each for at, each in enumerate(quoted))
    told = {"{table}": name, "{columns}": names, "{chosen}": chosen, "{given}": given}
    statement = INSERT
    for place, text in told.items():
        statement = statement.replace(place, text)
    return statement, lists


def _literal(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

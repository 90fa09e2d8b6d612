"""Rows into a table by one statement, columns as arrays: nearly as fast as COPY, which PostgreSQL refuses for
tables whose policies bind who copies (`service_role.py`).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import ARRAY, Boolean, Date, DateTime, Integer, Numeric, String, make_url
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from service.db.transaction import Connection

#: Rows of one statement: what is sent, and the server's copy of it, are in memory at once.
AT_ONCE: Final = 2_000
INSERT: Final = "INSERT INTO {table} ({columns}) SELECT {chosen} FROM unnest({given}) AS told ({columns})"
DIALECT: Final = make_url("postgresql+asyncpg://").get_dialect()()


#: Types of columns that are sent as one text, `{1,2,NULL}`. The driver looks at each member of a list whether
#: it is a list itself, and takes numbers apart digit by digit: that was a sixth of a capture.
AS_TEXT: Final = (Integer, Boolean, Numeric, DateTime, Date, String, AutoString)

_encoder = msgspec.json.Encoder(decimal_format="number")


class _Insert(NamedTuple):
    """A statement, and how its columns are sent: `texts` as one text each; `lists` are arrays themselves,
    which `unnest` would take apart, so their members come as text; others as the driver sends them.
    """

    statement: str
    texts: tuple[int, ...]
    lists: tuple[int, ...]


async def insert_rows(
    connection: Connection,
    table: type[SQLModel],
    records: Iterable[Sequence[Any]],
    columns: Sequence[str],
) -> None:
    """Insert these records, in their order, with values for `columns`; others get their defaults. The table
    is found by its name on the search path.
    """
    insert = _insert(table, tuple(columns))
    waiting = iter(records)
    while some := list(islice(waiting, AT_ONCE)):
        values: list[Any] = list(zip(*some, strict=True))
        for at in insert.texts:
            values[at] = array_text(values[at])
        for at in insert.lists:
            values[at] = [None if each is None else _literal(each) for each in values[at]]
        await connection.execute(insert.statement, *values)


@cache
def _insert(table: type[SQLModel], columns: tuple[str, ...]) -> _Insert:
    name = str(table.__tablename__)
    found = SQLModel.metadata.tables[name].columns
    types = [found[each].type.compile(DIALECT) for each in columns]
    lists = tuple(at for at, each in enumerate(columns) if isinstance(found[each].type, ARRAY))
    texts = tuple(at for at, each in enumerate(columns) if isinstance(found[each].type, AS_TEXT))
    quoted = [f'"{each}"' for each in columns]
    given = ", ".join(
        f"${at + 1}{'::text' * (at in texts)}::{'text' if at in lists else kind}[]"
        for at, kind in enumerate(types)
    )
    names = ", ".join(quoted)
    chosen = ", ".join(f"{each}::{types[at]}" if at in lists else each for at, each in enumerate(quoted))
    told = {"{table}": name, "{columns}": names, "{chosen}": chosen, "{given}": given}
    statement = INSERT
    for place, text in told.items():
        statement = statement.replace(place, text)
    return _Insert(statement, texts, lists)


def array_text(values: Sequence[Any]) -> str:
    """An array of numbers, truth values, times or texts as PostgreSQL writes it; None is NULL.

    JSON's array in other brackets: the same but where JSON escapes. Those texts go the plain way.
    """
    text = _encoder.encode(values).decode()
    return _literal(values) if "\\" in text else "{" + text[1:-1] + "}"


def _literal(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

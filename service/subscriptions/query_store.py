"""Named queries in their table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from service.db.transaction import Transaction
from service.events.json_document import dump_event
from service.events.query_parameters import Pairs

INSERT: Final = """
INSERT INTO named_query (name, query, parameters, created_at) VALUES ($1, $2, $3, $4)
"""
FIND: Final = "SELECT id, name, query::text AS query, parameters FROM named_query WHERE name = $1"
FIND_BY_ID: Final = "SELECT id, name, query::text AS query, parameters FROM named_query WHERE id = $1"
LOCK: Final = "SELECT id FROM named_query WHERE name = $1 FOR SHARE"
LIST: Final = """
SELECT id, name, query::text AS query, parameters FROM named_query
WHERE name COLLATE "C" > $1 ORDER BY name COLLATE "C" LIMIT $2
"""
DELETE: Final = "DELETE FROM named_query WHERE name = $1 RETURNING id"


@dataclass(frozen=True, slots=True)
class Named:
    """A named query. `query`: JSON text, as it was given."""

    id: int
    name: str
    query: str
    parameters: Pairs


def _named(row: Any) -> Named:
    return Named(
        row["id"], row["name"], row["query"], tuple((name, value) for name, value in row["parameters"])
    )


async def insert_query(
    tx: Transaction, name: str, query: dict[str, Any], parameters: Pairs, now: datetime
) -> None:
    """Keep a query under a new name."""
    pairs = msgspec.json.encode(parameters).decode()
    await tx.sql.execute(INSERT, name, dump_event(query).decode(), pairs, now)


async def find_query(tx: Transaction, name: str) -> Named | None:
    """The query of this name."""
    row = await tx.sql.fetchrow(FIND, name)
    return None if row is None else _named(row)


async def find_query_by_id(tx: Transaction, row_id: int) -> Named | None:
    """The query of this row, while it is there."""
    row = await tx.sql.fetchrow(FIND_BY_ID, row_id)
    return None if row is None else _named(row)


async def lock_query(tx: Transaction, name: str) -> int | None:
    """The row of a query, which stays until the transaction ends; None where there is none."""
    found: int | None = await tx.sql.fetchval(LOCK, name)
    return found


async def list_queries(tx: Transaction, *, after: str, limit: int) -> Sequence[Named]:
    """Queries in the order of their names, after one."""
    return [_named(row) for row in await tx.sql.fetch(LIST, after, limit)]


async def delete_query(tx: Transaction, name: str) -> bool:
    """Delete a query, and with it its subscriptions; False where there is none."""
    return await tx.sql.fetchval(DELETE, name) is not None

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
INSERT INTO named_query (name, query, parameters, created_at, party_id) VALUES ($1, $2, $3, $4, $5)
"""
FIND: Final = """
SELECT id, party_id, name, query::text AS query, parameters FROM named_query
WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0) AND name = $2
"""
FIND_BY_ID: Final = (
    "SELECT id, party_id, name, query::text AS query, parameters FROM named_query WHERE id = $1"
)
LOCK: Final = """
SELECT id FROM named_query WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0) AND name = $2 FOR SHARE
"""
COUNT: Final = "SELECT count(*) FROM named_query WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0)"
LIST: Final = """
SELECT id, party_id, name, query::text AS query, parameters FROM named_query
WHERE ($3 OR coalesce(party_id, 0) = coalesce($4::bigint, 0)) AND (name COLLATE "C", id) > ($1, $2)
ORDER BY name COLLATE "C", id LIMIT $5
"""
DELETE: Final = """
DELETE FROM named_query WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0) AND name = $2 RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Named:
    """A named query. `party_id`: whose, None the operators'; `query`: JSON text, as it was given."""

    id: int
    party_id: int | None
    name: str
    query: str
    parameters: Pairs


def _named(row: Any) -> Named:
    parameters = tuple((name, value) for name, value in row["parameters"])
    return Named(row["id"], row["party_id"], row["name"], row["query"], parameters)


async def insert_query(
    tx: Transaction,
    party: int | None,
    name: str,
    query: dict[str, Any],
    parameters: Pairs,
    now: datetime,
) -> None:
    """Keep a query of a party (None: of the operators) under a new name."""
    pairs = msgspec.json.encode(parameters).decode()
    await tx.sql.execute(INSERT, name, dump_event(query).decode(), pairs, now, party)


async def find_query(tx: Transaction, party: int | None, name: str) -> Named | None:
    """The party's query of this name."""
    row = await tx.sql.fetchrow(FIND, party, name)
    return None if row is None else _named(row)


async def count_queries(tx: Transaction, party: int | None) -> int:
    """How many queries the party has."""
    count: int = await tx.sql.fetchval(COUNT, party)
    return count


async def find_query_by_id(tx: Transaction, row_id: int) -> Named | None:
    """The query of this row, while it is there."""
    row = await tx.sql.fetchrow(FIND_BY_ID, row_id)
    return None if row is None else _named(row)


async def lock_query(tx: Transaction, party: int | None, name: str) -> int | None:
    """The row of a query, which stays until the transaction ends; None where there is none."""
    found: int | None = await tx.sql.fetchval(LOCK, party, name)
    return found


async def list_queries(
    tx: Transaction, party: int | None, *, everybody: bool, after: tuple[str, int], limit: int
) -> Sequence[Named]:
    """The party's queries, or everybody's, in the order of their names (and rows), after one."""
    return [_named(row) for row in await tx.sql.fetch(LIST, *after, everybody, party, limit)]


async def delete_query(tx: Transaction, party: int | None, name: str) -> bool:
    """Delete a query, and with it its subscriptions; False where there is none."""
    return await tx.sql.fetchval(DELETE, party, name) is not None

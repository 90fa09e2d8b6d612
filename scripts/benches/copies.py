"""What captures left behind, many times over: the same trade with other names, units and batches.

A million events take the captures of twenty thousand and minutes of PostgreSQL, and every table and index has
the rows that captures give it.
"""

from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

#: Columns that number events, units and batches: each copy has numbers of its own.
NUMBERS: Final = {
    "event": ("event", "event_id"),
    "unit": ("unit_id",),
    "batch": ("batch_id", "told_batch_id", "to_batch_id", "registered_batch_id"),
}
EVENT_NUMBERS: Final = frozenset({"event_id", "ship_event_id", "receive_event_id"})
#: Texts that are others in each copy, times that are later.
NAMES: Final = frozenset({"uri", "event_key", "transformation_id"})
TIMES: Final = frozenset(
    {"event_time", "record_time", "time", "departed_at", "arrived_at", "first_at", "last_at", "produced_at"}
)
#: Filled by captures, what is named first.
TABLES: Final = (
    *("batch", "unit", "event", "event_item", "journal_entry", "posting", "flow", "holding", "gap"),
)
#: What is captured afterwards has numbers after those of the copies.
GO_ON: Final = "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)"
COLUMNS = """
SELECT attname AS name FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


async def multiply(dsn: str, times: int) -> None:
    """Bring every table that captures fill to `times` its rows; the database is at rest."""
    connection = await asyncpg.connect(dsn, server_settings={"jit": "off"})
    try:
        most = {table: await connection.fetchval(f"SELECT max(id) FROM {table}") for table in NUMBERS}
        statements = [await _statement(connection, table, most) for table in TABLES]
        for copy in range(1, times):
            for statement in statements:
                await connection.execute(statement, copy)
        for table, number in most.items():
            await connection.execute(GO_ON, table, number * times)
        for table in TABLES:
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _statement(connection: Connection, table: str, most: dict[str, int]) -> str:
    columns = await connection.fetch(COLUMNS, table)
    told = [_value(table, column["name"], most) for column in columns]
    names = ", ".join(column["name"] for column in columns)
    # The first copy's rows are those up to the highest number of that time.
    key = "id" if table in NUMBERS else "event_id" if table in ("event_item", "journal_entry") else "batch_id"
    first = most[table] if table in NUMBERS else most["event" if key == "event_id" else "batch"]
    return (
        f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {', '.join(told)} "
        f"FROM {table} WHERE {key} <= {first}"
    )


def _value(table: str, column: str, most: dict[str, int]) -> str:
    """A column of the copy `$1`."""
    if (table, column) == ("event", "event_id"):  # the eventID, a text
        return "event_id || '/' || $1::int"
    if (table, column) == ("event", "fingerprint"):
        return "sha256(fingerprint || int4send($1::int))"
    if column in NAMES:
        return f"{column} || '/' || $1::int"
    if column in TIMES:
        return f"{column} + $1::int * interval '1 day'"
    if column == "id":
        return f"id + $1::int * {most[table]}::bigint"
    if column in EVENT_NUMBERS:
        return f"{column} + $1::int * {most['event']}::bigint"
    for named in ("unit", "batch"):
        if column in NUMBERS[named]:
            return f"{column} + $1::int * {most[named]}::bigint"
    return column

"""What captures are held against: the rows that the service stored, written again with nothing else to do."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from time import perf_counter
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

EVENT_COLUMNS = (
    *("id", "event_id", "fingerprint", "declares_error", "type", "event_time", "record_time", "action"),
    *("biz_step", "disposition", "read_point", "biz_location", "transformation_id", "payload"),
    *("context_id", "capture_id", "facts", "recorded_in"),
)
FLOW_COLUMNS = (
    *(
        "batch_id",
        "ordinal",
        "kind",
        "from_site_id",
        "to_batch_id",
        "to_site_id",
        "departed_at",
        "arrived_at",
    ),
    *("inferred", "shipped_quantity", "shipped_uom", "received_quantity", "received_uom"),
    *("ship_event_id", "receive_event_id"),
)
EVENTS_AFTER = f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE id > $1 AND id <= $2 ORDER BY id"
LAST_EVENT = "SELECT count(*), max(id) FROM (SELECT id FROM event WHERE id > $1 ORDER BY id LIMIT $2) AS part"
# Flows are numbered anew: what a later document changes would get the number of another here.
FLOWS_AFTER = """
SELECT batch_id, coalesce(ship_event_id, receive_event_id)::int * 64
           + row_number() OVER (PARTITION BY batch_id, coalesce(ship_event_id, receive_event_id))::int
           AS ordinal,
       kind, from_site_id, to_batch_id, to_site_id, departed_at, arrived_at, inferred, shipped_quantity,
       shipped_uom, received_quantity, received_uom, ship_event_id, receive_event_id
FROM flow
WHERE coalesce(ship_event_id, receive_event_id) > $1 AND coalesce(ship_event_id, receive_event_id) <= $2
"""
#: What events refer to; there before they are timed.
REFERRED = ("event_context", "capture_job")
#: Everything that captures leave behind, what is referred to first.
EVERYTHING = (
    *("event_context", "capture_job", "namespace", "party", "site", "product", "batch", "unit"),
    *("event", "event_item", "journal_entry", "posting", "flow", "holding", "gap"),
)
#: The same columns without an index or a constraint.
MAKE_BARE = """
CREATE TABLE bare_event AS SELECT * FROM event WITH NO DATA;
CREATE TABLE bare_flow AS SELECT * FROM flow WITH NO DATA;
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What one document left behind: its events and flows in PostgreSQL's binary COPY format."""

    count: int
    flow_count: int
    last_id: int
    events: bytes
    flows: bytes


@dataclass(slots=True)
class Ceiling:
    """`captured`: a connection to the database that the service writes; `bare`: one to another database of
    the same server, to which the same rows are copied.
    """

    captured: Connection
    bare: Connection

    async def stored_after(self, event_row: int, most: int | None = None) -> Stored:
        """The events (`most`: so many) whose row came after this one, and the flows that they begin."""
        count, last = await self._told(LAST_EVENT, event_row, most)
        for table in REFERRED:
            await self._bring(table)
        events, flows = BytesIO(), BytesIO()
        await self.captured.copy_from_query(EVENTS_AFTER, event_row, last, output=events, format="binary")
        told = await self.captured.copy_from_query(
            FLOWS_AFTER, event_row, last, output=flows, format="binary"
        )
        return Stored(count, int(told.split()[-1]), last, events.getvalue(), flows.getvalue())

    async def copy(self, stored: Stored, *, bare: bool) -> float:
        """Copies it in one transaction, into the service's own tables with their indexes and constraints, or
        into `bare` ones without; events per second.
        """
        prefix = "bare_" if bare else ""
        began = perf_counter()
        async with self.bare.transaction():
            await self._copy_in(f"{prefix}event", stored.events, EVENT_COLUMNS)
            await self._copy_in(f"{prefix}flow", stored.flows, FLOW_COLUMNS)
        return stored.count / (perf_counter() - began)

    async def _copy_in(self, table: str, rows: bytes, columns: Sequence[str] | None = None) -> None:
        await self.bare.copy_to_table(table, source=BytesIO(rows), columns=columns, format="binary")

    async def _told(self, query: str, *arguments: Any) -> Any:
        return await self.captured.fetchrow(query, *arguments)

    async def _bring(self, table: str) -> None:
        rows = await self.captured.fetch(f"SELECT * FROM {table}")
        known = {row["id"] for row in await self.bare.fetch(f"SELECT id FROM {table}")}
        fresh = [tuple(row.values()) for row in rows if row["id"] not in known]
        if fresh:
            await self.bare.copy_records_to_table(table, records=fresh, columns=list(rows[0].keys()))

    async def bytes_stored(self) -> int:
        """Octets of all tables and indexes that captures fill."""
        sizes = "SELECT sum(pg_total_relation_size(name::regclass))::bigint FROM unnest($1::text[]) AS name"
        return int(await self.captured.fetchval(sizes, list(EVERYTHING)))


@asynccontextmanager
async def ceiling(captured: str, bare: str) -> AsyncIterator[Ceiling]:
    """The two databases, by their DSNs; the second is fresh."""
    async with AsyncExitStack() as stack:
        connections = []
        for dsn in (captured, bare):
            connection = await asyncpg.connect(dsn)
            stack.push_async_callback(connection.close)
            connections.append(connection)
        await connections[1].execute(MAKE_BARE)
        yield Ceiling(*connections)


async def copy_everything(captured: str, fresh: str) -> float:
    """Every row that captures left behind, copied into a fresh database's own tables in one transaction, each
    table whole; seconds.
    """
    source, target = await asyncpg.connect(captured), await asyncpg.connect(fresh)
    try:
        held: list[tuple[str, bytes]] = []
        for table in EVERYTHING:
            rows = BytesIO()
            await source.copy_from_table(table, output=rows, format="binary")
            held.append((table, rows.getvalue()))
        # What every database begins with is among the rows.
        await target.execute("DELETE FROM site")
        began = perf_counter()
        async with target.transaction():
            for table, told in held:
                await target.copy_to_table(table, source=BytesIO(told), format="binary")
        return perf_counter() - began
    finally:
        await source.close()
        await target.close()


async def rows_after(connection: Connection, event_row: int) -> list[tuple[list[Any], list[list[Any]]]]:
    """The events whose row came after this one: of each, its values and those of the flows that it begins."""
    flows: dict[int, list[list[Any]]] = {}
    last = await connection.fetchval("SELECT max(id) FROM event")
    for row in await connection.fetch(FLOWS_AFTER, event_row, last):
        flows.setdefault(row["ship_event_id"] or row["receive_event_id"], []).append(list(row.values()))
    events = await connection.fetch(EVENTS_AFTER, event_row, last)
    return [(list(row.values()), flows.get(row["id"], [])) for row in events]


def _insert(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


async def commit_each(dsn: str, rows: Sequence[tuple[list[Any], list[list[Any]]]], connections: int) -> float:
    """One event and its flows at a time, each in a transaction of its own, on so many connections at once;
    events per second. `rows` as `rows_after` gives them.
    """
    waiting = iter(rows)
    opened = [await asyncpg.connect(dsn) for _ in range(connections)]

    async def work(connection: Connection) -> None:
        insert_event = await connection.prepare(_insert("event", EVENT_COLUMNS))
        insert_flow = await connection.prepare(_insert("flow", FLOW_COLUMNS))
        for event, flows in waiting:
            async with connection.transaction():
                await insert_event.fetch(*event)
                if flows:
                    await insert_flow.executemany(flows)

    try:
        began = perf_counter()
        await asyncio.gather(*map(work, opened))
        return len(rows) / (perf_counter() - began)
    finally:
        for connection in opened:
            await connection.close()

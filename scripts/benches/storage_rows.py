"""How many octets an event and a flow take on the disk, by table: rows, what is kept beside them, indexes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from scripts.benches import trade
from scripts.benches.capture_rows import post, was_captured
from scripts.benches.copies import TABLES, multiply
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Size
from scripts.benches.wire import callers

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection


@dataclass(frozen=True, slots=True)
class Work:
    """Documents captured, events of each, and how many times over their rows are there in the end."""

    documents: int
    document_events: int
    times: int


WORK: Final = {
    Size.SMALL: Work(3, 60, 2),
    Size.MEDIUM: Work(20, trade.DOCUMENT_EVENTS, 15),
    Size.LARGE: Work(20, trade.DOCUMENT_EVENTS, 50),
}
SIZES = """
SELECT pg_relation_size(oid) AS rows,
       CASE WHEN reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(reltoastrelid) END AS beside,
       pg_indexes_size(oid) AS indexes, pg_total_relation_size(oid) AS total
FROM pg_class WHERE oid = $1::regclass
"""
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_relation_size(indexrelid) AS size
FROM pg_index WHERE indrelid = $1::regclass ORDER BY size DESC
"""
UNIT: Final = "octets an event"


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of storage."""
    work = WORK[bench.size]
    async with bench.database() as dsn:
        async with bench.service(dsn) as service, callers(service.url, 1) as (caller,):
            for number in range(work.documents):
                body = trade.document(number, work.document_events)
                await was_captured(caller, post(service, "/epcis/capture", body), 202)
        await multiply(dsn, work.times)
        connection = await asyncpg.connect(dsn)
        try:
            async for row in sizes(connection):
                yield row
        finally:
            await connection.close()


async def sizes(connection: Connection) -> AsyncIterator[Row]:
    """Of each table that captures fill; of all, beside the payload alone; of a flow."""
    events = await connection.fetchval("SELECT count(*) FROM event")
    payload = await connection.fetchval("SELECT avg(octet_length(payload::text)) FROM event")
    total = 0
    for table in TABLES:
        size = await connection.fetchrow(SIZES, table)
        assert size is not None
        total += size["total"]
        more = {part: size[part] / events for part in ("rows", "beside", "indexes")}
        more |= {row["name"]: row["size"] / events for row in await connection.fetch(INDEXES, table)}
        yield Row("storage", f"{table}, {events:,} events", size["total"] / events, UNIT, more=more)
    yield Row("storage", "all tables", total / events, UNIT, "the payload alone", float(payload))
    flows = await connection.fetchval("SELECT count(*) FROM flow")
    size = await connection.fetchval("SELECT pg_total_relation_size('flow')")
    yield Row("storage", f"flow, {flows:,} flows", size / flows, "octets a flow")

"""Events that a subscriber has not been given: which there are, found in the order of their ids.

`marks` says the rule; here it is SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, any_, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY

from service.db.transaction import Transaction
from service.events.page_tokens import Horizon, Place
from service.events.query import EVENT
from service.events.query_answers import understand
from service.events.query_conditions import EventQuery
from service.events.query_parameters import Pairs
from service.events.query_store import page_statement
from service.events.store import StoredRow
from service.subscriptions.marks import Floor, Mark, Seen

HORIZON: Final = """
-- What is recorded now, and the floor. Events of a transaction that this server has not come to yet are
-- from the dump that the database was restored from; all new ones have higher ids.
WITH known AS (
    SELECT coalesce((SELECT event_id FROM recording_floor), 0) AS floor,
           pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_transaction
)
SELECT coalesce((SELECT max(id) FROM event), 0) AS highest, next_transaction,
       ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::text::bigint) AS under_way,
       greatest(floor, (SELECT max(id) FROM event
                        WHERE id > floor AND recorded_in >= next_transaction)) AS floor
FROM known
"""
RECORDED_FROM: Final = """
-- The lowest id recorded at $1 or later. OFFSET: by the index on times, not through all lower ids.
SELECT min(id) FROM (SELECT id FROM event WHERE record_time >= $1 OFFSET 0) AS since
"""
FIND_FLOOR: Final = "SELECT event_id AS id, highest, began FROM recording_floor"
FIND_PRESENT: Final = """
SELECT coalesce((SELECT max(id) FROM event), 0) AS highest,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS latest
"""
BEGUN_NOW: Final = "SELECT pg_current_xact_id()::text::bigint"
LOCK_FLOOR: Final = "SELECT pg_try_advisory_xact_lock($1)"
#: The advisory lock of whoever raises the floor ("FLOOR").
FLOOR_KEY: Final = 0x46_4C_4F_4F_52
KEEP_FLOOR: Final = """
INSERT INTO recording_floor (id, event_id, highest, began) VALUES (1, $1, $2, $3)
ON CONFLICT (id) DO UPDATE SET event_id = $1, highest = $2, began = $3
"""
#: Octets of the events of one batch, unless one alone has more.
BATCH_OCTETS: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to be given next. `last_id`: of the last one; `more`: whether others follow within the goal."""

    rows: Sequence[StoredRow]
    last_id: int | None
    more: bool


async def find_seen(tx: Transaction) -> Seen:
    """All that is recorded now."""
    row = await tx.sql.fetchrow(HORIZON)
    assert row is not None
    horizon = Horizon(row["highest"], row["next_transaction"], tuple(row["under_way"]))
    return Seen(horizon, row["floor"])


async def begin_mark(tx: Transaction, initial_record_time: datetime | None) -> Mark:
    """The mark of who wants what is recorded from now on, or what was from some time on."""
    now = await find_seen(tx)
    if initial_record_time is None:
        return Mark(now)
    first: int | None = await tx.sql.fetchval(RECORDED_FROM, initial_record_time)
    return Mark(now) if first is None else Mark(Seen(Horizon(0, 0), first - 1))


async def raise_floor(tx: Transaction) -> None:
    """Raise the floor as far as may be said now; somebody else doing so is left alone."""
    if not await tx.sql.fetchval(LOCK_FLOOR, FLOOR_KEY):
        return
    held = await tx.sql.fetchrow(FIND_FLOOR)
    floor = Floor() if held is None else Floor(**held)
    present = await tx.sql.fetchrow(FIND_PRESENT)
    assert present is not None
    if floor.id == floor.highest == present["highest"]:
        return  # nothing was recorded since: nothing is written either
    # Only after the others: the transaction's number is to be above all that could have recorded them.
    began = await tx.sql.fetchval(BEGUN_NOW)
    raised = floor.at(present["highest"], oldest=present["oldest"], latest=present["latest"], began=began)
    if raised != floor:
        await tx.sql.execute(KEEP_FLOOR, raised.id, raised.highest, raised.began)


async def find_batch(
    tx: Transaction, parameters: Pairs, mark: Mark, *, since: datetime | None, limit: int
) -> Batch:
    """The next events of a query within the mark's goal: at most `limit` and `BATCH_OCTETS`, recorded at
    `since` or later.
    """
    query = await understand(tx, parameters)
    statement = new_events(query, mark, limit + 1)
    if since is not None:
        statement = statement.where(EVENT.c.record_time >= since)
    connection = await tx.orm.connection()
    found = (await connection.execute(statement)).all()
    rows: list[StoredRow] = []
    octets = 0
    for row in found[:limit]:
        octets += len(row.payload)
        if rows and octets > BATCH_OCTETS:
            break
        rows.append(StoredRow(row.event_id, row.payload, row.record_time, row.context))
    return Batch(rows, found[len(rows) - 1].id if rows else None, len(found) > len(rows))


def new_events(query: EventQuery, mark: Mark, limit: int) -> Select[Any]:
    """The statement of one batch. Order and limits of the query are for its pages: a subscriber gets all."""
    assert mark.goal is not None
    conditions = EventQuery(query.conditions)
    place = Place("", mark.start)
    page = page_statement(conditions, horizon=mark.goal.horizon, after=place, limit=limit)
    return page.where(_beyond(mark.seen.horizon))


def _beyond(seen: Horizon) -> ColumnElement[bool]:
    new = [EVENT.c.id > seen.highest, EVENT.c.recorded_in >= seen.next_transaction]
    if seen.under_way:
        new.append(EVENT.c.recorded_in == any_(literal(list(seen.under_way), ARRAY(BigInteger))))
    return or_(*new)

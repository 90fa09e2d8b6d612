"""Queries asked of the database: a page of events, the names that events use, what prefixes mean."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Row,
    Select,
    Text,
    any_,
    cast,
    func,
    literal,
    not_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.db.transaction import Transaction
from service.errors import AnswerTooLarge
from service.events.page_tokens import Horizon, Place
from service.events.query import EVENT, EVENT_CONTEXT, UNIT, matching, sort_key
from service.events.query_conditions import ColumnIs, EventQuery, NamesClass, NamesInstance, Order
from service.events.store import StoredRow

HORIZON: Final = """
SELECT coalesce((SELECT max(id) FROM event), 0) AS highest,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_transaction,
       ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::text::bigint) AS under_way
"""
PREFIXES: Final = """
SELECT prefix, uri FROM namespace WHERE prefix = ANY($1::text[]) ORDER BY prefix, uri LIMIT $2
"""
#: A party's own events, found from its places (revision 0026): through the rows of everybody its query would
#: take longer the more others tell. NULL: nobody's, or too many.
NEXT_EVENTS: Final = "SELECT suyuan_next_events($1, $2, $3)"
FEW_EVENTS: Final = "SELECT suyuan_few_events($1)"
#: A party sees few events where they are not named more often than this.
FEW: Final = 1_000
#: Beyond all ids.
NO_END: Final = 2**63 - 1
#: Namespaces that prefixes of one query may stand for.
MAX_NAMESPACES: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one page. `last`: where the next one goes on, None where there is none."""

    rows: Sequence[StoredRow]
    last: Place | None


async def find_horizon(tx: Transaction) -> Horizon:
    """What is recorded now: in a snapshot, what all of its statements see."""
    row = await tx.sql.fetchrow(HORIZON)
    assert row is not None
    return Horizon(row["highest"], row["next_transaction"], tuple(row["under_way"]))


async def list_events(
    tx: Transaction, query: EventQuery, *, horizon: Horizon | None, after: Place | None, limit: int
) -> Page:
    """At most `limit` events of the query, after a place in its order and within a horizon."""
    statement = page_statement(query, horizon=horizon, after=after, limit=limit + 1)
    if query.conditions or query.order is not None:
        found = await _fetch(tx, statement, None if _names_things(query) else await _few_events(tx))
    else:
        highest, beyond = horizon.highest if horizon else NO_END, after.id if after else 0
        found = await _fetch_in_turn(tx, statement, beyond=beyond, highest=highest, limit=limit + 1)
    rows = [StoredRow(row.event_id, row.payload, row.record_time, row.context) for row in found[:limit]]
    more = len(found) > limit
    return Page(rows, Place(_key(query.order, found[limit - 1]), found[limit - 1].id) if more else None)


async def _fetch(tx: Transaction, statement: Select[Any], own: Sequence[int] | None) -> Sequence[Row[Any]]:
    """The rows of a statement; of these events alone, unless None."""
    connection = await tx.orm.connection()
    result = await connection.execute(statement if own is None else _among(statement, own))
    found: Sequence[Row[Any]] = result.all()
    return found


async def _fetch_in_turn(
    tx: Transaction, statement: Select[Any], *, beyond: int, highest: int, limit: int
) -> Sequence[Row[Any]]:
    """The rows of the statement of every event, as recorded: a party's own are found first."""
    found: list[Row[Any]] = []
    while True:
        own = await tx.sql.fetchval(NEXT_EVENTS, beyond, highest, limit)
        if own is None:
            return await _fetch(tx, statement, None)
        found.extend(await _fetch(tx, statement, own))
        # What was recorded beyond the horizon is left out of the rows.
        if len(own) < limit or len(found) >= limit:
            return found[:limit]
        beyond = own[-1]


async def _few_events(tx: Transaction) -> Sequence[int] | None:
    """The events that a party sees, where they are few."""
    found: Sequence[int] | None = await tx.sql.fetchval(FEW_EVENTS, FEW)
    return found


def _among(statement: Select[Any], own: Sequence[int]) -> Select[Any]:
    return statement.where(EVENT.c.id == any_(literal(list(own), ARRAY(BigInteger))))


def _names_things(query: EventQuery) -> bool:
    """Whether an index finds the few events of the query, whoever told them."""
    return any(
        isinstance(each, NamesInstance | NamesClass)
        or (isinstance(each, ColumnIs) and each.column == "event_id")
        for each in query.conditions
    )


def page_statement(
    query: EventQuery, *, horizon: Horizon | None, after: Place | None, limit: int
) -> Select[Any]:
    """The statement of one page."""
    statement = (
        select(
            EVENT.c.id,
            EVENT.c.event_id,
            cast(EVENT.c.payload, Text).label("payload"),
            EVENT.c.record_time,
            cast(EVENT_CONTEXT.c.context, Text).label("context"),
        )
        .join(EVENT_CONTEXT, EVENT_CONTEXT.c.id == EVENT.c.context_id)
        .where(*matching(query))
        .limit(limit)
    )
    if horizon is not None:
        statement = statement.where(EVENT.c.id <= horizon.highest, _recorded_within(horizon))
    if query.order is None:
        if after is not None:
            statement = statement.where(EVENT.c.id > after.id)
        return statement.order_by(EVENT.c.id)
    return _ordered(statement, query.order, after)


def _recorded_within(horizon: Horizon) -> ColumnElement[bool]:
    recorded = EVENT.c.recorded_in < horizon.next_transaction
    if horizon.under_way:
        later = any_(literal(list(horizon.under_way), ARRAY(BigInteger)))
        recorded &= not_(EVENT.c.recorded_in == later)
    # In a database restored from a dump, events carry the numbers of transactions of another server. What
    # this server has not come to yet cannot be new.
    restored = EVENT.c.recorded_in >= cast(
        cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger
    )
    return recorded | restored


def _ordered(statement: Select[Any], order: Order, after: Place | None) -> Select[Any]:
    key = sort_key(order)
    assert key is not None
    statement = statement.add_columns((key if order.column else cast(key, Text)).label("key"))
    here = tuple_(key, EVENT.c.id)
    if after is not None:
        place = tuple_(_as_key(order, after.key), literal(after.id, BigInteger))
        statement = statement.where(here > place if order.ascending else here < place)
    if order.ascending:
        return statement.order_by(key, EVENT.c.id)
    return statement.order_by(key.desc(), EVENT.c.id.desc())


def _key(order: Order | None, row: Any) -> str:
    """What a row is ordered by, as a token carries it."""
    if order is None:
        return ""
    return str(row.key.isoformat()) if order.column else str(row.key)


def _as_key(order: Order, key: str) -> ColumnElement[Any]:
    if order.column:
        return literal(datetime.fromisoformat(key), DateTime(timezone=True))
    return cast(literal(key, Text), JSONB)


async def check_count(tx: Transaction, query: EventQuery) -> None:
    """Raises `AnswerTooLarge` where more events match than the query's `maxEventCount`."""
    if query.most is None:
        return
    events = select(literal(1)).select_from(EVENT).where(*matching(query)).limit(query.most + 1)
    own = None if _names_things(query) else await _few_events(tx)
    some = (events if own is None else _among(events, own)).subquery()
    connection = await tx.orm.connection()
    count = (await connection.execute(select(func.count()).select_from(some))).scalar_one()
    if count > query.most:
        raise AnswerTooLarge(
            f"More than {query.most} events match, which is the query's maxEventCount.",
            f"匹配的事件超过 maxEventCount 指定的 {query.most} 个。",
        )


async def find_prefixes(tx: Transaction, prefixes: Collection[str]) -> dict[str, list[str]]:
    """What these prefixes mean in the documents captured: every namespace of each."""
    told: dict[str, list[str]] = {}
    if prefixes:
        for row in await tx.sql.fetch(PREFIXES, sorted(prefixes), MAX_NAMESPACES):
            told.setdefault(row["prefix"], []).append(row["uri"])
    return told


async def list_names(tx: Transaction, column: str, *, after: str, limit: int) -> list[str]:
    """The different values of a column of `event`, in order, after one; `unit`: the URIs of instances."""
    statement = names_statement(column, after, limit)
    own = None if column == "unit" else await _few_events(tx)
    if own is not None:
        held = EVENT.c[column]
        statement = _among(select(held).distinct(), own).where(held > after).order_by(held).limit(limit)
    connection = await tx.orm.connection()
    return list((await connection.execute(statement)).scalars())


def names_statement(column: str, after: str, limit: int) -> Select[Any]:
    """Goes from each value to the next by the column's index, however many events have it."""
    if column == "unit":
        return select(UNIT.c.uri).where(UNIT.c.uri > after).order_by(UNIT.c.uri).limit(limit)
    held = EVENT.c[column]
    first = select(held.label("value")).where(held > after).order_by(held).limit(1).subquery()
    names = select(first.c.value).cte("names", recursive=True)
    next_name = select(held).where(held > names.c.value).order_by(held).limit(1).scalar_subquery()
    names = names.union_all(select(next_name).where(names.c.value.is_not(None)))
    return select(names.c.value).where(names.c.value.is_not(None)).limit(limit)


async def has_name(tx: Transaction, column: str, name: str) -> bool:
    """Whether some event has this value in a column; `unit`: whether it names this instance."""
    if column == "unit":
        return bool(await _fetch(tx, select(literal(1)).where(UNIT.c.uri == name).limit(1), None))
    statement = select(literal(1)).where(EVENT.c[column] == name).limit(1)
    return bool(await _fetch(tx, statement, await _few_events(tx)))

"""Queries are named and subscribed to: the order of steps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from service.audit.shown import shows
from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import BadQuery, BadSubscription, Conflict, Fault, NoSuchName, QueryTooComplex
from service.events.page_tokens import LIFETIME, Horizon, Place, write_mark
from service.events.page_tokens import Mark as PageMark
from service.events.query_answers import HEADER, read_extensions, understand
from service.events.query_parameters import Pairs
from service.settings import Settings
from service.subscriptions import query_store, store
from service.subscriptions.controls import format_of_deliveries, read_subscription
from service.subscriptions.definition import PREDEFINED, in_body, read_definition, refused
from service.subscriptions.news import begin_mark
from service.subscriptions.query_store import Named
from service.subscriptions.schedule import read_schedule

#: Characters of a page token that goes on with a named query: it must fit into a URL with room to spare.
MAX_TOKEN: Final = 24 * 1024
#: Subscriptions of the operators' queries together; of one party's, and its queries.
MAX_SUBSCRIPTIONS: Final = 10_000
MAX_OF_PARTY: Final = 100


async def name_query(
    tx: Transaction, caller: Caller, body: Mapping[str, Any], extensions: str, now: datetime
) -> str:
    """Keep the query of a body for the caller's party; its name. `extensions`: the request's header
    GS1-Extensions.

    Raises `BadNamedQuery`, `QueryTooComplex`, and `Conflict` where the name is taken.
    """
    definition = read_definition(body)
    headers = [_header(prefix, uri) for prefix, uri in definition.prefixes.items()]
    pairs: list[tuple[str, str]] = [*definition.parameters]
    if headers or extensions:
        pairs.append((HEADER, ", ".join([extensions, *headers] if extensions else headers)))
    try:
        await understand(tx, pairs)
    except BadQuery as bad:
        raise refused([in_body(fault) for fault in bad.faults]) from bad
    page = PageMark(tuple(pairs), Horizon(1, 1), Place("", 1), None, now + LIFETIME)
    if len(write_mark(page).text) > MAX_TOKEN:
        raise QueryTooComplex(
            "The query has more text than fits into a page token; name several queries.",
            "查询内容过多，无法放入分页标记，请拆分为多个查询。",
        )
    party = caller.party_id
    if party is not None and await query_store.count_queries(tx, party) >= MAX_OF_PARTY:
        raise Conflict(
            f"There are {MAX_OF_PARTY} queries of yours, and no more are taken; delete some.",
            f"您的命名查询已达 {MAX_OF_PARTY} 个上限，请先删除不用的查询。",
        )
    if definition.name in PREDEFINED or await query_store.find_query(tx, party, definition.name) is not None:
        raise Conflict(
            f"A query with the name {definition.name} is here already; delete it, or take another name.",
            f"已存在名称为 {definition.name} 的查询；请先删除或另取名称。",
        )
    await query_store.insert_query(tx, party, definition.name, dict(definition.query), pairs, now)
    return definition.name


def _header(prefix: str, uri: str) -> str:
    """A prefix as GS1-Extensions would define it."""
    header = f"{prefix}={uri}"
    try:
        if read_extensions(header) == {prefix: [uri]}:
            return header
    except BadQuery:
        pass
    raise refused(
        [
            Fault(
                "/query/@context",
                header,
                "A prefix without = and : and its namespace are wanted: https://example.com/epcis/.",
                "应为不含 = 和 : 的前缀及其命名空间，例如 https://example.com/epcis/。",
            )
        ]
    )


def holder_of(caller: Caller, name: str, party: int | None) -> int | None:
    """The party whose query is meant: the caller's, or the one that an operator says. Raises `NoSuchName`
    where somebody else says another.
    """
    if party is None or party == caller.party_id:
        return caller.party_id
    if caller.sees_everything:
        shows("party", [party])
        return party
    raise no_such_query(name)


async def fetch_query(tx: Transaction, party: int | None, name: str) -> Named:
    """The party's query of this name. Raises `NoSuchName`."""
    found = await query_store.find_query(tx, party, name.replace("\0", ""))
    if found is None:
        raise no_such_query(name)
    return found


def no_such_query(name: str) -> NoSuchName:
    """The refusal of a name that no query has."""
    return NoSuchName(f"No query has the name {name[:200]}.", f"没有名称为 {name[:200]} 的查询。")


def no_such_subscription(name: str, subscription_id: str) -> NoSuchName:
    """The refusal of an id that no subscription of the query has."""
    return NoSuchName(
        f"The query {name[:200]} has no subscription {subscription_id[:200]}.",
        f"查询 {name[:200]} 没有订阅 {subscription_id[:200]}。",
    )


def query_location(name: str) -> str:
    """Where a named query is found."""
    return f"/epcis/queries/{quote(name, safe='')}"


async def subscribe(
    tx: Transaction,
    caller: Caller,
    name: str,
    body: Mapping[str, Any],
    *,
    epc_format: str | None,
    settings: Settings,
    now: datetime,
) -> str:
    """Subscribe to a query of the caller's party; the subscription's id.

    Raises `NoSuchName`, `BadSubscription` with a fault for each thing that is not right, `Conflict`.
    """
    party = caller.party_id
    query_id = await query_store.lock_query(tx, party, name.replace("\0", ""))
    if query_id is None:
        raise no_such_query(name)
    private = settings.delivery_private if party is None else settings.delivery_private_parties
    told = read_subscription(body, private=private)
    most = MAX_SUBSCRIPTIONS if party is None else MAX_OF_PARTY
    if await store.count_subscriptions(tx, party) >= most:
        raise Conflict(
            f"There are {most} subscriptions, and no more are taken; end some.",
            f"订阅已达 {most} 个上限，请先删除不用的订阅。",
        )
    schedule = told["schedule"]
    first = None if schedule is None else read_schedule(schedule, "/schedule/").next_after(now)
    if schedule is not None and first is None:
        raise BadSubscription.field(
            "/schedule", str(schedule)[:200], "No moment ever fits this schedule.", "没有任何时刻符合该调度。"
        )
    subscription_id = str(uuid4())
    new = store.New(
        subscription_id=subscription_id,
        query_id=query_id,
        **told,
        epc_format=format_of_deliveries(epc_format).value,
        created_at=now,
        mark=await begin_mark(tx, told["initial_record_time"]),
        next_run_at=first,
        batch_limit=settings.delivery_max_events,
        key_id=_row_of(caller, "key"),
        member_id=_row_of(caller, "member"),
    )
    await store.insert_subscription(tx, new)
    return subscription_id


def _row_of(caller: Caller, kind: str) -> int | None:
    """The row of the caller's key, or of the member that it is; None where it is the other."""
    told, _, row = caller.key.partition(":")
    return int(row) if told == kind else None


def check_apart(fixed: Pairs, given: Pairs) -> None:
    """Parameters of a URL narrow a named query: what the query itself says stays. Raises `BadQuery`."""
    said = {name for name, _ in fixed}
    for name, value in given:
        if name in said:
            raise BadQuery.field(
                name,
                value,
                "the named query says this itself; leave it out, or ask by /epcis/events.",
                "该参数已由命名查询规定；请去掉，或使用 /epcis/events。",
            )

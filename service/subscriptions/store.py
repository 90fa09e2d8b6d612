"""Subscriptions in their table, as subscribers and their keepers see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from service.db.transaction import Transaction
from service.subscriptions.marks import Mark

INSERT: Final = """
INSERT INTO subscription (subscription_id, query_id, dest, signature_token, report_if_empty,
                          initial_record_time, schedule, epc_format, created_at, mark, seen_highest,
                          unsettled, next_run_at, batch_limit)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
COUNT: Final = "SELECT count(*) FROM subscription"
SHOWN: Final = """
SELECT subscription.id, subscription_id, name AS query_name, dest, report_if_empty, initial_record_time,
       schedule, epc_format, subscription.created_at, next_run_at, retry_at, failures, last_error,
       last_error_at, last_notified_at, deliveries
FROM subscription JOIN named_query ON named_query.id = query_id
"""
FIND: Final = SHOWN + "WHERE name = $1 AND subscription_id = $2"
LIST: Final = SHOWN + "WHERE name = $1 AND subscription.id > $2 ORDER BY subscription.id LIMIT $3"
DELETE: Final = """
DELETE FROM subscription USING named_query
WHERE named_query.id = query_id AND name = $1 AND subscription_id = $2
RETURNING subscription.id
"""


@dataclass(frozen=True, slots=True)
class New:
    """What a subscription begins with. `schedule`: as given, None for a stream."""

    subscription_id: str
    query_id: int
    dest: str
    signature_token: str | None
    report_if_empty: bool
    initial_record_time: datetime | None
    schedule: dict[str, Any] | None
    epc_format: str
    created_at: datetime
    mark: Mark
    next_run_at: datetime | None
    batch_limit: int


async def insert_subscription(tx: Transaction, new: New) -> None:
    """Begin a subscription."""
    await tx.sql.execute(
        INSERT,
        new.subscription_id,
        new.query_id,
        new.dest,
        new.signature_token,
        new.report_if_empty,
        new.initial_record_time,
        None if new.schedule is None else msgspec.json.encode(new.schedule).decode(),
        new.epc_format,
        new.created_at,
        msgspec.json.encode(new.mark).decode(),
        new.mark.seen.horizon.highest,
        new.mark.unsettled,
        new.next_run_at,
        new.batch_limit,
    )


async def count_subscriptions(tx: Transaction) -> int:
    """How many there are, of all queries."""
    count: int = await tx.sql.fetchval(COUNT)
    return count


async def find_subscription(tx: Transaction, query_name: str, subscription_id: str) -> dict[str, Any] | None:
    """One subscription of a query, without its secret."""
    row = await tx.sql.fetchrow(FIND, query_name, subscription_id)
    return None if row is None else dict(row)


async def list_subscriptions(
    tx: Transaction, query_name: str, *, after: int, limit: int
) -> Sequence[dict[str, Any]]:
    """The subscriptions of a query in the order of their making."""
    return [dict(row) for row in await tx.sql.fetch(LIST, query_name, after, limit)]


async def delete_subscription(tx: Transaction, query_name: str, subscription_id: str) -> bool:
    """End one; False where there is none. Whoever is delivering finds it gone before the next post."""
    return await tx.sql.fetchval(DELETE, query_name, subscription_id) is not None

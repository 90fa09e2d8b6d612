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
                          unsettled, next_run_at, batch_limit, key_id, member_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
COUNT: Final = """
SELECT count(*) FROM subscription JOIN named_query ON named_query.id = query_id
WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0)
"""
SHOWN: Final = """
SELECT subscription.id, subscription_id, name AS query_name, dest, report_if_empty, initial_record_time,
       schedule, epc_format, subscription.created_at, next_run_at, retry_at, failures, last_error,
       last_error_at, last_notified_at, deliveries, ended_at
FROM subscription JOIN named_query ON named_query.id = query_id
"""
OF_QUERY: Final = "WHERE coalesce(party_id, 0) = coalesce($1::bigint, 0) AND name = $2 "
FIND: Final = SHOWN + OF_QUERY + "AND subscription_id = $3"
LIST: Final = SHOWN + OF_QUERY + "AND subscription.id > $3 ORDER BY subscription.id LIMIT $4"
DELETE: Final = """
DELETE FROM subscription USING named_query
WHERE named_query.id = query_id AND coalesce(party_id, 0) = coalesce($1::bigint, 0) AND name = $2
  AND subscription_id = $3
RETURNING subscription.id
"""


@dataclass(frozen=True, slots=True)
class New:
    """What a subscription begins with. `schedule`: as given, None for a stream. `key_id`, `member_id`: who
    subscribes, one of the two.
    """

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
    key_id: int | None
    member_id: int | None


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
        new.key_id,
        new.member_id,
    )


async def count_subscriptions(tx: Transaction, party: int | None) -> int:
    """How many there are of all queries of a party (None: of the operators)."""
    count: int = await tx.sql.fetchval(COUNT, party)
    return count


async def find_subscription(
    tx: Transaction, party: int | None, query_name: str, subscription_id: str
) -> dict[str, Any] | None:
    """One subscription of a party's query, without its secret."""
    row = await tx.sql.fetchrow(FIND, party, query_name, subscription_id)
    return None if row is None else dict(row)


async def list_subscriptions(
    tx: Transaction, party: int | None, query_name: str, *, after: int, limit: int
) -> Sequence[dict[str, Any]]:
    """The subscriptions of a party's query in the order of their making."""
    return [dict(row) for row in await tx.sql.fetch(LIST, party, query_name, after, limit)]


async def delete_subscription(
    tx: Transaction, party: int | None, query_name: str, subscription_id: str
) -> bool:
    """End one; False where there is none. Whoever is delivering finds it gone before the next post."""
    return await tx.sql.fetchval(DELETE, party, query_name, subscription_id) is not None

"""Whose turn it is to deliver to a subscriber, and what was delivered; also, which subscribers are due.

A delivery may take longer than a transaction should last, so no row lock is held: whoever delivers takes a
turn by a number of its own and a lease by the database's clock. A process that dies lets the lease run out;
one that ends later than any can was given before that clock was set back.
All that is written afterwards is written only while the turn is still one's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from service.db.transaction import Transaction
from service.events.query_parameters import Pairs
from service.jobs.duties import LEASE_MOST
from service.subscriptions.marks import Mark

#: Subscriptions for which jobs are made at once.
MOST_DUE: Final = 10_000
# A schedule is due at its time, a stream when something may be new, either when a retry or a goal is open.
# What is being delivered is due only if it is a stream: something may have come too late for that turn.
DUE: Final = """
SELECT id, turn FROM subscription
WHERE ended_at IS NULL AND (schedule IS NULL OR leased_until IS NULL
                            OR NOT leased_until BETWEEN clock_timestamp() AND clock_timestamp() + $3)
  AND CASE WHEN retry_at IS NOT NULL THEN retry_at <= $1
      ELSE mark -> 'goal' <> 'null' OR next_run_at <= $1
           OR schedule IS NULL AND (unsettled OR seen_highest < (SELECT coalesce(max(id), 0) FROM event))
      END
ORDER BY coalesce(retry_at, next_run_at, last_notified_at, created_at), id
LIMIT $2
"""
NEXT_TIME: Final = "SELECT min(coalesce(retry_at, next_run_at)) FROM subscription WHERE ended_at IS NULL"
TAKE: Final = """
UPDATE subscription SET turn = turn + 1, leased_until = clock_timestamp() + $2
FROM named_query
WHERE subscription.id = $1 AND named_query.id = query_id AND ended_at IS NULL
  AND (leased_until IS NULL
       OR NOT leased_until BETWEEN clock_timestamp() AND clock_timestamp() + $3)
RETURNING subscription.id, subscription_id, name, parameters, dest, signature_token, report_if_empty,
          initial_record_time, schedule, epc_format, mark, next_run_at, retry_at, failures, deliveries,
          batch_limit, turn, named_query.party_id, key_id, member_id
"""
IS_HERE: Final = "SELECT EXISTS (SELECT FROM subscription WHERE id = $1 AND ended_at IS NULL)"
SET_OUT: Final = """
UPDATE subscription SET mark = $3, unsettled = true, next_run_at = $4 WHERE id = $1 AND turn = $2
"""
KEEP_LEASE: Final = """
UPDATE subscription SET leased_until = clock_timestamp() + $3 WHERE id = $1 AND turn = $2 RETURNING id
"""
# The mark and the acknowledgement in one row and one statement: either both are kept or neither.
ACKNOWLEDGE: Final = """
UPDATE subscription
SET mark = $3, seen_highest = $4, unsettled = $5, last_notified_at = $6, deliveries = deliveries + 1,
    failures = 0, retry_at = NULL, last_error = NULL, last_error_at = NULL
WHERE id = $1 AND turn = $2 RETURNING id
"""
REACH: Final = """
UPDATE subscription
SET mark = $3, seen_highest = $4, unsettled = $5, failures = 0, retry_at = NULL
WHERE id = $1 AND turn = $2
"""
FAIL: Final = """
UPDATE subscription
SET failures = failures + 1, retry_at = $3, last_error = $4, last_error_at = $5, batch_limit = $6
WHERE id = $1 AND turn = $2
"""
END: Final = """
UPDATE subscription
SET ended_at = $3, failures = 0, retry_at = NULL, last_error = $4, last_error_at = $3
WHERE id = $1 AND turn = $2
"""
RELEASE: Final = "UPDATE subscription SET leased_until = NULL WHERE id = $1 AND turn = $2"


@dataclass(slots=True)
class Turn:
    """A subscription whose turn to deliver is ours. `schedule`: as given, None for a stream. `party_id`:
    whose it is, None the operators'; `key_id`, `member_id`: who subscribed.
    """

    id: int
    number: int
    subscription_id: str
    query_name: str
    parameters: Pairs
    dest: str
    signature_token: str | None
    report_if_empty: bool
    initial_record_time: datetime | None
    schedule: dict[str, Any] | None
    epc_format: str
    mark: Mark
    next_run_at: datetime | None
    retry_at: datetime | None
    failures: int
    deliveries: int
    batch_limit: int
    party_id: int | None
    key_id: int | None
    member_id: int | None


async def list_due(tx: Transaction, now: datetime) -> Sequence[tuple[int, int]]:
    """Subscriptions that may have something to deliver, each with the number of its last turn."""
    return [(row["id"], row["turn"]) for row in await tx.sql.fetch(DUE, now, MOST_DUE, LEASE_MOST)]


async def find_next_time(tx: Transaction) -> datetime | None:
    """When the next schedule or retry comes round."""
    found: datetime | None = await tx.sql.fetchval(NEXT_TIME)
    return found


async def take_turn(tx: Transaction, row_id: int, lease: timedelta) -> Turn | None:
    """Take the turn; None where somebody else has it, or the subscription is gone."""
    row = await tx.sql.fetchrow(TAKE, row_id, lease, LEASE_MOST)
    if row is None:
        return None
    return Turn(
        row["id"],
        row["turn"],
        row["subscription_id"],
        row["name"],
        tuple((name, value) for name, value in row["parameters"]),
        row["dest"],
        row["signature_token"],
        row["report_if_empty"],
        row["initial_record_time"],
        row["schedule"],
        row["epc_format"],
        msgspec.convert(row["mark"], Mark),
        row["next_run_at"],
        row["retry_at"],
        row["failures"],
        row["deliveries"],
        row["batch_limit"],
        row["party_id"],
        row["key_id"],
        row["member_id"],
    )


async def is_here(tx: Transaction, row_id: int) -> bool:
    """Whether there is still such a subscription, to be delivered to."""
    found: bool = await tx.sql.fetchval(IS_HERE, row_id)
    return found


async def set_out(tx: Transaction, turn: Turn) -> None:
    """Keep the goal of a turn, and when its schedule comes round next."""
    await tx.sql.execute(SET_OUT, turn.id, turn.number, _text(turn.mark), turn.next_run_at)


async def keep_lease(tx: Transaction, turn: Turn, lease: timedelta) -> bool:
    """Hold the turn longer; False where it is not ours any more."""
    return await tx.sql.fetchval(KEEP_LEASE, turn.id, turn.number, lease) is not None


async def acknowledge(tx: Transaction, turn: Turn, mark: Mark, now: datetime) -> bool:
    """Keep that a post was answered well; False where the turn is not ours any more."""
    seen = mark.seen.horizon.highest
    kept = await tx.sql.fetchval(ACKNOWLEDGE, turn.id, turn.number, _text(mark), seen, mark.unsettled, now)
    return kept is not None


async def reach(tx: Transaction, turn: Turn, mark: Mark) -> None:
    """Keep that a goal was reached without a post."""
    await tx.sql.execute(REACH, turn.id, turn.number, _text(mark), mark.seen.horizon.highest, mark.unsettled)


async def fail(
    tx: Transaction, turn: Turn, error: str, *, now: datetime, retry_at: datetime, batch_limit: int
) -> None:
    """Keep that a post failed."""
    await tx.sql.execute(FAIL, turn.id, turn.number, retry_at, error, now, batch_limit)


async def end(tx: Transaction, turn: Turn, reason: str, now: datetime) -> None:
    """Deliver nothing more: who subscribed may not be given events any more."""
    await tx.sql.execute(END, turn.id, turn.number, now, reason)


async def release(tx: Transaction, turn: Turn) -> None:
    """Let others have the next turn."""
    await tx.sql.execute(RELEASE, turn.id, turn.number)


def _text(mark: Mark) -> str:
    return msgspec.json.encode(mark).decode()

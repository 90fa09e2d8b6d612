"""Deliveries of notices: who is due, the intention before a sending, the outcome after it.

A delivery is `waiting`, then `sending`: whoever sends writes that first, with a number (`turn`) and a lease
by the database's clock, and commits it. The outcome is written only while the turn is theirs. A process that
dies in between leaves `sending` behind; when its lease has run out another one takes the turn and knows that
nobody knows whether it was sent: it marks the delivery `possibly_twice` and sends it under the same key.

Clocks may be set, and differ. What was never tried waits for no clock. A lease that ends later than any can
was given before the database's clock was set back, and holds nobody up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from service.db.transaction import Transaction
from service.jobs.duties import LEASE_MOST
from service.notices.channel_addresses import Kind, Language

#: Deliveries for which jobs are made at once: the queue stays short, and whoever comes later sees its end.
MOST_DUE: Final = 200
DUE: Final = """
SELECT id, turn FROM notice_delivery
WHERE (state = 'waiting' AND (next_at <= $1 OR attempts = 0)
       OR state = 'sending' AND NOT leased_until BETWEEN clock_timestamp() AND clock_timestamp() + $4)
  AND ($2 OR kind <> 'email')
ORDER BY next_at, id LIMIT $3
"""
NEXT_TIME: Final = """
SELECT min(next_at) FROM notice_delivery WHERE state = 'waiting' AND ($1 OR kind <> 'email')
"""
TAKE: Final = """
UPDATE notice_delivery
SET state = 'sending', turn = turn + 1, attempts = attempts + 1, leased_until = clock_timestamp() + $2,
    possibly_twice = possibly_twice OR state = 'sending'
WHERE id = $1
  AND (state = 'waiting' AND (next_at <= $3 OR attempts = 0)
       OR state = 'sending' AND NOT leased_until BETWEEN clock_timestamp() AND clock_timestamp() + $4)
RETURNING id, turn, attempts, notice_id, channel_id, kind, address, language, key, possibly_twice
"""
IS_BUSY: Final = """
SELECT EXISTS (SELECT FROM notice_delivery WHERE id = $1 AND state = 'sending'
               AND leased_until BETWEEN clock_timestamp() AND clock_timestamp() + $2)
"""
FIND_CONTENT: Final = """
SELECT notice.kind, notice.content, notice.created_at, channel.address, channel.secret,
       channel.removed_at IS NOT NULL AS removed,
       coalesce(party.name_zh, party.name_en, contact.name, '') AS name_zh,
       coalesce(party.name_en, party.name_zh, contact.name, '') AS name_en
FROM notice
JOIN recall_recipient AS recipient ON recipient.id = notice.recipient_id
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN party_channel AS channel ON channel.id = $2
WHERE notice.id = $1
"""
SENT: Final = """
UPDATE notice_delivery SET state = 'sent', sent_at = $3, last_error = NULL, last_error_at = NULL,
    leased_until = NULL
WHERE id = $1 AND turn = $2 AND state = 'sending' RETURNING id
"""
PUT_OFF: Final = """
UPDATE notice_delivery SET state = $3, next_at = $4, last_error = $5, last_error_at = $6, leased_until = NULL,
    possibly_twice = possibly_twice OR $7
WHERE id = $1 AND turn = $2 AND state = 'sending'
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A delivery that is ours to send. `key`: what it is known by to whoever receives it."""

    id: int
    turn: int
    attempts: int
    notice_id: int
    channel_id: int | None
    kind: Kind
    address: str
    language: Language
    key: str
    possibly_twice: bool


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a delivery is made of. `address`, `secret`: of its channel, where it has one."""

    kind: str
    content: dict[str, Any]
    created_at: datetime
    address: str | None
    secret: str | None
    removed: bool
    name_zh: str
    name_en: str


async def list_due(tx: Transaction, now: datetime, *, mail: bool) -> Sequence[tuple[int, int]]:
    """Deliveries that are due, each with the number of its last turn. `mail`: whether e-mail can be sent."""
    return [(row["id"], row["turn"]) for row in await tx.sql.fetch(DUE, now, mail, MOST_DUE, LEASE_MOST)]


async def find_next_time(tx: Transaction, *, mail: bool) -> datetime | None:
    """When the next delivery is to be tried."""
    found: datetime | None = await tx.sql.fetchval(NEXT_TIME, mail)
    return found


async def take(tx: Transaction, row: int, lease: timedelta, now: datetime) -> Turn | None:
    """Write the intention to send; None where it is not to be sent now, or somebody else is at it."""
    found = await tx.sql.fetchrow(TAKE, row, lease, now, LEASE_MOST)
    return None if found is None else Turn(**found)


async def is_busy(tx: Transaction, row: int) -> bool:
    """Whether somebody else is sending it."""
    busy: bool = await tx.sql.fetchval(IS_BUSY, row, LEASE_MOST)
    return busy


async def find_sendable(tx: Transaction, turn: Turn) -> Sendable:
    """What is to be sent."""
    row = await tx.sql.fetchrow(FIND_CONTENT, turn.notice_id, turn.channel_id)
    assert row is not None
    return Sendable(**row)


async def keep_sent(tx: Transaction, turn: Turn, now: datetime) -> bool:
    """It was taken; False where the turn was not ours any more."""
    return await tx.sql.fetchval(SENT, turn.id, turn.turn, now) is not None


async def put_off(
    tx: Transaction, turn: Turn, state: str, reason: str, *, now: datetime, next_at: datetime, in_doubt: bool
) -> None:
    """It was not taken: `state` is waiting, failed or cancelled. `in_doubt`: perhaps it was."""
    await tx.sql.execute(PUT_OFF, turn.id, turn.turn, state, next_at, reason, now, in_doubt)

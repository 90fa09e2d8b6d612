"""Channels of parties in their table."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import asyncpg

from service.db.statements import statement
from service.db.transaction import Transaction
from service.notices.channel_addresses import Channel, Kind, Language, default_channels

#: Channels of one party.
CHANNELS_MOST: Final = 20
LOCK_PARTY: Final = "SELECT id FROM party WHERE id = $1 FOR NO KEY UPDATE"
COUNT: Final = "SELECT count(*) FROM party_channel WHERE party_id = $1 AND removed_at IS NULL"
INSERT: Final = """
INSERT INTO party_channel (party_id, kind, address, shown, secret, language, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, party_id, kind, shown, language, secret IS NOT NULL AS signed, created_at, created_by
"""
LIST: Final = """
SELECT id, party_id, kind, shown, language, secret IS NOT NULL AS signed, created_at, created_by
FROM party_channel WHERE party_id = $1 AND removed_at IS NULL ORDER BY id
"""
SAME: Final = """
SELECT id FROM party_channel WHERE party_id = $1 AND kind = $2 AND address = $3 AND removed_at IS NULL
"""
REMOVE: Final = """
UPDATE party_channel SET removed_at = $3, secret = NULL
WHERE party_id = $1 AND id = $2 AND removed_at IS NULL RETURNING id
"""
#: What waits to be sent by a channel that is gone will not be.
CANCEL: Final = """
UPDATE notice_delivery SET state = 'cancelled', last_error = 'the channel was removed', last_error_at = $2
WHERE channel_id = $1 AND state = 'waiting'
"""


async def lock_party(tx: Transaction, party_id: int) -> bool:
    """Whether there is such a party; no channel of it is added meanwhile."""
    return await tx.sql.fetchval(LOCK_PARTY, party_id) is not None


async def count_channels(tx: Transaction, party_id: int) -> int:
    """How many channels of its own a party has."""
    found: int = await tx.sql.fetchval(COUNT, party_id)
    return found


async def find_same(tx: Transaction, party_id: int, kind: Kind, address: str) -> int | None:
    """The party's channel of this address."""
    found: int | None = await tx.sql.fetchval(SAME, party_id, kind, address)
    return found


async def insert_channel(
    tx: Transaction,
    party_id: int,
    channel: Channel,
    secret: str | None,
    *,
    now: datetime,
    by: str,
) -> asyncpg.Record:
    """Add a channel; the row as it may be shown."""
    row = await tx.sql.fetchrow(
        INSERT, party_id, channel.kind, channel.address, channel.shown, secret, channel.language, now, by
    )
    assert row is not None
    return row


async def list_channels(tx: Transaction, party_id: int) -> list[dict[str, Any]]:
    """A party's own channels, as they may be shown."""
    return [dict(row) for row in await tx.sql.fetch(LIST, party_id)]


async def remove_channel(tx: Transaction, party_id: int, channel_id: int, now: datetime) -> bool:
    """Use a channel no more; False where the party has none of this id."""
    if await tx.sql.fetchval(REMOVE, party_id, channel_id, now) is None:
        return False
    await tx.sql.execute(CANCEL, channel_id, now)
    return True


async def find_channels(tx: Transaction, party_ids: Collection[int]) -> dict[int, list[Channel]]:
    """How each of these parties is told: by its own channels, else by what the registry names. A party that
    cannot be told has an empty list.
    """
    rows = await tx.sql.fetch(statement("service.notices", "party_channels"), sorted(party_ids))
    return {
        row["id"]: [_channel(own) for own in row["channels"]] or default_channels(dict(row)) for row in rows
    }


def _channel(own: dict[str, Any]) -> Channel:
    kind: Kind = own["kind"]
    language: Language = own["language"]
    return Channel(own["id"], kind, own["address"], own["shown"], language)

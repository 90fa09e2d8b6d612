"""Recipients, notices and deliveries as they are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.notices.cases import Case
from service.notices.channel_addresses import Channel
from service.notices.channel_store import find_channels
from service.trace.graph import Node

ADD: Final = """
INSERT INTO recall_recipient (recall_id, party_id, contact_id, site_id, role, created_at)
SELECT $1, party_id, contact_id, site_id, $2, $3
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[]) AS told (party_id, contact_id, site_id)
ON CONFLICT DO NOTHING
"""
#: Their rows stay locked until the transaction ends, so that the notices of one recipient are numbered
#: without gaps; always in the order of their ids, so that no two wait for each other.
LOCK: Final = """
SELECT id, party_id, contact_id, site_id,
       (SELECT count(*) FROM notice WHERE recipient_id = recipient.id AND kind IN ('first', 'widened'))
           AS notices
FROM recall_recipient AS recipient
WHERE recall_id = $1
  AND (party_id = ANY($2::bigint[]) OR contact_id = ANY($3::bigint[]) OR site_id = ANY($4::bigint[]))
ORDER BY id FOR NO KEY UPDATE
"""
#: Whoever is told of goods holds them, whatever else they are to the case.
ASK: Final = """
UPDATE recall_recipient
SET answer_by = $2, remind_at = $3, answered_at = NULL,
    role = CASE WHEN role = 'buyer' THEN role ELSE 'holder' END
WHERE id = ANY($1::bigint[])
"""
INSERT_NOTICES: Final = """
INSERT INTO notice (recall_id, recipient_id, kind, occasion, content, told, created_at)
SELECT $1, recipient_id, kind, occasion, content::jsonb, told, $2
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[])
    AS made (recipient_id, kind, occasion, content, told)
ON CONFLICT (recipient_id, occasion) DO NOTHING
RETURNING id, recipient_id
"""
INSERT_DELIVERIES: Final = """
INSERT INTO notice_delivery (notice_id, channel_id, kind, address, language, key, state, next_at)
SELECT notice_id, channel_id, kind, address, language, key, 'waiting', $1
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS made (notice_id, channel_id, kind, address, language, key)
"""
CONTACTS: Final = "SELECT id, email, language FROM recall_contact WHERE id = ANY($1::bigint[])"
CASE_CONTACT: Final = """
SELECT contact.id FROM recall_contact AS contact
WHERE contact.recall_id = $1 AND lower(contact.email) IS NOT DISTINCT FROM lower($2)
  AND ($2 IS NOT NULL OR contact.phone = $3) LIMIT 1
"""
INSERT_CASE_CONTACT: Final = """
INSERT INTO recall_contact (recall_id, name, email, phone, language, added_at)
VALUES ($1, $2, $3, $4, 'both', $5) RETURNING id
"""
MARK_TOLD: Final = "UPDATE notice SET told = true WHERE id = ANY($1::bigint[])"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient of a case. `notices`: how many of its goods it was told of by now."""

    id: int
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    notices: int


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to be made."""

    recipient: Recipient
    kind: str
    occasion: str
    content: Mapping[str, Any]


async def find_holdings(
    tx: Transaction, recall_id: int, nodes: Sequence[Node] | None
) -> list[dict[str, Any]]:
    """Rows of `holdings.sql` for these holdings of the case; None: for all."""
    batches = None if nodes is None else [node.batch for node in nodes]
    sites = None if nodes is None else [node.site for node in nodes]
    rows = await tx.sql.fetch(statement("service.notices", "holdings"), recall_id, batches, sites)
    return [dict(row) for row in rows]


async def ensure_recipients(
    tx: Transaction,
    recall_id: int,
    *,
    parties: Sequence[int] = (),
    contacts: Sequence[int] = (),
    sites: Sequence[int] = (),
    role: str,
    now: datetime,
) -> list[Recipient]:
    """These as recipients of the case; of a place nobody can be told or asked, and that is to be seen."""
    told: list[list[int | None]] = [[], [], []]
    for kind, ids in enumerate((parties, contacts, sites)):
        for column, into in enumerate(told):
            into.extend(sorted(ids) if column == kind else [None] * len(ids))
    await tx.sql.execute(ADD, recall_id, role, now, *told)
    rows = await tx.sql.fetch(LOCK, recall_id, list(parties), list(contacts), list(sites))
    return [Recipient(**row) for row in rows]


async def ask(
    tx: Transaction, told: Sequence[Recipient], *, answer_by: datetime, remind_at: datetime
) -> None:
    """Ask them (anew) for an answer."""
    await tx.sql.execute(ASK, [who.id for who in told], answer_by, remind_at)


async def insert_notices(
    tx: Transaction, recall_id: int, made: Sequence[NewNotice], *, now: datetime
) -> dict[int, int]:
    """Add notices and their deliveries, each recipient's by its channels; recipient -> notice of those that
    were not here before.
    """
    ways = await find_ways(tx, [new.recipient for new in made])
    rows = await tx.sql.fetch(
        INSERT_NOTICES,
        recall_id,
        now,
        [new.recipient.id for new in made],
        [new.kind for new in made],
        [new.occasion for new in made],
        [msgspec.json.encode(new.content).decode() for new in made],
        [bool(ways[new.recipient.id]) for new in made],
    )
    notices = {row["recipient_id"]: row["id"] for row in rows}
    await insert_deliveries(tx, {notices[who]: ways[who] for who in notices}, now=now)
    return notices


async def find_ways(tx: Transaction, told: Sequence[Recipient]) -> dict[int, list[Channel]]:
    """Recipient -> by which channels it is told; none for whom nobody knows how to reach."""
    parties = await find_channels(tx, {who.party_id for who in told if who.party_id is not None})
    wanted = [who.contact_id for who in told if who.contact_id is not None]
    contacts = {row["id"]: row for row in await tx.sql.fetch(CONTACTS, wanted)} if wanted else {}
    ways: dict[int, list[Channel]] = {}
    for who in told:
        if who.party_id is not None:
            ways[who.id] = parties.get(who.party_id, [])
        elif who.contact_id is not None and contacts[who.contact_id]["email"]:
            contact = contacts[who.contact_id]
            address = contact["email"]
            ways[who.id] = [Channel(None, "email", address, address, contact["language"])]
        else:
            ways[who.id] = []
    return ways


async def insert_deliveries(tx: Transaction, ways: Mapping[int, Sequence[Channel]], *, now: datetime) -> None:
    """Put notices (by id) on their way by these channels."""
    rows = [
        (notice, channel.id, channel.kind, channel.shown, channel.language, str(uuid4()))
        for notice, channels in ways.items()
        for channel in channels
    ]
    if rows:
        await tx.sql.execute(INSERT_DELIVERIES, now, *map(list, zip(*rows, strict=True)))


async def mark_told(tx: Transaction, notice_ids: Sequence[int]) -> None:
    """There is a way to send these notices now."""
    await tx.sql.execute(MARK_TOLD, list(notice_ids))


async def find_case_contact(tx: Transaction, case: Case, now: datetime) -> int | None:
    """Whom the case itself names, as a contact of it; None where it names no address."""
    email, phone = case.contact.get("email"), case.contact.get("phone")
    if not email and not phone:
        return None
    found: int | None = await tx.sql.fetchval(CASE_CONTACT, case.id, email, phone)
    if found is None:
        name = case.contact.get("name") or email or phone
        found = await tx.sql.fetchval(INSERT_CASE_CONTACT, case.id, name, email, phone, now)
    return found

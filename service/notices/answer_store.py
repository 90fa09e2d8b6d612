"""Answers in their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.notices.differences import Booked, Said

LOCK: Final = """
SELECT recipient.id, recipient.recall_id, recipient.party_id, recipient.contact_id, recipient.site_id,
       recipient.answer_by, recipient.answered_at,
       coalesce(party.name_zh, party.name_en, contact.name, site.name_zh, site.name_en, '') AS name_zh,
       coalesce(party.name_en, party.name_zh, contact.name, site.name_en, site.name_zh, '') AS name_en,
       contact.email, contact.phone
FROM recall_recipient AS recipient
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
WHERE recipient.id = $1 FOR NO KEY UPDATE OF recipient
"""
GOODS: Final = """
SELECT content -> 'lines' AS lines, created_at FROM notice
WHERE recipient_id = $1 AND kind IN ('first', 'widened') ORDER BY id
"""
ANSWERED: Final = """
SELECT line.batch_id, max(answer.at) AS at
FROM recall_answer AS answer JOIN recall_answer_line AS line ON line.answer_id = answer.id
WHERE answer.recipient_id = $1 GROUP BY line.batch_id
"""
SAME: Final = "SELECT id, at FROM recall_answer WHERE recipient_id = $1 AND nonce = $2"
INSERT: Final = """
INSERT INTO recall_answer (recall_id, recipient_id, via, by, note, nonce, at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id
"""
INSERT_LINES: Final = """
INSERT INTO recall_answer_line (answer_id, batch_id, uom, received, sold, on_hand, quarantined, returned,
    destroyed, ledger, differences)
SELECT $1, batch_id, uom, received, sold, on_hand, quarantined, returned, destroyed, ledger::jsonb,
       differences::jsonb
FROM unnest($2::bigint[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[],
            $8::numeric[], $9::numeric[], $10::text[], $11::text[])
    AS said (batch_id, uom, received, sold, on_hand, quarantined, returned, destroyed, ledger, differences)
"""
INSERT_PROOF: Final = """
INSERT INTO recall_proof (answer_id, sha256, name, media_type) VALUES ($1, $2, $3, $4)
"""
ACKNOWLEDGE: Final = """
UPDATE notice SET acknowledged_at = $2, acknowledged_by = $3
WHERE recipient_id = $1 AND acknowledged_at IS NULL
"""
COMPLETE: Final = """
UPDATE recall_recipient SET answered_at = coalesce(answered_at, $2), remind_at = NULL WHERE id = $1
"""
#: A buyer is known again by address or, without one, by telephone.
FIND_CONTACT: Final = """
SELECT id FROM recall_contact
WHERE recall_id = $1 AND CASE WHEN $2::text IS NOT NULL THEN lower(email) = lower($2)
                              ELSE email IS NULL AND phone = $3 END
LIMIT 1
"""
INSERT_CONTACT: Final = """
INSERT INTO recall_contact (recall_id, name, email, phone, language, added_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
INSERT_PASSED_ON: Final = """
INSERT INTO recall_passed_on (answer_id, contact_id, batch_id, quantity, uom) VALUES ($1, $2, $3, $4, $5)
"""
COUNT_BUYERS: Final = """
SELECT count(DISTINCT contact_id) FROM recall_passed_on AS passed
JOIN recall_answer AS answer ON answer.id = passed.answer_id WHERE answer.recipient_id = $1
"""
NAMED: Final = """
SELECT DISTINCT ON (passed.contact_id, passed.batch_id, passed.uom)
       contact.name, contact.email, contact.phone, passed.batch_id, passed.quantity, passed.uom
FROM recall_passed_on AS passed
JOIN recall_answer AS answer ON answer.id = passed.answer_id
JOIN recall_contact AS contact ON contact.id = passed.contact_id
WHERE answer.recipient_id = $1
ORDER BY passed.contact_id, passed.batch_id, passed.uom, passed.id DESC
"""


@dataclass(frozen=True, slots=True)
class Who:
    """The recipient who answers, locked: one answer after the other."""

    id: int
    recall_id: int
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    answer_by: datetime | None
    answered_at: datetime | None
    name_zh: str
    name_en: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer, in the reference unit of its dimension."""

    batch_id: int
    uom: str
    said: Said
    ledger: Mapping[str, str]
    differences: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A batch that a recipient was told of: its line in the last notice of it, and when that was."""

    line: dict[str, Any]
    at: datetime


async def lock_recipient(tx: Transaction, recipient_id: int) -> Who | None:
    """The recipient; nobody else answers for it until the transaction ends."""
    row = await tx.sql.fetchrow(LOCK, recipient_id)
    return None if row is None else Who(**row)


async def find_goods(tx: Transaction, recipient_id: int) -> dict[int, Told]:
    """Every batch of which the recipient was told."""
    found: dict[int, Told] = {}
    for row in await tx.sql.fetch(GOODS, recipient_id):
        for line in row["lines"]:
            found[line["batch_id"]] = Told(line, row["created_at"])
    return found


async def find_answered(tx: Transaction, recipient_id: int) -> dict[int, datetime]:
    """Batch -> when the recipient last answered for it."""
    return {row["batch_id"]: row["at"] for row in await tx.sql.fetch(ANSWERED, recipient_id)}


async def find_same(tx: Transaction, recipient_id: int, nonce: str) -> tuple[int, datetime] | None:
    """The answer that was sent with this nonce."""
    row = await tx.sql.fetchrow(SAME, recipient_id, nonce)
    return None if row is None else (row["id"], row["at"])


async def find_booked(tx: Transaction, who: Who) -> dict[tuple[int, str], Booked]:
    """(batch, unit) -> what the events say that the recipient has."""
    rows = await tx.sql.fetch(statement("service.notices", "answer_ledger"), who.recall_id, who.id)
    return {
        (row["batch_id"], row["uom"]): Booked(row["received"], row["shipped"], row["on_hand"]) for row in rows
    }


async def insert_answer(
    tx: Transaction,
    who: Who,
    lines: Sequence[Line],
    *,
    via: str,
    by: str,
    note: str | None,
    nonce: str | None,
    at: datetime,
) -> int:
    """Add an answer; its id. Every notice of the recipient is read by that."""
    answer_id: int = await tx.sql.fetchval(INSERT, who.recall_id, who.id, via, by, note, nonce, at)
    quantities = ("received", "sold", "on_hand", "quarantined", "returned", "destroyed")
    await tx.sql.execute(
        INSERT_LINES,
        answer_id,
        [line.batch_id for line in lines],
        [line.uom for line in lines],
        *([getattr(line.said, name) for line in lines] for name in quantities),
        [msgspec.json.encode(line.ledger).decode() for line in lines],
        [msgspec.json.encode(line.differences).decode() for line in lines],
    )
    await tx.sql.execute(ACKNOWLEDGE, who.id, at, by)
    return answer_id


async def insert_proof(tx: Transaction, answer_id: int, sha256: str, name: str, media_type: str) -> None:
    """A file that is stored already comes with the answer."""
    await tx.sql.execute(INSERT_PROOF, answer_id, sha256, name, media_type)


async def complete(tx: Transaction, recipient_id: int, at: datetime) -> None:
    """Every batch is answered for: nobody is reminded any more."""
    await tx.sql.execute(COMPLETE, recipient_id, at)


async def find_contact(tx: Transaction, recall_id: int, email: str | None, phone: str | None) -> int | None:
    """The contact of the case with this address or, without one, telephone."""
    found: int | None = await tx.sql.fetchval(FIND_CONTACT, recall_id, email, phone)
    return found


async def insert_contact(
    tx: Transaction,
    recall_id: int,
    name: str,
    email: str | None,
    phone: str | None,
    language: str,
    now: datetime,
) -> int:
    """A contact that is new to the case."""
    made: int = await tx.sql.fetchval(INSERT_CONTACT, recall_id, name, email, phone, language, now)
    return made


async def insert_passed_on(
    tx: Transaction, answer_id: int, contact_id: int, batch_id: int, quantity: Decimal | None, uom: str
) -> None:
    """Goods went to a contact."""
    await tx.sql.execute(INSERT_PASSED_ON, answer_id, contact_id, batch_id, quantity, uom)


async def count_buyers(tx: Transaction, recipient_id: int) -> int:
    """How many buyers a recipient has named."""
    found: int = await tx.sql.fetchval(COUNT_BUYERS, recipient_id)
    return found


async def list_buyers(tx: Transaction, recipient_id: int) -> list[dict[str, Any]]:
    """Whom a recipient has named, each with what went to them, as was said last."""
    return [dict(row) for row in await tx.sql.fetch(NAMED, recipient_id)]

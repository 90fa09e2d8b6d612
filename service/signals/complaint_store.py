"""Complaints in their tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from service.db.statements import statement
from service.db.transaction import Transaction
from service.signals.complaint_schemas import NewComplaint
from service.signals.photos import Photo
from service.signals.subject import Subject

Row = dict[str, Any]

FIND_SENT: Final = "SELECT number, status, received_at, fingerprint FROM complaint WHERE nonce = $1"
INSERT: Final = """
INSERT INTO complaint (number, status, kind, text, code, code_uri, unit_id, batch_id, product_id,
    bought_where, bought_on, phone, email, language, received_at, updated_at, history, nonce, fingerprint)
VALUES ($1, 'received', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15::text::jsonb,
    $16, $17)
ON CONFLICT DO NOTHING
RETURNING id
"""
INSERT_PHOTO: Final = """
INSERT INTO complaint_photo (complaint_id, width, height, content) VALUES ($1, $2, $3, $4)
"""
FIND_PUBLIC: Final = """
SELECT number, status, kind, received_at, updated_at, answer_zh, answer_en FROM complaint WHERE number = $1
"""
FIND_PHOTO: Final = "SELECT content FROM complaint_photo WHERE complaint_id = $1 AND id = $2"
LOCK: Final = "SELECT status, answer_zh, answer_en FROM complaint WHERE id = $1 FOR NO KEY UPDATE"
CHANGE: Final = """
UPDATE complaint SET status = $2::text, answer_zh = $3, answer_en = $4, updated_at = $5,
    closed_at = CASE WHEN $2::text = 'closed' THEN $5::timestamptz END,
    history = history || $6::text::jsonb
WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """By which a list of complaints is narrowed; all must fit."""

    batch: int | None = None
    product: int | None = None
    kind: str | None = None
    status: str | None = None
    since: datetime | None = None


async def find_sent(tx: Transaction, nonce: str) -> Row | None:
    """The complaint that was sent with this nonce."""
    row = await tx.sql.fetchrow(FIND_SENT, nonce)
    return dict(row) if row else None


async def insert_complaint(
    tx: Transaction,
    number: str,
    sent: NewComplaint,
    subject: Subject,
    now: datetime,
    fingerprint: bytes | None,
) -> int | None:
    """Add a complaint; its id, or None where its number or its nonce is here already."""
    made: int | None = await tx.sql.fetchval(
        INSERT,
        number,
        sent.kind,
        sent.text,
        sent.code,
        subject.uri,
        subject.unit_id,
        subject.batch_id,
        subject.product_id,
        sent.bought_where,
        sent.bought_on,
        sent.phone,
        sent.email,
        sent.language,
        now,
        _steps("received", now, None),
        sent.nonce,
        fingerprint,
    )
    return made


def _steps(status: str, now: datetime, by: str | None) -> str:
    """One step as the JSON list that the history is continued with."""
    return msgspec.json.encode([{"status": status, "at": now.isoformat(), "by": by}]).decode()


async def insert_photos(tx: Transaction, complaint_id: int, photos: Sequence[Photo]) -> None:
    """Add its photos, in their order."""
    for photo in photos:
        await tx.sql.execute(INSERT_PHOTO, complaint_id, photo.width, photo.height, photo.content)


async def find_public(tx: Transaction, number: str) -> Row | None:
    """What is told to who has the number."""
    row = await tx.sql.fetchrow(FIND_PUBLIC, number)
    return dict(row) if row else None


async def list_complaints(
    tx: Transaction, filters: Filters, *, after: int = 0, limit: int, only: int | None = None
) -> list[Row]:
    """Up to `limit` complaints in the order they came; `only`: the one with this id."""
    rows = await tx.sql.fetch(
        statement("service.signals", "complaints"),
        only,
        after,
        limit,
        filters.batch,
        filters.product,
        filters.kind,
        filters.status,
        filters.since,
    )
    return [dict(row) for row in rows]


async def find_photo(tx: Transaction, complaint_id: int, photo_id: int) -> bytes | None:
    """The JPEG of a complaint's photo."""
    found: bytes | None = await tx.sql.fetchval(FIND_PHOTO, complaint_id, photo_id)
    return found


async def lock_complaint(tx: Transaction, complaint_id: int) -> Row | None:
    """Its `status`, `answer_zh` and `answer_en`, which nobody else changes until the transaction ends."""
    row = await tx.sql.fetchrow(LOCK, complaint_id)
    return dict(row) if row else None


async def change_complaint(
    tx: Transaction, complaint_id: int, changed: Row, now: datetime, *, by: str, moved: bool
) -> None:
    """Write `status`, `answer_zh` and `answer_en`; a change of status goes into the history."""
    steps = _steps(changed["status"], now, by) if moved else "[]"
    answers = changed["answer_zh"], changed["answer_en"]
    await tx.sql.execute(CHANGE, complaint_id, changed["status"], *answers, now, steps)

"""Links by which a recipient reads and answers without an account.

A token has 256 random bits and is kept nowhere: whoever sends a notice draws one for this very sending, and
only its SHA-256 is stored. So no copy of the database opens anybody's page, and a notice that is sent again
carries another link beside the one that may have arrived.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.db.transaction import Transaction
from service.settings import settings

TOKEN_OCTETS: Final = 32
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
#: Where links lead, below the service's address.
PATH: Final = "/r"

INSERT: Final = """
INSERT INTO notice_link (digest, recipient_id, notice_id, delivery_id, created_at, created_by, expires_at)
SELECT $1, recipient_id, notice.id, $3, $4, $5,
       CASE WHEN recall.closed_at IS NOT NULL THEN greatest(recall.closed_at, $4) + $6::interval END
FROM notice JOIN recall ON recall.id = notice.recall_id WHERE notice.id = $2
"""
FIND: Final = """
SELECT id, recipient_id, notice_id FROM notice_link
WHERE digest = $1 AND (expires_at IS NULL OR expires_at > $2)
"""
OPENED: Final = """
WITH link AS (
    UPDATE notice_link SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL RETURNING notice_id
)
UPDATE notice SET opened_at = $2 FROM link WHERE notice.id = link.notice_id AND notice.opened_at IS NULL
"""
EXPIRE: Final = """
UPDATE notice_link SET expires_at = $2 FROM recall_recipient AS recipient
WHERE recipient.id = notice_link.recipient_id AND recipient.recall_id = $1 AND expires_at IS NULL
"""
KEEP: Final = """
UPDATE notice_link SET expires_at = NULL FROM recall_recipient AS recipient
WHERE recipient.id = notice_link.recipient_id AND recipient.recall_id = $1
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token opens."""

    id: int
    recipient_id: int
    notice_id: int


def digest_of(token: str) -> bytes:
    """SHA-256 of the token's text; it has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode()).digest()


def url_of(token: str) -> str:
    """The link of a token."""
    return f"{settings().public_url.rstrip('/')}{PATH}/{token}"


async def make_link(
    tx: Transaction, notice_id: int, *, delivery_id: int | None, now: datetime, by: str
) -> str:
    """A new link for the recipient of a notice; its URL, which nothing here remembers."""
    token = secrets.token_urlsafe(TOKEN_OCTETS)
    kept = timedelta(days=settings().answer_link_days)
    await tx.sql.execute(INSERT, digest_of(token), notice_id, delivery_id, now, by, kept)
    return url_of(token)


async def find_link(tx: Transaction, token: str, now: datetime) -> Opened | None:
    """What a token opens; None for one that was never given out or has run out."""
    if not TOKEN.fullmatch(token):
        return None
    row = await tx.sql.fetchrow(FIND, digest_of(token), now)
    return None if row is None else Opened(**row)


async def note_opened(tx: Transaction, link: Opened, now: datetime) -> None:
    """The link was followed, by a person or by what looks into their mail for them."""
    await tx.sql.execute(OPENED, link.id, now)


async def let_links_expire(tx: Transaction, recall_id: int, now: datetime) -> None:
    """A case has ended: its links are good for some more days."""
    await tx.sql.execute(EXPIRE, recall_id, now + timedelta(days=settings().answer_link_days))


async def keep_links(tx: Transaction, recall_id: int) -> None:
    """A case goes on: its links are good again."""
    await tx.sql.execute(KEEP, recall_id)

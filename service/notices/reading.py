"""Notices as they are read: in a recipient's in-box, by whoever runs the case, and by the link in them."""

from datetime import datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Transaction
from service.errors import Missing
from service.notices.messages import render
from service.notices.schemas import NoticeLine

ACKNOWLEDGE: Final = """
UPDATE notice SET acknowledged_at = coalesce(acknowledged_at, $2),
    acknowledged_by = coalesce(acknowledged_by, $3)
WHERE id = $1 RETURNING id
"""


async def list_notices(
    tx: Transaction,
    *,
    after: int,
    limit: int,
    party_id: int | None = None,
    recall_id: int | None = None,
    only: int | None = None,
    unread: bool = False,
) -> list[NoticeLine]:
    """Notices in the order in which they were made. `unread`: nobody has acknowledged them."""
    rows = await tx.sql.fetch(
        statement("service.notices", "notices"), after, limit, party_id, recall_id, only, unread
    )
    return [_line(dict(row)) for row in rows]


async def find_notice(tx: Transaction, notice_id: int) -> NoticeLine | None:
    """One notice, if it is there."""
    found = await list_notices(tx, after=0, limit=1, only=notice_id)
    return found[0] if found else None


async def fetch_notice(tx: Transaction, notice_id: int) -> NoticeLine:
    """One notice. Raises `Missing`."""
    found = await find_notice(tx, notice_id)
    if found is None:
        raise unknown_notice(notice_id)
    return found


def unknown_notice(notice_id: int) -> Missing:
    """There is no such notice."""
    return Missing(f"There is no notice {notice_id}.", f"没有编号为 {notice_id} 的通知。")


async def acknowledge(tx: Transaction, notice_id: int, now: datetime, *, by: str) -> None:
    """Somebody has read a notice; the first who says so stays."""
    await tx.sql.execute(ACKNOWLEDGE, notice_id, now, by)


def _line(row: dict[str, Any]) -> NoticeLine:
    names = (row.pop("name_zh"), row.pop("name_en"))
    texts = {
        f"text_{language}": render(row["kind"], row["content"], language, names=names, link=None).text
        for language in ("zh", "en")
    }
    return NoticeLine.model_validate(row | texts)

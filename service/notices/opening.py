"""What the link in a notice opens: the notice, the reader's goods, and what was answered so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.errors import Missing
from service.notices import answer_store
from service.notices.answers import AnswerRow, latest_answers_of
from service.notices.cases import TOLD
from service.notices.links import Opened, find_link, note_opened

FIND: Final = """
SELECT notice.kind, notice.content, notice.created_at, notice.acknowledged_at, recall.status,
       recall.id AS recall_id, recipient.answer_by, recipient.answered_at,
       coalesce(party.name_zh, party.name_en, contact.name, site.name_zh, site.name_en, '') AS name_zh,
       coalesce(party.name_en, party.name_zh, contact.name, site.name_en, site.name_zh, '') AS name_en
FROM notice
JOIN recall ON recall.id = notice.recall_id
JOIN recall_recipient AS recipient ON recipient.id = notice.recipient_id
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
WHERE notice.id = $1
"""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown behind a link. `lines`: all goods of the recipient, as its last notices told them."""

    link: Opened
    recall_id: int
    kind: str
    content: dict[str, Any]
    created_at: datetime
    acknowledged_at: datetime | None
    ended: bool
    answer_by: datetime | None
    answered_at: datetime | None
    name_zh: str
    name_en: str
    lines: Sequence[dict[str, Any]]
    answers: Sequence[AnswerRow]
    buyers: Sequence[dict[str, Any]]


async def open_link(tx: Transaction, token: str, now: datetime) -> Opened:
    """The link of a token. Raises `Missing` for one that was never given out or has run out."""
    found = await find_link(tx, token, now)
    if found is None:
        raise Missing(
            "This link is incomplete, has run out, or was never given out.",
            "链接不完整、已过期，或从未发出。",
        )
    return found


async def view_of(tx: Transaction, link: Opened, *, looked_at: datetime | None = None) -> View:
    """What the link opens. `looked_at`: when, if it is to be kept that it was opened."""
    if looked_at is not None:
        await note_opened(tx, link, looked_at)
    row = await tx.sql.fetchrow(FIND, link.notice_id)
    assert row is not None
    told = dict(row)
    goods = await answer_store.find_goods(tx, link.recipient_id)
    return View(
        link=link,
        ended=told.pop("status") not in TOLD,
        **told,
        lines=[goods[batch].line for batch in sorted(goods)],
        answers=await latest_answers_of(tx, told["recall_id"], link.recipient_id),
        buyers=await answer_store.list_buyers(tx, link.recipient_id),
    )

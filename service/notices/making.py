"""Notices are made where a case is opened, widens or ends, in the same transaction: they are there exactly if
it happened. Nothing is sent here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from service import clock
from service.db.transaction import Transaction
from service.jobs.duties import tell_work
from service.notices import notice_store as store
from service.notices.cases import TOLD, Case, fetch_case
from service.notices.content import Goods, Reader, goods_by_reader, notice_content
from service.notices.links import keep_links, let_links_expire
from service.notices.notice_store import NewNotice, Recipient
from service.notices.reminding import first_reminder
from service.recall.listeners import found_listeners, moved_listeners
from service.recall.states import Status
from service.trace.graph import Node

TOLD_RECIPIENTS: Final = """
SELECT id, party_id, contact_id, site_id, 0 AS notices FROM recall_recipient
WHERE recall_id = $1 AND EXISTS (SELECT FROM notice WHERE recipient_id = recall_recipient.id)
ORDER BY id
"""
STOP_REMINDING: Final = "UPDATE recall_recipient SET remind_at = NULL WHERE recall_id = $1"
#: What has not gone out and is not true any more, stays here: after a cancellation all, else what only urges.
CANCEL: Final = """
UPDATE notice_delivery SET state = 'cancelled', last_error = 'the case has ended', last_error_at = $2
FROM notice
WHERE notice.id = notice_id AND notice.recall_id = $1 AND state = 'waiting' AND notice.kind <> 'closing'
  AND ($3 OR notice.kind IN ('reminder', 'escalation'))
"""
COUNT_ENDINGS: Final = """
SELECT count(DISTINCT occasion) FROM notice WHERE recall_id = $1 AND kind = 'closing'
"""


async def tell_found(tx: Transaction, recall_id: int, holdings: Sequence[Node]) -> None:
    """Tell whoever has the holdings that are new to a case. While it is being assessed nobody is told."""
    case = await fetch_case(tx, recall_id)
    if case.status in TOLD:
        await _tell(tx, case, holdings, clock.now())


async def tell_moved(tx: Transaction, recall_id: int, source: Status | None, target: Status) -> None:
    """Tell everybody when a case that was assessed is decided on, and when it ends."""
    now = clock.now()
    if source == "assessing" and target == "open":
        await _tell(tx, await fetch_case(tx, recall_id), None, now)
    elif target in ("closed", "cancelled"):
        await let_links_expire(tx, recall_id, now)
        await tx.sql.execute(STOP_REMINDING, recall_id)
        await tx.sql.execute(CANCEL, recall_id, now, target == "cancelled")
        await _tell_end(tx, await fetch_case(tx, recall_id), now)
    elif source == "closed":
        await keep_links(tx, recall_id)


async def _tell(tx: Transaction, case: Case, holdings: Sequence[Node] | None, now: datetime) -> None:
    """One notice to each who has any of the holdings (None: all of the case's)."""
    found = goods_by_reader(await store.find_holdings(tx, case.id, holdings))
    if not found:
        return
    answer_by = case.answer_by(now)
    of = {goods.reader: goods for goods in found}
    told = await store.ensure_recipients(
        tx,
        case.id,
        parties=[reader.party_id for reader in of if reader.party_id],
        sites=[reader.site_id for reader in of if not reader.party_id],
        role="holder",
        now=now,
    )
    asked = [who for who in told if who.party_id]
    await store.ask(tx, asked, answer_by=answer_by, remind_at=first_reminder(now, answer_by))
    made = [
        _notice(
            case, who, of[Reader(who.party_id or 0, who.site_id or 0)], answer_by if who.party_id else None
        )
        for who in told
    ]
    await store.insert_notices(tx, case.id, made, now=now)
    tell_work(tx)


def _notice(case: Case, who: Recipient, goods: Goods, answer_by: datetime | None) -> NewNotice:
    lines = [goods.lines[batch] for batch in sorted(goods.lines)]
    content = notice_content(case.told(), lines, answer_by=answer_by)
    kind = "widened" if who.notices else "first"
    return NewNotice(who, kind, f"goods:{who.notices + 1}", content)


async def _tell_end(tx: Transaction, case: Case, now: datetime) -> None:
    rows = await tx.sql.fetch(TOLD_RECIPIENTS, case.id)
    ended = 1 + await tx.sql.fetchval(COUNT_ENDINGS, case.id)
    content = notice_content(
        case.told(), [], answer_by=None, ended={"status": case.status, "note": case.closing_note}
    )
    made = [NewNotice(Recipient(**row), "closing", f"end:{ended}", content) for row in rows]
    if made:
        await store.insert_notices(tx, case.id, made, now=now)
        tell_work(tx)


def listen() -> None:
    """Hear of cases that find somebody or move (once, however often it is called)."""
    if tell_found not in found_listeners:
        found_listeners.append(tell_found)
    if tell_moved not in moved_listeners:
        moved_listeners.append(tell_moved)

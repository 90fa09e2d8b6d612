"""What notices do by themselves when its time has come: late channels, reminders, escalations, deadlines,
alarms.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.notices import notice_store as store
from service.notices.alarming import tell_of_alarms
from service.notices.cases import TOLD
from service.notices.deadlines import tell_of_deadlines
from service.notices.notice_store import Recipient
from service.notices.reminders import cases_to_remind, remind

#: Notices that nobody could be sent, looked at again at once.
UNTOLD_MOST: Final = 500
#: Of live cases only; places of which nobody knows who runs them are passed over.
UNTOLD: Final = """
SELECT notice.id AS notice_id, recipient.id, recipient.party_id, recipient.contact_id, recipient.site_id,
       0 AS notices
FROM notice
JOIN recall ON recall.id = notice.recall_id
JOIN recall_recipient AS recipient ON recipient.id = notice.recipient_id
LEFT JOIN party ON party.id = recipient.party_id
WHERE NOT notice.told AND recall.status = ANY($1::text[])
  AND (EXISTS (SELECT FROM party_channel AS channel
               WHERE channel.party_id = recipient.party_id AND channel.removed_at IS NULL)
       OR party.contacts @? '$[*].email ? (@ != null)' OR party.quality_manager ->> 'email' <> ''
       OR party.legal_representative ->> 'email' <> '')
ORDER BY notice.id LIMIT $2
FOR NO KEY UPDATE OF notice SKIP LOCKED
"""


async def do_what_is_due(engine: AsyncEngine, now: datetime) -> None:
    """Send to who can be told by now; remind and escalate what is due."""
    async with transaction(engine) as tx:
        await tell_the_untold(tx, now)
        cases = await cases_to_remind(tx, now)
    for recall_id in cases:
        async with transaction(engine) as tx:
            await remind(tx, recall_id, now)
    for tell in (tell_of_deadlines, tell_of_alarms):
        async with transaction(engine) as tx:
            await tell(tx, now)


async def tell_the_untold(tx: Transaction, now: datetime) -> int:
    """Put notices on their way whose recipients had no channel and have one now; how many."""
    rows = await tx.sql.fetch(UNTOLD, list(TOLD), UNTOLD_MOST)
    if not rows:
        return 0
    untold = {row["notice_id"]: _recipient(dict(row)) for row in rows}
    ways = await store.find_ways(tx, list(untold.values()))
    found = {notice: ways[who.id] for notice, who in untold.items() if ways[who.id]}
    await store.insert_deliveries(tx, found, now=now)
    await store.mark_told(tx, list(found))
    return len(found)


def _recipient(row: dict[str, int | None]) -> Recipient:
    assert row["id"] is not None
    return Recipient(row["id"], row["party_id"], row["contact_id"], row["site_id"], 0)

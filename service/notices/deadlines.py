"""The deadlines of a case: whoever answers for it is told before each, and the authority, too, after one that
was not met.
"""

from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.jobs.duties import tell_work
from service.notices import notice_store as store
from service.notices.authorities import authority_for
from service.notices.cases import Case, fetch_case
from service.notices.content import notice_content
from service.notices.notice_store import NewNotice
from service.notices.reminders import find_authorities, find_responsible, tell_authorities

#: Deadlines looked at at once.
DEADLINES_MOST: Final = 200
#: Told before: a quarter of the time that it gives, at most a day, ahead. Each step of each deadline once.
DUE: Final = """
SELECT recall_id, rule, occurrence, document, title_zh, title_en, clause, due_at, step
FROM (
    SELECT deadline.*, CASE WHEN due_at <= $1 THEN 'after' ELSE 'before' END AS step
    FROM recall_deadline AS deadline
    WHERE met_at IS NULL AND ended_at IS NULL AND due_at <= $1 + interval '1 day'
      AND due_at - least(interval '1 day', (due_at - since_at) / 4) <= $1
) AS near
WHERE NOT EXISTS (
    SELECT FROM deadline_told AS told
    WHERE told.recall_id = near.recall_id AND told.rule = near.rule AND told.occurrence = near.occurrence
      AND told.step = near.step)
ORDER BY due_at, recall_id, rule LIMIT $2
"""
TOLD: Final = """
INSERT INTO deadline_told (recall_id, rule, occurrence, step, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING recall_id
"""


async def tell_of_deadlines(tx: Transaction, now: datetime) -> None:
    """Remind of what is due soon, escalate what was not met."""
    rows = [dict(row) for row in await tx.sql.fetch(DUE, now, DEADLINES_MOST)]
    for row in rows:
        ours = await tx.sql.fetchval(TOLD, row["recall_id"], row["rule"], row["occurrence"], row["step"], now)
        if ours is not None:
            await _tell(tx, await fetch_case(tx, row["recall_id"]), row, now)
    if rows:
        tell_work(tx)


async def _tell(tx: Transaction, case: Case, row: dict[str, Any], now: datetime) -> None:
    names = ("rule", "occurrence", "document", "title_zh", "title_en", "clause", "step")
    deadline = {name: row[name] for name in names} | {"due_at": row["due_at"].isoformat()}
    content = notice_content(case.told(), [], answer_by=None, deadline=deadline)
    told = await find_responsible(tx, case, now)
    kind = "reminder"
    if row["step"] == "after":
        kind = "escalation"
        chief = authority_for(case.responsible_region, await find_authorities(tx))
        if chief is not None:
            told += await tell_authorities(tx, case, [chief.party_id], now)
    occasion = f"deadline:{row['rule']}:{row['occurrence']}:{row['step']}"
    made = {who.id: NewNotice(who, kind, occasion, content) for who in told}
    if made:
        await store.insert_notices(tx, case.id, list(made.values()), now=now)

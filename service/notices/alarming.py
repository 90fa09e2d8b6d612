"""Goods that move although they are recalled or on hold: whoever answers for the case hears of it, the
authorities of the places that they left, and, of its own goods, whoever let them go.

At once, then of what came since at most once an hour: a till that goes on selling is no reason for a thousand
notices. Each lists all that nobody has seen yet (`recall/alarms.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from service.db.transaction import Transaction
from service.jobs.duties import tell_work
from service.notices import notice_store as store
from service.notices.authorities import authority_for
from service.notices.cases import TOLD, Case, fetch_case
from service.notices.content import notice_content
from service.notices.notice_store import NewNotice
from service.notices.reminders import OWN_CASE, find_authorities, find_responsible, tell_authorities
from service.recall.alarm_store import list_alarms

APART: Final = timedelta(hours=1)
CASES_MOST: Final = 100
#: Alarms that one notice lists.
ALARMS_MOST: Final = 200
#: With an alarm since the last notice of such, which is an hour old ($2), or with the first.
CASES: Final = """
SELECT recall.id
FROM recall
LEFT JOIN LATERAL (
    SELECT max(notice.created_at) AS at FROM notice
    WHERE notice.recall_id = recall.id AND notice.occasion LIKE 'alarm:%'
) AS told ON true
WHERE recall.status = ANY($1::text[]) AND (told.at IS NULL OR told.at <= $2)
  AND EXISTS (
      SELECT FROM recall_alarm AS alarm
      WHERE alarm.recall_id = recall.id AND alarm.withdrawn_at IS NULL AND alarm.seen_at IS NULL
        AND (told.at IS NULL OR alarm.raised_at > told.at))
ORDER BY recall.id LIMIT $3
"""
REGIONS: Final = "SELECT DISTINCT region FROM site WHERE uri = ANY($1::text[])"


async def tell_of_alarms(tx: Transaction, now: datetime) -> None:
    """Tell of what was raised since the last time, in every case in which there is anything."""
    for row in await tx.sql.fetch(CASES, list(TOLD), now - APART, CASES_MOST):
        if await tx.sql.fetchval(OWN_CASE, row["id"]) is not None:
            await _tell(tx, await fetch_case(tx, row["id"]), now)
            tell_work(tx)


async def _tell(tx: Transaction, case: Case, now: datetime) -> None:
    found = await list_alarms(tx, case.id, 0, ALARMS_MOST, seen=False)
    alarms = [row for row in found if row["withdrawn_at"] is None]
    left = [row["from_site_uri"] for row in alarms if row["from_site_uri"]]
    regions = {row["region"] for row in await tx.sql.fetch(REGIONS, left)} | {case.responsible_region}
    authorities = await find_authorities(tx)
    chiefs = {one.party_id for region in regions if (one := authority_for(region, authorities)) is not None}
    told = await tell_authorities(tx, case, sorted(chiefs), now)
    told += await find_responsible(tx, case, now)
    occasion = f"alarm:{max(row['id'] for row in alarms)}"
    movers = sorted({row["from_party_id"] for row in alarms if row["from_party_id"] is not None})
    made = {
        who.id: NewNotice(
            who,
            "reminder",
            occasion,
            _content(case, [a for a in alarms if a["from_party_id"] == who.party_id]),
        )
        for who in await store.ensure_recipients(tx, case.id, parties=movers, role="holder", now=now)
    }
    whole = _content(case, alarms)
    made |= {who.id: NewNotice(who, "escalation", occasion, whole) for who in told}
    if made:
        await store.insert_notices(tx, case.id, list(made.values()), now=now)


def _content(case: Case, alarms: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return notice_content(case.told(), [], answer_by=None, alarms=[_alarm(row) for row in alarms])


def _alarm(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "kind", "batch_uri", "lot", "event", "amounts")
    ends = tuple(
        f"{end}_{what}" for end in ("from_site", "to_site") for what in ("uri", "name_zh", "name_en")
    )
    products = {"product_zh": row["product_name_zh"], "product_en": row["product_name_en"]}
    return {name: row[name] for name in (*names, *ends)} | products | {"at": row["at"].isoformat()}

"""Who has not answered is reminded, and once the time is up, whoever answers for the case and the authority
of the place are told who is silent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.jobs.duties import tell_work
from service.notices import notice_store as store
from service.notices.answer_store import find_goods
from service.notices.authorities import Authority, authority_for
from service.notices.cases import TOLD, Case, fetch_case
from service.notices.content import notice_content
from service.notices.notice_store import NewNotice, Recipient
from service.notices.reminding import next_reminder, step_at

#: Cases looked at at once.
CASES_MOST: Final = 100
DUE_CASES: Final = """
SELECT DISTINCT recall_id FROM recall_recipient WHERE remind_at <= $1 ORDER BY recall_id LIMIT $2
"""
#: One process at a time reminds in a case; the others pass it over.
OWN_CASE: Final = "SELECT id FROM recall WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED"
DUE: Final = """
SELECT id, party_id, contact_id, site_id, 1 AS notices, answer_by
FROM recall_recipient
WHERE recall_id = $1 AND remind_at <= $2 AND answered_at IS NULL AND answer_by IS NOT NULL
ORDER BY id FOR NO KEY UPDATE
"""
SET_REMINDER: Final = """
UPDATE recall_recipient SET remind_at = next.at
FROM unnest($1::bigint[], $2::timestamptz[]) AS next (id, at) WHERE recall_recipient.id = next.id
"""
FORGET: Final = """
UPDATE recall_recipient SET remind_at = NULL
WHERE recall_id = $1 AND remind_at <= $2 AND (answered_at IS NOT NULL OR answer_by IS NULL OR $3)
"""
SILENT: Final = """
SELECT coalesce(party.name_zh, contact.name, site.name_zh) AS name_zh,
       coalesce(party.name_en, contact.name, site.name_en) AS name_en, coalesce(party.uri, site.uri) AS uri,
       coalesce(contact.phone, party.quality_manager ->> 'phone', party.legal_representative ->> 'phone')
           AS phone,
       coalesce(party.region, (
           SELECT min(place.region)
           FROM recall_holding AS found JOIN site AS place ON place.id = found.site_id
           WHERE found.recall_id = recipient.recall_id AND place.party_id = recipient.party_id)) AS region,
       recipient.answer_by
FROM recall_recipient AS recipient
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
WHERE recipient.recall_id = $1 AND recipient.answer_by <= $2 AND recipient.answered_at IS NULL
ORDER BY recipient.id
"""
AUTHORITIES: Final = "SELECT id, region FROM party WHERE 'regulator' = ANY(roles) ORDER BY id"


async def cases_to_remind(tx: Transaction, now: datetime) -> list[int]:
    """Cases in which somebody's reminder is due."""
    return [row["recall_id"] for row in await tx.sql.fetch(DUE_CASES, now, CASES_MOST)]


async def remind(tx: Transaction, recall_id: int, now: datetime) -> None:
    """Remind whoever is due in a case, and escalate what is overdue."""
    if await tx.sql.fetchval(OWN_CASE, recall_id) is None:
        return
    case = await fetch_case(tx, recall_id)
    await tx.sql.execute(FORGET, recall_id, now, case.status not in TOLD)
    rows = [dict(row) for row in await tx.sql.fetch(DUE, recall_id, now)]
    if not rows:
        return
    due = [(Recipient(**row), answer_by) for row in rows if (answer_by := row.pop("answer_by"))]
    ways = await store.find_ways(tx, [who for who, _ in due])
    made = []
    for who, answer_by in due:
        if not ways[who.id]:
            continue  # nobody can be reminded who cannot be told; the authority hears of it
        step, number = step_at(now, answer_by)
        goods = await find_goods(tx, who.id)
        lines = [goods[batch].line for batch in sorted(goods)]
        content = notice_content(case.told(), lines, answer_by=answer_by, step=step)
        made.append(NewNotice(who, "reminder", f"reminder:{answer_by.isoformat()}:{step}:{number}", content))
    await store.insert_notices(tx, recall_id, made, now=now)
    times = [next_reminder(now, answer_by) for _, answer_by in due]
    await tx.sql.execute(SET_REMINDER, [who.id for who, _ in due], times)
    if any(answer_by <= now for _, answer_by in due):
        await _escalate(tx, case, now)
    tell_work(tx)


async def _escalate(tx: Transaction, case: Case, now: datetime) -> None:
    """Tell who is silent: each authority those of its area (the one of whoever answers for the case, all),
    and whoever answers for the case.
    """
    silent = [dict(row) for row in await tx.sql.fetch(SILENT, case.id, now)]
    told: dict[int, Sequence[Mapping[str, Any]]] = {}
    authorities = await find_authorities(tx)
    for one in silent:
        authority = authority_for(one["region"], authorities)
        if authority is not None:
            told[authority.party_id] = [*told.get(authority.party_id, ()), one]
    chief = authority_for(case.responsible_region, authorities) if case.responsible_party_id else None
    if chief is not None:
        told[chief.party_id] = silent
    recipients = await tell_authorities(tx, case, sorted(told), now)
    made = [
        NewNotice(who, "escalation", f"silent:{now.isoformat()}", _silent_content(case, told[who.party_id]))
        for who in recipients
        if who.party_id is not None
    ]
    for who in await find_responsible(tx, case, now):
        made.append(NewNotice(who, "escalation", f"silent:{now.isoformat()}", _silent_content(case, silent)))
    unique = {new.recipient.id: new for new in made}
    await store.insert_notices(tx, case.id, list(unique.values()), now=now)


def _silent_content(case: Case, silent: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    listed = [{**one, "answer_by": one["answer_by"].isoformat()} for one in silent]
    return notice_content(case.told(), [], answer_by=None, silent=listed)


async def find_authorities(tx: Transaction) -> list[Authority]:
    """Every party that is a regulator."""
    return [Authority(row["id"], row["region"]) for row in await tx.sql.fetch(AUTHORITIES)]


async def tell_authorities(
    tx: Transaction, case: Case, party_ids: Sequence[int], now: datetime
) -> list[Recipient]:
    """These authorities as recipients of the case."""
    return await store.ensure_recipients(tx, case.id, parties=party_ids, role="regulator", now=now)


async def find_responsible(tx: Transaction, case: Case, now: datetime) -> list[Recipient]:
    """Whoever answers for the case, as a recipient; else the contact that it names; else nobody."""
    if case.responsible_party_id is not None:
        parties = [case.responsible_party_id]
        return await store.ensure_recipients(tx, case.id, parties=parties, role="responsible", now=now)
    contact = await store.find_case_contact(tx, case, now)
    if contact is None:
        return []
    return await store.ensure_recipients(tx, case.id, contacts=[contact], role="responsible", now=now)

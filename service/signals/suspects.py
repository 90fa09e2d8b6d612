"""Suspect codes: found by the rules of `suspicion.py` as looks are written, decided by people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.statements import statement
from service.db.transaction import Transaction
from service.errors import Conflict, Missing
from service.settings import settings
from service.signals.suspicion import Bounds, City, Seen, reasons_of
from service.signals.tables import UNKNOWN_PLACE_ID

#: Rows of days and places of one unit that the rules look at: the latest.
ROWS_MOST: Final = 500
#: A code that is suspect already is looked at again after this time, for its evidence.
AGAIN_AFTER: Final = timedelta(hours=1)

MARK: Final = """
INSERT INTO suspect_code (unit_id, status, reasons, found_at, updated_at)
SELECT unit_id, 'open', reasons::jsonb, $3, $3
FROM unnest($1::bigint[], $2::text[]) AS found (unit_id, reasons) ORDER BY unit_id
ON CONFLICT (unit_id) DO UPDATE SET
    -- What cleared the code before does not clear what was seen since.
    status = CASE suspect_code.status WHEN 'cleared' THEN 'open' ELSE suspect_code.status END,
    reasons = CASE suspect_code.status WHEN 'cleared' THEN excluded.reasons
        ELSE suspect_code.reasons || excluded.reasons END,
    updated_at = excluded.updated_at
"""
LOCK: Final = "SELECT status FROM suspect_code WHERE id = $1 FOR NO KEY UPDATE"
DECIDE: Final = """
UPDATE suspect_code SET status = $2, decided_at = $3, decided_by = $4, note = coalesce($5, note),
    updated_at = $3
WHERE id = $1
"""


class SuspectStatus(StrEnum):
    """What was decided of a suspect code."""

    OPEN = "open"
    CLEARED = "cleared"
    CONFIRMED_FAKE = "confirmed_fake"


#: Status -> what may be decided next; a mistaken decision can be turned.
DECISIONS: Final[dict[SuspectStatus, frozenset[SuspectStatus]]] = {
    SuspectStatus.OPEN: frozenset({SuspectStatus.CLEARED, SuspectStatus.CONFIRMED_FAKE}),
    SuspectStatus.CLEARED: frozenset({SuspectStatus.CONFIRMED_FAKE}),
    SuspectStatus.CONFIRMED_FAKE: frozenset({SuspectStatus.CLEARED}),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """By which a list of suspect codes is narrowed; all must fit."""

    batch: int | None = None
    product: int | None = None
    status: str | None = None
    since: datetime | None = None


def bounds() -> Bounds:
    """What one pack may have, as the operator sets it."""
    chosen = settings()
    return Bounds(chosen.suspect_looks, chosen.suspect_cities, timedelta(days=chosen.suspect_days))


async def mark_suspects(tx: Transaction, units: Sequence[int], now: datetime) -> None:
    """Look at the looks at these units, and mark those that no one pack can have."""
    if not units:
        return
    seen: dict[int, list[Seen]] = {}
    query = statement("service.signals", "unit_looks")
    for row in await tx.sql.fetch(query, units, now - AGAIN_AFTER, ROWS_MOST):
        city = None
        if row["place_id"] != UNKNOWN_PLACE_ID:
            city = City(row["place_id"], row["name"], row["latitude"], row["longitude"])
        seen.setdefault(row["unit_id"], []).append(Seen(city, row["looks"], row["first_at"], row["last_at"]))
    allowed = bounds()
    found = {
        unit: {reason.kind.value: reason.evidence for reason in reasons}
        for unit, rows in seen.items()
        if (reasons := reasons_of(rows, allowed))
    }
    if found:
        texts = [msgspec.json.encode(evidence).decode() for evidence in found.values()]
        await tx.sql.execute(MARK, list(found), texts, now)


async def list_suspects(
    tx: Transaction, filters: Filters, *, after: int = 0, limit: int, only: int | None = None
) -> list[dict[str, Any]]:
    """Up to `limit` suspect codes in the order they were found; `only`: the one with this id."""
    rows = await tx.sql.fetch(
        statement("service.signals", "suspects"),
        only,
        after,
        limit,
        filters.batch,
        filters.product,
        filters.status,
        filters.since,
    )
    return [dict(row) for row in rows]


async def fetch_suspect(tx: Transaction, suspect_id: int) -> dict[str, Any]:
    """One suspect code. Raises `Missing`."""
    found = await list_suspects(tx, Filters(), limit=1, only=suspect_id)
    if not found:
        raise _unknown(suspect_id)
    return found[0]


async def require_seen(tx: Transaction, caller: Caller, suspect_id: int) -> None:
    """Raises `Missing` for a code that the caller does not see: parties see those of their products,
    authorities those of goods in their area.
    """
    if not await sees(tx, caller, "suspect_code", suspect_id):
        raise _unknown(suspect_id)


async def decide(
    tx: Transaction, suspect_id: int, wanted: SuspectStatus, note: str | None, now: datetime, *, by: str
) -> None:
    """Clear a code, or confirm that it is copied. Raises `Missing`, `Conflict`."""
    told = await tx.sql.fetchval(LOCK, suspect_id)
    if told is None:
        raise _unknown(suspect_id)
    status = SuspectStatus(told)
    if wanted not in DECISIONS[status]:
        follow = sorted(each.value for each in DECISIONS[status])
        raise Conflict(
            f"A suspect code that is {status} becomes {' or '.join(follow)}, not {wanted}.",
            f"可疑码现为“{status}”，只能改为 {'、'.join(follow)}，不能改为“{wanted}”。",
        )
    await tx.sql.execute(DECIDE, suspect_id, wanted.value, now, by, note)


def _unknown(suspect_id: int) -> Missing:
    return Missing(f"There is no suspect code {suspect_id}.", f"没有编号为 {suspect_id} 的可疑码。")

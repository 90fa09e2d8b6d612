"""Effectiveness checks in their tables."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from service.db.transaction import Transaction

LAST_DRAW: Final = "SELECT * FROM check_draw WHERE recall_id = $1 ORDER BY number DESC LIMIT 1"
DRAWS: Final = "SELECT * FROM check_draw WHERE recall_id = $1 ORDER BY number"
ADD_DRAW: Final = """
INSERT INTO check_draw (recall_id, number, level, percent, seed, population, drawn, drawn_at, drawn_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
"""
ADD_CHECKS: Final = """
INSERT INTO effectiveness_check (recall_id, recipient_id, draw_id)
SELECT $1, recipient_id, $3 FROM unnest($2::bigint[]) AS drawn (recipient_id)
ON CONFLICT (recall_id, recipient_id) DO NOTHING
"""
LIST: Final = """
SELECT checked.id, checked.recall_id, checked.recipient_id, recipient.role, recipient.party_id,
       coalesce(party.uri, site.uri) AS uri, coalesce(party.name_zh, contact.name, site.name_zh) AS name_zh,
       coalesce(party.name_en, site.name_en) AS name_en, coalesce(party.region, site.region) AS region,
       draw.number AS draw, checked.outcome, checked.method, checked.checked_at, checked.checked_by,
       checked.note, checked.history
FROM effectiveness_check AS checked
JOIN check_draw AS draw ON draw.id = checked.draw_id
JOIN recall_recipient AS recipient ON recipient.id = checked.recipient_id
LEFT JOIN party ON party.id = recipient.party_id
LEFT JOIN recall_contact AS contact ON contact.id = recipient.contact_id
LEFT JOIN site ON site.id = recipient.site_id
WHERE checked.recall_id = $1 AND checked.id > $2 AND ($3::boolean IS NULL OR (checked.outcome IS NULL) = $3)
  AND ($5::bigint IS NULL OR checked.id = $5)
ORDER BY checked.id LIMIT $4
"""
COUNTS: Final = """
SELECT count(*) AS drawn, count(outcome) AS done,
       count(*) FILTER (WHERE outcome = 'effective') AS effective,
       count(*) FILTER (WHERE outcome IN ('not_notified', 'not_acted', 'not_reached')) AS not_effective,
       count(*) FILTER (WHERE outcome = 'out_of_business') AS out_of_business
FROM effectiveness_check WHERE recall_id = $1
"""
RECORD: Final = """
-- What was recorded before goes to the history.
UPDATE effectiveness_check
SET history = CASE WHEN outcome IS NULL THEN history ELSE history || jsonb_build_object(
        'outcome', outcome, 'method', method, 'checked_at', checked_at, 'checked_by', checked_by,
        'note', note)
    END,
    outcome = $3, method = $4, checked_at = $5, checked_by = $6, note = $7
WHERE recall_id = $1 AND id = $2 RETURNING id
"""


async def last_draw(tx: Transaction, recall_id: int) -> dict[str, Any] | None:
    """The latest draw of a case."""
    row = await tx.sql.fetchrow(LAST_DRAW, recall_id)
    return None if row is None else dict(row)


async def list_draws(tx: Transaction, recall_id: int) -> list[dict[str, Any]]:
    """Every draw of a case."""
    return [dict(row) for row in await tx.sql.fetch(DRAWS, recall_id)]


async def add_draw(
    tx: Transaction,
    recall_id: int,
    number: int,
    level: str,
    percent: Decimal,
    seed: str,
    population: Sequence[int],
    drawn: Sequence[int],
    *,
    now: datetime,
    by: str,
) -> None:
    """Keep a draw and whom it drew; who was drawn before stays as they are."""
    draw_id = await tx.sql.fetchval(
        ADD_DRAW, recall_id, number, level, percent, seed, population, len(drawn), now, by
    )
    await tx.sql.execute(ADD_CHECKS, recall_id, drawn, draw_id)


async def list_checks(
    tx: Transaction,
    recall_id: int,
    *,
    after: int,
    limit: int,
    open_ones: bool | None,
    only: int | None = None,
) -> list[dict[str, Any]]:
    """Checks in the order they were drawn. `open_ones`: those without (or, False, with) an outcome."""
    return [dict(row) for row in await tx.sql.fetch(LIST, recall_id, after, open_ones, limit, only)]


async def count_checks(tx: Transaction, recall_id: int) -> dict[str, int]:
    """How many were drawn, done, and found effective or not."""
    row = await tx.sql.fetchrow(COUNTS, recall_id)
    assert row is not None
    return dict(row)


async def record(
    tx: Transaction,
    recall_id: int,
    check_id: int,
    *,
    outcome: str,
    method: str,
    at: datetime,
    by: str,
    note: str | None,
) -> bool:
    """Write an outcome down; whether there is such a check."""
    return await tx.sql.fetchval(RECORD, recall_id, check_id, outcome, method, at, by, note) is not None

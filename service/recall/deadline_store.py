"""Deadlines of cases in their table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from service.db.transaction import Transaction
from service.recall.deadlines import Deadline

ADD: Final = """
INSERT INTO recall_deadline (recall_id, rule, occurrence, document, title_zh, title_en, clause, certainty,
    since_at, due_at, fallback_calendar)
SELECT $1, * FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[], $11::boolean[])
ON CONFLICT DO NOTHING
"""
FORGET_OPEN: Final = """
-- What is neither met nor ended: its clock is about to be set anew.
DELETE FROM recall_deadline WHERE recall_id = $1 AND met_at IS NULL AND ended_at IS NULL
"""
LIST: Final = """
SELECT rule, occurrence, document, title_zh, title_en, clause, certainty, since_at, due_at, fallback_calendar,
    met_at, met_by, ended_at, note
FROM recall_deadline WHERE recall_id = $1 ORDER BY due_at, rule, occurrence
"""
MEET: Final = """
-- Of each rule that the document meets, what was due first and is still open.
UPDATE recall_deadline SET met_at = $3, met_by = $4, note = coalesce($5, note)
FROM (
    SELECT DISTINCT ON (rule) rule, occurrence FROM recall_deadline
    WHERE recall_id = $1 AND document = $2 AND met_at IS NULL AND ended_at IS NULL
    ORDER BY rule, occurrence
) AS first
WHERE recall_id = $1 AND recall_deadline.rule = first.rule AND recall_deadline.occurrence = first.occurrence
RETURNING recall_deadline.rule, recall_deadline.occurrence
"""
END: Final = """
-- $3: rules of which what is not due yet ends; null: all that is open ends.
UPDATE recall_deadline SET ended_at = $2
WHERE recall_id = $1 AND met_at IS NULL AND ended_at IS NULL
  AND ($3::text[] IS NULL OR (rule = ANY($3) AND due_at > $2))
"""
BOARD: Final = """
-- $1: due by then; $2: the page begins after this key; $6: at most so many
SELECT recall.id AS recall_id, recall.number, recall.title_zh, recall.title_en, recall.hazard_class,
    recall.kind, recall.status, recall.profile, recall.responsible_party_id, party.name_zh AS party_name_zh,
    party.name_en AS party_name_en, deadline.rule, deadline.occurrence, deadline.document,
    deadline.title_zh AS due_zh, deadline.title_en AS due_en, deadline.clause, deadline.certainty,
    deadline.since_at, deadline.due_at, deadline.fallback_calendar
FROM recall_deadline AS deadline
JOIN recall ON recall.id = deadline.recall_id
LEFT JOIN party ON party.id = recall.responsible_party_id
WHERE deadline.met_at IS NULL AND deadline.ended_at IS NULL AND deadline.due_at <= $1
  AND (deadline.due_at, deadline.recall_id, deadline.rule, deadline.occurrence)
        > ($2::timestamptz, $3::bigint, $4::text, $5::int)
ORDER BY deadline.due_at, deadline.recall_id, deadline.rule, deadline.occurrence
LIMIT $6
"""


async def add_deadlines(tx: Transaction, recall_id: int, deadlines: Iterable[Deadline]) -> None:
    """Write deadlines down; those that stand already stay as they are."""
    columns: list[list[Any]] = [[] for _ in range(10)]
    for deadline in deadlines:
        rule = deadline.rule
        values = (
            rule.name,
            deadline.occurrence,
            rule.document,
            rule.title_zh,
            rule.title_en,
            rule.clause,
            rule.certainty,
            deadline.since,
            deadline.due.at,
            deadline.due.fallback,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    if columns[0]:
        await tx.sql.execute(ADD, recall_id, *columns)


async def forget_open(tx: Transaction, recall_id: int) -> None:
    """Take away what is open, before its clocks are set anew."""
    await tx.sql.execute(FORGET_OPEN, recall_id)


async def list_deadlines(tx: Transaction, recall_id: int) -> list[dict[str, Any]]:
    """All deadlines of a case, what is due first first."""
    return [dict(row) for row in await tx.sql.fetch(LIST, recall_id)]


async def meet(
    tx: Transaction, recall_id: int, document: str, *, at: datetime, by: str, note: str | None
) -> list[tuple[str, int]]:
    """Mark as met what a document meets: (rule, occurrence) of each."""
    rows = await tx.sql.fetch(MEET, recall_id, document, at, by, note)
    return [(row["rule"], row["occurrence"]) for row in rows]


async def end(tx: Transaction, recall_id: int, *, at: datetime, rules: Sequence[str] | None = None) -> None:
    """End what is open: all of it, or what of these rules is not due yet."""
    await tx.sql.execute(END, recall_id, at, rules)


async def list_board(
    tx: Transaction, until: datetime, after: tuple[datetime, int, str, int], limit: int
) -> list[dict[str, Any]]:
    """Open deadlines of all cases that are due by `until`, what is due first first."""
    return [dict(row) for row in await tx.sql.fetch(BOARD, until, *after, limit)]

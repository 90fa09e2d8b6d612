"""Filed documents in their table."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from service.db.transaction import Transaction

NEXT_NUMBER: Final = """
SELECT coalesce(max(number), 0) + 1 FROM filed_report WHERE recall_id = $1 AND document = $2
"""
INSERT: Final = """
INSERT INTO filed_report (recall_id, document, number, profile, since_at, until_at, content, content_sha256,
                          pdf, pdf_sha256, filed_at, filed_by, note)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13) RETURNING id
"""
FIND: Final = """
SELECT id, recall_id, document, number, profile, since_at, until_at, content, content_sha256, pdf_sha256,
       filed_at, filed_by, note
FROM filed_report WHERE recall_id = $1 AND id = $2
"""
PDF: Final = "SELECT document, number, pdf FROM filed_report WHERE recall_id = $1 AND id = $2"
LIST: Final = """
SELECT id, recall_id, document, number, profile, since_at, until_at, content_sha256, pdf_sha256, filed_at,
       filed_by, note
FROM filed_report
WHERE recall_id = $1 AND id > $2 AND ($4::text IS NULL OR document = $4) ORDER BY id LIMIT $3
"""


async def next_number(tx: Transaction, recall_id: int, document: str) -> int:
    """The number of the next document of this kind in the case."""
    return int(await tx.sql.fetchval(NEXT_NUMBER, recall_id, document))


async def insert_report(tx: Transaction, row: Mapping[str, Any]) -> int:
    """Keep a filed document; `row` has the columns in the order of `INSERT`. Its id."""
    values = [
        msgspec.json.encode(value).decode() if name == "content" else value for name, value in row.items()
    ]
    return int(await tx.sql.fetchval(INSERT, *values))


async def find_report(tx: Transaction, recall_id: int, report_id: int) -> dict[str, Any] | None:
    """A filed document with its content, without its PDF."""
    row = await tx.sql.fetchrow(FIND, recall_id, report_id)
    return None if row is None else dict(row)


async def find_pdf(tx: Transaction, recall_id: int, report_id: int) -> dict[str, Any] | None:
    """The PDF of a filed document, and which it is."""
    row = await tx.sql.fetchrow(PDF, recall_id, report_id)
    return None if row is None else dict(row)


async def list_reports(
    tx: Transaction, recall_id: int, *, after: int, limit: int, document: str | None
) -> list[dict[str, Any]]:
    """Filed documents in the order they were filed, without content."""
    return [dict(row) for row in await tx.sql.fetch(LIST, recall_id, after, limit, document)]

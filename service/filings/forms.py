"""A record as it is handed over: JSON and CSV as it is read, a workbook once it is whole.

Every form holds the same rows. What records lack is left empty, and counted by party: the second sheet of a
workbook, `missing` in JSON; a CSV is one table and has the rows alone.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import IO, Any, Final, Protocol

import msgspec

from service.db.transaction import Transaction
from service.filings.places import both_names
from service.filings.registry_rows import RegistryRows
from service.workbooks.book import MEDIA_TYPE, Workbook
from service.workbooks.cells import Cell, as_text, csv_head, csv_lines

MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": MEDIA_TYPE,
}
MISSING_SHEET: Final = "missing 缺失"
MISSING_TITLES: Final = {
    "party": "Party 主体",
    "party_uri": "Party URI 主体标识",
    "about": "Event or direction 事件或方向",
    "data_element": "Missing data element 缺失项",
    "rows": "Rows 行数",
}


class Record(Protocol):
    """What can be handed over. `missing`: (party id, what it is about, what is missing) -> rows."""

    registry: RegistryRows
    missing: Counter[tuple[int | None, str, str]]

    def rows(self, tx: Transaction) -> AsyncIterator[Sequence[tuple[Cell, ...]]]:
        """All rows, some at a time."""


def missing_rows(record: Record) -> list[tuple[Cell, ...]]:
    """What records lack, by party, most frequent first; columns are those of `MISSING_TITLES`."""
    found: list[tuple[Cell, ...]] = []
    for (party, about, element), rows in record.missing.items():
        row: Mapping[str, Any] = record.registry.parties.get(party or 0, {})
        name = (both_names(row) or row["uri"]) if row else "unknown 未知"
        found.append((name, row.get("uri"), about, element, rows))
    found.sort(key=lambda row: (str(row[0]), str(row[1]), -int(str(row[4])), str(row[2]), str(row[3])))
    return found


async def as_csv(tx: Transaction, record: Record, columns: Mapping[str, str]) -> AsyncIterator[str]:
    """Lines of CSV, titles first."""
    yield csv_head(list(columns.values()))
    async for rows in record.rows(tx):
        yield csv_lines(rows)


async def as_json(tx: Transaction, record: Record, columns: Mapping[str, str]) -> AsyncIterator[bytes]:
    """`{"rows": [{…}], "missing": [{…}]}`: quantities are texts, days are YYYY-MM-DD."""
    yield b'{"rows":['
    comma = b""
    async for rows in record.rows(tx):
        if rows:
            told = [dict(zip(columns, map(_json_value, row), strict=True)) for row in rows]
            yield comma + msgspec.json.encode(told)[1:-1]
            comma = b","
    missing = [dict(zip(MISSING_TITLES, row, strict=True)) for row in missing_rows(record)]
    yield b'],"missing":' + msgspec.json.encode(missing) + b"}"


def _json_value(cell: Cell) -> str | None:
    return cell if cell is None or isinstance(cell, str) else as_text(cell)


async def as_workbook(tx: Transaction, record: Record, columns: Mapping[str, str], sheet: str) -> IO[bytes]:
    """The workbook, written to disk as it is read: a temporary file at its start, for the caller to close."""
    with Workbook.on_disk() as book:
        book.sheet(sheet, list(columns.values()))
        async for rows in record.rows(tx):
            await asyncio.to_thread(book.rows, rows)
        book.sheet(MISSING_SHEET, list(MISSING_TITLES.values()))
        book.rows(missing_rows(record))
        return await asyncio.to_thread(book.finish)

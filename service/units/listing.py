"""Registered serial numbers on their way out: pages, and streams of any length in short transactions.

A stream holds no connection between its pages: who reads slowly keeps nobody waiting.
"""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self
from urllib.parse import unquote

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.registry import links
from service.units.schemas import Serial
from service.workbooks.cells import BYTE_ORDER_MARK, harmless

Form = Literal["ndjson", "csv", "text"]

#: Rows of one page of a stream.
STREAMED_AT_ONCE: Final = 5_000

# In the order of registration, so that what is registered while somebody turns pages comes at the end.
# A unit known by a drug code alone has no serial number.
LIST_SERIALS: Final = """
SELECT id, uri, registration_id FROM unit
WHERE registered_batch_id = $1 AND NOT starts_with(uri, 'urn:')
  AND (registration_id, id) > (coalesce((SELECT registration_id FROM unit WHERE id = $2), 0), $2)
ORDER BY registration_id, id LIMIT $3
"""
LIST_OF_REGISTRATION: Final = """
SELECT id, uri, registration_id FROM unit
WHERE registered_batch_id = $1 AND registration_id = $4 AND id > $2 AND NOT starts_with(uri, 'urn:')
ORDER BY id LIMIT $3
"""
COUNT_SERIALS: Final = """
SELECT count(*) AS count, coalesce(max(length(uri)), 0) AS longest FROM unit
WHERE registered_batch_id = $1 AND NOT starts_with(uri, 'urn:')
"""
COUNT_OF_REGISTRATION: Final = """
SELECT count(*) AS count, coalesce(max(length(uri)), 0) AS longest FROM unit
WHERE registered_batch_id = $1 AND registration_id = $2 AND NOT starts_with(uri, 'urn:')
"""


@dataclass(frozen=True, slots=True)
class UnitLinks:
    """The links on the packs of one batch. `batch`: its own; `start`: what the escaped serial number of a
    unit follows. A unit's link carries the lot: a recall is found even for a serial that nobody knows.
    """

    batch: str
    start: str

    @classmethod
    def of_batch(cls, batch: Mapping[str, Any]) -> Self:
        """`batch`: a row of `registry.batches.fetch_batch`, of a lot that has links."""
        link = links.digital_link(batch["gtin"], batch["product_uri"], batch["lot"])
        assert link is not None
        return cls(link, link + ("/21/" if batch["gtin"] is not None else "/unit/"))

    def of_unit(self, uri: str) -> str:
        """The link of the unit with this canonical URI."""
        return self.start + escaped_serial(uri)


def escaped_serial(uri: str) -> str:
    """The serial number as it stands at the end of a unit's URI."""
    return uri[uri.rindex("/") + 1 :]


async def count_serials(tx: Transaction, batch_id: int, registration: int | None) -> tuple[int, int]:
    """How many units are registered with the batch, and the length of the longest URI among them."""
    if registration is None:
        row = await tx.sql.fetchrow(COUNT_SERIALS, batch_id)
    else:
        row = await tx.sql.fetchrow(COUNT_OF_REGISTRATION, batch_id, registration)
    assert row is not None
    return row["count"], row["longest"]


async def list_serials(
    tx: Transaction, batch_id: int, after: int, registration: int | None, limit: int
) -> list[dict[str, Any]]:
    """Up to `limit` units that are registered with the batch, after this id: id, uri, registration_id."""
    if registration is None:
        rows = await tx.sql.fetch(LIST_SERIALS, batch_id, after, limit)
    else:
        rows = await tx.sql.fetch(LIST_OF_REGISTRATION, batch_id, after, limit, registration)
    return [dict(row) for row in rows]


def shown(row: Mapping[str, Any], on_packs: UnitLinks) -> Serial:
    """One row as an answer."""
    uri = row["uri"]
    return Serial(
        serial=unquote(escaped_serial(uri)),
        uri=uri,
        digital_link=on_packs.of_unit(uri),
        registration=row["registration_id"],
    )


async def serial_pages(
    engine: AsyncEngine, batch_id: int, registration: int | None, after: int = 0
) -> AsyncIterator[list[dict[str, Any]]]:
    """All of them, page by page."""
    while True:
        async with transaction(engine, snapshot=True) as tx:
            rows = await list_serials(tx, batch_id, after, registration, STREAMED_AT_ONCE)
        if rows:
            yield rows
        if len(rows) < STREAMED_AT_ONCE:
            return
        after = rows[-1]["id"]


async def stream(
    form: Form, pages: AsyncIterator[list[dict[str, Any]]], on_packs: UnitLinks
) -> AsyncIterator[bytes]:
    """The pages as newline-delimited JSON, as CSV, or as text (the serial numbers alone)."""
    if form == "csv":
        yield (BYTE_ORDER_MARK + ",".join(Serial.model_fields) + "\r\n").encode()
    async for rows in pages:
        yield _written(form, [shown(row, on_packs) for row in rows])


def _written(form: Form, serials: Sequence[Serial]) -> bytes:
    if form == "ndjson":
        return b"".join(msgspec.json.encode(serial.model_dump()) + b"\n" for serial in serials)
    if form == "csv":
        buffer = io.StringIO()
        rows = ((harmless(value) for value in serial.model_dump().values()) for serial in serials)
        csv.writer(buffer).writerows(rows)
        return buffer.getvalue().encode()
    return "".join(f"{serial.serial}\n" for serial in serials).encode()

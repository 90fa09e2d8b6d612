"""Serial numbers registered in bulk.

What the service makes itself, drawn serials and ranges, goes straight into the table of units. Lists go by
COPY into a table of their own and from there by one INSERT, and so do ranges of which something is there.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from service import clock
from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing, Unavailable
from service.identifiers.kinds import escape
from service.registry.batches import fetch_batch
from service.registry.links import is_minted_product
from service.units.entering import ATTEMPTS, enter_new, enter_staged, enter_units
from service.units.intake import PROBLEMS_MOST, Intake, numbered, too_many
from service.units.serial_numbers import (
    ALLOTTED_OCTETS,
    SERIALS_MOST,
    allotted,
    check_range,
    in_order,
    serials_between,
    start_of_units,
)

#: Serials that are written by one statement.
WRITTEN_AT_ONCE: Final = 10_000

INSERT_REGISTRATION: Final = """
INSERT INTO serial_registration (batch_id, kind, registered, registered_at, registered_by)
VALUES ($1, $2, 0, $3, $4) RETURNING id
"""
COUNT_REGISTERED: Final = "UPDATE serial_registration SET registered = $2 WHERE id = $1"
MAKE_ROOM: Final = "CREATE TEMP TABLE registered_line (line bigint, uri text, code text) ON COMMIT DROP"
FORGET_LINES: Final = "DROP TABLE registered_line"
MORE_MEMORY: Final = "SET LOCAL work_mem = '64MB'"

OF_OTHER_BATCHES: Final = """
SELECT line.line, line.uri, unit.registered_batch_id AS batch_id, count(*) OVER () AS refused
FROM registered_line AS line JOIN unit USING (uri)
WHERE unit.registered_batch_id <> $1
  -- The second name of a line with a drug code and a serial.
  AND NOT (line.code IS NULL AND starts_with(line.uri, 'urn:'))
ORDER BY line.line LIMIT $2
"""

RegistrationKind = Literal["allotted", "range", "list", "drug_codes"]
Rows = Callable[[Iterable[tuple[int, str]]], Iterator[str]]
Entries = AsyncIterator[list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration did. `registered`: units that are registered by it; `repeated`: entries that were
    registered with this batch before, or stand twice in the list; `refused`: all others, of which `problems`
    tells the first.
    """

    id: int
    batch_id: int
    kind: RegistrationKind
    registered: int
    repeated: int
    refused: int
    problems: list[Fault]


async def register_list(tx: Transaction, batch_id: int, entries: Entries, *, by: str) -> Registered:
    """Register serial numbers that the producer has given out. Raises `Malformed` if none is good."""
    intake = Intake(await fetch_start(tx, batch_id))
    registration = await open_registration(tx, batch_id, "list", by=by)
    return await _register_staged(tx, registration, batch_id, "list", entries, intake)


async def register_range(
    tx: Transaction, batch_id: int, prefix: str, first: str, last: str, *, by: str
) -> Registered:
    """Register `{prefix}{first}` to `{prefix}{last}`, digits at a fixed width."""
    count = check_range(prefix, first, last)
    if count > SERIALS_MOST:
        raise too_many()
    start = await fetch_start(tx, batch_id)
    registration = await open_registration(tx, batch_id, "range", by=by)
    # Sorted as text too: the digits have one width.
    serials = serials_between(escape(prefix), first, last)
    made = await enter_new(tx, batch_id, registration, start, _in_pieces(serials))
    if made is not None:
        return await _all_new(tx, registration, batch_id, "range", made)
    entries = numbered(serials_between(prefix, first, last))
    return await _register_staged(tx, registration, batch_id, "range", entries, Intake(start))


async def allot(tx: Transaction, batch_id: int, count: int, *, by: str) -> Registered:
    """Register so many new serial numbers, each of 80 random bits. Should one of them be taken, which would
    take 2^40 serials of one product, all are drawn anew.
    """
    start = await fetch_start(tx, batch_id)
    registration = await open_registration(tx, batch_id, "allotted", by=by)
    for _ in range(ATTEMPTS):
        random = await asyncio.to_thread(in_order, secrets.token_bytes(ALLOTTED_OCTETS * count))
        made = await enter_new(tx, batch_id, registration, start, _written(random))
        if made is not None:
            return await _all_new(tx, registration, batch_id, "allotted", made)
    raise Unavailable(
        "No serial numbers could be drawn that are not taken; nothing was registered, try again.",
        "未能抽取到未被占用的序列号，未登记任何内容，请重试。",
    )


async def _written(random: bytes) -> AsyncIterator[list[str]]:
    for at in range(0, len(random), ALLOTTED_OCTETS * WRITTEN_AT_ONCE):
        yield allotted(random[at : at + ALLOTTED_OCTETS * WRITTEN_AT_ONCE])


async def _in_pieces(serials: Iterator[str]) -> AsyncIterator[list[str]]:
    while some := list(islice(serials, WRITTEN_AT_ONCE)):
        yield some


async def fetch_start(tx: Transaction, batch_id: int) -> str:
    """What the URIs of the batch's units begin with. Raises `Missing`, `Conflict`."""
    batch = await fetch_batch(tx, batch_id)
    if batch["of_one"] or batch["lot"] is None:
        raise Missing(
            f"Batch {batch_id} ({batch['uri']}) is no lot: serial numbers are registered with a lot.",
            f"编号 {batch_id}（{batch['uri']}）不是批次：序列号须登记在批号之下。",
        )
    product: str | None = batch["product_uri"]
    minted_here = product is not None and is_minted_product(product)
    return start_of_units(batch["gtin"], product, batch_id, minted_here=minted_here)


async def _register_staged(
    tx: Transaction,
    registration: int,
    batch_id: int,
    kind: RegistrationKind,
    entries: Entries,
    intake: Intake,
) -> Registered:
    await stage(tx, entries, intake.serial_rows)
    require_good(intake)
    refused, registered = 0, await enter_staged(tx, batch_id, registration, len(intake.start))
    if registered is None:
        registered = await enter_units(tx, batch_id, registration, intake.rows)
        refused = await of_other_batches(tx, batch_id, intake)
    return await close_registration(tx, registration, batch_id, kind, intake, registered, refused)


async def _all_new(
    tx: Transaction, registration: int, batch_id: int, kind: RegistrationKind, made: int
) -> Registered:
    await tx.sql.execute(COUNT_REGISTERED, registration, made)
    return Registered(registration, batch_id, kind, made, 0, 0, [])


async def open_registration(tx: Transaction, batch_id: int, kind: RegistrationKind, *, by: str) -> int:
    """The id of a registration that begins."""
    opened: int = await tx.sql.fetchval(INSERT_REGISTRATION, batch_id, kind, clock.now(), by)
    return opened


async def stage(tx: Transaction, entries: Entries, rows: Rows) -> None:
    """COPY the rows that `rows` makes of the entries into `registered_line`."""
    await tx.sql.execute(MAKE_ROOM)
    await tx.sql.copy_to_table(
        "registered_line", source=_pieces(entries, rows), columns=("line", "uri", "code"), format="text"
    )
    await tx.sql.execute(MORE_MEMORY)


def require_good(intake: Intake) -> None:
    """Raises `Malformed` when there is nothing to register."""
    if intake.good:
        return
    if intake.problems:
        raise Malformed("No line can be registered.", "没有可登记的行。", intake.problems)
    raise Malformed.field("body", "", "There is no line to register.", "没有要登记的内容。", "serial:none")


async def of_other_batches(tx: Transaction, batch_id: int, intake: Intake) -> int:
    """How many lines name units that are registered with other batches; the first become problems."""
    rows = await tx.sql.fetch(OF_OTHER_BATCHES, batch_id, PROBLEMS_MOST)
    intake.problems.extend(map(_of_other_batch, rows))
    return rows[0]["refused"] if rows else 0


async def close_registration(
    tx: Transaction,
    registration: int,
    batch_id: int,
    kind: RegistrationKind,
    intake: Intake,
    registered: int,
    refused: int,
) -> Registered:
    """Write down what came of it. `refused`: good lines that cannot be registered for all that."""
    await tx.sql.execute(COUNT_REGISTERED, registration, registered)
    await tx.sql.execute(FORGET_LINES)
    return Registered(
        registration,
        batch_id,
        kind,
        registered,
        intake.good - registered - refused,
        intake.refused + refused,
        intake.problems[:PROBLEMS_MOST],
    )


async def _pieces(entries: Entries, rows: Rows) -> AsyncIterator[bytes]:
    async for some in entries:
        yield "".join(rows(some)).encode("ascii")


def _of_other_batch(row: Any) -> Fault:
    return Fault(
        f"line {row['line']}",
        row["uri"],
        f"This serial number is registered with another batch, {row['batch_id']}.",
        f"该序列号已登记在另一批次 {row['batch_id']} 之下。",
        "serial:other-batch",
    )

"""Serial numbers registered in bulk: by COPY into a table of their own, then by one INSERT.

A unit that events have named before keeps its row and counts for the registered batch from now on. That
changes what many events say at once, so it is done with the ledger alone; for newcomers, which no event has
named, no lock on the ledger is needed.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from service import clock
from service.db.transaction import Transaction
from service.errors import Fault, Malformed, Missing, Unavailable
from service.ledger.locks import own_ledger
from service.ledger.registration import count_as_registered
from service.registry.batches import fetch_batch
from service.registry.links import is_minted_product
from service.units.intake import PROBLEMS_MOST, Intake, numbered
from service.units.serial_numbers import (
    ALLOTTED_OCTETS,
    allotted,
    check_range,
    serials_between,
    start_of_units,
)

#: Serials drawn at once.
DRAWN_AT_ONCE: Final = 10_000

INSERT_REGISTRATION: Final = """
INSERT INTO serial_registration (batch_id, kind, registered, registered_at, registered_by)
VALUES ($1, $2, 0, $3, $4) RETURNING id
"""
COUNT_REGISTERED: Final = "UPDATE serial_registration SET registered = $2 WHERE id = $1"
MAKE_ROOM: Final = "CREATE TEMP TABLE registered_line (line bigint, uri text, code text) ON COMMIT DROP"
FORGET_LINES: Final = "DROP TABLE registered_line"
#: Rows are sorted, so that two registrations of the same serials wait for each other and never in a circle.
MORE_MEMORY: Final = "SET LOCAL work_mem = '64MB'"
#: How often a registration is begun anew after PostgreSQL chose it to end a deadlock.
ATTEMPTS: Final = 10

INSERT_UNITS: Final = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT uri, $1::bigint, $1::bigint, $2::bigint FROM registered_line ORDER BY uri
ON CONFLICT (uri) DO NOTHING
"""
NAMED_BEFORE: Final = """
SELECT EXISTS (
    SELECT FROM registered_line JOIN unit USING (uri) WHERE registered_batch_id IS NULL
)
"""
REGISTER_NAMED: Final = """
UPDATE unit SET registered_batch_id = $1, registration_id = $2
FROM registered_line AS line
WHERE unit.uri = line.uri AND unit.registered_batch_id IS NULL
RETURNING unit.id
"""
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


class _NamedBefore(Exception):
    """Events have named some of the units."""


async def register_list(tx: Transaction, batch_id: int, entries: Entries, *, by: str) -> Registered:
    """Register serial numbers that the producer has given out. Raises `Malformed` if none is good."""
    intake = Intake(await fetch_start(tx, batch_id))
    return await _register(tx, batch_id, "list", entries, intake, by=by)


async def register_range(
    tx: Transaction, batch_id: int, prefix: str, first: str, last: str, *, by: str
) -> Registered:
    """Register `{prefix}{first}` to `{prefix}{last}`, digits at a fixed width."""
    check_range(prefix, first, last)
    intake = Intake(await fetch_start(tx, batch_id))
    entries = numbered(serials_between(prefix, first, last))
    return await _register(tx, batch_id, "range", entries, intake, by=by)


async def allot(tx: Transaction, batch_id: int, count: int, *, by: str) -> Registered:
    """Register so many new serial numbers, each of 80 random bits."""
    intake = Intake(await fetch_start(tx, batch_id))
    return await _register(tx, batch_id, "allotted", numbered(_drawn(count)), intake, by=by)


def _drawn(count: int) -> Iterator[str]:
    """Distinct random serials. One that is taken already would take 2^40 serials of one product to turn up:
    the answer would count it as repeated, and one label would be missing, never double.
    """
    for start in range(0, count, DRAWN_AT_ONCE):
        yield from allotted(secrets.token_bytes(ALLOTTED_OCTETS * min(DRAWN_AT_ONCE, count - start)))


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


async def _register(
    tx: Transaction, batch_id: int, kind: RegistrationKind, entries: Entries, intake: Intake, *, by: str
) -> Registered:
    registration = await open_registration(tx, batch_id, kind, by=by)
    await stage(tx, entries, intake.serial_rows)
    require_good(intake)
    registered = await enter_units(tx, batch_id, registration, intake.rows)
    refused = await of_other_batches(tx, batch_id, intake) if registered < intake.good else 0
    return await close_registration(tx, registration, batch_id, kind, intake, registered, refused)


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


async def enter_units(tx: Transaction, batch_id: int, registration: int, rows: int) -> int:
    """Make the units of `registered_line`, or find those that events have named; how many are registered now
    that were not before. `rows`: of the table.
    """
    alone = False
    for _ in range(ATTEMPTS):
        try:
            async with tx.sql.transaction():
                if alone:
                    return await _insert_and_rename(tx, batch_id, registration)
                return await _insert_newcomers(tx, batch_id, registration, rows)
        except _NamedBefore:
            # Begun anew: to wait for captures while they wait for what was inserted would be a circle.
            alone = True
        except asyncpg.DeadlockDetectedError:
            continue
    raise Unavailable(
        "Captures of the same units are in the way; nothing was registered, try again.",
        "同一批单件的采集正在进行，未登记任何内容，请重试。",
    )


async def _insert_and_rename(tx: Transaction, batch_id: int, registration: int) -> int:
    await own_ledger(tx)
    made = await _insert(tx, batch_id, registration)
    named = [row["id"] for row in await tx.sql.fetch(REGISTER_NAMED, batch_id, registration)]
    await count_as_registered(tx, named)
    return made + len(named)


async def _insert_newcomers(tx: Transaction, batch_id: int, registration: int, rows: int) -> int:
    made = await _insert(tx, batch_id, registration)
    if made < rows and await tx.sql.fetchval(NAMED_BEFORE):
        raise _NamedBefore
    return made


async def _insert(tx: Transaction, batch_id: int, registration: int) -> int:
    return int((await tx.sql.execute(INSERT_UNITS, batch_id, registration)).rpartition(" ")[2])


def _of_other_batch(row: Any) -> Fault:
    return Fault(
        f"line {row['line']}",
        row["uri"],
        f"This serial number is registered with another batch, {row['batch_id']}.",
        f"该序列号已登记在另一批次 {row['batch_id']} 之下。",
        "serial:other-batch",
    )

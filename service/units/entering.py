"""Units entered in their table by the million.

Nearly always all of them are new. So they are written first as if they were, which costs half of a row-by-row
look for those that are there; if one is, nothing is kept, and they are entered again with that look.

A unit that events have named before keeps its row and counts for the registered batch from now on. That
changes what many events say at once, so it is done with the ledger alone; for newcomers, which no event has
named, no lock on the ledger is needed.
"""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from service.db.transaction import Transaction
from service.errors import Unavailable
from service.ledger.locks import own_ledger
from service.ledger.registration import count_as_registered

#: How often a registration is begun anew after PostgreSQL chose it to end a deadlock.
ATTEMPTS: Final = 10

# Serials as lines of one text: that costs less on the way than an array of them.
INSERT_SERIALS: Final = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT $1::text || serial, $2::bigint, $2::bigint, $3::bigint FROM string_to_table($4, E'\\n') AS serial
"""
# Rows are sorted, so that two registrations of the same serials wait for each other and never in a circle.
# All URIs begin alike: compared from where they differ, they are sorted in half of the time.
INSERT_NEW: Final = """
INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
SELECT uri, $1::bigint, $1::bigint, $2::bigint FROM registered_line ORDER BY substr(uri, $3) COLLATE "C"
"""
INSERT_NEW_WITH_CODES: Final = """
WITH made AS (
    INSERT INTO unit (uri, batch_id, registered_batch_id, registration_id)
    SELECT uri, $1::bigint, $1::bigint, $2::bigint FROM registered_line ORDER BY substr(uri, $3) COLLATE "C"
    RETURNING id, uri
)
INSERT INTO drug_code (code, batch_id, unit_id, level, registration_id)
SELECT line.code, $1::bigint, made.id, 1, $2::bigint
FROM registered_line AS line JOIN made USING (uri)
WHERE line.code IS NOT NULL ORDER BY line.code
"""
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


class _NamedBefore(Exception):
    """Events have named some of the units."""


async def enter_new(
    tx: Transaction, batch_id: int, registration: int, start: str, pieces: AsyncIterator[list[str]]
) -> int | None:
    """Write units straight into their table: how many, or None if one of them is there already, and then none
    was written. `start`: of their URIs; `pieces`: their escaped serials, sorted.
    """
    made = 0
    try:
        async with tx.sql.transaction():
            async for serials in pieces:
                if serials:
                    await tx.sql.execute(INSERT_SERIALS, start, batch_id, registration, "\n".join(serials))
                    made += len(serials)
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
        return None
    return made


async def enter_staged(
    tx: Transaction, batch_id: int, registration: int, shared: int, *, codes: bool = False
) -> int | None:
    """Make the units of `registered_line`, and with `codes` the drug codes on them: how many (of codes, if
    those are wanted), or None if something is there already or stands twice, and then nothing was written.
    `shared`: characters that all of the URIs begin with.
    """
    statement = INSERT_NEW_WITH_CODES if codes else INSERT_NEW
    try:
        async with tx.sql.transaction():
            return _count(await tx.sql.execute(statement, batch_id, registration, shared + 1))
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
        return None


async def enter_units(tx: Transaction, batch_id: int, registration: int, rows: int) -> int:
    """Make those units of `registered_line` that are not there, and find those that events have named; how
    many are registered now that were not before. `rows`: of the table.
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
    return _count(await tx.sql.execute(INSERT_UNITS, batch_id, registration))


def _count(done: str) -> int:
    """The rows that a statement's tag tells: `INSERT 0 3`."""
    return int(done.rpartition(" ")[2])

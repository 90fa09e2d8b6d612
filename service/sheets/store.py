"""Uploads in and out of their tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import asyncpg
import msgspec

from service.auth.caller import Caller
from service.auth.permissions import Permission, Role
from service.db.rows import insert_rows
from service.db.transaction import Transaction
from service.identifiers.plain_text import without_strangers
from service.sheets.tables import ImportFault

KEEP_FILE: Final = """
INSERT INTO import_file (sha256, size, content, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
INSERT: Final = """
INSERT INTO sheet_import (party_id, caller, file_sha256, file_name, zone, choices, state, task, keep, turn,
    created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 'check', $7, 1, $8, $8)
RETURNING id
"""
# $1: one of them; $2: before this one; $3: of this party. In whose name it is done is not told.
LIST: Final = """
SELECT id, party_id, file_name, file_sha256, zone, state, keep AS store, rows, rows_checked, rows_faulty,
    rows_stored, rows_known, events_stored, faults, sheets::text, failure::text, created_at, updated_at
FROM sheet_import
WHERE ($1::bigint IS NULL OR id = $1) AND ($2::bigint IS NULL OR id < $2)
  AND ($3::bigint IS NULL OR party_id = $3)
ORDER BY id DESC LIMIT $4
"""
FAULTS: Final = """
SELECT number, sheet, row, at, "column", field, value, message, message_zh, rule FROM import_fault
WHERE import_id = $1 AND number > $2 ORDER BY number LIMIT $3
"""
# Asked while nothing is under way: the second of two clicks finds that it is.
CHECK_AGAIN: Final = """
UPDATE sheet_import SET choices = $2, caller = $3, state = 'waiting', task = 'check', keep = NULL,
    failure = NULL, attempts = 0, turn = turn + 1, updated_at = $4
WHERE id = $1 AND task IS NULL AND state <> 'stored'
RETURNING id
"""
STORE: Final = """
UPDATE sheet_import SET keep = $2, caller = $3, state = 'storing', task = 'store', failure = NULL,
    attempts = 0, turn = turn + 1, updated_at = $4
WHERE id = $1 AND task IS NULL AND state IN ('checked', 'failed') AND (faults = 0 OR $2 = 'good')
RETURNING id
"""
DUE: Final = "SELECT id, turn FROM sheet_import WHERE task IS NOT NULL ORDER BY id"
OWNER: Final = "SELECT coalesce(party_id, 0) FROM sheet_import WHERE id = $1 AND task IS NOT NULL"
BEGIN: Final = """
UPDATE sheet_import SET attempts = attempts + 1,
    state = CASE task WHEN 'check' THEN 'checking' ELSE 'storing' END
WHERE id = $1 AND task IS NOT NULL
RETURNING id, party_id, caller::text, file_sha256, file_name, zone, choices::text, task, keep, attempts
"""
CONTENT: Final = "SELECT content FROM import_file WHERE sha256 = $1"
PROGRESS: Final = "UPDATE sheet_import SET rows = $2, rows_checked = $2, updated_at = $3 WHERE id = $1"
COUNT: Final = """
UPDATE sheet_import SET rows_stored = rows_stored + $2, events_stored = events_stored + $3, updated_at = $4
WHERE id = $1
"""
FORGET_FAULTS: Final = "DELETE FROM import_fault WHERE import_id = $1"
CHECKED: Final = """
UPDATE sheet_import SET rows = $2, rows_checked = $2, rows_faulty = $3, faults = $4, sheets = $5,
    rows_known = greatest(0, $6 - rows_stored), updated_at = $7
WHERE id = $1
"""
END: Final = """
UPDATE sheet_import SET state = $2, task = NULL, failure = $3, updated_at = $4 WHERE id = $1
"""
GO_ON: Final = """
UPDATE sheet_import SET state = 'storing', task = 'store', updated_at = $2 WHERE id = $1
"""
FORGET: Final = "DELETE FROM sheet_import WHERE task IS NULL AND updated_at <= $1"
FORGET_FILES: Final = """
DELETE FROM import_file WHERE created_at <= $1
    AND NOT EXISTS (SELECT FROM sheet_import WHERE file_sha256 = import_file.sha256)
"""
FAULT_COLUMNS: Final = (
    *(
        "import_id",
        "number",
        "sheet",
        "row",
        "at",
        "column",
        "field",
        "value",
        "message",
        "message_zh",
        "rule",
    ),
)

#: Characters of a cell that a fault repeats.
VALUE_MOST: Final = 500

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing wrong with a sheet, or with a row of it; see `tables.ImportFault`. `at`: the column's number,
    from 0.
    """

    sheet: str
    row: int | None
    column: str | None
    field: str | None
    value: str | None
    message: str
    message_zh: str
    rule: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done for an upload, in whose name."""

    id: int
    caller: Caller
    file_sha256: str
    file_name: str
    zone: str
    choices: Json
    task: str
    keep: str | None
    attempts: int


def caller_as_json(caller: Caller) -> str:
    """In whose name something is done later."""
    told = {
        "name": caller.name,
        "key": caller.key,
        "role": caller.role.value,
        "permissions": sorted(caller.permissions),
    }
    return msgspec.json.encode(told).decode()


def _caller_of(party_id: int | None, text: str) -> Caller:
    told = msgspec.json.decode(text)
    held = frozenset(Permission(word) for word in told["permissions"])
    return Caller(told["name"], told["key"], Role(told["role"]), party_id, held)


async def keep_file(tx: Transaction, content: bytes, now: datetime) -> str:
    """Keep a file, once; its SHA-256."""
    name = sha256(content).hexdigest()
    await tx.sql.execute(KEEP_FILE, name, len(content), content, now)
    return name


async def insert_import(
    tx: Transaction,
    caller: Caller,
    *,
    sha: str,
    name: str,
    zone: str,
    choices: Json,
    keep: str | None,
    now: datetime,
) -> Json:
    """An upload that is to be checked; with `keep`, stored right afterwards."""
    said = msgspec.json.encode(choices).decode()
    made = await tx.sql.fetchval(
        INSERT, caller.party_id, caller_as_json(caller), sha, name, zone, said, keep, now
    )
    return await _fetch(tx, made)


async def find_import(tx: Transaction, import_id: int, party_id: int | None) -> Json | None:
    """An upload of this party (None: anybody's)."""
    rows = await tx.sql.fetch(LIST, import_id, None, party_id, 1)
    return as_told(rows[0]) if rows else None


async def _fetch(tx: Transaction, import_id: int) -> Json:
    found = await find_import(tx, import_id, None)
    assert found is not None
    return found


async def list_imports(tx: Transaction, before: int, party_id: int | None, limit: int) -> list[Json]:
    """Uploads of this party (None: anybody's), the latest first."""
    return [as_told(row) for row in await tx.sql.fetch(LIST, None, before or None, party_id, limit)]


async def list_faults(tx: Transaction, import_id: int, after: int, limit: int) -> Sequence[asyncpg.Record]:
    """What is wrong with an upload, in the order of sheets and rows."""
    return await tx.sql.fetch(FAULTS, import_id, after, limit)


async def check_again(
    tx: Transaction, import_id: int, caller: Caller, choices: Json, now: datetime
) -> Json | None:
    """Have it checked as now chosen; None where something is under way, or it was stored."""
    said = msgspec.json.encode(choices).decode()
    asked = await tx.sql.fetchval(CHECK_AGAIN, import_id, said, caller_as_json(caller), now)
    return None if asked is None else await _fetch(tx, asked)


async def ask_to_store(
    tx: Transaction, import_id: int, caller: Caller, keep: str, now: datetime
) -> Json | None:
    """Have it stored; None where it is not checked, has faults that nobody leaves out, or is under way."""
    asked = await tx.sql.fetchval(STORE, import_id, keep, caller_as_json(caller), now)
    return None if asked is None else await _fetch(tx, asked)


def as_told(row: asyncpg.Record) -> Json:
    """An upload as `schemas.Import` has it."""
    told = dict(row)
    told["sheets"] = msgspec.json.decode(told["sheets"])
    told["failure"] = None if told["failure"] is None else msgspec.json.decode(told["failure"])
    return told


async def choices_of(tx: Transaction, import_id: int) -> Json:
    """What a person said of its sheets so far."""
    text = await tx.sql.fetchval("SELECT choices::text FROM sheet_import WHERE id = $1 FOR UPDATE", import_id)
    said: Json = msgspec.json.decode(text)
    return said


async def list_due(tx: Transaction) -> list[tuple[int, int]]:
    """Uploads with something to be done, and their turns."""
    return [(row["id"], row["turn"]) for row in await tx.sql.fetch(DUE)]


async def find_owner(tx: Transaction, import_id: int) -> int | None:
    """Whose an upload is with which something is to be done (0: operators'); None: nothing any more."""
    owner: int | None = await tx.sql.fetchval(OWNER, import_id)
    return owner


async def begin(tx: Transaction, import_id: int) -> Work | None:
    """What is to be done for an upload; None: nothing any more."""
    row = await tx.sql.fetchrow(BEGIN, import_id)
    if row is None:
        return None
    return Work(
        row["id"],
        _caller_of(row["party_id"], row["caller"]),
        row["file_sha256"],
        row["file_name"],
        row["zone"],
        msgspec.json.decode(row["choices"]),
        row["task"],
        row["keep"],
        row["attempts"],
    )


async def content_of(tx: Transaction, sha: str) -> bytes:
    """A file."""
    content: bytes = await tx.sql.fetchval(CONTENT, sha)
    return content


async def keep_checked(
    tx: Transaction,
    import_id: int,
    *,
    rows: int,
    faulty: int,
    known: int,
    faults: int,
    kept: Iterable[Told],
    sheets: list[Json],
    now: datetime,
) -> None:
    """What a check found. `faults`: how many there are, of which `kept` are told."""
    await tx.sql.execute(FORGET_FAULTS, import_id)
    records = [
        (
            *(import_id, number, without_strangers(told.sheet), told.row, told.at),
            *(_plain(told.column), told.field, _plain(told.value)),
            *(without_strangers(told.message), without_strangers(told.message_zh), told.rule),
        )
        for number, told in enumerate(kept, 1)
    ]
    await insert_rows(tx.sql, ImportFault, records, FAULT_COLUMNS)
    said = msgspec.json.encode(_without_strangers(sheets)).decode()
    await tx.sql.execute(CHECKED, import_id, rows, faulty, faults, said, known, now)


def _plain(text: str | None) -> str | None:
    """Text as the database can hold it, and people may be shown it; the beginning of a long one."""
    return None if text is None else without_strangers(text)[:VALUE_MOST]


def _without_strangers(told: Any) -> Any:
    if isinstance(told, str):
        return without_strangers(told)
    if isinstance(told, list):
        return [_without_strangers(each) for each in told]
    if isinstance(told, dict):
        return {key: _without_strangers(value) for key, value in told.items()}
    return told


async def count(tx: Transaction, import_id: int, *, stored: int, events: int = 0, now: datetime) -> None:
    """So many rows more are stored, and so many events."""
    await tx.sql.execute(COUNT, import_id, stored, events, now)


async def tell_progress(tx: Transaction, import_id: int, checked: int, now: datetime) -> None:
    """So many rows are read."""
    await tx.sql.execute(PROGRESS, import_id, checked, now)


async def go_on(tx: Transaction, import_id: int, now: datetime) -> None:
    """What was checked is stored at once."""
    await tx.sql.execute(GO_ON, import_id, now)


async def end(
    tx: Transaction, import_id: int, state: str, now: datetime, failure: tuple[str, str] | None = None
) -> None:
    """Nothing more is to be done; `failure`: why, in English and Chinese."""
    told = None
    if failure is not None:
        told = msgspec.json.encode({"message": failure[0], "message_zh": failure[1]}).decode()
    await tx.sql.execute(END, import_id, state, told, now)


async def forget_imports(tx: Transaction, before: datetime) -> int:
    """Erase uploads that nobody touched since, with their faults, and files of no upload; how many uploads.
    What they stored stays.
    """
    done = await tx.sql.execute(FORGET, before)
    await tx.sql.execute(FORGET_FILES, before)
    return int(done.rpartition(" ")[2])

"""Capture jobs in their table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from service.capture.listeners import Warned
from service.db.rows import insert_rows
from service.db.transaction import Transaction
from service.events.tables import CaptureJob

#: Warnings of one capture that are told.
WARNINGS_MOST = 100

# Who comes with a key that another request of the party brings at this moment waits for what becomes of it.
INSERT_JOB = """
INSERT INTO capture_job (id, created_at, running, success, error_behaviour, stored, repeated, header,
                         party_id, for_parties, idempotency_key, request_digest)
VALUES ($1, $2, true, true, $3, 0, 0, $4, $5, $6, $7, $8)
ON CONFLICT (coalesce(party_id, 0), idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING id
"""
FIND_KEYED = """
SELECT * FROM capture_job WHERE coalesce(party_id, 0) = coalesce($1, 0) AND idempotency_key = $2
"""
FINISH_JOB = """
UPDATE capture_job
SET finished_at = $2, running = false, success = $3, stored = $4, repeated = $5, errors = $6, warnings = $7
WHERE id = $1
"""
# Of single events, most of which are new: all are written as finished, what turned out otherwise is mended.
REPEAT_JOBS = "UPDATE capture_job SET stored = 0, repeated = 1 WHERE id = ANY($1::text[])"
WARN_JOBS = """
UPDATE capture_job SET warnings = told.warnings::jsonb
FROM unnest($1::text[], $2::text[]) AS told (id, warnings) WHERE capture_job.id = told.id
"""
DROP_JOBS = "DELETE FROM capture_job WHERE id = ANY($1::text[])"
FIND_JOB = "SELECT * FROM capture_job WHERE id = $1"
LIST_JOBS = """
SELECT * FROM capture_job
WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2)) ORDER BY created_at DESC, id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request called itself (`Idempotency-Key`), and the SHA-256 of what it sent."""

    key: str
    digest: bytes


@dataclass(slots=True)
class Job:
    """One capture job and its outcome. `errors`: problems as JSON objects; `party_id`: the party that
    captured, `for_parties`: for which others.
    """

    id: str
    created_at: datetime
    error_behaviour: str
    party_id: int | None = None
    for_parties: list[int] | None = None
    asked: Asked | None = None
    success: bool = True
    stored: int = 0
    repeated: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    changed_batches: set[int] = field(default_factory=set)


async def insert_job(tx: Transaction, job: Job, header: dict[str, Any], encode: Any) -> bool:
    """Open a job; False where the party has one that was asked for with the same key."""
    text = encode(header).decode() if header else None
    key, digest = (None, None) if job.asked is None else (job.asked.key, job.asked.digest)
    columns = (job.id, job.created_at, job.error_behaviour, text, job.party_id, job.for_parties, key, digest)
    return await tx.sql.fetchval(INSERT_JOB, *columns) is not None


async def find_keyed(tx: Transaction, party_id: int | None, key: str) -> tuple[Job, bytes]:
    """The job that the party (None: an operator) asked for with this key, and the digest of what it sent."""
    row = await tx.sql.fetchrow(FIND_KEYED, party_id, key)
    assert row is not None
    told = [Warned(event_row=0, **warning) for warning in row["warnings"]]
    job = Job(row["id"], row["created_at"], row["error_behaviour"], party_id, success=row["success"])
    job.warnings = told
    return job, row["request_digest"]


async def finish_job(tx: Transaction, job: Job, now: datetime) -> None:
    """Close it with its outcome."""
    errors = msgspec.json.encode(job.errors).decode()
    warnings = warnings_json(job.warnings)
    await tx.sql.execute(FINISH_JOB, job.id, now, job.success, job.stored, job.repeated, errors, warnings)


def warnings_json(warnings: Sequence[Warned]) -> str:
    """Warnings as a job keeps them, at most `WARNINGS_MOST`."""
    told = [
        {
            "event": warned.event,
            "batch": warned.batch,
            "standing": warned.standing,
            "case": warned.case,
            "recall_id": warned.recall_id,
            "detail": warned.detail,
            "detail_zh": warned.detail_zh,
        }
        for warned in warnings[:WARNINGS_MOST]
    ]
    return msgspec.json.encode(told).decode()


async def insert_finished_jobs(
    tx: Transaction, jobs: Mapping[str, tuple[int | None, list[int] | None]], now: datetime
) -> None:
    """Jobs of one new event each, finished: id -> who captured it, and for whom."""
    columns = (
        "id",
        "created_at",
        "finished_at",
        "running",
        "success",
        "error_behaviour",
        "stored",
        "repeated",
        "party_id",
        "for_parties",
    )
    rows = [(job_id, now, now, False, True, "rollback", 1, 0, *told) for job_id, told in jobs.items()]
    await insert_rows(tx.sql, CaptureJob, rows, columns)


async def warn_jobs(tx: Transaction, warnings: Mapping[str, Sequence[Warned]]) -> None:
    """Keep with jobs what those who captured were warned of."""
    if warnings:
        texts = [warnings_json(told) for told in warnings.values()]
        await tx.sql.execute(WARN_JOBS, list(warnings), texts)


async def mend_jobs(tx: Transaction, *, repeated: Sequence[str], refused: Sequence[str]) -> None:
    """Of `insert_finished_jobs`: those whose event was here already, and those that never were."""
    if repeated:
        await tx.sql.execute(REPEAT_JOBS, repeated)
    if refused:
        await tx.sql.execute(DROP_JOBS, refused)


async def find_job(tx: Transaction, job_id: str) -> dict[str, Any] | None:
    """The job of this id."""
    row = await tx.sql.fetchrow(FIND_JOB, job_id)
    return None if row is None else dict(row)


async def list_jobs(
    tx: Transaction, *, before: tuple[datetime, str] | None, limit: int
) -> list[dict[str, Any]]:
    """Jobs, the latest first."""
    at, job_id = before or (None, None)
    return [dict(row) for row in await tx.sql.fetch(LIST_JOBS, at, job_id, limit)]

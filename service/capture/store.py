"""Capture jobs in their table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from service.capture.listeners import Warned
from service.db.transaction import Transaction

#: Warnings of one capture that are told.
WARNINGS_MOST = 100

INSERT_JOB = """
INSERT INTO capture_job (id, created_at, running, success, error_behaviour, stored, repeated, header)
VALUES ($1, $2, true, true, $3, 0, 0, $4)
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
OWN_JOB = "UPDATE capture_job SET party_id = $2 WHERE id = $1"
DROP_JOBS = "DELETE FROM capture_job WHERE id = ANY($1::text[])"
FIND_JOB = "SELECT * FROM capture_job WHERE id = $1"
LIST_JOBS = """
SELECT * FROM capture_job
WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2)) ORDER BY created_at DESC, id DESC LIMIT $3
"""


@dataclass(slots=True)
class Job:
    """One capture job and its outcome. `errors`: problems as JSON objects."""

    id: str
    created_at: datetime
    error_behaviour: str
    success: bool = True
    stored: int = 0
    repeated: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    changed_batches: set[int] = field(default_factory=set)


async def insert_job(tx: Transaction, job: Job, header: dict[str, Any], encode: Any) -> None:
    """Open a job."""
    text = encode(header).decode() if header else None
    await tx.sql.execute(INSERT_JOB, job.id, job.created_at, job.error_behaviour, text)


async def own_job(tx: Transaction, job: Job, party_id: int) -> None:
    """The job is this party's to look at."""
    await tx.sql.execute(OWN_JOB, job.id, party_id)


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


async def insert_finished_jobs(tx: Transaction, job_ids: Sequence[str], now: datetime) -> None:
    """Jobs of one new event each, finished."""
    columns = (
        "id",
        "created_at",
        "finished_at",
        "running",
        "success",
        "error_behaviour",
        "stored",
        "repeated",
    )
    rows = [(job_id, now, now, False, True, "rollback", 1, 0) for job_id in job_ids]
    await tx.sql.copy_records_to_table("capture_job", records=rows, columns=columns)


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

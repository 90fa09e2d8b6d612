"""Batches that were projected in part since they were last projected whole, which soon follows (`whole.py`).

A row is written in the transaction that projects in part, under the batch's lock, and goes in the one that
projects it whole: whatever happens in between, a process killed or a database stopped, it is there. Of a
batch of which a part was once found wrong the row stays, for an operator to see.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from service import clock
from service.db.transaction import Transaction
from service.settings import settings

#: A batch is projected whole so long after its first part for each of its flows, within these bounds: some
#: ten times as long as that takes.
WAIT_FOR_EACH: Final = timedelta(milliseconds=2)
WAIT_LEAST: Final = timedelta(seconds=5)
WAIT_MOST: Final = timedelta(minutes=2)
#: So many batches await it at most, and none for so long after its time: else nobody comes after them, and
#: batches are projected whole at once.
AWAITING_MOST: Final = 100
LATE_MOST: Final = timedelta(minutes=2)
#: So long after a part was found wrong, of whichever batch, everything is projected whole.
CAREFUL_FOR: Final = timedelta(days=1)

MAY = """
-- Who is behind, whose part was wrong lately, and whether that of the batch $1 ever was.
SELECT count(*) FILTER (WHERE due_at IS NOT NULL AND batch_id <> $1) AS awaiting,
    min(due_at) AS first_due, max(wrong_at) AS wrong_at,
    coalesce(bool_or(batch_id = $1 AND wrong_at IS NOT NULL), false) AS known_wrong
FROM batch_in_part
"""
NOTE = """
INSERT INTO batch_in_part (batch_id, since, due_at) VALUES ($1, $2, $3) ON CONFLICT (batch_id) DO NOTHING
"""
AWAITING = "SELECT batch_id, due_at FROM batch_in_part WHERE due_at IS NOT NULL ORDER BY due_at, batch_id"
DONE = """
UPDATE batch_in_part SET due_at = NULL, wrong_rows = wrong_rows + $2,
    wrong_at = CASE WHEN $2 > 0 THEN $3 ELSE wrong_at END
WHERE batch_id = $1
"""
FORGET = "DELETE FROM batch_in_part WHERE batch_id = $1 AND wrong_at IS NULL"


async def may_be_in_part(tx: Transaction, batch: int) -> bool:
    """May the batch be projected in part now? It must be locked."""
    if not settings().project_in_part:
        return False
    row, now = await tx.sql.fetchrow(MAY, batch), clock.now()
    assert row is not None
    late = row["first_due"] is not None and row["first_due"] < now - LATE_MOST
    wrong = row["wrong_at"] is not None and row["wrong_at"] > now - CAREFUL_FOR
    return not (late or wrong or row["known_wrong"] or row["awaiting"] >= AWAITING_MOST)


async def note_in_part(tx: Transaction, batch: int, flows: int) -> None:
    """Remember that a batch of so many flows was projected in part. It must be locked."""
    now = clock.now()
    wait = min(max(WAIT_LEAST, flows * WAIT_FOR_EACH), WAIT_MOST)
    await tx.sql.execute(NOTE, batch, now, now + wait)


async def awaiting(tx: Transaction) -> Mapping[int, datetime]:
    """The batches that await being projected whole -> when they are due; the most urgent first."""
    return {row["batch_id"]: row["due_at"] for row in await tx.sql.fetch(AWAITING)}


async def note_whole(tx: Transaction, batch: int, wrong_rows: int) -> None:
    """A batch that awaited it was projected whole; so many rows were not as they should have been."""
    await tx.sql.execute(DONE, batch, wrong_rows, clock.now())
    await tx.sql.execute(FORGET, batch)

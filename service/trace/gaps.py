"""The gaps of a trace: those that the projection found, and those that only the passing of time shows."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from service.db.transaction import Transaction
from service.ledger.reading import entry_of
from service.ledger.steps import place_of
from service.settings import settings
from service.trace.gap_words import GAP_WORDS

FOUND_BY_PROJECTION = "SELECT * FROM gap WHERE batch_id = ANY($1::bigint[]) ORDER BY batch_id, ordinal"
AFTER = """
-- Events about these batches that are dated later than $2.
SELECT DISTINCT posting.batch_id, entry.*
FROM posting JOIN journal_entry AS entry ON entry.event_id = posting.event_id
WHERE posting.batch_id = ANY($1::bigint[]) AND entry.time > $2 AND NOT entry.voided
ORDER BY posting.batch_id, entry.time, entry.event_key
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the events leave open. `event`: the row of the event that shows it."""

    kind: str
    batch: int
    site: int | None
    event: int | None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, str]:
        """In English and Chinese."""
        return GAP_WORDS[self.kind]


async def open_gaps(
    tx: Transaction,
    batches: Sequence[int],
    held: Container[tuple[int, int]],
    under_way: Sequence[asyncpg.Record],
    late: Collection[int],
    *,
    now: datetime,
) -> list[Gap]:
    """The gaps of `batches` at the holdings `held` (batch, site), and those that are nowhere in particular.

    `under_way`: the flows in transit; `late`: the batches of which something is dated after `now`.
    """
    gaps = [
        Gap(row["kind"], row["batch_id"], row["site_id"], row["event_id"], row["detail"])
        for row in await tx.sql.fetch(FOUND_BY_PROJECTION, batches)
    ]
    gaps.extend(await _in_the_future(tx, late, now))
    gaps = [gap for gap in gaps if gap.site is None or (gap.batch, gap.site) in held]
    return gaps + _never_received(under_way, now)


async def _in_the_future(tx: Transaction, batches: Collection[int], now: datetime) -> list[Gap]:
    if not batches:
        return []
    rows = await tx.sql.fetch(AFTER, sorted(batches), now)
    return [
        Gap("event_in_the_future", row["batch_id"], place_of(entry_of(row)), row["event_id"]) for row in rows
    ]


def _never_received(under_way: Sequence[asyncpg.Record], now: datetime) -> list[Gap]:
    overdue = now - timedelta(days=settings().overdue_after_days)
    return [
        Gap(
            "never_received",
            row["to_batch_id"],
            row["to_site_id"],
            row["ship_event_id"],
            {"departed_at": row["departed_at"].isoformat().replace("+00:00", "Z")},
        )
        for row in under_way
        if row["departed_at"] < overdue
    ]

"""What the documents of a case are written from, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from service.db.transaction import Transaction
from service.recall.deadline_store import list_deadlines
from service.recall.move_store import list_moves
from service.recall.working_days import profiles
from service.reports.case_progress import CaseProgress, case_progress
from service.reports.checks import read_coverage
from service.reports.progress_store import list_units
from service.reports.public_notice import PublicNotice, public_notice
from service.trace.words import PARTIES

Json = dict[str, Any]

BATCHES: Final = """
SELECT batch.id, batch.uri, batch.lot, batch.made_on, batch.expires_on, product.uri AS product_uri,
       product.gtin, product.category, product.name_zh AS product_name_zh, product.name_en AS product_name_en,
       product.brand, product.specification, product.approval_number, marked.in_scope, marked.units_only
FROM recall_batch AS marked
JOIN batch ON batch.id = marked.batch_id
LEFT JOIN product ON product.id = batch.product_id
WHERE marked.recall_id = $1 ORDER BY marked.in_scope DESC, batch.id LIMIT $2
"""
LAST_FILED: Final = """
SELECT until_at, content FROM filed_report
WHERE recall_id = $1 AND document = $2 ORDER BY number DESC LIMIT 1
"""
#: Batches that documents are written from.
BATCHES_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A case as its documents tell of it. `responsible`: the party's row, or {}; `before`: unit -> recovered
    when the last report of this kind was filed; `since`: when that was; `stated`: what only people can tell.
    """

    found: CaseProgress
    notice: PublicNotice
    profile_zh: str
    profile_en: str
    responsible: Json
    batches: Sequence[Json]
    deadlines: Sequence[Json]
    moves: Sequence[Json]
    coverage: Json
    before: Mapping[str, Decimal]
    since: datetime | None
    stated: Mapping[str, Mapping[str, str]]

    @property
    def case(self) -> Json:
        """The case's row."""
        return self.found.case

    @property
    def now(self) -> datetime:
        """When it was computed."""
        return self.found.computed_at


async def load_facts(
    tx: Transaction, recall_id: int, document: str, *, now: datetime, stated: Mapping[str, Mapping[str, str]]
) -> ReportFacts:
    """Read all of it. Raises `Missing`."""
    found = await case_progress(tx, recall_id, now=now)
    responsible = await fetch_responsible(tx, found.case)
    batches = await list_batches(tx, recall_id)
    last = await tx.sql.fetchrow(LAST_FILED, recall_id, document)
    profile = profiles().get(found.case["profile"])
    return ReportFacts(
        found=found,
        notice=public_notice(found.case, batches, responsible or None, await list_units(tx, recall_id)),
        profile_zh=profile.title_zh if profile else found.case["profile"],
        profile_en=profile.title_en if profile else found.case["profile"],
        responsible=responsible,
        batches=batches,
        deadlines=await list_deadlines(tx, recall_id),
        moves=await list_moves(tx, recall_id),
        coverage=await read_coverage(tx, recall_id),
        before=_recovered(last["content"]) if last else {},
        since=last["until_at"] if last else None,
        stated=stated,
    )


async def fetch_responsible(tx: Transaction, case: Mapping[str, Any]) -> Json:
    """The row of the responsible party; {} where none is known."""
    if case["responsible_party_id"] is None:
        return {}
    rows = await tx.sql.fetch(PARTIES, [case["responsible_party_id"]])
    return dict(rows[0]) if rows else {}


async def list_batches(tx: Transaction, recall_id: int) -> list[Json]:
    """The batches that a case marks with what their labels say, those in its scope first."""
    return [dict(row) for row in await tx.sql.fetch(BATCHES, recall_id, BATCHES_MOST)]


def _recovered(content: Mapping[str, Any]) -> dict[str, Decimal]:
    return {uom: Decimal(amount) for uom, amount in (content.get("recovered") or {}).items()}

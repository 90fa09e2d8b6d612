"""A drill: a mock recall that marks nothing and tells nobody, measured. The order of steps.

It reads one snapshot of the database, so captures go on meanwhile; what it found is kept in a transaction of
its own.
"""

import gzip
import time
from asyncio import to_thread
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.audit.shown import passes, shows
from service.db.transaction import Transaction
from service.errors import Missing
from service.recall.conduct import digest_of
from service.reports import drill_store as store
from service.reports.drill_report import Counts, DrillFacts, Held, Json, drill_report
from service.reports.drill_schemas import NewDrill
from service.reports.mass_balance import mass_balance
from service.settings import settings
from service.trace.answer import PARTIES, SITES, Answer
from service.trace.exports import csv_titles, holders_csv
from service.trace.passes import distinct
from service.trace.starts import Question, Starts, find_starts
from service.trace.walk import Walk, walk


@dataclass(frozen=True, slots=True)
class DrillFound:
    """What a drill found, ready to be kept. `holder_list`: CSV in gzip."""

    asked: NewDrill
    started_at: datetime
    as_of_event: int
    holdings: int
    product_ids: list[int]
    party_ids: list[int]
    report: Json
    counts: Counts
    holder_list: bytes


async def find_for_drill(tx: Transaction, asked: NewDrill, *, now: datetime) -> DrillFound:
    """Trace as an opening recall does, put the full list together, and take the measures. `tx`: a snapshot.

    Raises `Malformed` and `Missing` naming the field at fault, `TooLarge`.
    """
    began = time.perf_counter()
    starts = await find_starts(tx, _question(asked), forward=True)
    most = settings().trace_max_holdings
    found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=most)
    traced = time.perf_counter()
    shows("batch", starts.batches)
    passes(found.batches(), distinct(found.holdings.site).tolist())
    told = await Answer.load(tx, starts, found, now=now)
    lines = [csv_titles(), *holders_csv(told)]
    listed = time.perf_counter()
    facts = await _facts(tx, asked, starts, found, told)
    measured = time.perf_counter()
    seconds = {"trace": traced - began, "full_list": listed - began, "measures": measured - began}
    report, counts = drill_report(facts, {name: round(value, 6) for name, value in seconds.items()})
    products, owners = await store.products_of(tx, starts.batches)
    return DrillFound(
        asked,
        now,
        told.as_of_event,
        len(found),
        products,
        owners,
        report,
        counts,
        await to_thread(gzip.compress, "".join(lines).encode(), 6, mtime=0),
    )


async def _facts(tx: Transaction, asked: NewDrill, starts: Starts, found: Walk, told: Answer) -> DrillFacts:
    batches = found.batches() | starts.batches
    held = await store.read_places(tx, batches)
    overdue = told.now - timedelta(days=settings().overdue_after_days)
    balance = await to_thread(mass_balance, held, await store.read_moves(tx, batches, overdue))
    party_at = {(row.batch, row.site): row.party for row in held}
    # Of a batch the whole is balanced, of which the trace may have reached a part.
    there = {(piece.batch, piece.site) for piece in balance.pieces}
    elsewhere = {piece.other_site for piece in balance.pieces}
    reached = zip(found.holdings.batch.tolist(), found.holdings.site.tolist(), strict=True)
    head = told.head()
    return DrillFacts(
        scope=asked.scope(),
        summary=head["summary"],
        starts=head["starts"],
        undated=sorted(starts.undated.values()),
        held=[Held(*node, party_at.get(node)) for node in reached],
        gaps=[(gap["kind"], gap["party_id"]) for gap in told.gaps()],
        parties=await _rows(tx, PARTIES, {party_at.get(node) for node in there}, told.parties),
        sites=await _rows(tx, SITES, {site for _, site in there} | elsewhere, told.sites),
        batches=told.batches,
        party_at=party_at,
        scope_batches=frozenset(batches if asked.input_batch else starts.batches),
        balance=balance,
        channels=await store.channels_of(tx, told.parties),
    )


def _question(asked: NewDrill) -> Question:
    if asked.product is not None:
        return Question(product=asked.product, made_from=asked.made_from, made_to=asked.made_to)
    return Question((asked.input_batch,) if asked.input_batch else tuple(asked.batch))


async def _rows(
    tx: Transaction, query: str, wanted: Iterable[int | None], known: dict[int, Json]
) -> dict[int, Json]:
    """The rows known, and those wanted beside them."""
    more = sorted({key for key in wanted if key is not None} - known.keys())
    return {**known, **{row["id"]: dict(row) for row in await tx.sql.fetch(query, more)}}


async def keep_drill(tx: Transaction, found: DrillFound, *, by: str) -> int:
    """Keep what a drill found; its id."""
    drill_id = await store.next_id(tx)
    row: dict[str, Any] = {
        "id": drill_id,
        "number": f"D{found.started_at.year}-{drill_id:06d}",
        "scope": found.asked.scope(),
        "note": found.asked.note,
        "asked_by": by,
        "started_at": found.started_at,
        "as_of_event_id": found.as_of_event,
        "seconds": found.report["seconds"]["full_list"],
        "percent": found.counts.percent,
        "holdings": found.holdings,
        "holders": found.counts.holders,
        "reachable": found.counts.reachable,
        "gaps": found.counts.gaps,
        "product_ids": found.product_ids,
        "party_ids": found.party_ids,
        "report": found.report,
        "report_sha256": digest_of(found.report),
        "holder_list": found.holder_list,
    }
    await store.insert_drill(tx, row)
    return drill_id


async def fetch_drill(tx: Transaction, drill_id: int) -> dict[str, Any]:
    """One drill with its report. Raises `Missing`."""
    row = await store.find_drill(tx, drill_id)
    if row is None:
        raise Missing(f"There is no drill {drill_id}.", f"没有编号为 {drill_id} 的演练。")
    return row


async def fetch_holder_list(tx: Transaction, drill_id: int) -> bytes:
    """The full list of a drill, CSV. Raises `Missing`."""
    packed = await store.find_holder_list(tx, drill_id)
    if packed is None:
        raise Missing(f"There is no drill {drill_id}.", f"没有编号为 {drill_id} 的演练。")
    return await to_thread(gzip.decompress, packed)

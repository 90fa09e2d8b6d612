"""A drill: a mock recall that marks nothing and tells nobody, measured. The order of steps.

It reads one snapshot of the database, so captures go on meanwhile; what it found is kept in a transaction of
its own.
"""

import gzip
import time
from asyncio import to_thread
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.auth.caller import Caller
from service.db.transaction import Transaction
from service.errors import Missing
from service.recall.conduct import digest_of
from service.recall.own_goods import admit_scope
from service.recall.parts import keep_bounds, note_reach
from service.reports import drill_store as store
from service.reports.drill_bounds import counts_only, seen_facts
from service.reports.drill_report import Counts, DrillFacts, Held, Json, drill_report
from service.reports.drill_schemas import NewDrill
from service.reports.mass_balance import mass_balance
from service.settings import settings
from service.trace.answer import Answer
from service.trace.holder_list import csv_titles, holders_csv
from service.trace.starts import Question, Starts, find_starts
from service.trace.walk import Walk, walk
from service.trace.words import PARTIES, SITES


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


@dataclass(frozen=True, slots=True)
class _Near:
    """What a party sees of its drill beside the counts: its own holdings and its customers'."""

    holdings: frozenset[tuple[int, int]]
    own: frozenset[tuple[int, int]]
    lines: list[str]


async def find_for_drill(tx: Transaction, asked: NewDrill, *, now: datetime, caller: Caller) -> DrillFound:
    """Trace as an opening recall does, put the full list together, and take the measures. `tx`: a snapshot.

    A party drills for goods of its own, and is told of the whole chain how many there are (`drill_bounds`).
    Raises `Malformed` and `Missing` naming the field at fault, `Forbidden`, `TooLarge`.
    """
    near = await _admit(tx, asked, caller, now)
    began = time.perf_counter()
    starts = await find_starts(tx, _question(asked), forward=True)
    most = settings().trace_max_holdings
    found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=most, held=True)
    traced = time.perf_counter()
    note_reach(found)
    told = await Answer.load(tx, starts, found, now=now)
    lines = [csv_titles(), *[piece async for piece in holders_csv(tx, told)]]
    listed = time.perf_counter()
    facts = await _facts(tx, asked, starts, found, told)
    measured = time.perf_counter()
    times = {"trace": traced - began, "full_list": listed - began, "measures": measured - began}
    seconds = {name: round(value, 6) for name, value in times.items()}
    report, counts = drill_report(facts, seconds)
    if near is not None:
        seen, _ = drill_report(seen_facts(facts, near.holdings, near.own), seconds)
        report, lines = counts_only(report, seen), near.lines
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


async def _admit(tx: Transaction, asked: NewDrill, caller: Caller, now: datetime) -> _Near | None:
    """Let the caller drill for these goods; of a party, what it sees of them by itself."""
    question = _question(asked)

    async def find() -> Collection[int]:
        return (await find_starts(tx, question, forward=True)).batches

    near = None
    if caller.bound_to is not None:
        await keep_bounds(tx, caller)
        starts = await find_starts(tx, question, forward=True)
        most = settings().trace_max_holdings
        found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=most, held=True)
        told = await Answer.load(tx, starts, found, now=now)
        nodes = zip(told.holders.batch.tolist(), told.holders.site.tolist(), strict=True)
        with_party = list(zip(nodes, told.holders.party.tolist(), strict=True))
        near = _Near(
            frozenset(node for node, _ in with_party),
            frozenset(node for node, party in with_party if party == caller.party_id),
            [csv_titles(), *[piece async for piece in holders_csv(tx, told)]],
        )
    await admit_scope(tx, caller, asked.product, find)
    return near


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
    head, parties = told.head(), told.parties.tolist()
    return DrillFacts(
        scope=asked.scope(),
        summary=head["summary"],
        starts=head["starts"],
        undated=sorted(starts.undated.values()),
        held=[Held(*node, party_at.get(node)) for node in reached],
        gaps=[(gap["kind"], gap["party_id"]) for gap in told.gaps()],
        parties=await _rows(tx, PARTIES, {party_at.get(node) for node in there}.union(parties)),
        sites=await _rows(tx, SITES, {site for _, site in there}.union(elsewhere, told.sites.ids.tolist())),
        batches=told.batches,
        party_at=party_at,
        scope_batches=frozenset(batches if asked.input_batch else starts.batches),
        balance=balance,
        channels=await store.channels_of(tx, parties),
    )


def _question(asked: NewDrill) -> Question:
    if asked.product is not None:
        return Question(product=asked.product, made_from=asked.made_from, made_to=asked.made_to)
    return Question((asked.input_batch,) if asked.input_batch else tuple(asked.batch))


async def _rows(tx: Transaction, query: str, wanted: Iterable[int | None]) -> dict[int, Json]:
    """The rows of these, by id."""
    ids = sorted({key for key in wanted if key is not None})
    return {row["id"]: dict(row) for row in await tx.sql.fetch(query, ids)}


async def keep_drill(tx: Transaction, found: DrillFound, *, by: str, party: int | None) -> int:
    """Keep what a drill found for `party` (None: the operator) to read; its id."""
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
        "asked_party_id": party,
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

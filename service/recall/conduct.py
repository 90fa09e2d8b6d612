"""A recall from opening to closing: the order of steps.

What a case has found is never taken back: later captures only add. Opening and widening hold the
batches they reach locked until they commit, so no capture can slip a new holder past a case: it
either comes before and is traced, or comes after and finds its batch marked.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from service import clock
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing
from service.events.store import latest_event
from service.identifiers.calendar_days import FIRST_YEAR
from service.ledger.changes import projection_listeners
from service.ledger.locks import lock_plan, share_ledger
from service.recall import move_store, store
from service.recall.listeners import tell_found, tell_moved
from service.recall.schemas import NewRecall
from service.recall.tables import Recall
from service.settings import settings
from service.trace.answer import Answer
from service.trace.exports import whole
from service.trace.starts import Question, Starts, find_starts
from service.trace.walk import Walk, walk

#: How far ahead of the service's clock a `known_at` may be.
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Traced:
    """A trace and the batches to be locked for it to stay true."""

    starts: Starts
    found: Walk
    batches: frozenset[int]
    transformations: frozenset[str] = frozenset()
    units: frozenset[int] = frozenset()


async def open_recall(tx: Transaction, asked: NewRecall, *, by: str) -> Recall:
    """Open a case: trace, freeze what was found, mark the batches. Raises `Malformed`, `Missing`."""
    now = clock.now()
    if asked.known_at is not None and asked.known_at > now + CLOCK_TOLERANCE:
        raise Malformed.field(
            "/known_at",
            asked.known_at.isoformat(),
            "The moment of knowledge cannot be in the future.",
            "获知缺陷的时间不能在未来。",
        )
    if asked.known_at is not None and asked.known_at.year < FIRST_YEAR:
        raise Malformed.field(
            "/known_at",
            asked.known_at.isoformat(),
            f"The moment of knowledge cannot be before the year {FIRST_YEAR}.",
            f"获知缺陷的时间不能早于 {FIRST_YEAR} 年。",
        )
    scope = {"input_batch": [asked.input_batch]} if asked.input_batch else {"batch": list(asked.batch)}
    await share_ledger(tx)
    traced = await lock_plan(tx, lambda: _trace(tx, scope, set()))
    evidence = await whole(tx, await Answer.load(tx, traced.starts, traced.found, now=now))
    recall_id = await store.next_id(tx)
    recall = Recall(
        id=recall_id,
        number=f"{now.year}-{recall_id:06d}",
        status="open",
        **asked.model_dump(exclude={"batch", "input_batch", "known_at"}),
        scope=scope,
        opened_at=now,
        opened_by=by,
        known_at=asked.known_at or now,
        as_of_event_id=await latest_event(tx),
        evidence=evidence,
        evidence_sha256=digest_of(evidence),
    )
    tx.orm.add(recall)
    await tx.orm.flush()
    in_scope = _in_scope(scope, traced)
    fresh = await store.add_found(tx, recall_id, traced.found, in_scope, found_by="opening", now=now)
    await move_store.add_move(tx, recall_id, None, "open", at=now, by=by, note=None)
    await tell_moved(tx, recall_id, None, "open")
    await tell_found(tx, recall_id, fresh)
    return recall


def digest_of(evidence: dict[str, Any]) -> str:
    """SHA-256 (hex) of the evidence's canonical JSON: keys sorted, no white space."""
    return hashlib.sha256(msgspec.json.encode(evidence, order="sorted")).hexdigest()


async def _trace(tx: Transaction, scope: Mapping[str, Sequence[str]], held: set[int]) -> _Traced:
    """The forward trace of a scope; `held`: batches that need no lock any more."""
    texts = [text for named in scope.values() for text in named]
    starts = await find_starts(tx, Question(tuple(texts)), forward=True)
    found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=settings().trace_max_holdings)
    return _Traced(starts, found, frozenset((found.batches() | starts.batches) - held))


async def widen_recalls(tx: Transaction, changed: set[int]) -> None:
    """Let every live case that marks a changed batch find the holders that are new."""
    for row in await store.live_recalls_on(tx, changed):
        await _widen(tx, row["id"], row["scope"], changed)


async def _widen(
    tx: Transaction, recall_id: int, scope: Mapping[str, Sequence[str]], changed: set[int]
) -> None:
    # What the case marks already is seen by other captures; only what is new wants a lock.
    held = await store.marked_batches(tx, recall_id) | changed
    traced = await lock_plan(tx, lambda: _trace(tx, scope, held))
    in_scope = _in_scope(scope, traced)
    fresh = await store.add_found(tx, recall_id, traced.found, in_scope, found_by="widening", now=clock.now())
    await tell_found(tx, recall_id, fresh)


def _in_scope(scope: Mapping[str, Sequence[str]], traced: _Traced) -> set[int]:
    """The batches that the scope names: with an input batch, all that is made from it."""
    named = set(traced.starts.batches)
    return named | traced.found.batches() if "input_batch" in scope else named


async def close_recall(tx: Transaction, recall_id: int, *, by: str, note: str) -> datetime:
    """Close an open case; when. Raises `Missing`, and `Conflict` where it is closed already."""
    status = await store.lock_status(tx, recall_id)
    if status is None:
        raise unknown(recall_id)
    if status == "closed":
        raise Conflict(f"Recall {recall_id} is closed already.", f"召回 {recall_id} 已经结束。")
    now = clock.now()
    await store.close_recall(tx, recall_id, now=now, by=by, note=note)
    await move_store.add_move(tx, recall_id, status, "closed", at=now, by=by, note=note)
    await tell_moved(tx, recall_id, status, "closed")
    return now


def unknown(recall_id: int) -> Missing:
    """There is no such case."""
    return Missing(f"There is no recall {recall_id}.", f"没有编号为 {recall_id} 的召回。")


def listen() -> None:
    """Hear of changes of the projection (once, however often it is called)."""
    if widen_recalls not in projection_listeners:
        projection_listeners.append(widen_recalls)

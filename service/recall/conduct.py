"""A recall from opening to closing: the order of steps.

What a case has found is never taken back: later captures only add. Opening and widening hold the
batches they reach locked until they commit, so no capture can slip a new holder past a case: it
either comes before and is traced, or comes after and finds its batch marked.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from service import clock
from service.db.transaction import Transaction
from service.errors import Malformed
from service.events.store import latest_event
from service.identifiers.calendar_days import FIRST_YEAR
from service.ledger.changes import projection_listeners
from service.ledger.locks import lock_plan, share_ledger
from service.ledger.whole import Awaiting, awaiting_of, project_whole
from service.recall import store
from service.recall.founding import found_case
from service.recall.listeners import tell_found
from service.recall.moving import CLOCK_TOLERANCE, begin
from service.recall.parts import note_reach
from service.recall.schemas import NewRecall
from service.recall.scope_schemas import RecallScope
from service.recall.scopes import Named, as_kept, find_named
from service.recall.tables import Recall
from service.recall.working_days import profiles
from service.settings import settings
from service.trace.answer import Answer
from service.trace.exports import whole
from service.trace.walk import Walk, walk


@dataclass(frozen=True, slots=True)
class _Traced:
    """A trace and the batches to be locked for it to stay true."""

    named: Named
    found: Walk
    batches: frozenset[int]
    transformations: frozenset[str] = frozenset()
    units: frozenset[int] = frozenset()
    #: What was projected in part is projected whole before a case rests on it.
    awaiting: Awaiting = field(default_factory=Awaiting)


async def open_recall(tx: Transaction, asked: NewRecall, *, by: str) -> Recall:
    """Open a case: trace, freeze what was found, mark the batches. Raises `Malformed`, `Missing`."""
    now = clock.now()
    _check_known_at(asked.known_at, now)
    scope = as_kept(asked.scope())
    await share_ledger(tx)
    traced = await _trace_whole(tx, scope, set())
    note_reach(traced.found)
    in_scope = _in_scope(scope, traced)
    evidence = await whole(tx, await Answer.load(tx, traced.named.starts, traced.found, now=now))
    recall_id = await store.next_id(tx)
    recall = Recall(
        id=recall_id,
        number=f"{now.year}-{recall_id:06d}",
        **asked.model_dump(exclude={*RecallScope.model_fields, "known_at"})
        | await found_case(tx, asked, in_scope),
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
    await store.add_unit_ranges(tx, recall_id, traced.named.units)
    fresh = await store.add_found(
        tx,
        recall_id,
        traced.found,
        in_scope,
        found_by="opening",
        now=now,
        units_only=bool(traced.named.units),
    )
    await begin(tx, recall_id, asked.status, at=now, by=by)
    await tell_found(tx, recall_id, fresh)
    return recall


def _check_known_at(known_at: datetime | None, now: datetime) -> None:
    if known_at is not None and known_at > now + CLOCK_TOLERANCE:
        raise Malformed.field(
            "/known_at",
            known_at.isoformat(),
            "The moment of knowledge cannot be in the future.",
            "获知缺陷的时间不能在未来。",
        )
    if known_at is not None and known_at.year < FIRST_YEAR:
        raise Malformed.field(
            "/known_at",
            known_at.isoformat(),
            f"The moment of knowledge cannot be before the year {FIRST_YEAR}.",
            f"获知缺陷的时间不能早于 {FIRST_YEAR} 年。",
        )


def digest_of(evidence: dict[str, Any]) -> str:
    """SHA-256 (hex) of the evidence's canonical JSON: keys sorted, no white space."""
    return hashlib.sha256(msgspec.json.encode(evidence, order="sorted")).hexdigest()


async def _trace(tx: Transaction, scope: Mapping[str, Sequence[str]], held: set[int]) -> _Traced:
    """The forward trace of a scope; `held`: batches that need no lock any more."""
    named = await find_named(tx, scope)
    starts = named.starts
    found = await walk(tx, starts.nodes, forward=True, skew=timedelta(0), most=settings().trace_max_holdings)
    batches = found.batches() | starts.batches
    awaiting = await awaiting_of(tx, batches)
    return _Traced(named, found, frozenset(batches - held) | awaiting.batches, awaiting=awaiting)


async def _trace_whole(tx: Transaction, scope: Mapping[str, Sequence[str]], held: set[int]) -> _Traced:
    """The same, locked, when all that it reaches has been projected whole."""
    while True:
        traced = await lock_plan(tx, lambda: _trace(tx, scope, held), lambda plan: plan.awaiting.products)
        if not traced.awaiting.batches:
            return traced
        await project_whole(tx, traced.awaiting)


async def widen_recalls(tx: Transaction, changed: set[int]) -> None:
    """Let every live case that marks a changed batch, or whose scope now names one, find who is new."""
    for row in await store.live_recalls_on(tx, changed):
        await _widen(tx, row["id"], row["scope"], changed)


async def _widen(
    tx: Transaction, recall_id: int, scope: Mapping[str, Sequence[str]], changed: set[int]
) -> None:
    # What the case marks already is seen by other captures; only what is new wants a lock.
    held = await store.marked_batches(tx, recall_id) | changed
    traced = await _trace_whole(tx, scope, held)
    fresh = await store.add_found(
        tx,
        recall_id,
        traced.found,
        _in_scope(scope, traced),
        found_by="widening",
        now=clock.now(),
        units_only=bool(traced.named.units),
    )
    await tell_found(tx, recall_id, fresh)


def _in_scope(scope: Mapping[str, Sequence[str]], traced: _Traced) -> set[int]:
    """The batches that the scope names: with an input batch, all that is made from it."""
    named = set(traced.named.starts.batches)
    return named | traced.found.batches() if "input_batch" in scope else named


def listen() -> None:
    """Hear of changes of the projection (once, however often it is called).

    Raises `Malformed` where the operator's profiles cannot be used: better now than when a case is opened.
    """
    profiles()
    if widen_recalls not in projection_listeners:
        projection_listeners.append(widen_recalls)

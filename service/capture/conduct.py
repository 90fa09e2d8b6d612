"""A document's way in: events stored, ledger projected, listeners told, all in one transaction.

When the answer goes out the work is committed: a capture job that says it has finished is visible to
the next trace, and one that was not answered has left nothing behind.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg

from service import clock
from service.capture import store
from service.capture.corrections import settle_corrections
from service.capture.delegations import keep_delegated
from service.capture.listeners import Warned, ask_advisers, tell_recorded
from service.capture.master_data import data_of
from service.capture.own_places import Told
from service.capture.store import Asked, Job
from service.db.transaction import Transaction
from service.errors import Conflict, Fault, Unavailable
from service.events.identifying import Identified, identify_events
from service.events.json_document import dump_event
from service.events.master_data import keep_master_data
from service.events.model import Document
from service.events.store import EVENT_KEY, Incoming, Inserted, ensure_context, insert_events
from service.ledger.changes import tell_projection_changed
from service.ledger.locks import own_ledger, share_ledger
from service.ledger.naming import StoredEvent
from service.ledger.project import project
from service.registry.master_data import fill_from_master_data

logger = logging.getLogger(__name__)

#: How often a capture is begun anew after PostgreSQL chose it to end a deadlock, or another stored one of its
#: events at the same moment.
ATTEMPTS = 10

T = TypeVar("T")
#: What becomes of a bare event: it is refused, or stored, with warnings or, mostly, without.
Outcome = Conflict | tuple[Warned, ...]

ROLLBACK = "rollback"
PROCEED = "proceed"


@dataclass(frozen=True, slots=True)
class Single:
    """A bare event, ready to be stored, and the `@context` it stands under (a JSON value, and its text).
    `document`: that of this one event. `told`: which party captures it; None: an operator.
    """

    document: Document
    item: Identified
    context: Any
    context_text: str
    told: Told | None = None


def single_event(document: Document) -> Single:
    """The one event of a document of one."""
    (item,) = identify_events(document)
    return Single(document, item, document.context, json.dumps(document.context))


async def capture(
    tx: Transaction,
    document: Document,
    error_behaviour: str = ROLLBACK,
    events: Sequence[Identified] | None = None,
    *,
    told: Told | None = None,
    asked: Asked | None = None,
) -> Job:
    """Store a document's events and everything that follows from them; the finished job.

    `events`: what `identify_events` makes of the document, where that was done already. `told`: which party
    captures; None: an operator. With `rollback`, an event whose eventID is here with other content makes the
    job fail and nothing is stored; with `proceed`, the others are. What was `asked` with the same key before
    is the job of then. Raises `Conflict` where that sent something else, `Unavailable` only if deadlocks
    persist.
    """
    identified = identify_events(document) if events is None else events
    party, for_parties = _owners(told, identified)

    def begin() -> Job:
        return Job(uuid4().hex, clock.now(), error_behaviour, party, for_parties, asked)

    try:
        try:
            return await _beginning_anew(tx, lambda: _store(tx, document, identified, begin(), told))
        except _Refused as refused:
            job = refused.job
            await _open(tx, job, document)
            await store.finish_job(tx, job, clock.now())
            return job
    except _Repeated as repeated:
        return await _known(tx, repeated.job)


async def capture_events(tx: Transaction, events: Sequence[Single]) -> list[Outcome]:
    """Store bare events, each a capture of its own with its own job, all together: for each what its sender
    is warned of, or what it is refused with while the others are stored. No two may have one eventID. Raises
    as `capture` does.
    """
    return await _beginning_anew(tx, lambda: _store_together(tx, events))


async def _beginning_anew(tx: Transaction, store_all: Callable[[], Awaitable[T]]) -> T:
    for _ in range(ATTEMPTS):
        try:
            async with tx.sql.transaction():
                return await store_all()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
            logger.info("capture begins anew: %s", type(error).__name__)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != EVENT_KEY:
                raise
            logger.info("capture begins anew: another has stored one of its events")
    raise Unavailable(
        "Other captures of the same goods are in the way; nothing was stored, try again.",
        "同一货物的其他采集正在进行，未存储任何内容，请重试。",
    )


class _Repeated(Exception):
    """The party asked for this before: its key is known."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


def _owners(told: Told | None, events: Sequence[Identified]) -> tuple[int | None, list[int] | None]:
    """The party that captures these, and for which others."""
    return (None, None) if told is None else (told.party_id, told.for_parties(events))


async def _open(tx: Transaction, job: Job, document: Document) -> None:
    if not await store.insert_job(tx, job, document.header, dump_event):
        raise _Repeated(job)


async def _known(tx: Transaction, job: Job) -> Job:
    """The job that a request with the same key made. Raises `Conflict` where that sent something else."""
    assert job.asked is not None
    known, digest = await store.find_keyed(tx, job.party_id, job.asked.key)
    if digest != job.asked.digest:
        raise Conflict(
            "This Idempotency-Key was used before, for something else; take a new key for each request.",
            "该 Idempotency-Key 已用于内容不同的请求，每个请求请使用新的键。",
        )
    return known


class _Refused(Exception):
    """The document is not stored; the job says why."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.id)
        self.job = job


async def _store(
    tx: Transaction, document: Document, events: Sequence[Identified], job: Job, told: Told | None
) -> Job:
    job.errors.extend(_rejection(position, faults) for position, faults in document.rejected)
    alone = bool(document.master_data) or any(item.event.declares_error for item in events)
    await (own_ledger(tx) if alone else share_ledger(tx))
    await _open(tx, job, document)
    await fill_from_master_data(tx, data_of(document.master_data))
    await keep_master_data(tx, document.master_data)
    context = await ensure_context(tx, document.context)
    incoming = [Incoming(item, context, job.id, job.party_id) for item in events]
    inserted = await insert_events(tx, incoming, now=job.created_at)
    job.errors.extend(_conflict(item) for item in inserted.conflicting)
    job.success = not job.errors
    if inserted.conflicting and job.error_behaviour == ROLLBACK:
        raise _Refused(job)
    job.stored, job.repeated = len(inserted.stored), len(inserted.repeated)
    followed = await _follow(tx, inserted, lambda _item: told)
    job.changed_batches = followed.changed
    job.warnings = [warned for of_event in followed.warned.values() for warned in of_event]
    await store.finish_job(tx, job, clock.now())
    return job


@dataclass(frozen=True, slots=True)
class _Followed:
    """What followed from newly stored events: the batches whose projection changed; warnings by event row."""

    changed: set[int]
    warned: Mapping[int, Sequence[Warned]]


async def _follow(
    tx: Transaction, inserted: Inserted, told_by: Callable[[Identified], Told | None]
) -> _Followed:
    """Everything that follows from newly stored events; `told_by`: which party captures each."""

    def teller(item: Identified) -> int | None:
        told = told_by(item)
        return None if told is None else told.party_id

    needed = {
        row_id: told.by.get(item.fingerprint, ())
        for row_id, item in inserted.stored
        if (told := told_by(item)) is not None
    }
    await keep_delegated(tx, needed)
    settled = await settle_corrections(tx, inserted, teller)
    stored = [_stored(row_id, item, told_by(item)) for row_id, item in settled]
    changed = await project(tx, stored)
    await tell_projection_changed(tx, changed)
    warned = await ask_advisers(tx, [item.id for item in stored], changed)
    if stored:
        tell_recorded(tx)
    return _Followed(changed, warned)


def _stored(row_id: int, item: Identified, told: Told | None) -> StoredEvent:
    return StoredEvent(row_id, item.event_id, item.event, None if told is None else told.tellers(item))


async def _store_together(tx: Transaction, events: Sequence[Single]) -> list[Outcome]:
    now = clock.now()
    alone = any(single.item.event.declares_error for single in events)
    await (own_ledger(tx) if alone else share_ledger(tx))
    jobs = {single.item.event_id: uuid4().hex for single in events}
    assert len(jobs) == len(events), "two events of one name"
    tellers = {single.item.event_id: single.told for single in events}
    owners = {jobs[single.item.event_id]: _owners(single.told, [single.item]) for single in events}
    await store.insert_finished_jobs(tx, owners, now)
    contexts: dict[str, int] = {}
    for single in sorted(events, key=lambda single: single.context_text):
        if single.context_text not in contexts:
            contexts[single.context_text] = await ensure_context(tx, single.context)
    incoming = [
        Incoming(
            single.item,
            contexts[single.context_text],
            jobs[single.item.event_id],
            None if single.told is None else single.told.party_id,
        )
        for single in events
    ]
    inserted = await insert_events(tx, incoming, now=now)
    await store.mend_jobs(
        tx,
        repeated=[jobs[item.event_id] for item in inserted.repeated],
        refused=[jobs[item.event_id] for item in inserted.conflicting],
    )
    followed = await _follow(tx, inserted, lambda item: tellers[item.event_id])
    names = {row_id: item.event_id for row_id, item in inserted.stored}
    outcomes: dict[str, Outcome] = {names[row]: tuple(told) for row, told in followed.warned.items()}
    await store.warn_jobs(tx, {jobs[names[row]]: told for row, told in followed.warned.items()})
    outcomes |= {item.event_id: taken(item.event_id) for item in inserted.conflicting}
    return [outcomes.get(single.item.event_id, ()) for single in events]


def taken(event_id: str) -> Conflict:
    """The refusal of an event whose eventID is here with other content. It says nothing else of that one."""
    return Conflict(
        f"An event with the eventID {event_id} and other content is here already.",
        f"已存在 eventID 为 {event_id} 但内容不同的事件。",
    )


def _conflict(item: Identified) -> dict[str, Any]:
    return {
        "type": "epcisException:ResourceAlreadyExistsException",
        "title": "In conflict with what is here",
        "status": 409,
        "eventID": item.event_id,
        "detail": f"An event with the eventID {item.event_id} and other content is here already; "
        "to correct an event, send an error declaration and a new event.",
        "detail_zh": f"已存在 eventID 为 {item.event_id} 但内容不同的事件；更正请提交差错声明和新事件。",
    }


def _rejection(position: int, faults: Sequence[Fault]) -> dict[str, Any]:
    return {
        "type": "epcisException:ValidationException",
        "title": "The input breaks a rule",
        "status": 400,
        "event": position,
        "errors": [
            {"field": fault.field, "message": fault.message, "message_zh": fault.message_zh}
            for fault in faults
        ],
    }

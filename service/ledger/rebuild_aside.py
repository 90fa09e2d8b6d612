"""The whole ledger computed anew beside the one in use, by several processes, while captures go on.

1. A mark: no capture is under way for a moment, so every event up to it is here.
2. Stage by stage, in ranges that several workers take: the journal of the events up to the mark, what each
   unit counts for, postings, then the projection batch by batch. Each range is compared with what is in use.
3. What was captured meanwhile is captured here too, in rounds, until little is left.
4. Nobody captures for a moment: the rest is captured here, what differs is compared once more, and takes the
   place of what is in use, in one transaction. A reader sees all of it or nothing.

Captures wait in 1 and 4: in 4 for as long as it takes to write what was wrong, moments in a ledger in order.
"""

import asyncio
import gc
import multiprocessing
import os
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, create_engine, transaction
from service.errors import Conflict
from service.ledger import shadow
from service.ledger.changes import tell_projection_changed
from service.ledger.dates import describe
from service.ledger.locks import own_ledger
from service.ledger.naming import batches_of_units, read_journal, write_journal
from service.ledger.owners import batches_at
from service.ledger.project import (
    SET_UNIT_BATCHES,
    make_plan,
    postings_of_events,
    project,
    project_batches,
    project_new,
    write_plan,
)
from service.ledger.rebuild import RebuildReport, stored_events
from service.ledger.registration import EVENTS_OF_UNITS, SET_UNNAMED
from service.ledger.writing import posting_changes, write_postings
from service.registry.ensure import BatchFact

#: pg_try_advisory_lock key: one rebuild at a time.
REBUILD_LOCK: Final = 0x52454255494C44  # "REBUILD"
#: Rows' ids that a worker takes at once.
EVENTS_AT_ONCE: Final = 2_000
UNITS_AT_ONCE: Final = 20_000
BATCHES_AT_ONCE: Final = 2_000
#: From so many events on, processes are worth their start.
PROCESSES_FROM: Final = 20_000
#: Objects that a worker makes before it looks for circles among them.
COLLECTED_AFTER: Final = 50_000
#: So many events may be left for the moment in which nobody captures; rounds before it.
LEFT_AT_MOST: Final = 500
ROUNDS: Final = 20

BOUNDS_OF_EVENTS = """
SELECT least((SELECT min(id) FROM event), (SELECT min(event_id) FROM journal_entry),
             (SELECT min(event_id) FROM event_item)) AS first,
       (SELECT coalesce(max(id), 0) FROM event) AS last
"""
BOUNDS_OF_UNITS = "SELECT min(id) AS first, max(id) AS last FROM unit"
BOUNDS_OF_BATCHES = """
SELECT min(first) AS first, max(last) AS last FROM (
    SELECT min(id) AS first, max(id) AS last FROM batch
    UNION ALL SELECT min(batch_id), max(batch_id) FROM flow
    UNION ALL SELECT min(batch_id), max(batch_id) FROM holding
    UNION ALL SELECT min(batch_id), max(batch_id) FROM gap
    UNION ALL SELECT min(batch_id), max(batch_id) FROM posting
) AS tables
"""
MARK = "SELECT coalesce(max(id), 0) FROM event"
LEFT = "SELECT count(*) FROM event WHERE id > $1"
UNITS_BETWEEN = "SELECT id FROM unit WHERE id BETWEEN $1 AND $2 ORDER BY id"
ENTRIES_BETWEEN = "SELECT event_id FROM journal_entry WHERE event_id BETWEEN $1 AND $2"
LOTLESS_BETWEEN = """
SELECT DISTINCT posting.batch_id FROM posting JOIN batch ON batch.id = posting.batch_id
JOIN product USING (uri) WHERE posting.batch_id BETWEEN $1 AND $2
"""
LOTS_BETWEEN = """
SELECT DISTINCT posting.batch_id FROM posting WHERE posting.batch_id BETWEEN $1 AND $2
  AND posting.batch_id NOT IN (SELECT batch.id FROM batch JOIN product USING (uri))
"""
#: What events after the mark $1 name, post, and void.
EVENTS_SINCE = """
SELECT id FROM event WHERE id > $1
UNION SELECT voided.id FROM event AS voided JOIN event AS declaration USING (event_id)
      WHERE declaration.id > $1 AND declaration.declares_error AND NOT voided.declares_error
UNION SELECT event_id FROM journal_entry WHERE event_id > $1
UNION SELECT event_id FROM event_item WHERE event_id > $1
"""
UNITS_SINCE = "SELECT DISTINCT unit_id FROM event_item WHERE event_id > $1 AND unit_id IS NOT NULL"
DATES = "SELECT id, source, made_on, expires_on FROM batch WHERE id = ANY($1::bigint[])"
COUNTS = """
SELECT (SELECT count(*) FROM event) AS events,
       (SELECT count(DISTINCT batch_id) FROM posting) AS batches, (SELECT count(*) FROM flow) AS flows
"""


class Stage(StrEnum):
    """What is derived from what was derived before."""

    JOURNAL = "journal"
    UNITS = "units"
    POSTINGS = "postings"
    #: Products without a lot: what left of them is read by their lots.
    LOTLESS = "lotless"
    BATCHES = "batches"


@dataclass(frozen=True, slots=True)
class Task:
    """A range of row ids for one worker."""

    dsn: str
    stage: Stage
    first: int
    last: int


@dataclass(slots=True)
class _Suspects:
    """What may have to be put into use."""

    events: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    batches: set[int] = field(default_factory=set)


async def rebuild_aside(dsn: str, *, processes: int | None = None) -> RebuildReport:
    """Derive everything anew and put into use what differs. `processes`: workers; 0: in this process; None:
    as many as there are processors, for a ledger of some size. Raises `Conflict` while another rebuild runs.
    """
    engine = create_engine(dsn, pool_size=3)
    try:
        async with _alone(engine):
            try:
                return await _Rebuild(dsn, engine, processes).run()
            finally:
                async with transaction(engine) as tx:
                    await shadow.drop(tx)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _alone(engine: AsyncEngine) -> AsyncIterator[None]:
    async with transaction(engine) as tx:
        if not await tx.sql.fetchval("SELECT pg_try_advisory_xact_lock($1)", REBUILD_LOCK):
            raise Conflict("A rebuild is running already.", "台账重建正在进行。")
        yield


class _Rebuild:
    def __init__(self, dsn: str, engine: AsyncEngine, processes: int | None) -> None:
        self.dsn = dsn
        self.engine = engine
        self.processes = processes
        self.suspects = _Suspects()

    async def run(self) -> RebuildReport:
        async with transaction(self.engine) as tx:
            await own_ledger(tx)
            mark = int(await tx.sql.fetchval(MARK))
        async with transaction(self.engine) as tx:
            before = dict(await tx.sql.fetchrow(COUNTS) or {})
            await shadow.make(tx)
        processes = self.processes
        if processes is None:
            processes = 0 if before["events"] < PROCESSES_FROM else os.cpu_count() or 1
        if processes:
            spawn = get_context("spawn")
            with ProcessPoolExecutor(processes, mp_context=spawn, initializer=begin_working) as pool:
                await self._derive(mark, pool, processes)
        else:
            await self._derive(mark, None, 1)
        caught_up = await self._catch_up(mark)
        changed = await self._put_into_use(mark, caught_up)
        # Counted while captures go on, as before: it takes as long as the tables are.
        async with transaction(self.engine) as tx:
            after = dict(await tx.sql.fetchrow(COUNTS) or {})
        return RebuildReport(after["events"], after["batches"], before["flows"], after["flows"], changed)

    async def _derive(self, mark: int, pool: ProcessPoolExecutor | None, at_once: int) -> None:
        """Every stage, up to the mark."""
        self.suspects.events |= await self._stage(Stage.JOURNAL, EVENTS_AT_ONCE, mark, pool, at_once)
        self.suspects.units |= await self._stage(Stage.UNITS, UNITS_AT_ONCE, None, pool, at_once)
        await self._stage(Stage.POSTINGS, EVENTS_AT_ONCE, mark, pool, at_once)
        await self._stage(Stage.LOTLESS, BATCHES_AT_ONCE, None, pool, at_once)
        self.suspects.batches |= await self._stage(Stage.BATCHES, BATCHES_AT_ONCE, None, pool, at_once)

    async def _stage(
        self, stage: Stage, size: int, mark: int | None, pool: ProcessPoolExecutor | None, at_once: int
    ) -> set[int]:
        """One stage in ranges; what it found to differ."""
        bounds = {Stage.JOURNAL: BOUNDS_OF_EVENTS, Stage.POSTINGS: BOUNDS_OF_EVENTS}.get(
            stage, BOUNDS_OF_UNITS if stage is Stage.UNITS else BOUNDS_OF_BATCHES
        )
        async with transaction(self.engine) as tx:
            row = await tx.sql.fetchrow(bounds)
            if stage is not Stage.JOURNAL:
                await shadow.analyze(tx, (*shadow.JOURNAL, *shadow.OF_BATCHES, shadow.UNITS))
        if row is None or row["first"] is None:
            return set()
        last = row["last"] if mark is None else mark
        tasks = [
            Task(self.dsn, stage, first, min(first + size - 1, last))
            for first in range(row["first"], last + 1, size)
        ]
        loop, turns = asyncio.get_running_loop(), asyncio.Semaphore(at_once + 1 if pool else 1)

        async def done(task: Task) -> set[int]:
            async with turns:
                return await (work(task) if pool is None else loop.run_in_executor(pool, work_alone, task))

        found: set[int] = set()
        async with asyncio.TaskGroup() as group:
            working = [group.create_task(done(task)) for task in tasks]
        for each in working:
            found |= each.result()
        return found

    async def _catch_up(self, mark: int) -> int:
        """Capture here what was captured meanwhile, until little is left; the mark reached."""
        for _ in range(ROUNDS):
            async with transaction(self.engine) as tx:
                if await tx.sql.fetchval(LEFT, mark) <= LEFT_AT_MOST:
                    break
                # No capture is under way for a moment: every event up to the mark is here.
                await own_ledger(tx)
                until = int(await tx.sql.fetchval(MARK))
            # A few at once: captures of the same goods wait meanwhile.
            while mark < until:
                some = min(mark + LEFT_AT_MOST, until)
                async with transaction(self.engine) as tx:
                    await self._capture(tx, mark, some)
                mark = some
        return mark

    async def _capture(self, tx: Transaction, mark: int, until: int) -> None:
        """Capture the events after `mark` here, as the service has captured them."""
        await tx.sql.execute(shadow.COPY_UNITS)
        async with _standing_ahead(tx):
            async for stored in stored_events(tx, mark + 1, until):
                self.suspects.batches |= await project(tx, stored, in_part=False)

    async def _put_into_use(self, mark: int, caught_up: int) -> int:
        """Let what is in use be what was derived; how many rows had to be removed or added."""
        suspects = self.suspects
        async with transaction(self.engine) as tx:
            await own_ledger(tx)
            await self._capture(tx, caught_up, int(await tx.sql.fetchval(MARK)))
            await self._follow_registry(tx)
            suspects.events.update(row["id"] for row in await tx.sql.fetch(EVENTS_SINCE, mark))
            suspects.units.update(row["unit_id"] for row in await tx.sql.fetch(UNITS_SINCE, mark))
            changed = sum((await shadow.put_into_use(tx, shadow.JOURNAL, suspects.events)).values())
            changed += sum((await shadow.put_into_use(tx, (shadow.UNITS,), suspects.units)).values())
            wrong = await shadow.put_into_use(tx, shadow.OF_BATCHES, suspects.batches)
            await tell_projection_changed(tx, set(wrong))
            return changed + sum(wrong.values())

    async def _follow_registry(self, tx: Transaction) -> None:
        """Owners that places got, and batches that units were registered with, since the rebuild began."""
        sites = [row["id"] for row in await tx.sql.fetch(shadow.SITES_CHANGED)]
        units = [row["id"] for row in await tx.sql.fetch(shadow.UNITS_REGISTERED)]
        self.suspects.units.update(units)
        async with _standing_ahead(tx):
            seeds = [row["event_id"] for row in await tx.sql.fetch(EVENTS_OF_UNITS, units)] if units else []
            if seeds:
                plan = await make_plan(tx, seeds)
                await write_plan(tx, plan)
                written = await project_batches(tx, plan.batches)
                self.suspects.batches |= plan.batches | written.batches
            if units:
                await tx.sql.execute(SET_UNNAMED, units)
            if sites:
                named = await batches_at(tx, sites)
                self.suspects.batches |= named | (await project_batches(tx, named)).batches


@asynccontextmanager
async def _standing_ahead(tx: Transaction) -> AsyncIterator[None]:
    """Statements mean the tables that are derived; afterwards again those in use."""
    path = await tx.sql.fetchval("SELECT current_setting('search_path')")
    await shadow.stand_ahead(tx)
    yield
    await tx.sql.execute("SELECT set_config('search_path', $1, true)", path)


def begin_working() -> None:
    """What a worker does first. A range makes objects by the hundred thousand and leaves no circles among
    them: looking for some after each 700 takes a tenth to a fifth of its time.
    """
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """A worker waits for its next range for ever, its parent's death or not: it holds both ends of that pipe.
    And what it derived later would go into the tables of the next rebuild.
    """
    parent.join()
    os._exit(1)


def work_alone(task: Task) -> set[int]:
    """`work` in a process of its own."""
    return asyncio.run(work(task))


async def work(task: Task) -> set[int]:
    """Derive one range; the keys that differ from what is in use."""
    engine = create_engine(task.dsn, pool_size=1)
    try:
        facts: list[BatchFact] = []
        async with transaction(engine) as tx:
            await shadow.stand_ahead(tx)
            found = await _derived(tx, task, facts)
        if facts:
            async with transaction(engine) as tx:
                # Where something else is known already, it was settled when that was captured.
                await describe(tx, await _news(tx, facts))
        return found
    finally:
        await engine.dispose()


async def _derived(tx: Transaction, task: Task, facts: list[BatchFact]) -> set[int]:
    first, last = task.first, task.last
    match task.stage:
        case Stage.JOURNAL:
            async for stored in stored_events(tx, first, last):
                journal = await read_journal(tx, stored)
                await write_journal(tx, journal)
                facts += journal.facts
            return await shadow.differing(tx, shadow.JOURNAL, first, last)
        case Stage.UNITS:
            units = [row["id"] for row in await tx.sql.fetch(UNITS_BETWEEN, first, last)]
            counted = await batches_of_units(tx, units)
            wrong = [unit for unit, (before, now) in sorted(counted.items()) if before != now]
            await tx.sql.execute(SET_UNIT_BATCHES, wrong, [counted[unit][1] for unit in wrong])
            return set(wrong)
        case Stage.POSTINGS:
            events = [row["event_id"] for row in await tx.sql.fetch(ENTRIES_BETWEEN, first, last)]
            posted = await postings_of_events(tx, events, {})
            await write_postings(tx, await posting_changes(tx, events, posted.postings, events))
            return set()
        case Stage.LOTLESS:
            rows = await tx.sql.fetch(LOTLESS_BETWEEN, first, last)
            await project_new(tx, [row["batch_id"] for row in rows])
            return set()
        case Stage.BATCHES:
            rows = await tx.sql.fetch(LOTS_BETWEEN, first, last)
            await project_new(tx, [row["batch_id"] for row in rows])
            return await shadow.differing(tx, shadow.OF_BATCHES, first, last)


async def _news(tx: Transaction, facts: Sequence[BatchFact]) -> list[BatchFact]:
    """The facts that batches do not have yet: only these rows are locked."""
    rows = await tx.sql.fetch(DATES, sorted({fact.batch_id for fact in facts}))
    known = {row["id"]: row for row in rows}

    def is_news(fact: BatchFact) -> bool:
        row = known[fact.batch_id]
        for told, here in ((fact.made_on, row["made_on"]), (fact.expires_on, row["expires_on"])):
            earlier = here is not None and told is not None and told < here
            if told is not None and (here is None or (earlier and row["source"] != "registered")):
                return True
        return False

    return [fact for fact in facts if is_news(fact)]

"""What runs beside the requests of a process: the bell, and the workers of each duty.

What is to be done are jobs of pgqueuer on the same PostgreSQL. A *dispatcher* in every process with workers
finds who is due, at a ring of the bell, at the time of a schedule or a retry, and every `LOOK_SECONDS` in any
case, and makes a job for each; `dedupe_key` makes it one job however many dispatchers there are. The key
holds the number of the row's last turn: while a job of that turn is being worked off one more can be made,
which sees what came too late for the first, and no third.

Each duty has a dispatcher, workers and a connection of its own: subscribers that are slow to answer hold up
no notice of a recall.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import asyncpg
from pgqueuer import errors as queue_errors
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.capture.listeners import recording_listeners
from service.db.failures import FAILURES
from service.jobs.bell import Bell
from service.jobs.duties import Busy, Duty, work_listeners
from service.settings import Settings

logger = logging.getLogger(__name__)

#: Jobs fetched at once, and worked off at once by one process, of each duty.
BATCH_SIZE: Final = 4
MOST_AT_ONCE: Final = 8
#: The longest and the shortest time between two looks at who is due.
LOOK_SECONDS: Final = 2.0
APART_SECONDS: Final = 0.1
#: A job whose process shows no sign of life for so long is another's to do. Turns and leases keep it from
#: being done twice; only what was picked and not begun waits for this.
HEARTBEAT: Final = timedelta(seconds=10)
#: A job that finds the row's turn taken comes back after so long, then doubling up to the other.
BUSY_FIRST: Final = timedelta(seconds=0.25)
BUSY_MOST: Final = timedelta(seconds=4)
RECONNECT_SECONDS: Final = 1.0
CONNECT_SECONDS: Final = 10.0
#: A statement of the queue takes no longer, unless nobody is there any more who could answer.
STATEMENT_SECONDS: Final = 30.0
#: At the end, what is under way gets so long to finish.
FINISH_SECONDS: Final = 5.0
#: The queue's own log is cleared so often, of what is so old.
TIDY_SECONDS: Final = 600.0
KEPT: Final = timedelta(hours=1)
#: What ends a connection's work: the database went away, or the queue noticed it first.
BREAKS: Final[tuple[type[Exception], ...]] = (*FAILURES, queue_errors.PgqException, RuntimeError)
#: What was put off, or showed a sign of life, at a time to come: PostgreSQL's clock was set back since.
SET_RIGHT: Final = """
UPDATE pgqueuer SET execute_after = least(execute_after, now()), heartbeat = least(heartbeat, now())
WHERE execute_after > now() + $1::interval OR heartbeat > now() + $1::interval
"""
TIDY: Final = "DELETE FROM pgqueuer_log WHERE created < now() - $1::interval"

Work = Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]
DutyMaker = Callable[[AsyncEngine, Settings], Duty]


@asynccontextmanager
async def running(
    engine: AsyncEngine, settings: Settings, makers: Sequence[DutyMaker], *, beside: bool
) -> AsyncIterator[Bell]:
    """The bell and, if the settings want them, the workers of each duty, until the block ends.

    Not `beside`: nothing runs, and the bell is heard by nobody but this process's own streams.
    """
    bell = Bell()
    if not beside:
        yield bell
        return
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_connected(url, bell.keep_ringing, stopping))]
    duties = [maker(engine, settings) for maker in makers] if settings.workers else []
    for duty in duties:
        tasks.append(asyncio.create_task(_connected(url, Workers(duty, bell, stopping).work, stopping)))
    for task in tasks:
        task.add_done_callback(_told)
    recording_listeners.append(bell.recorded)
    work_listeners.append(bell.heard)
    try:
        yield bell
    finally:
        recording_listeners.remove(bell.recorded)
        work_listeners.remove(bell.heard)
        stopping.set()
        tasks[0].cancel()
        _, late = await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in late:
            task.cancel()
        if late:
            # A process that was told to end does not wait for ever for what does not hear that.
            await asyncio.wait(late, timeout=FINISH_SECONDS)
        for duty in duties:
            await duty.close()


async def _connected(url: str, work: Work, stopping: asyncio.Event) -> None:
    """Do the work on a connection of its own; on a new one whenever it breaks."""
    while not stopping.is_set():
        try:
            connection = await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                server_settings={"application_name": "suyuan.background", "timezone": "UTC"},
            )
            try:
                await work(connection)
            finally:
                connection.terminate()
        except BREAKS as error:
            logger.warning("background work begins anew: %s: %s", type(error).__name__, error)
            with suppress(TimeoutError):
                async with asyncio.timeout(RECONNECT_SECONDS):
                    await stopping.wait()


def _told(task: asyncio.Task[None]) -> None:
    """Nobody may learn only from what does not arrive that nothing is delivered any more."""
    if not task.cancelled() and task.exception() is not None:
        logger.error("background work has ended", exc_info=task.exception())


class Workers:
    """The dispatcher and the queue's workers of one duty in one process."""

    def __init__(self, duty: Duty, bell: Bell, stopping: asyncio.Event) -> None:
        self.duty = duty
        self.bell = bell
        self.stopping = stopping
        self._done = asyncio.Event()

    async def work(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Make jobs and work them off by this connection until it breaks, or all is to stop."""
        queries = Queries.from_asyncpg_connection(connection)
        queue = QueueManager(queries)

        @queue.entrypoint(self.duty.entrypoint)
        async def do(job: Job) -> None:
            assert job.payload is not None
            try:
                if await self.duty.do(int(job.payload)):
                    self._done.set()
            except Busy as busy:
                wait = min(BUSY_MOST, BUSY_FIRST * 2 ** min(job.attempts, 10))
                raise queue_errors.RetryRequested(wait) from busy

        dispatching = asyncio.create_task(self._dispatch(queries))
        working = asyncio.create_task(
            queue.run(
                batch_size=BATCH_SIZE,
                max_concurrent_tasks=MOST_AT_ONCE,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=HEARTBEAT,
                log_aggregation_interval=timedelta(0),
            )
        )
        stop = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({dispatching, working, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            dispatching.cancel()
            queue.shutdown.set()
            await _ended({dispatching, working})
        for task in (dispatching, working):
            error = task.exception() if task.done() and not task.cancelled() else None
            if isinstance(error, Exception):
                raise error

    async def _dispatch(self, queries: Queries) -> None:
        loop = asyncio.get_running_loop()
        looked_at = tidied_at = -TIDY_SECONDS
        with self.bell.waiting(events=self.duty.goes_by_events) as rung:
            while True:
                rung.clear()
                self._done.clear()
                if loop.time() - tidied_at >= TIDY_SECONDS:
                    tidied_at = loop.time()
                    await queries.driver.execute(TIDY, KEPT)
                if loop.time() - looked_at >= LOOK_SECONDS:
                    looked_at = loop.time()
                    await queries.driver.execute(SET_RIGHT, 2 * BUSY_MOST)
                    await self.duty.tend()
                wait = await self._make_jobs(queries)
                await asyncio.sleep(APART_SECONDS)
                await _first_of((rung, self._done), max(0.0, wait - APART_SECONDS))

    async def _make_jobs(self, queries: Queries) -> float:
        """Make a job for everybody who is due; the seconds until the next look."""
        look = await self.duty.look(clock.now())
        if look.due:
            await queries.enqueue(
                [self.duty.entrypoint] * len(look.due),
                [str(errand.row).encode() for errand in look.due],
                [0] * len(look.due),
                dedupe_key=[errand.key for errand in look.due],
                on_conflict="skip",
            )
        if look.next_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, (look.next_at - clock.now()).total_seconds()))


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """Wait until these have ended, but not for ever: on a connection that was lost, a queue that ends in
    order can wait for what will not come any more, and nothing would be delivered until the process is
    started anew.
    """
    try:
        _, late = await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in late:
            task.cancel()
        if late:
            logger.warning("background work does not end in order; it is left")
            await asyncio.wait(late, timeout=FINISH_SECONDS)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        raise


async def _first_of(events: tuple[asyncio.Event, ...], seconds: float) -> None:
    """Wait until one of these is set, but not longer."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()

"""A standby that answers scans and traces while its data is young enough.

Both servers are asked again and again: the primary where its log ends, the standby how far it has come
(`freshness.py`). Nobody reads from a standby that is too old, silent, no standby, or one of another primary.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Final

import asyncpg
from prometheus_client import Gauge
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.failures import FAILURES
from service.db.freshness import Freshness, Mark, position_of
from service.db.transaction import Connection, create_engine
from service.errors import Unavailable
from service.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds after which a server that does not answer counts as gone, and between two askings at most.
ANSWER_SECONDS: Final = 1.0
PAUSE_MOST: Final = 0.5
#: Askings within the bound: a standby that keeps up is then never taken for one that does not.
ASKINGS: Final = 4

#: What others see is on the primary's disk, unless commits do not wait for it. (On a server at rest, what is
#: inserted but not flushed may stay so for minutes: it is asked for only where it must be.)
END_OF_LOG: Final = """
SELECT CASE current_setting('synchronous_commit')
       WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text
"""
REPLAYED: Final = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END"
#: The same in a primary and its standbys, in no other.
WHOSE: Final = "SELECT system_identifier::text || ' ' || current_database() FROM pg_control_system()"


#: Of each process that asks; the oldest is told.
AGE: Final = Gauge(
    "suyuan_replica_age_seconds",
    "By how much the replica's data is behind at most.",
    ("host",),
    multiprocess_mode="livemax",
)


class Replica:
    """One standby. `most_seconds`: the age beyond which it is not read from; `now`: a clock that never goes
    back.
    """

    def __init__(
        self,
        primary_url: str,
        url: str,
        *,
        most_seconds: float,
        pool_size: int = 10,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.engine: AsyncEngine = create_engine(url, pool_size=pool_size)
        self.most_seconds = most_seconds
        self.now = now
        self._freshness = Freshness()
        self._primary = _Line(primary_url)
        self._standby = _Line(url)
        self._answers = False
        self._told: str | None = None
        self._age = AGE.labels(self.engine.url.host or "local")

    def is_usable(self, position: int = -1) -> bool:
        """Whether it may be read from now: young enough, and with all up to `position` of the log."""
        return (
            self._answers
            and self._freshness.position >= position
            and self._freshness.age(self.now()) <= self.most_seconds
        )

    def as_of(self, seconds_ago: float = 0.0) -> Mark | None:
        """What whoever began to read so long ago is sure to have seen; see `Freshness.as_of`."""
        return self._freshness.as_of(self.now() - seconds_ago)

    def is_lost(self) -> None:
        """It failed somebody: it is not read from until it answers again."""
        self._answers = False

    async def ask_both(self) -> None:
        """Learn where the primary is, then how far the standby has come. Failures are no errors here."""
        await self._ask_both()
        self._age.set(self._freshness.age(self.now()))

    async def _ask_both(self) -> None:
        mark = None
        at, told = self.now(), clock.now()
        try:
            mark = Mark(at, told, position_of(str(await self._primary.ask(END_OF_LOG))))
        except FAILURES as error:
            # It is not read from much longer: nobody knows what it lacks.
            self._tell(f"the primary cannot be asked: {type(error).__name__}")
        before = self._standby.whose
        try:
            replayed = await self._standby.ask(REPLAYED)
        except FAILURES as error:
            self._answers = False
            self._tell(f"it does not answer: {type(error).__name__}")
            return
        if self._standby.whose != before:
            self._freshness.forget()
        if replayed is None or self._standby.whose != self._primary.whose:
            self._answers = False
            self._tell("it is no standby" if replayed is None else "it is no standby of this primary")
            return
        if mark is not None:
            self._freshness.mark(mark)
            self._tell(None)
        self._freshness.replayed(position_of(str(replayed)), self.now())
        self._answers = True

    async def position(self) -> str | None:
        """A position of the log with all that was committed until now; None if the primary does not tell."""
        with suppress(*FAILURES):
            return str(await self._primary.ask(END_OF_LOG))
        return None

    async def watch(self) -> None:
        """Ask for ever."""
        while True:
            await self.ask_both()
            await asyncio.sleep(min(PAUSE_MOST, self.most_seconds / ASKINGS))

    async def close(self) -> None:
        """Leave both servers."""
        self._primary.hang_up()
        self._standby.hang_up()
        await self.engine.dispose()

    def _tell(self, words: str | None) -> None:
        if words != self._told:
            logger.warning("replica: %s", words or "it answers")
            self._told = words


class _Line:
    """A connection of its own, so that nobody waits for the pool's; made again after a failure."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        #: Whose data it is.
        self.whose: str | None = None

    async def ask(self, question: str) -> object:
        """The one value of the answer; raises one of `FAILURES`."""
        async with asyncio.timeout(ANSWER_SECONDS), self._turn:
            try:
                if self._connection is None:
                    self._connection = await asyncpg.connect(self._url)
                    self.whose = await self._connection.fetchval(WHOSE)
                return await self._connection.fetchval(question)
            except BaseException:  # the time is up, or it failed
                self.hang_up()
                raise

    def hang_up(self) -> None:
        """Waits for nobody."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def check_address(url: str) -> None:
    """Raises `Unavailable` for what is no address of a PostgreSQL; one may answer there later."""
    try:
        is_address = not url or make_url(url).get_backend_name() in ("postgresql", "postgres")
    except (ArgumentError, ValueError):
        is_address = False
    if not is_address:
        raise Unavailable(
            "DATABASE_REPLICA_URL is no address of a PostgreSQL; give postgresql://user@host/database, or "
            "leave it empty.",
            "DATABASE_REPLICA_URL 不是 PostgreSQL 地址；请写成 postgresql://用户@主机/数据库，或留空。",
        )


def replica_of(told: Settings) -> Replica | None:
    """The standby that the settings name; None where they name none."""
    if not told.database_replica_url:
        return None
    return Replica(
        told.database_url,
        told.database_replica_url,
        most_seconds=told.replica_max_age_seconds,
        pool_size=told.pool_size,
    )


@asynccontextmanager
async def watched(replica: Replica | None) -> AsyncIterator[Replica | None]:
    """The replica, asked in the background; closed in the end."""
    if replica is None:
        yield None
        return
    await replica.ask_both()
    watching = asyncio.create_task(replica.watch())
    try:
        yield replica
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        await replica.close()

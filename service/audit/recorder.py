"""Records of reads, written in groups: those that come while one group is written make the next.

A reader waits until its record is committed; many that come at once share one statement and one commit. It
has a connection of its own: readers hold those of the pool while they wait for it. A group whose outcome is
not known is written again, so a record may stand there twice, but never an answer without one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from service.audit.shown import Shown
from service.db.failures import FAILURES
from service.db.rows import array_text
from service.db.statements import statement
from service.db.transaction import Connection, Transaction
from service.errors import Unavailable

logger = logging.getLogger(__name__)

#: Records written together.
GROUP_MOST: Final = 100
#: Batches that one record names.
BATCHES_KEPT: Final = 200
CONNECT_SECONDS: Final = 3.0
#: A statement that takes longer is given up, and so is a reader's wait.
STATEMENT_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 15.0
SETTINGS: Final = {"application_name": "suyuan.audit", "timezone": "UTC", "jit": "off"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads. `key`: what names the caller for good, as "key:5". `grantors`: whose trade a reader who is a
    party sees by their leave; None for a reader who is not bound to its own part.
    """

    name: str
    key: str
    role: str
    party_id: int | None
    grantors: frozenset[int] | None = None

    @property
    def crosses(self) -> bool:
        """Whether the reader may see what is not its own."""
        return self.grantors is None or bool(self.grantors)


@dataclass(frozen=True, slots=True)
class Read:
    """One answer: when, to whom, to which question (`route`: the template), and what it shows."""

    at: datetime
    reader: Reader
    method: str
    route: str
    subject: tuple[str, int] | None
    shown: Shown

    def row(self) -> tuple[Any, ...]:
        """The arguments of `record.sql`."""
        reader, ids, names = self.reader, self.shown.ids, self.shown.names
        kind, subject_id = self.subject or (None, None)
        grantors = None if reader.grantors is None else sorted(reader.grantors)
        return (
            *(self.at, reader.name, reader.key, reader.role, reader.party_id, self.method, self.route),
            *(kind, subject_id, sorted(self.shown.batches)[:BATCHES_KEPT]),
            *(list(ids["party"]), array_text(list(ids["site"]))),
            *(array_text(list(ids["batch"] | ids["goods"])), list(ids["case"])),
            *(list(names["event"]), list(names["uri"])),
            *(list(ids["drill"]), list(ids["complaint"]), list(ids["suspect_code"]), list(ids["notice"])),
            *(list(ids["goods"]), grantors),
        )


async def record_in(tx: Transaction, read: Read) -> None:
    """Write down a read in a transaction of the caller's, who commits before anything is sent."""
    await tx.sql.execute(statement("service.audit", "record"), *read.row())


class Recorder:
    """What one process writes down of reads."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._waiting: deque[tuple[Read, asyncio.Future[None]]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def record(self, read: Read) -> None:
        """Write down a read; committed when this returns. Raises `Unavailable` where that cannot be done."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await done
        except FAILURES as error:
            raise Unavailable(
                "Reads of others' trade are put on record, and that cannot be done now; try again.",
                "查阅他方贸易数据须留痕，目前无法写入审计日志，请稍后重试。",
            ) from error

    async def close(self) -> None:
        """Write what waits, and let go of the connection."""
        if self._writing is not None:
            await self._writing
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(len(self._waiting), GROUP_MOST))]
                failure = await self._write([read.row() for read, _ in group])
                for _, done in group:
                    if done.done():  # its reader has left
                        continue
                    if failure is None:
                        done.set_result(None)
                    else:
                        done.set_exception(failure)
        finally:
            self._writing = None

    async def _write(self, rows: list[tuple[Any, ...]]) -> Exception | None:
        """Write a group; what the database raised, if it did. A connection of before may have been cut."""
        fresh = self._connection is None
        try:
            await self._insert(rows)
        except FAILURES as error:
            if not fresh:
                return await self._write(rows)
            logger.warning("reads could not be put on record: %s: %s", type(error).__name__, error)
            return error
        return None

    async def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        connection, self._connection = self._connection, None
        if connection is None or connection.is_closed():
            connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                server_settings=SETTINGS,
            )
        try:
            # All in one transaction, whether it begins one or not.
            await connection.executemany(statement("service.audit", "record"), rows)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection


@asynccontextmanager
async def recording(engine: AsyncEngine) -> AsyncIterator[Recorder]:
    """A recorder for as long as the block lasts."""
    recorder = Recorder(engine)
    try:
        yield recorder
    finally:
        await recorder.close()

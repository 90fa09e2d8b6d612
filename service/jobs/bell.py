"""A bell that rings in every process on the database when events were recorded, in any of them.

A capture does not wait for it: its process rings after the commit, and many captures are one ring. A NOTIFY
in the capture's own transaction would make all commits queue up behind one lock of PostgreSQL. A ring can
be lost (a crash right after a commit, a connection that broke), so who waits for the bell also looks from
time to time.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from sqlalchemy import event

from service.db.transaction import Transaction

logger = logging.getLogger(__name__)

CHANNEL: Final = "suyuan_recorded"
RING: Final = "NOTIFY suyuan_recorded"
#: Rings are at least so far apart.
APART_SECONDS: Final = 0.05
#: An idle connection is tried so often: who is not there any more must be noticed.
PROBE_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 10.0


class Bell:
    """One for a process; `keep_ringing` connects it with those of others."""

    def __init__(self) -> None:
        self._to_ring = asyncio.Event()
        self._waiting: set[asyncio.Event] = set()

    def heard(self, tx: Transaction) -> None:
        """Ring once this transaction is committed."""
        event.listen(tx.orm.sync_session, "after_commit", lambda _session: self.ring(), once=True)

    def ring(self) -> None:
        """Ring, here and everywhere."""
        self._to_ring.set()
        self._wake()

    @contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """An event that is set at every ring; who waits clears it before looking."""
        mine = asyncio.Event()
        self._waiting.add(mine)
        try:
            yield mine
        finally:
            self._waiting.discard(mine)

    def _wake(self) -> None:
        for each in self._waiting:
            each.set()

    async def keep_ringing(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Carry rings out and in by this connection until it breaks."""

        def came_in(*_notification: object) -> None:
            self._wake()

        await connection.add_listener(CHANNEL, came_in)
        self._wake()  # rings may have been missed meanwhile
        while True:
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._to_ring.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=STATEMENT_SECONDS)
                continue
            self._to_ring.clear()
            await connection.execute(RING, timeout=STATEMENT_SECONDS)
            await asyncio.sleep(APART_SECONDS)

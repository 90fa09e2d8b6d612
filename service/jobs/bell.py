"""A bell that rings in every process on the database when one of them recorded events, or work for others.

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
#: The same where nothing is new but events: most rings, and no matter to who does not go by events.
RING_OF_EVENTS: Final = "NOTIFY suyuan_recorded, 'events'"
OF_EVENTS: Final = "events"
#: Rings are at least so far apart.
APART_SECONDS: Final = 0.05
#: An idle connection is tried so often: who is not there any more must be noticed.
PROBE_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 10.0


class Bell:
    """One for a process; `keep_ringing` connects it with those of others."""

    def __init__(self) -> None:
        self._to_ring = asyncio.Event()
        self._rung_for_more = False
        #: Whether each goes by events.
        self._waiting: dict[asyncio.Event, bool] = {}

    def heard(self, tx: Transaction) -> None:
        """Ring once this transaction is committed."""
        event.listen(tx.orm.sync_session, "after_commit", lambda _session: self.ring(), once=True)

    def recorded(self, tx: Transaction) -> None:
        """The same where nothing is new but events."""
        event.listen(tx.orm.sync_session, "after_commit", lambda _session: self.ring(events=True), once=True)

    def ring(self, *, events: bool = False) -> None:
        """Ring, here and everywhere. `events`: nothing else is new."""
        self._rung_for_more |= not events
        self._to_ring.set()
        self._wake(events=events)

    @contextmanager
    def waiting(self, *, events: bool = True) -> Iterator[asyncio.Event]:
        """An event that is set at every ring, or, not `events`, where something else is new than events; who
        waits clears it before looking.
        """
        mine = asyncio.Event()
        self._waiting[mine] = events
        try:
            yield mine
        finally:
            del self._waiting[mine]

    def _wake(self, *, events: bool) -> None:
        for each, goes_by_events in self._waiting.items():
            if goes_by_events or not events:
                each.set()

    async def keep_ringing(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Carry rings out and in by this connection until it breaks."""

        def came_in(*notification: object) -> None:
            self._wake(events=notification[-1] == OF_EVENTS)

        await connection.add_listener(CHANNEL, came_in)
        self._wake(events=False)  # rings may have been missed meanwhile
        while True:
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._to_ring.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=STATEMENT_SECONDS)
                continue
            self._to_ring.clear()
            ring, self._rung_for_more = RING if self._rung_for_more else RING_OF_EVENTS, False
            await connection.execute(ring, timeout=STATEMENT_SECONDS)
            await asyncio.sleep(APART_SECONDS)

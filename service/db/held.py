"""Connections that a process keeps for statements which it asks all the time, beside its pool.

A connection of the pool is tried before each use, and goes through the session's machinery. Here one that
served well is simply used again, and one that did not is thrown away: who reads by it has another way.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Connection

CONNECT_SECONDS: Final = 2.0
#: In use at once: each of those who ask here asks one question at a time. One less is kept while nobody asks.
USED_MOST: Final = 5
#: For statements of which each part is found by an index. Plans are made once, whatever the tables hold then:
#: one that is empty must not be read from end to end when it is full.
SETTINGS: Final = {
    "application_name": "suyuan.codes",
    "timezone": "UTC",
    "jit": "off",
    "default_transaction_read_only": "on",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
}


class Held:
    """Connections to the database of an engine."""

    def __init__(
        self, engine: AsyncEngine, settings: Mapping[str, str] = SETTINGS, used_most: int = USED_MOST
    ) -> None:
        self.engine = engine
        self._settings = dict(settings)
        self._idle_most = used_most - 1
        self._url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._idle: list[Connection] = []
        self._closed = False
        self._room = asyncio.Semaphore(used_most)

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[Connection]:
        """A connection without a transaction, for single statements. One whose use fails, or
        is given up, is closed. Raises what connecting raises.
        """
        async with self._room, self._taken() as connection:
            yield connection

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[Connection]:
        connection: Connection | None = None
        while self._idle and (connection is None or connection.is_closed()):
            connection = self._idle.pop()
        if connection is None or connection.is_closed():
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_SECONDS, server_settings=self._settings
            )
        well = False
        try:
            yield connection
            well = True
        finally:
            if well and not self._closed and len(self._idle) < self._idle_most:
                self._idle.append(connection)
            else:
                connection.terminate()

    def close(self) -> None:
        """Close those that idle, and the others when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().terminate()


@asynccontextmanager
async def holding(engine: AsyncEngine) -> AsyncIterator[Held]:
    """Connections for as long as the block lasts."""
    held = Held(engine)
    try:
        yield held
    finally:
        held.close()

"""When a key was last used, to the minute: noted in memory, written beside the requests."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.failures import FAILURES
from service.db.transaction import transaction

logger = logging.getLogger(__name__)

#: How exact it is: a key used all the time is one row written so often.
EXACT: Final = timedelta(minutes=1)
WRITE_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 3.0

#: Key id -> used at; of this process, not yet written.
_noted: dict[int, datetime] = {}

WRITE = """
UPDATE api_key SET last_used_at = used.at
FROM unnest($1::bigint[], $2::timestamptz[]) AS used (id, at)
WHERE api_key.id = used.id AND (api_key.last_used_at IS NULL OR api_key.last_used_at < used.at)
"""


def note(key_id: int, known: datetime | None, now: datetime) -> None:
    """Note that the key was used now; `known`: what is written of it."""
    if known is None or now - known >= EXACT:
        _noted[key_id] = now


async def write_noted(engine: AsyncEngine) -> int:
    """Write what was noted; how many keys. Raises what the database raises, and forgets nothing then."""
    taken = dict(_noted)
    if not taken:
        return 0
    async with transaction(engine) as tx:
        await tx.sql.execute(WRITE, list(taken), list(taken.values()))
    for key_id, at in taken.items():
        if _noted.get(key_id) == at:
            del _noted[key_id]
    return len(taken)


@asynccontextmanager
async def noting(engine: AsyncEngine) -> AsyncIterator[None]:
    """Write every `WRITE_SECONDS`, and once more at the end."""
    stopping = asyncio.Event()
    task = asyncio.create_task(_keep_writing(engine, stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


async def _keep_writing(engine: AsyncEngine, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(WRITE_SECONDS):
                await stopping.wait()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await write_noted(engine)
        except FAILURES as error:
            logger.warning("when keys were used is written later: %s: %s", type(error).__name__, error)

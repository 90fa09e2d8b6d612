"""Batches at rest are packed beside the requests, a few at a time (`trace/packs.py`).

Run by the one process of a service that tidies. Around all batches, then again an hour later: what came to
rest since, or was packed and changed, has its turn then.
"""

import asyncio
import logging
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import create_engine, transaction
from service.trace.packs import pack_some

logger = logging.getLogger(__name__)

#: Batches looked at in one transaction: some 50 ms in which a capture of one of them waits.
AT_ONCE: Final = 500
#: Between two transactions: a tenth of a core at most.
PAUSE_SECONDS: Final = 0.5
#: From the end of a round to the next one; and after a database that did not answer.
ROUND_SECONDS: Final = 3600.0


async def pack_round(engine: AsyncEngine, *, pause: float = PAUSE_SECONDS) -> int:
    """Pack what is at rest, from the first batch to the last; how many."""
    packed, after = 0, 0
    while True:
        async with transaction(engine) as tx:
            done = await pack_some(tx, after, most=AT_ONCE, now=clock.now())
        if done is None:
            return packed
        after, more = done
        packed += more
        await asyncio.sleep(pause)


async def pack_always(dsn: str) -> None:
    """`pack_round`, again and again; never ends of itself."""
    while True:
        engine = create_engine(dsn, pool_size=1)
        try:
            packed = await pack_round(engine)
            if packed:
                logger.info("packed %d batches at rest", packed)
        except FAILURES as error:
            logger.warning("packing ended early, later again: %s", type(error).__name__)
        finally:
            await engine.dispose()
        await asyncio.sleep(ROUND_SECONDS)

"""The duty of projecting whole, a batch at a time, what captures projected in part (`ledger/awaiting.py`)."""

import asyncio
from datetime import datetime
from time import perf_counter
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.jobs.duties import Errand, Look
from service.ledger.awaiting import awaiting
from service.ledger.locks import share_ledger
from service.ledger.whole import make_whole
from service.settings import Settings

#: After each batch nobody's is projected whole for so many times as long as that took, in seconds at most:
#: a sixth of a process's time, and captures of the next one go on.
REST_TIMES: Final = 5
REST_MOST: Final = 10.0


class WholeAgain:
    """Finds which batch is due, and projects it whole."""

    entrypoint: Final = "whole"
    goes_by_events: Final = False

    def __init__(self, engine: AsyncEngine, _settings: Settings) -> None:
        self.engine = engine
        self._alone = asyncio.Lock()

    async def tend(self) -> None:
        """Nothing."""

    async def look(self, now: datetime) -> Look:
        """The one that is most urgent: others have their turn after it."""
        async with transaction(self.engine, snapshot=True) as tx:
            waiting = await awaiting(tx)
        batch, due = next(iter(waiting.items()), (0, None))
        if due is None or due > now:
            return Look([], due)
        return Look([Errand(batch, f"whole:{batch}:{due.isoformat()}")], None)

    async def do(self, row: int) -> bool:
        """Project one batch whole, if it still awaits it."""
        async with self._alone:
            began = perf_counter()
            async with transaction(self.engine) as tx:
                await share_ledger(tx)
                await make_whole(tx, [row])
            await asyncio.sleep(min(REST_MOST, REST_TIMES * (perf_counter() - began)))
        return True

    async def close(self) -> None:
        """Nothing is held."""

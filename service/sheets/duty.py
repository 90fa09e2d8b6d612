"""The duty of importing: uploads that are to be checked or stored, one at a time in each process."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import create_engine, transaction
from service.jobs.duties import Errand, Look
from service.settings import Settings, settings
from service.sheets import store
from service.sheets.importing import work_off

#: Old uploads are erased so often.
TIDY_EVERY: Final = timedelta(hours=1)


async def forget_once(dsn: str, now: datetime) -> int:
    """Uploads that were kept long enough at `now` go, with file and faults; how many."""
    engine = create_engine(dsn, pool_size=1)
    try:
        async with transaction(engine) as tx:
            return await store.forget_imports(tx, now - timedelta(days=settings().import_kept_days))
    finally:
        await engine.dispose()


class Importing:
    """Finds which uploads have something to be done, and does it."""

    entrypoint: Final = "import"
    goes_by_events: Final = False

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        self.kept = timedelta(days=settings.import_kept_days)
        self._alone = asyncio.Lock()
        self._tidied_at: datetime | None = None

    async def tend(self) -> None:
        """Uploads that were kept long enough go."""
        now = clock.now()
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            async with transaction(self.engine) as tx:
                await store.forget_imports(tx, now - self.kept)

    async def look(self, now: datetime) -> Look:
        """Uploads with something to be done."""
        del now  # What is asked is due at once.
        async with transaction(self.engine, snapshot=True) as tx:
            due = await store.list_due(tx)
        return Look([Errand(row, f"import:{row}:{turn}") for row, turn in due], None)

    async def do(self, row: int) -> bool:
        """Do it for one. Raises `Busy`."""
        async with self._alone:
            return await work_off(self.engine, row)

    async def close(self) -> None:
        """Nothing is held."""

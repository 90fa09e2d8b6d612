"""The duty of delivering new events to subscribers."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.jobs.duties import Errand, Look
from service.settings import Settings
from service.subscriptions.delivering import Deliverer
from service.subscriptions.news import raise_floor
from service.subscriptions.posting import Poster
from service.subscriptions.turns import find_next_time, list_due


class Deliveries:
    """Finds who is due, and delivers."""

    entrypoint: Final = "deliver"
    goes_by_events: Final = True

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        timeout = settings.delivery_timeout_seconds
        self.poster = Poster(timeout=timeout, private=settings.delivery_private)
        # Whoever may subscribe is not thereby let into the network of the service.
        self.open_poster = Poster(timeout=timeout, private=settings.delivery_private_parties)
        self.deliverer = Deliverer(engine, self.poster, settings, open_poster=self.open_poster)

    async def tend(self) -> None:
        """Raise the floor below which no event is to come."""
        async with transaction(self.engine) as tx:
            await raise_floor(tx)

    async def look(self, now: datetime) -> Look:
        """Subscriptions that may have something to deliver."""
        async with transaction(self.engine, snapshot=True) as tx:
            due = await list_due(tx, now)
            next_at = await find_next_time(tx)
        return Look([Errand(row, f"{row}:{turn}") for row, turn in due], next_at)

    async def do(self, row: int) -> bool:
        """Deliver to one subscriber. Raises `Busy`."""
        return await self.deliverer.deliver(row) > 0

    async def close(self) -> None:
        """Close the connections to subscribers."""
        await self.poster.close()
        await self.open_poster.close()

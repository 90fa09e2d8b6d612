"""The duty of telling: deliveries of notices, and what is made when its time has come."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.jobs.duties import Errand, Look
from service.notices.deliveries import find_next_time, list_due
from service.notices.later import do_what_is_due
from service.notices.sending import Sender
from service.settings import Settings


class Telling:
    """Finds which deliveries are due, and sends them."""

    entrypoint: Final = "notice"
    goes_by_events: Final = False

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.engine = engine
        self.sender = Sender(engine, settings)

    async def tend(self) -> None:
        """Reminders and escalations whose time has come; who could not be told and can be now."""
        await do_what_is_due(self.engine, clock.now())

    async def look(self, now: datetime) -> Look:
        """Deliveries that are to be sent."""
        mail = self.sender.mails
        async with transaction(self.engine, snapshot=True) as tx:
            due = await list_due(tx, now, mail=mail)
            next_at = await find_next_time(tx, mail=mail)
        return Look([Errand(row, f"notice:{row}:{turn}") for row, turn in due], next_at)

    async def do(self, row: int) -> bool:
        """Send one. Raises `Busy`."""
        await self.sender.send(row)
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self.sender.close()

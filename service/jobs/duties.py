"""What an area wants done beside the requests: who is due, and what is done for one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from service.db.transaction import Transaction

#: Nobody holds a turn for longer at once: twice what a receiver may be given (`delivery_timeout_seconds`),
#: and the statements around it.
LEASE_MOST: Final = timedelta(seconds=2 * 600 + 60)

#: Called in the transaction that wrote something to do; the workers look once it is committed.
WorkListener = Callable[[Transaction], None]
work_listeners: list[WorkListener] = []


def tell_work(tx: Transaction) -> None:
    """Let the workers of all processes look for work when this transaction is committed."""
    for listener in work_listeners:
        listener(tx)


class Busy(Exception):
    """Somebody else is at it: come back."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to do for one `row`. `key`: while a job with this key waits or runs, no other is made."""

    row: int
    key: str


@dataclass(frozen=True, slots=True)
class Look:
    """Who is due, and when somebody will be next (None: nobody is known to be)."""

    due: Sequence[Errand]
    next_at: datetime | None


class Duty(Protocol):
    """One kind of work, in one process."""

    @property
    def entrypoint(self) -> str:
        """The name of its jobs in the queue."""

    @property
    def goes_by_events(self) -> bool:
        """Whether somebody may be due because events were captured; else it is told of work (`tell_work`)."""

    async def tend(self) -> None:
        """What is to be done at every look, whoever is due."""

    async def look(self, now: datetime) -> Look:
        """Who is due."""

    async def do(self, row: int) -> bool:
        """Do it for one; whether to look again at once. Raises `Busy`."""

    async def close(self) -> None:
        """Let go of connections."""

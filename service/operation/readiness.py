"""Whether the service lives and is ready: asked by a connection of its own, so that it is told however busy
the others are, and once for all who ask at the same moment.
"""

import asyncio
from functools import partial
from typing import Any, Final

from service.db.failures import FAILURES
from service.db.held import Held
from service.db.transaction import borrowed
from service.errors import Unavailable

#: Whoever watches a service does not wait longer for its word.
ANSWER_SECONDS: Final = 3.0
REVISION: Final = "SELECT version_num FROM alembic_version"


class Readiness:
    """The questions of one application. `state`: its own."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._asking: asyncio.Task[str | None] | None = None

    async def find_revision(self) -> str | None:
        """The revision of the database's schema. Raises `Unavailable` where it does not answer in time."""
        asking = self._asking
        if asking is None or asking.done():
            asking = self._asking = asyncio.create_task(self._ask())
        # Who leaves before the answer leaves the question to the others.
        revision = await asyncio.shield(asking)
        if revision is None:
            raise Unavailable(
                "The database cannot be reached now; nothing was stored.", "服务暂时无法应答，请稍后重试。"
            )
        return revision

    async def _ask(self) -> str | None:
        held: Held | None = getattr(self._state, "held", None)
        opened = partial(borrowed, self._state.engine) if held is None else held.borrowed
        try:
            async with asyncio.timeout(ANSWER_SECONDS), opened() as sql:
                return str(await sql.fetchval(REVISION))
        except FAILURES:
            return None


def readiness_of(state: Any) -> Readiness:
    """The one of an application."""
    if not hasattr(state, "readiness"):
        state.readiness = Readiness(state)
    found: Readiness = state.readiness
    return found

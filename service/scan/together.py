"""Questions of many readers at the same moment, asked of the database as one: whoever comes while others are
asked for goes together with the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from service.db.failures import FAILURES

#: Questions of one statement.
AT_ONCE: Final = 200
#: Of those who are answered together, so many at a time while others are asked for.
TOLD_AT_ONCE: Final = 4
#: Questions that wait; more are left to others, who say how much is too much.
WAITING_MOST: Final = 2_000

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Together(Generic[Asked, Found]):
    """`ask`: answers by the place of their question, from 1; a question without one is left out. It bounds
    its own time.
    """

    def __init__(self, ask: Callable[[Sequence[Asked]], Awaitable[Mapping[int, Found]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Asked, Callable[[Found | None], None]]] = []
        #: The question that is under way.
        self._next: asyncio.Task[None] | None = None
        #: Somebody must hold them.
        self._work: set[asyncio.Task[None]] = set()

    async def find(self, asked: Asked) -> Found | None:
        """The answer; None where there is none, and for failures too: whoever asks elsewhere is told why."""
        answer: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()

        def tell(found: Found | None) -> None:
            if not answer.done():
                answer.set_result(found)

        self.ask(asked, tell)
        return await answer

    def ask(self, asked: Asked, tell: Callable[[Found | None], None]) -> None:
        """The same without waiting: `tell`, which raises nothing, is called with the answer, once, later; at
        once where too many wait.
        """
        if len(self._waiting) >= WAITING_MOST:
            tell(None)
            return
        self._waiting.append((asked, tell))
        if self._next is None:
            self._ask_next()

    def _ask_next(self) -> None:
        """Ask for those who wait, if any do."""
        self._next = None
        if self._waiting:
            self._next = asyncio.create_task(self._answer_some())
            self._work.add(self._next)
            self._next.add_done_callback(self._work.discard)

    async def _answer_some(self) -> None:
        some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        asking = True
        try:
            try:
                found = await self._ask([asked for asked, _ in some])
            except FAILURES:
                found = {}
            # The database answers the next while these are told; its answers are heard between some of them.
            asking = False
            self._ask_next()
            for place in range(len(some), 0, -1):
                if place % TOLD_AT_ONCE == 0 and self._next is not None:
                    await asyncio.sleep(0)
                _, tell = some.pop()
                tell(found.get(place))
        finally:
            # Whatever ended this early, nobody waits for ever.
            left = some
            if asking:
                left, self._waiting, self._next = [*some, *self._waiting], [], None
            for _, tell in left:
                tell(None)

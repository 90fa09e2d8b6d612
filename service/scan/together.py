"""Questions of many readers at the same moment, asked of the database as one: whoever comes while others are
answered goes together with the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from service.db.failures import FAILURES

#: Questions of one statement.
AT_ONCE: Final = 200
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
        self._work: asyncio.Task[None] | None = None

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
        if self._work is None:
            self._work = asyncio.create_task(self._answer_all())

    async def _answer_all(self) -> None:
        some: list[tuple[Asked, Callable[[Found | None], None]]] = []
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                try:
                    found = await self._ask([asked for asked, _ in some])
                except FAILURES:
                    found = {}
                for place in range(len(some), 0, -1):
                    _, tell = some.pop()
                    tell(found.get(place))
        finally:
            # Whatever ended this early, nobody waits for ever.
            left, self._waiting, self._work = [*some, *self._waiting], [], None
            for _, tell in left:
                tell(None)

"""Questions of many readers at the same moment, asked of the database as one: whoever comes while others are
answered goes together with the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from service.db.failures import FAILURES

#: Questions of one statement.
AT_ONCE: Final = 200

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Together(Generic[Asked, Found]):
    """`ask`: answers by the place of their question, from 1; a question without one is left out. It bounds
    its own time.
    """

    def __init__(self, ask: Callable[[Sequence[Asked]], Awaitable[Mapping[int, Found]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Asked, asyncio.Future[Found | None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def find(self, asked: Asked) -> Found | None:
        """The answer; None where there is none, and for failures too: whoever asks elsewhere is told why."""
        answer: asyncio.Future[Found | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._work is None:
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        some: list[tuple[Asked, asyncio.Future[Found | None]]] = []
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                try:
                    found = await self._ask([asked for asked, _ in some])
                except FAILURES:
                    found = {}
                for place, (_, answer) in enumerate(some, 1):
                    if not answer.done():
                        answer.set_result(found.get(place))
        finally:
            # Whatever ended this early, nobody waits for ever.
            for _, answer in (*some, *self._waiting):
                if not answer.done():
                    answer.set_result(None)
            self._waiting, self._work = [], None

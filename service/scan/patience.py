"""An answer in bounded time, whatever the database does.

Ending what waits for a frozen server can itself wait for that server. So the reader's answer does not: what
is late is told to end, and left to it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from service.db.failures import FAILURES

#: A consumer with a phone in a shop does not wait longer; the page then says that nothing was checked.
ANSWER_SECONDS: Final = 8.0

T = TypeVar("T")
#: What was late and has not ended yet: somebody must hold it.
_ending: set[asyncio.Task[Any]] = set()


async def within_patience(work: Coroutine[Any, Any, T], seconds: float | None = None) -> T:
    """The result of `work`; raises `TimeoutError` after `ANSWER_SECONDS` unless told otherwise."""
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=ANSWER_SECONDS if seconds is None else seconds)
    except asyncio.CancelledError:
        _leave(task)
        raise
    if not done:
        _leave(task)
        raise TimeoutError
    return task.result()


def _leave(task: asyncio.Task[Any]) -> None:
    task.cancel()
    _ending.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[Any]) -> None:
    _ending.discard(task)
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, FAILURES):
        task.get_loop().call_exception_handler({"message": "what was late failed", "exception": error})

"""Answers that are read as they are told, and what keeps them from taking everything for themselves.

A download holds a connection of the pool until its last octet is on its way. So at most half of the
connections are in downloads, and a caller who stops taking what was sent, or takes it too slowly, is left.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import IO, Final

from fastapi import Request
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from service.errors import Unavailable
from service.settings import settings

logger = logging.getLogger(__name__)

#: Octets of a file sent at a time.
SENT_AT_ONCE: Final = 64 * 1024


async def take_turn(request: Request) -> AsyncIterator[None]:
    """For `Depends`, before the connection is taken: traces and downloads leave half of the connections, and
    of the processor, to scans and captures.
    """
    async with turn(request):
        yield


@asynccontextmanager
async def turn(request: Request) -> AsyncIterator[None]:
    """One of the process's turns; waits until there is one, and raises `Unavailable` after `wait_seconds`."""
    state = request.app.state
    if not hasattr(state, "download_turns"):
        state.download_turns = asyncio.Semaphore(settings().pool_size // 2)
    turns: asyncio.Semaphore = state.download_turns
    try:
        async with asyncio.timeout(settings().wait_seconds):
            await turns.acquire()
    except TimeoutError:
        raise Unavailable(
            "As many traces and downloads as can be are under way; try again shortly.",
            "追溯与下载任务已满，请稍后重试。",
        ) from None
    try:
        yield
    finally:
        turns.release()


class Download(StreamingResponse):
    """A streamed answer that is broken off where the caller takes nothing for `download_stall_seconds`, or
    not all of it within `download_most_seconds`. What is broken off lacks its end, so the caller sees it.
    """

    async def stream_response(self, send: Send) -> None:
        """As Starlette's, with both limits."""
        limits = settings()

        async def patient(message: Message) -> None:
            async with asyncio.timeout(limits.download_stall_seconds):
                await send(message)

        pieces = self.body_iterator
        try:
            async with asyncio.timeout(limits.download_most_seconds):
                if isinstance(pieces, AsyncGenerator):
                    async with aclosing(pieces):
                        await super().stream_response(patient)
                else:
                    await super().stream_response(patient)
        except TimeoutError:
            # Nothing more can be said on this connection; the server closes it.
            logger.warning("A download was broken off: its caller took nothing more, or too slowly.")


async def begun(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same, its first `SENT_AT_ONCE` octets read by now: a database that goes meanwhile is told as such,
    and breaks no answer off that has begun.
    """
    first: list[bytes] = []
    size = 0
    try:
        async for piece in pieces:
            first.append(piece)
            size += len(piece)
            if size >= SENT_AT_ONCE:
                break
    except BaseException:
        await pieces.aclose()
        raise
    return _followed(first, pieces)


async def _followed(first: list[bytes], rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield b"".join(first)
        first.clear()
        async for piece in rest:
            yield piece


async def pieces_of(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file piece by piece; closed at its end, or when nobody takes any more."""
    with file:
        while piece := file.read(SENT_AT_ONCE):
            yield piece

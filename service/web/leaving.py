"""Work for a caller who may leave before it is done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.requests import ClientDisconnect, Request


@asynccontextmanager
async def unless_gone(request: Request) -> AsyncIterator[None]:
    """Break the work off (its statements too) when the caller closes the connection.

    For requests without a body. Raises `ClientDisconnect`, which nobody is there to read.
    """
    working = asyncio.current_task()
    assert working is not None
    left = False

    async def watch() -> None:
        nonlocal left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        left = True
        working.cancel()

    watching = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not left:
            raise
        working.uncancel()
        raise ClientDisconnect from None
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

"""The service in a thread of its own, asked without a network; a defect is told with where it happened."""

import asyncio
import threading
import traceback
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.app import create_app
from service.auth.tokens import issue_first_key
from service.db.service_role import as_service
from service.db.transaction import create_engine
from service.web.epcis_description import DescribedApp

#: An answer that takes longer hangs; it is not a measure of speed.
PATIENCE_SECONDS: Final = 60.0
BASE: Final = "http://testserver"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a request. `answer`: None where none came. `defect`: the traceback, or that it hangs."""

    answer: httpx.Response | None
    defect: str = ""


class Served:
    """The service on a database. `key`: its first key, an operator's."""

    app: DescribedApp
    client: httpx.AsyncClient
    engine: AsyncEngine
    key: str

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait(self._begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait(self._open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, doing: Coroutine[Any, Any, T]) -> T:
        """Do something in the service's thread, and wait for it."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(doing, self._loop)
        return done.result()

    async def _begin(self) -> None:
        self.engine = create_engine(as_service(self.dsn))
        self._open.push_async_callback(self.engine.dispose)
        self.app = create_app(self.engine)
        key = await issue_first_key(self.dsn)
        assert key is not None, "the database is in use"
        self.key = key
        await self._open.enter_async_context(self.app.router.lifespan_context(self.app))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=BASE,
            headers={"Authorization": f"Bearer {key}"},
        )
        await self._open.enter_async_context(self.client)

    def ask(self, request: httpx.Request) -> Asked:
        """Send a request."""
        return self.wait(self._ask(request))

    async def _ask(self, request: httpx.Request) -> Asked:
        transport = httpx.ASGITransport(self.app)
        asking = asyncio.create_task(_answered(transport, request))
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not done:
            asking.cancel()
            await asyncio.wait({asking})
            return Asked(None, f"no answer within {PATIENCE_SECONDS:g} s")
        error = asking.exception()
        if error is not None:
            return Asked(None, "".join(traceback.format_exception(error)))
        return Asked(asking.result())


async def _answered(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    began = monotonic()
    answer = await transport.handle_async_request(request)
    answer.request = request
    await answer.aread()
    answer.elapsed = timedelta(seconds=monotonic() - began)
    return answer

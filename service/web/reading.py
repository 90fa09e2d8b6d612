"""From where scans and traces are read: the replica while it is young enough, else the primary.

`state`: of the application; `engine` is the primary's, `replica` the standby (`db.replica`), if there is one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import clock
from service.db.failures import FAILURES
from service.db.replica import Replica
from service.db.transaction import Connection, Transaction, borrowed, transaction

#: On answers: everything that was committed before this moment is in it.
AS_OF: Final = "Suyuan-As-Of"
#: On answers to what was stored; sent with later questions, it makes sure that they see that.
POSITION: Final = "Suyuan-Position"
#: Which headers pages of other origins may read.
EXPOSED: Final = "Access-Control-Expose-Headers"
#: Answers to scans are kept for so long (`scan.remembered`): they may have been made that much earlier.
KEPT_SECONDS: Final = 1.0
WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

T = TypeVar("T")
Opening = Callable[[], AbstractAsyncContextManager[T]]


def replica_of(state: Any) -> Replica | None:
    """The standby of an application, if it has one."""
    replica: Replica | None = getattr(state, "replica", None)
    return replica


def usable(state: Any, position: int = -1) -> Replica | None:
    """The standby, if it may be read from now."""
    replica = replica_of(state)
    return replica if replica is not None and replica.is_usable(position) else None


@asynccontextmanager
async def borrowed_for_reading(state: Any) -> AsyncIterator[Connection]:
    """As `db.transaction.borrowed`: for single statements that read."""
    replica = usable(state)
    async with _opened(replica, borrowed, state.engine) as connection, _blamed(replica):
        yield connection


@asynccontextmanager
async def reading(
    state: Any, replica: Replica | None = None, *, snapshot: bool = False
) -> AsyncIterator[Transaction]:
    """As `db.transaction.transaction`, for what only reads. `replica`: to be read from, if it answers."""
    async with (
        _opened(replica, partial(transaction, snapshot=snapshot), state.engine) as tx,
        _blamed(replica),
    ):
        yield tx


def reading_now(state: Any) -> AbstractAsyncContextManager[Transaction]:
    """`reading` from the replica if it may be read from now."""
    return reading(state, usable(state))


@asynccontextmanager
async def _opened(
    replica: Replica | None, opened: Callable[[Any], AbstractAsyncContextManager[T]], primary: Any
) -> AsyncIterator[T]:
    async with AsyncExitStack() as stack:
        if replica is not None:
            try:
                found = await stack.enter_async_context(opened(replica.engine))
            except FAILURES:
                replica.is_lost()
            else:
                yield found
                return
        yield await stack.enter_async_context(opened(primary))


@asynccontextmanager
async def _blamed(replica: Replica | None) -> AsyncIterator[None]:
    """What fails while the replica is read is taken for its failure: the next reader asks the primary."""
    try:
        yield
    except FAILURES:
        if replica is not None:
            replica.is_lost()
        raise


async def again_without_replica(state: Any, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which reads; done once more, by the primary, if the replica failed meanwhile."""
    before = usable(state)
    try:
        return await work()
    except FAILURES:
        if before is None or before.is_usable():
            raise
        return await work()


def as_of_of(replica: Replica, seconds_ago: float = 0.0) -> datetime:
    """What a reader of `replica`, or of the primary instead, is sure to have seen who began so long ago."""
    began = clock.now() - timedelta(seconds=seconds_ago)
    oldest = began - timedelta(seconds=replica.most_seconds)
    mark = replica.as_of(seconds_ago)
    return oldest if mark is None else max(oldest, mark.told)


class DataAsOf:
    """ASGI middleware, outermost: says of answers how old their data can be, and of what was stored, where.

    Does nothing without a replica.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        replica = None if scope["type"] != "http" else replica_of(scope["app"].state)
        if replica is None:
            await self.app(scope, receive, send)
            return
        writes = scope["method"] in WRITING
        as_of = as_of_of(replica, KEPT_SECONDS)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not writes:
                    told: datetime = scope.get("state", {}).get("as_of", as_of)
                    headers[AS_OF] = told.astimezone(UTC).isoformat(timespec="milliseconds")
                    if EXPOSED in headers:
                        headers[EXPOSED] += f", {AS_OF}"
                elif message["status"] < 400 and (position := await replica.position()) is not None:
                    headers[POSITION] = position
            await send(message)

        await self.app(scope, receive, tell)

"""New events of a named query down a WebSocket: what is asked, and how a stream can end.

The package `websockets` is needed for this alone, and imported when the first stream is.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from suyuan.call import Call, read_nothing
from suyuan.connection import BadConfiguration, Connection
from suyuan.events import Event, as_event, events_in
from suyuan.problems import NotAllowed, SuyuanError, Unreachable, refusal_of
from suyuan.queries import path_of
from suyuan.sending import CONNECT_TIMEOUT, arguments_of

#: Octets of one message.
MESSAGE_MOST: Final = 64 * 1024 * 1024
#: Codes of RFC 6455, 7.4.1: the query was deleted; the key is not valid any more.
NORMAL: Final = 1000
REFUSED: Final = 1008


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to connect, and with what."""

    url: str
    headers: Mapping[str, str]
    direct: bool

    def arguments(self) -> dict[str, Any]:
        """Arguments of `connect` of `websockets`."""
        return {
            "additional_headers": self.headers,
            "open_timeout": 2 * CONNECT_TIMEOUT,
            "max_size": MESSAGE_MOST,
            "proxy": None if self.direct else True,
        }

    def read(self, message: str | bytes) -> list[Event]:
        """The events of a message. Raises `Unreadable`."""
        return [as_event(written) for written in events_in(message, self.url)]


def want(
    connection: Connection, name: str, *, since: datetime | None, schedule: Mapping[str, str] | None
) -> Wanted:
    """A stream of new events as they are recorded, or at the times of a schedule."""
    params: dict[str, Any] = {**(schedule or {"stream": True}), "initialRecordTime": since}
    query = httpx.QueryParams(Call("GET", "", read_nothing, params).query())
    headers = arguments_of(connection, 0)["headers"]
    key = {name: value for name, value in headers.items() if name == "Authorization"}
    address = f"ws{connection.url.removeprefix('http')}{path_of(name)}/events?{query}"
    return Wanted(address, key, connection.loopback())


def stream(wanted: Wanted) -> Iterator[Event]:
    """Events as they come, until the query is deleted. Raises `SuyuanError`s."""
    try:
        from websockets import exceptions
        from websockets.sync.client import connect
    except ImportError as error:
        raise _without_package() from error
    try:
        with connect(wanted.url, **wanted.arguments()) as socket:
            while True:
                yield from wanted.read(socket.recv())
    except exceptions.ConnectionClosed as closed:
        _end(wanted, closed.rcvd)
    except exceptions.InvalidStatus as refused:
        raise _refusal(wanted, refused.response) from refused
    except (exceptions.WebSocketException, OSError) as error:
        raise Unreachable(wanted.url, str(error) or type(error).__name__) from error


async def async_stream(wanted: Wanted) -> AsyncIterator[Event]:
    """The same, for asyncio."""
    try:
        from websockets import exceptions
        from websockets.asyncio.client import connect
    except ImportError as error:
        raise _without_package() from error
    try:
        async with connect(wanted.url, **wanted.arguments()) as socket:
            while True:
                for event in wanted.read(await socket.recv()):
                    yield event
    except exceptions.ConnectionClosed as closed:
        _end(wanted, closed.rcvd)
    except exceptions.InvalidStatus as refused:
        raise _refusal(wanted, refused.response) from refused
    except (exceptions.WebSocketException, OSError) as error:
        raise Unreachable(wanted.url, str(error) or type(error).__name__) from error


def _without_package() -> BadConfiguration:
    return BadConfiguration("A stream needs the package websockets: pip install websockets")


def _end(wanted: Wanted, told: Any) -> None:
    """The end of a connection, by the close frame that came: that of the stream, or a failure."""
    if told is None:
        raise Unreachable(wanted.url, "the connection broke")
    if told.code == REFUSED:
        raise NotAllowed(401, told.reason or "The key is not valid any more.")
    if told.code != NORMAL:
        raise Unreachable(wanted.url, told.reason or f"the connection ended with code {told.code}")


def _refusal(wanted: Wanted, answer: Any) -> SuyuanError:
    headers = httpx.Headers(list(answer.headers.raw_items()))
    for name in ("content-encoding", "transfer-encoding", "content-length"):
        headers.pop(name, None)
    request = httpx.Request("GET", wanted.url)
    return refusal_of(
        httpx.Response(
            answer.status_code, headers=headers, content=bytes(answer.body or b""), request=request
        )
    )

"""What both clients share in sending: the connection's arguments and the request of a call."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import httpx

from suyuan.call import Call
from suyuan.connection import Connection

#: Seconds that an ordinary call may take.
TIMEOUT: Final = 60.0
CONNECT_TIMEOUT: Final = 5.0
#: Where the service's log was after what a client stored; sent again, it makes sure that traces see that.
POSITION: Final = "Suyuan-Position"


def _version() -> str:
    try:
        return version("suyuan")
    except PackageNotFoundError:
        return "0"


def arguments_of(connection: Connection, timeout: float) -> dict[str, Any]:
    """Arguments of an `httpx` client for a connection."""
    headers = {"User-Agent": f"suyuan-python/{_version()}", "Accept": "application/json, */*;q=0.5"}
    if connection.key:
        headers["Authorization"] = f"Bearer {connection.key}"
    return {
        "base_url": connection.url,
        "headers": headers,
        "timeout": httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT)),
        "trust_env": not connection.loopback(),
    }


def request_of(http: httpx.Client | httpx.AsyncClient, call: Call[Any]) -> httpx.Request:
    """The request of a call."""
    timeout: Any = httpx.USE_CLIENT_DEFAULT
    if call.timeout is not None:
        timeout = httpx.Timeout(call.timeout, connect=CONNECT_TIMEOUT)
    files = None
    if call.form is not None:
        # As parts without a file name, fields are multipart also where no file is sent.
        parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in call.form.items()]
        files = parts + ([("file", call.file)] if call.file else [])
    return http.build_request(
        call.method,
        call.path,
        params=call.query() or None,
        content=call.content,
        files=files,
        headers=dict(call.headers),
        timeout=timeout,
    )


def remember_position(http: httpx.Client | httpx.AsyncClient, answer: httpx.Response) -> None:
    """What was stored through a client is seen by what it asks next, though that is read from a replica."""
    told = answer.headers.get(POSITION)
    if told is not None and _order(told) >= _order(http.headers.get(POSITION, "")):
        http.headers[POSITION] = told


def _order(position: str) -> tuple[str, ...]:
    """Positions in the order of the log: two hexadecimal numbers."""
    return tuple(part.zfill(16) for part in position.upper().split("/"))

"""Clients that send or take slowly, or not at all: none keeps a connection for longer than it is worth.

Once a second every connection is looked at, so that a request costs nothing for it. uvicorn itself ends only
those that are idle between two requests (`keep_alive_seconds`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Protocol

from service.settings import Settings
from service.web.problems import problem

#: Octets of the head of a request that comes in more than one piece.
HEAD_MOST: Final = 64 * 1024
#: Of the connections that only wait, so many make room when there are too many.
SHARE_LEFT: Final = 1 / 8
LATE: Final = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
)
TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
    b"connection: close\r\n"
)
BROKEN: Final = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\n"
    b"connection: close\r\n"
)
#: Beginning of the answer -> what it says (English, Chinese).
SAID: Final = {
    LATE: ("The request did not come in time.", "请求未在规定时间内发送完毕。"),
    TOO_LARGE: ("The head of the request is too large.", "请求头过大。"),
    BROKEN: ("This is no HTTP request that is read here (RFC 9112).", "不是可读取的 HTTP 请求（RFC 9112）。"),
    FULL: ("There are too many connections; try again shortly.", "连接数已满，请稍后重试。"),
}


class Phase(IntEnum):
    """What of a request a connection waits for. `NONE`: the service is at work, or nothing is wanted."""

    NONE = 0
    HEAD = 1
    BODY = 2


class Watched(Protocol):
    """A connection, as `short_cut` keeps account of it. `began`: of its phase, by the loop's clock;
    `octets`: of the body that have come.
    """

    phase: Phase
    began: float
    octets: int
    transport: Any
    flow: Any
    cycle: Any
    timeout_keep_alive_task: Any

    def refuse(self, head: bytes) -> None:
        """End it, with one of `SAID` if nothing was answered yet."""


@dataclass(slots=True)
class _Unread:
    """Octets that a client has yet to take: how many, and since when it took fewer than it should."""

    octets: int
    since: float


class SlowClients:
    """The looks of one process."""

    def __init__(self, told: Settings) -> None:
        self._head_seconds = told.head_seconds
        self._a_second = told.body_octets_per_second
        self._stall_seconds = told.download_stall_seconds
        self._unread: dict[object, _Unread] = {}
        self._looked_at: float | None = None

    def look(self, connections: Collection[Any], now: float) -> None:
        """End what is too slow. `connections`: of a server, WebSockets too; `now`: by the loop's clock."""
        passed = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        unread = {}
        for one in list(connections):
            if hasattr(one, "phase"):
                self._look_at_request(one, now, passed)
            kept = self._look_at_answer(one, now)
            if kept is not None:
                unread[one] = kept
        self._unread = unread

    def _look_at_request(self, one: Watched, now: float, passed: float) -> None:
        if one.phase is Phase.NONE:
            idle = one.cycle is not None and one.cycle.response_complete
            if idle and one.timeout_keep_alive_task is None:
                one.phase, one.began = Phase.HEAD, now
            return
        if one.flow.read_paused:
            # The service does not read: that is no fault of the client.
            one.began += passed
        allowed = self._head_seconds
        if one.phase is Phase.BODY:
            allowed += one.octets / self._a_second
        if now - one.began > allowed:
            one.refuse(LATE)

    def _look_at_answer(self, one: Any, now: float) -> _Unread | None:
        """What is left of an answer that was written whole; answers that are read as they are told have
        bounds of their own (`web.downloads`, `subscriptions.streaming`).
        """
        left = one.transport.get_write_buffer_size()
        if not left:
            return None
        before = self._unread.get(one)
        if before is None or before.octets - left >= self._a_second * (now - before.since) > 0:
            return _Unread(left, now)
        if now - before.since <= self._stall_seconds:
            return before
        cycle = getattr(one, "cycle", None)
        ended = one.transport.is_closing() if cycle is None else cycle.response_complete
        if not ended and before.octets != left:
            return _Unread(left, now)
        one.transport.abort()
        return None


def make_room(connections: Collection[Any], now: float) -> bool:
    """End some of the connections that only wait, those that have waited longest; whether there were any."""
    waiting = [
        (one.began if one.phase is Phase.HEAD else now, number, one)
        for number, one in enumerate(connections)
        if getattr(one, "phase", Phase.BODY) is not Phase.BODY
        and one.transport is not None
        and (one.cycle is None or one.cycle.response_complete)
    ]
    waiting.sort(key=lambda each: each[:2])
    for _, _, one in waiting[: max(1, int(len(waiting) * SHARE_LEFT))]:
        one.transport.abort()
    return bool(waiting)


def said(head: bytes) -> bytes:
    """The whole answer that begins so."""
    english, chinese = SAID[head]
    status, _, title = head.split(b"\r\n")[0].partition(b" ")[2].partition(b" ")
    answer = problem(int(status), english, chinese, title=title.decode())
    return head + b"content-length: %d\r\n\r\n" % len(answer.body) + bytes(answer.body)

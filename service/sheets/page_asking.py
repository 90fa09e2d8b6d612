"""The page asks the interface as any program does: the same routes, the same rights, in the same process.

So the page itself knows nothing of who may do what; it brings the key that the reader signed in with.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from fastapi import Request
from starlette.types import Message, Receive, Scope

from service.errors import Fault

#: Headers of the reader's request that say nothing of what the page asks.
NOT_PASSED_ON: Final = frozenset(
    {b"accept", b"authorization", b"x-api-key", b"cookie", b"content-type", b"content-length"}
)
BODY_HEADERS: Final = (b"content-type", b"content-length")
JSON: Final = (b"accept", b"application/json")


@dataclass(slots=True)
class Answer:
    """What the interface answered."""

    status: int = 500
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def good(self) -> bool:
        """Whether it did what was asked."""
        return self.status < 400

    def json(self) -> dict[str, Any]:
        """The body, an object."""
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told

    def header(self, name: str) -> str | None:
        """A header's value; None where it has not got it."""
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)

    def faults(self) -> list[Fault]:
        """What a refusal says is wrong, in both languages."""
        try:
            told = self.json()
        except msgspec.MsgspecError:
            told = {}
        english = str(told.get("detail") or f"The service answered {self.status}.")
        first = Fault("", None, english, str(told.get("detail_zh") or f"服务应答 {self.status}。"))
        each = [
            Fault(str(item.get("field", "")), item.get("value"), item["message"], item["message_zh"])
            for item in told.get("errors", [])
        ]
        return each or [first]


async def ask(
    request: Request,
    key: str,
    method: str,
    path: str,
    *,
    query: str = "",
    body: Any = None,
    as_sent: bool = False,
) -> Answer:
    """What the interface answers to this key. `body`: sent as JSON; `as_sent`: the reader's own instead."""
    headers = [pair for pair in request.scope["headers"] if pair[0] not in NOT_PASSED_ON]
    headers += [JSON, (b"authorization", f"Bearer {key}".encode())]
    receive: Receive = request.receive
    if as_sent:
        headers += [pair for pair in request.scope["headers"] if pair[0] in BODY_HEADERS]
    else:
        content = b"" if body is None else msgspec.json.encode(body)
        headers += [(b"content-type", b"application/json")] if body is not None else []
        receive = _once(content)
    scope: Scope = {
        **request.scope,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
        "path_params": {},
    }
    answer = Answer()
    pieces: list[bytes] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = tuple(message.get("headers", ()))
        else:
            pieces.append(message.get("body", b""))

    await request.app.router(scope, receive, send)
    answer.body = b"".join(pieces)
    return answer


def _once(content: bytes) -> Callable[[], Awaitable[Message]]:
    """What a request with this body receives; whether the reader goes is watched by the outer one."""
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    return receive

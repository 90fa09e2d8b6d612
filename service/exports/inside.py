"""Requests that a request asks of the service itself: the same routes, the same caller and rights, and all
of them in one snapshot of the database, so that a list of many pages is the list of one moment.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.types import ASGIApp, Message, Scope

from service.db.transaction import Transaction
from service.web.within import SNAPSHOT

#: Headers that are about this answer alone, and not about the answers that it is made of.
NOT_PASSED_ON: Final = frozenset(
    {b"accept", b"accept-encoding", b"if-none-match", b"range", b"content-length"}
)
JSON: Final = (b"accept", b"application/json")


@dataclass(slots=True)
class Answer:
    """What a route answered. `body` is empty where it went elsewhere."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> str | None:
        """A header's value; None where it has not got it."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """The body."""
        return msgspec.json.decode(self.body)


class Refused(Exception):
    """A route refused, or failed: its answer is the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Inside:
    """Asks routes on behalf of a request. `tx`: the snapshot they all read; None: each opens its own."""

    def __init__(self, app: ASGIApp, scope: Scope, tx: Transaction | None) -> None:
        self._app, self._scope, self._tx = app, scope, tx

    async def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        into: Callable[[bytes], object] | None = None,
    ) -> Answer:
        """What GET answers. `into` takes the body as it comes. Raises `Refused` for all but 200."""
        answer = Answer()
        kept: list[bytes] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = [(key.lower(), value) for key, value in message.get("headers", ())]
            elif into is not None and answer.status == HTTPStatus.OK:
                into(message.get("body", b""))
            else:
                kept.append(message.get("body", b""))

        scope = self._asked(path, query)
        await self._app(scope, _nothing_more(), send)
        # Measured and limited by the route that does the work.
        self._scope.update({name: scope[name] for name in ("route", "endpoint") if name in scope})
        answer.body = b"".join(kept)
        if answer.status != HTTPStatus.OK:
            raise Refused(answer)
        return answer

    def _asked(self, path: str, query: Sequence[tuple[str, str]]) -> Scope:
        headers = [header for header in self._scope["headers"] if header[0] not in NOT_PASSED_ON]
        asked = {
            **self._scope,
            "path": path,
            "raw_path": self._scope["raw_path"] if path == self._scope["path"] else quote(path).encode(),
            "query_string": urlencode(query).encode(),
            "headers": [*headers, JSON],
            "path_params": {},
        }
        if self._tx is not None:
            asked[SNAPSHOT] = self._tx
        return asked


def _nothing_more() -> Callable[[], Any]:
    """What a request without a body receives; who asked is watched by who asks for them."""
    first = True

    async def receive() -> Message:
        nonlocal first
        if not first:
            await asyncio.Event().wait()
        first = False
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive

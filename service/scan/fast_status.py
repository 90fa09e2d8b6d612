"""The recall status of a code, answered in front of the framework where that is simple to do.

`GET /v1/recall-status/…` without a query is what apps ask for at every scan. Its answer is kept for a second
where many ask for the same code (`remembered.py`), and made from one statement for many codes where nothing
special is on record (`plain_codes.py`). Everything else goes on to the framework, whose answer is the rule.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from time import monotonic
from typing import Any, Final, NamedTuple

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import clock
from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST
from service.registry import links
from service.scan.answers import json_response
from service.scan.front import Asked, PassedOn, Tell, answer_by, head_of, identify_plain
from service.scan.own_links import RECALL_STATUS
from service.scan.plain_codes import LOOK_UP_SECONDS, Borrowed, PlainCodes, is_plain, reading
from service.scan.remembered import Answer, Head, Remembered
from service.scan.status_forms import StatusForms
from service.scan.together import Together

START: Final = f"{RECALL_STATUS}/01/".encode()


class _Told(NamedTuple):
    """A status as JSON. `began`: when the oldest of the checks it is made of did."""

    body: bytes
    began: float


class FastStatus:
    """ASGI middleware, outermost. `scope["app"].state.engine`: the database."""

    start: Final = START
    queries: Final = (b"",)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[Identity, _Told] = Together(self._ask)
        self._plain = PlainCodes()
        self._forms = StatusForms()
        self._engine: object = None
        self._borrowed: Borrowed | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        passed = await answer_by(self, scope, send)
        if passed is None:
            return
        if passed.keep_since is not None:
            send = self._listening(send, scope["raw_path"], passed.keep_since)
        await self.app(scope, receive, send)

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        """See `front.Front`."""
        path, began = asked.path, monotonic()
        told = self._remembered.find(path, began)
        if told is not None:
            return told
        wanted = self._remembered.is_wanted(path, began)
        identity = _identify(path)
        if identity is None:
            return PassedOn(began if wanted else None)
        if self._engine is not state.engine:
            self._engine, self._borrowed, self._plain = state.engine, reading(state), PlainCodes()

        def found(told: _Told | None) -> None:
            if told is None:
                tell(PassedOn(began if wanted else None))
                return
            answer = Answer(_head(links.public_url()), told.body)
            if wanted:
                self._remembered.keep(path, min(began, told.began), answer)
            tell(answer)

        self._codes.ask(identity, found)
        return None

    async def _ask(self, codes: Sequence[Identity]) -> Mapping[int, _Told]:
        assert self._borrowed is not None
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            found = await self._plain.find(sql, codes, monotonic)
        plain = {place: one for place, one in found.items() if is_plain(one.unit)}
        named = ((codes[place - 1], one) for place, one in plain.items())
        bodies = self._forms.bodies_of(named, clock.now(), monotonic())
        return {
            place: _Told(body, one.lot.began)
            for (place, one), body in zip(plain.items(), bodies, strict=True)
        }

    def _listening(self, send: Send, path: bytes, began: float) -> Send:
        """`send` that keeps what the framework says, if it is about a known code and comes in one piece."""
        start: dict[str, Any] = {}

        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif start.get("status") == 200 and not message.get("more_body", False):
                head = Head(200, list(start["headers"]))
                self._remembered.keep(path, began, Answer(head, message.get("body", b"")))
            else:
                start.clear()
            await send(message)

        return listen


def _identify(path: bytes) -> Identity | None:
    """The lot or unit of a path; None for all else."""
    code = path.decode("ascii").removeprefix(RECALL_STATUS)
    identity = identify_plain(code)
    if identity is None:
        try:
            identity = identify(CANONICAL_HOST + code)
        except Malformed:
            return None
    return identity if identity.kind in (Kind.BATCH, Kind.UNIT) else None


@cache
def _head(_public_url: str) -> Head:
    """As the framework's answers have it."""
    return head_of(json_response({}, 200, {}))

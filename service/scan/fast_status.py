"""The recall status of a code, answered in front of the framework where that is simple to do.

`GET /v1/recall-status/…` without a query is what apps ask for at every scan. Its answer is kept for a second
where many ask for the same code (`remembered.py`), and made from one statement for many codes where nothing
special is on record (`plain_codes.py`). Everything else goes on to the framework, whose answer is the rule.
"""

from functools import partial
from time import monotonic
from typing import Any, Final

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import clock
from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST
from service.scan.answers import respond
from service.scan.front import path_of, send_whole
from service.scan.own_links import RECALL_STATUS
from service.scan.plain_codes import PlainCodes
from service.scan.remembered import Remembered
from service.web.reading import borrowed_for_reading

START: Final = f"{RECALL_STATUS}/01/".encode()


class FastStatus:
    """ASGI middleware, outermost. `scope["app"].state.engine`: the database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: PlainCodes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        path = path_of(scope, START)
        if path is None:
            await self.app(scope, receive, send)
            return
        began = monotonic()
        told = self._remembered.find(path, began)
        if told is not None:
            await send_whole(send, told.status, told.headers, told.body)
            return
        wanted = self._remembered.is_wanted(path, began)
        response = await self._answer_plain(scope, path)
        if response is not None:
            headers, body = response.raw_headers, bytes(response.body)
            if wanted:
                self._remembered.keep(path, began, response.status_code, headers, body)
            await send_whole(send, response.status_code, headers, body)
            return
        if wanted:
            send = self._listening(send, path, began)
        await self.app(scope, receive, send)

    async def _answer_plain(self, scope: Scope, path: bytes) -> Response | None:
        try:
            identity = _identify(path)
        except Malformed:
            return None
        if identity.kind not in (Kind.BATCH, Kind.UNIT):
            return None
        if self._codes is None:
            self._codes = PlainCodes(partial(borrowed_for_reading, scope["app"].state))
        card = await self._codes.find(identity, clock.now())
        if card is None:
            return None
        return respond(Request(scope), card.verdict, path.decode("ascii"), data=True, card=card)

    def _listening(self, send: Send, path: bytes, began: float) -> Send:
        """`send` that keeps what the framework says, if it is about a known code and comes in one piece."""
        start: dict[str, Any] = {}

        async def listen(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif start.get("status") == 200 and not message.get("more_body", False):
                self._remembered.keep(path, began, 200, list(start["headers"]), message.get("body", b""))
            else:
                start.clear()
            await send(message)

        return listen


def _identify(path: bytes) -> Identity:
    code = path.decode("ascii").removeprefix(RECALL_STATUS)
    return identify(CANONICAL_HOST + code)

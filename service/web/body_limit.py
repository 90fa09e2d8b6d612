"""A bound on request bodies before anything reads them; packed ones are not taken at all.

FastAPI reads a JSON body before a route's dependencies run, so the bound cannot wait for the route. Paths
that take large bodies bound themselves (`bodies.py`) and are left alone here. FastAPI's own `max_body_size`
answers a declared giant in plain text; every error of ours is a problem with a Chinese sentence.
"""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Unsupported
from service.web.bodies import too_large
from service.web.problems import refusal_of

#: Octets of a body, unless its path bounds itself. The largest registry body is some tens of kilobytes.
BODY_MOST = 1024 * 1024


class BodyLimit:
    """ASGI middleware: answers 413 as soon as a body is seen to be over `BODY_MOST` octets."""

    def __init__(self, app: ASGIApp, bounds_itself: Callable[[str], bool]) -> None:
        self.app = app
        self.bounds_itself = bounds_itself

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        coding = headers.get(b"content-encoding", b"identity").strip().lower()
        if coding not in (b"", b"identity"):
            await refusal_of(_packed(coding))(scope, receive, send)
            return
        if self.bounds_itself(scope["path"]):
            await self.app(scope, receive, send)
            return
        declared = headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > BODY_MOST:
            await self._refuse(scope, receive, send)
            return
        seen = 0
        over = False

        async def counted() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > BODY_MOST:
                over = True
                return {"type": "http.disconnect"}
            return message

        async def unless_over(message: Message) -> None:
            if not over:
                await send(message)

        await self.app(scope, counted, unless_over)
        if over:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await refusal_of(too_large(BODY_MOST))(scope, receive, send)


def _packed(coding: bytes) -> Unsupported:
    """Bodies are taken as they are: a kilobyte could unpack to a gigabyte."""
    told = coding.decode("latin-1")[:40]
    return Unsupported(
        f"Content-Encoding: {told!r} is not read here; send the body as it is.",
        f"不支持 Content-Encoding：{told!r}，请发送未压缩的请求体。",
    )

"""What browsers and caches are told with every answer, unless its route says something else.

Nothing that is answered is to be guessed at, framed, or told on by a link's Referer; what a caller gets for
his key is kept by nobody. Where people reach the service by TLS, they never again come without it.
"""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import settings

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
#: Where answers are for the caller alone.
PRIVATE: Final = ("/v1/", "/epcis", "/metrics")
ONE_YEAR: Final = 365 * 24 * 3600


def always() -> dict[str, str]:
    """What is told with every answer."""
    if settings().public_url.startswith("https://"):
        return {**ALWAYS, "Strict-Transport-Security": f"max-age={ONE_YEAR}"}
    return dict(ALWAYS)


class SecurityHeaders:
    """Adds them around an application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.always = always()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.always.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(PRIVATE):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)

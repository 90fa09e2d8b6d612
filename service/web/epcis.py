"""What every answer of the EPCIS interfaces carries, what they agree on with a client, and their media types.

Source: EPCIS 2.0, 12.2 to 12.4 (REST bindings: headers, versions, content negotiation).
"""

from functools import lru_cache
from http import HTTPStatus
from typing import Final

from fastapi import Depends
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import AddressTooLong, NotAcceptable
from service.settings import settings

PREFIX: Final = "/epcis"
EPCIS_HEADERS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
}
JSON_TYPES = ("application/json", "application/ld+json")
#: What answers are given in, the best first.
ANSWER_TYPES: Final = ("application/ld+json", "application/json")
#: Oldest and newest version spoken, of EPCIS and of CBV alike.
OLDEST: Final = (2, 0, 0)
NEWEST: Final = (2, 0, 1)
#: Characters of an Accept header that is remembered with what it likes best.
ACCEPT_KEPT: Final = 256
#: Characters of a request's path and query together.
MAX_ADDRESS: Final = 32 * 1024

VERSION_HEADERS: Final = {
    "GS1-EPCIS-Min": "2.0.0",
    "GS1-EPCIS-Max": "2.0.1",
    "GS1-CBV-Min": "2.0.0",
    "GS1-CBV-Max": "2.0.1",
}


async def agree(request: Request) -> None:
    """Raises `NotAcceptable` where a client asks for versions that are not spoken here, and `AddressTooLong`
    where the URL is over the limit.
    """
    length = len(request.scope["raw_path"]) + len(request.scope["query_string"])
    if length > MAX_ADDRESS:
        raise AddressTooLong(
            f"The URL has {length} characters; at most {MAX_ADDRESS} are taken. Ask in several queries.",
            f"URL 长 {length} 个字符，最多 {MAX_ADDRESS} 个，请分多次查询。",
        )
    for name in ("GS1-EPCIS", "GS1-CBV"):
        _agree_on(request.headers, name)


def _agree_on(headers: Headers, name: str) -> None:
    wanted = {end: headers.get(f"{name}-{end}") for end in ("Version", "Min", "Max")}
    for end, told in wanted.items():
        if told is None:
            continue
        version = _version(told)
        # A version of fewer parts means the whole range: 2 and 2.0 are spoken where 2.0.1 is.
        low, high = (*version, 0, 0)[:3], (*version, 9999, 9999)[:3]
        if (
            not version
            or (end in ("Version", "Min") and low > NEWEST)
            or (end in ("Version", "Max") and high < OLDEST)
        ):
            raise NotAcceptable(
                f"{name}-{end}: {told[:100]} is not spoken here; versions from 2.0.0 to 2.0.1 are.",
                f"不支持 {name}-{end}: {told[:100]}；支持 2.0.0 至 2.0.1 版。",
            )


def _version(text: str) -> tuple[int, ...]:
    parts = text.strip().split(".")
    if not 1 <= len(parts) <= 3 or not all(
        part.isascii() and part.isdecimal() and len(part) < 5 for part in parts
    ):
        return ()
    return tuple(map(int, parts))


def answer_type(request: Request, offered: tuple[str, ...] = ANSWER_TYPES) -> str:
    """The media type that the client's Accept likes best of those offered; raises `NotAcceptable`.

    Without Accept, or where it likes several alike, the first offered.
    """
    told = request.headers.get("accept", "*/*")
    # Who asks often asks for the same. What is long is not kept.
    best = (_best if len(told) <= ACCEPT_KEPT else _best.__wrapped__)(told, offered)
    if best is None:
        raise NotAcceptable(
            f"Accept: {told[:200]} leaves nothing that is given here; accept {' or '.join(offered)}.",
            f"Accept: {told[:200]} 不含此处提供的格式；请接受 {' 或 '.join(offered)}。",
        )
    return best


@lru_cache(maxsize=256)
def _best(accept: str, offered: tuple[str, ...]) -> str | None:
    """The one of those offered that is liked best; None where none is."""
    likes = {media: _liking(accept, media) for media in offered}
    best = max(offered, key=lambda media: likes[media])
    return best if likes[best] > 0 else None


def _liking(accept: str, media: str) -> float:
    """How much an Accept header likes a media type, 0 to 1: its most specific range counts (RFC 9110)."""
    kind = media.partition("/")[0]
    found: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            found[name] = max(0.0, min(1.0, float(quality)))
        except ValueError:
            found[name] = 0.0
    for name in (media, f"{kind}/*", "*/*"):
        if name in found:
            return found[name]
    return 0.0


#: Every route of the EPCIS interfaces depends on it.
Agreed: Final = Depends(agree)


def capture_headers() -> dict[str, str]:
    """What the capture interface says of its limits (events, octets) and of what it does with errors."""
    return {
        "GS1-EPCIS-Capture-Limit": str(settings().capture_max_events),
        "GS1-EPCIS-Capture-File-Size-Limit": str(settings().capture_max_bytes),
        "GS1-Capture-Error-Behaviour": "all",
    }


class EpcisHeaders:
    """Puts the versions on every answer under `/epcis`, refusals too, and limits where one was broken."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(PREFIX + "/")):
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                over = message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and scope["method"] == "POST"
                for name, value in (EPCIS_HEADERS | (capture_headers() if over else {})).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)

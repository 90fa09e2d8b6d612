"""Who reads the page of spreadsheets: a key in a cookie that only this page is sent, and no script reads.

The key never stands in an address, a page or a log. A form of another site can do nothing with the cookie: it
is not sent from there (SameSite=Strict), and what such a form sends is refused by its `Origin`.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from service.settings import settings

PATH: Final = "/import"
COOKIE: Final = "suyuan_import"
#: Seconds that a browser keeps the key.
KEPT_SECONDS: Final = 8 * 3600
#: What a key or a token is written with, and may stand in a cookie (RFC 6265, 4.1.1).
_KEY: Final = re.compile(r"[\w.~+/=-]{1,3800}", re.ASCII)


def key_of(request: Request) -> str | None:
    """The key that the reader signed in with; None for who has not."""
    key = request.cookies.get(COOKIE, "")
    return key if _KEY.fullmatch(key) else None


def parse_key(text: str) -> str | None:
    """A key as somebody pasted it; None for what can be none."""
    key = text.strip().removeprefix("Bearer ").strip()
    return key if _KEY.fullmatch(key) else None


def sign_in(request: Request, response: Response, key: str) -> None:
    """Let the browser bring the key from now on."""
    response.set_cookie(
        COOKIE, key, KEPT_SECONDS, path=PATH, secure=_by_tls(request), httponly=True, samesite="strict"
    )


def sign_out(request: Request, response: Response) -> None:
    """Let the browser forget the key."""
    response.delete_cookie(COOKIE, path=PATH, secure=_by_tls(request), httponly=True, samesite="strict")


def sent_from_here(request: Request) -> bool:
    """Whether a form was sent by a page of this service. A browser tells so; who does not tell is refused."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    host = urlsplit(origin).netloc
    return bool(host) and host in (request.headers.get("host"), urlsplit(settings().public_url).netloc)


def _by_tls(request: Request) -> bool:
    return request.url.scheme == "https" or settings().public_url.startswith("https://")

"""The redirect of a printed link to its page, answered in front of the framework.

A browser that scans a lot or a unit is sent to the page, whatever links there are, unless one is registered
for several defaults (`resolver.choose_default`). So all there is to ask is whether anything is on record of
the code, and that no such link is: one statement for all codes that are asked for at once. A redirect tells
nothing of recalls; it is kept for a second where many ask for it.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from secrets import token_hex
from time import monotonic
from typing import Final

from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from service.db.statements import statement
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST
from service.registry import links
from service.scan.front import Asked, PassedOn, Tell, answer_by, head_of, header_of, identify_canonical
from service.scan.levels import Level, Scanned
from service.scan.link_pages import wanted_form
from service.scan.link_types import DEFAULT_MULTI
from service.scan.own_links import own_links
from service.scan.plain_codes import LOOK_UP_SECONDS, Borrowed, reading
from service.scan.remembered import Answer, Head, Remembered
from service.scan.resolver_routes import redirect_to
from service.scan.together import Together

START: Final = b"/01/"
#: Octets of the name by which the service is reached, where answers are kept.
HOST_MOST: Final = 100
HOSTS_MOST: Final = 100
#: A path that nobody scans, and a code that stands for all.
_CODE: Final = f"/{token_hex(16)}".encode()
_SAMPLE: Final = identify(f"{CANONICAL_HOST}/01/04012345111118/21/1")
#: Headers whose meaning is remembered.
HEADERS_MOST: Final = 200


class FastRedirect:
    """ASGI middleware. `scope["app"].state.engine`: the database."""

    start: Final = START
    queries: Final = (b"",)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[Identity, bool] = Together(self._ask)
        self._engine: object = None
        self._borrowed: Borrowed | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if await answer_by(self, scope, send) is not None:
            await self.app(scope, receive, send)

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        """See `front.Front`."""
        if _wanted_form(header_of(asked.headers, b"accept")) not in (None, "html"):
            return PassedOn()
        host = header_of(asked.headers, b"host") or ""
        key, began = asked.path + b" " + host.encode(), monotonic()
        told = self._remembered.find(key, began)
        if told is not None:
            return told
        code = asked.path.decode("ascii")
        identity = identify_canonical(code)
        if identity is None:
            return PassedOn()
        if self._engine is not state.engine:
            self._engine, self._borrowed = state.engine, reading(state)

        def found(plain: bool | None) -> None:
            if not plain:
                tell(PassedOn())
                return
            answer = _redirect(code, host)
            if len(host) <= HOST_MOST and self._remembered.is_wanted(key, began):
                self._remembered.keep(key, began, answer)
            tell(answer)

        self._codes.ask(identity, found)
        return None

    async def _ask(self, codes: Sequence[Identity]) -> dict[int, bool]:
        """By the place of a code, from 1: whether it is known, with one default."""
        assert self._borrowed is not None
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            # The levels of a lot or a unit without a variant (`levels.read_scanned`).
            rows = await sql.fetch(
                statement("service.scan", "known_codes"),
                [code.uri if code.kind is Kind.UNIT else None for code in codes],
                [code.batch_uri for code in codes],
                [code.product_uri for code in codes],
                DEFAULT_MULTI,
            )
        return {row["place"]: row["known"] and not row["several"] for row in rows}


#: Browsers of one make send the same.
_wanted_form: Final = lru_cache(maxsize=HEADERS_MOST)(wanted_form)


def _redirect(code: str, host: str) -> Answer:
    """To the page of a code. `host`: that was asked."""
    public_url = links.public_url()
    if len(host) > HOST_MOST:
        form, body = _form(host, public_url)
    else:
        form, body = _kept_form(host, public_url)
    return Answer(form.with_named(_CODE, code.encode()), body)


def _form(host: str, public_url: str) -> tuple[Head, bytes]:
    """The redirect of all codes, with `_CODE` where the code's path goes."""
    path = _CODE.decode()
    level = Level(path, _SAMPLE.uri, _SAMPLE)
    # The first of a level's own links is the page, whatever is on record of it.
    page = own_links(level, path, {}, public_url)[0]
    response = redirect_to("", host, Scanned(path, _SAMPLE, (level,)), page)
    return head_of(response), bytes(response.body)


_kept_form: Final = lru_cache(maxsize=HOSTS_MOST)(_form)

"""The redirect of a printed link to its page, answered in front of the framework.

A browser that scans a lot or a unit is sent to the page, whatever links there are, unless one is registered
for several defaults (`resolver.choose_default`). So all there is to ask is whether anything is on record of
the code, and that no such link is: one statement for all codes that are asked for at once. A redirect tells
nothing of recalls; it is kept for a second where many ask for it.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Final

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.db.statements import statement
from service.identifiers.identity import Identity
from service.registry import links
from service.scan.front import header_of, identify_canonical, path_of, send_whole
from service.scan.levels import Level, Scanned
from service.scan.link_pages import wanted_form
from service.scan.link_types import DEFAULT_MULTI
from service.scan.own_links import own_links
from service.scan.plain_codes import LOOK_UP_SECONDS, Borrowed
from service.scan.remembered import Remembered
from service.scan.resolver_routes import redirect_to
from service.scan.together import Together
from service.web.reading import borrowed_for_reading

START: Final = b"/01/"
#: Octets of the name by which the service is reached, where answers are kept.
HOST_MOST: Final = 100


class FastRedirect:
    """ASGI middleware. `scope["app"].state.engine`: the database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[Identity, bool] = Together(self._ask)
        self._borrowed: Borrowed | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        path = path_of(scope, START)
        if path is None or wanted_form(header_of(scope, b"accept")) not in (None, "html"):
            await self.app(scope, receive, send)
            return
        host = (header_of(scope, b"host") or "").encode()
        key, began = path + b" " + host, monotonic()
        told = self._remembered.find(key, began)
        if told is not None:
            await send_whole(send, told.status, told.headers, told.body)
            return
        response = await self._answer_plain(scope, path)
        if response is None:
            await self.app(scope, receive, send)
            return
        headers, body = response.raw_headers, bytes(response.body)
        if len(host) <= HOST_MOST and self._remembered.is_wanted(key, began):
            self._remembered.keep(key, began, response.status_code, headers, body)
        await send_whole(send, response.status_code, headers, body)

    async def _answer_plain(self, scope: Scope, path: bytes) -> Response | None:
        code = path.decode("ascii")
        identity = identify_canonical(code)
        if identity is None:
            return None
        self._borrowed = partial(borrowed_for_reading, scope["app"].state)
        if not await self._codes.find(identity):
            return None
        level = Level(code, identity.uri, identity)
        # The first of a level's own links is the page, whatever is on record of it.
        page = own_links(level, code, {}, links.public_url())[0]
        return redirect_to(Request(scope), Scanned(code, identity, (level,)), page)

    async def _ask(self, codes: Sequence[Identity]) -> dict[int, bool]:
        """By the place of a code, from 1: whether it is known, with one default."""
        assert self._borrowed is not None
        asked = [
            (place, uri)
            for place, code in enumerate(codes, 1)
            # The levels of a lot or a unit without a variant (`levels.read_scanned`).
            for uri in {code.uri, code.batch_uri, code.product_uri}
            if uri is not None
        ]
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            rows = await sql.fetch(
                statement("service.scan", "known_codes"),
                [place for place, _ in asked],
                [uri for _, uri in asked],
                DEFAULT_MULTI,
            )
        return {row["place"]: row["known"] and not row["several"] for row in rows}

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
from service.db.transaction import borrowed
from service.errors import Malformed
from service.registry import links
from service.scan.front import CODE, header_of, path_of, send_whole
from service.scan.levels import Scanned, read_scanned
from service.scan.link_pages import wanted_form
from service.scan.link_types import DEFAULT_MULTI
from service.scan.own_links import own_links
from service.scan.plain_codes import LOOK_UP_SECONDS, Borrowed
from service.scan.remembered import Remembered
from service.scan.resolver_routes import redirect_to
from service.scan.together import Together

START: Final = b"/01/"
#: Octets of the name by which the service is reached, where answers are kept.
HOST_MOST: Final = 100


class FastRedirect:
    """ASGI middleware. `scope["app"].state.engine`: the database."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[Scanned, bool] = Together(self._ask)
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
        if CODE.fullmatch(code) is None:
            return None
        try:
            scanned = read_scanned(code, "", links.public_url())
        except Malformed:
            return None
        self._borrowed = partial(borrowed, scope["app"].state.engine)
        if not await self._codes.find(scanned):
            return None
        level = scanned.levels[0]
        # The first of a level's own links is the page, whatever is on record of it.
        return redirect_to(Request(scope), scanned, own_links(level, scanned.path, {}, links.public_url())[0])

    async def _ask(self, codes: Sequence[Scanned]) -> dict[int, bool]:
        """By the place of a code, from 1: whether it is known, with one default."""
        assert self._borrowed is not None
        asked = [
            (place, uri)
            for place, scanned in enumerate(codes, 1)
            for uri in {uri for level in scanned.levels for uri in (level.uri, level.identity.uri)}
        ]
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            rows = await sql.fetch(
                statement("service.scan", "known_codes"),
                [place for place, _ in asked],
                [uri for _, uri in asked],
                DEFAULT_MULTI,
            )
        return {row["place"]: row["known"] and not row["several"] for row in rows}

"""The consumer's page of a plain code, answered in front of the framework.

A code of which nothing special is on record has the page of its batch, but for its serial number and its own
way and looks. So a page is two statements for all codes that are asked for at once (`plain_codes.sql`, and
how often the units were looked at), and a form filled in (`page_forms.py`). A lot's page that many ask for
is kept for a second as well; each look at it is counted. Everything else goes on to the framework.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from time import monotonic
from typing import Any, Final, NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service import clock
from service.db.failures import FAILURES
from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.scan.answers import html_headers, language_of, switch_of
from service.scan.batch_parts import FORMS_MOST, BatchPart, BatchParts, kept_trails
from service.scan.cards import Card, journey_of
from service.scan.front import Headers, header_of, identify_canonical, path_of, send_whole
from service.scan.own_links import PAGES
from service.scan.page_forms import filled, form_of
from service.scan.pages import checked_text, scans_section
from service.scan.patience import within_patience
from service.scan.plain_codes import LOOK_UP_SECONDS, Borrowed, Row, card_of_plain, find_plain
from service.scan.preferences import Language, preferred_form
from service.scan.remembered import Remembered
from service.scan.together import Together
from service.scan.trail import Trail, trail_of_unit
from service.signals.scan_rows import find_looks
from service.signals.scans import READ_SECONDS, Scans, Visit
from service.signals.visits import visit_of
from service.web.reading import borrowed_for_reading, reading_now

START: Final = f"{PAGES}/01/".encode()
#: The page links to itself in the other language.
QUERIES: Final = (b"", b"lang=zh", b"lang=en")


class _Asked(NamedTuple):
    """`counted`: whether looks are; `visitor`: who looks, as a hash."""

    identity: Identity
    counted: bool
    visitor: bytes | None


class _Found(NamedTuple):
    """`looks`: a row of `find_looks`, None where there is none or looks are not counted."""

    row: Row
    looks: Mapping[str, Any] | None


class _Plain(NamedTuple):
    """A plain code with all that its page needs."""

    found: _Found
    card: Card
    part: BatchPart
    own: Trail


class FastPages:
    """ASGI middleware. `scope["app"].state`: the database (`engine`), and what counts looks (`scans`)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[_Asked, _Found] = Together(self._ask)
        self._engine: object = None
        self._borrowed: Borrowed | None = None
        self._parts: BatchParts | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        path = path_of(scope, START, QUERIES)
        if path is None or preferred_form(header_of(scope, b"accept")) != "html":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        language = language_of(request)
        key, began = language.encode() + path, monotonic()
        scans: Scans | None = getattr(scope["app"].state, "scans", None)
        told = self._remembered.find(key, began)
        if told is not None:
            if scans is not None and told.batch_id is not None:
                await scans.look_at_batch(visit_of(request), told.batch_id)
            await send_whole(send, told.status, told.headers, told.body)
            return
        code = path.decode("ascii").removeprefix(PAGES)
        identity = identify_canonical(code)
        now = clock.now()
        visit, visitor = None, None
        if identity is not None and scans is not None:
            visit = visit_of(request)
            if identity.kind is Kind.UNIT:
                visitor = await scans.visitor(visit, identity.uri, now)
        plain = None
        if identity is not None:
            self._open(scope)
            plain = await self._find(_Asked(identity, scans is not None, visitor), code, now)
        if plain is None:
            await self.app(scope, receive, send)
            return
        scanned = await self._count(scans, visit, visitor, plain, now)
        form = _form(plain, language, now)
        body = filled(
            form,
            serial=plain.card.identity.serial,
            path=code,
            switch=switch_of(request, language),
            scans=scans_section(scanned, language),
        )
        headers = [*_headers(language), (b"content-length", str(len(body)).encode())]
        if plain.card.unit is None and self._remembered.is_wanted(key, began):
            self._remembered.keep(key, began, 200, headers, body, plain.found.row["batch_id"])
        await send_whole(send, 200, headers, body)

    def _open(self, scope: Scope) -> None:
        state = scope["app"].state
        if self._parts is None or self._engine is not state.engine:
            self._engine = state.engine
            self._borrowed = partial(borrowed_for_reading, state)
            self._parts = BatchParts(partial(reading_now, state), kept_trails(state))

    async def _find(self, asked: _Asked, code: str, now: datetime) -> _Plain | None:
        found = await self._codes.find(asked)
        if found is None or found.row["linked"]:
            return None
        row = found.row
        card = card_of_plain(asked.identity, row, now)
        if card is None or (card.unit is not None and asked.counted and found.looks is None):
            return None
        try:
            batch = identify(row["batch_uri"])
        except Malformed:  # named by an event in a way of its own
            return None
        assert self._parts is not None
        key = row["batch_id"], code.partition("/21/")[0]
        part = await self._parts.find(key, batch, row["version"], now)
        if part is None:
            return None
        own = Trail()
        if row["events"]:
            try:
                own = await within_patience(self._own_way(row, part), LOOK_UP_SECONDS)
            except FAILURES:
                return None
        return _Plain(found, card, part, own)

    async def _ask(self, asked: Sequence[_Asked]) -> dict[int, _Found]:
        """Rows by the place of their code, from 1. Looks that cannot be read in time are left to others."""
        assert self._borrowed is not None
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            rows = await find_plain(sql, [one.identity for one in asked], for_pages=True)
            units = [place for place, row in rows.items() if row["unit_id"] and asked[place - 1].counted]
            looks: dict[int, Mapping[str, Any]] = {}
            if units:
                async with asyncio.timeout(READ_SECONDS):
                    found = await find_looks(
                        sql,
                        [asked[place - 1].identity.uri for place in units],
                        [asked[place - 1].visitor for place in units],
                    )
                looks = {units[place - 1]: row for place, row in found.items()}
        return {place: _Found(row, looks.get(place)) for place, row in rows.items()}

    async def _own_way(self, row: Row, part: BatchPart) -> Trail:
        assert self._borrowed is not None
        async with self._borrowed() as sql:
            return await trail_of_unit(sql, row["unit_id"], row["batch_id"], (), part.trail.makers)

    async def _count(
        self, scans: Scans | None, visit: Visit | None, visitor: bytes | None, plain: _Plain, now: datetime
    ) -> object | None:
        """Count the look; what the page tells of a unit."""
        if scans is None or visit is None:
            return None
        if plain.found.looks is not None:
            return scans.look_at_unit(visit, plain.found.looks, visitor, now)
        await scans.look_at_batch(visit, plain.found.row["batch_id"])
        return None


def _form(plain: _Plain, language: Language, now: datetime) -> tuple[bytes, ...]:
    card, part = plain.card, plain.part
    journey = (
        None
        if plain.own == Trail((), plain.own.makers)
        else journey_of(part.trail, plain.own, part.card.documents)
    )
    # Whatever else on the page depends on the time does so by the day.
    key = language, card.unit is None, card.verdicts, checked_text(now), journey
    form = part.forms.get(key)
    if form is None:
        whole = replace(
            part.card,
            verdicts=card.verdicts,
            identity=card.identity,
            unit=card.unit,
            journey=journey or part.card.journey,
        )
        form = form_of(whole, language, now)
        while len(part.forms) >= FORMS_MOST:
            del part.forms[next(iter(part.forms))]
        part.forms[key] = form
    return form


@cache
def _headers(language: Language) -> Headers:
    """As the framework sends them, but for the length."""
    raw = HTMLResponse("", 200, html_headers(language)).raw_headers
    return [pair for pair in raw if pair[0] != b"content-length"]

"""The consumer's page of a plain code, answered in front of the framework.

A code of which nothing special is on record has the page of its batch, but for its serial number and its own
way and looks. So a page is two statements for all codes that are asked for at once (`plain_codes.sql`, and
one that counts the looks at units), and a form filled in (`page_forms.py`). A lot's page that many ask for
is kept for a second as well; each look at it is counted. Everything else goes on to the framework.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from time import monotonic
from typing import Final, NamedTuple

from fastapi.responses import HTMLResponse
from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from service import clock
from service.db.failures import FAILURES
from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.registry import links
from service.scan.answers import html_headers
from service.scan.batch_parts import FORMS_MOST, BatchPart, BatchParts, kept_trails
from service.scan.cards import journey_of
from service.scan.front import Asked, PassedOn, Tell, answer_by, head_of, header_of, identify_canonical
from service.scan.own_links import PAGES
from service.scan.page_forms import Form, filled, form_of
from service.scan.pages import checked_text, scans_section
from service.scan.patience import within_patience
from service.scan.plain_codes import (
    LOOK_UP_SECONDS,
    Borrowed,
    Row,
    card_of_plain,
    find_plain,
    is_plain,
    reading,
)
from service.scan.preferences import Language, preferred_form, preferred_language
from service.scan.remembered import Answer, Head, Remembered
from service.scan.together import Together
from service.scan.trail import Trail, trail_of_unit
from service.scan.verdict import PACK_TIME, is_past
from service.signals.outcomes import Told
from service.signals.places import UNKNOWN, Place
from service.signals.scan_rows import UnitLook
from service.signals.scans import Scans, Visit
from service.signals.visits import visit_by
from service.web.reading import borrowed_for_reading, reading_now

START: Final = f"{PAGES}/01/".encode()
#: The page links to itself in the other language.
LANGUAGES: Final[Mapping[bytes, Language | None]] = {b"": None, b"lang=zh": "zh", b"lang=en": "en"}
#: Headers whose meaning is remembered: browsers of one make send the same.
HEADERS_MOST: Final = 200
_preferred_form: Final = lru_cache(maxsize=HEADERS_MOST)(preferred_form)
_preferred_language: Final = lru_cache(maxsize=HEADERS_MOST)(preferred_language)


class _Question(NamedTuple):
    """`scans`: what counts looks, if they are counted; `visitor`: who looks, as a hash."""

    identity: Identity
    scans: Scans | None
    visitor: bytes | None
    place: Place


class _Found(NamedTuple):
    """`told`: of the looks at a unit, None where they are not counted."""

    row: Row
    told: Told | None


class _Plain(NamedTuple):
    """A plain code with all that its page needs."""

    found: _Found
    part: BatchPart
    own: Trail


class _Look(NamedTuple):
    """A page that is asked for. `code`: path of the link; `key`: of the kept page; `began`: when that was."""

    asked: Asked
    code: str
    identity: Identity
    language: Language
    key: bytes
    began: float
    scans: Scans | None


class FastPages:
    """ASGI middleware. `scope["app"].state`: the database (`engine`), and what counts looks (`scans`)."""

    start: Final = START
    queries: Final = tuple(LANGUAGES)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[_Question, _Found] = Together(self._ask)
        self._engine: object = None
        self._state: State | None = None
        self._borrowed: Borrowed | None = None
        self._parts: BatchParts | None = None
        #: Somebody must hold them.
        self._answering: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if await answer_by(self, scope, send) is not None:
            await self.app(scope, receive, send)

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        """See `front.Front`."""
        if _preferred_form(header_of(asked.headers, b"accept")) != "html":
            return PassedOn()
        language = LANGUAGES[asked.query] or _preferred_language(header_of(asked.headers, b"accept-language"))
        began = monotonic()
        key = language.encode() + asked.path
        told = self._remembered.find(key, began)
        scans: Scans | None = getattr(state, "scans", None)
        if told is not None and (scans is None or told.batch_id is None):
            return told
        code = asked.path.decode("ascii").removeprefix(PAGES)
        identity = identify_canonical(code)
        if identity is None:
            return PassedOn()
        self._open(state)
        look = _Look(asked, code, identity, language, key, began, scans)
        task = asyncio.create_task(self._answer(look, told, tell))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        return None

    async def _answer(self, look: _Look, told: Answer | None, tell: Tell) -> None:
        answer: Answer | None = None
        try:
            answer = await self._count_again(look, told) if told else await self._make(look)
        finally:
            tell(answer or PassedOn())

    async def _count_again(self, look: _Look, told: Answer) -> Answer:
        if look.scans is not None and told.batch_id is not None:
            await look.scans.look_at_batch(_visit(look.asked), told.batch_id)
        return told

    async def _make(self, look: _Look) -> Answer | None:
        scans, identity, now = look.scans, look.identity, clock.now()
        question = _Question(identity, None, None, UNKNOWN)
        if scans is not None and identity.kind is Kind.UNIT:
            visit = _visit(look.asked)
            visitor = await scans.visitor(visit, identity.uri, now)
            question = _Question(identity, scans, visitor, scans.place(visit))
        plain = await self._find(question, look.code, now)
        if plain is None:
            return None
        if scans is not None and identity.kind is not Kind.UNIT:
            await scans.look_at_batch(_visit(look.asked), plain.found.row["batch_id"])
        body = filled(
            _form(plain, identity, look.language, now),
            serial=identity.serial,
            path=look.code,
            switch=f"{PAGES}{look.code}?lang={'en' if look.language == 'zh' else 'zh'}",
            scans=scans_section(plain.found.told, look.language),
            checked=_checked(int(now.timestamp() // 60)),
        )
        answer = Answer(_head(look.language, links.public_url()), body, plain.found.row["batch_id"])
        if identity.kind is not Kind.UNIT and self._remembered.is_wanted(look.key, look.began):
            self._remembered.keep(look.key, look.began, answer)
        return answer

    def _open(self, state: State) -> None:
        if self._parts is None or self._engine is not state.engine:
            self._engine = state.engine
            self._borrowed = reading(state)
            self._state = state
            self._parts = BatchParts(partial(reading_now, state), kept_trails(state))

    async def _find(self, asked: _Question, code: str, now: datetime) -> _Plain | None:
        found = await self._codes.find(asked)
        if found is None or found.row["linked"]:
            return None
        row = found.row
        if not is_plain(row) or (row["unit_id"] and asked.scans is not None and found.told is None):
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
        return _Plain(found, part, own)

    async def _ask(self, asked: Sequence[_Question]) -> dict[int, _Found]:
        """By the place of a code, from 1. Looks that cannot be counted in time are left to others."""
        assert self._borrowed is not None
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            rows = await find_plain(sql, [one.identity for one in asked], for_pages=True)
        told = await _count(asked, rows)
        return {place: _Found(row, told.get(place)) for place, row in rows.items()}

    async def _own_way(self, row: Row, part: BatchPart) -> Trail:
        async with borrowed_for_reading(self._state) as sql:
            return await trail_of_unit(sql, row["unit_id"], row["batch_id"], (), part.trail.makers)


async def _count(asked: Sequence[_Question], rows: Mapping[int, Row]) -> dict[int, Told]:
    """Count looks at units; what their pages tell, by the place of the question, from 1."""
    places: list[int] = []
    looks: list[UnitLook] = []
    scans: Scans | None = None
    for place, row in rows.items():
        one = asked[place - 1]
        if one.scans is not None and row["unit_id"]:
            scans = one.scans
            places.append(place)
            looks.append(UnitLook(row["unit_id"], one.visitor, one.place))
    told = {} if scans is None else await scans.look_at_units(looks)
    return {places[number - 1]: each for number, each in told.items()}


def _form(plain: _Plain, identity: Identity, language: Language, now: datetime) -> Form:
    part, own, row = plain.part, plain.own, plain.found.row
    alike = not own.steps and not own.cut and not own.missing
    journey = None if alike else journey_of(part.trail, own, part.card.documents)
    # Whatever else on the page depends on the time does so by the day.
    day = now.astimezone(PACK_TIME).date()
    key = language, identity.kind, is_past(row["expires_on"], now), day, journey
    form = part.forms.get(key)
    if form is None:
        card = card_of_plain(identity, row, now)
        whole = replace(
            part.card,
            verdicts=card.verdicts,
            identity=identity,
            unit=card.unit,
            journey=journey or part.card.journey,
        )
        form = form_of(whole, language, now)
        while len(part.forms) >= FORMS_MOST:
            del part.forms[next(iter(part.forms))]
        part.forms[key] = form
    return form


@lru_cache(maxsize=2)
def _checked(minute: int) -> str:
    """`checked_text` in this minute since 1970."""
    return checked_text(datetime.fromtimestamp(60 * minute, UTC))


def _visit(asked: Asked) -> Visit:
    return visit_by(asked.client[0] if asked.client else None, asked.headers)


@cache
def _head(language: Language, _public_url: str) -> Head:
    """As the framework's answers have it."""
    return head_of(HTMLResponse("", 200, html_headers(language)))

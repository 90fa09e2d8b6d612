"""The consumer's page of a plain code, answered in front of the framework.

A code of which nothing special is on record has the page of its batch, but for its serial number and its own
way and looks. So a page is two statements for all codes that are asked for at once (`plain_units.sql`, and
one that counts the looks at units; a single one where nobody counts), and a form filled in (`page_forms.py`).
A lot's page that many ask for is kept for a second as well; each look at it is counted. Everything else goes
on to the framework.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
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
    Plain,
    PlainCodes,
    Row,
    card_of_plain,
    is_plain,
    reading,
)
from service.scan.preferences import Language, preferred_form, preferred_language
from service.scan.remembered import SECONDS, Answer, Head, Remembered
from service.scan.together import Together
from service.scan.trail import Trail, trail_of_unit
from service.scan.verdict import PACK_TIME
from service.signals.outcomes import Told
from service.signals.places import UNKNOWN, Place
from service.signals.scan_rows import UnitLook
from service.signals.scans import READ_SECONDS, Scans, Visit
from service.signals.visits import visit_by
from service.web.reading import borrowed_for_reading, reading_now

START: Final = f"{PAGES}/01/".encode()
#: The page links to itself in the other language.
LANGUAGES: Final[Mapping[bytes, Language | None]] = {b"": None, b"lang=zh": "zh", b"lang=en": "en"}
#: Of a pack of which no event tells.
NO_WAY: Final = Trail()
#: Headers whose meaning is remembered: browsers of one make send the same.
HEADERS_MOST: Final = 200
_preferred_form: Final = lru_cache(maxsize=HEADERS_MOST)(preferred_form)
_preferred_language: Final = lru_cache(maxsize=HEADERS_MOST)(preferred_language)


class _Question(NamedTuple):
    """`scans`: what counts looks at units, if it does; `visitor`: who looks, as a hash."""

    identity: Identity
    scans: Scans | None
    visitor: bytes | None
    place: Place


class _Found(NamedTuple):
    """`told`: of the looks at a unit, None where they are not counted."""

    plain: Plain
    told: Told | None


class _Look(NamedTuple):
    """A page that is asked for. `code`: path of the link; `key`: of the kept page; `began`: when that was;
    `now`: the same by the calendar; `tell`: to be called once.
    """

    asked: Asked
    code: str
    identity: Identity
    language: Language
    key: bytes
    began: float
    now: datetime
    scans: Scans | None
    tell: Tell

    @property
    def lot(self) -> str:
        """Path of the link up to its lot."""
        return self.code.partition("/21/")[0]


class FastPages:
    """ASGI middleware. `scope["app"].state`: the database (`engine`), and what counts looks (`scans`)."""

    start: Final = START
    queries: Final = tuple(LANGUAGES)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._remembered = Remembered()
        self._codes: Together[_Question, _Found] = Together(self._ask)
        self._plain = PlainCodes(for_pages=True)
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
        look = _Look(asked, code, identity, language, key, began, clock.now(), scans, tell)
        if told is not None:
            self._go_on(look, self._count_again(look, told))
        elif scans is None or identity.kind is not Kind.UNIT:
            self._codes.ask(_Question(identity, None, None, UNKNOWN), partial(self._answer, look))
        else:
            visit = _visit(asked)
            if visit.counts and not scans.has_salt(look.now):
                self._go_on(look, self._with_salt(look, scans, visit))
            else:
                self._ask_for_unit(look, scans, visit)
        return None

    def _go_on(self, look: _Look, answering: Coroutine[None, None, Answer | None]) -> None:
        """Tell what comes of it, later."""

        async def answer() -> None:
            answer: Answer | None = None
            try:
                answer = await answering
            finally:
                look.tell(answer or PassedOn())

        task = asyncio.create_task(answer())
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _count_again(self, look: _Look, told: Answer) -> Answer:
        if look.scans is not None and told.batch_id is not None:
            await look.scans.look_at_batch(_visit(look.asked), told.batch_id)
        return told

    async def _with_salt(self, look: _Look, scans: Scans, visit: Visit) -> Answer | None:
        visitor = await scans.visitor(visit, look.identity.uri, look.now)
        found = await self._codes.find(_Question(look.identity, scans, visitor, scans.place(visit)))
        return await self._make(look, found) if found is not None and _is_fast(look, found) else None

    def _ask_for_unit(self, look: _Look, scans: Scans, visit: Visit) -> None:
        visitor = scans.visitor_now(visit, look.identity.uri, look.now)
        question = _Question(look.identity, scans, visitor, scans.place(visit))
        self._codes.ask(question, partial(self._answer, look))

    def _answer(self, look: _Look, found: _Found | None) -> None:
        """At once where all that the page needs is at hand, as for nearly every pack."""
        if found is None or not _is_fast(look, found):
            look.tell(PassedOn())
            return
        assert self._parts is not None
        lot, unit = found.plain.lot.row, found.plain.unit
        part = self._parts.at_hand((lot["batch_id"], look.lot), lot["version"], look.now)
        if part is None or unit is None or unit["events"]:
            self._go_on(look, self._make(look, found))
            return
        answer: Answer | None = None
        try:
            answer = _page(look, found, part, NO_WAY)
        finally:
            look.tell(answer or PassedOn())

    async def _make(self, look: _Look, found: _Found) -> Answer | None:
        assert self._parts is not None
        lot, unit = found.plain.lot.row, found.plain.unit
        try:
            batch = identify(lot["batch_uri"])
        except Malformed:  # named by an event in a way of its own
            return None
        part = await self._parts.find((lot["batch_id"], look.lot), batch, lot["version"], look.now)
        if part is None:
            return None
        own = NO_WAY
        if unit is not None and unit["events"]:
            try:
                own = await within_patience(self._own_way(unit, part), LOOK_UP_SECONDS)
            except FAILURES:
                return None
        if unit is None and look.scans is not None:
            await look.scans.look_at_batch(_visit(look.asked), lot["batch_id"])
        answer = _page(look, found, part, own)
        if unit is None and self._remembered.is_wanted(look.key, look.began):
            self._remembered.keep(look.key, min(look.began, found.plain.lot.began), answer)
        return answer

    def _open(self, state: State) -> None:
        if self._parts is None or self._engine is not state.engine:
            self._engine = state.engine
            self._borrowed = reading(state)
            self._state = state
            self._plain = PlainCodes(for_pages=True)
            self._parts = BatchParts(partial(reading_now, state), kept_trails(state))

    async def _ask(self, asked: Sequence[_Question]) -> dict[int, _Found]:
        """By the place of a code, from 1. Looks that cannot be counted in time are left to others."""
        assert self._borrowed is not None
        codes = [one.identity for one in asked]
        with_looks = any(one.scans is not None and one.visitor is None for one in asked)
        patience = READ_SECONDS if with_looks else LOOK_UP_SECONDS
        async with asyncio.timeout(patience), self._borrowed() as sql:
            plain = await self._plain.find(sql, codes, monotonic, with_looks=with_looks)
        told = await _count(asked, plain)
        oldest = monotonic() - SECONDS
        return {place: _Found(one, told.get(place)) for place, one in plain.items() if one.lot.began > oldest}

    async def _own_way(self, unit: Row, part: BatchPart) -> Trail:
        async with borrowed_for_reading(self._state) as sql:
            return await trail_of_unit(sql, unit["unit_id"], unit["batch_id"], (), part.trail.makers)


def _is_fast(look: _Look, found: _Found) -> bool:
    """Whether the page is made here: neither the unit's events nor links of its own want more to be told, and
    its look is counted.
    """
    unit = found.plain.unit
    if unit is None:
        return True
    counted = look.scans is None or found.told is not None
    return counted and not unit["linked"] and is_plain(unit)


async def _count(asked: Sequence[_Question], plain: Mapping[int, Plain]) -> dict[int, Told]:
    """Count looks at units; what their pages tell, by the place of the question, from 1. Whoever does not
    count is told what was found with the unit.
    """
    told: dict[int, Told] = {}
    places: list[int] = []
    looks: list[UnitLook] = []
    for place, found in plain.items():
        one, unit = asked[place - 1], found.unit
        if one.scans is None or unit is None:
            continue
        known = one.scans.told_at_hand(unit, one.place) if one.visitor is None else None
        if known is not None:
            told[place] = known
        else:
            scans = one.scans
            places.append(place)
            looks.append(UnitLook(unit["unit_id"], one.visitor, one.place))
    if looks:
        for number, each in (await scans.look_at_units(looks)).items():
            told[places[number - 1]] = each
    return told


def _page(look: _Look, found: _Found, part: BatchPart, own: Trail) -> Answer:
    language, code = look.language, look.code
    day, checked = _minute(int(look.now.timestamp() // 60))
    body = filled(
        _form(look, found.plain, part, own, day),
        serial=look.identity.serial,
        path=code,
        other="en" if language == "zh" else "zh",
        scans=scans_section(found.told, language),
        checked=checked,
    )
    return Answer(_head(language, links.public_url()), body, found.plain.lot.row["batch_id"])


def _form(look: _Look, plain: Plain, part: BatchPart, own: Trail, day: date) -> Form:
    identity, language, now = look.identity, look.language, look.now
    alike = not own.steps and not own.cut and not own.missing
    journey = None if alike else journey_of(part.trail, own, part.card.documents)
    # Whatever on the page depends on the time, the last good day among it, does so by the day.
    key = language, identity.kind, day, journey
    form = part.forms.get(key)
    if form is None:
        card = card_of_plain(identity, plain, now)
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
def _minute(minute: int) -> tuple[date, str]:
    """The day of packs and `checked_text`, in this minute since 1970."""
    began = datetime.fromtimestamp(60 * minute, UTC)
    return began.astimezone(PACK_TIME).date(), checked_text(began)


def _visit(asked: Asked) -> Visit:
    return visit_by(asked.client[0] if asked.client else None, asked.headers)


@cache
def _head(language: Language, _public_url: str) -> Head:
    """As the framework's answers have it."""
    return head_of(HTMLResponse("", 200, html_headers(language)))

"""Pages that are alike but for what names the one pack: made once by the templates, filled in for each.

What is filled in is escaped as the templates escape it, and stands where they have put it.
"""

import re
import secrets
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from jinja2.utils import url_quote
from markupsafe import escape

from service.scan.cards import Card
from service.scan.front import UNESCAPED
from service.scan.own_links import PAGES
from service.scan.pages import SECTIONS_MOST, page
from service.scan.preferences import Language

#: Nobody who registers a product can know it, so none can write it into a name.
_SECRET: Final = secrets.token_hex(16)
_NAMES: Final = ("serial", "path", "switch", "scans", "checked")
_SERIAL, _PATH, _SWITCH, _SCANS, _CHECKED = (f"{_SECRET}{name}" for name in _NAMES)
_HOLES: Final = tuple(name.encode() for name in (_SERIAL, _PATH, _SWITCH, _SCANS, _CHECKED))
_HOLE: Final = re.compile(b"(" + b"|".join(_HOLES) + b")")

#: Pieces of a page, and which of `_HOLES` stands at which of their places.
Form = tuple[tuple[bytes, ...], tuple[tuple[int, int], ...]]


def form_of(card: Card, language: Language, now: datetime) -> Form:
    """The page of a card, with holes for the serial number, for the path and the switch of language, for how
    often the code was looked at and when it was checked.
    """
    identity = card.identity
    if identity.serial is not None:
        card = replace(card, identity=identity._replace(serial=_SERIAL))
    html = page(
        card.verdict, language, _SWITCH, card=card, path=_PATH, now=now, scans=_SCANS, checked=_CHECKED
    )
    pieces = tuple(_HOLE.split(html.encode()))
    return pieces, tuple((place, _HOLES.index(pieces[place])) for place in range(1, len(pieces), 2))


def filled(form: Form, *, serial: str | None, path: str, other: Language, scans: str, checked: str) -> bytes:
    """The page of one code. `path`: as it was scanned; `other`: language that the page links to; `scans`: of
    `pages.scans_section`; `checked`: of `pages.checked_text`.
    """
    switch = f"{PAGES}{path}?lang={other}"
    if UNESCAPED.fullmatch(path) and path.endswith(serial or ""):
        # Nothing in it that is quoted or escaped anywhere; so are nearly all.
        names = serial or "", path.replace("/", "%2F"), switch
    else:
        # The page's only use of the path is as a parameter of a link.
        names = str(escape(serial or "")), str(escape(url_quote(path, for_qs=True))), str(escape(switch))
    serial_shown, path_quoted, switch_shown = names
    given = (
        serial_shown.encode(),
        path_quoted.encode(),
        switch_shown.encode(),
        _octets(scans),
        checked.encode(),
    )
    pieces, holes = form
    parts = list(pieces)
    for place, hole in holes:
        parts[place] = given[hole]
    return b"".join(parts)


@lru_cache(maxsize=SECTIONS_MOST)
def _octets(section: str) -> bytes:
    """Most packs are looked at for the first time, and have the same section."""
    return section.encode()

"""Pages that are alike but for what names the one pack: made once by the templates, filled in for each.

What is filled in is escaped as the templates escape it, and stands where they have put it.
"""

import re
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from jinja2.utils import url_quote
from markupsafe import escape

from service.scan.cards import Card
from service.scan.pages import page
from service.scan.preferences import Language

#: Nobody who registers a product can know it, so none can write it into a name.
_SECRET: Final = secrets.token_hex(16)
_SERIAL, _PATH, _SWITCH, _SCANS = (f"{_SECRET}{name}" for name in ("serial", "path", "switch", "scans"))
_HOLE: Final = re.compile(f"({_SERIAL}|{_PATH}|{_SWITCH}|{_SCANS})".encode())

#: Pieces of a page and, at the odd places, names of what is filled in between them.
Form = tuple[bytes, ...]


def form_of(card: Card, language: Language, now: datetime) -> Form:
    """The page of a card, with holes for the serial number, for the path and the switch of language, and for
    how often the code was looked at.
    """
    identity = card.identity
    if identity.serial is not None:
        card = replace(card, identity=replace(identity, serial=_SERIAL))
    html = page(card.verdict, language, _SWITCH, card=card, path=_PATH, now=now, scans=_SCANS)
    return tuple(_HOLE.split(html.encode()))


def filled(form: Form, *, serial: str | None, path: str, switch: str, scans: str) -> bytes:
    """The page of one code. `path`: as it was scanned; `switch`: link to the page in the other language;
    `scans`: of `pages.scans_section`.
    """
    given = {
        _SERIAL: escape(serial or ""),
        # The page's only use of the path is as a parameter of a link.
        _PATH: escape(url_quote(path, for_qs=True)),
        _SWITCH: escape(switch),
        _SCANS: scans,
    }
    octets = {name.encode(): text.encode() for name, text in given.items()}
    return b"".join(octets[piece] if place % 2 else piece for place, piece in enumerate(form))

"""What all pages for people have in common: templates that escape what is put into them, the words of the
frame, and headers that let in nothing but the pages' own style.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from service.identifiers.plain_text import shown
from service.scan.preferences import Language

ROOM: Final = "service.scan"
#: A style sheet: the room that holds it, and its file.
Sheet = tuple[str, str]
STYLE: Final[Sheet] = (ROOM, "page.css")


def templates_of(*rooms: str) -> Environment:
    """The templates of these rooms and of this one. What is put into them is escaped and shown without what
    no text shown to people may hold; what is missing is an error.
    """
    return Environment(
        loader=ChoiceLoader([PackageLoader(room) for room in (*rooms, ROOM)]),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # or each page would look whether its file has changed
    )


@cache
def page_headers(*sheets: Sheet, forms: bool = False) -> Mapping[str, str]:
    """No script, no frame, nothing from elsewhere; the one style is known by its hash. `sheets`: what the
    template includes after the page's own style; `forms`: whether forms may lead back here.
    """
    # As the template includes them: without the files' last line breaks.
    whole = "".join(
        files(room).joinpath(f"templates/{name}").read_text(encoding="utf-8").removesuffix("\n")
        for room, name in (STYLE, *sheets)
    )
    digest = base64.b64encode(hashlib.sha256(whole.encode()).digest()).decode()
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        f"form-action '{'self' if forms else 'none'}'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def html_language(language: Language) -> str:
    """The language as pages and Content-Language name it."""
    return "zh-CN" if language == "zh" else "en"


def shell(words: Mapping[str, str], language: Language, switch: str) -> dict[str, Any]:
    """What every frame shows. `switch`: link to the same page in the other language."""
    return {
        "t": words,
        "language": language,
        "html_language": html_language(language),
        "other": "en" if language == "zh" else "zh-CN",
        "switch": switch,
    }

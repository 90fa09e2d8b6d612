"""Links as pages and documents: what can be chosen, and what is on record of a site, party or pallet."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from service.scan.answers import HEADERS, html_headers, language_of, switch_of
from service.scan.levels import Scanned
from service.scan.link_types import DEFAULT, DEFAULT_MULTI
from service.scan.linkset import (
    CONTEXT_HEADER,
    JSON,
    JSON_LD,
    LINKSET_JSON,
    Anchored,
    as_json_ld,
    linkset,
)
from service.scan.pages import links_page
from service.scan.preferences import Language, entries

Form = Literal["html", "application/json", "application/ld+json", "application/linkset+json"]
_DATA: Final[tuple[Form, ...]] = ("application/linkset+json", "application/ld+json", "application/json")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "links": ("相关链接", "Links"),
    "choose": ("请选择", "Choose one"),
    "missing": ("没有这类链接", "No such link"),
    "thing": ("登记信息", "On record here"),
    "code": ("编码", "Code"),
    "service": ("溯源查询", "Suyuan traceability"),
}


def wanted_form(accept: str | None) -> Form | None:
    """The form that a header names: data where it is preferred to a page; None where it names neither."""
    quality: dict[str, float] = {}
    for media, weight in entries(accept or ""):
        quality[media] = max(quality.get(media, 0.0), weight)
    page = max(quality.get("text/html", 0.0), quality.get("application/xhtml+xml", 0.0))
    best = max(_DATA, key=lambda media: quality.get(media, 0.0))
    if quality.get(best, 0.0) > page:
        return best
    return "html" if page > 0 else None


def answer_linkset(
    request: Request,
    levels: Sequence[Anchored],
    form: Form | None,
    *,
    status: int = 200,
    title: str = "links",
) -> Response:
    """The links in the form asked for; as a linkset in JSON where the request names no form.

    (The standard leans to HTML then; the `Link` header of redirects promises JSON, so JSON it is.)
    """
    document = linkset(levels)
    if form == "html":
        return _html(request, levels, document, status, title)
    headers = {**HEADERS, "X-Content-Type-Options": "nosniff"}
    if form == JSON_LD:
        return Response(msgspec.json.encode(as_json_ld(document)), status, headers, JSON_LD)
    headers["Link"] = CONTEXT_HEADER
    return Response(msgspec.json.encode(document), status, headers, form or LINKSET_JSON)


def answer_thing(request: Request, scanned: Scanned, levels: Sequence[Anchored], *, data: bool) -> Response:
    """What is on record of something that is no trade item, with its links."""
    identity = scanned.identity
    if data:
        body = {"kind": identity.kind.value, "uri": identity.uri, "description": levels[0].description}
        document = body | linkset(levels)
        return Response(msgspec.json.encode(document), 200, {**HEADERS, "Link": CONTEXT_HEADER}, JSON)
    return _html(request, levels, linkset(levels), 200, "thing")


def _html(
    request: Request, levels: Sequence[Anchored], document: dict[str, Any], status: int, title: str
) -> Response:
    language: Language = language_of(request)
    place = 0 if language == "zh" else 1
    # In a script element the text ends at "</"; JSON may write any character as an escape.
    embedded = msgspec.json.encode(as_json_ld(document)).decode().replace("<", "\\u003c")
    html = links_page(
        language,
        switch_of(request, language),
        words={name: pair[place] for name, pair in WORDS.items()},
        title=title,
        levels=[
            (level.anchor, level.description, [link for link in level.links if not _is_default(link.type)])
            for level in levels
        ],
        embedded=embedded,
    )
    return HTMLResponse(html, status, html_headers(language))


def _is_default(link_type: str) -> bool:
    return link_type in (DEFAULT, DEFAULT_MULTI)

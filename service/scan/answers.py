"""One answer to one reader: a page or data, in the reader's language, with what every answer carries."""

from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from service import clock
from service.errors import Malformed
from service.registry import links
from service.scan.cards import Card
from service.scan.days import pack_day
from service.scan.headline import headline
from service.scan.own_links import NOTICES
from service.scan.page_frames import html_language, page_headers
from service.scan.pages import page
from service.scan.preferences import Language, preferred_language
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Verdict
from service.web.problems import problem

METHODS: Final = "GET, HEAD, OPTIONS"
STATUSES: Final = {
    Verdict.UNKNOWN: 404,
    Verdict.INVALID: 400,
    Verdict.NOT_CHECKED: 503,
}
_REFUSALS: Final = {
    Verdict.UNKNOWN: ("NoSuchResourceException", "Not here"),
    Verdict.INVALID: ("ValidationException", "The input breaks a rule"),
    Verdict.NOT_CHECKED: ("ServiceUnavailableException", "Not now"),
}
_OF_THE_PROBLEM: Final = ("status", "message", "message_zh")
#: On every answer to a code, of whatever kind.
HEADERS: Final = {
    # The status is true at this moment only.
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Expose-Headers": "Link, Location",
}

#: The path of a code as it was scanned: read raw, so that an escaped slash stays one.
CODE_PATH: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "path",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": "The rest of the Digital Link, as printed. 数字链接的其余部分。",
        }
    ]
}


def raw_path(request: Request) -> str:
    """The path as it was sent: a lot `A/B` is `/10/A%2FB`, and a decoded path would be another code."""
    raw = request.scope.get("raw_path")
    if raw is None:  # a server that does not tell it
        return quote(request.scope["path"], safe="/%")
    return str(raw.split(b"?")[0].decode("latin-1"))


def raw_query(request: Request) -> str:
    """The query as it was sent."""
    return str(request.scope["query_string"].decode("latin-1"))


def language_of(request: Request) -> Language:
    """The parameter `lang`, else the header."""
    asked = request.query_params.get("lang", "").lower()
    if asked.startswith("zh"):
        return "zh"
    if asked.startswith("en"):
        return "en"
    return preferred_language(request.headers.get("accept-language"))


def switch_of(request: Request, language: Language) -> str:
    """The same address in the other language; a path-only link, whatever the host."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    # A path of two slashes would be read as another host.
    path = "/" + raw_path(request).lstrip("/")
    return path + "?" + urlencode([*others, ("lang", "en" if language == "zh" else "zh")])


def html_headers(language: Language) -> dict[str, str]:
    """What a page carries."""
    return {
        **HEADERS,
        **page_headers(),
        "Content-Language": html_language(language),
    }


def respond(
    request: Request,
    verdict: Verdict,
    code: str,
    *,
    data: bool,
    card: Card | None = None,
    reason: Malformed | None = None,
    more: dict[str, Any] | None = None,
) -> Response:
    """The verdict on a code as a page, or as JSON (`data`). `more`: further members of the JSON."""
    status = STATUSES.get(verdict, 200)
    wait = {"Retry-After": "30"} if verdict is Verdict.NOT_CHECKED else {}
    if data:
        body = as_json(verdict, card, reason) | (more or {})
        return json_response(body, status, wait)
    language = language_of(request)
    html = page(
        verdict,
        language,
        switch_of(request, language),
        card=card,
        path=code,
        reason="" if reason is None else reason.zh if language == "zh" else reason.message,
        now=clock.now() if card is None else card.checked_at,
    )
    return HTMLResponse(html, status, html_headers(language) | wait)


def json_response(body: dict[str, Any], status: int, more: dict[str, str]) -> Response:
    """Data about a code, with what every answer carries. `more`: further headers."""
    headers = {**HEADERS, "X-Content-Type-Options": "nosniff", **more}
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def refuse(
    _request: Request,
    verdict: Verdict,
    _code: str,
    *,
    card: Card | None = None,
    reason: Malformed | None = None,
) -> Response:
    """A verdict of `STATUSES` as a problem, as programs get every refusal; with what the card says besides:
    a lot that is not known may be a recalled one misprinted.
    """
    unit = card.unit if card else None
    (_, zh), (_, english) = headline(verdict, "zh", unit), headline(verdict, "en", unit)
    kind, title = _REFUSALS[verdict]
    wait = {"Retry-After": "30"} if verdict is Verdict.NOT_CHECKED else {}
    answer = problem(
        STATUSES[verdict],
        reason.message if reason else english,
        reason.zh if reason else zh,
        name=kind,
        title=title,
        faults=reason.faults if reason else (),
        headers={**HEADERS, "X-Content-Type-Options": "nosniff", **wait},
    )
    more: dict[str, Any] = {"recall_status": verdict.value}
    if card is not None:
        told = as_json(verdict, card, None)
        more |= {name: value for name, value in told.items() if name not in _OF_THE_PROBLEM}
    body = msgspec.json.encode(msgspec.json.decode(answer.body) | more)
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(body, answer.status_code, headers)


def as_json(verdict: Verdict, card: Card | None, reason: Malformed | None) -> dict[str, Any]:
    """The page's facts for programs. `status`: a `Verdict`."""
    unit = card.unit if card else None
    _, zh = headline(verdict, "zh", unit)
    _, en = headline(verdict, "en", unit)
    body: dict[str, Any] = {
        "status": verdict.value,
        "message": reason.message if reason else en,
        "message_zh": reason.zh if reason else zh,
    }
    if card is None:
        return body
    facts = card.facts
    days = {name: facts.get(name) for name in ("made_on", "expires_on")}
    return body | {
        "checked_at": card.checked_at.isoformat(),
        "uri": card.identity.uri,
        "gtin": facts.get("gtin") or card.identity.gtin,
        "lot": card.lot,
        "serial": card.identity.serial,
        **({"drug_code": card.drug_code} if card.drug_code else {}),
        "product_name_zh": facts.get("product_name_zh"),
        "product_name_en": facts.get("product_name_en"),
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "also": [verdict.value for verdict in card.verdicts[1:]],
        "unit": unit_as_json(card.unit) if card.unit else None,
        "phone": card.phone,
        "recalls": [
            {
                "number": recall.number,
                "title_zh": recall.title_zh,
                "title_en": recall.title_en,
                "reason_zh": recall.reason_zh,
                "reason_en": recall.reason_en,
                "advice_zh": recall.advice_zh,
                "advice_en": recall.advice_en,
                "hazard_class": recall.hazard_class,
                "opened_at": recall.opened_at.isoformat(),
                "standing": recall.standing,
                "notice": f"{links.public_url()}{NOTICES}/{recall.number}" if recall.published else None,
                "serials": [{"first": first, "last": last} for first, last in recall.serials],
            }
            for recall in card.recalls
        ],
        "recalled_lots": list(card.other_lots),
    }


def unit_as_json(unit: UnitSigns) -> dict[str, Any]:
    """What is on record of the one unit, by days of China. Places of sale are not for everybody."""
    return {
        "on_record": unit.id is not None,
        "listed": unit.listed,
        "status": unit.status.value if unit.status else None,
        "since": pack_day(unit.since).isoformat() if unit.since else None,
        "times_sold": len(unit.sales),
        "sold_on": [pack_day(sale.at).isoformat() for sale in unit.sales],
    }

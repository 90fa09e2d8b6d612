"""The consumer's page behind the code on the pack. Open to everybody; nothing about the reader is kept.

The path is read as it was sent (`raw_path`): a lot `A/B` is `/10/A%2FB`, and a decoded path would be another
code.
"""

import asyncio
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import transaction
from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.registry import links
from service.scan.cards import Card, look_up
from service.scan.pages import page, security_headers
from service.scan.preferences import Language, preferred_form, preferred_language
from service.scan.verdict import Verdict
from service.scan.words import WORDS

router = APIRouter(tags=["consumer"])

#: A consumer with a phone in a shop does not wait longer; the page then says that nothing was checked.
ANSWER_SECONDS: Final = 8.0
CODE_SHOWN: Final = 200  # characters of the scanned code that a page repeats
KINDS: Final = (Kind.BATCH, Kind.UNIT, Kind.PRODUCT)
STATUSES: Final = {
    Verdict.UNKNOWN: 404,
    Verdict.INVALID: 400,
    Verdict.NOT_CHECKED: 503,
}


@router.get(
    "/01/{path:path}",
    summary="What a consumer sees: GTIN, lot, serial 消费者查询",
    response_class=HTMLResponse,
)
async def read_link(request: Request) -> Response:
    """`/01/{gtin}/10/{lot}`, `/01/{gtin}/21/{serial}`, `/01/{gtin}`: a page, or JSON if asked for."""
    return await _answer(request, "https://id.gs1.org")


@router.get(
    "/product/{path:path}",
    summary="The same for a product without GTIN 消费者查询（无商品条码）",
    response_class=HTMLResponse,
)
async def read_minted_link(request: Request) -> Response:
    """`/product/{id}/lot/{lot}`, `/product/{id}/unit/{serial}`, `/product/{id}`."""
    return await _answer(request, links.public_url())


router.add_api_route("/01/{path:path}", read_link, methods=["HEAD"], include_in_schema=False)
router.add_api_route("/product/{path:path}", read_minted_link, methods=["HEAD"], include_in_schema=False)


async def _answer(request: Request, host: str) -> Response:
    path = _raw_path(request)
    query = request.scope["query_string"].decode("latin-1")
    now = clock.now()
    try:
        identity = _read(host, path, query)
    except Malformed as error:
        return _respond(request, Verdict.INVALID, path, reason=error)
    try:
        async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
            card = await look_up(tx, identity, now)
    except FAILURES:  # nothing of them may look like "fine"
        return _respond(request, Verdict.NOT_CHECKED, path)
    return _respond(request, card.verdict, path, card=card)


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path")
    if raw is None:  # a server that does not tell it
        return quote(request.scope["path"], safe="/%")
    return str(raw.split(b"?")[0].decode("latin-1"))


def _read(host: str, path: str, query: str) -> Identity:
    """What the link names. Raises `Malformed` for what is no link of a product, batch or unit."""
    kept = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "lang"])
    identity = identify(f"{host}{path}" + (f"?{kept}" if kept else ""))
    if identity.kind not in KINDS:
        raise Malformed.field(
            "link",
            path,
            "A link on a pack looks like /01/{GTIN}/10/{lot} or /product/{id}/lot/{lot}.",
            "包装上的链接形如 /01/{商品条码}/10/{批号} 或 /product/{编号}/lot/{批号}。",
        )
    return identity


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang", "").lower()
    if asked.startswith("zh"):
        return "zh"
    if asked.startswith("en"):
        return "en"
    return preferred_language(request.headers.get("accept-language"))


def _switch(request: Request, path: str, language: Language) -> str:
    """The same address in the other language; a path-only link, whatever the host."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    # A path of two slashes would be read as another host.
    return "/" + path.lstrip("/") + "?" + urlencode([*others, ("lang", "en" if language == "zh" else "zh")])


def _respond(
    request: Request,
    verdict: Verdict,
    path: str,
    *,
    card: Card | None = None,
    reason: Malformed | None = None,
) -> Response:
    status = STATUSES.get(verdict, 200)
    language = _language(request)
    headers = {
        # The status is true at this moment only.
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language",
        "Access-Control-Allow-Origin": "*",
        **security_headers(),
    }
    if verdict is Verdict.NOT_CHECKED:
        headers["Retry-After"] = "30"
    if preferred_form(request.headers.get("accept")) == "json":
        return JSONResponse(_as_json(verdict, card, reason), status, headers)
    headers["Content-Language"] = "zh-CN" if language == "zh" else "en"
    html = page(
        verdict,
        language,
        _switch(request, path, language),
        card=card,
        code="" if card and card.facts else path[:CODE_SHOWN],
        reason="" if reason is None else reason.zh if language == "zh" else reason.message,
        now=clock.now() if card is None else card.checked_at,
    )
    return HTMLResponse(html, status, headers)


def _as_json(verdict: Verdict, card: Card | None, reason: Malformed | None) -> dict[str, Any]:
    """The same facts for programs. `status`: a `Verdict`."""
    zh, en = WORDS[f"{verdict}_lead"]
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
        "product_name_zh": facts.get("product_name_zh"),
        "product_name_en": facts.get("product_name_en"),
        **{name: day.isoformat() if day else None for name, day in days.items()},
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
            }
            for recall in card.recalls
        ],
        "recalled_lots": list(card.other_lots),
    }

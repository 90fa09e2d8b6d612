"""HTTP of the recall pages and feeds. Open to everybody; nothing here needs a script."""

import hashlib
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from service.auth.caller import Snapshot
from service.errors import Malformed
from service.identifiers.gs1 import Gtin
from service.publishing import feeds, pages
from service.publishing.cases import Progress, PublicCase, find_published, list_cases
from service.registry import links
from service.scan.answers import switch_of
from service.scan.own_links import NOTICES
from service.scan.preferences import Language, preferred_form, preferred_language
from service.settings import settings
from service.web.paging import page_of, row_after
from service.web.problems import PROBLEM_JSON

router = APIRouter(tags=["consumer"])

PAGE: Final = NOTICES
#: Notices of one page, and of a feed.
SHOWN: Final = 20
FED: Final = 100
WORDS_MOST: Final = 100
TOKENS: Final = "published"
#: A status may be a minute old, no older.
HEADERS: Final = {
    "Cache-Control": "public, max-age=60",
    "Vary": "Accept, Accept-Language",
    "Access-Control-Allow-Origin": "*",
}
NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "Not changed since `ETag`."}}


def reader_language(
    request: Request,
    lang: Annotated[
        str | None, Query(max_length=20, description="zh or en; else by Accept-Language. 语言。")
    ] = None,
) -> Language:
    """The language asked for, else the one that the header prefers."""
    asked = (lang or "").lower()
    if asked.startswith("zh"):
        return "zh"
    return "en" if asked.startswith("en") else preferred_language(request.headers.get("accept-language"))


Reader = Annotated[Language, Depends(reader_language)]


@router.get(
    PAGE,
    summary="Published recalls 召回公告列表",
    response_class=Response,
    responses={
        200: {"description": "The page.", "content": {"text/html": {}}},
        400: {
            "description": "No such GTIN or page.",
            "content": {"text/html": {}, PROBLEM_JSON: {}},
        },
        **NOT_MODIFIED,
    },
)
async def read_list(
    tx: Snapshot,
    request: Request,
    language: Reader,
    q: Annotated[
        str,
        Query(max_length=WORDS_MOST, description="Product, brand, lot or number. 产品、品牌、批号或编号。"),
    ] = "",
    gtin: Annotated[str, Query(max_length=WORDS_MOST, description="GTIN of a product. 商品条码。")] = "",
    status: Annotated[str, Query(max_length=20, description="going_on or over. 状态。")] = "",
    page: Annotated[
        str | None, Query(max_length=200, description="From the link to more. 分页标记。")
    ] = None,
) -> Response:
    """Recalls, withdrawals and stops of sale that were decided on, the last first."""
    switch = switch_of(request, language)
    given, problem = {"q": q.strip().replace("\0", ""), "gtin": gtin.strip(), "status": status}, ""
    progress: Progress | None = "going_on" if status == "going_on" else "over" if status == "over" else None
    cases: list[PublicCase] = []
    more = None
    try:
        code = Gtin.parse(given["gtin"], "gtin").value if given["gtin"] else None
        rows = await list_cases(
            tx,
            before=row_after(page, TOKENS),
            limit=SHOWN + 1,
            progress=progress,
            gtin=code,
            words=given["q"] or None,
        )
        told = page_of(rows, [row.id for row in rows], SHOWN, TOKENS)
        cases = told.items
        if told.next_page:
            kept = {name: value for name, value in {**given, "lang": language}.items() if value}
            more = f"{PAGE}?{urlencode({**kept, 'page': told.next_page})}"
    except Malformed as error:
        problem = error.zh if language == "zh" else error.message
    html = pages.list_page(language, switch, cases, given=given, more=more, problem=problem)
    return _answer(request, html.encode(), "text/html; charset=utf-8", pages.headers(language), problem)


@router.get(
    f"{PAGE}/feed.atom",
    summary="Recalls as an Atom feed 召回公告 Atom 订阅",
    response_class=Response,
    responses={200: {"description": "The feed.", "content": {"application/atom+xml": {}}}, **NOT_MODIFIED},
)
async def read_atom(tx: Snapshot, request: Request, language: Reader) -> Response:
    """The last cases that were published, with stable ids. 最近公布的案件。"""
    cases = await list_cases(tx, before=0, limit=FED)
    body = feeds.atom(links.public_url(), language, cases, settings().operator_name)
    return _answer(request, body, feeds.ATOM_TYPE, {})


@router.get(
    f"{PAGE}/feed.json",
    summary="Recalls as a JSON Feed 召回公告 JSON 订阅",
    response_class=Response,
    responses={200: {"description": "The feed.", "content": {"application/feed+json": {}}}, **NOT_MODIFIED},
)
async def read_json_feed(tx: Snapshot, request: Request, language: Reader) -> Response:
    """The last cases that were published, with stable ids. 最近公布的案件。"""
    cases = await list_cases(tx, before=0, limit=FED)
    body = feeds.json_feed(links.public_url(), language, cases, settings().operator_name)
    return _answer(request, body, feeds.JSON_TYPE, {})


@router.get(
    PAGE + "/{number}",
    summary="The notice of a recall 召回公告",
    response_class=Response,
    responses={
        200: {"description": "The page, or JSON.", "content": {"text/html": {}, "application/json": {}}},
        404: {"description": "No such notice, or it is not published.", "content": {"text/html": {}}},
        **NOT_MODIFIED,
    },
)
async def read_notice(
    tx: Snapshot,
    request: Request,
    language: Reader,
    number: Annotated[str, Path(max_length=40, description="Of the case, as 2026-000012. 公告编号。")],
) -> Response:
    """What is recalled, which lots, why, what to do, and whom to ask; JSON if asked for."""
    switch = switch_of(request, language)
    found = await find_published(tx, number.replace("\0", ""))
    headers = pages.headers(language)
    if found is None:
        html = pages.missing_page(language, switch, number)
        return Response(html, 404, {**HEADERS, **headers}, "text/html; charset=utf-8")
    if preferred_form(request.headers.get("accept")) == "json":
        told = {**found.notice.as_json(), "updated_at": found.updated_at.isoformat()}
        return _answer(request, feeds.encoded(told), "application/json", {})
    html = pages.notice_page(language, switch, found)
    return _answer(request, html.encode(), "text/html; charset=utf-8", headers)


for _path, _read in (
    (PAGE, read_list),
    (f"{PAGE}/feed.atom", read_atom),
    (f"{PAGE}/feed.json", read_json_feed),
    (PAGE + "/{number}", read_notice),
):
    router.add_api_route(_path, _read, methods=["HEAD"], include_in_schema=False)


def _answer(
    request: Request, body: bytes, media: str, headers: dict[str, str], problem: str = ""
) -> Response:
    """The body with its `ETag`; 304 for whoever has it already (RFC 9110, 13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    everywhere = {**HEADERS, **headers, "ETag": tag}
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=everywhere)
    return Response(body, 400 if problem else 200, everywhere, media)

"""The pages of complaints: a form for everybody, and what becomes of a complaint for who has its number.

Server-rendered, without scripts, cookies or a login.
"""

import asyncio
import re
import secrets
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import transaction
from service.errors import Malformed, Missing, SuyuanError, TooLarge, TooOften
from service.scan.answers import language_of, switch_of
from service.scan.complaint_forms import form_page, headers, problem_page, told_page
from service.scan.preferences import Language, preferred_form
from service.signals.complaint_bodies import Body, body_most, read_body
from service.signals.complaint_routes import require_allowance, take
from service.signals.complaint_schemas import NONCE_OCTETS, NONCE_PATTERN, PublicStatus
from service.signals.complaints import public_status
from service.signals.subject import find_subject, names_of
from service.web.problems import PROBLEM_JSON, PROBLEMS, on_suyuan_error

router = APIRouter(tags=["consumer"])

PATH: Final = "/p/complain"
NUMBERS: Final = "/p/complaint"
#: Octets of a body that is too large which are read and thrown away: a browser that is cut off while it still
#: sends shows nothing of the answer.
DRAINED_MOST: Final = 64 * 1024 * 1024
#: A person with a form on a phone does not wait longer for the service to say what it knows.
ANSWER_SECONDS: Final = 8.0
NONCE: Final = re.compile(NONCE_PATTERN)
#: What went wrong is told as a page, or as a problem to those who prefer data.
TOLD: Final[dict[str, Any]] = {"text/html": {}, PROBLEM_JSON: {}}
CODE_MOST: Final = 2048  # characters of a code that the form is opened with
Lang = Annotated[str | None, Query(description="`zh` or `en`; else Accept-Language. 语言。")]


@router.get(PATH, summary="The form to report a problem 反映问题页面", response_class=HTMLResponse)
async def show_form(
    request: Request,
    code: Annotated[
        str, Query(description="The code on the pack, or the path of its link. 包装上的编码。")
    ] = "",
    lang: Lang = None,
) -> Response:
    """A page with a form; needs no login and no scripts."""
    del lang  # read by `language_of`, as on every page
    language = language_of(request)
    given = {"code": code[:CODE_MOST]}
    product = await _product(request, given["code"], language)
    html = form_page(language, switch_of(request, language), given, nonce=_nonce(), product=product)
    return HTMLResponse(html, 200, headers(language))


@router.post(
    PATH,
    summary="Send the form 提交反映",
    status_code=303,
    response_class=HTMLResponse,
    responses={
        303: {"description": "Taken: to the number's page. 已受理，转到编号页面。"},
        400: {"description": "The form again, with what to correct. 请改正。", "content": {"text/html": {}}},
        409: {
            "description": "This form was sent with other content. 重复提交。",
            "content": {"text/html": {}},
        },
        413: {"description": "A photo is too large. 照片过大。", "content": {"text/html": {}}},
        415: {"description": "No form. 不是表单。", "content": TOLD},
        429: {"description": "Too many; see Retry-After. 提交过于频繁。", "content": {"text/html": {}}},
        503: {"description": "It cannot be stored now. 暂时无法保存。", "content": {"text/html": {}}},
    },
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {}}}},
)
async def send_form(request: Request, lang: Lang = None) -> Response:
    """Take what was written into the form (see `POST /v1/complaints`, which takes the same fields)."""
    del lang
    language, now = language_of(request), clock.now()
    body = Body({})
    try:
        await require_allowance(request, now)
        body = await read_body(request)
        received = await take(request, body, now)
    except FAILURES:
        return _problem(request, language, None, 503)
    except SuyuanError as error:
        status = PROBLEMS[type(error)][0]
        if body.fields or isinstance(error, TooLarge):
            await _drain(request)
            return await _form_again(request, language, body, error, status)
        return _problem(request, language, error, status)
    target = f"{received.page}?{urlencode({'lang': language})}"
    return RedirectResponse(target, 303, headers(language))


async def _drain(request: Request) -> None:
    declared = request.headers.get("content-length", "")
    if not declared.isdecimal() or int(declared) <= body_most() or int(declared) > DRAINED_MOST:
        return
    async for _ in request.stream():
        pass


async def _form_again(
    request: Request, language: Language, body: Body, error: SuyuanError, status: int
) -> Response:
    """The form with what was written, and what to correct."""
    given = {name: str(value) for name, value in body.fields.items()}
    html = form_page(
        language,
        switch_of(request, language),
        given,
        nonce=given["nonce"] if status != 409 and NONCE.fullmatch(given.get("nonce", "")) else _nonce(),
        product=await _product(request, given.get("code", "")[:CODE_MOST], language),
        error=error,
        photos_lost=bool(body.photos) or isinstance(error, TooLarge),
    )
    return HTMLResponse(html, status, headers(language) | _retry(error))


def _problem(request: Request, language: Language, error: SuyuanError | None, status: int) -> Response:
    again = f"{PATH}?{urlencode({'lang': language})}"
    html = problem_page(language, switch_of(request, language), error, again=again)
    wait = {"Retry-After": "30"} if status == 503 else {}
    return HTMLResponse(html, status, headers(language) | wait | _retry(error))


def _retry(error: SuyuanError | None) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after)} if isinstance(error, TooOften) else {}


def _nonce() -> str:
    return secrets.token_urlsafe(NONCE_OCTETS)


async def _product(request: Request, code: str, language: Language) -> str:
    """What the code names, for the reader to see that it is the right one; empty where it is not known."""
    if not code or not code.isprintable():
        return ""
    try:
        names = await _names(request, code)
    except FAILURES:
        return ""
    told = [names.get("name_zh"), names.get("name_en")]
    name = next((one for one in (told if language == "zh" else told[::-1]) if one), None)
    lot = names.get("lot")
    return " · ".join(part for part in (name, lot) if part)


async def _names(request: Request, code: str) -> dict[str, str | None]:
    async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
        return await names_of(tx, await find_subject(tx, code))


@router.get(
    NUMBERS,
    summary="Look up a complaint 查询反映",
    response_class=HTMLResponse,
    responses={303: {"description": "To the number's page. 转到编号页面。"}},
)
async def look_up(
    request: Request,
    number: Annotated[str, Query(description="The complaint's number. 反映编号。")] = "",
    lang: Lang = None,
) -> Response:
    """A field for the number; with one, a redirect to its page."""
    del lang
    language = language_of(request)
    if number.strip():
        target = f"{NUMBERS}/{quote(number.strip()[:60], safe='')}?{urlencode({'lang': language})}"
        return RedirectResponse(target, 303, headers(language))
    return HTMLResponse(problem_page(language, switch_of(request, language), None), 200, headers(language))


@router.get(
    NUMBERS + "/{number}",
    summary="What becomes of a complaint 处理情况",
    response_class=HTMLResponse,
    response_model=None,
    responses={
        200: {
            "description": "Its status and the answer; JSON for those who prefer it. 处理状态与答复。",
            "model": PublicStatus,
        },
        400: {"description": "This cannot be a number. 编号有误。", "content": TOLD},
        404: {"description": "No complaint has this number. 没有这个编号。", "content": TOLD},
        503: {"description": "It cannot be looked up now. 暂时无法查询。", "content": TOLD},
    },
)
async def show_status(
    request: Request,
    number: Annotated[str, Path(description="The complaint's number. 反映编号。")],
    lang: Lang = None,
) -> Response:
    """For who has the number: where the complaint stands, and the answer. Nothing of what was written."""
    del lang
    data = preferred_form(request.headers.get("accept")) == "json"
    language = language_of(request)
    try:
        told = await _status(request, number)
    except FAILURES:
        return _problem(request, language, None, 503)
    except (Malformed, Missing) as error:
        if data:
            return await on_suyuan_error(request, error)
        html = problem_page(language, switch_of(request, language), error, number=number[:60])
        return HTMLResponse(html, PROBLEMS[type(error)][0], headers(language))
    if data:
        return JSONResponse(told.model_dump(mode="json"), 200, {"Cache-Control": "no-store"})
    return HTMLResponse(told_page(language, switch_of(request, language), told), 200, headers(language))


async def _status(request: Request, number: str) -> PublicStatus:
    async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
        return await public_status(tx, number)


for _path, _show in ((PATH, show_form), (NUMBERS, look_up), (NUMBERS + "/{number}", show_status)):
    router.add_api_route(_path, _show, methods=["HEAD"], include_in_schema=False, response_model=None)

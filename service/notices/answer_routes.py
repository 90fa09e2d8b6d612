"""The link in a notice: a page to read and answer by without an account, and the same for programs.

There is no session and no cookie: what the token in the address opens is all that anybody may do with it, so
there is nothing that another site could make a browser do.
"""

import asyncio
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import ValidationError

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import Transaction, transaction
from service.errors import Malformed, Missing, SuyuanError, TooLarge, TooOften
from service.notices.allowance import require_some_left, use_one
from service.notices.answer_bodies import Body, answer_of, body_most, read_body
from service.notices.answer_pages import headers, notice_page, told_page
from service.notices.answer_schemas import AnswerLine, NewAnswer, OpenedNotice, TakenAnswer
from service.notices.answering import answer
from service.notices.links import PATH
from service.notices.opening import View, open_link, view_of
from service.notices.page_words import words_in
from service.notices.reading import acknowledge
from service.notices.schemas import Acknowledgement
from service.scan.answers import language_of, switch_of
from service.scan.preferences import Language, preferred_form
from service.signals.addresses import parse_address
from service.web.bodies import bounded
from service.web.problems import PROBLEM_JSON, PROBLEMS, refusal_of
from service.web.refusals import fault_of

router = APIRouter(tags=["answers"])

#: Octets of a body that is too large which are read and thrown away: a browser that is cut off while it still
#: sends shows nothing of the answer.
DRAINED_MOST: Final = 64 * 1024 * 1024
#: A person with a form does not wait longer for the service to say what it knows.
ANSWER_SECONDS: Final = 20.0
ACKNOWLEDGEMENT_OCTETS: Final = 4096
NAME_MOST: Final = 200  # characters

Token = Annotated[
    str, Path(description="The token of the link, as it stands in the notice. 通知链接中的令牌。")
]
Lang = Annotated[str | None, Query(description="`zh` or `en`; else Accept-Language. 语言。")]
Part = Annotated[int, Query(ge=1, le=1000, description="Which hundred of the batches. 第几页。")]
Done = Annotated[bool, Query(description="An answer was just taken. 刚提交。")]

_HTML: Final[dict[str, Any]] = {"content": {"text/html": {}, PROBLEM_JSON: {}}}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "The link opens nothing (any more). 链接无效或已过期。", **_HTML},
    429: {"description": "Too much from this address; see Retry-After. 过于频繁。", **_HTML},
    503: {"description": "It cannot be read or stored now. 暂时无法处理。", **_HTML},
}
_ANSWERING: Final = _REFUSALS | {
    303: {"description": "A form was taken: back to the page. 已提交。"},
    400: {"description": "What to correct; each field is named. 请改正。", **_HTML},
    409: {"description": "The case is over. 案件已结束。", **_HTML},
    413: {"description": "A file or the body is too large. 文件过大。", **_HTML},
    415: {"description": "Neither a form nor JSON. 格式不支持。", **_HTML},
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewAnswer.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "answer": {"type": "string", "description": "The JSON as text. 回复（JSON 文本）。"},
                        "proof": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "PDF, JPEG, PNG or WebP. 证明文件。",
                        },
                    },
                }
            },
        },
    }
}


@router.get(
    PATH + "/{token}",
    summary="Read a notice by its link 查看通知",
    response_class=HTMLResponse,
    response_model=None,
    responses={
        200: {
            "description": "The notice and a form; JSON for who prefers it. 通知与回复表单。",
            "model": OpenedNotice,
        },
        **_REFUSALS,
    },
)
async def show_notice(
    request: Request, token: Token, lang: Lang = None, part: Part = 1, done: Done = False
) -> Response:
    """The notice that the link is of, without an account: what happened, the reader's own goods, and a form.

    Programs that prefer JSON get the same as data, and answer by `POST` to the same address.
    """
    del lang
    data, language = preferred_form(request.headers.get("accept")) == "json", language_of(request)
    now = clock.now()
    try:
        async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
            link = await open_link(tx, token, now)
            looked_at = now if request.method == "GET" else None
            view = await view_of(tx, link, looked_at=looked_at)
    except FAILURES:
        return _away(request, language)
    except Missing as error:
        return await _gone(request, language, error, data=data)
    if data:
        return JSONResponse(_as_json(view), 200, {"Cache-Control": "no-store"})
    html = notice_page(view, language, switch_of(request, language), f"{PATH}/{token}", part=part, done=done)
    return HTMLResponse(html, 200, headers(language))


@router.post(
    PATH + "/{token}",
    summary="Answer a notice by its link 回复通知",
    status_code=201,
    response_model=TakenAnswer,
    responses=_ANSWERING,
    openapi_extra=_BODY,
)
async def send_answer(request: Request, token: Token, lang: Lang = None, part: Part = 1) -> Response:
    """Say what became of the goods, batch by batch, with files as proof, and to whom goods were passed on.

    As JSON, or as a form with the JSON in `answer` and files in `proof`; the page's own form is answered with
    a redirect. What is sent is compared with the events; differences are in the answer.
    """
    del lang
    language, now = language_of(request), clock.now()
    body: Body | None = None
    try:
        await _allow(request, token)
        body = await read_body(request)
        asked, proofs = answer_of(body)
        async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
            link = await open_link(tx, token, now)
            taken = await answer(tx, link.recipient_id, asked, proofs, now=now, via="link")
    except FAILURES:
        return _away(request, language)
    except SuyuanError as error:
        if isinstance(error, TooLarge):
            await _drain(request)
        # A browser always says that it takes HTML.
        if not (body.fields if body else "text/html" in request.headers.get("accept", "")):
            return refusal_of(error)
        return await _form_again(request, language, token, body or Body({}), error, part)
    if body.fields:
        query = urlencode({"lang": language, "part": part, "done": "true"})
        return RedirectResponse(f"{PATH}/{token}?{query}", 303, headers(language))
    return JSONResponse(taken.model_dump(mode="json"), 201, {"Cache-Control": "no-store"})


@router.post(
    PATH + "/{token}/acknowledge",
    summary="Acknowledge a notice by its link 确认收到通知",
    status_code=204,
    responses={
        **_REFUSALS,
        303: {"description": "A form was taken: back to the page. 已确认。"},
        204: {"description": "Taken. 已确认。"},
        400: {"description": "The body cannot be read. 无法读取。", **_HTML},
        413: {"description": "The body is too large. 请求体过大。", **_HTML},
    },
    openapi_extra={
        "requestBody": {
            "content": {
                "application/json": {"schema": Acknowledgement.model_json_schema()},
                "application/x-www-form-urlencoded": {"schema": Acknowledgement.model_json_schema()},
            }
        }
    },
)
async def send_acknowledgement(request: Request, token: Token, lang: Lang = None) -> Response:
    """Say that the notice was read; a name may be given."""
    del lang
    language, now = language_of(request), clock.now()
    form = not request.headers.get("content-type", "").startswith("application/json")
    try:
        await _allow(request, token)
        name = await _name_of(bounded(request, ACKNOWLEDGEMENT_OCTETS), form=form)
        async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
            link = await open_link(tx, token, now)
            view = await view_of(tx, link)
            await acknowledge(tx, link.notice_id, now, by=name or view.name_zh or view.name_en)
    except FAILURES:
        return _away(request, language)
    except SuyuanError as error:
        if not form:
            return refusal_of(error)
        return await _told(request, language, token, error)
    if not form:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    return RedirectResponse(f"{PATH}/{token}?{urlencode({'lang': language})}", 303, headers(language))


async def _name_of(request: Request, *, form: bool) -> str:
    """The name in an acknowledgement, without what cannot be kept."""
    if form:
        async with request.form(max_files=0, max_fields=10) as fields:
            given = fields.get("name")
        name = given if isinstance(given, str) else ""
    else:
        name = _given_name(await request.body())
    return "".join(letter for letter in name if letter.isprintable()).strip()[:NAME_MOST]


def _given_name(content: bytes) -> str:
    try:
        return (Acknowledgement.model_validate_json(content).name if content else None) or ""
    except ValidationError as error:
        faults = [fault_of({**item, "loc": ("body", *item["loc"])}) for item in error.errors()]
        raise Malformed(faults[0].message, faults[0].message_zh, faults) from error


def _as_json(view: View) -> dict[str, Any]:
    told = OpenedNotice(
        recall=view.content["recall"],
        kind=view.kind,
        created_at=view.created_at,
        answer_by=view.answer_by,
        ended=view.ended,
        name_zh=view.name_zh,
        name_en=view.name_en,
        acknowledged_at=view.acknowledged_at,
        lines=list(view.lines),
        answers=[AnswerLine.model_validate(row, from_attributes=True) for row in view.answers],
        answered_at=view.answered_at,
    )
    return told.model_dump(mode="json")


async def _allow(request: Request, token: str) -> None:
    """That one more answer may come from where this one does, and that its link opens something, before a
    body is read. Raises `TooOften`, `Missing`.
    """
    address, now = parse_address(request.client.host if request.client else None), clock.now()
    async with transaction(request.app.state.engine) as tx:
        await require_some_left(tx, address, now)
        await use_one(tx, address, now)
    async with transaction(request.app.state.engine) as tx:
        await open_link(tx, token, now)


async def _drain(request: Request) -> None:
    declared = request.headers.get("content-length", "")
    if not declared.isdecimal() or not body_most() < int(declared) <= DRAINED_MOST:
        return
    async for _ in request.stream():
        pass


async def _form_again(
    request: Request, language: Language, token: str, body: Body, error: SuyuanError, part: int
) -> Response:
    """The form with what was written, and what to correct."""
    if isinstance(error, Missing | TooOften):
        return await _told(request, language, token, error)
    try:
        view = await _view(request, token)
    except FAILURES:
        return _away(request, language)
    html = notice_page(
        view,
        language,
        switch_of(request, language),
        f"{PATH}/{token}",
        part=part,
        given=body.fields or None,
        inputs=body.inputs,
        error=error,
        proofs_lost=bool(body.proofs or body.problem) or isinstance(error, TooLarge),
    )
    return HTMLResponse(html, _status_of(error), headers(language))


async def _view(request: Request, token: str) -> View:
    async with asyncio.timeout(ANSWER_SECONDS), transaction(request.app.state.engine) as tx:
        return await view_of(tx, await open_link(tx, token, clock.now()))


async def _gone(request: Request, language: Language, error: Missing, *, data: bool) -> Response:
    """A link that opens nothing; counted, so that nobody tries many."""
    try:
        async with transaction(request.app.state.engine) as tx:
            await _count(tx, request)
    except TooOften as too_often:
        return refusal_of(too_often) if data else await _told(request, language, "", too_often)
    if data:
        return refusal_of(error)
    html = told_page(language, switch_of(request, language), "gone_title", words_in(language)["gone"])
    return HTMLResponse(html, 404, headers(language))


async def _count(tx: Transaction, request: Request) -> None:
    address = parse_address(request.client.host if request.client else None)
    await use_one(tx, address, clock.now())


async def _told(request: Request, language: Language, token: str, error: SuyuanError) -> Response:
    """Why it was not done."""
    status = _status_of(error)
    back = f"{PATH}/{token}?{urlencode({'lang': language})}" if status not in (404, 429) else ""
    heading = "gone_title" if isinstance(error, Missing) else "refused_title"
    text = error.zh if language == "zh" else error.message
    html = told_page(language, switch_of(request, language), heading, text, back=back)
    wait = {"Retry-After": str(error.retry_after)} if isinstance(error, TooOften) else {}
    return HTMLResponse(html, status, headers(language) | wait)


def _status_of(error: SuyuanError) -> int:
    return PROBLEMS[next(kind for kind in type(error).__mro__ if kind in PROBLEMS)][0]


def _away(request: Request, language: Language) -> Response:
    html = told_page(language, switch_of(request, language), "away_title", words_in(language)["away"])
    return HTMLResponse(html, 503, headers(language) | {"Retry-After": "30"})


router.add_api_route(
    PATH + "/{token}", show_notice, methods=["HEAD"], include_in_schema=False, response_model=None
)

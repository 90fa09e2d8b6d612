"""The page of spreadsheets, for people without a command line: sign in, choose a file, look, store.

Server-rendered, without scripts. What it does it asks of the interface (`page_asking.py`).
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from service.errors import Fault
from service.scan.answers import language_of, switch_of
from service.scan.preferences import Language
from service.sheets.page_asking import Answer, ask
from service.sheets.page_forms import choices_of
from service.sheets.page_session import PATH, key_of, parse_key, sent_from_here, sign_in, sign_out
from service.sheets.page_views import (
    BUSY,
    FAULTS_SHOWN,
    LOOK_SECONDS,
    busy_page,
    headers,
    sign_in_page,
    start_page,
    told_page,
    upload_page,
)
from service.sheets.page_words import WORDS, words_in

#: No part of the interface: programs use `/v1/imports`.
router = APIRouter(prefix=PATH, include_in_schema=False)

UPLOADS_SHOWN: Final = 10
#: Octets of a file that is too large which are read and thrown away.
DRAINED_MOST: Final = 256 * 1024 * 1024
#: Fields of the form of columns: of sheets of hundreds of columns.
FIELDS_MOST: Final = 5_000

ImportId = Annotated[int, Path(ge=1, le=2**63 - 1)]
FileName = Annotated[str, Path(pattern=r"^[a-z]{1,40}\.(xlsx|csv)$")]


@router.get("")
async def show_start(request: Request) -> Response:
    """The form to sign in, or the one that takes a file."""
    key = key_of(request)
    if key is None:
        return _sign_in(request, 200)
    caller = await ask(request, key, "GET", "/v1/whoami")
    uploads = await ask(request, key, "GET", "/v1/imports", query=f"limit={UPLOADS_SHOWN}")
    if not (caller.good and uploads.good):
        return _refused(request, caller if not caller.good else uploads)
    language = language_of(request)
    html = start_page(language, switch_of(request, language), caller.json(), uploads.json()["items"])
    return HTMLResponse(html, 200, headers(language))


@router.post("/sign-in")
async def take_key(request: Request) -> Response:
    """Keep the key in the browser, if somebody is known by it."""
    if not sent_from_here(request):
        return _elsewhere(request)
    key = parse_key((await _fields(request)).get("key", ""))
    if key is None:
        return _sign_in(request, 400, [Fault("key", None, *reversed(WORDS["wrong_key"]))])
    caller = await ask(request, key, "GET", "/v1/whoami")
    if not caller.good:
        return _refused(request, caller)
    response = _to(request, "")
    sign_in(request, response, key)
    return response


@router.post("/sign-out")
async def forget_key(request: Request) -> Response:
    """Let the browser forget the key."""
    if not sent_from_here(request):
        return _elsewhere(request)
    response = _to(request, "")
    sign_out(request, response)
    return response


@router.post("")
async def take_file(request: Request) -> Response:
    """Pass a file on to be checked, as it was sent."""
    key = key_of(request)
    if not sent_from_here(request):
        return _elsewhere(request)
    if key is None:
        return _sign_in(request, 401)
    taken = await ask(request, key, "POST", "/v1/imports", as_sent=True)
    if taken.status == 413:
        await _drain(request)
    return _to(request, f"/{taken.json()['id']}") if taken.good else _refused(request, taken)


@router.get("/templates/{name}")
async def give_template(request: Request, name: FileName) -> Response:
    """An empty workbook."""
    return await _file(request, f"/v1/imports/templates/{name}")


@router.get("/{import_id}/faults.xlsx")
async def give_marked(request: Request, import_id: ImportId) -> Response:
    """The workbook with its faults marked."""
    return await _file(request, f"/v1/imports/{import_id}/faults.xlsx")


@router.get("/{import_id}")
async def show_upload(request: Request, import_id: ImportId) -> Response:
    """How far an upload is, what was understood of it, or what came of it."""
    return await _upload(request, import_id)


@router.post("/{import_id}/columns")
async def choose_columns(request: Request, import_id: ImportId) -> Response:
    """Have it checked again, with what was chosen."""
    fields = await _fields(request)
    return await _change(request, import_id, "mapping", {"sheets": choices_of(fields)})


@router.post("/{import_id}/store")
async def store(request: Request, import_id: ImportId) -> Response:
    """Have it stored."""
    return await _change(request, import_id, "store", {"store": (await _fields(request)).get("store", "all")})


async def _change(request: Request, import_id: int, what: str, body: object) -> Response:
    key = key_of(request)
    if not sent_from_here(request):
        return _elsewhere(request)
    if key is None:
        return _sign_in(request, 401)
    done = await ask(request, key, "POST", f"/v1/imports/{import_id}/{what}", body=body)
    if done.good:
        return _to(request, f"/{import_id}")
    if done.status == 401:
        return _refused(request, done)
    return await _upload(request, import_id, done)


async def _upload(request: Request, import_id: int, refusal: Answer | None = None) -> Response:
    """The page of an upload. `refusal`: why what was asked of it was not done."""
    key = key_of(request)
    if key is None:
        return _sign_in(request, 401)
    found = await ask(request, key, "GET", f"/v1/imports/{import_id}")
    if not found.good:
        return _refused(request, found)
    language, upload = language_of(request), found.json()
    switch = f"{PATH}/{import_id}?lang={'en' if language == 'zh' else 'zh'}"
    if upload["state"] in BUSY and refusal is None:
        page = HTMLResponse(busy_page(language, switch, upload), 200, headers(language))
        page.headers["Refresh"] = str(LOOK_SECONDS)
        return page
    faults = await ask(request, key, "GET", f"/v1/imports/{import_id}/faults", query=f"limit={FAULTS_SHOWN}")
    if not faults.good:
        return _refused(request, faults)
    problem = refusal.faults() if refusal else ()
    html = upload_page(language, switch, upload, faults.json()["items"], problem)
    return HTMLResponse(html, refusal.status if refusal else 200, headers(language))


async def _file(request: Request, path: str) -> Response:
    key, language = key_of(request), language_of(request)
    if key is None:
        return _sign_in(request, 401)
    found = await ask(request, key, "GET", path, query=f"language={language}")
    if not found.good:
        return _refused(request, found)
    told = {name: found.header(name) for name in ("Content-Type", "Content-Disposition")}
    more = {name: value for name, value in told.items() if value is not None}
    return Response(found.body, 200, {"Cache-Control": "no-store", **more})


async def _drain(request: Request) -> None:
    """Take the rest of a file that is too large: a browser that is cut off shows nothing of the answer."""
    declared = request.headers.get("content-length", "")
    if not declared.isdecimal() or int(declared) > DRAINED_MOST:
        return
    more = True
    while more:
        message = await request.receive()
        more = message["type"] == "http.request" and message.get("more_body", False)


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form; none where the body is no form."""
    try:
        async with request.form(max_files=0, max_fields=FIELDS_MOST) as form:
            return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}
    except HTTPException:
        return {}


def _to(request: Request, below: str) -> Response:
    language = language_of(request)
    return RedirectResponse(f"{PATH}{below}?lang={language}", 303, headers(language))


def _sign_in(request: Request, status: int, faults: list[Fault] | None = None) -> Response:
    language = language_of(request)
    html = sign_in_page(language, _start_switch(language), faults or ())
    return HTMLResponse(html, status, headers(language))


def _refused(request: Request, answer: Answer) -> Response:
    """Why it was not done; who is not known signs in anew."""
    if answer.status == 401:
        response = _sign_in(request, 401, answer.faults())
        sign_out(request, response)
        return response
    language = language_of(request)
    told = [fault.message_zh if language == "zh" else fault.message for fault in answer.faults()]
    html = told_page(language, _start_switch(language), told)
    wait = {"Retry-After": wait} if (wait := answer.header("Retry-After")) else {}
    return HTMLResponse(html, answer.status, headers(language) | wait)


def _elsewhere(request: Request) -> Response:
    language = language_of(request)
    html = told_page(language, _start_switch(language), [words_in(language)["elsewhere"]])
    return HTMLResponse(html, 403, headers(language))


def _start_switch(language: Language) -> str:
    return f"{PATH}?lang={'en' if language == 'zh' else 'zh'}"

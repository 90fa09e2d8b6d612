"""Errors as HTTP: the one table of statuses, and `application/problem+json` (RFC 9457).

A problem has `type`, `title`, `status`, `detail` (English), `detail_zh` (Chinese), and `errors`: one
object for each fault with `field`, `value`, `message`, `message_zh` and, where it has one, `rule`.
"""

import errno
import logging
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from service import errors
from service.db.failures import PASSING, is_passing
from service.web.refusals import fault_of

logger = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
#: The caller closed the connection before the answer.
CALLER_GONE = 499
#: Characters of a faulty value that an answer repeats.
VALUE_SHOWN = 200

#: Error -> (status, EPCIS 2.0 exception name, title).
PROBLEMS: dict[type[errors.SuyuanError], tuple[int, str, str]] = {
    errors.Malformed: (400, "ValidationException", "The input breaks a rule"),
    errors.BadQuery: (400, "QueryParameterException", "The query breaks a rule"),
    errors.BadNamedQuery: (400, "QueryValidationException", "The query breaks a rule"),
    errors.BadSubscription: (400, "SubscriptionControlsException", "The subscription breaks a rule"),
    errors.Unauthenticated: (401, "SecurityException", "Who calls is not known"),
    errors.Forbidden: (403, "SecurityException", "Not allowed"),
    errors.Missing: (404, "NoSuchResourceException", "Not here"),
    errors.NoSuchName: (404, "NoSuchNameException", "No such name"),
    errors.NotAcceptable: (406, "NotAcceptableException", "No such form of answer"),
    errors.Conflict: (409, "ResourceAlreadyExistsException", "In conflict with what is here"),
    errors.TooLarge: (413, "CaptureLimitExceededException", "Over a limit"),
    errors.AnswerTooLarge: (413, "QueryTooLargeException", "More matches than wanted"),
    errors.QueryTooComplex: (413, "QueryTooComplexException", "Too much asked at once"),
    errors.AddressTooLong: (414, "URITooLongException", "The URL is too long"),
    errors.Unsupported: (415, "UnsupportedMediaTypeException", "No such form of input"),
    errors.TooOften: (429, "ImplementationException", "Too often"),
    errors.Unavailable: (503, "ServiceUnavailableException", "Not now"),
}

BUSY = "No connection to the database became free in time; nothing was stored. Try again shortly."
BUSY_ZH = "数据库连接繁忙，未能及时处理，未存储任何内容；请稍后重试。"
UNAVAILABLE_ZH = "数据库暂时无法处理，未确认任何写入，请稍后重试。"

#: The disk is full, over a quota, read-only or failing; no file may be opened any more.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE})
FULL = "The service has no room to take this now; nothing was stored. Send it again later."
FULL_ZH = "服务器存储空间不足，暂时无法接收，未存储任何内容；请稍后重试。"


def problem(
    status: int,
    detail: str,
    zh: str,
    *,
    name: str = "ImplementationException",
    title: str | None = None,
    faults: tuple[errors.Fault, ...] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """One problem as a response."""
    body: dict[str, Any] = {
        "type": f"epcisException:{name}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "detail_zh": zh,
    }
    if faults:
        body["errors"] = [fault_as_json(fault) for fault in faults]
    return Response(msgspec.json.encode(body), status, headers, PROBLEM_JSON)


def fault_as_json(fault: errors.Fault) -> dict[str, Any]:
    """A fault for an answer; its value is cut to `VALUE_SHOWN` characters."""
    shown: dict[str, Any] = {
        "field": fault.field,
        "value": _shown(fault.value),
        "message": fault.message,
        "message_zh": fault.message_zh,
    }
    if fault.rule:
        shown["rule"] = fault.rule
    return shown


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and abs(value) < 2**53:
        return value
    text = value if isinstance(value, str) else str(value)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "…"


async def on_suyuan_error(_request: Request, error: Exception) -> Response:
    """Errors of the trade, by the table."""
    assert isinstance(error, errors.SuyuanError)
    return refusal_of(error)


def refusal_of(error: errors.SuyuanError) -> Response:
    """What an error of the trade is answered with."""
    kind = next(kind for kind in type(error).__mro__ if kind in PROBLEMS)
    status, name, title = PROBLEMS[kind]
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, errors.TooOften | errors.Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    return problem(
        status, error.message, error.zh, name=name, title=title, faults=error.faults, headers=headers
    )


async def on_invalid_request(_request: Request, error: Exception) -> Response:
    """What FastAPI's own validation refuses."""
    assert isinstance(error, RequestValidationError)
    faults = [fault_of(item) for item in error.errors()]
    first = faults[0]
    return problem(
        400,
        f"{first.field}: {first.message}",
        f"{first.field}：{first.message_zh}",
        name="ValidationException",
        title=PROBLEMS[errors.Malformed][2],
        faults=tuple(faults[:100]),
    )


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own: no such path, no such method."""
    assert isinstance(error, HTTPException)
    zh = {404: "没有这个地址。", 405: "该地址不支持这种方法。"}.get(error.status_code, "请求无法处理。")
    name = "NoSuchResourceException" if error.status_code == 404 else "ImplementationException"
    return problem(
        error.status_code,
        f"{error.detail}: {request.method} {request.url.path[:VALUE_SHOWN]}",
        zh,
        name=name,
        headers=dict(error.headers or {}),
    )


async def on_database_away(request: Request, error: Exception) -> Response:
    """The database cannot be reached, or cannot do it now: say so, and ask to come back. An error of ours in
    a statement is raised again.
    """
    if not is_passing(error):
        cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else None
        if isinstance(cause, asyncpg.InsufficientPrivilegeError):
            return await on_closed_to_parties(request, cause)
        raise error
    logger.warning("database away: %s", type(error).__name__)
    if isinstance(error, PoolTimeout):
        return refusal_of(errors.Unavailable(BUSY, BUSY_ZH))
    return problem(
        503,
        "The database cannot do this now; nothing was acknowledged. Send it again later.",
        UNAVAILABLE_ZH,
        name="ServiceUnavailableException",
        headers={"Retry-After": "5"},
    )


async def on_no_room(_request: Request, error: Exception) -> Response:
    """The system has no room for what is put aside while a request is read, or no file to spare."""
    assert isinstance(error, OSError)
    # Where none of the places for temporary files can be written to, the standard library finds none.
    nowhere = error.errno == errno.ENOENT and "temporary directory" in str(error)
    if error.errno not in NO_ROOM and not nowhere:
        raise error
    logger.error("no room: %s", error)
    return refusal_of(errors.Unavailable(FULL, FULL_ZH))


async def on_closed_to_parties(_request: Request, _error: Exception) -> Response:
    """A party's question touched what the database does not open to parties (`db.party_role`)."""
    return refusal_of(
        errors.Forbidden(
            "This is not open to parties yet; an operator looks it up for you.",
            "该查询尚未对企业主体开放，请联系运营者代为查询。",
        )
    )


async def on_caller_gone(_request: Request, _error: Exception) -> Response:
    """Nobody is there to read it; the number is for the log (nginx writes the same)."""
    return Response(status_code=CALLER_GONE)


async def on_defect(_request: Request, _error: Exception) -> Response:
    """Our own defect: the caller learns only that it is ours."""
    return problem(500, "A defect of the service; it has been logged.", "服务内部错误，已记录。")


def install(app: FastAPI) -> None:
    """Attach the table to the application."""
    app.add_exception_handler(errors.SuyuanError, on_suyuan_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_exception)
    for away in (*PASSING, SQLAlchemyError, asyncpg.InterfaceError):
        app.add_exception_handler(away, on_database_away)
    app.add_exception_handler(asyncpg.InsufficientPrivilegeError, on_closed_to_parties)
    app.add_exception_handler(OSError, on_no_room)
    app.add_exception_handler(ClientDisconnect, on_caller_gone)
    app.add_exception_handler(Exception, on_defect)

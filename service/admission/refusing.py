"""How a request that is not let in is answered: a page for people, a problem for programs; both say when to
come again, and of a code, that it was not checked: no answer of these may be taken for "nothing known".

Whoever floods the service gets many of them, so each is made once; a page that says when, once a minute.
"""

from functools import lru_cache
from typing import Final

import msgspec
from fastapi import Response
from fastapi.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from service import clock
from service.admission.kinds import KEYED, is_code
from service.errors import Overloaded, TooOften, Unavailable
from service.notices.answer_pages import headers as told_headers
from service.notices.answer_pages import told_page
from service.scan.answers import HEADERS, html_headers
from service.scan.front import head_of, header_of, send_whole
from service.scan.pages import page
from service.scan.preferences import Language, preferred_form, preferred_language
from service.scan.remembered import Answer, Headers
from service.scan.verdict import Verdict
from service.web.problems import PROBLEMS, refusal_of

#: The same page in the other language, wherever it was shown.
SWITCH: Final = {"zh": "?lang=en", "en": "?lang=zh"}
#: Answers of each form that are kept.
KEPT_MOST: Final = 200
_ENGLISH: Final = b"lang=en"
_CHINESE: Final = b"lang=zh"


def refused(error: TooOften | Overloaded, path: str, query: bytes, headers: Headers) -> Answer:
    """The answer to a request of this path."""
    code = is_code(path)
    if path.startswith(KEYED) or preferred_form(header_of(headers, b"accept")) == "json":
        return _problem(
            error.message, error.zh, error.retry_after, code=code, often=isinstance(error, TooOften)
        )
    language = _language(query, header_of(headers, b"accept-language"))
    status = PROBLEMS[TooOften if isinstance(error, TooOften) else Unavailable][0]
    if code:
        return _not_checked(language, status, error.retry_after, int(clock.now().timestamp() // 60))
    return _told(language, status, error.retry_after, error.zh if language == "zh" else error.message)


async def refuse(error: TooOften | Overloaded, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that is not let in; a WebSocket, before it is one."""
    answer = refused(error, scope["path"], scope["query_string"], scope["headers"])
    if scope["type"] != "websocket":
        await send_whole(send, answer)
        return
    await receive()
    headers = [*answer.head.headers, (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "websocket.http.response.start", "status": answer.head.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


def too_often(seconds: float) -> TooOften:
    """For whoever asks again and again. `seconds`: until he may."""
    wait = max(1, int(seconds + 0.999))
    return TooOften(
        f"So many requests came from your network, or of this code, that no more are answered for {wait} s; "
        "nothing was checked or done.",
        f"来自您所在网络或针对此码的请求过多，{wait} 秒后再受理；本次未核验、未处理。",
        wait,
    )


@lru_cache(maxsize=KEPT_MOST)
def _problem(message: str, zh: str, retry_after: int, *, code: bool, often: bool) -> Answer:
    answer = refusal_of((TooOften if often else Overloaded)(message, zh, retry_after))
    if not code:
        return Answer(head_of(answer), bytes(answer.body))
    told = msgspec.json.decode(answer.body) | {"recall_status": Verdict.NOT_CHECKED.value}
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    whole = Response(msgspec.json.encode(told), answer.status_code, headers | HEADERS)
    return Answer(head_of(whole), bytes(whole.body))


def _language(query: bytes, header: str | None) -> Language:
    if _ENGLISH in query:
        return "en"
    return "zh" if _CHINESE in query else preferred_language(header)


@lru_cache(maxsize=KEPT_MOST)
def _not_checked(language: Language, status: int, retry_after: int, _minute: int) -> Answer:
    html = page(Verdict.NOT_CHECKED, language, SWITCH[language], path="", now=clock.now())
    return _page(html, status, retry_after, html_headers(language))


@lru_cache(maxsize=KEPT_MOST)
def _told(language: Language, status: int, retry_after: int, text: str) -> Answer:
    html = told_page(language, SWITCH[language], "refused_title", text)
    return _page(html, status, retry_after, told_headers(language))


def _page(html: str, status: int, retry_after: int, headers: dict[str, str]) -> Answer:
    response = HTMLResponse(html, status, headers | {"Retry-After": str(retry_after)})
    return Answer(head_of(response), bytes(response.body))

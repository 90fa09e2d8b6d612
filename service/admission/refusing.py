"""How a request that is not let in is answered: a page for people, a problem for programs; both say when to
come again, and of a code, that it was not checked: no answer of these may be taken for "nothing known".

Whoever floods the service gets many of them, so a page is made once a minute for all.
"""

from functools import lru_cache
from typing import Final

import msgspec
from fastapi import Response
from fastapi.responses import HTMLResponse

from service import clock
from service.admission.kinds import KEYED, is_code
from service.errors import Overloaded, SuyuanError, TooOften
from service.notices.answer_pages import headers as told_headers
from service.notices.answer_pages import told_page
from service.scan.answers import HEADERS, html_headers
from service.scan.front import head_of, header_of
from service.scan.own_links import RECALL_STATUS
from service.scan.pages import page
from service.scan.preferences import Language, preferred_form, preferred_language
from service.scan.remembered import Answer, Headers
from service.scan.verdict import Verdict
from service.web.problems import PROBLEMS, refusal_of

#: The same page in the other language, wherever it was shown.
SWITCH: Final = {"zh": "?lang=en", "en": "?lang=zh"}
_ENGLISH: Final = b"lang=en"
_CHINESE: Final = b"lang=zh"


def refused(error: TooOften | Overloaded, path: str, query: bytes, headers: Headers) -> Answer:
    """The answer to a request of this path."""
    code = is_code(path)
    accept = header_of(headers, b"accept")
    if path.startswith(KEYED) or preferred_form(accept) == "json":
        return _answer(_problem(error, code=code))
    language = _language(query, header_of(headers, b"accept-language"))
    status = PROBLEMS[type(error)][0]
    wait = {"Retry-After": str(error.retry_after)}
    if code and not path.startswith(RECALL_STATUS):
        html = _not_checked(language, int(clock.now().timestamp() // 60))
        return _answer(HTMLResponse(html, status, html_headers(language) | wait))
    html = _told(language, error.zh if language == "zh" else error.message)
    return _answer(HTMLResponse(html, status, told_headers(language) | wait))


def too_often(seconds: float) -> TooOften:
    """For whoever asks again and again. `seconds`: until he may."""
    wait = max(1, int(seconds + 0.999))
    return TooOften(
        f"So many requests came from your network, or of this code, that no more are answered for {wait} s; "
        "nothing was checked or done.",
        f"来自您所在网络或针对此码的请求过多，{wait} 秒后再受理；本次未核验、未处理。",
        wait,
    )


def _answer(response: Response) -> Answer:
    return Answer(head_of(response), bytes(response.body))


def _problem(error: SuyuanError, *, code: bool) -> Response:
    answer = refusal_of(error)
    if not code:
        return answer
    told = msgspec.json.decode(answer.body) | {"recall_status": Verdict.NOT_CHECKED.value}
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return Response(msgspec.json.encode(told), answer.status_code, headers | HEADERS)


def _language(query: bytes, header: str | None) -> Language:
    if _ENGLISH in query:
        return "en"
    return "zh" if _CHINESE in query else preferred_language(header)


@lru_cache(maxsize=4)
def _not_checked(language: Language, _minute: int) -> str:
    return page(Verdict.NOT_CHECKED, language, SWITCH[language], path="", now=clock.now())


@lru_cache(maxsize=100)
def _told(language: Language, text: str) -> str:
    return told_page(language, SWITCH[language], "refused_title", text)

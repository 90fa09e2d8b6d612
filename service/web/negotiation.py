"""JSON or XML: what a body is, what an answer is to be, and problems in XML.

Source: EPCIS 2.0, 12.2 (content negotiation) and 12.4 (GS1-CBV-XML-Format); RFC 7807, appendix A
(`application/problem+xml`).
"""

from typing import Any, Final, Literal, get_args

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import NotAcceptable, Unsupported
from service.web.epcis import ANSWER_TYPES, JSON_TYPES, PREFIX, answer_type
from service.web.problems import PROBLEM_JSON

XML_TYPES: Final = ("application/xml", "text/xml")
PROBLEM_XML: Final = "application/problem+xml"
PROBLEM_NAMESPACE: Final = "urn:ietf:rfc:7807"
#: What an answer in either form is given in, the best first.
EITHER: Final = (*ANSWER_TYPES, *XML_TYPES)

CbvXmlFormat = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]
CBV_XML_FORMATS: Final[tuple[CbvXmlFormat, ...]] = get_args(CbvXmlFormat)
_BY_NAME: Final[dict[str, CbvXmlFormat]] = {each: each for each in CBV_XML_FORMATS}
#: Characters that XML 1.0 does not have.
_NO_CHARACTERS: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\ufffd")
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def body_is_xml(request: Request) -> bool:
    """Whether the body says it is XML, or else JSON; raises `Unsupported` for anything else."""
    told = request.headers.get("content-type", JSON_TYPES[0])
    media = told.partition(";")[0].strip().lower()
    if media in XML_TYPES or media in JSON_TYPES:
        return media in XML_TYPES
    right = (*JSON_TYPES, *XML_TYPES)
    raise Unsupported(
        f"Content-Type {told[:200]} is not read here; send {', '.join(right[:-1])} or {right[-1]}.",
        f"不支持的 Content-Type {told[:200]}，请使用 {'、'.join(right)} 之一。",
    )


def cbv_xml_format(request: Request) -> CbvXmlFormat:
    """How CBV words are to be spelled in an XML answer; raises `NotAcceptable` for what is no format."""
    told = request.headers.get("GS1-CBV-XML-Format", CBV_XML_FORMATS[0]).strip()
    if told not in _BY_NAME:
        raise NotAcceptable(
            f"GS1-CBV-XML-Format: {told[:100]} is not given here; {', '.join(CBV_XML_FORMATS)} are.",
            f"不支持 GS1-CBV-XML-Format: {told[:100]}；可选 {'、'.join(CBV_XML_FORMATS)}。",
        )
    return _BY_NAME[told]


def problem_as_xml(problem: bytes) -> bytes:
    """A problem in JSON as the same problem in XML; members of a list are `i` elements."""
    inner = _elements(msgspec.json.decode(problem, type=dict[str, Any]))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<problem xmlns="{PROBLEM_NAMESPACE}">{inner}</problem>'.encode()


def _elements(held: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_content(value)}</{name}>" for name, value in held.items() if value is not None)


def _content(value: Any) -> str:
    if isinstance(value, dict):
        return _elements(value)
    if isinstance(value, list):
        return "".join(f"<i>{_content(each)}</i>" for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).translate(_NO_CHARACTERS).translate(_ESCAPES)


def likes_xml_better(request: Request) -> bool:
    """Whether a client would rather have a problem in XML than in JSON."""
    try:
        best = answer_type(request, (PROBLEM_JSON, *JSON_TYPES, PROBLEM_XML, *XML_TYPES))
    except NotAcceptable:
        return False
    return best in (PROBLEM_XML, *XML_TYPES)


class XmlProblems:
    """Middleware: under `/epcis`, gives problems as `application/problem+xml` to those who want XML."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "")
        epcis = scope["type"] == "http" and (path == PREFIX or path.startswith(PREFIX + "/"))
        if not epcis or not likes_xml_better(Request(scope)):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_as_xml(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                if MutableHeaders(scope=message).get("content-type") == PROBLEM_JSON:
                    start = message
                    return
            elif start is not None:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = problem_as_xml(body)
                headers = MutableHeaders(scope=start)
                headers["content-type"], headers["content-length"] = PROBLEM_XML, str(len(body))
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, send_as_xml)

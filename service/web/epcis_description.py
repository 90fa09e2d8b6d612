"""What OpenAPI tells of the EPCIS interfaces beside each route: headers, refusals, examples, OPTIONS.

All of `/epcis` shares them (EPCIS 2.0, 12.2 to 12.4), so they are told here once, by rules over paths and
methods. `tests/api/test_epcis_examples.py` holds that what is told is what is answered.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from service.web.epcis import ANSWER_TYPES, JSON_TYPES, PREFIX
from service.web.epcis_examples import ANSWERED, BODIES, LISTED, NAMES, PLACES, PROBLEM
from service.web.negotiation import CBV_XML_FORMATS, PROBLEM_XML
from service.web.problems import PROBLEM_JSON

Described = dict[str, Any]
TEXT: Final = {"type": "string"}

#: Status -> what it means.
REFUSALS: Final = {
    "400": "The input or query breaks a rule; `errors` names each fault. 输入或查询有误。",
    "401": "SecurityException: no API key, or one that is not known. 未提供有效的 API 密钥。",
    "403": "SecurityException: not open to this key, or to its party. 没有权限。",
    "404": "NoSuchResourceException, or NoSuchNameException for queries. 资源不存在。",
    "406": "NotAcceptableException: a version or form that is not given here. 不支持所要求的格式或版本。",
    "409": "ResourceAlreadyExistsException: here already, with other content. 已存在且内容不同。",
    "413": "Over a limit: of the body, of events in it, of matches (`maxEventCount`), of a query. 超过上限。",
    "414": "URITooLongException. 地址过长。",
    "415": "UnsupportedMediaTypeException: a body in a form that is not read here. 不支持的内容类型。",
    "500": "ImplementationException: a defect of the service. 服务内部错误。",
    "503": "The database is away; nothing was stored. 数据库暂不可用。",
}
#: Request header -> what it asks for, and an example.
ASKED: Final = {
    **{
        f"GS1-{what}-{end}": (f"{said} version of {what} that the client speaks. {zh}", "2.0.0")
        for what in ("EPCIS", "CBV")
        for end, said, zh in (
            ("Version", "The", "版本"),
            ("Min", "The oldest", "最低版本"),
            ("Max", "The newest", "最高版本"),
        )
    },
    "GS1-EPC-Format": (
        "Identifiers as captured, as GS1 Digital Links or as EPC URNs. 标识格式。",
        "No_Preference",
    ),
    "GS1-CBV-XML-Format": (
        f"CBV words in XML: {', '.join(CBV_XML_FORMATS)}. XML 中词汇的写法。",
        "Always_Web_URI",
    ),
    "GS1-Extensions": (
        "Prefixes of extensions and what they mean. 扩展前缀。",
        "example=https://example.com/epcis/",
    ),
}
#: Where this service's own interface lies.
OURS: Final = "/v1/"
#: Its paths that name something that may not be here in a parameter, not in the path.
LOOKED_UP: Final = ("/v1/trace/forward", "/v1/trace/backward")
#: Parameters that name something of which a caller may see nothing.
NAMING: Final = frozenset({"batch", "code", "lot", "party", "product", "recall", "site", "unit"})
FORMATS: Final = ("GS1-EPC-Format", "GS1-CBV-XML-Format")
#: Response header -> what it tells.
TOLD: Final = {
    "GS1-EPCIS-Version": "The version of EPCIS spoken. EPCIS 版本。",
    "GS1-CBV-Version": "The version of CBV spoken. CBV 版本。",
    "GS1-Extensions": "Prefixes of the answer's extensions and what they mean. 扩展前缀。",
    "GS1-EPC-Format": "The form of identifiers; of OPTIONS: those there are. 标识格式。",
    "GS1-CBV-XML-Format": "The spelling of CBV words in XML; of OPTIONS: those there are. 词汇写法。",
    "Link": '`<url>; rel="next"` while there are more pages. 下一页。',
    "GS1-Next-Page-Token-Expires": "Until when the token of the next page is taken back. 分页标记有效期。",
    "Location": "Where what was made is found. 新资源的位置。",
    "Allow": "The methods of this path. 允许的方法。",
    **{
        f"GS1-{what}-{end}": f"Spoken: {end.lower()} {what}."
        for what in ("EPCIS", "CBV")
        for end in ("Min", "Max")
    },
    "GS1-Vendor-Version": "The version of what is particular to this service. 服务自身版本。",
    "GS1-EPCIS-Capture-Limit": "Events of one document at most. 单个文档的事件上限。",
    "GS1-EPCIS-Capture-File-Size-Limit": "Octets of one document at most. 单个文档的字节上限。",
    "GS1-Capture-Error-Behaviour": "`all`: rollback and proceed. 支持的错误处理方式。",
}
ALWAYS: Final = ("GS1-EPCIS-Version", "GS1-CBV-Version")
PAGED: Final = ("Link", "GS1-Next-Page-Token-Expires")
LIMITS: Final = (
    "GS1-EPCIS-Capture-Limit",
    "GS1-EPCIS-Capture-File-Size-Limit",
    "GS1-Capture-Error-Behaviour",
)
OPTIONS: Final = (
    *("Allow", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max", "GS1-Vendor-Version"),
    *("GS1-Extensions", *FORMATS),
)


class DescribedApp(FastAPI):
    """The application, its interface described whole. `in_front`: middlewares before all that the framework
    has of its own, the outermost last.
    """

    in_front: Sequence[Callable[[ASGIApp], ASGIApp]] = ()
    #: What tells more of the interface than the routes and this file do.
    describing: Sequence[Callable[[Described], None]] = ()
    #: Those of this application, once it was asked for the first time.
    fronts: Sequence[Any] = ()

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's own, and `in_front` before it."""
        stack = super().build_middleware_stack()
        fronts = []
        for front in self.in_front:
            stack = front(stack)
            fronts.append(stack)
        self.fronts = fronts
        return stack

    def openapi(self) -> Described:
        """OpenAPI of all paths."""
        if self.openapi_schema is None:
            openapi = super().openapi()
            describe(openapi)
            for more in self.describing:
                more(openapi)
        assert self.openapi_schema is not None
        return self.openapi_schema


def describe(openapi: Described) -> None:
    """Adds to an OpenAPI document what routes do not tell themselves."""
    components: Described = openapi["components"]
    components["schemas"] |= _problem_schemas()
    components["responses"] = {f"Refused{status}": _refusal(status) for status in REFUSALS}
    components["headers"] = {name: {"description": said, "schema": TEXT} for name, said in TOLD.items()}
    components["parameters"] = {name: _asked(name) for name in ASKED}
    for path, item in openapi["paths"].items():
        of_epcis = path == PREFIX or path.startswith(f"{PREFIX}/")
        for method, operation in item.items():
            # FastAPI documents 422 wherever it checks anything; here that is answered 400, as a problem.
            checked = operation["responses"].pop("422", None) is not None
            if of_epcis:
                asks = any(each.get("in") == "query" for each in operation.get("parameters", ()))
                _describe(path, method, operation, item)
                if checked and asks:
                    operation["responses"].setdefault("400", _ref("responses", "Refused400"))
            elif path.startswith(OURS) or operation.get("security"):
                for status in _own_refusals(path, method, operation, checked=checked):
                    operation["responses"].setdefault(status, _ref("responses", f"Refused{status}"))
            elif checked:
                operation["responses"].setdefault("400", _ref("responses", "Refused400"))
    _share_query_parameters(openapi["paths"], components["parameters"])
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)


def _own_refusals(path: str, method: str, operation: Described, *, checked: bool) -> list[str]:
    """The statuses that an operation of this service's own interface shares with those like it."""
    body = operation.get("requestBody", {}).get("content", {})
    parameters = [each["name"] for each in operation.get("parameters", ())]
    told = {
        "400": checked or bool(body),
        "401": bool(operation.get("security")),
        "403": bool(operation.get("security")),
        "404": "{" in path or path in LOOKED_UP or not NAMING.isdisjoint(parameters),
        # A key that somebody has already; a label of a recalled batch; a case that is closed.
        "409": (bool(body) and method in ("post", "patch") and bool(operation.get("security")))
        or "/label" in path
        or path.endswith("/renewal"),
        "413": bool(body),
        "415": any(media.startswith("multipart/") for media in body),
        "503": bool(operation.get("security")),
    }
    return [status for status, can_be in told.items() if can_be]


def _share_query_parameters(paths: Described, shared: Described) -> None:
    """The parameters of a query are told once: eight paths take them."""
    queries = {
        each["name"]: each
        for each in paths[f"{PREFIX}/events"]["get"]["parameters"]
        if each.get("in") == "query"
    }
    keys = {name: name.replace(":", ".") for name in queries}
    shared |= {keys[name]: each for name, each in queries.items()}
    for path, item in paths.items():
        if path.startswith(f"{PREFIX}/"):
            for operation in item.values():
                operation["parameters"] = [
                    _ref("parameters", keys[each["name"]]) if queries.get(each.get("name")) == each else each
                    for each in operation.get("parameters", ())
                ]


def _describe(path: str, method: str, operation: Described, item: Described) -> None:
    responses: Described = operation["responses"]
    if method == "options":
        siblings = [each for name, each in item.items() if name != "options"]
        operation["parameters"] = [
            each
            for sibling in siblings[:1]
            for each in sibling.get("parameters", ())
            if each.get("in") == "path"
        ]
    for status in refusals(path, method):
        if status in responses:  # the route says why
            responses[status]["content"] = _refusal(status)["content"]
        else:
            responses[status] = _ref("responses", f"Refused{status}")
    parameters: list[Described] = operation.setdefault("parameters", [])
    for parameter in parameters:
        _give_example(path, parameter)
    parameters += [_ref("parameters", name) for name in asked(path, method)]
    for status, answer in responses.items():
        if status.startswith("2"):
            headers = dict.fromkeys((*ALWAYS, *told(path, method)))
            answer["headers"] = {name: _ref("headers", name) for name in headers}
            _show(path, answer)
    for media, example in BODIES.get(path, {}).items():
        if "requestBody" in operation:
            schema = {"type": "string"} if media.endswith("xml") else {"type": "object"}
            operation["requestBody"]["content"][media] = {"schema": schema, "example": example}


def refusals(path: str, method: str) -> list[str]:
    """The statuses besides success that an operation of `/epcis` can answer."""
    statuses = ["401", "403", "406", "414", "500", "503"]
    if method == "options":
        return sorted(statuses)
    lists = path.count("/") == 2 or path.endswith("/subscriptions")
    takes_query = method == "get" and (lists or (_gives_events(path) and not path.endswith("{event_id}")))
    if (
        method == "post"
        or takes_query
        or "nextPageToken" in path
        or ("/{name}" in path and "queries" not in path)
    ):
        statuses.append("400")
    if (path.endswith("}") and "nextPageToken" not in path) or ("{name}/" in path and "queries" in path):
        statuses.append("404")
    if method == "post":
        statuses += ["413", "415"]
    if method == "post" and path in (f"{PREFIX}/capture", f"{PREFIX}/events", f"{PREFIX}/queries"):
        statuses.append("409")
    if method == "get" and _gives_events(path) and not path.endswith("{event_id}"):
        statuses.append("413")
    return sorted(statuses)


def asked(path: str, method: str) -> list[str]:
    """The request headers that an operation of `/epcis` heeds, beside those that its route names."""
    versions = [name for name in ASKED if name.endswith(("-Version", "-Min", "-Max"))]
    if method == "get" and (_gives_events(path) or _lists_names(path)):
        return [*versions, *FORMATS, *(["GS1-Extensions"] if not path.endswith("{event_id}") else [])]
    return [*versions, *(["GS1-Extensions"] if (path, method) == (f"{PREFIX}/queries", "post") else [])]


def told(path: str, method: str) -> list[str]:
    """The headers of a successful answer, beside the versions."""
    if method == "options":
        return [*OPTIONS, *(LIMITS if path in (f"{PREFIX}/capture", f"{PREFIX}/events") else ())]
    if method == "post":
        return ["Location"]
    if method != "get":
        return []
    if _gives_events(path):
        return ["GS1-Extensions", *FORMATS, *(PAGED if not path.endswith("{event_id}") else ())]
    if _lists_names(path):
        return ["GS1-Extensions", *FORMATS, *PAGED]
    if path == f"{PREFIX}/capture":
        return ["Link"]
    if path == PREFIX or path.split("/")[2] in NAMES:
        return ["GS1-CBV-XML-Format"]
    return list(PAGED) if path.endswith(("/queries", "/subscriptions")) else []


def _gives_events(path: str) -> bool:
    return path.startswith(f"{PREFIX}/events") or path.endswith("/events")


def _lists_names(path: str) -> bool:
    return path.removeprefix(f"{PREFIX}/") in NAMES


def _give_example(path: str, parameter: Described) -> None:
    if parameter.get("in") != "path" or "example" in parameter:
        return
    name = parameter["name"]
    resource = path.split("/")[2]
    example = NAMES.get(resource) if name == "name" else PLACES.get(name)
    if example is not None:
        parameter["example"] = example


def _show(path: str, answer: Described) -> None:
    given: Described = answer.get("content", {})
    if path.startswith(f"{PREFIX}/queries") and JSON_TYPES[0] in given:
        given.update(dict.fromkeys(ANSWER_TYPES, given[JSON_TYPES[0]]))
    for media, content in given.items():
        if media.endswith("json") and not content.get("example"):
            if _gives_events(path):
                content["example"] = ANSWERED
            elif _lists_names(path):
                content["example"] = LISTED


def _asked(name: str) -> Described:
    said, example = ASKED[name]
    return {"name": name, "in": "header", "description": said, "schema": TEXT, "example": example}


def _refusal(status: str) -> Described:
    made: Described = {
        "description": REFUSALS[status],
        "content": {
            PROBLEM_JSON: {"schema": _ref("schemas", "Problem")},
            PROBLEM_XML: {"schema": {**TEXT, "description": "The same as XML (RFC 7807, appendix A)."}},
        },
    }
    if status == "400":
        made["content"][PROBLEM_JSON]["example"] = PROBLEM
    if status == "413":
        made["headers"] = {name: _ref("headers", name) for name in LIMITS}
    return made


def _problem_schemas() -> Described:
    fault = {
        "field": "Which field: a name, a JSON pointer or an XPath. 字段。",
        "message": "What would be right. 说明。",
        "message_zh": "The same in Chinese. 中文说明。",
        "rule": "The rule that is broken, where it has a name. 规则。",
    }
    problem = {
        "type": "`epcisException:` and the exception's name. 类型。",
        "title": "The kind of problem. 标题。",
        "detail": "What is wrong, in English. 英文说明。",
        "detail_zh": "What is wrong, in Chinese. 中文说明。",
    }
    return {
        "Fault": {
            "type": "object",
            "properties": {
                **{name: {**TEXT, "description": said} for name, said in fault.items()},
                "value": {"description": "What was given, cut short. 所给的值。"},
            },
            "required": ["field", "message", "message_zh"],
        },
        "Problem": {
            "type": "object",
            "properties": {
                **{name: {**TEXT, "description": said} for name, said in problem.items()},
                "status": {"type": "integer", "description": "The HTTP status. 状态码。"},
                "errors": {"type": "array", "items": _ref("schemas", "Fault")},
            },
            "required": ["type", "title", "status", "detail", "detail_zh"],
        },
    }


def _ref(kind: str, name: str) -> Described:
    return {"$ref": f"#/components/{kind}/{name}"}

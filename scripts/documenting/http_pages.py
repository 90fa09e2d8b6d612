"""The HTTP interface as pages: one for each area of the OpenAPI document, one of what bodies are made of."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from scripts.documenting.markdown import anchor, cell, code, contents, heading, link, prose, table

Json = dict[str, Any]
#: The reviewed interface; a test holds the service to it.
DOCUMENT: Final = Path(__file__).resolve().parents[2] / "tests" / "house" / "openapi.json"
#: Areas of the document (its tags) in the order of their use -> their titles.
AREAS: Final = {
    "parties": "Parties 主体",
    "sites": "Sites 场所",
    "products": "Products 产品",
    "batches": "Batches 批次",
    "links": "Links 链接",
    "labels": "Labels 标签",
    "units": "Units 单件",
    "imports": "Spreadsheets 表格导入",
    "EPCIS": "EPCIS",
    "trace": "Traces 追溯",
    "ledger": "Ledger 台账",
    "identify": "Codes 编码",
    "resolver": "Printed links 码上链接",
    "consumer": "Consumers 消费者",
    "scans": "Scans 扫码",
    "complaints": "Complaints 反映",
    "recall": "Recalls 召回",
    "notices": "Notices 通知",
    "answers": "Answers 回复",
    "drills": "Drills 演练",
    "filings": "Filings 报送",
    "access": "Access 访问权限",
    "operation": "Operation 运维",
}
BODIES: Final = "bodies"
#: An operation that takes more parameters of all event queries than this says so instead of listing them.
SHARED_MOST: Final = 20
QUERIES: Final = "query-parameters"
#: A bound beyond this is that of the kind of number, and says nothing.
LARGEST: Final = 2**53


def pages() -> dict[str, str]:
    """Name -> Markdown of every page; `index` leads to the others."""
    document: Json = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    areas: dict[str, list[tuple[str, Json]]] = defaultdict(list)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            areas[(operation.get("tags") or ["other"])[0]].append((f"{method.upper()} {path}", operation))
    ordered = [*(name for name in AREAS if name in areas), *sorted(set(areas) - set(AREAS))]
    made = {name.lower(): _area(document, name, areas[name]) for name in ordered}
    made[QUERIES] = _query_parameters(document)
    made[BODIES] = "\n".join(_bodies(document["components"]["schemas"]))
    made["index"] = _index(document, {name: areas[name] for name in ordered})
    return made


def _index(document: Json, areas: Mapping[str, list[tuple[str, Json]]]) -> str:
    rows = [
        row for area, operations in areas.items() for row in _overview(operations, f"{area.lower()}.html")
    ]
    return "\n".join(
        [
            "# HTTP interface 接口\n",
            prose(document["info"]["description"]) + "\n",
            "As a document for programs: `GET /openapi.json` of a running service; to try out: `/docs`. "
            "Who is answered what: [access matrix](../../access-matrix.md). "
            "Errors: [problems](../problems.md). "
            "What bodies are made of: [bodies](bodies.md).\n",
            table(("endpoint", "what it does"), rows),
            contents(name.lower() for name in areas),
        ]
    )


def _area(document: Json, name: str, operations: Sequence[tuple[str, Json]]) -> str:
    told = (_operation(document, endpoint, operation) for endpoint, operation in operations)
    overview = table(("endpoint", "what it does"), _overview(operations))
    return f"# {AREAS.get(name, name)}\n\n{overview}\n" + "\n".join(told)


def _overview(operations: Sequence[tuple[str, Json]], page: str = "") -> Iterator[tuple[str, str]]:
    for endpoint, operation in operations:
        yield code(escape(endpoint)), link(cell(operation["summary"]), f"{page}#{_name(operation)}")


def _name(operation: Json) -> str:
    return anchor("op", operation["operationId"])


def _operation(document: Json, endpoint: str, operation: Json) -> str:
    parts = [heading(2, _name(operation), cell(operation["summary"])), f"`{endpoint}`\n"]
    parts.append(prose(operation["description"]) + "\n")
    if not operation.get("security"):
        parts.append("Without a key. 无需密钥。\n")
    parts.append(_parameters(document, operation))
    parts.append(_request(operation.get("requestBody")))
    parts.append(_answers(operation["responses"]))
    return "\n".join(part for part in parts if part)


def _parameters(document: Json, operation: Json) -> str:
    shared = document["components"].get("parameters", {})
    given = operation.get("parameters", [])
    told = ""
    if sum("$ref" in each for each in given) > SHARED_MOST:
        given = [each for each in given if "$ref" not in each]
        told = f"And the [parameters of event queries]({QUERIES}.md). 另见[事件查询参数]({QUERIES}.md)。\n"
    rows = [_parameter(shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each) for each in given]
    return "\n".join(part for part in (table(("parameter", "in", "type", ""), rows), told) if part)


def _parameter(parameter: Json) -> tuple[str, str, str, str]:
    name = _field(parameter["name"], needed=parameter.get("required", False))
    return (name, parameter["in"], _type(parameter["schema"]), cell(parameter.get("description", "")))


def _field(name: str, *, needed: bool) -> str:
    return code(escape(name)) + (" <strong>required</strong>" if needed else "")


def _query_parameters(document: Json) -> str:
    shared = document["components"].get("parameters", {}).values()
    return (
        "---\norphan: true\n---\n# Parameters of event queries 事件查询参数\n\n"
        "Those of SimpleEventQuery of EPCIS 2.0, and the headers by which versions are agreed on.\n\n"
        + table(("parameter", "in", "type", ""), map(_parameter, shared))
    )


def _request(body: Json | None) -> str:
    if body is None:
        return ""
    rows = ((code(kind), _type(content.get("schema", {}))) for kind, content in body["content"].items())
    return table(("body of the request", ""), rows)


def _answers(answers: Mapping[str, Json]) -> str:
    rows, refused = [], []
    for status, answer in sorted(answers.items()):
        if "$ref" in answer:
            refused.append(status)
            continue
        told = answer["description"].replace("Successful Response", "Done. 成功。")
        bodies = (
            f"{code(kind)} {_type(content.get('schema', {}))}"
            for kind, content in answer.get("content", {}).items()
        )
        rows.append((status, cell(told), "<br>".join(bodies)))
    if refused:
        problem = link("problem", "../problems.html")
        rows.append((", ".join(refused), "Refused, with the reason. 被拒绝，附原因。", problem))
    return table(("status", "", "body of the answer"), rows)


def _bodies(schemas: Mapping[str, Json]) -> Iterator[str]:
    yield "---\norphan: true\n---\n# Bodies 数据结构\n\nWhat requests and answers are made of, by name.\n"
    for name, schema in sorted(schemas.items()):
        yield heading(2, anchor("body", name), escape(name)).rstrip()
        yield f"<p>{cell(schema.get('description', ''))}</p>"
        if values := schema.get("enum"):
            yield f"<p>{_type({'enum': values})}</p>"
        needed = set(schema.get("required", ()))
        fields = schema.get("properties", {}).items()
        yield table(
            ("field", "type", ""),
            (
                (_field(field, needed=field in needed), _type(kind), cell(kind.get("description", "")))
                for field, kind in fields
            ),
        )


def _type(schema: Json) -> str:
    """What a value looks like, in a few words, as HTML."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return link(escape(name), f"{BODIES}.html#{anchor('body', name)}")
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            kinds = list(dict.fromkeys(_type(each) for each in schema[several]))
            return " or ".join(kinds) + _bounds(schema)
    if "enum" in schema or "const" in schema:
        return ", ".join(code(escape(str(each))) for each in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_type(schema.get('items', {})) or 'anything'}{_bounds(schema)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(schema.get("format", kind)) + _bounds(schema)


def _bounds(schema: Json) -> str:
    least = schema.get("minLength", schema.get("minItems", schema.get("minimum", schema.get("ge"))))
    most = schema.get("maxLength", schema.get("maxItems", schema.get("maximum", schema.get("le"))))
    if most is None or most >= LARGEST:
        return ""
    return f" (at most {most})" if least is None else f" ({least} to {most})"

"""What `explain` says of a code, as one JSON object, and the lines of codes that callers send."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from service.errors import Fault, Malformed, TooLarge
from service.identifiers.epc_binary import TagData
from service.identifiers.explanation import ExplainedElement, explain
from service.identifiers.kinds import Kind
from service.web.problems import fault_as_json

LINES_MOST: Final = 10_000  # codes of one request
LINE_SHOWN: Final = 512  # characters of a line repeated in an answer
PREFIX_SHORTEST: Final = 6  # digits of a company prefix in an EPC URN
PREFIX_LONGEST: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a request. `number` counts from 1; `fault`: why the line itself cannot be read."""

    number: int
    code: str
    prefix_length: int | None = None
    fault: Fault | None = None


def _element(one: ExplainedElement) -> dict[str, str]:
    return {"ai": one.ai, "value": one.value, "title": one.title, "title_zh": one.title_zh}


def _tag(tag: TagData) -> dict[str, Any]:
    return {
        "scheme": tag.scheme,
        "filter": tag.filter_value,
        "tag_uri": tag.tag_uri,
        "hex": tag.hexadecimal,
        "more": tag.more,
    }


def explained(code: str, prefix_length: int | None = None) -> dict[str, Any]:
    """Everything that can be said about one code. Never raises: what is wrong is in `errors`."""
    found = explain(code, prefix_length)
    identity = found.identity
    return {
        "code": found.given,
        "form": found.form,
        "valid": not found.faults,
        "kind": identity.kind.value if identity else Kind.PARTY.value if found.credit_code else None,
        "uri": identity.uri if identity else None,
        "product_uri": identity.product_uri if identity else None,
        "batch_uri": identity.batch_uri if identity else None,
        "gtin": identity.gtin if identity else None,
        "lot": identity.lot if identity else None,
        "serial": identity.serial if identity else None,
        "gln": identity.gln if identity else None,
        "uscc": found.credit_code,
        "key": _element(found.key) if found.key else None,
        "qualifiers": [_element(one) for one in found.qualifiers],
        "attributes": [_element(one) for one in found.attributes],
        "digital_link": found.canonical_uri if found.key else None,
        "epc_urn": found.epc_urn,
        "element_string": found.element_string,
        "symbol_data": found.message,
        "hri": list(found.human_readable),
        "tag": _tag(found.tag) if found.tag else None,
        "errors": [fault_as_json(fault) for fault in found.faults],
    }


def text_lines(body: bytes) -> Iterator[Line]:
    """The codes of a plain text, one a line. Empty lines are passed over, and counted."""
    for number, line in _numbered(body):
        yield Line(number, line)


def json_lines(body: bytes) -> Iterator[Line]:
    """The codes of NDJSON: each line a text, or an object with `code` and perhaps `prefix_length`."""
    for number, line in _numbered(body):
        yield _json_line(number, line)


def _numbered(body: bytes) -> Iterator[tuple[int, str]]:
    # Only \n ends a line: `splitlines` would also cut at \x1d, which is how a scanner gives FNC1.
    for number, line in enumerate(body.decode("utf-8", "replace").split("\n"), start=1):
        text = line.removesuffix("\r")
        if text.strip(" \t\ufeff"):
            yield number, text


def _json_line(number: int, line: str) -> Line:
    try:
        value = msgspec.json.decode(line.lstrip("\ufeff"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _refused(number, line)
    if isinstance(value, str):
        return Line(number, value)
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return _refused(number, line)
    length = value.get("prefix_length")
    if set(value) - {"code", "prefix_length"} or not _is_length(length):
        return _refused(number, line)
    return Line(number, value["code"], length)


def _is_length(length: object) -> bool:
    return length is None or (type(length) is int and PREFIX_SHORTEST <= length <= PREFIX_LONGEST)


def _refused(number: int, line: str) -> Line:
    fault = Fault(
        "line",
        line,
        'A line of NDJSON is a JSON text with a code, or {"code": "…", "prefix_length": 6 to 12}.',
        'NDJSON 的每一行应为 JSON 字符串（编码），或 {"code": "…", "prefix_length": 6 至 12}。',
        "ndjson:line",
    )
    return Line(number, line, fault=fault)


def require_few(lines: list[Line]) -> None:
    """Raises `TooLarge` for more than `LINES_MOST` codes, `Malformed` for none."""
    if len(lines) > LINES_MOST:
        raise TooLarge(
            f"At most {LINES_MOST} codes are explained at once; these are {len(lines)}.",
            f"一次最多解析 {LINES_MOST} 个编码；现为 {len(lines)} 个。",
        )
    if not lines:
        raise Malformed.field(
            "body", "", "Send one code a line.", "请按每行一个编码提交。", "identify:no-code"
        )


def answer_line(line: Line) -> bytes:
    """One line of the answer: the explanation with the number of its line."""
    if line.fault is not None:
        said = explained("") | {"code": line.code[:LINE_SHOWN], "errors": [fault_as_json(line.fault)]}
    else:
        said = explained(line.code, line.prefix_length)
    return msgspec.json.encode({"line": line.number} | said) + b"\n"

"""What validation refuses, in words: our own rules' sentences, and a table for pydantic's.

A rule refuses with `Malformed`, in English and Chinese. Inside a pydantic model it must refuse as a pydantic
error, so that all fields of a body are told at once: `refusing` carries both sentences through, and
`fault_of` finds them again.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from service.errors import Fault, Malformed

#: The pydantic error type of a refusal by a rule of ours.
REFUSED = "refused"

T = TypeVar("T")

#: pydantic's error type -> sentence in English and Chinese; braces are filled from the error's context.
SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("This is required.", "缺少必填项。"),
    "extra_forbidden": (
        "There is no such field here; /docs lists those there are.",
        "没有这个字段；可用字段见 /docs。",
    ),
    "json_invalid": ("The body must be JSON: {error}.", "请求体应为 JSON：{error}。"),
    "model_attributes_type": ("A JSON object is wanted here.", "此处应为 JSON 对象。"),
    "model_type": ("A JSON object is wanted here.", "此处应为 JSON 对象。"),
    "dict_type": ("A JSON object is wanted here.", "此处应为 JSON 对象。"),
    "list_type": ("A JSON array is wanted here.", "此处应为 JSON 数组。"),
    "too_long": (
        "At most {max_length} entries are taken; these are {actual_length}.",
        "最多 {max_length} 项；现为 {actual_length} 项。",
    ),
    "too_short": (
        "At least {min_length} entries are wanted; these are {actual_length}.",
        "至少 {min_length} 项；现为 {actual_length} 项。",
    ),
    "string_type": ("Text is wanted here.", "此处应为文本。"),
    "string_unicode": ("Text must be valid Unicode.", "文本应为有效的 Unicode。"),
    "string_too_short": (
        "Text of {min_length} or more characters is wanted; leave the field out if there is none.",
        "至少 {min_length} 个字符；没有内容请省略该字段。",
    ),
    "string_too_long": ("At most {max_length} characters are taken.", "最多 {max_length} 个字符。"),
    "string_pattern_mismatch": ("The text must match {pattern}.", "文本应符合 {pattern}。"),
    "int_type": ("A whole number is wanted here.", "此处应为整数。"),
    "int_parsing": ("A whole number is wanted here.", "此处应为整数。"),
    "int_parsing_size": ("This number is too large.", "数值过大。"),
    "int_from_float": ("A whole number is wanted here.", "此处应为整数。"),
    "bool_type": ("true or false is wanted here.", "此处应为 true 或 false。"),
    "bool_parsing": ("true or false is wanted here.", "此处应为 true 或 false。"),
    "float_type": ("A number is wanted here.", "此处应为数字。"),
    "float_parsing": ("A number is wanted here.", "此处应为数字。"),
    "decimal_type": (
        "A number is wanted here, as a JSON number or as text.",
        "此处应为数字（JSON 数字或文本）。",
    ),
    "decimal_parsing": ("A decimal number is wanted here, such as 12.5.", "此处应为十进制数，例如 12.5。"),
    "decimal_max_digits": ("At most {max_digits} digits are taken.", "最多 {max_digits} 位数字。"),
    "decimal_max_places": (
        "At most {decimal_places} digits after the point are taken.",
        "小数点后最多 {decimal_places} 位。",
    ),
    "decimal_whole_digits": (
        "At most {whole_digits} digits before the point are taken.",
        "小数点前最多 {whole_digits} 位。",
    ),
    "finite_number": ("A finite number is wanted here.", "此处应为有限数值。"),
    "greater_than": ("It must be greater than {gt}.", "应大于 {gt}。"),
    "greater_than_equal": ("It must be {ge} or more.", "应不小于 {ge}。"),
    "less_than": ("It must be less than {lt}.", "应小于 {lt}。"),
    "less_than_equal": ("It must be {le} or less.", "应不大于 {le}。"),
    "literal_error": ("It must be {expected}.", "应为 {expected_zh}。"),
    "date_type": ("A date is wanted here: YYYY-MM-DD.", "此处应为日期：YYYY-MM-DD。"),
    "date_parsing": ("A date is wanted here: YYYY-MM-DD.", "此处应为日期：YYYY-MM-DD。"),
    "date_from_datetime_parsing": ("A date is wanted here: YYYY-MM-DD.", "此处应为日期：YYYY-MM-DD。"),
    "date_from_datetime_inexact": ("A date is wanted here: YYYY-MM-DD.", "此处应为日期：YYYY-MM-DD。"),
    "datetime_type": (
        "A time is wanted here: 2026-03-01T08:00:00+08:00.",
        "此处应为时间：2026-03-01T08:00:00+08:00。",
    ),
    "datetime_parsing": (
        "A time is wanted here: 2026-03-01T08:00:00+08:00.",
        "此处应为时间：2026-03-01T08:00:00+08:00。",
    ),
    "datetime_from_date_parsing": (
        "A time is wanted here: 2026-03-01T08:00:00+08:00.",
        "此处应为时间：2026-03-01T08:00:00+08:00。",
    ),
    "timezone_aware": (
        "The time must say its time zone, such as +08:00 or Z.",
        "时间须带时区，如 +08:00 或 Z。",
    ),
}


def refusal(english: str, chinese: str, rule: str = "", field: str = "") -> PydanticCustomError:
    """The pydantic error that carries a sentence in both languages.

    `field`: the field at fault, where a validator looks at a whole object.
    """
    context = {"sentence": english, "zh": chinese, "rule": rule, "field": field}
    return PydanticCustomError(REFUSED, "{sentence}", context)


def refusing(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A pydantic validator from a parser that raises `Malformed`."""

    def validate(text: str) -> T:
        try:
            return parse(text)
        except Malformed as error:
            rule = error.faults[0].rule if error.faults else ""
            raise refusal(error.message, error.zh, rule) from error

    return validate


def fault_of(item: Mapping[str, Any]) -> Fault:
    """One of pydantic's error dictionaries as a fault.

    The field is a JSON pointer for what stands in a body, else the parameter's name.
    """
    place = [str(part) for part in item["loc"]]
    in_body = place[:1] == ["body"]
    kind = item["type"]
    if kind == "json_invalid":
        place = place[:1]  # the rest is a position in the text
    value = None if kind in ("missing", "json_invalid") else item.get("input")
    named = item["ctx"]["field"] if kind == REFUSED else ""
    if named:
        place.append(named)
        value = value.get(named) if isinstance(value, Mapping) else value
    field = "/" + "/".join(map(_pointer_token, place[1:])) if in_body else ".".join(place[1:])
    english, chinese, rule = _sentences(kind, item)
    return Fault(field or place[0], value, english, chinese, rule)


def _pointer_token(part: str) -> str:
    """RFC 6901, section 3."""
    return part.replace("~", "~0").replace("/", "~1")


def _sentences(kind: str, item: Mapping[str, Any]) -> tuple[str, str, str]:
    context: dict[str, Any] = dict(item.get("ctx") or {})
    if kind == REFUSED:
        return context["sentence"], context["zh"], context["rule"]
    if kind in SENTENCES:
        context["expected_zh"] = str(context.get("expected", "")).replace(" or ", " 或 ").replace(", ", "、")
        english, chinese = SENTENCES[kind]
        return english.format_map(context), chinese.format_map(context), ""
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
    return message, "该字段的值不合要求。", ""

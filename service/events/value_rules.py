"""Rules for single fields of an EPCIS event: what a value must be, and the sentence where it is not.

A rule takes the value, the JSON pointer of what holds it, the field's name there, the list that faults are
added to, and the namespaces that hold. Pointers are put together only for a fault: most values are right.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from service.errors import Fault, Malformed
from service.events.cbv import CLOSED_NAMESPACES, WordList
from service.events.namespaces import KEYWORDS, Namespaces
from service.events.value_forms import (
    HEX_BINARY,
    MAX_NUMBER_DIGITS,
    MAX_NUMBER_EXPONENT,
    MAX_QUANTITY_DIGITS,
    OFFSET,
    UNIT_OF_MEASURE,
    instant,
    is_number,
    is_uri,
    quantity,
)
from service.identifiers.calendar_days import FIRST_YEAR, LAST_YEAR

#: A refused document names at most this many faults.
MAX_FAULTS = 100
#: Objects and arrays inside one another, counted from the document itself.
MAX_DEPTH = 60
#: Characters of a wrong value that a fault repeats.
MAX_SHOWN = 200
#: Characters of a pointer or a sentence of a fault: names in a document can be of any length.
MAX_SENTENCE = 600
#: Integers up to here are exact in every JSON reader.
MAX_EXACT = 2**53

Rule = Callable[[Any, str, str, list[Fault], Namespaces], None]


def pointer(at: str, name: str) -> str:
    """The JSON pointer (RFC 6901) of field `name` of what stands at `at`."""
    return f"{at}/{name.replace('~', '~0').replace('/', '~1')}"


def said(at: str, name: str) -> str:
    """A field as a sentence names it: `action`, or `epcList[0]` for a member of a list."""
    return f"{at.rpartition('/')[2]}[{name}]" if name.isdigit() else name


def shown(value: Any) -> Any:
    """A value as a fault may repeat it: short, and never a structure that could itself be a burden."""
    if isinstance(value, str):
        return value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > MAX_EXACT):
        return shown(str(value))
    return value


def wrong(faults: list[Fault], field: str, value: Any, message: str, zh: str, rule: str = "") -> None:
    """Adds a fault, up to the limit."""
    if len(faults) < MAX_FAULTS:
        faults.append(
            Fault(field[:MAX_SENTENCE], shown(value), message[:MAX_SENTENCE], zh[:MAX_SENTENCE], rule)
        )


def refused(faults: list[Fault]) -> Malformed:
    """The refusal with these faults, the first of them in its sentence."""
    first = faults[0]
    more = len(faults) - 1
    return Malformed(
        (f"{first.field}: " if first.field else "") + first.message + (f" ({more} more)" if more else ""),
        (f"{first.field}：" if first.field else "")
        + first.message_zh
        + (f"（另有 {more} 处）" if more else ""),
        faults[:MAX_FAULTS],
    )


def uri(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """An absolute URI."""
    if type(value) is not str or not is_uri(value):
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a URI, such as urn:epc:id:sgtin:… or https://id.gs1.org/01/….",
            f"{said(at, name)} 必须是 URI，例如 urn:epc:id:sgtin:… 或 https://id.gs1.org/01/…。",
        )


def time(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A date-time with an offset, in the years of `FIRST_YEAR` to `LAST_YEAR`."""
    moment = instant(value) if type(value) is str else None
    if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must lie in the years {FIRST_YEAR} to {LAST_YEAR}.",
            f"{said(at, name)} 必须在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间。",
        )
    elif moment is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a date and time with an offset, such as 2026-03-01T08:30:00+08:00.",
            f"{said(at, name)} 必须是带时区偏移的日期时间，例如 2026-03-01T08:30:00+08:00。",
        )


def offset(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A time zone offset."""
    if type(value) is not str or OFFSET.fullmatch(value) is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be an offset from -14:00 to +14:00, such as +08:00.",
            f"{said(at, name)} 必须是 -14:00 至 +14:00 之间的时区偏移，例如 +08:00。",
        )


def text(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A string."""
    if type(value) is not str:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a string.",
            f"{said(at, name)} 必须是字符串。",
        )


def boolean(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """true or false."""
    if type(value) is not bool:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be true or false.",
            f"{said(at, name)} 必须是 true 或 false。",
        )


def hex_binary(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """Hexadecimal digits."""
    if type(value) is not str or HEX_BINARY.fullmatch(value) is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be hexadecimal digits, such as F0F0F0.",
            f"{said(at, name)} 必须是十六进制数字，例如 F0F0F0。",
        )


def number(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A number of a size that can be kept exactly."""
    if not is_number(value):
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a number of at most {MAX_NUMBER_DIGITS} digits,"
            f" between 1E-{MAX_NUMBER_EXPONENT} and 1E+{MAX_NUMBER_EXPONENT}.",
            f"{said(at, name)} 必须是数字，最多 {MAX_NUMBER_DIGITS} 位，"
            f"介于 1E-{MAX_NUMBER_EXPONENT} 与 1E+{MAX_NUMBER_EXPONENT} 之间。",
        )


def amount(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A quantity of objects."""
    if quantity(value) is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a number from 0 of at most {MAX_QUANTITY_DIGITS} digits, as 12.5.",
            f"{said(at, name)} 必须是不为负、最多 {MAX_QUANTITY_DIGITS} 位的数字，例如 12.5。",
        )


def unit_of_measure(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
    """A unit code of UN/ECE Recommendation 20."""
    if type(value) is not str or UNIT_OF_MEASURE.fullmatch(value) is None:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a unit code of UN/ECE Recommendation 20, such as KGM or EA.",
            f"{said(at, name)} 必须是 UN/ECE 第 20 号建议书的 2 至 3 位计量单位代码，例如 KGM 或 EA。",
        )


def one_of(*values: str) -> Rule:
    """One of a few fixed strings."""
    choice = ", ".join(values)

    def rule(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
        if value not in values:
            wrong(
                faults,
                pointer(at, name),
                value,
                f"{said(at, name)} must be one of {choice}.",
                f"{said(at, name)} 必须是 {choice} 之一。",
            )

    return rule


def cbv_word(words: WordList) -> Rule:
    """A word of one CBV list in any spelling, or a private term written as a URI."""

    def rule(value: Any, at: str, name: str, faults: list[Fault], _: Namespaces) -> None:
        if type(value) is str:
            if value in words.spellings or (is_uri(value) and not value.startswith(CLOSED_NAMESPACES)):
                return
            near = get_close_matches(value.rpartition(":")[2].lower()[:40], words.words, n=1)
        else:
            near = []
        example = near[0] if near else min(words.words)
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{said(at, name)} must be a CBV {words.name}, such as {example}, or a URI of your own.",
            f"{said(at, name)} 必须是 CBV {words.name_zh}，例如 {example}，或以 URI 书写的自定义术语。",
            "CBV",
        )

    return rule


def list_of(rule: Rule, least: int = 0, unique: bool = False) -> Rule:
    """An array whose members keep `rule`."""

    def checked(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
        if type(value) is not list:
            wrong(
                faults,
                pointer(at, name),
                value,
                f"{said(at, name)} must be an array.",
                f"{said(at, name)} 必须是数组。",
            )
            return
        if len(value) < least:
            wrong(
                faults,
                pointer(at, name),
                value,
                f"{said(at, name)} must not be empty.",
                f"{said(at, name)} 不能为空。",
            )
        before = len(faults)
        here = f"{at}/{name}"
        for index, member in enumerate(value):
            rule(member, here, str(index), faults, names)
            if len(faults) >= MAX_FAULTS:
                return
        if unique and len(faults) == before and len(set(value)) != len(value):
            twice = shown(Counter(value).most_common(1)[0][0])
            wrong(
                faults,
                here,
                twice,
                f"{said(at, name)} must not name anything twice; {twice} is there more than once.",
                f"{said(at, name)} 不能重复列出同一项；{twice} 出现了多次。",
            )

    return checked


def record_of(
    fields: dict[str, Rule],
    required: Sequence[str] = (),
    extensible: bool = True,
    others: Rule | None = None,
) -> Rule:
    """An object with known fields. Of others `others` says what they may be; else they are extensions where
    `extensible`, and faults where not.
    """

    def checked(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
        here = pointer(at, name)
        if type(value) is not dict:
            wrong(
                faults, here, value, f"{said(at, name)} must be an object.", f"{said(at, name)} 必须是对象。"
            )
            return
        for key, member in value.items():
            rule = fields.get(key)
            if rule is not None:
                rule(member, here, key, faults, names)
            elif others is not None:
                others(member, here, key, faults, names)
            elif extensible:
                extension(member, here, key, faults, names)
            else:
                unknown_field(member, here, key, faults, sorted(fields))
        for key in required:
            if key not in value:
                missing(faults, here, key)

    return checked


def missing(faults: list[Fault], at: str, name: str, because: str = "", zh: str = "") -> None:
    """The fault of a field that is not there."""
    wrong(faults, pointer(at, name), None, f"{name} is required{because}.", f"缺少必填字段 {name}{zh}。")


def unknown_field(value: Any, at: str, name: str, faults: list[Fault], known: Sequence[str]) -> None:
    """The fault of a field that must not be there."""
    wrong(
        faults,
        pointer(at, name),
        value,
        f"{shown(name)} is no field here; there may be {', '.join(known)}.",
        f"此处没有字段 {shown(name)}；可用字段为 {'、'.join(known)}。",
    )


def extension(value: Any, at: str, name: str, faults: list[Fault], names: Namespaces) -> None:
    """A field that the standard does not define: its name needs a defined prefix, its value is free."""
    if not names.defines(name):
        undefined(value, at, name, faults)
    if type(value) is not str:
        free(value, pointer(at, name), faults, names, at.count("/") + 2)


def undefined(value: Any, at: str, name: str, faults: list[Fault]) -> None:
    """The fault of an extension's name that means nothing here."""
    prefix, colon, _ = name.partition(":")
    if colon:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"the prefix {shown(prefix)} of {shown(name)} is not defined in any @context; define it there.",
            f"字段 {shown(name)} 的前缀 {shown(prefix)} 未在 @context 中定义，请先定义。",
            "EPCIS-EXTENSION",
        )
    else:
        wrong(
            faults,
            pointer(at, name),
            value,
            f"{shown(name)} is no field of EPCIS here; an extension needs a prefix, such as example:size.",
            f"{shown(name)} 不是此处的 EPCIS 字段；扩展字段需要前缀，例如 example:size。",
            "EPCIS-EXTENSION",
        )


def free(value: Any, at: str, faults: list[Fault], names: Namespaces, depth: int) -> None:
    """What may stand in an extension: any JSON of limited depth, defined prefixes, sane numbers."""
    if depth > MAX_DEPTH:
        wrong(
            faults,
            at,
            value,
            f"objects and arrays may stand at most {MAX_DEPTH} levels deep in one another.",
            f"对象与数组的嵌套最多 {MAX_DEPTH} 层。",
        )
    elif type(value) is dict:
        here = names.under(value.get("@context")) if "@context" in value else names
        for key, member in value.items():
            if (":" in key and not here.defines(key)) or (key[:1] == "@" and key not in KEYWORDS):
                undefined(member, at, key, faults)
            if type(member) is not str:
                free(member, pointer(at, key), faults, here, depth + 1)
    elif type(value) is list:
        for index, member in enumerate(value):
            if type(member) is not str:
                free(member, f"{at}/{index}", faults, names, depth + 1)
    elif type(value) is not bool and value is not None and type(value) is not str and not is_number(value):
        at, _, name = at.rpartition("/")
        number(value, at, name, faults, names)

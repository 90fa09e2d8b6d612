"""GS1 element strings: as people write them, `(01)06901234567892(10)L1`, and as scanners give them.

Source: GS1 General Specifications 7.8 (concatenation, FNC1) and 4.14 (text beside the bar code).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from service.errors import Fault, Malformed
from service.identifiers.ai_table import AI_TABLE, ai_at
from service.identifiers.ai_values import Element, association_faults, value_faults

GROUP_SEPARATOR: Final = "\x1d"  # how a scanner gives FNC1
MESSAGE_MAX: Final = 8_192  # characters
ELEMENTS_MAX: Final = 64

# AIM symbology identifiers of symbols that carry element strings (ISO/IEC 15424).
SYMBOLOGY: Final = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
# How FNC1 is written where the control character cannot be.
WRITTEN_FNC1: Final = re.compile(r"<GS>|\{GS\}|<FNC1>|\{FNC1\}|\[FNC1\]|\\x1d|\\F|[␝^\u00e8]", re.IGNORECASE)
_BRACKET: Final = re.compile(r"\(([0-9]{2,4})\)")


def _refuse(text: str, message: str, zh: str, rule: str) -> Malformed:
    return Malformed.field("code", text[:MESSAGE_MAX], message, zh, rule)


def _checked(elements: list[Element], associations: bool) -> list[Element]:
    faults: list[Fault] = []
    for element in elements:
        faults += value_faults(element.ai, element.value)
    if associations and not faults:
        faults += association_faults(elements)
    if faults:
        raise Malformed(faults[0].message, faults[0].message_zh, faults)
    return elements


def _require_size(text: str) -> None:
    if not text or len(text) > MESSAGE_MAX:
        raise _refuse(
            text,
            f"An element string has 1 to {MESSAGE_MAX} characters.",
            f"单元数据串应为 1 至 {MESSAGE_MAX} 个字符。",
            "gs1:message-length",
        )


def _require_few(text: str, elements: Sequence[Element]) -> None:
    if len(elements) > ELEMENTS_MAX:
        raise _refuse(
            text,
            f"A code holds at most {ELEMENTS_MAX} elements.",
            f"一个编码至多含 {ELEMENTS_MAX} 个单元数据。",
            "gs1:too-many-elements",
        )


def split_bracketed(text: str) -> list[Element]:
    r"""Take `(01)…(10)…` apart without checking the values. A bracket inside a value is written `\(`."""
    _require_size(text)
    elements: list[Element] = []
    at = 0
    while at < len(text):
        match = _BRACKET.match(text, at)
        if match is None or match[1] not in AI_TABLE:
            shown = text[at : at + 6]
            raise _refuse(
                text,
                f"At {shown!r} an application identifier in brackets is expected, such as (01) or (10).",
                f"在 {shown!r} 处应有带括号的应用标识符，例如 (01) 或 (10)。",
                "gs1:ai",
            )
        value, at = _bracketed_value(text, match.end())
        elements.append(Element(match[1], value))
        _require_few(text, elements)
    return elements


def _bracketed_value(text: str, at: int) -> tuple[str, int]:
    parts = []
    while True:
        end = text.find("(", at)
        if end > 0 and text[end - 1] == "\\":
            parts += [text[at : end - 1], "("]
            at = end + 1
            continue
        end = len(text) if end < 0 else end
        return "".join([*parts, text[at:end]]), end


def split_message(text: str) -> list[Element]:
    """Take scanner data apart without checking the values: identifiers without brackets, FNC1 as separator.

    A symbology identifier (`]C1`) and a leading FNC1 may stand in front. Raises `Malformed`.
    """
    _require_size(text)
    rest = WRITTEN_FNC1.sub(GROUP_SEPARATOR, SYMBOLOGY.sub("", text, count=1) if text[0] == "]" else text)
    rest = rest.removeprefix(GROUP_SEPARATOR)
    elements: list[Element] = []
    at = 0
    while at < len(rest):
        entry = ai_at(rest, at)
        if entry is None:
            raise _refuse(
                text,
                f"No GS1 application identifier begins with {rest[at : at + 4]!r}.",
                f"没有以 {rest[at : at + 4]!r} 开头的 GS1 应用标识符。",
                "gs1:ai",
            )
        at += len(entry.ai)
        end = rest.find(GROUP_SEPARATOR, at)
        end = len(rest) if end < 0 else end
        if not entry.separated:
            end = min(end, at + entry.longest)
        elements.append(Element(entry.ai, rest[at:end]))
        _require_few(text, elements)
        # A separator may also stand, needlessly, after a value of fixed length.
        at = end + 1 if rest[end : end + 1] == GROUP_SEPARATOR else end
    if not elements:
        raise _refuse(text, "The code holds no data.", "编码中没有数据。", "gs1:message-length")
    return elements


def parse_bracketed(text: str, associations: bool = True) -> list[Element]:
    """Read `(01)…(10)…`. `associations`: also check which identifiers need or exclude others.

    Raises `Malformed` with one fault for each value at fault.
    """
    return _checked(split_bracketed(text), associations)


def parse_message(text: str, associations: bool = True) -> list[Element]:
    """Read scanner data (FNC1 as \\x1d, `^` or written out). Raises `Malformed`, one fault for each value."""
    return _checked(split_message(text), associations)


def build_bracketed(elements: Iterable[Element]) -> str:
    """`(01)…(10)…`, brackets inside values written `\\(`; `parse_bracketed` reads it back."""
    return "".join(f"({one.ai}){one.value.replace('(', chr(92) + '(')}" for one in elements)


def build_message(
    elements: Iterable[Element], separator: str = GROUP_SEPARATOR, leading: bool = False
) -> str:
    """Data for a symbol: separators only where needed; `leading`: FNC1 in front, as `^01…`."""
    parts = [separator] if leading else []
    separated = False
    for element in elements:
        if separated:
            parts.append(separator)
        parts += [element.ai, element.value]
        separated = AI_TABLE[element.ai].separated if element.ai in AI_TABLE else True
    return "".join(parts)


def human_readable(elements: Iterable[Element]) -> list[str]:
    """The lines to print beside a bar code: `(10) L1`."""
    return [f"({element.ai}) {element.value}" for element in elements]

"""Whether values fit their application identifiers, and identifiers each other.

Source: GS1 General Specifications, 3 (formats), 4.13 and 4.14 (identifiers that need or exclude others).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from service.errors import Fault
from service.identifiers.ai_table import AI_TABLE, ApplicationIdentifier, Component
from service.identifiers.content_checks import CHECKS
from service.identifiers.gs1 import CSET39_PATTERN, CSET82_PATTERN

_NOT_IN_CHARSET: Final = {
    "N": re.compile("[^0-9]"),
    "X": re.compile(CSET82_PATTERN.replace("[", "[^", 1)),
    "Y": re.compile(CSET39_PATTERN.replace("[", "[^", 1)),
    "Z": re.compile("[^A-Za-z0-9_=-]"),
}
_CHARSETS: Final = {
    "N": ("digits", "数字"),
    "X": ("GS1 character set 82", "GS1 82 字符集"),
    "Y": ("0-9, A-Z, #, - and /", "0-9、A-Z、#、-、/"),
    "Z": ("base64url", "base64url 字符"),
}
_PADDED: Final = re.compile(r"[A-Za-z0-9_-]+(={0,2})")
# With a digital signature these keys must carry a serial part (GS1 General Specifications 4.14).
_SERIALISED_WHEN_SIGNED: Final = {"253": 13, "255": 13, "8003": 14}


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier with its value, as characters (never percent-encoded)."""

    ai: str
    value: str


def value_faults(ai: str, value: str, field: str = "") -> list[Fault]:
    """What is wrong with one value; empty when nothing is. An unknown identifier is a fault."""
    name = field or f"({ai})"
    entry = AI_TABLE.get(ai)
    if entry is None:
        return [
            Fault(
                name,
                value,
                f"({ai}) is no GS1 application identifier.",
                f"({ai}) 不是 GS1 应用标识符。",
                "gs1:ai",
            )
        ]
    if not entry.shortest <= len(value) <= entry.longest:
        return [_length_fault(name, entry, value)]
    at = 0
    for component in entry.components:
        text = value[at : at + component.longest]
        if component.optional and not text:
            continue
        if len(text) < component.shortest:
            return [_length_fault(name, entry, value)]
        fault = _component_fault(name, entry, component, text)
        if fault is not None:
            return [fault]
        at += len(text)
    return []


def _length_fault(name: str, entry: ApplicationIdentifier, value: str) -> Fault:
    wanted = (
        str(entry.shortest) if entry.shortest == entry.longest else f"{entry.shortest} to {entry.longest}"
    )
    wanted_zh = wanted.replace(" to ", " 至 ")
    return Fault(
        name,
        value,
        f"({entry.ai}) {entry.title} has {wanted} characters in its parts; {value!r} has {len(value)}.",
        f"({entry.ai}) {entry.title_zh}应为 {wanted_zh} 个字符；{value!r} 为 {len(value)} 个。",
        "gs1:length",
    )


def _component_fault(name: str, entry: ApplicationIdentifier, part: Component, text: str) -> Fault | None:
    stranger = _NOT_IN_CHARSET[part.charset].search(text)
    if stranger is not None:
        english, chinese = _CHARSETS[part.charset]
        return Fault(
            name,
            text,
            f"({entry.ai}) {entry.title} holds {english}; {stranger[0]!r} is not among them.",
            f"({entry.ai}) {entry.title_zh}只能含{chinese}；{stranger[0]!r} 不在其中。",
            "gs1:characters",
        )
    if part.charset == "Z" and not _is_well_padded(text):
        return Fault(
            name,
            text,
            f"({entry.ai}) {entry.title}: = at the end (at most two) makes the length a multiple of three.",
            f"({entry.ai}) {entry.title_zh}：末尾的 = 至多两个，并使长度为 3 的倍数。",
            "gs1:base64-padding",
        )
    for check in part.checks:
        wrong = CHECKS[check](text)
        if wrong is not None:
            return Fault(
                name,
                text,
                f"({entry.ai}) {entry.title}: {wrong.message}.",
                f"({entry.ai}) {entry.title_zh}：{wrong.message_zh}。",
                f"gs1:{check}",
            )
    return None


def _is_well_padded(text: str) -> bool:
    """GS1's reference fills up to a multiple of three characters, unlike RFC 4648, and so do its vectors."""
    match = _PADDED.fullmatch(text)
    return match is not None and (not match[1] or len(text) % 3 == 0)


def _matches(pattern: str, ai: str) -> bool:
    """Whether an identifier fits a pattern such as `310n` or `31nn`."""
    return len(pattern) == len(ai) and ai.startswith(pattern.rstrip("n"))


def association_faults(elements: Sequence[Element], in_link: bool = False) -> list[Fault]:
    """Identifiers that miss one they need, or stand beside one they exclude, or repeat with another value.

    `in_link`: the elements are those of a Digital Link, whose grammar lets (22) follow (8006).
    """
    present = {element.ai for element in elements}
    faults = [*_repeat_faults(elements)]
    for element in {one.ai: one for one in elements if one.ai in AI_TABLE}.values():
        entry = AI_TABLE[element.ai]
        for pattern in entry.excludes:
            other = next((ai for ai in sorted(present) if ai != entry.ai and _matches(pattern, ai)), None)
            if other is not None:
                faults.append(
                    Fault(
                        f"({entry.ai})",
                        element.value,
                        f"({entry.ai}) {entry.title} and ({other}) must not stand together.",
                        f"({entry.ai}) {entry.title_zh}不能与 ({other}) 同时出现。",
                        "gs1:excluded-pair",
                    )
                )
        if in_link and entry.ai == "22" and "8006" in present:
            continue
        for need in entry.needs:
            if not any(all(_is_present(pattern, present, entry.ai) for pattern in group) for group in need):
                wanted = ", ".join("+".join(group) for group in need)
                faults.append(
                    Fault(
                        f"({entry.ai})",
                        element.value,
                        f"({entry.ai}) {entry.title} needs one of these beside it: {wanted}.",
                        f"({entry.ai}) {entry.title_zh}须与以下之一同时出现：{wanted}。",
                        "gs1:required-pair",
                    )
                )
    return [*faults, *_signature_faults(elements)]


def _is_present(pattern: str, present: Iterable[str], but: str) -> bool:
    return any(ai != but and _matches(pattern, ai) for ai in present)


def _repeat_faults(elements: Sequence[Element]) -> Iterable[Fault]:
    first: dict[str, str] = {}
    for element in elements:
        if first.setdefault(element.ai, element.value) != element.value:
            yield Fault(
                f"({element.ai})",
                element.value,
                f"({element.ai}) is given twice with different values.",
                f"({element.ai}) 出现两次且取值不同。",
                "gs1:repeated",
            )


def _signature_faults(elements: Sequence[Element]) -> Iterable[Fault]:
    if not any(element.ai == "8030" for element in elements):
        return
    for element in elements:
        if len(element.value) == _SERIALISED_WHEN_SIGNED.get(element.ai):
            yield Fault(
                f"({element.ai})",
                element.value,
                f"({element.ai}) needs its serial part beside a digital signature (8030).",
                f"与数字签名 (8030) 同时出现时，({element.ai}) 须含序列部分。",
                "gs1:signature-serial",
            )

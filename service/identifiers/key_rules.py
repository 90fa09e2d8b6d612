"""The GS1 keys that can start a Digital Link: what their values look like and which qualifiers may follow.

A small table of its own beside `ai_table.py`, because every event's every identifier passes through it.
Source: GS1 Digital Link URI Syntax 1.7, section 4; GS1 General Specifications, section 3.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final

from service.errors import Malformed
from service.identifiers.content_checks import CHECKS
from service.identifiers.gs1 import CSET39_PATTERN, CSET82_PATTERN, check_digit, has_right_check_digit


@dataclass(frozen=True, slots=True)
class ValueRule:
    """The shape of one value.

    `checked`: how many leading digits end in a check digit (0: none). `more`: name of a further check in
    `content_checks.CHECKS`, of the text from `more_from` on.
    """

    name: str
    pattern: re.Pattern[str]
    shape: str
    shape_zh: str
    checked: int = 0
    more: str = ""
    more_from: int = 0


@dataclass(frozen=True, slots=True)
class KeyRule:
    """One primary key. `sequences`: the ordered qualifiers, each optional, of each alternative."""

    ai: str
    value: ValueRule
    sequences: tuple[tuple[str, ...], ...] = ((),)
    qualifiers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "qualifiers", frozenset(ai for some in self.sequences for ai in some))

    def allows(self, qualifiers: tuple[str, ...]) -> bool:
        """Whether these qualifier AIs may follow the key in this order."""
        for sequence in self.sequences:
            rest = iter(sequence)
            if all(ai in rest for ai in qualifiers):
                return True
        return False

    def sequence_of(self, given: Container[str]) -> tuple[str, ...]:
        """The alternative whose last qualifier, the one of a single thing, is given; else that which takes
        most. Beside a third-party serial (235) a lot is no qualifier, but an attribute.
        """
        return max(
            self.sequences,
            key=lambda some: (bool(some) and some[-1] in given, sum(ai in given for ai in some)),
        )


def _digits(name: str, length: int, pattern: str = "", checked: bool = True) -> ValueRule:
    return ValueRule(
        name,
        re.compile(pattern or rf"[0-9]{{{length}}}"),
        f"{length} digits",
        f"{length} 位数字",
        length if checked else 0,
    )


def _text(name: str, longest: int, before: int = 0, character: str = CSET82_PATTERN) -> ValueRule:
    """`before`: digits with check digit in front, after which the text may be missing."""
    if before:
        return ValueRule(
            name,
            re.compile(rf"[0-9]{{{before}}}{character}{{0,{longest}}}"),
            f"{before} digits and up to {longest} more characters",
            f"{before} 位数字加至多 {longest} 个字符",
            before,
        )
    return ValueRule(
        name,
        re.compile(rf"{character}{{1,{longest}}}"),
        f"1 to {longest} characters of the GS1 character set",
        f"1 至 {longest} 个 GS1 字符集内的字符",
    )


_COMPANY_TEXT: Final = r"[0-9]{4}" + CSET82_PATTERN

KEY_RULES: Final = {
    rule.ai: rule
    for rule in (
        KeyRule("00", _digits("SSCC", 18)),
        KeyRule("01", _digits("GTIN", 14), (("22", "10", "21"), ("235",))),
        KeyRule("253", _text("GDTI", 17, before=13)),
        KeyRule("255", _text("GCN", 12, before=13, character="[0-9]")),
        KeyRule(
            "401",
            ValueRule(
                "GINC",
                re.compile(_COMPANY_TEXT + "{0,26}"),
                "4 to 30 characters that begin with a company prefix",
                "4 至 30 个字符，以厂商识别代码开头",
            ),
        ),
        KeyRule("402", _digits("GSIN", 17)),
        KeyRule("414", _digits("GLN", 13), (("254",), ("7040",))),
        KeyRule("415", _digits("GLN", 13), (("8020",),)),
        KeyRule("417", _digits("GLN", 13), (("7040",),)),
        KeyRule(
            "8003",
            ValueRule(
                "GRAI",
                re.compile(rf"0[0-9]{{13}}{CSET82_PATTERN}{{0,16}}"),
                "0, 13 digits and up to 16 more characters",
                "0、13 位数字加至多 16 个字符",
                14,
            ),
        ),
        KeyRule(
            "8004",
            ValueRule(
                "GIAI",
                re.compile(_COMPANY_TEXT + "{0,26}"),
                "4 to 30 characters that begin with a company prefix",
                "4 至 30 个字符，以厂商识别代码开头",
            ),
            (("7040",),),
        ),
        KeyRule(
            "8006",
            ValueRule("ITIP", re.compile(r"[0-9]{18}"), "18 digits", "18 位数字", 14, "piece-of-total", 14),
            (("22", "10", "21"),),
        ),
        KeyRule(
            "8010",
            ValueRule(
                "CPID",
                re.compile(rf"[0-9]{{4}}{CSET39_PATTERN}{{0,26}}"),
                "4 to 30 characters of 0-9, A-Z, #, -, / that begin with a company prefix",
                "4 至 30 个字符（0-9、A-Z、#、-、/），以厂商识别代码开头",
            ),
            (("8011",),),
        ),
        KeyRule(
            "8013",
            ValueRule(
                "GMN",
                re.compile(_COMPANY_TEXT + "{0,21}"),
                "up to 25 characters that begin with a company prefix",
                "至多 25 个字符，以厂商识别代码开头",
                more="check-pair",
            ),
        ),
        KeyRule("8017", _digits("GSRN", 18), (("8019",),)),
        KeyRule("8018", _digits("GSRN", 18), (("8019",),)),
    )
}

QUALIFIER_RULES: Final = {
    "22": _text("consumer product variant", 20),
    "10": _text("lot number", 20),
    "21": _text("serial number", 20),
    "235": _text("third-party serial", 28),
    "254": _text("GLN extension", 20),
    "7040": ValueRule(
        "UIC with extension",
        re.compile(r"[0-9][!-~]{3}"),
        "a digit and three characters",
        "一位数字加三个字符",
    ),
    "8011": ValueRule(
        "component serial",
        re.compile(r"0|[1-9][0-9]{0,11}"),
        "1 to 12 digits without a zero in front",
        "1 至 12 位数字，首位不为零",
    ),
    "8019": ValueRule(
        "service relation instance", re.compile(r"[0-9]{1,10}"), "1 to 10 digits", "1 至 10 位数字"
    ),
    "8020": _text("payment slip reference", 25),
}


def check_value(ai: str, rule: ValueRule, value: str) -> None:
    """Raise `Malformed` unless the decoded value has the shape and the check digit of its AI."""
    if rule.pattern.fullmatch(value) is None:
        raise Malformed.field(
            "identifier",
            value,
            f"AI {ai} is a {rule.name}: {rule.shape}; {value!r} is none.",
            f"应用标识符 {ai}（{rule.name}）应为{rule.shape_zh}；{value!r} 不符合。",
            "gs1:value-format",
        )
    if rule.checked and not has_right_check_digit(value[: rule.checked]):
        right = check_digit(value[: rule.checked - 1])
        wrong = value[rule.checked - 1]
        raise Malformed.field(
            "identifier",
            value,
            f"{value} is no {rule.name} (AI {ai}): digit {rule.checked} is a check digit and it is {wrong}; "
            f"the check digit should be {right}.",
            f"{value} 不是有效的 {rule.name}（应用标识符 {ai}）：第 {rule.checked} 位是校验码，"
            f"现为 {wrong}；校验码应为 {right}。",
            "gs1:check-digit",
        )
    if rule.more:
        problem = CHECKS[rule.more](value[rule.more_from :])
        if problem is not None:
            raise Malformed.field(
                "identifier",
                value,
                f"{value} is no {rule.name} (AI {ai}): {problem.message}.",
                f"{value} 不是有效的 {rule.name}（应用标识符 {ai}）：{problem.message_zh}。",
                f"gs1:{rule.more}",
            )

"""GS1 numbers that carry a check digit, and the two character sets of GS1 texts.

Source: GS1 General Specifications, 7.9 (check digit) and 7.11 (character sets 82 and 39).
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from service.errors import Malformed

LOT_MAX: Final = 20  # characters, AI 10
SERIAL_MAX: Final = 20  # characters, AI 21
GTIN_LENGTHS: Final = (8, 12, 13, 14)  # digits

CSET82_PATTERN: Final = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
CSET39_PATTERN: Final = r"[#\-/0-9A-Z]"
_NOT_CSET82 = re.compile(CSET82_PATTERN.replace("[", "[^", 1))


def is_digits(text: str) -> bool:
    """Whether the text is one or more of 0-9 and nothing else."""
    return text.isascii() and text.isdigit()


def check_digit(digits: str) -> int:
    """The check digit that belongs after these digits (GS1 General Specifications 7.9.1).

    Weights alternate 3, 1, 3 … from the right. `digits`: 0-9 only.
    """
    octets = digits.encode("ascii")
    heavy, light = octets[::-2], octets[-2::-2]
    # 48 is the code of "0": taken off once for all characters.
    total = 3 * (sum(heavy) - 48 * len(heavy)) + sum(light) - 48 * len(light)
    return -total % 10


def has_right_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it. `digits`: 0-9 only."""
    octets = digits.encode("ascii")
    light, heavy = octets[::-2], octets[-2::-2]
    return not (3 * (sum(heavy) - 48 * len(heavy)) + sum(light) - 48 * len(light)) % 10


def _refuse_check_digit(field: str, name: str, digits: str) -> Malformed:
    right = check_digit(digits[:-1])
    return Malformed.field(
        field,
        digits,
        f"{digits} is no {name}: the last digit is a check digit and it is {digits[-1]}; "
        f"the check digit should be {right}.",
        f"{digits} 不是有效的 {name}：末位是校验码，现为 {digits[-1]}；校验码应为 {right}。",
        "gs1:check-digit",
    )


def _parse_number(text: str, field: str, name: str, name_zh: str, lengths: tuple[int, ...]) -> str:
    digits = text.strip()
    if not is_digits(digits):
        raise Malformed.field(
            field,
            text,
            f"A {name} has digits only, {_alternatives(lengths, 'or')} of them.",
            f"{name_zh}只含数字，共 {_alternatives(lengths, '或')} 位。",
            "gs1:digits-only",
        )
    if len(digits) not in lengths:
        raise Malformed.field(
            field,
            text,
            f"A {name} has {_alternatives(lengths, 'or')} digits; this one has {len(digits)}.",
            f"{name_zh}应为 {_alternatives(lengths, '或')} 位数字；现为 {len(digits)} 位。",
            "gs1:length",
        )
    if not has_right_check_digit(digits):
        raise _refuse_check_digit(field, name, digits)
    return digits


def _alternatives(lengths: tuple[int, ...], word: str) -> str:
    if len(lengths) == 1:
        return str(lengths[0])
    return f"{', '.join(map(str, lengths[:-1]))} {word} {lengths[-1]}"


@dataclass(frozen=True, slots=True)
class Gtin:
    """A Global Trade Item Number. `value`: always 14 digits, zeros in front."""

    value: str

    @classmethod
    def parse(cls, text: str, field: str = "gtin") -> Self:
        """Read a GTIN-8, -12, -13 or -14. Raises `Malformed` that says what would be right."""
        return cls(_parse_number(text, field, "GTIN", "商品条码（GTIN）", GTIN_LENGTHS).zfill(14))

    def __str__(self) -> str:
        return self.value

    @property
    def shortest(self) -> str:
        """As it is printed under the bar code: 8, 12, 13 or 14 digits."""
        significant = len(self.value.lstrip("0"))
        return self.value[-next(length for length in GTIN_LENGTHS if length >= significant) :]


@dataclass(frozen=True, slots=True)
class Gln:
    """A Global Location Number: a place or a party. `value`: 13 digits."""

    value: str

    @classmethod
    def parse(cls, text: str, field: str = "gln") -> Self:
        """Read a GLN. Raises `Malformed` that says what would be right."""
        return cls(_parse_number(text, field, "GLN", "全球位置码（GLN）", (13,)))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Sscc:
    """A Serial Shipping Container Code: one logistic unit. `value`: 18 digits."""

    value: str

    @classmethod
    def parse(cls, text: str, field: str = "sscc") -> Self:
        """Read an SSCC. Raises `Malformed` that says what would be right."""
        return cls(_parse_number(text, field, "SSCC", "系列货运包装箱代码（SSCC）", (18,)))

    def __str__(self) -> str:
        return self.value


def parse_lot(text: str, field: str = "lot") -> str:
    """A lot or batch number: 1 to 20 characters of GS1 character set 82 (AI 10). Raises `Malformed`."""
    return _parse_text(text, field, "lot number", "批号", LOT_MAX)


def parse_serial(text: str, field: str = "serial") -> str:
    """A serial number: 1 to 20 characters of GS1 character set 82 (AI 21). Raises `Malformed`."""
    return _parse_text(text, field, "serial number", "序列号", SERIAL_MAX)


def _parse_text(text: str, field: str, name: str, name_zh: str, longest: int) -> str:
    wanted = text.strip()
    if not 1 <= len(wanted) <= longest:
        raise Malformed.field(
            field,
            text,
            f"A {name} has 1 to {longest} characters; this one has {len(wanted)}.",
            f"{name_zh}应为 1 至 {longest} 个字符；现为 {len(wanted)} 个。",
            "gs1:length",
        )
    stranger = _NOT_CSET82.search(wanted)
    if stranger is not None:
        raise Malformed.field(
            field,
            text,
            f"A {name} may hold A-Z, a-z, 0-9 and ! \" % & ' ( ) * + , - . / : ; < = > ? _ ; "
            f"{stranger[0]!r} is none of them.",
            f"{name_zh}只能含 A-Z、a-z、0-9 和 ! \" % & ' ( ) * + , - . / : ; < = > ? _ ；"
            f"{stranger[0]!r} 不在其中。",
            "gs1:cset82",
        )
    return wanted

"""The Chinese unified social credit code (统一社会信用代码), GB 32100-2015.

18 characters: registration authority, kind of body, six digits of administrative division, nine characters
of organisation code, one check character. The alphabet leaves out I, O, S, V and Z. Codes that begin with a
letter are in use (N: bodies registered with the agriculture departments, such as village collectives).
"""

import re
from typing import Final

from service.errors import Malformed

USCC_LENGTH: Final = 18  # characters

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
#: Authority and kind, administrative division, organisation code and check character.
_SHAPE: Final = re.compile(r"[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{10}")
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(USCC_LENGTH - 1))


def uscc_check_character(first_seventeen: str) -> str:
    """The check character of 17 characters of the alphabet (weights 3^(i-1), modulus 31)."""
    total = sum(
        weight * _VALUES[character] for weight, character in zip(_WEIGHTS, first_seventeen, strict=True)
    )
    return _ALPHABET[-total % 31]


def parse_uscc(text: str, field: str = "uscc") -> str:
    """The code in upper case, without blanks. Raises `Malformed` that says what would be right."""
    code = "".join(text.split()).upper()
    if len(code) != USCC_LENGTH:
        raise Malformed.field(
            field,
            text,
            f"A unified social credit code has 18 characters; this one has {len(code)}.",
            f"统一社会信用代码为 18 位；现为 {len(code)} 位。",
            "uscc:length",
        )
    stranger = next((character for character in code if character not in _VALUES), None)
    if stranger is not None:
        raise Malformed.field(
            field,
            text,
            f"A unified social credit code has 0-9 and A-Z without I, O, S, V, Z; {stranger!r} is wrong.",
            f"统一社会信用代码只含 0-9 和除 I、O、S、V、Z 外的大写字母；{stranger!r} 不在其中。",
            "uscc:alphabet",
        )
    right = uscc_check_character(code[:-1])
    if code[-1] != right:
        raise Malformed.field(
            field,
            text,
            f"{code} is no unified social credit code: its last character should be {right}, not {code[-1]}.",
            f"{code} 不是有效的统一社会信用代码：校验码应为 {right}，现为 {code[-1]}。",
            "uscc:check-character",
        )
    return code


def is_uscc(text: str) -> bool:
    """Whether the text is a unified social credit code in upper case with the right check character."""
    return (
        len(text) == USCC_LENGTH
        and all(character in _VALUES for character in text)
        and uscc_check_character(text[:-1]) == text[-1]
    )


def is_meant_as_uscc(text: str) -> bool:
    """Whether a text has the shape of the code, of any case, whatever its check character.

    Digits alone are meant as one only if the check character is right: an SSCC has 18 digits too.
    """
    code = text.upper()
    return _SHAPE.fullmatch(code) is not None and (not code.isdecimal() or is_uscc(code))

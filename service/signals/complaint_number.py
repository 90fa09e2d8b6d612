"""The number that a complaint is answered by: `C-2026-7KQ4-M2XR-9TBD`. Pure.

After the year come eleven drawn characters (55 bits: nobody finds another's number by trying) and one that
checks the rest. The characters are Crockford's 32, without I, L, O and U, so that none is read as another.
The check is a sum over the field of 32 elements with a weight of its own for each place: every single wrong
character and every swap of two characters is found.
"""

import re
import unicodedata
from typing import Final

from service.errors import Malformed

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN_BITS: Final = 55
DRAWN_CHARACTERS: Final = 11
TEXT_MOST: Final = 60  # characters of what somebody typed as a number
#: x^5 + x^2 + 1, by which the field's products are reduced; 2 then generates all its elements but 0.
_POLYNOMIAL: Final = 0b100101
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_COMPACT: Final = re.compile(rf"C?([0-9]{{4}})([{ALPHABET}]{{{DRAWN_CHARACTERS + 1}}})")


def _powers() -> tuple[int, ...]:
    found = [1]
    while len(found) < len(ALPHABET) - 1:
        doubled = found[-1] << 1
        found.append(doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled)
    return tuple(found)


_POWERS: Final = _powers()
_LOGARITHMS: Final = {value: exponent for exponent, value in enumerate(_POWERS)}


def check_character(text: str) -> str:
    """The character that checks `text`, of at most 30 characters of the alphabet."""
    assert len(text) < len(_POWERS)
    total = 0
    for place, letter in enumerate(reversed(text), start=1):
        value = ALPHABET.index(letter)
        if value:
            total ^= _POWERS[(_LOGARITHMS[value] + place) % len(_POWERS)]
    return ALPHABET[total]


def number_of(year: int, drawn: int) -> str:
    """The number for `drawn`, a random integer below 2^55."""
    assert 0 <= drawn < 1 << DRAWN_BITS
    letters = "".join(ALPHABET[(drawn >> 5 * place) & 31] for place in reversed(range(DRAWN_CHARACTERS)))
    body = letters + check_character(f"{year:04d}{letters}")
    return f"C-{year:04d}-" + "-".join(body[start : start + 4] for start in range(0, len(body), 4))


def parse_number(text: str) -> str:
    """The number as it was given out, from what somebody typed: any case, blanks or dashes, O for 0.

    Raises `Malformed` for what cannot have been given out.
    """
    typed = unicodedata.normalize("NFKC", text[:TEXT_MOST]).upper().translate(_MISREAD)
    found = _COMPACT.fullmatch(re.sub(r"[\s\-‐-―−_.]+", "", typed))
    if found is None or len(text) > TEXT_MOST:
        raise Malformed.field(
            "number",
            text,
            "A complaint's number looks like C-2026-7KQ4-M2XR-9TBD.",
            "反映编号形如 C-2026-7KQ4-M2XR-9TBD。",
            "complaint:number",
        )
    year, body = found.groups()
    if check_character(year + body[:-1]) != body[-1]:
        raise Malformed.field(
            "number",
            text,
            "A character of this number is wrong: its last one does not check the others.",
            "编号有误：校验位与其余字符不符，请核对。",
            "complaint:check-character",
        )
    return f"C-{year}-{body[:4]}-{body[4:8]}-{body[8:]}"

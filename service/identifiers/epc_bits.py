"""Bits of EPC memory: a run of bits that is read from the left, and how characters stand in it.

Source: GS1 EPC Tag Data Standard 2.3, 14.3 and 14.4 (7-bit and 6-bit strings), 14.5.4 to 14.5.6 and 14.5.13
(the methods of the schemes with +), tables A-1 and G-1.
"""

import math
import re
from typing import Final

from service.identifiers.gs1 import CSET39_PATTERN, CSET82_PATTERN

SEVEN: Final = 7  # bits of a character of set 82
SIX: Final = 6  # bits of a character of set 39
NIBBLE: Final = 4  # bits of a digit

_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE40: Final = " ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
_UPPER_HEX: Final = "0123456789ABCDEF"
_LOWER_HEX: Final = "0123456789abcdef"
_DIGITS: Final = "0123456789"
_STRANGE_82: Final = re.compile(CSET82_PATTERN.replace("[", "[^", 1))
_STRANGE_39: Final = re.compile(CSET39_PATTERN.replace("[", "[^", 1))
_TERMINATOR, _DELIMITER = 15, 14  # nibbles that end the digits of a value


class Unreadable(ValueError):
    """The bits break off, or hold what cannot stand there: `message` and `zh` say where and why."""

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.message = message
        self.zh = zh


class Bits:
    """A run of bits, taken from the left."""

    def __init__(self, bits: str) -> None:
        self._bits = bits
        self._at = 0

    @property
    def left(self) -> int:
        """Bits not yet taken."""
        return len(self._bits) - self._at

    def take(self, count: int, name: str) -> str:
        """The next bits, as 0 and 1. Raises `Unreadable` when there are fewer."""
        if count > self.left:
            raise Unreadable(
                f"the bits end in the {name}: {count} are needed and {self.left} are left",
                f"数据在 {name} 处中断：需要 {count} 位，仅剩 {self.left} 位",
            )
        self._at += count
        return self._bits[self._at - count : self._at]

    def number(self, count: int, name: str) -> int:
        """The next bits as an unsigned number."""
        return int(self.take(count, name) or "0", 2)

    def rest(self) -> str:
        """What is left."""
        return self.take(self.left, "rest")


def of_number(value: int, count: int, name: str) -> str:
    """A number in so many bits. Raises `Unreadable` when it does not fit."""
    if not 0 <= value < 1 << count:
        raise Unreadable(
            f"the {name} {value} does not fit {count} bits", f"{name} 的值 {value} 超出 {count} 位"
        )
    return f"{value:0{count}b}" if count else ""


def bits_of_digits(digits: int) -> int:
    """How many bits hold every number of so many digits."""
    return math.ceil(digits * math.log2(10))


def read_sevens(bits: str, name: str) -> str:
    """Characters of 7 bits each, up to the first of zeros; only zeros may follow, and one must be there."""
    characters = [chr(int(bits[at : at + SEVEN], 2)) for at in range(0, len(bits) - SEVEN + 1, SEVEN)]
    text = "".join(characters).rstrip("\0")
    padding = bits[len(text) * SEVEN :]
    if not text or "\0" in text or "1" in padding:
        raise Unreadable(
            f"the {name} is empty or has characters after its end", f"{name} 为空，或结束后仍有字符"
        )
    _require_characters(_STRANGE_82, text, name)
    return text


def write_sevens(text: str, count: int, name: str) -> str:
    """Characters of 7 bits each, filled up with zeros to `count` bits."""
    _require_characters(_STRANGE_82, text, name)
    bits = "".join(f"{ord(character):07b}" for character in text)
    if len(bits) > count:
        raise Unreadable(
            f"the {name} has at most {count // SEVEN} characters", f"{name} 至多 {count // SEVEN} 个字符"
        )
    return bits.ljust(count, "0")


def read_sixes(bits: Bits, name: str) -> str:
    """Characters of 6 bits each, up to six zero bits."""
    text = ""
    while (code := bits.number(SIX, name)) != 0:
        text += _of_six(code)
    _require_characters(_STRANGE_39, text, name)
    return text


def _of_six(code: int) -> str:
    return chr(code + 64 if code < 32 else code)


def take_sixes(bits: Bits, count: int, name: str) -> str:
    """So many characters of 6 bits each."""
    return "".join(_of_six(bits.number(SIX, name)) for _ in range(count))


def give_sixes(text: str) -> str:
    """Characters of 6 bits each."""
    return "".join(f"{ord(character) & 63:06b}" for character in text)


def write_sixes(text: str, name: str) -> str:
    """Characters of 6 bits each, and six zero bits at the end."""
    _require_characters(_STRANGE_39, text, name)
    return give_sixes(text) + "0" * SIX


def _require_characters(stranger: re.Pattern[str], text: str, name: str) -> None:
    match = stranger.search(text)
    if match is not None:
        raise Unreadable(f"{match[0]!r} may not stand in the {name}", f"{name} 中不能出现 {match[0]!r}")


def read_nibbles(bits: Bits, count: int, name: str) -> str:
    """So many digits of 4 bits each."""
    digits = [bits.number(NIBBLE, name) for _ in range(count)]
    if any(digit > 9 for digit in digits):
        raise Unreadable(f"the {name} holds more than digits", f"{name} 含非数字")
    return "".join(map(str, digits))


def write_nibbles(digits: str) -> str:
    """Digits of 4 bits each."""
    return "".join(f"{int(digit):04b}" for digit in digits)


def read_counted_digits(bits: Bits, length_bits: int, name: str) -> str:
    """A number with its count of digits in front: leading zeros stay."""
    count = bits.number(length_bits, name)
    return _read_digits(bits, count, name)


def _read_digits(bits: Bits, count: int, name: str) -> str:
    text = str(bits.number(bits_of_digits(count), name)).zfill(count) if count else ""
    if len(text) > count:
        raise Unreadable(f"the {name} has more than {count} digits", f"{name} 超过 {count} 位数字")
    return text


def write_counted_digits(digits: str, length_bits: int, name: str) -> str:
    """A number with its count of digits in front."""
    return of_number(len(digits), length_bits, name) + of_number(
        int(digits or "0"), bits_of_digits(len(digits)), name
    )


def read_text(bits: Bits, length_bits: int, name: str) -> str:
    """A text with the indicator of its coding and its length in front (table E)."""
    indicator = bits.number(3, name)
    count = bits.number(length_bits, name)
    if indicator == 0:
        return _read_digits(bits, count, name)
    if indicator in (1, 2):
        alphabet = _UPPER_HEX if indicator == 1 else _LOWER_HEX
        return "".join(alphabet[bits.number(NIBBLE, name)] for _ in range(count))
    if indicator == 3:
        return "".join(_BASE64[bits.number(SIX, name)] for _ in range(count))
    if indicator == 4:
        return "".join(chr(bits.number(SEVEN, name)) for _ in range(count))
    if indicator == 5:
        return _read_code40(bits, count, name)
    raise Unreadable(f"the {name} is coded in a reserved way ({indicator})", f"{name} 使用保留的编码方式")


def _read_code40(bits: Bits, count: int, name: str) -> str:
    text = ""
    for _ in range(math.ceil(count / 3)):
        triple = bits.number(16, name) - 1
        if not 0 <= triple < 40**3:
            raise Unreadable(
                f"the {name} holds no characters of URN code 40", f"{name} 不是 URN Code 40 字符"
            )
        text += _CODE40[triple // 1600] + _CODE40[triple // 40 % 40] + _CODE40[triple % 40]
    return text[:count]


def write_text(text: str, length_bits: int, name: str) -> str:
    """A text in the shortest of its codings, the indicator of it and its length in front."""
    found = sorted((len(coded), indicator, coded) for indicator, coded in _codings(text))
    if not found:
        raise Unreadable(f"the {name} {text!r} cannot be coded", f"{name} 无法编码")
    _, indicator, coded = found[0]
    return f"{indicator:03b}" + of_number(len(text), length_bits, name) + coded


def _codings(text: str) -> list[tuple[int, str]]:
    found = []
    if text and all(character in _DIGITS for character in text):
        found.append((0, of_number(int(text), bits_of_digits(len(text)), "value")))
    for indicator, alphabet, width in ((1, _UPPER_HEX, NIBBLE), (2, _LOWER_HEX, NIBBLE), (3, _BASE64, SIX)):
        if all(character in alphabet for character in text):
            found.append((indicator, "".join(f"{alphabet.index(character):0{width}b}" for character in text)))
    if text.isascii():
        found.append((4, "".join(f"{ord(character):07b}" for character in text)))
    if all(character in _CODE40[1:] for character in text):
        found.append((5, "".join(_code40(text[at : at + 3].ljust(3)) for at in range(0, len(text), 3))))
    return found


def _code40(three: str) -> str:
    first, second, third = (_CODE40.index(character) for character in three)
    return f"{1600 * first + 40 * second + third + 1:016b}"


def read_delimited(bits: Bits, length_bits: int, name: str) -> str:
    """Digits of 4 bits each; what follows the first other character is a text."""
    digits = ""
    while (nibble := bits.number(NIBBLE, name)) < 10:
        digits += str(nibble)
    if nibble == _TERMINATOR:
        return digits
    if nibble == _DELIMITER:
        return digits + read_text(bits, length_bits, name)
    raise Unreadable(f"the {name} holds more than digits", f"{name} 含非数字")


def write_delimited(text: str, length_bits: int, name: str) -> str:
    """The opposite of `read_delimited`."""
    rest = text.lstrip(_DIGITS)
    digits = write_nibbles(text[: len(text) - len(rest)])
    if not rest:
        return digits + f"{_TERMINATOR:04b}"
    return digits + f"{_DELIMITER:04b}" + write_text(rest, length_bits, name)

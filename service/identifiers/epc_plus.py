"""The EPC schemes with a plus: GS1 elements as bits, for GS1 keys without knowledge of the company prefix.

Source: GS1 EPC Tag Data Standard 2.3, 14.2 (headers), 14.5 (methods), 14.6 (layouts). The schemes with two
pluses have the printed link's host name behind; what follows the key (host name, data) is not read here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from service.identifiers.ai_values import Element
from service.identifiers.epc_bits import (
    Bits,
    Unreadable,
    of_number,
    read_counted_digits,
    read_delimited,
    read_nibbles,
    read_text,
    write_counted_digits,
    write_delimited,
    write_nibbles,
    write_text,
)
from service.identifiers.epc_tag import HEADER

TOGGLE: Final = 1  # bit
FILTER: Final = 3  # bits
TEXT_LENGTH: Final = 5  # bits of the length of a text
COUNT_LENGTH: Final = 4  # bits of the length of a number
#: What kind of date stands in front of a DSGTIN+ (14.5.3).
_DATES: Final = ("11", "13", "15", "16", "17", "7006", "7007")
_DATE_PARTS: Final = ((7, "year"), (4, "month"), (5, "day"))


@dataclass(frozen=True, slots=True)
class _Coding:
    read: Callable[[Bits, str], str]
    write: Callable[[str, str], str]


def _digits_then(digits: int, rest: str) -> _Coding:
    """So many digits of 4 bits, and then perhaps a `text` or a counted `number`."""

    def read(bits: Bits, name: str) -> str:
        head = read_nibbles(bits, digits, name)
        if rest == "text":
            return head + read_text(bits, TEXT_LENGTH, name)
        return head + (read_counted_digits(bits, COUNT_LENGTH, name) if rest == "number" else "")

    def write(value: str, name: str) -> str:
        head, tail = value[:digits], value[digits:]
        if bool(tail) != bool(rest):
            raise Unreadable(f"the {name} needs its serial part", f"{name} 缺少序列部分")
        if rest == "text":
            return write_nibbles(head) + write_text(tail, TEXT_LENGTH, name)
        return write_nibbles(head) + (write_counted_digits(tail, COUNT_LENGTH, name) if rest else "")

    return _Coding(read, write)


_TEXT: Final = _Coding(
    lambda bits, name: read_text(bits, TEXT_LENGTH, name),
    lambda value, name: write_text(value, TEXT_LENGTH, name),
)
_DELIMITED: Final = _Coding(
    lambda bits, name: read_delimited(bits, TEXT_LENGTH, name),
    lambda value, name: write_delimited(value, TEXT_LENGTH, name),
)
_COUNTED: Final = _Coding(
    lambda bits, name: read_counted_digits(bits, COUNT_LENGTH, name),
    lambda value, name: write_counted_digits(value, COUNT_LENGTH, name),
)
_CODINGS: Final = {
    "00": _digits_then(18, ""),
    "01": _digits_then(14, ""),
    "21": _TEXT,
    "253": _digits_then(13, "text"),
    "254": _TEXT,
    "255": _digits_then(13, "number"),
    "414": _digits_then(13, ""),
    "8003": _digits_then(14, "text"),
    "8004": _DELIMITED,
    "8006": _digits_then(18, ""),
    "8010": _DELIMITED,
    "8011": _COUNTED,
    "8017": _digits_then(18, ""),
    "8018": _digits_then(18, ""),
}


@dataclass(frozen=True, slots=True)
class PlusLayout:
    """One scheme. `ais`: the elements, in order; `dated`: whether a date stands in front of them."""

    name: str
    header: int
    ais: tuple[str, ...]
    dated: bool = False


PLUS_LAYOUTS: Final = (
    PlusLayout("sgtin+", 0xF7, ("01", "21")),
    PlusLayout("dsgtin+", 0xFB, ("01", "21"), dated=True),
    PlusLayout("sscc+", 0xF9, ("00",)),
    PlusLayout("sgln+", 0xF2, ("414", "254")),
    PlusLayout("grai+", 0xF1, ("8003",)),
    PlusLayout("giai+", 0xFA, ("8004",)),
    PlusLayout("gsrn+", 0xF4, ("8018",)),
    PlusLayout("gsrnp+", 0xF5, ("8017",)),
    PlusLayout("gdti+", 0xF6, ("253",)),
    PlusLayout("cpi+", 0xF0, ("8010", "8011")),
    PlusLayout("sgcn+", 0xF8, ("255",)),
    PlusLayout("itip+", 0xF3, ("8006", "21")),
    PlusLayout("sgtin++", 0xFD, ("01", "21")),
    PlusLayout("dsgtin++", 0xFC, ("01", "21"), dated=True),
    PlusLayout("sscc++", 0xEF, ("00",)),
    PlusLayout("sgln++", 0xE9, ("414", "254")),
    PlusLayout("grai++", 0xEB, ("8003",)),
    PlusLayout("giai++", 0xEE, ("8004",)),
    PlusLayout("gsrn++", 0xE7, ("8018",)),
    PlusLayout("gsrnp++", 0xE8, ("8017",)),
    PlusLayout("gdti++", 0xEA, ("253",)),
    PlusLayout("cpi++", 0xE6, ("8010", "8011")),
    PlusLayout("sgcn++", 0xEC, ("255",)),
    PlusLayout("itip++", 0xED, ("8006", "21")),
)
PLUS_BY_HEADER: Final = {layout.header: layout for layout in PLUS_LAYOUTS}
PLUS_BY_NAME: Final = {layout.name: layout for layout in PLUS_LAYOUTS}


def read_plus(layout: PlusLayout, bits: Bits) -> tuple[int, bool, list[Element]]:
    """Filter value, whether further data follow, and the elements. `bits`: those after the header.

    Raises `Unreadable`.
    """
    more = bits.number(TOGGLE, "toggle") == 1
    filter_value = bits.number(FILTER, "filter")
    date = [_read_date(bits)] if layout.dated else []
    elements = [Element(ai, _CODINGS[ai].read(bits, f"({ai})")) for ai in layout.ais]
    return filter_value, more, elements + date


def _read_date(bits: Bits) -> Element:
    kind = bits.number(4, "kind of date")
    if kind >= len(_DATES):
        raise Unreadable(f"the kind of date is 0 to {len(_DATES) - 1}", "日期类型未定义")
    parts = [f"{bits.number(width, name):02}" for width, name in _DATE_PARTS]
    return Element(_DATES[kind], "".join(parts))


def write_plus(layout: PlusLayout, filter_value: int, elements: Sequence[Element]) -> str:
    """The bits, header in front; no further data, no host name. Raises `Unreadable`."""
    values = {element.ai: element.value for element in elements}
    bits = f"{layout.header:0{HEADER}b}0" + of_number(filter_value, FILTER, "filter")
    if layout.dated:
        kind = next((ai for ai in values if ai in _DATES), None)
        if kind is None or len(values[kind]) != 6:
            raise Unreadable("a date of six digits is needed", "需要 6 位日期")
        bits += of_number(_DATES.index(kind), 4, "kind of date")
        for at, (width, name) in enumerate(_DATE_PARTS):
            bits += of_number(int(values[kind][2 * at : 2 * at + 2]), width, name)
    for ai in layout.ais:
        if ai not in values:
            raise Unreadable(f"({ai}) is needed", f"缺少 ({ai})")
        bits += _CODINGS[ai].write(values[ai], f"({ai})")
    return bits

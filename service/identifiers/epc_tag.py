"""The EPC schemes of fixed layout, as bits and as tag URIs: `urn:epc:tag:sgtin-96:3.0614141.812345.6789`.

Source: GS1 EPC Tag Data Standard 2.3, 12 (tag URIs), 14.2 (headers), 14.3 and 14.4 (methods), 14.6 (layouts).
A tag URI is the pure identity with the name of the layout and the filter value in front; GID has no filter.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.identifiers.epc_bits import (
    Bits,
    Unreadable,
    give_sixes,
    of_number,
    read_sevens,
    read_sixes,
    take_sixes,
    write_sevens,
    write_sixes,
)

HEADER: Final = 8  # bits
_PARTITION: Final = 3  # bits
_LONGEST_PREFIX: Final = 12  # digits; the partition says how many fewer there are
#: Bits of a company prefix of 12, 11 … 6 digits (tables 14-2 and following: the same in every scheme).
_PREFIX_BITS: Final = (40, 37, 34, 30, 27, 24, 20)

_ESCAPES: Final = str.maketrans({character: f"%{ord(character):02X}" for character in '"%&/<>?#'})


def escaped(text: str) -> str:
    """The text as it stands in an EPC URI (tables A-1 and G-1)."""
    return text.translate(_ESCAPES)


@dataclass(frozen=True, slots=True)
class Field:
    """One segment of a layout: `read` gives its parts of the URI, `write` takes `parts` of them."""

    read: Callable[[Bits], list[str]]
    write: Callable[[list[str]], str]
    parts: int = 1


def _natural(text: str, name: str) -> int:
    """A number without zeros in front."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0"):
        raise Unreadable(
            f"the {name} {text!r} is a number without zeros in front", f"{name} 应为不带前导零的数字"
        )
    return int(text)


def _padded(text: str, digits: int, name: str) -> int:
    """A number of exactly so many digits; none at all for 0 digits."""
    if len(text) != digits or not text.isascii() or not (text == "" or text.isdigit()):
        raise Unreadable(f"the {name} {text!r} has {digits} digits", f"{name} 应为 {digits} 位数字")
    return int(text or "0")


def _integer(count: int, name: str) -> Field:
    return Field(
        lambda bits: [str(bits.number(count, name))],
        lambda parts: of_number(_natural(parts[0], name), count, name),
    )


def _fixed_width(count: int, digits: int, name: str) -> Field:
    """A number written with zeros in front: 14.3.10."""

    def read(bits: Bits) -> list[str]:
        return [_limited(bits.number(count, name), digits, name)]

    return Field(read, lambda parts: of_number(_padded(parts[0], digits, name), count, name))


def _limited(value: int, digits: int, name: str) -> str:
    if value >= 10**digits:
        raise Unreadable(f"the {name} {value} has more than {digits} digits", f"{name} 超过 {digits} 位数字")
    return f"{value:0{digits}}" if digits else ""


def _numeric_string(count: int, name: str) -> Field:
    """A digit 1 stands in front, so that zeros are kept: 14.3.6."""

    def read(bits: Bits) -> list[str]:
        text = str(bits.number(count, name))
        if text[0] != "1" or len(text) < 2:
            raise Unreadable(f"the {name} does not begin with the digit 1", f"{name} 的编码应以数字 1 开头")
        return [text[1:]]

    def write(parts: list[str]) -> str:
        return of_number(int(f"1{_padded(parts[0], len(parts[0]), name):0{len(parts[0])}}"), count, name)

    return Field(read, write)


def _sevens(count: int, name: str) -> Field:
    return Field(
        lambda bits: [escaped(read_sevens(bits.take(count, name), name))],
        lambda parts: write_sevens(unquote(parts[0]), count, name),
    )


def _sixes(name: str) -> Field:
    return Field(
        lambda bits: [escaped(read_sixes(bits, name))], lambda parts: write_sixes(unquote(parts[0]), name)
    )


def _zeros(count: int) -> Field:
    def read(bits: Bits) -> list[str]:
        if "1" in bits.take(count, "reserved bits"):
            raise Unreadable("the reserved bits are zero", "保留位应为零")
        return []

    return Field(read, lambda _parts: "0" * count, parts=0)


def _cage_code(text: str) -> str:
    if re.fullmatch(r"[0-9A-HJ-NP-Z]{5,6}", text) is None:
        raise Unreadable("a CAGE code has 5 or 6 of 0-9, A-H, J-N, P-Z", "CAGE 代码应为 5 或 6 个字符")
    return text


def _cage(characters: int, in_sixes: bool) -> Field:
    """A CAGE code of five characters, with a blank in front, or a DoDAAC of six."""

    def read(bits: Bits) -> list[str]:
        if in_sixes:
            text = take_sixes(bits, characters, "CAGE code")
        else:
            text = "".join(chr(bits.number(8, "CAGE code")) for _ in range(characters))
        return [_cage_code(text.removeprefix(" "))]

    def write(parts: list[str]) -> str:
        text = _cage_code(parts[0]).rjust(characters)
        if in_sixes:
            return give_sixes(text)
        return "".join(f"{ord(character):08b}" for character in text)

    return Field(read, write)


def _partitioned(total: int, kind: str, name: str, digits: int = 0) -> Field:
    """Company prefix and the rest of the key, `total` bits together.

    `kind`: `padded` (the two have `digits` together), `natural`, `sevens` or, ending in zeros, `sixes`.
    """

    def read(bits: Bits) -> list[str]:
        partition = bits.number(_PARTITION, "partition")
        if partition >= len(_PREFIX_BITS):
            raise Unreadable("the partition is 0 to 6", "分区值应为 0 至 6")
        length = _LONGEST_PREFIX - partition
        width = _PREFIX_BITS[partition]
        prefix = _limited(bits.number(width, "company prefix"), length, "company prefix")
        if kind == "sixes":
            return [prefix, escaped(read_sixes(bits, name))]
        if kind == "sevens":
            return [prefix, escaped(read_sevens(bits.take(total - width, name), name))]
        value = bits.number(total - width, name)
        return [prefix, str(value) if kind == "natural" else _limited(value, digits - length, name)]

    def write(parts: list[str]) -> str:
        prefix, rest = parts
        partition = _LONGEST_PREFIX - len(prefix)
        if not 0 <= partition < len(_PREFIX_BITS):
            raise Unreadable("the company prefix has 6 to 12 digits", "厂商识别代码应为 6 至 12 位")
        width = _PREFIX_BITS[partition]
        head = of_number(partition, _PARTITION, "partition")
        head += of_number(_padded(prefix, len(prefix), "company prefix"), width, "company prefix")
        if kind == "sixes":
            return head + write_sixes(unquote(rest), name)
        if kind == "sevens":
            return head + write_sevens(unquote(rest), total - width, name)
        value = _natural(rest, name) if kind == "natural" else _padded(rest, digits - len(prefix), name)
        return head + of_number(value, total - width, name)

    return Field(read, write, parts=2)


@dataclass(frozen=True, slots=True)
class Layout:
    """One scheme. `bits`: of the whole; 0 where it varies. `filter_bits`: 0 where there is no filter."""

    name: str
    header: int
    bits: int
    fields: tuple[Field, ...]
    filter_bits: int = 3

    @property
    def scheme(self) -> str:
        """The name that the pure identity has: `sgtin`."""
        return self.name.partition("-")[0]


_GTIN: Final = _partitioned(44, "padded", "item reference", 13)
_REFERENCE: Final = _partitioned(58, "padded", "reference", 17)
_LOCATION: Final = _partitioned(41, "padded", "location reference", 12)
_DOCUMENT: Final = _partitioned(41, "padded", "document type", 12)
_COUPON: Final = _partitioned(41, "padded", "coupon reference", 12)
_ASSET_TYPE: Final = _partitioned(44, "padded", "asset type", 12)
_PIECE: Final = (_fixed_width(7, 2, "piece"), _fixed_width(7, 2, "total"))

LAYOUTS: Final = (
    Layout("sgtin-96", 0x30, 96, (_GTIN, _integer(38, "serial"))),
    Layout("sgtin-198", 0x36, 198, (_GTIN, _sevens(140, "serial"))),
    Layout("sscc-96", 0x31, 96, (_REFERENCE, _zeros(24))),
    Layout("sgln-96", 0x32, 96, (_LOCATION, _integer(41, "extension"))),
    Layout("sgln-195", 0x39, 195, (_LOCATION, _sevens(140, "extension"))),
    Layout("grai-96", 0x33, 96, (_ASSET_TYPE, _integer(38, "serial"))),
    Layout("grai-170", 0x37, 170, (_ASSET_TYPE, _sevens(112, "serial"))),
    Layout("giai-96", 0x34, 96, (_partitioned(82, "natural", "asset"),)),
    Layout("giai-202", 0x38, 202, (_partitioned(188, "sevens", "asset"),)),
    Layout("gsrn-96", 0x2D, 96, (_REFERENCE, _zeros(24))),
    Layout("gsrnp-96", 0x2E, 96, (_REFERENCE, _zeros(24))),
    Layout("gdti-96", 0x2C, 96, (_DOCUMENT, _integer(41, "serial"))),
    Layout("gdti-113", 0x3A, 113, (_DOCUMENT, _numeric_string(58, "serial"))),
    Layout("gdti-174", 0x3E, 174, (_DOCUMENT, _sevens(119, "serial"))),
    Layout("cpi-96", 0x3C, 96, (_partitioned(51, "natural", "component"), _integer(31, "serial"))),
    Layout("cpi-var", 0x3D, 0, (_partitioned(0, "sixes", "component"), _integer(40, "serial"))),
    Layout("sgcn-96", 0x3F, 96, (_COUPON, _numeric_string(41, "serial"))),
    Layout("itip-110", 0x40, 110, (_GTIN, *_PIECE, _integer(38, "serial"))),
    Layout("itip-212", 0x41, 212, (_GTIN, *_PIECE, _sevens(140, "serial"))),
    Layout("gid-96", 0x35, 96, (_integer(28, "manager"), _integer(24, "class"), _integer(36, "serial")), 0),
    Layout("usdod-96", 0x2F, 96, (_cage(6, in_sixes=False), _integer(36, "serial")), 4),
    Layout("adi-var", 0x3B, 0, (_cage(6, in_sixes=True), _sixes("part number"), _sixes("serial")), 6),
)
BY_HEADER: Final = {layout.header: layout for layout in LAYOUTS}
BY_NAME: Final = {layout.name: layout for layout in LAYOUTS}


def read_layout(layout: Layout, bits: Bits) -> tuple[int | None, list[str]]:
    """Filter value and parts of the URI. `bits`: those after the header. Raises `Unreadable`."""
    filter_value = bits.number(layout.filter_bits, "filter") if layout.filter_bits else None
    parts = [part for field in layout.fields for part in field.read(bits)]
    return filter_value, parts


def write_layout(layout: Layout, filter_value: int | None, parts: list[str]) -> str:
    """The bits, header in front. Raises `Unreadable` for parts that the layout cannot hold."""
    if len(parts) != sum(field.parts for field in layout.fields):
        raise Unreadable(
            f"{layout.name} has {sum(field.parts for field in layout.fields)} parts, not {len(parts)}",
            f"{layout.name} 的组成部分数量不对",
        )
    bits = f"{layout.header:0{HEADER}b}"
    if layout.filter_bits:
        bits += of_number(-1 if filter_value is None else filter_value, layout.filter_bits, "filter")
    rest = list(parts)
    for field in layout.fields:
        mine, rest = rest[: field.parts], rest[field.parts :]
        bits += field.write(mine)
    return bits

"""EPCs as RFID tags carry them: hexadecimal text, `urn:epc:tag:…` and `urn:epc:raw:…`, read and written.

Source: GS1 EPC Tag Data Standard 2.3, 12 (tag and raw URIs), 14 (binary encodings), 15.1 and 15.2.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.errors import Malformed
from service.identifiers.ai_values import Element, value_faults
from service.identifiers.epc_bits import Bits, Unreadable
from service.identifiers.epc_plus import PLUS_BY_HEADER, PLUS_BY_NAME, read_plus, write_plus
from service.identifiers.epc_tag import BY_HEADER, BY_NAME, HEADER, Layout, read_layout, write_layout

WORD: Final = 16  # bits; the EPC memory of a tag is read in words
HEX_MIN: Final = 16  # characters
HEX_MAX: Final = 124  # characters: 496 bits, the most that EPC memory holds
_HEX: Final = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{16,124})")
_IN_WORDS: Final = re.compile(r"[0-9A-Fa-f]{4}(?:[ \-][0-9A-Fa-f]{4}){3,30}")
_CONTROL: Final = r"(?:\[(?:umi|xpc|att)=x?[0-9A-Fa-f]+\])*"
_TAG: Final = re.compile(rf"urn:epc:tag:(?:{_CONTROL}:)?([a-z]+-(?:[0-9]+|var)):(.*)", re.DOTALL)
_HALF_ESCAPED: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RAW: Final = re.compile(rf"urn:epc:raw:(?:{_CONTROL}:)?([1-9][0-9]{{0,3}})\.(?:x([0-9A-F]+)|([0-9]+))")


@dataclass(frozen=True, slots=True)
class TagData:
    """What the EPC memory of a tag says.

    `scheme`: `sgtin-96`, `sgtin+` …; `filter_value`: None for GID. `tag_uri` and `pure_uri`: None for the
    schemes with a plus, which have none; `elements`: of those alone. `more`: whether data follow that are not
    read here. `hexadecimal`: the bits, filled up to whole words.
    """

    scheme: str
    filter_value: int | None
    tag_uri: str | None
    pure_uri: str | None
    elements: tuple[Element, ...]
    more: bool
    hexadecimal: str


def is_hexadecimal_epc(text: str) -> bool:
    """Whether a text is hexadecimal, of a possible length, and begins with the header of a known scheme."""
    digits = _plain_hex(text)
    return digits is not None and (int(digits[:2], 16) in BY_HEADER or int(digits[:2], 16) in PLUS_BY_HEADER)


def _plain_hex(text: str) -> str | None:
    match = _HEX.fullmatch(text)
    if match is not None:
        return match[1]
    return re.sub(r"[ \-]", "", text) if _IN_WORDS.fullmatch(text) else None


def read_hexadecimal(text: str) -> TagData:
    """Read EPC memory given as hexadecimal text, zeros behind it included. Raises `Malformed`."""
    digits = _plain_hex(text)
    if digits is None:
        raise _refuse(
            text,
            f"an EPC has {HEX_MIN} to {HEX_MAX} hexadecimal digits",
            f"EPC 应为 {HEX_MIN} 至 {HEX_MAX} 位十六进制数字",
        )
    return _read_bits(text, f"{int(digits, 16):0{4 * len(digits)}b}")


def _read_bits(text: str, bits: str) -> TagData:
    header = int(bits[:HEADER], 2)
    run = Bits(bits[HEADER:])
    try:
        if header in PLUS_BY_HEADER:
            scheme = PLUS_BY_HEADER[header].name
            filter_value, more, elements = read_plus(PLUS_BY_HEADER[header], run)
            more = more or scheme.endswith("++")
            return TagData(scheme, filter_value, None, None, tuple(elements), more, to_hex(bits))
        layout, value, body = _read_fixed(header, run)
    except Unreadable as wrong:
        raise _refuse(text, wrong.message, wrong.zh) from wrong
    head = "" if value is None else f"{value}."
    tag_uri = f"urn:epc:tag:{layout.name}:{head}{body}"
    return TagData(layout.name, value, tag_uri, f"urn:epc:id:{layout.scheme}:{body}", (), False, to_hex(bits))


def _read_fixed(header: int, run: Bits) -> tuple[Layout, int | None, str]:
    """Layout, filter value and body of the URI."""
    layout = BY_HEADER.get(header)
    if layout is None:
        raise Unreadable(f"no scheme has the header {header:02X}", f"没有标头为 {header:02X} 的编码方案")
    length = HEADER + run.left
    if length < layout.bits:
        raise Unreadable(
            f"{layout.name} has {layout.bits} bits; these are {length}",
            f"{layout.name} 应为 {layout.bits} 位，现为 {length} 位",
        )
    value, parts = read_layout(layout, run)
    if "1" in run.rest():
        raise Unreadable("after the EPC only zeros may follow", "EPC 之后只能为零")
    return layout, value, ".".join(parts)


def is_tag_uri(uri: str) -> bool:
    """Whether a URI is meant as a tag URI or a raw one."""
    return uri[:12].lower() == "urn:epc:tag:" or is_raw_uri(uri)


def is_raw_uri(uri: str) -> bool:
    """Whether a URI is meant as the raw data of a tag, an EPC or not."""
    return uri[:12].lower() == "urn:epc:raw:"


def read_tag_uri(uri: str) -> TagData:
    """Read `urn:epc:tag:…`, or `urn:epc:raw:…` that holds an EPC. Raises `Malformed`."""
    match = _TAG.fullmatch(uri)
    if match is not None:
        return _read_bits(uri, _bits_of_tag(uri, match[1], match[2]))
    raw = _RAW.fullmatch(uri)
    if raw is None:
        raise _refuse(
            uri,
            "a tag URI looks like urn:epc:tag:sgtin-96:3.0614141.812345.6789, a raw one like "
            "urn:epc:raw:96.x3074257BF7194E4000001A85",
            "标签 URI 形如 urn:epc:tag:sgtin-96:3.0614141.812345.6789，"
            "原始 URI 形如 urn:epc:raw:96.x3074257BF7194E4000001A85",
        )
    length = int(raw[1])
    digits = raw[2] or raw[3]
    if len(digits) > length or length > 4 * HEX_MAX:
        raise _refuse(
            uri, f"an EPC has at most {4 * HEX_MAX} bits, as many as said", f"EPC 至多 {4 * HEX_MAX} 位"
        )
    value = int(digits, 16 if raw[2] else 10)
    if value >= 1 << length:
        raise _refuse(uri, f"the data do not fit {length} bits", f"数据超出 {length} 位")
    return _read_bits(uri, f"{value:0{length}b}")


def _bits_of_tag(uri: str, name: str, body: str) -> str:
    layout = BY_NAME.get(name)
    if layout is None:
        names = ", ".join(BY_NAME)
        raise _refuse(uri, f"the schemes of tag URIs are {names}", f"标签 URI 的编码方案为 {names}")
    if _HALF_ESCAPED.search(body):
        raise _refuse(uri, "% is followed by two hexadecimal digits", "% 之后应为两位十六进制数字")
    parts = _parts(layout.scheme, body)
    value = None
    if layout.filter_bits:
        if re.fullmatch(r"[0-9]{1,2}", parts[0]) is None:
            raise _refuse(uri, "a filter value stands in front", "开头应为过滤值")
        value, parts = int(parts[0]), parts[1:]
    try:
        return write_layout(layout, value, parts)
    except Unreadable as wrong:
        raise _refuse(uri, wrong.message, wrong.zh) from wrong


def _parts(scheme: str, body: str) -> list[str]:
    """The parts of the body, filter first: what follows the last dot that parts may itself hold dots."""
    count = {"itip": 6, "gid": 3, "usdod": 3, "giai": 3, "sscc": 3, "gsrn": 3, "gsrnp": 3}.get(scheme, 4)
    return body.split(".", count - 1)


def tag_uri_to_hex(uri: str) -> str:
    """The EPC memory that a tag URI describes, as hexadecimal text in whole words. Raises `Malformed`."""
    return read_tag_uri(uri).hexadecimal


def elements_to_hex(elements: Sequence[Element], scheme: str, filter_value: int = 0) -> str:
    """EPC memory in a scheme with a plus, as hexadecimal text in whole words. Raises `Malformed`."""
    for element in elements:
        faults = value_faults(element.ai, element.value)
        if faults:
            raise Malformed(faults[0].message, faults[0].message_zh, faults)
    shown = "".join(f"({element.ai}){element.value}" for element in elements)
    layout = PLUS_BY_NAME.get(scheme)
    if layout is None or scheme.endswith("++"):
        raise _refuse(
            shown,
            f"{scheme!r} is no scheme such as sgtin+",
            f"{scheme!r} 不是 sgtin+ 之类的编码方案",
        )
    try:
        return to_hex(write_plus(layout, filter_value, elements))
    except Unreadable as wrong:
        raise _refuse(shown, wrong.message, wrong.zh) from wrong


def to_hex(bits: str) -> str:
    """Bits as hexadecimal text, filled up with zeros to whole words."""
    filled = bits.ljust(-(-len(bits) // WORD) * WORD, "0")
    return f"{int(filled, 2):0{len(filled) // 4}X}"


def _refuse(text: str, message: str, zh: str) -> Malformed:
    is_uri = is_tag_uri(text)
    return Malformed.field(
        "identifier" if is_uri else "code",
        text,
        f"This is no EPC of a tag: {message}.",
        f"不是有效的标签 EPC：{zh}。",
        "epc:tag" if is_uri else "epc:binary",
    )

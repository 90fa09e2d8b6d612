"""Patterns of identifiers: `urn:epc:idpat:…` and other URIs with `*`, told as patterns of canonical URIs.

Source: GS1 EPC Tag Data Standard 2.x, section 8 (pure identity patterns: `*` for the last parts), and EPCIS
2.0, 8.2.7.1 (`MATCH_…` takes them). A company prefix stands inside a GS1 key behind an indicator or extension
digit, so a pattern of a prefix has up to ten beginnings.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.errors import Malformed
from service.identifiers.identity import identify
from service.identifiers.key_rules import KEY_RULES
from service.identifiers.kinds import CANONICAL_HOST, escape
from service.identifiers.lenient import identity_of

DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True)
class UriPattern:
    """Canonical URIs that are meant.

    `beginnings`: every one starts with one of these. `expression`: a regular expression for the whole URI,
    read alike by Python's `re` and by PostgreSQL.
    """

    beginnings: tuple[str, ...]
    expression: str

    def matches(self, uri: str) -> bool:
        """Whether a canonical URI is meant."""
        return re.fullmatch(self.expression, uri) is not None


def is_pattern(text: str) -> bool:
    """Whether a text means several identifiers."""
    return "*" in text


def parse_pattern(text: str, *, classes: bool) -> UriPattern:
    """The pattern of instances, or with `classes` of the classes that quantities are stated of.

    Raises `Malformed` for an EPC pattern of unknown scheme or with a `*` before a given part.
    """
    parts = text.strip().split(":", 4)
    if len(parts) == 5 and parts[0].lower() == "urn" and parts[1].lower() == "epc":
        scheme, body = parts[3], parts[4].split(".")
        if parts[2] in ("idpat", "id", "class") and scheme in _SHAPES:
            return _epc_pattern(text, scheme, body, classes)
    return _wildcards(_canonical_start(text.strip()))


def _wildcards(text: str) -> UriPattern:
    start = text[: text.index("*")]
    return UriPattern((start,), ".*".join(re.escape(part) for part in text.split("*")))


def _canonical_start(text: str) -> str:
    """A Digital Link of any domain with `*` in it, under the canonical one; other texts as they are."""
    found = re.fullmatch(r"https?://[^/]+(?:/.*?)??/([0-9]{2,4})/(.+)", text, re.IGNORECASE)
    if found is None or found[1] not in KEY_RULES:
        return text
    # What stands before the last qualifier may be a whole key: it has its own canonical form.
    head, _, tail = text.rpartition("/")
    qualifier = head.rpartition("/")[2]
    if tail == "*" and qualifier in ("21", "10", "254", "235", "8011"):
        whole = identity_of(head.rpartition("/")[0]).uri
        return f"{whole}/{qualifier}/*"
    return f"{CANONICAL_HOST}/{found[1]}/{found[2]}"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a scheme's parts stand in a canonical URI.

    `given`: parts (prefix included) that name the class. `key`: the key's path. `before`: whether a digit
    stands before the prefix in the key although it belongs to a later part. `digits`: of the key from the
    prefix on; 0: any. `serial`: what the last part hangs on: `/21/`, or "" where it follows at once, or None
    where there is none. `optional`: whether the key is complete without the last part.
    """

    given: int
    key: str
    digits: int
    before: bool = False
    serial: str | None = None
    optional: bool = False


_SHAPES: Final[dict[str, _Shape]] = {
    "sgtin": _Shape(2, "01/", 13, True, "/21/"),
    "lgtin": _Shape(2, "01/", 13, True, "/10/"),
    "upui": _Shape(2, "01/", 13, True, "/235/"),
    "itip": _Shape(4, "8006/", 17, True, "/21/"),
    "sscc": _Shape(2, "00/", 17, True),
    "sgln": _Shape(2, "414/", 13, serial="/254/", optional=True),
    "pgln": _Shape(2, "417/", 13),
    "gsrn": _Shape(2, "8018/", 18),
    "gsrnp": _Shape(2, "8017/", 18),
    "gsin": _Shape(2, "402/", 17),
    "grai": _Shape(2, "8003/0", 13, serial=""),
    "gdti": _Shape(2, "253/", 13, serial=""),
    "sgcn": _Shape(2, "255/", 13, serial=""),
    "giai": _Shape(2, "8004/", 0),
    "ginc": _Shape(2, "401/", 0),
    "cpi": _Shape(2, "8010/", 0, serial="/8011/"),
}
_ANY_SERIAL: Final = "[^/]+"


def _epc_pattern(text: str, scheme: str, parts: list[str], classes: bool) -> UriPattern:
    shape = _SHAPES[scheme]
    count = shape.given + (shape.serial is not None)
    stars = [part == "*" for part in parts]
    tail = stars.index(True) if True in stars else len(parts)
    if (
        len(parts) != count
        or not all(stars[tail:])
        or any("*" in part or "[" in part for part in parts[:tail])
    ):
        raise _refuse(text, scheme, count)
    key, beginnings = _key(text, scheme, shape, parts, tail)
    if shape.serial is None or (classes and scheme != "lgtin"):
        return UriPattern(beginnings, key)
    if shape.optional:
        return UriPattern(beginnings, f"{key}({shape.serial}{_ANY_SERIAL})?")
    serial = re.escape(escape(unquote(parts[-1]))) if tail == count else _ANY_SERIAL
    if tail >= shape.given:
        # The key is whole: the beginning goes up to the serial, and leaves out other qualifiers.
        beginnings = tuple(start + shape.serial for start in beginnings)
    return UriPattern(beginnings, key + shape.serial + serial)


def _key(
    text: str, scheme: str, shape: _Shape, parts: Sequence[str], tail: int
) -> tuple[str, tuple[str, ...]]:
    """The expression of the key without its serial, and its beginnings."""
    base = f"{CANONICAL_HOST}/{shape.key}"
    if tail >= shape.given:
        whole = _whole_key(scheme, shape, parts)
        return re.escape(whole), (whole,)
    prefix = "" if tail == 0 else parts[0]
    if not prefix.isascii() or not (prefix == "" or prefix.isdecimal()):
        raise _refuse(text, scheme, len(parts))
    if shape.digits == 0:
        return f"{re.escape(base + prefix)}{_ANY_SERIAL}", (base + prefix,)
    rest = shape.digits - len(prefix)
    if rest < 1:
        raise _refuse(text, scheme, len(parts))
    before = "[0-9]" if shape.before else ""
    starts = [base + digit + prefix for digit in DIGITS] if shape.before and prefix else [base + prefix]
    return f"{re.escape(base)}{before}{prefix}[0-9]{{{rest}}}", tuple(starts)


def _whole_key(scheme: str, shape: _Shape, parts: Sequence[str]) -> str:
    """The canonical URI of the class: that of an instance, its stand-in serial taken off again."""
    body = ".".join([*parts[: shape.given], *(["1"] if shape.serial is not None else [])])
    form = "class" if scheme == "lgtin" else "id"
    uri = identify(f"urn:epc:{form}:{scheme}:{body}").uri
    return uri if shape.serial is None else uri[: -len(shape.serial) - 1]


def _refuse(text: str, scheme: str, count: int) -> Malformed:
    form = ".".join(["{prefix}", *(["*"] * (count - 1))])
    return Malformed.field(
        "pattern",
        text,
        f"{text!r} is no {scheme.upper()} pattern; it has {count} parts, the last ones *, "
        f"such as urn:epc:idpat:{scheme}:{form}.",
        f"{text!r} 不是有效的 {scheme.upper()} 模式；应有 {count} 个部分，末尾的部分可为 *，"
        f"例如 urn:epc:idpat:{scheme}:{form}。",
        "epc:pattern",
    )

"""Reading EPC URNs: `urn:epc:id:…`, `urn:epc:class:…`, `urn:epc:idpat:…`.

Source: GS1 EPC Tag Data Standard 2.x, section 6 (URN grammar) and 7 (correspondence with GS1 keys).
An EPC URN parts the company prefix from the rest and leaves the check digit out; the GS1 key is had by
joining the parts and computing it, so this direction is always possible.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from service.errors import Malformed
from service.identifiers.gs1 import check_digit
from service.identifiers.key_rules import KEY_RULES, QUALIFIER_RULES, check_value

Key = tuple[str, str, dict[str, str]]  # primary AI, its value, qualifiers by AI

_ESCAPED: Final = r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%[0-9A-Fa-f]{2})"
_PREFIX: Final = r"([0-9]{6,12})"
_SERIAL: Final = rf"({_ESCAPED}{{1,28}})"
_TEXT: Final = rf"({_ESCAPED}{{0,30}})"

_GRAMMAR: Final = {
    scheme: re.compile(pattern)
    for scheme, pattern in {
        "sgtin": rf"{_PREFIX}\.([0-9]{{1,7}})\.{_SERIAL}",
        "lgtin": rf"{_PREFIX}\.([0-9]{{1,7}})\.{_SERIAL}",
        "sscc": rf"{_PREFIX}\.([0-9]{{5,11}})",
        "sgln": rf"{_PREFIX}\.([0-9]{{0,6}})\.{_SERIAL}",
        "pgln": rf"{_PREFIX}\.([0-9]{{0,6}})",
        "grai": rf"{_PREFIX}\.([0-9]{{0,6}})\.{_SERIAL}",
        "giai": rf"{_PREFIX}\.{_TEXT}",
        "gsrn": rf"{_PREFIX}\.([0-9]{{5,11}})",
        "gsrnp": rf"{_PREFIX}\.([0-9]{{5,11}})",
        "gdti": rf"{_PREFIX}\.([0-9]{{0,6}})\.{_SERIAL}",
        "sgcn": rf"{_PREFIX}\.([0-9]{{0,6}})\.([0-9]{{1,12}})",
        "cpi": rf"{_PREFIX}\.((?:[0-9A-Z\-]|%2[Ff]|%23){{1,24}})\.([0-9]{{1,12}})",
        "ginc": rf"{_PREFIX}\.{_TEXT}",
        "gsin": rf"{_PREFIX}\.([0-9]{{4,10}})",
        "itip": rf"{_PREFIX}\.([0-9]{{1,7}})\.([0-9]{{2}})\.([0-9]{{2}})\.{_SERIAL}",
        "upui": rf"{_PREFIX}\.([0-9]{{1,7}})\.{_SERIAL}",
    }.items()
}
CLASS_SCHEMES: Final = frozenset({"lgtin"})
_FORMS: Final = {
    "sgtin": "urn:epc:id:sgtin:{company prefix}.{indicator and item}.{serial} (13 digits before the serial)",
    "lgtin": "urn:epc:class:lgtin:{company prefix}.{indicator and item}.{lot} (13 digits before the lot)",
    "sscc": "urn:epc:id:sscc:{company prefix}.{extension and serial}, 17 digits together",
    "sgln": "urn:epc:id:sgln:{company prefix}.{location}.{extension or 0} (12 digits before the last dot)",
    "pgln": "urn:epc:id:pgln:{company prefix}.{party}, 12 digits together",
    "grai": "urn:epc:id:grai:{company prefix}.{asset type}.{serial} (12 digits before the last dot)",
    "giai": "urn:epc:id:giai:{company prefix}.{asset}, at most 30 characters together",
    "gsrn": "urn:epc:id:gsrn:{company prefix}.{service}, 17 digits together",
    "gsrnp": "urn:epc:id:gsrnp:{company prefix}.{service}, 17 digits together",
    "gdti": "urn:epc:id:gdti:{company prefix}.{document type}.{serial} (12 digits before the last dot)",
    "sgcn": "urn:epc:id:sgcn:{company prefix}.{coupon}.{serial digits} (12 digits before the last dot)",
    "cpi": "urn:epc:id:cpi:{company prefix}.{component or part}.{serial digits}",
    "ginc": "urn:epc:id:ginc:{company prefix}.{consignment}, at most 30 characters together",
    "gsin": "urn:epc:id:gsin:{company prefix}.{shipper reference}, 16 digits together",
    "itip": "urn:epc:id:itip:{company prefix}.{indicator and item}.{piece}.{total}.{serial}",
    "upui": "urn:epc:id:upui:{company prefix}.{indicator and item}.{TPX} (13 digits before the last dot)",
}


def _gtin(prefix: str, item: str) -> str | None:
    """The indicator stands first in the second part of the URN, and first in the GTIN."""
    if len(prefix) + len(item) != 13:
        return None
    digits = item[0] + prefix + item[1:]
    return digits + str(check_digit(digits))


def _joined(prefix: str, reference: str, length: int, extension_first: bool = False) -> str | None:
    if len(prefix) + len(reference) != length:
        return None
    digits = reference[0] + prefix + reference[1:] if extension_first else prefix + reference
    return digits + str(check_digit(digits))


def _sgtin(parts: tuple[str, ...]) -> Key | None:
    gtin = _gtin(parts[0], parts[1])
    return None if gtin is None else ("01", gtin, {"21": unquote(parts[2])})


def _lgtin(parts: tuple[str, ...]) -> Key | None:
    gtin = _gtin(parts[0], parts[1])
    return None if gtin is None else ("01", gtin, {"10": unquote(parts[2])})


def _upui(parts: tuple[str, ...]) -> Key | None:
    gtin = _gtin(parts[0], parts[1])
    return None if gtin is None else ("01", gtin, {"235": unquote(parts[2])})


def _itip(parts: tuple[str, ...]) -> Key | None:
    gtin = _gtin(parts[0], parts[1])
    return None if gtin is None else ("8006", gtin + parts[2] + parts[3], {"21": unquote(parts[4])})


def _sscc(parts: tuple[str, ...]) -> Key | None:
    sscc = _joined(parts[0], parts[1], 17, extension_first=True)
    return None if sscc is None else ("00", sscc, {})


def _sgln(parts: tuple[str, ...]) -> Key | None:
    gln = _joined(parts[0], parts[1], 12)
    extension = unquote(parts[2])
    return None if gln is None else ("414", gln, {} if extension == "0" else {"254": extension})


def _digits_key(ai: str, length: int) -> Callable[[tuple[str, ...]], Key | None]:
    def read(parts: tuple[str, ...]) -> Key | None:
        number = _joined(parts[0], parts[1], length)
        return None if number is None else (ai, number, {})

    return read


def _serial_key(ai: str, before: str = "") -> Callable[[tuple[str, ...]], Key | None]:
    def read(parts: tuple[str, ...]) -> Key | None:
        number = _joined(parts[0], parts[1], 12)
        return None if number is None else (ai, before + number + unquote(parts[2]), {})

    return read


def _text_key(ai: str) -> Callable[[tuple[str, ...]], Key | None]:
    def read(parts: tuple[str, ...]) -> Key | None:
        return ai, parts[0] + unquote(parts[1]), {}

    return read


def _cpi(parts: tuple[str, ...]) -> Key | None:
    return "8010", parts[0] + unquote(parts[1]), {"8011": parts[2]}


_READERS: Final[dict[str, Callable[[tuple[str, ...]], Key | None]]] = {
    "sgtin": _sgtin,
    "lgtin": _lgtin,
    "sscc": _sscc,
    "sgln": _sgln,
    "pgln": _digits_key("417", 12),
    "grai": _serial_key("8003", "0"),
    "giai": _text_key("8004"),
    "gsrn": _digits_key("8018", 17),
    "gsrnp": _digits_key("8017", 17),
    "gdti": _serial_key("253"),
    "sgcn": _serial_key("255"),
    "cpi": _cpi,
    "ginc": _text_key("401"),
    "gsin": _digits_key("402", 16),
    "itip": _itip,
    "upui": _upui,
}
# How many parts of a pattern must be given, before stars, to name a class.
_CLASS_PARTS: Final = {
    "sgtin": 2,
    "grai": 2,
    "gdti": 2,
    "sgcn": 2,
    "cpi": 2,
    "itip": 4,
    "upui": 2,
    "lgtin": 2,
}
_PARTS: Final = {"sgtin": 3, "grai": 3, "gdti": 3, "sgcn": 3, "cpi": 3, "itip": 5, "upui": 3, "lgtin": 3}


def _refuse(urn: str, scheme: str) -> Malformed:
    form = _FORMS[scheme]
    return Malformed.field(
        "identifier",
        urn,
        f"{urn!r} is no {scheme.upper()} URN; the form is {form}.",
        f"{urn!r} 不是有效的 {scheme.upper()} URN；格式应为 {form}。",
        f"epc:{scheme}",
    )


def _checked(urn: str, scheme: str, key: Key | None) -> Key:
    if key is None:
        raise _refuse(urn, scheme)
    ai, value, qualifiers = key
    rule = KEY_RULES[ai].value
    if rule.pattern.fullmatch(value) is None:
        raise _refuse(urn, scheme)
    if rule.more:
        check_value(ai, rule, value)
    for qualifier, text in qualifiers.items():
        check_value(qualifier, QUALIFIER_RULES[qualifier], text)
    return key


def read_epc(urn: str, scheme: str, body: str) -> Key:
    """The GS1 key of a URN of a known scheme. Raises `Malformed` that shows the right form."""
    match = _GRAMMAR[scheme].fullmatch(body)
    if match is None:
        raise _refuse(urn, scheme)
    return _checked(urn, scheme, _READERS[scheme](match.groups()))


def read_pattern(urn: str, scheme: str, body: str) -> Key | None:
    """The class that a pattern names: all instances of one GTIN, asset type, document type …

    None when the pattern names more than one class (`urn:epc:idpat:sgtin:0614141.*.*`). Raises `Malformed`.
    """
    if "*" not in body or scheme not in _PARTS:
        return None if "*" in body or "[" in body else read_epc(urn, scheme, body)
    parts = body.split(".")
    given = _CLASS_PARTS[scheme]
    if len(parts) != _PARTS[scheme]:
        raise _refuse(urn, scheme)
    if any("*" in part or "[" in part for part in parts[:given]) or parts[given:] != ["*"]:
        return None
    # A stand-in serial makes the class an instance for the grammar; it is taken off again.
    key = read_epc(urn, scheme, ".".join([*parts[:given], "0"]))
    return key[0], key[1][:-1] if scheme in {"grai", "gdti", "sgcn"} else key[1], {}


def known_scheme(scheme: str) -> bool:
    """Whether URNs of this scheme are GS1 keys read here."""
    return scheme in _READERS

"""EPC URNs in both directions: `elements_of_urn` reads one, `urn_of_elements` writes one.

Source: GS1 EPC Tag Data Standard 2.x, sections 6 and 7. Reading is always possible. Writing needs to know
where the company prefix ends: from the caller, or from the table of GS1; else it is refused, never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from service.errors import Malformed
from service.identifiers.ai_values import Element, value_faults
from service.identifiers.company_prefix import (
    LONGEST,
    SHORTEST,
    company_prefix_length,
    item_prefix_length,
)
from service.identifiers.epc_binary import is_tag_uri, read_tag_uri
from service.identifiers.epc_tag import escaped
from service.identifiers.epc_urn import CLASS_SCHEMES, Key, known_scheme, read_epc, read_pattern


def _refuse(field: str, value: str, message: str, zh: str, rule: str) -> Malformed:
    return Malformed.field(field, value, message, zh, rule)


def elements_of_urn(urn: str) -> list[Element]:
    """The GS1 elements of an EPC URN, key first. Raises `Malformed` when it names no GS1 key."""
    if is_tag_uri(urn):
        tag = read_tag_uri(urn)
        if tag.pure_uri is None:
            return list(tag.elements)
        urn = tag.pure_uri
    ai, value, qualifiers = key_of_urn(urn)
    return [Element(ai, value), *(Element(name, text) for name, text in qualifiers.items())]


def key_of_urn(urn: str) -> Key:
    """Primary AI, value and qualifiers of an EPC URN of any form (`id`, `idpat` …). Raises `Malformed`."""
    parts = urn.strip().split(":", 4)
    if len(parts) == 5 and [part.lower() for part in parts[:2]] == ["urn", "epc"]:
        form, scheme, body = parts[2:]
        if known_scheme(scheme):
            key = None
            if form == "idpat":
                key = read_pattern(urn, scheme, body)
            elif form == ("class" if scheme in CLASS_SCHEMES else "id"):
                key = read_epc(urn, scheme, body)
            if key is not None:
                return key
    raise _refuse(
        "urn",
        urn,
        f"{urn!r} is no EPC URN of one GS1 key, such as urn:epc:id:sgtin:0614141.107346.2018.",
        f"{urn!r} 不是对应单个 GS1 标识的 EPC URN，例如 urn:epc:id:sgtin:0614141.107346.2018。",
        "epc:urn",
    )


def _prefix_length(ai: str, digits: str, given: int | None) -> int:
    """`digits`: the number from the first digit of its company prefix on."""
    looked_up = item_prefix_length if ai in {"01", "8006"} else company_prefix_length
    length = given if given is not None else looked_up(digits)
    if length is None:
        raise _refuse(
            "company_prefix_length",
            digits,
            f"The length of the company prefix of {digits} is not known; an EPC URN of AI {ai} needs it.",
            f"未知 {digits} 的厂商识别代码位数；AI {ai} 的 EPC URN 需要该位数。",
            "epc:company-prefix",
        )
    if not SHORTEST <= length <= min(LONGEST, len(digits)):
        raise _refuse(
            "company_prefix_length",
            str(length),
            f"A company prefix in an EPC URN has {SHORTEST} to {LONGEST} digits, not {length}.",
            f"EPC URN 中的厂商识别代码为 {SHORTEST} 至 {LONGEST} 位，而非 {length} 位。",
            "epc:company-prefix",
        )
    return length


def _item(gtin: str, given: int | None) -> str:
    """`{prefix}.{indicator}{item}` of a GTIN of 14 digits."""
    length = _prefix_length("01", gtin[1:13], given)
    return f"{gtin[1 : 1 + length]}.{gtin[0]}{gtin[1 + length : 13]}"


def _plain(ai: str, number: str, given: int | None) -> str:
    """`{prefix}.{rest}` of a number with its check digit at the end."""
    length = _prefix_length(ai, number[:-1], given)
    return f"{number[:length]}.{number[length:-1]}"


def _of_text(ai: str, text: str, given: int | None) -> str:
    """`{prefix}.{rest}` of a key whose company prefix is followed by text."""
    digits = text[: len(text) - len(text.lstrip("0123456789"))]
    length = _prefix_length(ai, digits, given)
    return f"{text[:length]}.{escaped(text[length:])}"


def _gtin_urn(gtin: str, more: Mapping[str, str], given: int | None) -> str:
    item = _item(gtin, given)
    if "21" in more:
        return f"urn:epc:id:sgtin:{item}.{escaped(more['21'])}"
    if "235" in more:
        return f"urn:epc:id:upui:{item}.{escaped(more['235'])}"
    if "10" in more:
        return f"urn:epc:class:lgtin:{item}.{escaped(more['10'])}"
    return f"urn:epc:idpat:sgtin:{item}.*"


def _sscc_urn(sscc: str, _more: Mapping[str, str], given: int | None) -> str:
    length = _prefix_length("00", sscc[1:17], given)
    return f"urn:epc:id:sscc:{sscc[1 : 1 + length]}.{sscc[0]}{sscc[1 + length : 17]}"


def _sgln_urn(gln: str, more: Mapping[str, str], given: int | None) -> str:
    return f"urn:epc:id:sgln:{_plain('414', gln, given)}.{escaped(more.get('254', '0'))}"


def _itip_urn(itip: str, more: Mapping[str, str], given: int | None) -> str:
    item = f"{_item(itip[:14], given)}.{itip[14:16]}.{itip[16:]}"
    return f"urn:epc:id:itip:{item}.{escaped(more['21'])}" if "21" in more else f"urn:epc:idpat:itip:{item}.*"


def _cpi_urn(cpid: str, more: Mapping[str, str], given: int | None) -> str:
    part = _of_text("8010", cpid, given)
    return f"urn:epc:id:cpi:{part}.{more['8011']}" if "8011" in more else f"urn:epc:idpat:cpi:{part}.*"


def _numbered(scheme: str, ai: str) -> "_Writer":
    def write(number: str, _more: Mapping[str, str], given: int | None) -> str:
        return f"urn:epc:id:{scheme}:{_plain(ai, number, given)}"

    return write


def _with_serial(scheme: str, ai: str, skip: int = 0) -> "_Writer":
    """Keys of 13 digits with a serial part in the same value; `skip`: zeros in front."""

    def write(value: str, _more: Mapping[str, str], given: int | None) -> str:
        number, serial = value[skip : skip + 13], value[skip + 13 :]
        kind = _plain(ai, number, given)
        return (
            f"urn:epc:id:{scheme}:{kind}.{escaped(serial)}" if serial else f"urn:epc:idpat:{scheme}:{kind}.*"
        )

    return write


def _lettered(scheme: str, ai: str) -> "_Writer":
    def write(text: str, _more: Mapping[str, str], given: int | None) -> str:
        return f"urn:epc:id:{scheme}:{_of_text(ai, text, given)}"

    return write


_Writer = Callable[[str, Mapping[str, str], int | None], str]
_WRITERS: Final[dict[str, _Writer]] = {
    "00": _sscc_urn,
    "01": _gtin_urn,
    "253": _with_serial("gdti", "253"),
    "255": _with_serial("sgcn", "255"),
    "401": _lettered("ginc", "401"),
    "402": _numbered("gsin", "402"),
    "414": _sgln_urn,
    "417": _numbered("pgln", "417"),
    "8003": _with_serial("grai", "8003", skip=1),
    "8004": _lettered("giai", "8004"),
    "8006": _itip_urn,
    "8010": _cpi_urn,
    "8017": _numbered("gsrnp", "8017"),
    "8018": _numbered("gsrn", "8018"),
}


def urn_of_elements(elements: Sequence[Element], prefix_length: int | None = None) -> str:
    """The EPC URN of the first key that has one, with its qualifiers.

    A key without a serial part gives the pattern of its class (`urn:epc:idpat:sgtin:….*`), a GTIN with a lot
    and no serial `urn:epc:class:lgtin:…`. `prefix_length`: digits of the company prefix; else looked up.
    Raises `Malformed` when no key has a URN, a value is wrong, or the prefix length is unknown.
    """
    values = {element.ai: element.value for element in elements}
    key = next((element for element in elements if element.ai in _WRITERS), None)
    if key is None:
        raise _refuse(
            "elements",
            "".join(f"({element.ai})" for element in elements),
            "There is no EPC URN for these; it takes a key such as (01), (00), (414), (417) or (8003).",
            "这些应用标识符没有对应的 EPC URN；需要 (01)、(00)、(414)、(417)、(8003) 等主标识。",
            "epc:no-key",
        )
    for element in elements:
        faults = value_faults(element.ai, element.value)
        if faults:
            raise Malformed(faults[0].message, faults[0].message_zh, faults)
    return _WRITERS[key.ai](key.value, values, prefix_length)

"""From what a person types or scans to what it names."""

import re
from typing import Final

from service.errors import Malformed
from service.identifiers.ai_values import Element, value_faults
from service.identifiers.drug_code import DRUG_CODE_LENGTH, drug_code_uri
from service.identifiers.element_identity import identity_of_elements
from service.identifiers.element_string import SYMBOLOGY, WRITTEN_FNC1, split_bracketed, split_message
from service.identifiers.epc_binary import is_hexadecimal_epc, read_hexadecimal
from service.identifiers.gs1 import GTIN_LENGTHS, Gtin, Sscc, has_right_check_digit, is_digits, parse_lot
from service.identifiers.key_rules import KEY_RULES
from service.identifiers.kinds import Identity, Kind, identity_of_key
from service.identifiers.symbologies import without_wrapping
from service.identifiers.uri_identity import identify, identity_of_tag, is_absolute_uri

CODE_MAX: Final = 8_192  # characters

_GTIN_AND_LOT: Final = re.compile(r"([0-9]{8}|[0-9]{12,14})[ +/](.+)")
_ANY_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
HOST_AND_PATH: Final = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}/\S+")
#: Full-width forms of ASCII, as Chinese keyboards give them; other look-alikes are nobody's digits.
_FULL_WIDTH: Final = {0xFF01 + at: chr(0x21 + at) for at in range(94)} | {0x3000: " "}
#: A link in a symbol that claims to carry element strings: wrongly printed, and clear all the same.
_URL_IN_A_SYMBOL: Final = re.compile(r"\][A-Za-z][0-9A-Za-z](?=https?://)", re.IGNORECASE)
#: Blanks, and FNC1 as a scanner gives it, which `\s` covers too.
_BESIDE_BRACKETS: Final = re.compile(r"\s*([()])\s*")
#: GTINs and SSCCs as people print them; their check digits tell of what does not belong together.
_SPACED_NUMBER: Final = re.compile(r"\((?:00|01|02)\)[0-9 ]+")
_INVISIBLE: Final = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060")


def identify_code(text: str) -> Identity:
    """What a person may type or scan: every URI, and the bare and bracketed forms of GS1 codes.

    Bare GTIN-8, -12, -13, -14 (a GLN looks the same: the GTIN wins), SSCC-18, a GTIN and a lot parted by a
    blank, + or /, element strings with brackets or as a scanner gives them, the Chinese 20-digit drug code,
    and the EPC of a tag in hexadecimal digits. Full-width characters are taken as plain ones. Only the key
    and its qualifiers are checked. Raises `Malformed`.
    """
    return identity_of_code(plain_code(text))


def plain_code(text: str) -> str:
    """The text without invisible and full-width characters, and without what a scanner put around it.

    Raises `Malformed` when it is too long, or no code of the symbology that it names.
    """
    if len(text) > CODE_MAX:
        raise _refuse_code(text)
    code = text.translate(_INVISIBLE).strip(" \t\r\n\u3000")
    if not code.isascii() and not is_absolute_uri(code):
        code = code.translate(_FULL_WIDTH).strip()
    return without_wrapping(_URL_IN_A_SYMBOL.sub("", code, count=1))


def identity_of_code(code: str) -> Identity:
    """`identify_code` of a text that `plain_code` gave."""
    if is_absolute_uri(code):
        return identify(code)
    if is_element_string(code):
        return identity_of_elements(split_code(code))
    code = without_symbology(code)
    if is_digits(code):
        return _identify_digits(code)
    if is_absolute_uri(code):
        return identify(code)
    pair = _GTIN_AND_LOT.fullmatch(code)
    if pair is not None:
        return identity_of_key("01", Gtin.parse(pair[1], "code").value, {"10": parse_lot(pair[2], "code")})
    if HOST_AND_PATH.fullmatch(code) is not None:
        identity = identify(f"https://{code}")
        if identity.kind is not Kind.OTHER:
            return identity
    if is_hexadecimal_epc(code):
        return identity_of_tag(read_hexadecimal(code))
    raise _refuse_code(code)


def without_symbology(code: str) -> str:
    """The code without the symbology identifier of a symbol that carries plain text, such as `]Q1`."""
    if not code.startswith("]") or SYMBOLOGY.match(code):
        return code
    return _ANY_SYMBOLOGY.sub("", code, count=1)


def is_element_string(code: str) -> bool:
    """Whether a code is meant as an element string, with brackets or as a scanner gives it."""
    if code.startswith("(") or SYMBOLOGY.match(code) or WRITTEN_FNC1.search(code) or "\x1d" in code:
        return True
    if is_digits(code) and len(code) in {*GTIN_LENGTHS, 18}:
        return False
    if is_digits(code) and len(code) == DRUG_CODE_LENGTH:
        return code.startswith("00") and has_right_check_digit(code[2:])
    if code.startswith("01") and _begins_with_number(code[2:], 14):
        return True
    if code.startswith("00") and _begins_with_number(code[2:], 18):
        return True
    return is_digits(code[:2]) and _is_message_with_key(code)


def _begins_with_number(text: str, length: int) -> bool:
    number = text[:length]
    return len(number) == length and is_digits(number)


def _is_message_with_key(code: str) -> bool:
    """Whether every value fits, and one is a key: its right check digit among them is no chance."""
    try:
        elements = split_message(code)
    except Malformed:
        return False
    keys = [KEY_RULES[element.ai].value for element in elements if element.ai in KEY_RULES]
    return any(key.checked for key in keys) and not any(
        value_faults(element.ai, element.value) for element in elements
    )


def split_code(code: str) -> list[Element]:
    """The elements of an element string of either form; values are not checked. Raises `Malformed`."""
    if code.startswith("("):
        # Printed text has blanks beside brackets and between the digits of numbers that check themselves. One
        # inside another value stays, to be refused: nobody knows whether (10)A B is the lot AB.
        code = _SPACED_NUMBER.sub(lambda number: "".join(number[0].split()), code)
        return split_bracketed(_BESIDE_BRACKETS.sub(r"\1", code).rstrip())
    return split_message(code)


def _identify_digits(code: str) -> Identity:
    if len(code) == 18:
        return identity_of_key("00", Sscc.parse(code, "code").value, {})
    if len(code) == DRUG_CODE_LENGTH:
        return Identity(drug_code_uri(code), Kind.DRUG_CODE)
    return identity_of_key("01", Gtin.parse(code, "code").value, {})


def _refuse_code(text: str) -> Malformed:
    return Malformed.field(
        "code",
        text[:CODE_MAX],
        "A code is a URI, a GTIN of 8, 12, 13 or 14 digits, a GTIN and a lot (06901234567892 L1), an SSCC of "
        "18 digits, an element string such as (01)06901234567892(10)L1, or a drug code of 20 digits.",
        "编码可以是 URI、8/12/13/14 位商品条码（GTIN）、商品条码加批号（06901234567892 L1）、18 位 SSCC、"
        "(01)06901234567892(10)L1 形式的单元数据串，或 20 位药品追溯码。",
        "code:unknown",
    )

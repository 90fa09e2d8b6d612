"""From the text of an identifier to what it names. Pure, and fast enough for every event's every identifier."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from service.errors import Malformed
from service.identifiers.drug_code import DRUG_CODE_LENGTH, DRUG_URI_PREFIX, drug_code_uri, parse_drug_code
from service.identifiers.epc_urn import CLASS_SCHEMES, known_scheme, read_epc, read_pattern
from service.identifiers.gs1 import Gtin, Sscc, has_right_check_digit, is_digits, parse_lot
from service.identifiers.kinds import Identity, Kind, identity_of_key
from service.identifiers.link_identity import identify_link

__all__ = ["Identity", "Kind", "identify", "identify_code"]

URI_MAX: Final = 2048  # characters; longer ones do not fit an index
CACHED: Final = 65_536  # identifiers

_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f\u3000]+")
_GTIN_AND_LOT: Final = re.compile(r"([0-9]{8}|[0-9]{12,14})[ +/](.+)")


@lru_cache(maxsize=CACHED)
def identify(text: str) -> Identity:
    """What an absolute URI names: EPC URN, GS1 Digital Link of any domain, minted URI, or any other URI.

    Raises `Malformed` (field `identifier`) for text that is no absolute URI, and for a GS1 URN or a
    recognisable Digital Link with a broken check digit, length, character or order. A web address that is no Digital Link
    is of kind OTHER, never refused.
    """
    uri = text.strip()
    if len(uri) > URI_MAX or _ABSOLUTE_URI.fullmatch(uri) is None:
        raise Malformed.field(
            "identifier",
            text[:URI_MAX],
            f"An identifier is an absolute URI of at most {URI_MAX} characters without blanks, "
            "such as https://id.gs1.org/01/06901234567892/10/L1 or urn:epc:id:sgtin:….",
            f"标识应为不含空白、不超过 {URI_MAX} 个字符的绝对 URI，"
            "例如 https://id.gs1.org/01/06901234567892/10/L1 或 urn:epc:id:sgtin:…。",
            "uri:absolute",
        )
    head = uri[:8].lower()
    if head == "urn:epc:":
        return _identify_epc(uri)
    if head.startswith("http"):
        return identify_link(uri)
    if uri.startswith(DRUG_URI_PREFIX):
        return Identity(
            DRUG_URI_PREFIX + parse_drug_code(uri[len(DRUG_URI_PREFIX) :], "identifier"), Kind.DRUG_CODE
        )
    if uri.startswith("urn:epcglobal:cbv:bt:"):
        return Identity(uri, Kind.DOCUMENT)
    return Identity(uri, Kind.OTHER)


def _identify_epc(uri: str) -> Identity:
    parts = uri.split(":", 4)
    if len(parts) < 5 or not known_scheme(parts[3]):
        return Identity(uri, Kind.OTHER)
    form, scheme, body = parts[2], parts[3], parts[4]
    if form == "idpat":
        key = read_pattern(uri, scheme, body)
        return Identity(uri, Kind.OTHER) if key is None else identity_of_key(*key)
    if form == ("class" if scheme in CLASS_SCHEMES else "id"):
        return identity_of_key(*read_epc(uri, scheme, body))
    return Identity(uri, Kind.OTHER)


def identify_code(text: str) -> Identity:
    """What a person may type or scan: every URI, and the bare and bracketed forms of GS1 codes.

    Bare GTIN-8, -12, -13, -14 (a GLN looks the same: the GTIN wins), SSCC-18, a GTIN and a lot parted by a blank, + or /,
    element strings `(01)…(10)…`, and the Chinese 20-digit drug code. Raises `Malformed` (field `code`).
    """
    code = unicodedata.normalize("NFKC", text).strip()
    if _ABSOLUTE_URI.fullmatch(code) is not None:
        return identify(code)
    if is_digits(code):
        return _identify_digits(code)
    pair = _GTIN_AND_LOT.fullmatch(code)
    if pair is not None:
        return identity_of_key("01", Gtin.parse(pair[1], "code").value, {"10": parse_lot(pair[2], "code")})
    raise _refuse_code(text)


def _identify_digits(code: str) -> Identity:
    if len(code) == 18:
        return identity_of_key("00", Sscc.parse(code, "code").value, {})
    if len(code) == DRUG_CODE_LENGTH:
        if code.startswith("00") and has_right_check_digit(code[2:]):
            return identity_of_key("00", code[2:], {})
        return Identity(drug_code_uri(code), Kind.DRUG_CODE)
    return identity_of_key("01", Gtin.parse(code, "code").value, {})


def _refuse_code(text: str) -> Malformed:
    return Malformed.field(
        "code",
        text[:URI_MAX],
        "A code is a URI, a GTIN of 8, 12, 13 or 14 digits, a GTIN and a lot (06901234567892 L1), an SSCC of 18 digits, "
        "an element string such as (01)06901234567892(10)L1, or a drug code of 20 digits.",
        "编码可以是 URI、8/12/13/14 位商品条码（GTIN）、商品条码加批号（06901234567892 L1）、18 位 SSCC、"
        "(01)06901234567892(10)L1 形式的单元数据串，或 20 位药品追溯码。",
        "code:unknown",
    )

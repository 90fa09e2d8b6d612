"""From the text of an identifier to what it names: pure, and fast enough for each one of each event."""

import re
from functools import lru_cache
from typing import Final

from service.errors import Malformed
from service.identifiers.drug_code import DRUG_URI_PREFIX, parse_drug_code
from service.identifiers.element_identity import identity_of_elements
from service.identifiers.epc_binary import TagData, is_raw_uri, is_tag_uri, read_tag_uri
from service.identifiers.epc_urn import CLASS_SCHEMES, known_scheme, read_epc, read_pattern
from service.identifiers.kinds import Identity, Kind, identity_of_key
from service.identifiers.link_identity import identify_link
from service.identifiers.odd_uris import odd_uri
from service.identifiers.plain_serials import identify_plain_serial

__all__ = ["Identity", "Kind", "identify", "identity_of_tag", "is_absolute_uri"]

URI_MAX: Final = 2048  # characters; longer ones do not fit an index
CACHED: Final = 65_536  # identifiers

_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f\u3000]+")


def is_absolute_uri(text: str) -> bool:
    """Whether the text is an absolute URI: a scheme, a colon, and no blanks."""
    return _ABSOLUTE_URI.fullmatch(text) is not None


@lru_cache(maxsize=CACHED)
def identify(text: str) -> Identity:
    """What an absolute URI names: EPC URN, GS1 Digital Link of any domain, minted URI, or any other URI.

    Raises `Malformed` (field `identifier`) for text that is no absolute URI, and for a GS1 URN or a
    recognisable Digital Link with a broken check digit, length, character or order; also for `javascript:`
    and its like, and for escaped control characters. A web address that is no Digital Link is of kind OTHER.
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
    identity = identify_plain_serial(uri) or _identify(uri)
    if identity.kind is Kind.OTHER:
        odd = odd_uri("identifier", identity.uri)
        if odd is not None:
            raise Malformed(odd.message, odd.message_zh, (odd,))
    return identity


def _identify(uri: str) -> Identity:
    head = uri[:8].lower()
    if head == "urn:epc:":
        return _identify_tag(uri) if is_tag_uri(uri) else _identify_epc(uri)
    if head.startswith("http"):
        return identify_link(uri)
    if uri.startswith(DRUG_URI_PREFIX):
        return Identity(
            DRUG_URI_PREFIX + parse_drug_code(uri[len(DRUG_URI_PREFIX) :], "identifier"), Kind.DRUG_CODE
        )
    if uri.startswith("urn:epcglobal:cbv:bt:"):
        return Identity(uri, Kind.DOCUMENT)
    return Identity(uri, Kind.OTHER)


def _identify_tag(uri: str) -> Identity:
    """A tag URI names what its pure identity does; raw data that are no EPC name nothing but themselves."""
    try:
        tag = read_tag_uri(uri)
    except Malformed:
        if is_raw_uri(uri):
            return Identity(uri, Kind.OTHER)
        raise
    return identity_of_tag(tag)


def identity_of_tag(tag: TagData) -> Identity:
    """What the EPC of a tag names. Raises `Malformed` for a key that breaks a rule."""
    return identity_of_elements(tag.elements) if tag.pure_uri is None else _identify_epc(tag.pure_uri)


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

"""What an identifier names: its kind, and the one spelling by which it is stored and compared."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import quote

CANONICAL_HOST: Final = "https://id.gs1.org"


class Kind(StrEnum):
    """What an identifier names."""

    PRODUCT = "product"  # a class of trade items
    BATCH = "batch"  # a class of trade items with its lot
    UNIT = "unit"  # one serialised trade item
    LOGISTIC = "logistic"  # what holds others: SSCC, GRAI, GIAI, and the groupings GINC and GSIN
    SITE = "site"  # a place
    PARTY = "party"  # a legal entity
    DOCUMENT = "document"  # GDTI, coupons, payment slips, business transactions
    SERVICE_RELATION = "service_relation"  # GSRN
    DRUG_CODE = "drug_code"  # a Chinese drug traceability code
    OTHER = "other"  # any other URI


class Identity(NamedTuple):
    """One identifier, understood.

    `uri`: the key by which the whole system stores and compares. For a GS1 key the canonical
    `https://id.gs1.org/{ai}/{value}[/{qualifier}/{value}]`, without a query; a unit's never holds the lot or
    the variant, a batch's never holds the variant. For any other URI the text as given.
    `gtin`: 14 digits. `lot`, `serial`: decoded. `gln`: 13 digits, of a site or a party.
    `product_uri`, `batch_uri`: the class-level URIs this belongs to, where they are known.
    """

    uri: str
    kind: Kind
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    gln: str | None = None
    product_uri: str | None = None
    batch_uri: str | None = None


_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~\-]*")


def escape(text: str) -> str:
    """Percent-escape all but the unreserved characters of RFC 3986, as canonical Digital Links do."""
    return text if _UNRESERVED.fullmatch(text) is not None else quote(text, safe="")


_KINDS: Final = {
    "00": Kind.LOGISTIC,
    "253": Kind.DOCUMENT,
    "255": Kind.DOCUMENT,
    "401": Kind.LOGISTIC,
    "402": Kind.LOGISTIC,
    "414": Kind.SITE,
    "415": Kind.PARTY,
    "417": Kind.PARTY,
    "8003": Kind.LOGISTIC,
    "8004": Kind.LOGISTIC,
    "8013": Kind.PRODUCT,
    "8017": Kind.SERVICE_RELATION,
    "8018": Kind.SERVICE_RELATION,
}


def identity_of_key(key: str, value: str, qualifiers: Mapping[str, str]) -> Identity:
    """The identity of a valid GS1 key with its valid, decoded qualifiers by AI (in their legal order)."""
    if key == "01":
        return _trade_item(value, "", value, qualifiers)
    if key == "8006":
        return _trade_item(value[:14], value, value[:14], qualifiers)
    start = f"{CANONICAL_HOST}/{key}/{escape(value)}"
    if key == "8010":
        serial = qualifiers.get("8011")
        if serial is None:
            return Identity(start, Kind.PRODUCT, product_uri=start)
        return Identity(f"{start}/8011/{serial}", Kind.UNIT, serial=serial, product_uri=start)
    uri = start + "".join(
        f"/{ai}/{escape(text)}"
        for ai, text in qualifiers.items()
        if not (ai == "254" and text == "0")  # extension 0 means: no extension (EPC Tag Data Standard 6.3.3)
    )
    kind = _KINDS[key]
    if key == "415" and "8020" in qualifiers:
        kind = Kind.DOCUMENT
    return Identity(
        uri,
        kind,
        gln=value if key in {"414", "415", "417"} else None,
        product_uri=start if kind is Kind.PRODUCT else None,
    )


def _trade_item(gtin: str, itip: str, value: str, qualifiers: Mapping[str, str]) -> Identity:
    product = f"{CANONICAL_HOST}/01/{gtin}"
    start = f"{CANONICAL_HOST}/8006/{itip}" if itip else f"{CANONICAL_HOST}/01/{value}"
    lot = qualifiers.get("10")
    batch = None if lot is None else f"{product}/10/{escape(lot)}"
    for ai in ("21", "235"):
        serial = qualifiers.get(ai)
        if serial is not None:
            uri = f"{start}/{ai}/{escape(serial)}"
            return Identity(uri, Kind.UNIT, gtin, lot, serial, None, product, batch)
    if lot is not None:
        uri = f"{start}/10/{escape(lot)}"
        return Identity(uri, Kind.BATCH, gtin, lot, None, None, product, batch)
    variant = qualifiers.get("22")
    uri = start if variant is None else f"{start}/22/{escape(variant)}"
    return Identity(uri, Kind.PRODUCT, gtin, None, None, None, product, None)

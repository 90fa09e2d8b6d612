"""Identifiers that the service mints for growers and places without a GS1 number; builders of links.

A minted id is 13 characters of Crockford's base 32, lower case (no i, l, o, u): 12 carry 60 random bits, the
last is a check character. The check is a Reed-Solomon syndrome over GF(32), so that every single wrong
character and every exchange of two characters is caught.
"""

from typing import Final
from urllib.parse import quote

from service.errors import Malformed
from service.identifiers.gs1 import Gtin, parse_lot, parse_serial
from service.identifiers.uscc import parse_uscc

MINTED_LENGTH: Final = 13  # characters
RANDOM_BYTES: Final = 8  # of which 60 bits are used
GS1_HOST: Final = "https://id.gs1.org"

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}


def _times_alpha(element: int) -> int:
    """The product with the generator of GF(32), whose polynomial is x^5 + x^2 + 1."""
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def _syndrome(text: str) -> int:
    total = 0
    for character in text:
        total = _times_alpha(total) ^ _VALUES[character]
    return total


def mint_id(random_bytes: bytes) -> str:
    """A new id from at least 8 random bytes (the first 60 bits are used)."""
    if len(random_bytes) < RANDOM_BYTES:
        raise ValueError(f"a minted id takes {RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    number = int.from_bytes(random_bytes[:RANDOM_BYTES], "big") >> 4
    body = "".join(_ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))
    return body + _ALPHABET[_times_alpha(_syndrome(body))]


def is_minted_id(text: str) -> bool:
    """Whether the text has the shape and the check character of a minted id."""
    return (
        len(text) == MINTED_LENGTH and all(character in _VALUES for character in text) and not _syndrome(text)
    )


def _require_minted(identifier: str, field: str) -> str:
    if not is_minted_id(identifier):
        raise Malformed.field(
            field,
            identifier,
            "A minted id has 13 characters, 0-9 and a-z without i, l, o, u; the last is a check character.",
            "本服务发放的编号为 13 个字符（0-9 及除 i、l、o、u 外的小写字母），末位为校验字符。",
            "suyuan:minted-id",
        )
    return identifier


def product_uri(base_url: str, identifier: str) -> str:
    """`{base}/product/{id}`. Raises `Malformed` when the id is none that is minted here."""
    return f"{base_url.rstrip('/')}/product/{_require_minted(identifier, 'product')}"


def batch_uri(product: str, lot: str) -> str:
    """The batch of a minted product: `{product uri}/lot/{lot}`. Raises `Malformed` on a bad lot."""
    return f"{product}/lot/{quote(parse_lot(lot), safe='')}"


def unit_uri(product: str, serial: str) -> str:
    """The unit of a minted product: `{product uri}/unit/{serial}`. Raises `Malformed` on a bad serial."""
    return f"{product}/unit/{quote(parse_serial(serial), safe='')}"


def site_uri(base_url: str, identifier: str) -> str:
    """`{base}/site/{id}`. Raises `Malformed` when the id is none that is minted here."""
    return f"{base_url.rstrip('/')}/site/{_require_minted(identifier, 'site')}"


def party_uri(base_url: str, identifier: str) -> str:
    """`{base}/party/{id}`; `identifier`: a minted id or a unified social credit code. Raises `Malformed`."""
    text = identifier if is_minted_id(identifier) else parse_uscc(identifier, "party")
    return f"{base_url.rstrip('/')}/party/{text}"


def gs1_product_uri(gtin: str, host: str = GS1_HOST) -> str:
    """`{host}/01/{gtin}`."""
    return f"{host.rstrip('/')}/01/{Gtin.parse(gtin).value}"


def gs1_batch_uri(gtin: str, lot: str, host: str = GS1_HOST) -> str:
    """`{host}/01/{gtin}/10/{lot}`; `host`: as `https://trace.example.cn`. Raises `Malformed`."""
    return f"{gs1_product_uri(gtin, host)}/10/{quote(parse_lot(lot), safe='')}"


def gs1_unit_uri(gtin: str, serial: str, host: str = GS1_HOST, lot: str | None = None) -> str:
    """`{host}/01/{gtin}[/10/{lot}]/21/{serial}`. Labels may carry the lot; the canonical key does not."""
    start = gs1_product_uri(gtin, host) if lot is None else gs1_batch_uri(gtin, lot, host)
    return f"{start}/21/{quote(parse_serial(serial), safe='')}"

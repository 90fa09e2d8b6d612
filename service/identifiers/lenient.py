"""Identifiers in events: kept whatever they are.

An event that happened is not refused for a wrong check digit in somebody's label. Such an identifier
is a plain URI: it is stored, found and traced under exactly the text given.
"""

from functools import lru_cache

from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.minted import gs1_batch_uri


@lru_cache(maxsize=65_536)
def identity_of(text: str) -> Identity:
    """`identify(text)`, or the text as it stands (`Kind.OTHER`) where it breaks a rule."""
    try:
        return identify(text)
    except Malformed:
        return Identity(text.strip(), Kind.OTHER)


def batch_uri_of(gtin: str, lot: str) -> str:
    """The canonical URI of a GTIN's lot; a lot outside GS1's characters keeps them, unescaped."""
    try:
        return gs1_batch_uri(gtin, lot)
    except Malformed:
        return f"https://id.gs1.org/01/{gtin}/10/{lot}"

"""Serial numbers by the hundred thousand: what is the same in all those of one product is read once. Pure.

Only the plainest spellings: letters and digits after a product that the full reader accepts. All others, and
whatever is wrong, are left to it.
"""

import re
from functools import lru_cache
from typing import Final

from service.errors import Malformed
from service.identifiers.epc_urn import read_epc
from service.identifiers.kinds import CANONICAL_HOST, Identity, Kind
from service.identifiers.link_identity import identify_link

#: The product's part, and a serial that every spelling writes as it is (AI 21: at most 20 characters).
_PLAIN: Final = re.compile(
    r"(urn:epc:id:sgtin:[0-9]{6,12}\.[0-9]{1,7}\.|https://id\.gs1\.org/01/[0-9]{14}/21/)([A-Za-z0-9]{1,20})"
)
_URN: Final = "urn:epc:id:sgtin:"


def identify_plain_serial(uri: str) -> Identity | None:
    """What the URI names, the same as `identify` says; None where that has to say it."""
    match = _PLAIN.fullmatch(uri)
    gtin = None if match is None else _gtin_before(match[1])
    if match is None or gtin is None:
        return None
    product = f"{CANONICAL_HOST}/01/{gtin}"
    return Identity(f"{product}/21/{match[2]}", Kind.UNIT, gtin, None, match[2], None, product, None)


@lru_cache(maxsize=4096)
def _gtin_before(head: str) -> str | None:
    """The GTIN of the product's part; None where it breaks a rule."""
    try:
        if head.startswith(_URN):
            return read_epc(head + "0", "sgtin", head[len(_URN) :] + "0")[1]
        return identify_link(head + "0").gtin
    except Malformed:
        return None

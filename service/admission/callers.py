"""Who asks: the address that pays for a request without a key, the party that pays for one with a key."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from service.admission.generations import Generations
from service.signals.addresses import NETWORK_V6, parse_address

#: Addresses whose meaning is remembered.
ADDRESSES_MOST: Final = 65_536
#: Keys whose owner is remembered.
KEYS_MOST: Final = 16_384
KEY_OCTETS: Final = 16
BEARER: Final = b"bearer "

Headers = Iterable[tuple[bytes, bytes]]


@lru_cache(maxsize=ADDRESSES_MOST)
def payer_of(host: str | None, *, private: bool) -> str | None:
    """Whose bucket a request from an address takes from: an IPv4 address, the /64 of an IPv6 one.

    None where nobody's does: a socket without an address, and, unless `private`, an address that is no
    one's on the Internet. It may be that of a proxy which was not named, with everybody behind it.
    """
    address = parse_address(host)
    if address is None or not (private or address.is_global):
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, NETWORK_V6), strict=False))
    return str(address)


def key_of(headers: Headers) -> bytes | None:
    """A digest of the key or token that a request shows; None where it shows none."""
    shown = b""
    for name, value in headers:
        if name == b"authorization" and value[: len(BEARER)].lower() == BEARER:
            shown = value[len(BEARER) :].strip()
            break
        if name == b"x-api-key":
            shown = value.strip()
    return blake2b(shown, digest_size=KEY_OCTETS).digest() if shown else None


class Known:
    """Keys that were answered, and whose they are: all keys of a party count as one caller.

    What is remembered decides on nothing but turns: each request's key is looked up all the same.
    """

    def __init__(self, most: int = KEYS_MOST) -> None:
        self._names: Generations[bytes, str] = Generations(most)

    def find(self, key: bytes | None) -> str | None:
        """The caller with this key; None for one that was not answered of late."""
        return None if key is None else self._names.get(key)

    def learn(self, key: bytes, party_id: int | None) -> None:
        """A key was taken. `party_id`: None for the service's own."""
        self._names.put(key, f"key {key.hex()}" if party_id is None else f"party {party_id}")

    def forget(self, key: bytes) -> None:
        """A key was refused."""
        self._names.drop(key)

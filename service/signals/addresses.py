"""The address of a request: never stored, only turned into a city or, with a salt of the day, into a hash.

The salt is drawn at random each day, shared by all processes through the database, and thrown away with its
day: after that nobody, the operator included, can tell which address a hash was made of.
"""

import ipaddress
import secrets
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from service.db.transaction import Transaction

SALT_OCTETS: Final = 32
HASH_OCTETS: Final = 16
#: An IPv6 subscriber has a network of this length, and new addresses in it each day.
NETWORK_V6: Final = 64
#: Addresses whose meaning is remembered, in memory, as those are that pay for requests.
ADDRESSES_MOST: Final = 4_096

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

INSERT_SALT = "INSERT INTO daily_salt (day, salt) VALUES ($1, $2) ON CONFLICT DO NOTHING"
FETCH_SALT = "SELECT salt FROM daily_salt WHERE day = $1"


@lru_cache(maxsize=ADDRESSES_MOST)
def parse_address(host: str | None) -> Address | None:
    """The address of a connection; None for a socket without one."""
    try:
        found = ipaddress.ip_address(host or "")
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def salted(salt: bytes, purpose: str, address: Address | None, *more: str) -> bytes:
    """16 octets that tell an address (of IPv6 its network) and `more` apart for as long as the salt lives."""
    whole = "\x00".join((purpose, _subscriber(address), *more))
    return blake2b(whole.encode("utf-8", "replace"), key=salt, digest_size=HASH_OCTETS).digest()


@lru_cache(maxsize=ADDRESSES_MOST)
def _subscriber(address: Address | None) -> str:
    """What of an address tells subscribers apart: of IPv6 its network."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, NETWORK_V6), strict=False))
    return str(address or "")


def salt_day(now: datetime) -> date:
    """The day whose salt is in use, in UTC."""
    return (now if now.tzinfo is UTC else now.astimezone(UTC)).date()


async def fetch_salt(tx: Transaction, day: date) -> bytes:
    """The day's salt; drawn by whoever asks first."""
    found: bytes | None = await tx.sql.fetchval(FETCH_SALT, day)
    if found is None:
        await tx.sql.execute(INSERT_SALT, day, secrets.token_bytes(SALT_OCTETS))
        found = await tx.sql.fetchval(FETCH_SALT, day)
    assert found is not None
    return found

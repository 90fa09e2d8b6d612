"""Where this service posts to on somebody else's word. It stands inside a network that they do not see: an
address of that network, or of the machine itself, would be asked with the service's own rights.

Source: the registries of special addresses (RFC 6890 and its updates, as `ipaddress` knows them), IPv4 inside
IPv6 (RFC 4291, 2.5.5; RFC 3056; RFC 4380; RFC 6052), numbers as hosts (WHATWG URL standard, 3.5).
"""

import asyncio
import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

import httpx

from service.errors import Malformed

SCHEMES: Final = ("http", "https")
#: Characters of a destination.
MAX_DEST: Final = 2000
#: Ports of the open Internet that are posted to, and all from the second on: below it are mail and the like.
WEB_PORTS: Final = (80, 443)
FREE_PORTS_FROM: Final = 1024
#: Where clouds tell a machine its secrets. They lie among private addresses, and are no subscriber's.
METADATA: Final = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "169.254.169.254", "fd00:ec2::254"))
)
#: This machine, private networks, and those that a provider's customers share.
PRIVATE: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
            *("::1/128", "fc00::/7"),
        ),
    )
)
#: IPv4 inside IPv6: the last four octets (NAT64, its local form, and what is deprecated).
EMBEDDED: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
#: Ends of names that mean this machine or this network by themselves.
INSIDE: Final = ("localhost", "local", "internal", "home.arpa")
#: A browser takes a host for a number when its last part looks like one; so does the C library.
_NUMBER: Final = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClosedAddress(Exception):
    """An address that is not posted to."""


def check_dest(dest: object, *, private: bool, field: str = "/dest") -> str:
    """A destination that can be posted to. `private`: whether it may lie in a private network. Raises
    `Malformed`, naming the field. What a name leads to is looked at when it is posted to (`address_of`).
    """
    if isinstance(dest, str) and len(dest) <= MAX_DEST and dest.isprintable() and " " not in dest:
        try:
            parts = urlsplit(dest)
            port = parts.port  # raises where it is none
            host = httpx.URL(dest).host
        except (ValueError, httpx.InvalidURL):
            parts, port, host = urlsplit(""), None, ""
        if parts.scheme in SCHEMES and host and parts.hostname and "\\" not in dest:
            _require_plain(dest, parts.username, parts.password, field)
            _require_port(dest, port, private=private, field=field)
            if not _is_closed_host(host, private=private):
                return dest
            raise Malformed.field(
                field,
                dest,
                "This service does not deliver to this machine, to private or link-local addresses; an "
                "operator can allow private ones (SUYUAN_DELIVERY_PRIVATE).",
                "本服务不向本机、私有或链路本地地址投递；运营者可放行私有地址（SUYUAN_DELIVERY_PRIVATE）。",
                "dest:closed",
            )
    raise Malformed.field(
        field,
        dest,
        "An http or https address is wanted, such as https://client.example.com/callback.",
        "应为 http 或 https 地址，例如 https://client.example.com/callback。",
    )


def _require_plain(dest: str, user: str | None, password: str | None, field: str) -> None:
    if user is not None or password is not None:
        raise Malformed.field(
            field,
            f"{dest.partition(':')[0]}://…@{dest.rpartition('@')[2]}",
            "An address holds no user and password; what is posted is signed.",
            "地址不得包含用户名和口令，推送内容带有签名。",
            "dest:user",
        )


def _require_port(dest: str, port: int | None, *, private: bool, field: str) -> None:
    if private or port is None or port in WEB_PORTS or port >= FREE_PORTS_FROM:
        return
    raise Malformed.field(
        field,
        dest,
        f"Of the ports below {FREE_PORTS_FROM} only 80 and 443 are posted to.",
        f"{FREE_PORTS_FROM} 以下的端口只投递 80 和 443。",
        "dest:port",
    )


def _is_closed_host(host: str, *, private: bool) -> bool:
    """Whether a host is closed as it is written."""
    try:
        return is_closed(ipaddress.ip_address(host.strip("[]").partition("%")[0]), private=private)
    except ValueError:
        name = host.rstrip(".").lower()
        if _NUMBER.fullmatch(name.rpartition(".")[2]):
            return True  # 2130706433 and 0x7f.1 are 127.0.0.1 to whoever connects
        return not private and any(name == end or name.endswith(f".{end}") for end in INSIDE)


def is_closed(address: Address, *, private: bool) -> bool:
    """Whether an address is not posted to. `private`: private and loopback ones are; nothing opens those
    between neighbours, of many receivers, of nobody, or where clouds keep their secrets.
    """
    inner = _inner(address)
    if inner is not None:
        return is_closed(inner, private=private)
    if address in METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return True
    if private and any(address in network for network in PRIVATE):
        return False
    return not address.is_global


def _inner(address: Address) -> Address | None:
    """The IPv4 address that packets to an IPv6 address end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.is_loopback or address.is_unspecified:
        return None
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in EMBEDDED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def address_of(host: str, port: int, *, private: bool) -> str:
    """The address to connect to: looked up once, checked, and then the very one that is connected to, for a
    name may mean another a moment later. Raises `ClosedAddress` where any it leads to is closed, and OSError.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    addresses = [str(address[4][0]) for address in found]
    for address in addresses:
        if is_closed(ipaddress.ip_address(address.partition("%")[0]), private=private):
            raise ClosedAddress(address)
    if not addresses:
        raise ClosedAddress(host)
    return addresses[0]

"""A document on its way to a subscriber: signed, bounded in time, to allowed addresses, without redirects."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import httpx

from service.errors import Malformed

SCHEMES: Final = ("http", "https")
#: Characters of a destination.
MAX_DEST: Final = 2000
#: Octets of an answer that are read, and characters of it that an error repeats.
ANSWER_OCTETS: Final = 4096
ANSWER_SHOWN: Final = 200
CONNECT_SECONDS: Final = 10.0
USER_AGENT: Final = f"suyuan/{version('suyuan')}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a post did not count as delivered. `too_large`: the receiver wants fewer events at once. `status`:
    what it answered. `in_doubt`: nobody knows whether the receiver has it.
    """

    reason: str
    too_large: bool = False
    status: int | None = None
    in_doubt: bool = False


def signature(token: str, body: bytes) -> str:
    """GS1-Signature: HMAC-SHA256 of the body's octets, keyed by the token's UTF-8, in hexadecimal."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def check_dest(dest: object, *, private: bool, field: str = "/dest") -> str:
    """A destination that can be posted to. Raises `Malformed`, naming the field."""
    if isinstance(dest, str) and len(dest) <= MAX_DEST and dest.isprintable() and " " not in dest:
        try:
            parts = urlsplit(dest)
            _ = parts.port  # raises where it is none
            httpx.URL(dest)
        except (ValueError, httpx.InvalidURL):
            parts = urlsplit("")
        if parts.scheme in SCHEMES and parts.hostname:
            if private or not _is_closed(parts.hostname):
                return dest
            raise Malformed.field(
                field,
                dest,
                "This service does not deliver to private, loopback or link-local addresses.",
                "本服务不向私有、回环或链路本地地址投递。",
            )
    raise Malformed.field(
        field,
        dest,
        "An http or https address is wanted, such as https://client.example.com/callback.",
        "应为 http 或 https 地址，例如 https://client.example.com/callback。",
    )


def _is_closed(host: str) -> bool:
    """Whether a host is written as an address that is not of the open Internet."""
    try:
        return not ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class Poster:
    """Posts documents; one for a process. `private`: whether private addresses may be posted to."""

    def __init__(self, *, timeout: float, private: bool) -> None:
        self.timeout = timeout
        self.private = private
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            headers={"User-Agent": USER_AGENT},
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def post(self, dest: str, body: bytes, headers: Mapping[str, str]) -> Refusal | None:
        """Post a body; None once it was answered with a 2xx."""
        try:
            async with asyncio.timeout(self.timeout):
                request = self._http.build_request("POST", dest, content=body, headers=headers)
                if not self.private:
                    await _to_open_address(request)
                return await self._send(request)
        except TimeoutError:
            return Refusal(f"no answer within {self.timeout:g} s", in_doubt=True)
        except _ClosedAddress as closed:
            return Refusal(f"{closed} is no address of the open Internet")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            # Whoever could not be connected to has nothing.
            unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | socket.gaierror)
            return Refusal(f"{type(error).__name__}: {error}"[:ANSWER_SHOWN], in_doubt=not unsent)

    async def _send(self, request: httpx.Request) -> Refusal | None:
        answer = await self._http.send(request, stream=True)
        try:
            if answer.is_success:
                return None
            said = b""
            async for part in answer.aiter_bytes():
                said += part
                if len(said) >= ANSWER_OCTETS:
                    break
        finally:
            await answer.aclose()
        words = "".join(letter if letter.isprintable() else " " for letter in said.decode("utf-8", "replace"))
        reason = f"HTTP {answer.status_code} {words.strip()[:ANSWER_SHOWN]}".strip()
        too_large = answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return Refusal(reason, too_large, answer.status_code)


class _ClosedAddress(Exception):
    """A name leads to an address that is not of the open Internet."""


async def _to_open_address(request: httpx.Request) -> None:
    """Look the host up and connect to the very address that was checked: a name may mean another later."""
    host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(address[4][0]) for address in found]
    closed = [address for address in addresses if _is_closed(address)]
    if closed or not addresses:
        raise _ClosedAddress(closed[0] if closed else host)
    request.extensions = {**request.extensions, "sni_hostname": host}
    request.url = request.url.copy_with(host=addresses[0])

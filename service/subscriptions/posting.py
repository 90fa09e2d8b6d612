"""A document on its way to a subscriber: signed, bounded in time, to allowed addresses, without redirects."""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Final

import httpx

from service.subscriptions.destinations import ClosedAddress, address_of

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


class Poster:
    """Posts documents; one for a process. `private`: whether private addresses may be posted to."""

    def __init__(self, *, timeout: float, private: bool) -> None:
        self.timeout = timeout
        self.private = private
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            # Connections are told apart by address: one that was made for another name at the same address
            # has shown another certificate.
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def post(self, dest: str, body: bytes, headers: Mapping[str, str]) -> Refusal | None:
        """Post a body; None once it was answered with a 2xx."""
        try:
            async with asyncio.timeout(self.timeout):
                request = self._http.build_request("POST", dest, content=body, headers=headers)
                await _at_checked_address(request, private=self.private)
                return await self._send(request)
        except TimeoutError:
            return Refusal(f"no answer within {self.timeout:g} s", in_doubt=True)
        except ClosedAddress as closed:
            return Refusal(f"{closed} is an address that this service does not deliver to")
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
            async for part in answer.aiter_raw():  # as sent: a kilobyte could unpack to megabytes
                said += part
                if len(said) >= ANSWER_OCTETS:
                    break
        finally:
            await answer.aclose()
        words = "".join(letter if letter.isprintable() else " " for letter in said.decode("utf-8", "replace"))
        reason = f"HTTP {answer.status_code} {words.strip()[:ANSWER_SHOWN]}".strip()
        too_large = answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return Refusal(reason, too_large, answer.status_code)


async def _at_checked_address(request: httpx.Request, *, private: bool) -> None:
    """The request to the address that its host leads to now, the host told in Host and TLS as before."""
    host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
    address = await address_of(host, port, private=private)
    request.extensions = {**request.extensions, "sni_hostname": host}
    request.url = request.url.copy_with(host=address)

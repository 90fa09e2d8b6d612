"""Common to what is answered in front of the framework: which paths are looked at, how an answer goes out."""

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from starlette.datastructures import MutableHeaders, State
from starlette.responses import Response
from starlette.types import Scope, Send

from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST, escape
from service.scan.remembered import Answer, Head, Headers
from service.web.plain_requests import fields_of
from service.web.security_headers import always

#: Octets of a path that is looked at.
PATH_MOST: Final = 300
#: A lot or a unit by its GTIN.
CODE: Final = re.compile(r"/01/[0-9]{14}(?:/10/[^/]+)?(?:/21/[^/]+)?")
#: The same, of characters that every link carries as they are, as far as GS1 has them in lots and serials.
UNESCAPED: Final = re.compile(
    r"/01/([0-9]{14})(?:/10/([A-Za-z0-9._-]{1,20}))?(?:/21/([A-Za-z0-9._-]{1,20}))?"
)
#: In the `state` of a request that was passed on already: what was said.
PASSED_ON: Final = "suyuan_passed_on"
#: Products whose check digits are remembered.
PRODUCTS_MOST: Final = 10_000


class Asked:
    """A GET as it was sent. `headers`: their names in lower case; `client`: address and port of who asks."""

    __slots__ = ("_fields", "_headers", "client", "path", "query")

    def __init__(
        self,
        path: bytes,
        query: bytes,
        headers: Headers | None,
        client: tuple[str, int] | None,
        fields: bytes = b"",
    ) -> None:
        """`fields`: as `plain_requests` has read them, instead of headers."""
        self.path, self.query, self.client = path, query, client
        self._headers, self._fields = headers, fields

    @property
    def headers(self) -> Headers:
        """Few answers need them."""
        if self._headers is None:
            self._headers = fields_of(self._fields)
        return self._headers


def header_of(headers: Headers, name: bytes) -> str | None:
    """The first header of this name, in lower case; None where there is none."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def identify_plain(code: str) -> Identity | None:
    """What `identify` says of the path of a lot or a unit in which nothing is escaped; None for all else,
    lots and units of other paths among it.
    """
    match = UNESCAPED.fullmatch(code)
    if match is None:
        return None
    gtin, lot, serial = match.groups()
    product = _product_of(gtin)
    if product is None or lot is serial is None:
        return None
    batch = None if lot is None else f"{product}/10/{lot}"
    if serial is None:
        assert batch is not None
        return Identity(batch, Kind.BATCH, gtin, lot, None, None, product, batch)
    return Identity(f"{product}/21/{serial}", Kind.UNIT, gtin, lot, serial, None, product, batch)


@lru_cache(maxsize=PRODUCTS_MOST)
def _product_of(gtin: str) -> str | None:
    """The URI of a product; None for digits that are no GTIN."""
    try:
        return identify(f"{CANONICAL_HOST}/01/{gtin}").uri
    except Malformed:
        return None


def identify_canonical(code: str) -> Identity | None:
    """The lot or unit of a path that is written as this service writes it; None for all else."""
    found = identify_plain(code)
    if found is not None:
        return found
    if CODE.fullmatch(code) is None:
        return None
    try:
        identity = identify(CANONICAL_HOST + code)
    except Malformed:
        return None
    if identity.kind not in (Kind.BATCH, Kind.UNIT):
        return None
    parts = ("01", identity.gtin), ("10", identity.lot), ("21", identity.serial)
    same = code == "".join(f"/{ai}/{escape(value)}" for ai, value in parts if value is not None)
    return identity if same else None


@dataclass(frozen=True, slots=True)
class PassedOn:
    """Left to the framework. `keep_since`: when the check began, if the framework's answer is to be kept."""

    keep_since: float | None = None


Tell = Callable[[Answer | PassedOn], None]


class Front(Protocol):
    """What answers before the framework does, or passes on, what is asked under `start`."""

    @property
    def start(self) -> bytes:
        """How its paths begin."""

    @property
    def queries(self) -> Collection[bytes]:
        """The queries that it answers."""

    def take(self, asked: Asked, state: State, tell: Tell) -> Answer | PassedOn | None:
        """An answer, or None: then `tell` is called later. `state`: of the application."""


def is_for(front: Front, path: bytes, query: bytes) -> bool:
    """Whether a front is to be asked."""
    return (
        path.startswith(front.start) and query in front.queries and len(path) <= PATH_MOST and path.isascii()
    )


async def answer_by(front: Front, scope: Scope, send: Send) -> PassedOn | None:
    """Send the answer of a front; what it says where it has none, or is not to be asked."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return PassedOn()
    path: bytes | None = scope.get("raw_path")
    if path is None or not is_for(front, path, scope["query_string"]):
        return PassedOn()
    passed: PassedOn | None = scope.get("state", {}).get(PASSED_ON)
    if passed is not None:
        return passed
    later: asyncio.Future[Answer | PassedOn] = asyncio.get_running_loop().create_future()

    def tell(answer: Answer | PassedOn) -> None:
        if not later.done():
            later.set_result(answer)

    asked = Asked(path, scope["query_string"], scope["headers"], scope.get("client"))
    answer = front.take(asked, scope["app"].state, tell) or await later
    if isinstance(answer, PassedOn):
        return answer
    await send_whole(send, answer)
    return None


def head_of(response: Response) -> Head:
    """The head of answers like this one, as they would come from the framework."""
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in always().items():
        headers.setdefault(name, value)
    return Head(response.status_code, headers.raw)


async def send_whole(send: Send, answer: Answer) -> None:
    """An answer in one piece."""
    head, body = answer.head, answer.body
    headers = [*head.headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": head.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

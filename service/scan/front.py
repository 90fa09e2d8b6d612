"""Common to what is answered in front of the framework: which paths are looked at, how an answer goes out."""

import re
from collections.abc import Collection
from typing import Final

from starlette.types import Scope, Send

from service.errors import Malformed
from service.identifiers.identity import Identity, Kind, identify
from service.identifiers.kinds import CANONICAL_HOST, escape

#: Octets of a path that is looked at.
PATH_MOST: Final = 300
#: A lot or a unit by its GTIN.
CODE: Final = re.compile(r"/01/[0-9]{14}(?:/10/[^/]+)?(?:/21/[^/]+)?")
#: Raw headers of an answer.
Headers = list[tuple[bytes, bytes]]


def path_of(scope: Scope, start: bytes, queries: Collection[bytes] = (b"",)) -> bytes | None:
    """The path of a GET under `start` with one of these queries, as it was sent; None for all else."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path: bytes | None = scope.get("raw_path")
    if path is None or not path.startswith(start) or scope["query_string"] not in queries:
        return None
    return path if len(path) <= PATH_MOST and path.isascii() else None


def header_of(scope: Scope, name: bytes) -> str | None:
    """The first header of this name, in lower case; None where there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def identify_canonical(code: str) -> Identity | None:
    """The lot or unit of a path that is written as this service writes it; None for all else."""
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


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """An answer in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

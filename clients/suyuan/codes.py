"""Codes explained: what any bar code text, URN or URI names, and every form of it."""

from collections.abc import Sequence
from typing import Any, Final

import httpx
import msgspec

from suyuan.call import Call
from suyuan.problems import Unreadable

CODES_MOST: Final = 10_000  # of one call
NDJSON: Final = "application/x-ndjson"


class Code(msgspec.Struct):
    """What one code says. `uri`: as the service stores it; `errors`: each rule broken, in two languages."""

    code: str
    form: str
    valid: bool
    kind: str | None = None
    uri: str | None = None
    batch_uri: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    gln: str | None = None
    uscc: str | None = None
    digital_link: str | None = None
    epc_urn: str | None = None
    element_string: str | None = None
    symbol_data: str | None = None
    hri: list[str] = []
    key: dict[str, str] | None = None
    qualifiers: list[dict[str, str]] = []
    attributes: list[dict[str, str]] = []
    errors: list[dict[str, Any]] = []
    product_uri: str | None = None
    line: int = 1


def identify(codes: Sequence[str]) -> Call[list[Code]]:
    """`POST /v1/identify` for 1 to `CODES_MOST` codes; the answers are in their order."""
    content = b"\n".join(map(msgspec.json.encode, codes))
    return Call(
        "POST",
        "/v1/identify",
        _read,
        content=content,
        headers={"Content-Type": NDJSON, "Accept": NDJSON},
        repeatable=True,
    )


def _read(response: httpx.Response) -> list[Code]:
    try:
        return msgspec.json.Decoder(Code).decode_lines(response.content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(str(response.request.url), str(error)) from error

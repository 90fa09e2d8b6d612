"""JSON objects in request bodies, read with a bound and numbers kept as they came."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from starlette.requests import Request

from service.errors import Malformed, Unsupported
from service.web.bodies import bounded
from service.web.epcis import JSON_TYPES

#: Octets of a definition or subscription.
MAX_OCTETS: Final = 64 * 1024

_decoder: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


async def read_object(request: Request, refusing: type[Malformed]) -> dict[str, Any]:
    """The JSON object that a request sends.

    Raises `refusing` for anything else, `Unsupported` for other types, `TooLarge` for over `MAX_OCTETS`.
    """
    media = request.headers.get("content-type", JSON_TYPES[0]).partition(";")[0].strip().lower()
    if media not in JSON_TYPES:
        raise Unsupported(
            f"Content-Type {media[:200]} is not read here; send {' or '.join(JSON_TYPES)}.",
            f"不支持的 Content-Type {media[:200]}，请使用 {' 或 '.join(JSON_TYPES)}。",
        )
    body = await bounded(request, MAX_OCTETS).body()
    if b"\\u0000" in body:
        raise refusing.field(
            "/",
            None,
            "The character NUL (\\u0000) cannot be kept; leave it out.",
            "无法保存 NUL 字符（\\u0000），请去掉。",
        )
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise refusing.field(
            "/", None, f"The body must be a JSON object: {error}.", f"请求体应为 JSON 对象：{error}。"
        ) from error

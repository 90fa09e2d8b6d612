"""Request bodies that are read with a bound, whatever their sender declares."""

from starlette.requests import Request
from starlette.types import Message

from service.errors import TooLarge

MIB = 1024 * 1024


def bounded(request: Request, most: int) -> Request:
    """The request again, whose body raises `TooLarge` as soon as more than `most` octets have come."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large(most)
    seen = 0

    async def receive() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise too_large(most)
        return message

    return Request(request.scope, receive)


def too_large(most: int) -> TooLarge:
    """The refusal of a body of more than `most` octets."""
    return TooLarge(
        f"The body is over the limit of {most} octets ({most / MIB:.1f} MiB).",
        f"请求体超过上限 {most} 字节（{most / MIB:.1f} MiB）。",
    )

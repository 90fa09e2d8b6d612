"""What every answer of the EPCIS interfaces carries, and the media types it speaks."""

from starlette.requests import Request

from service.errors import Unsupported

EPCIS_HEADERS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
}
JSON_TYPES = ("application/json", "application/ld+json")


def require_json(request: Request) -> None:
    """Raises `Unsupported` unless the body says it is JSON."""
    told = request.headers.get("content-type", "application/json")
    if told.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise Unsupported(
            f"Content-Type {told} is not read here; send {' or '.join(JSON_TYPES)}.",
            f"不支持的 Content-Type {told}，请使用 {' 或 '.join(JSON_TYPES)}。",
        )

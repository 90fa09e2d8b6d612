"""JSON or XML: what a body is (EPCIS 2.0, 12.2)."""

from typing import Final

from starlette.requests import Request

from service.errors import Unsupported
from service.web.epcis import JSON_TYPES

XML_TYPES: Final = ("application/xml", "text/xml")


def body_is_xml(request: Request) -> bool:
    """Whether the body says it is XML, or else JSON; raises `Unsupported` for anything else."""
    told = request.headers.get("content-type", JSON_TYPES[0])
    media = told.partition(";")[0].strip().lower()
    if media in XML_TYPES or media in JSON_TYPES:
        return media in XML_TYPES
    right = (*JSON_TYPES, *XML_TYPES)
    raise Unsupported(
        f"Content-Type {told[:200]} is not read here; send {', '.join(right[:-1])} or {right[-1]}.",
        f"不支持的 Content-Type {told[:200]}，请使用 {'、'.join(right)} 之一。",
    )

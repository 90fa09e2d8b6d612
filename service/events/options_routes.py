"""OPTIONS of every path of the EPCIS interfaces: what is allowed there, and what is spoken."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.routing import Match

from service.auth.caller import find_caller
from service.events.epc_format import EpcFormat
from service.events.resource_routes import RESOURCES
from service.web.epcis import EPCIS_HEADERS, VERSION_HEADERS, Agreed, capture_headers
from service.web.negotiation import CBV_XML_FORMATS

router = APIRouter(
    prefix="/epcis", tags=["EPCIS"], dependencies=[Depends(find_caller, scope="function"), Agreed]
)

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
VENDOR_VERSION: Final = "1.0"
#: Every path of the interfaces, those of capture and of subscriptions too: only here a path without a method
#: is told from one that is not there.
PATHS: Final = (
    "",
    "/capture",
    "/capture/{capture_id}",
    "/events",
    "/events/{event_id:path}",
    "/nextPageToken/{token}",
    "/queries",
    "/queries/{name}",
    "/queries/{name}/events",
    "/queries/{name}/subscriptions",
    "/queries/{name}/subscriptions/{subscription_id}",
    *(f"/{name}" for name in RESOURCES),
    *(f"/{name}/{{name:path}}" for name in RESOURCES),
)


async def read_options(request: Request) -> Response:
    """What is allowed at a path, and the versions and forms that are spoken.
    该地址允许的方法，以及支持的版本和格式。
    """
    headers = {
        **EPCIS_HEADERS,
        **VERSION_HEADERS,
        "Allow": ", ".join([*allowed(request), "OPTIONS"]),
        "GS1-EPC-Format": ", ".join(EpcFormat),
        "GS1-CBV-XML-Format": ", ".join(CBV_XML_FORMATS),
        "GS1-Extensions": "",
        "GS1-Vendor-Version": VENDOR_VERSION,
    }
    if request.url.path in ("/epcis/capture", "/epcis/events"):
        headers |= capture_headers()
    return Response(status_code=204, headers=headers)


def allowed(request: Request) -> list[str]:
    """The methods that some route answers at the request's path."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


for _path in PATHS:
    router.add_api_route(
        _path,
        read_options,
        methods=["OPTIONS"],
        summary="What is spoken here 能力查询",
        status_code=204,
        responses={204: {"description": "In headers alone."}},
        response_class=Response,
    )

"""Where requests for sheets come in: before all other routes, and back to them with what a sheet is made of.

It stands among the routes, so that what goes wrong is answered as everywhere; the routes that it asks see the
caller, check its rights and write down what it was shown, as if it had asked for the JSON.
"""

from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import URLPath
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound, Router
from starlette.types import Receive, Scope, Send

from service.db.transaction import transaction
from service.exports import cases, documents, events, lists, traces
from service.exports.columns import Table
from service.exports.description import describe_sheets
from service.exports.inside import Answer, Inside, Refused
from service.exports.listings import Listing, Listings, Shape
from service.exports.sheets import Sheets, file_name, sheets_for
from service.exports.wishes import form_of, may_want, query_of, wish_of
from service.web.downloads import turn
from service.web.epcis_description import DescribedApp
from service.web.leaving import unless_gone

#: Where the scope of a request says that it came by here.
LISTING: Final = "suyuan.listing"
#: Headers that are about the body alone; the answer makes its own.
OF_BODIES: Final = frozenset({b"content-length", b"transfer-encoding"})


class SheetRoutes(BaseRoute):
    """Takes GET requests that speak of a form, for what has sheets."""

    def __init__(self, router: Router) -> None:
        self._router = router

    @cached_property
    def listings(self) -> Listings:
        """All that has sheets; asked for when the application has its routes."""
        return Listings([route for route in self._router.routes if route is not self])

    def describe(self, openapi: dict[str, Any]) -> None:
        """Tell of them in an OpenAPI document."""
        describe_sheets(openapi, self.listings)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """It has no name."""
        raise NoMatchFound(name, path_params)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a form is spoken of, and there are sheets."""
        if LISTING in scope or not may_want(scope):
            return Match.NONE, {}
        listing = self.listings.find(scope["path"])
        return (Match.NONE, {}) if listing is None else (Match.FULL, {LISTING: listing})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a sheet, or let the route do so that has the form itself."""
        listing: Listing = scope[LISTING]
        form = form_of(scope, names_forms=listing.names_forms, own_csv=listing.own_csv)
        if form is None:
            if not listing.names_forms:
                scope["query_string"] = urlencode(query_of(scope)).encode()
            await self._router(scope, receive, send)
            return
        if form == "csv" and listing.shape is Shape.CASE:
            # A case is several tables, a CSV is one: whom to tell.
            path = f"{scope['path']}/holders"
            within = {"path": path, "raw_path": path.encode(), "query_string": b"format=csv"}
            await self._router({**scope, **within}, receive, send)
            return
        scope.setdefault("state", {})
        request = Request(scope, receive)
        async with unless_gone(request):
            with sheets_for(wish_of(scope, form)) as sheets:
                try:
                    await self._write(sheets, request, listing)
                    response: Response = await sheets.answer(file_name(scope["path"]))
                except Refused as refused:
                    sheets.file.give_up()
                    response = _as_answered(refused.answer)
        await response(scope, receive, send)

    async def _write(self, sheets: Sheets, request: Request, listing: Listing) -> None:
        scope = request.scope
        if listing.shape is Shape.TRACE:
            # One question, which takes its turn and its snapshot itself.
            await traces.write_trace(sheets, Inside(self._router, scope, None), scope, listing.summary)
            return
        async with turn(request), transaction(request.app.state.engine, snapshot=True) as tx:
            inside = Inside(self._router, scope, tx)
            match listing.shape:
                case Shape.EVENTS:
                    await events.write_events(sheets, inside, scope, listing.summary)
                case Shape.CASE:
                    await cases.write_case(sheets, inside, scope, listing, self.listings)
                case Shape.DOCUMENT:
                    assert listing.item is not None
                    await documents.write_document(sheets, inside, scope, listing.item, listing.summary)
                case Shape.LIST:
                    assert listing.item is not None
                    await lists.write_list(sheets, inside, scope, Table.of(listing.item), listing.summary)


def install(app: DescribedApp) -> None:
    """Put them before the routes that the application has."""
    sheets = SheetRoutes(app.router)
    app.router.routes.insert(0, sheets)
    app.describing = (*app.describing, sheets.describe)


def _as_answered(answer: Answer) -> Response:
    """What a route answered within, as the answer."""
    response = Response(answer.body, answer.status)
    response.raw_headers = [
        *((name, value) for name, value in answer.headers if name not in OF_BODIES),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    return response

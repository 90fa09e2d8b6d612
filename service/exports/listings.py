"""Which routes are given as sheets, and as what: every list of the interface, found by what it answers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.routing import BaseRoute, compile_path

from service.web.paging import Page
from service.workbooks.book import MEDIA_TYPE as XLSX_TYPE

OURS: Final = "/v1/"
TRACES: Final = ("/v1/trace/forward", "/v1/trace/backward")
CASE: Final = "/v1/recalls/{recall_id}"
EVENTS: Final = re.compile(r"/epcis/(events|[A-Za-z]+/\{name(:path)?\}/events)")
#: One thing with lists inside: a sheet for each of them.
DOCUMENTS: Final = frozenset(
    {
        "/v1/drills/history",
        "/v1/recalls/{recall_id}/deadlines",
        "/v1/recalls/{recall_id}/history",
        "/v1/recalls/{recall_id}/progress",
    }
)


class Shape(StrEnum):
    """How an answer becomes sheets."""

    LIST = "list"
    EVENTS = "events"
    TRACE = "trace"
    CASE = "case"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Listing:
    """A route that is given as a sheet. `item`: the model of a list's items, or of a document.
    `names_forms`: it reads `format` itself; `own_csv`: it gives CSV itself. `summary`: (Chinese, English).
    """

    path: str
    shape: Shape
    item: type[BaseModel] | None
    names_forms: bool
    own_csv: bool
    summary: tuple[str, str]


class Listings:
    """The listings among routes, by path."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes: list[tuple[re.Pattern[str], Listing | None]] = []
        self._known: dict[str, Listing] = {}
        for route in iter_route_contexts(routes):
            path: str | None = getattr(route, "path", None)
            if path is None or "GET" not in (getattr(route, "methods", None) or ()):
                continue
            listing = listing_of(path, route)
            self._routes.append((compile_path(path)[0], listing))
            if listing is not None:
                self._known[path] = listing

    def find(self, path: str) -> Listing | None:
        """What answers at a path, if that is given as a sheet: the first route that fits, as always."""
        return next((listing for pattern, listing in self._routes if pattern.match(path)), None)

    def __iter__(self) -> Iterator[Listing]:
        return iter(self._known.values())


def listing_of(path: str, route: Any) -> Listing | None:
    """What a GET route is as a sheet; None for what is no list, or is given as a workbook already."""
    shape, item = _shape_of(path, getattr(route, "response_model", None))
    if shape is None:
        return None
    told = (getattr(route, "responses", None) or {}).get(200, {}).get("content", {})
    if XLSX_TYPE in told:
        return None
    names_forms = "format" in _query_of(route.dependant)
    return Listing(path, shape, item, names_forms, "text/csv" in told, _in_both(route.summary or path))


def _shape_of(path: str, model: Any) -> tuple[Shape | None, type[BaseModel] | None]:
    if EVENTS.fullmatch(path):
        return Shape.EVENTS, None
    if path in TRACES:
        return Shape.TRACE, None
    if path == CASE:
        return Shape.CASE, model
    if path in DOCUMENTS:
        return Shape.DOCUMENT, model
    if path.startswith(OURS) and (item := item_of(model)) is not None:
        return Shape.LIST, item
    return None, None


def item_of(model: Any) -> type[BaseModel] | None:
    """The model of the items of a list; None for what is no list."""
    if get_origin(model) is list:
        item = get_args(model)[0]
    elif isinstance(model, type) and issubclass(model, Page) and model is not Page:
        item = model.__pydantic_generic_metadata__["args"][0]
    else:
        return None
    return item if isinstance(item, type) and issubclass(item, BaseModel) else None


def _query_of(dependant: Dependant) -> set[str]:
    inner = (_query_of(each) for each in dependant.dependencies)
    return {field.alias for field in dependant.query_params}.union(*inner)


def _in_both(summary: str) -> tuple[str, str]:
    """`List batches 查询批次` as ("查询批次", "List batches"); each falls back to the whole."""
    found = re.match(r"(.*?)\s*([㐀-鿿].*)$", summary)
    return (found[2], found[1] or summary) if found else (summary, summary)

"""The index of routes finds what the framework finds among all of them."""

import re
from collections.abc import Sequence
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match

from service.app import create_app
from service.web.route_index import RouteIndex

APP = create_app()
INDEX = RouteIndex(APP.router)
TEMPLATES = sorted({each.path_format or "/" for each in iter_route_contexts(APP.router.routes)})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW")
#: Routes that are left of some 60, those included counted as one.
FEW = 5
PARTS = ("v1", "epcis", "batches", "recalls", "01", "7", "x.json", "events", "{id}", "", "..", "a\n", "追溯")

parts = st.sampled_from(PARTS) | st.text(max_size=4)
written = st.sampled_from(TEMPLATES).flatmap(
    lambda template: st.lists(parts, min_size=8, max_size=8).map(
        lambda values: re.sub(r"\{\w+\}", lambda _: values.pop(), template)
    )
)
paths = st.tuples(
    st.sampled_from(("", "", "", "", "/", "x")),
    written | st.lists(parts, max_size=4).map("/".join),
    st.sampled_from(("", "", "/", "//", "\n", "/x")),
).map("".join)


def scope_of(path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    told = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "app": APP}
    return told | more


def found(routes: Sequence[BaseRoute], scope: dict[str, Any]) -> list[tuple[BaseRoute, Match]]:
    """Whatever matches, in the order in which it is tried."""
    tried = ((route, route.matches(dict(scope))[0]) for route in routes)
    return [(route, match) for route, match in tried if match is not Match.NONE]


def is_the_same(scope: dict[str, Any]) -> None:
    path = scope["path"]
    narrow = INDEX.router_for(scope)
    # What is looked for at last, where nothing was found: the same with a slash or without.
    for each in (path, path + "/", path.rstrip("/")):
        told = {**scope, "path": each}
        assert found(narrow.routes, told) == found(APP.router.routes, told)


def test_every_route_is_found() -> None:
    for template in TEMPLATES:
        is_the_same(scope_of(re.sub(r"\{\w+\}", "7", template)))


@settings(max_examples=60)
@given(paths, st.sampled_from(METHODS), st.sampled_from(("http", "http", "http", "websocket")))
def test_whatever_is_asked_for_the_same_is_found(path: str, method: str, kind: str) -> None:
    is_the_same(scope_of(path, method, type=kind))


def test_few_routes_are_left() -> None:
    for path in ("/v1/trace/forward", "/v1/units/verify", "/v1/audit", "/readyz"):
        assert len(INDEX.router_for(scope_of(path)).routes) < FEW
    assert INDEX.router_for(scope_of("/v1/audit", root_path="/v1")) is APP.router


async def test_refusals_and_slashes_are_answered_as_ever_and_later_routes_are_seen() -> None:
    app, router = FastAPI(), APIRouter()

    @router.get("/goods/{name}")
    async def read(name: str) -> str:
        return name

    app.include_router(router)
    app.router.middleware_stack = RouteIndex(app.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/goods/flour")).json() == "flour"
        refused = await client.post("/goods/flour")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET")
        moved = await client.get("/goods/flour/?x=1")
        assert (moved.status_code, moved.headers["location"]) == (307, "http://test/goods/flour?x=1")
        assert (await client.get("/goods")).status_code == 404
        assert (await client.get("/places/7")).status_code == 404
        app.get("/places/{name}")(read)
        assert (await client.get("/places/7")).json() == "7"

"""Which routes a path can be of, by how it begins: the framework tries one after the other, some 290 of them.

Routes are kept in the order in which they stand, and those that are left out could not have matched: what is
found, refused (405), and sent on to its name with or without a slash at the end is what the framework finds
among all of them. Nothing here decides; the framework tries those that are left.
"""

from collections.abc import Iterable
from copy import copy
from typing import Final

from fastapi.routing import APIRouter, iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

#: Parts of a path that are looked at.
PARTS: Final = 2

Beginning = tuple[str, ...]


def beginning_of(path: str) -> Beginning:
    """The first parts of a path, or of a route's template until one that is not fixed. A slash at the end is
    no matter; without one at the beginning there are none.
    """
    first, *parts = path.rstrip("/").split("/", PARTS + 1)
    fixed = []
    for part in parts[:PARTS]:
        if not part or "{" in part:
            break
        fixed.append(part)
    return () if first else tuple(fixed)


class RouteIndex:
    """ASGI: hands a request to a router that has those of another's routes which its path can be of."""

    def __init__(self, router: APIRouter) -> None:
        self._whole = router
        self._of: dict[Beginning, APIRouter] = {}
        #: How many routes there were when they were looked through; more may have come.
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the beginning and end of the application."""
        router = self._whole
        if scope["type"] == "lifespan":
            # Makes all routes ready, too, for which the first caller would wait half a second.
            self._look_through()
        else:
            scope.setdefault("router", router)
            router = self.router_for(scope)
        await router.app(scope, receive, send)

    def router_for(self, scope: Scope) -> APIRouter:
        """A router that finds what the whole one does."""
        if len(self._whole.routes) != self._seen:
            self._look_through()
        if scope.get("root_path"):
            return self._whole
        beginning = beginning_of(scope["path"])
        found = self._of.get(beginning) or self._of.get(beginning[:1])
        return self._whole if found is None else found

    def _look_through(self) -> None:
        routes = list(self._whole.routes)
        beginnings = [_beginnings_of(route) for route in routes]
        known = {told[:length] for each in beginnings for told in each for length in range(1, len(told) + 1)}
        self._of = {}
        for beginning in known:
            # A copy: it answers what it does not find, and where a slash is missing, as the whole one does.
            narrow = self._of[beginning] = copy(self._whole)
            narrow.routes = [
                route
                for route, those in zip(routes, beginnings, strict=True)
                if any(_may_be(beginning, each) for each in those)
            ]
        self._seen = len(routes)


def _beginnings_of(route: BaseRoute) -> set[Beginning]:
    """How paths begin that a route takes, or those included by it; one without a template takes any."""
    paths: Iterable[str | None] = (each.path_format for each in iter_route_contexts([route]))
    return {() if path is None else beginning_of(path) for path in paths}


def _may_be(path: Beginning, route: Beginning) -> bool:
    return all(one == other for one, other in zip(path, route, strict=False))

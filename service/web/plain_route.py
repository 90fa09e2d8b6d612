"""Routes that answer plain requests before the framework looks for what their parameters ask for.

To solve the dependencies of a request, and to check its parameters, costs the framework as much as to read
and check a small event. Where a request says nothing that has to be checked, its endpoint is called at once,
by a function that does what its dependencies would. All around the route is as ever.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

Endpoint = Callable[..., Awaitable[Response]]
#: Answers a request, or gives it to the framework (None), of which it has done nothing yet.
Plainly = Callable[[Request], Awaitable[Response | None]]

_PLAINLY: Final[dict[Callable[..., Any], Plainly]] = {}
#: Where a scope holds what a collector is told of the request (`operation.spans`): dependencies, too.
TELEMETRY: Final = "fastapi.telemetry"


def plainly(endpoint: Endpoint, answer: Plainly) -> None:
    """Let `answer` be asked before the dependencies of a `PlainRoute` to this endpoint."""
    _PLAINLY[endpoint] = answer


class PlainRoute(APIRoute):
    """A route whose endpoint may have an answer for plain requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's, behind what the endpoint has for plain requests."""
        whole, endpoint = super().get_route_handler(), self.endpoint

        async def handle(request: Request) -> Response:
            answer = _PLAINLY.get(endpoint)
            if answer is None or request.scope.get(TELEMETRY) is not None:
                return await whole(request)
            return await answer(request) or await whole(request)

        return handle

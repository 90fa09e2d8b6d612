"""Single events are answered alike by the framework's way and by the plain one."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import httpx
from fastapi.routing import iter_route_contexts

from service.app import create_app
from service.auth.caller import API_KEY, BEARER, given_key
from service.capture import routes
from service.events.json_document import dump_event
from service.web import plain_route
from service.web.epcis import agree
from tests import world
from tests.api.querying import LD_JSON

REQUESTS = 80
GOOD = dump_event(world.commission("L1=1", id="e1", at="farm", on=1))
UNNAMED = dump_event(world.commission("L2=1", id="e2", at="farm", on=1) | {"eventID": None})
BODIES = (
    *(GOOD, GOOD, GOOD, b"", b"{", b"[]", b"<epcis/>", GOOD[:-9], GOOD.replace(b"farm", b"f\xffrm")),
    *(dump_event(world.commission("L1=2", id="e1", at="farm", on=1)), UNNAMED, GOOD + b" " * 70_000),
)
#: Headers that are sent, each in one of these ways; None: not at all.
HEADERS: dict[str, tuple[str | None, ...]] = {
    "Content-Type": (
        *[LD_JSON["Content-Type"]] * 4,
        "text/xml",
        "text/plain",
        "application/JSON ; x=1",
        None,
    ),
    "Accept": (None, None, None, "application/xml", "text/html", "*/*;q=0.1, application/problem+xml"),
    "GS1-EPCIS-Version": (None, None, None, None, "2.0", "1.2", "x"),
    "GS1-CBV-Max": (None, None, None, None, "1.0"),
    "Idempotency-Key": (None, None, None, "k1", "k2", "", "x" * 256, "\u00e9"),
    "X-API-Key": (None, None, None, "sy_nobody", "right"),
    "Authorization": (
        *["Bearer right"] * 4,
        "bearer right",
        "Basic right",
        "Bearer",
        "Bearer sy_nobody",
        None,
    ),
}


@contextmanager
def by_the_framework() -> Iterator[None]:
    """Nothing is answered plainly in the block."""
    known = dict(plain_route._PLAINLY)
    plain_route._PLAINLY.clear()
    try:
        yield
    finally:
        plain_route._PLAINLY.update(known)


async def test_drawn_requests_are_answered_alike(client: httpx.AsyncClient) -> None:
    draw = random.Random(7)
    right = client.headers.pop("Authorization").removeprefix("Bearer ")
    statuses = set()
    for _ in range(REQUESTS):
        told = {name: draw.choice(values) for name, values in HEADERS.items()}
        headers = {
            name.encode(): value.replace("right", right).encode("latin-1")
            for name, value in told.items()
            if value is not None
        }
        query, body = draw.choice(("", "", "", "?a=1", "?a=" + "b" * 33_000)), draw.choice(BODIES)

        url = f"/epcis/events{query}"
        answers = []
        for way in (by_the_framework(), nullcontext()):
            with way:
                answer = await client.post(url, content=body, headers=headers)
            answers.append((answer.status_code, sorted(answer.headers.raw), answer.content))
        assert answers[0] == answers[1], (told, query, body[:80])
        statuses.add(answers[0][0])
    assert statuses >= {201, 400, 401, 406, 409, 414, 415}


async def test_a_request_is_answered_plainly_unless_something_is_to_be_checked(
    client: httpx.AsyncClient,
) -> None:
    plain: list[bool] = []
    known = plain_route._PLAINLY[routes.capture_event]

    async def watched(request: Any) -> Any:
        answer = await known(request)
        plain.append(answer is not None)
        return answer

    plain_route.plainly(routes.capture_event, watched)
    try:
        for more in ({}, {"Idempotency-Key": "k1"}):
            assert (
                await client.post("/epcis/events", content=GOOD, headers=LD_JSON | more)
            ).status_code == 201
    finally:
        plain_route.plainly(routes.capture_event, known)
    assert plain == [True, False]


def test_the_framework_would_do_nothing_that_the_plain_way_does_not() -> None:
    (route,) = (
        each
        for each in iter_route_contexts(create_app().router.routes)
        if each.endpoint is routes.capture_event
    )
    whole = route.dependant
    called, left = set(), [whole]
    while left:
        each = left.pop()
        called.add(each.call)
        left += each.dependencies
    assert called == {routes.capture_event, agree, given_key, BEARER, API_KEY}
    assert [each.alias for each in whole.header_params] == [routes.OWN_KEY]
    assert not [*whole.path_params, *whole.query_params, *whole.cookie_params, *whole.body_params]

"""What captures cost, counted and not timed: who adds to it should know."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import httpx
import pytest

from service.capture.together import Together
from service.events.json_document import dump_event
from tests import world
from tests.api.querying import LD_JSON

#: Calls of functions of Python that a single event takes beside its capture: some 1,450, those of the tests'
#: own client among them. To try all routes before that of captures would be 2,000 more.
CALLS_OF_A_REQUEST = 2_000


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many functions of Python are called in the block by this thread."""
    calls = [0]

    def count(_frame: FrameType, what: str, _argument: Any) -> None:
        calls[0] += what == "call"

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


async def test_a_single_event_takes_few_calls_beside_its_capture(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def captured(*_: Any, **__: Any) -> tuple[()]:
        return ()

    monkeypatch.setattr(Together, "capture", captured)
    body = dump_event(world.commission("L1=1", id="e1", at="farm", on=1))
    for _ in range(2):
        with counted() as calls:
            answer = await client.post("/epcis/events", content=body, headers=LD_JSON)
        assert answer.status_code == 201
    assert calls[0] < CALLS_OF_A_REQUEST

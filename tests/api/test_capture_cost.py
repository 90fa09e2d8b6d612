"""What captures cost, counted and not timed: who adds to it should know."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import httpx
import pytest
from asyncpg.connection import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from scripts.benches import trade
from service.capture.conduct import capture, capture_events, single_event
from service.capture.together import Together
from service.db.transaction import transaction
from service.events.json_document import dump_event, read_document, read_event
from tests import world
from tests.api.querying import LD_JSON

#: Calls of functions of Python that a single event takes beside its capture: some 1,100, those of the tests'
#: own client among them. To try all routes before that of captures would be 2,000 more, to let the framework
#: find what its endpoint asks for 350.
CALLS_OF_A_REQUEST = 1_350


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


#: Statements of sixteen events together: harvests, shipments and receipts, what is made of them, packings and
#: shipments of pallets; and of a document of all sorts. Two more each than there are, and without the BEGIN
#: and COMMIT of SQLAlchemy.
STATEMENTS_OF_GROUPS = (35, 41, 39, 39, 56, 65)
STATEMENTS_OF_A_DOCUMENT = 61
ASKING = ("fetch", "fetchrow", "fetchval", "execute", "copy_records_to_table")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the tests' connections send."""
    statements: list[str] = []
    for name in ASKING:
        real = getattr(Connection, name)

        async def ask(self: Any, statement: str, *told: Any, _real: Any = real, **more: Any) -> Any:
            statements.append(statement)
            return await _real(self, statement, *told, **more)

        monkeypatch.setattr(Connection, name, ask)
    return statements


async def test_a_group_of_events_and_a_document_ask_the_database_so_often(
    engine: AsyncEngine, asked: list[str]
) -> None:
    deliveries = [trade.single_events(number, 1) for number in range(16)]
    counts = []
    for bodies in list(zip(*deliveries, strict=True))[: len(STATEMENTS_OF_GROUPS)]:
        asked.clear()
        async with transaction(engine) as tx:
            await capture_events(tx, [single_event(read_event(body)) for body in bodies])
        counts.append(len(asked))
    async with transaction(engine) as tx:
        asked.clear()
        await capture(tx, read_document(trade.document(100, 51), max_events=51))
    assert all(count <= most for count, most in zip(counts, STATEMENTS_OF_GROUPS, strict=True)), counts
    assert len(asked) <= STATEMENTS_OF_A_DOCUMENT

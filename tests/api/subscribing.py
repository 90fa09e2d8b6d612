"""A service whose workers deliver, and subscribing to it in one line each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture import conduct
from service.db.failures import FAILURES, is_passing
from service.db.transaction import transaction
from service.events.json_document import dump_event, read_document
from service.settings import settings
from tests import world
from tests.api.sink import PATIENCE_SECONDS
from tests.application import application
from tests.rules.epcis import document

Json = dict[str, Any]
QUERIES = "/epcis/queries"


@asynccontextmanager
async def delivering(engine: AsyncEngine, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP on a service of its own whose workers run."""
    app = application(engine, background=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://testserver",
            headers={"Authorization": f"Bearer {key}"},
        ) as client,
    ):
        yield client


def impatient(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """Settings under which failures are tried again at once."""
    told = {"DELIVERY_RETRY_SECONDS": "0.05", "DELIVERY_RETRY_MOST_SECONDS": "0.2", **more}
    for name, value in told.items():
        monkeypatch.setenv(f"SUYUAN_{name}", value)
    settings.cache_clear()


def event(name: object, **fields: Any) -> Json:
    """An event called `name`, of a batch of its own."""
    return world.commission(f"L{name}=1", id=str(name), at="farm", on=1, **fields)


def document_of(*names: object) -> Any:
    """A document of such events."""
    return read_document(dump_event(document(*map(event, names))), max_events=10_000)


async def record(engine: AsyncEngine, *names: object) -> None:
    """Capture such events."""
    async with transaction(engine) as tx:
        await conduct.capture(tx, document_of(*names))


async def record_when_it_passes(engine: AsyncEngine, *names: object) -> None:
    """Capture such events as a client does that is told to come again: a connection whose server has said
    that it goes, and is not gone yet, may be used once more.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await record(engine, *names)
            except FAILURES as error:
                if not is_passing(error):
                    raise


async def name_query(client: httpx.AsyncClient, name: str = "all", **query: Any) -> str:
    """Name a query; its path."""
    answer = await client.post(QUERIES, json={"name": name, "query": query})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


async def subscribe(client: httpx.AsyncClient, query: str, dest: str, **how: Any) -> Json:
    """Subscribe, to a stream unless told otherwise; the subscription, with its `path`."""
    body = {"dest": dest, **(how if "schedule" in how else {"stream": True, **how})}
    answer = await client.post(f"{query}/subscriptions", json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    assert answer.headers["Location"] == f"{query}/subscriptions/{made['subscriptionID']}"
    return {**made, "path": answer.headers["Location"]}


async def read(client: httpx.AsyncClient, subscription: Json) -> Json:
    """How a subscription stands."""
    answer = await client.get(subscription["path"])
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told

"""What a collector is told of requests, where an operator names one."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.operation.spans import OFF, telemetry
from tests.api.sink import listening


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[None]:
    """The application between its start and its end, as a server runs it."""
    asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    told: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan"}, asked.get, told.put))
    for moment in ("startup", "shutdown"):
        await asked.put({"type": f"lifespan.{moment}"})
        assert (await told.get())["type"] == f"lifespan.{moment}.complete"
        if moment == "startup":
            yield
    await running


async def test_nothing_is_told_unless_a_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    assert telemetry() is OFF


async def test_a_span_tells_the_route_and_never_whose_code_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        app = FastAPI(telemetry=telemetry())

        @app.get("/r/{token}")
        async def answer(token: str) -> str:
            return token

        async with living(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                assert (await client.get("/r/secret", params={"key": "secret"})).status_code == 200
        posts = [post for post in collector.taken if post.path == "/v1/traces"]
    bodies = [ExportTraceServiceRequest.FromString(post.body) for post in posts]
    spans = [
        span
        for body in bodies
        for resource in body.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert {each.name for each in spans} >= {"GET /r/{token}"}
    assert all(b"secret" not in post.body for post in posts)

"""A service on a database of its own, for the tests of one file to share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.app import create_app
from service.auth.tokens import issue_first_key
from service.db.transaction import create_engine
from tests.conftest import NUMBERS, TEMPLATE, execute, on_database


class OwnService(httpx.AsyncClient):
    """HTTP on the service, and its engine."""

    engine: AsyncEngine


@asynccontextmanager
async def own_service(cluster: str) -> AsyncIterator[OwnService]:
    """HTTP on a fresh service with an admin key; its database goes at the end."""
    name = f"test_{next(NUMBERS)}"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    dsn = on_database(cluster, name)
    engine = create_engine(dsn)
    try:
        app = create_app(engine)
        headers = {"Authorization": f"Bearer {await issue_first_key(dsn)}"}
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            OwnService(transport=transport, base_url="http://testserver", headers=headers) as client,
        ):
            client.engine = engine
            yield client
    finally:
        await engine.dispose()
        await execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")

"""A service on a database of its own, for the tests of one file to share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.tokens import issue_first_key
from service.db.service_role import as_service
from service.db.transaction import create_engine
from tests.application import application
from tests.conftest import fresh_database


class OwnService(httpx.AsyncClient):
    """HTTP on the service, and its engine."""

    engine: AsyncEngine


@asynccontextmanager
async def own_service(cluster: str) -> AsyncIterator[OwnService]:
    """HTTP on a fresh service with an admin key; its database goes at the end."""
    async with fresh_database(cluster) as dsn:
        engine = create_engine(as_service(dsn))
        app = application(engine)
        headers = {"Authorization": f"Bearer {await issue_first_key(dsn)}"}
        transport = httpx.ASGITransport(app)
        try:
            async with (
                app.router.lifespan_context(app),
                OwnService(transport=transport, base_url="http://testserver", headers=headers) as client,
            ):
                client.engine = engine
                yield client
        finally:
            await engine.dispose()

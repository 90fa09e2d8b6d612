"""Errors as HTTP: what is the database's absence, and what is our own defect."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from service.web import problems


async def answer_to(error: Exception) -> httpx.Response:
    """What a route that fails so answers."""
    app = FastAPI()
    problems.install(app)

    @app.get("/fails")
    async def fail() -> None:
        raise error

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.get("/fails")


def wrapped(cause: Exception) -> DBAPIError:
    """An error of the driver as SQLAlchemy passes it on while the connection is still open."""
    origin = Exception(str(cause))
    origin.__cause__ = cause
    return DBAPIError("COMMIT", None, origin)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(asyncpg.AdminShutdownError("terminating connection due to unexpected postmaster exit")),
        wrapped(asyncpg.CrashShutdownError("terminating connection because of crash")),
        asyncpg.CrashShutdownError("terminating connection because of crash"),
        asyncpg.InterfaceError("cannot perform operation: connection is closed"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        ConnectionRefusedError("refused"),
    ],
)
async def test_a_database_that_is_away_is_told_so(error: Exception) -> None:
    answer = await answer_to(error)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail_zh"]


@pytest.mark.parametrize(
    "error", [asyncpg.InterfaceError("the server expects 2 arguments for this query"), KeyError("x")]
)
async def test_our_own_defect_is_not_told_as_the_databases_absence(error: Exception) -> None:
    answer = await answer_to(error)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "arguments" not in answer.text

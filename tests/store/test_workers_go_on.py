"""Workers whose connection is lost begin anew on another, whatever they were at."""

import asyncio
from datetime import datetime

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.jobs import background
from service.jobs.bell import Bell
from service.jobs.duties import Errand, Look
from service.settings import Settings
from tests.owning import owning

END = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'suyuan.background' AND datname = current_database()
"""
#: A job that was made before PostgreSQL's clock was set back by an hour.
LATER = """
INSERT INTO pgqueuer (priority, entrypoint, payload, status, dedupe_key, execute_after)
VALUES (0, 'waiting', '1', 'queued', 'waiting:1', now() + interval '1 hour')
"""
#: What has not come after so long will not come; no measure of speed.
PATIENCE_SECONDS = 60


class Hanging:
    """A duty that is always due, and whose work never ends."""

    entrypoint = "hanging"
    goes_by_events = False

    def __init__(self, engine: AsyncEngine, settings: Settings) -> None:
        self.looks = 0
        self.at_work = asyncio.Event()

    async def tend(self) -> None:
        """Nothing."""

    async def look(self, now: datetime) -> Look:
        """One errand, each time another."""
        self.looks += 1
        return Look([Errand(1, f"hanging:{self.looks}")], None)

    async def do(self, row: int) -> bool:
        """Hangs."""
        self.at_work.set()
        await asyncio.Event().wait()
        return True

    async def close(self) -> None:
        """Nothing."""


async def test_a_lost_connection_ends_no_work_for_good(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "FINISH_SECONDS", 0.1)
    monkeypatch.setattr(background, "RECONNECT_SECONDS", 0.05)
    made: list[Hanging] = []

    def maker(on: AsyncEngine, told: Settings) -> Hanging:
        made.append(Hanging(on, told))
        return made[0]

    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        background.running(engine, Settings(), [maker], beside=True),
    ):
        (duty,) = made
        await duty.at_work.wait()
        async with owning(engine) as tx:
            assert await tx.sql.fetchval(END) >= 1
        duty.at_work.clear()
        await duty.at_work.wait()


class Waiting(Hanging):
    """A duty with one errand, whose job is made already."""

    entrypoint = "waiting"

    async def look(self, now: datetime) -> Look:
        """The one."""
        return Look([Errand(1, "waiting:1")], None)


async def test_who_does_not_go_by_events_is_woken_only_where_more_is_new(engine: AsyncEngine) -> None:
    here, there = Bell(), Bell()
    connections = [
        await asyncpg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
        for _ in range(2)
    ]
    ringing = [
        asyncio.create_task(bell.keep_ringing(connection))
        for bell, connection in zip((here, there), connections, strict=True)
    ]
    with there.waiting() as recorded, there.waiting(events=False) as work:
        # Both are woken as soon as the connection is there.
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(recorded.wait(), work.wait())
            recorded.clear()
            work.clear()
            here.ring(events=True)
            await recorded.wait()
            assert not work.is_set()
            recorded.clear()
            here.ring()
            await asyncio.gather(recorded.wait(), work.wait())
    for task, connection in zip(ringing, connections, strict=True):
        task.cancel()
        await connection.close()


async def test_a_clock_that_was_set_back_holds_up_no_job(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "FINISH_SECONDS", 0.1)
    async with transaction(engine) as tx:
        await tx.sql.execute(LATER)
    duty = Waiting(engine, Settings())
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        background.running(engine, Settings(), [lambda _engine, _settings: duty], beside=True),
    ):
        await duty.at_work.wait()

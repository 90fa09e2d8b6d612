"""Demonstration data are loaded once, with a key of their own that does not stay."""

import asyncpg
import pytest

from service import clock, demo_data
from service.auth.tokens import find_key
from service.db.transaction import create_engine, transaction


class Command:
    """Stands for `suyuan demo`: remembers its keys, and whether they were good while it ran."""

    def __init__(self, dsn: str, succeeds: bool = True) -> None:
        self.dsn = dsn
        self.succeeds = succeeds
        self.keys: list[str] = []

    async def __call__(self, url: str, size: str, key: str) -> bool:
        assert (url, size) == ("http://127.0.0.1:8000", "small")
        assert await is_good(self.dsn, key)
        self.keys.append(key)
        return self.succeeds


async def is_good(dsn: str, key: str) -> bool:
    engine = create_engine(dsn, pool_size=1)
    async with transaction(engine) as tx:
        found = await find_key(tx, key, clock.now())
    await engine.dispose()
    return found is not None


async def load(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    monkeypatch.setattr(demo_data, "_run", command)
    await demo_data.load_once(command.dsn, "http://127.0.0.1:8000", "small")


async def test_data_are_loaded_once_and_their_key_is_revoked(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = Command(database)
    await load(monkeypatch, command)
    await load(monkeypatch, command)
    assert len(command.keys) == 1
    assert not await is_good(database, command.keys[0])


async def test_what_failed_is_tried_again_with_another_key(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Command(database, succeeds=False)
    await load(monkeypatch, failing)
    command = Command(database)
    await load(monkeypatch, command)
    assert len(command.keys) == 1
    assert not await is_good(database, failing.keys[0])
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM api_key WHERE revoked_at IS NULL") == 0
    await connection.close()

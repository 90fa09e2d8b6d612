"""A backup is of one moment and comes back whole, or not at all."""

import asyncio
import itertools
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from service.db.transaction import create_engine, transaction
from service.errors import Conflict, Malformed, SuyuanError, Unavailable
from service.ledger.rebuild import rebuild
from service.operation.backup import back_up, restore
from service.operation.manifest import DUMP, MANIFEST
from suyuan.cli import app
from tests.conftest import execute, on_database
from tests.small_disk import disk_at
from tests.world import capture, commission, document, ledger, receive, ship

NUMBERS = itertools.count(1)
EVENTS = (
    commission("L1=10", at="farm", on=1),
    ship("L1=4", at="farm", to="shop", on=2),
    receive("L1=4", at="shop", source="farm", on=3),
)


@pytest.fixture
async def empty(cluster: str) -> AsyncIterator[str]:
    """The DSN of a database with nothing in it."""
    name = f"restored_{next(NUMBERS)}"
    await execute(cluster, f"CREATE DATABASE {name} TEMPLATE template0")
    yield on_database(cluster, name)
    await execute(cluster, f"DROP DATABASE {name} WITH (FORCE)")


async def test_what_was_kept_comes_back(
    client: httpx.AsyncClient, engine: AsyncEngine, database: str, empty: str, tmp_path: Path
) -> None:
    await capture(client, *EVENTS)
    kept = await back_up(database, tmp_path / "kept")
    assert (kept.rows["event"], kept.rows["flow"]) == (3, 1)
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
    assert await restore(empty, tmp_path / "kept") == kept
    restored = create_engine(empty)
    try:
        assert await ledger(restored) == await ledger(engine)
        async with transaction(restored) as tx:
            assert (await rebuild(tx)).changed_rows == 0
    finally:
        await restored.dispose()


async def test_a_backup_beside_captures_is_of_one_moment(
    client: httpx.AsyncClient, database: str, empty: str, tmp_path: Path
) -> None:
    going_on = True

    async def keep_capturing() -> None:
        for number in itertools.count():
            if not going_on:
                return
            lot = f"L{number}=10"
            paper = document(commission(lot, at="farm", on=1), ship(lot, at="farm", to="shop", on=2))
            answer = await client.post(
                "/epcis/capture", content=paper, headers={"Content-Type": "application/ld+json"}
            )
            assert answer.status_code == 202, answer.text

    capturing = asyncio.create_task(keep_capturing())
    try:
        kept = await back_up(database, tmp_path / "kept")
    finally:
        going_on = False
        await capturing
    assert kept.rows["event"] == 2 * kept.rows["flow"] == 2 * kept.rows["capture_job"]
    await restore(empty, tmp_path / "kept")  # it counts again, and would refuse


@pytest.mark.parametrize("harm", ["cut", "changed", "no manifest", "another manifest", "nothing there"])
async def test_a_damaged_backup_is_refused_before_anything_is_written(
    database: str, empty: str, tmp_path: Path, harm: str
) -> None:
    folder = tmp_path / "kept"
    if harm != "nothing there":
        await back_up(database, folder)
        dump, manifest = folder / DUMP, folder / MANIFEST
        octets = dump.read_bytes()
        if harm == "cut":
            dump.write_bytes(octets[:-1])
        elif harm == "changed":
            dump.write_bytes(octets[:-9] + b"?" + octets[-8:])
        elif harm == "no manifest":
            manifest.unlink()
        else:
            manifest.write_bytes(b'{"made_at": 1}')
    with pytest.raises(Malformed) as refused:
        await restore(empty, folder)
    assert str(folder) in refused.value.zh
    await restore_nothing(empty)


async def restore_nothing(dsn: str) -> None:
    """Nothing is in the database."""
    engine = create_engine(dsn)
    async with transaction(engine) as tx:
        assert await tx.sql.fetchval("SELECT to_regclass('event')") is None
    await engine.dispose()


async def test_where_nothing_can_be_written_a_backup_says_so_and_leaves_nothing(
    database: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file" / "kept", tmp_path / "new" / "parents" / ("n" * 300)):
        with pytest.raises(Unavailable) as refused:
            await back_up(database, folder)
        assert "备份未完成" in refused.value.zh
    assert os.listdir(tmp_path) == ["file"]


async def test_where_no_database_answers_no_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await back_up(f"postgresql://nobody@/nothing?host={tmp_path}", tmp_path / "new" / "kept")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
async def test_a_full_disk_takes_no_backup_and_no_part_of_one(database: str, tmp_path: Path) -> None:
    with disk_at(tmp_path, "64k"):
        with pytest.raises(Unavailable, match="No space left") as refused:
            await back_up(database, tmp_path / "new" / "kept")
        assert "执行失败" in refused.value.zh
        assert os.listdir(tmp_path) == []


async def test_a_dump_with_other_rows_than_it_says_is_told(
    client: httpx.AsyncClient, database: str, empty: str, tmp_path: Path
) -> None:
    await capture(client, *EVENTS)
    await back_up(database, tmp_path / "kept")
    manifest = tmp_path / "kept" / MANIFEST
    manifest.write_text(manifest.read_text().replace('"event": 3', '"event": 4'))
    with pytest.raises(Unavailable, match="event: 3 rows, 4 were kept"):
        await restore(empty, tmp_path / "kept")


async def test_nothing_is_overwritten(database: str, tmp_path: Path) -> None:
    await back_up(database, tmp_path / "kept")
    with pytest.raises(Conflict, match="exists"):
        await back_up(database, tmp_path / "kept")
    with pytest.raises(Conflict, match="not empty"):
        await restore(database, tmp_path / "kept")


async def test_a_backup_of_a_newer_version_is_refused(database: str, empty: str, tmp_path: Path) -> None:
    await back_up(database, tmp_path / "kept")
    manifest = tmp_path / "kept" / MANIFEST
    text = manifest.read_text()
    start = text.index('"revision": "') + len('"revision": "')
    manifest.write_text(text[:start] + "9" + text[start:])
    with pytest.raises(Conflict, match="newer"):
        await restore(empty, tmp_path / "kept")


async def test_what_fails_leaves_nothing_behind(database: str, tmp_path: Path) -> None:
    with pytest.raises(SuyuanError):
        await back_up(on_database(database, "nowhere"), tmp_path / "kept")
    assert os.listdir(tmp_path) == []


def test_one_command_keeps_and_examines_and_makes_no_database_of_its_own(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    nothing = tmp_path / "nothing"
    for command in (["backup", str(tmp_path / "kept")], ["doctor"]):
        told = CliRunner().invoke(app, [*command, "--data-dir", str(nothing)])
        assert told.exit_code == 1
        assert f"There is no database in {nothing}" in told.stderr
    assert list(tmp_path.iterdir()) == []
    told = CliRunner().invoke(app, ["backup", str(tmp_path / "kept")], env={"DATABASE_URL": empty})
    assert told.exit_code == 1
    assert "No service has made its tables" in told.stderr
    assert list(tmp_path.iterdir()) == []

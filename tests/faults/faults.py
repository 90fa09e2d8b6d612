"""What breaks. Each fault begins, lasts for some seconds, and is over when its function returns."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from service.db.embedded import find_running
from service.db.liveness import read_postmaster
from service.db.online import ATTEMPTS, LOCK_TIMEOUT
from tests.api.registering import has_chinese
from tests.faults.scene import POLL_SECONDS, Scene
from tests.server import ROOT

Strike = Callable[[Scene, float], Awaitable[None]]
CHANCE = random.SystemRandom()
BACKENDS = """
SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'suyuan%'
ORDER BY state = 'active' DESC, random()
"""
END_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'suyuan%'
"""
#: What a newer version may add columns to.
ALTERED = ("event", "batch", "unit", "flow", "holding", "recall_batch", "product", "unit_act")


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike`: makes it happen; `needs`: how its scene is set (arguments of `scene`); `ends_service`:
    callers may find nobody there; `once`: it can happen once on a scene.
    """

    strike: Strike
    needs: Mapping[str, Any] = field(default_factory=dict)
    ends_service: bool = False
    once: bool = False


@asynccontextmanager
async def _connected(scene: Scene) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(scene.dsn, server_settings={"application_name": "faults"})
    try:
        yield connection
    finally:
        connection.terminate()


# The service.


async def kill_service(scene: Scene, seconds: float) -> None:
    """kill -9; its supervisor starts it again."""
    await asyncio.to_thread(scene.service.down)
    await asyncio.to_thread(scene.service.up)


async def kill_one_process(scene: Scene, seconds: float) -> None:
    """kill -9 of one of several processes; the parent puts another in its place."""
    scene.kill([CHANCE.choice(children_of(scene.service.pid, b"service.processes"))], signal.SIGKILL)
    await asyncio.sleep(seconds)


async def kill_worker(scene: Scene, seconds: float) -> None:
    """kill -9 of the process that sends notices and deliveries, while posts are under way."""
    scene.sink.hold.clear()
    before = len(scene.sink.posts)
    for _ in range(100):
        if len(scene.sink.posts) > before:
            break
        await asyncio.sleep(POLL_SECONDS)
    worker = scene.services[1]
    await asyncio.to_thread(worker.down)
    scene.sink.hold.set()
    await asyncio.to_thread(worker.up)


async def freeze_service(scene: Scene, seconds: float) -> None:
    """SIGSTOP for a while."""
    scene.kill([scene.service.pid], signal.SIGSTOP)
    await asyncio.sleep(seconds)
    scene.kill([scene.service.pid], signal.SIGCONT)


# PostgreSQL's processes.


async def kill_backend(scene: Scene, seconds: float) -> None:
    """kill -9 of a process that works for the service: PostgreSQL ends all others and recovers."""
    async with _connected(scene) as connection:
        pid = await connection.fetchval(BACKENDS)
    scene.kill([pid], signal.SIGKILL)


async def end_backends(scene: Scene, seconds: float) -> None:
    """All of the service's connections are ended by an administrator, again and again."""
    for _ in range(max(1, int(seconds / 0.3))):
        async with _connected(scene) as connection:
            await connection.fetchval(END_ALL)
        await asyncio.sleep(0.3)


async def kill_own_postgres(scene: Scene, seconds: float) -> None:
    """kill -9 of the PostgreSQL that the service brought along, and of nothing else: it starts another."""
    before = read_postmaster(scene.place / "postgres")
    assert before is not None
    scene.kill([before.pid], signal.SIGKILL)
    for _ in range(1000):
        now = read_postmaster(scene.place / "postgres")
        if now is not None and now.pid != before.pid:
            return
        await asyncio.sleep(POLL_SECONDS)


def _stop(order: signal.Signals) -> Strike:
    async def strike(scene: Scene, seconds: float) -> None:
        server = scene.server
        assert server is not None
        assert server.pid is not None
        scene.kill([server.pid], order)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(seconds if order is signal.SIGTERM else 0)
        await asyncio.to_thread(scene.start_postgres)

    return strike


async def gone(scene: Scene, seconds: float) -> None:
    """PostgreSQL is shut down and comes back after a while."""
    server = scene.server
    assert server is not None
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(scene.start_postgres)


async def freeze_postgres(scene: Scene, seconds: float) -> None:
    """SIGSTOP of all its processes for a while."""
    assert scene.server is not None
    assert scene.server.pid is not None
    family = [scene.server.pid, *children_of(scene.server.pid)]
    scene.kill(family, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    scene.kill(family, signal.SIGCONT)


# What PostgreSQL refuses.


def _with_setting(name: str, value: str) -> Strike:
    async def strike(scene: Scene, seconds: float) -> None:
        async with _connected(scene) as connection:
            await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
            await connection.execute("SELECT pg_reload_conf()")
            await asyncio.sleep(seconds)
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute("SET statement_timeout = 0")
            await connection.execute(f"ALTER SYSTEM RESET {name}")
            await connection.execute("SELECT pg_reload_conf()")
            await asyncio.sleep(POLL_SECONDS)

    return strike


async def no_connections(scene: Scene, seconds: float) -> None:
    """Somebody else takes every connection there is."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(_connected(scene))
        await first.fetchval(END_ALL)
        with suppress(asyncpg.TooManyConnectionsError):
            for _ in range(1000):
                await stack.enter_async_context(_connected(scene))
        await first.fetchval(END_ALL)
        with suppress(asyncpg.TooManyConnectionsError):
            for _ in range(1000):
                await stack.enter_async_context(_connected(scene))
        await asyncio.sleep(seconds)


async def deadlocks(scene: Scene, seconds: float) -> None:
    """Somebody locks tables in the order opposite to the service's, again and again."""
    for first, second in (("holding", "event"), ("flow", "batch"), ("journal_entry", "event_item")) * max(
        1, int(seconds)
    ):
        async with _connected(scene) as connection:
            with suppress(asyncpg.DeadlockDetectedError):
                async with connection.transaction():
                    await connection.execute("SET LOCAL deadlock_timeout = '10s'")
                    await connection.execute(f"LOCK TABLE {first} IN EXCLUSIVE MODE")
                    await asyncio.sleep(0.1)
                    await connection.execute(f"LOCK TABLE {second} IN EXCLUSIVE MODE")


async def _alter(connection: Any, change: str) -> None:
    """As revisions do (`db/online.py`): requests finish first, and what waits too long is begun anew."""
    for _ in range(ATTEMPTS):
        with suppress(asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            async with connection.transaction():
                await connection.execute("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
                for table in ALTERED:
                    await connection.execute(f"ALTER TABLE {table} {change}")
                return
    raise AssertionError(f"never got through: {change}")


async def migrate(scene: Scene, seconds: float) -> None:
    """What a newer version's migration does to tables in use: columns, and indexes made concurrently."""
    async with _connected(scene) as connection:
        await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        await _alter(connection, "ADD COLUMN later integer NOT NULL DEFAULT 7")
        await connection.execute("SET lock_timeout = 0")
        await connection.execute("CREATE INDEX CONCURRENTLY later_idx ON event (id, event_time)")
        await asyncio.sleep(seconds / 2)
        await connection.execute("DROP INDEX CONCURRENTLY later_idx")
        await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        await _alter(connection, "DROP COLUMN later")
    await asyncio.to_thread(scene.services[1].down, signal.SIGTERM)
    await asyncio.to_thread(scene.services[1].up)


async def two_versions(scene: Scene, seconds: float) -> None:
    """The present code comes up beside that of before, which it migrates the schema under; callers go to both
    by turns, then to the present one alone, and the old one is sent away.
    """
    old, new = scene.services
    await asyncio.to_thread(new.up)
    scene.open_to = [old, new]
    await asyncio.sleep(seconds)
    scene.open_to = [new]
    await asyncio.to_thread(old.down, signal.SIGTERM)


# The network to PostgreSQL.


async def cut_answers(scene: Scene, seconds: float) -> None:
    """Connections end in the middle of an answer."""
    assert scene.network is not None
    until, network = asyncio.get_running_loop().time() + seconds, scene.network
    while asyncio.get_running_loop().time() < until:
        network.octets_left = CHANCE.randint(1, 6000)
        await asyncio.sleep(POLL_SECONDS)
    network.octets_left = None


async def hold_network(scene: Scene, seconds: float) -> None:
    """Nothing arrives for a while; then everything does."""
    assert scene.network is not None
    scene.network.flows.clear()
    await asyncio.sleep(seconds)
    scene.network.flows.set()


async def lose_network(scene: Scene, seconds: float) -> None:
    """Nothing arrives for a while, then all connections are reset, and new ones refused for a while."""
    assert scene.network is not None
    scene.network.flows.clear()
    await asyncio.sleep(seconds / 2)
    scene.network.refuses = True
    scene.network.cut()
    scene.network.flows.set()
    await asyncio.sleep(seconds / 2)
    scene.network.refuses = False


# The clock.


async def jump_the_clock(scene: Scene, seconds: float) -> None:
    """The services' clock is set an hour ahead, an hour back, and right; PostgreSQL's stays as it is."""
    for ahead in (3600, -3600, 0):
        scene.set_clock(ahead)
        await asyncio.sleep(seconds / 2)


# The standby that scans are read from.


async def replica_gone(scene: Scene, seconds: float) -> None:
    """It is killed, and comes back after a while."""
    standby = scene.standby
    assert standby is not None
    assert standby.pid is not None
    scene.kill([standby.pid], signal.SIGKILL)
    await asyncio.to_thread(standby.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(standby.start)


async def replica_behind(scene: Scene, seconds: float) -> None:
    """It answers, and does not follow any more, for a while."""
    standby = scene.standby
    assert standby is not None
    connection = await asyncpg.connect(find_running(standby.data_dir))
    try:
        await connection.execute("SELECT pg_wal_replay_pause()")
        await asyncio.sleep(seconds)
        await connection.execute("SELECT pg_wal_replay_resume()")
    finally:
        await connection.close()


# The disk.


async def fill_disk(scene: Scene, seconds: float) -> None:
    """The rest of the disk that PostgreSQL is on is taken, and given back."""
    taken = scene.place / "taken"
    with suppress(OSError), taken.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(64 * 1024))
    await asyncio.to_thread(_backup_fails, scene)
    await asyncio.sleep(seconds)
    taken.unlink()
    assert scene.server is not None
    if not await asyncio.to_thread(_answers, scene):
        # It has ended itself: its log could not be written.
        await asyncio.to_thread(scene.server.stop)
        await asyncio.to_thread(scene.start_postgres)


def _backup_fails(scene: Scene) -> None:
    """A backup that finds no room says so in two languages, and leaves nothing."""
    folder = scene.place / f"copies-{scene.next_number('copy')}" / "copy"
    done = subprocess.run(
        [sys.executable, "-m", "service", "backup", str(folder)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": scene.dsn},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    assert has_chinese(done.stderr), done.stderr
    assert not folder.parent.exists()


def _answers(scene: Scene) -> bool:
    assert scene.server is not None
    process = scene.server._process
    return process is not None and process.poll() is None


def children_of(parent: int, words: bytes = b"") -> list[int]:
    """Processes that a process has started and whose command has these words."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            command = (status.parent / "cmdline").read_bytes()
            if f"\nPPid:\t{parent}\n" in status.read_text() and words in command:
                found.append(int(status.parent.name))
    return found


NETWORK = {"over_network": True}
FAULTS: dict[str, Fault] = {
    "service killed": Fault(kill_service, ends_service=True),
    "service killed, PostgreSQL its own": Fault(kill_service, {"embedded": True}, ends_service=True),
    "PostgreSQL of its own killed": Fault(kill_own_postgres, {"embedded": True}),
    "PostgreSQL of its own killed, several processes": Fault(
        kill_own_postgres, {"embedded": True, "SUYUAN_PROCESSES": "2"}
    ),
    "one of several processes killed": Fault(kill_one_process, {"SUYUAN_PROCESSES": "2"}, ends_service=True),
    "worker killed": Fault(kill_worker, {"worker": True}),
    "service frozen": Fault(freeze_service),
    "PostgreSQL backend killed": Fault(kill_backend),
    "PostgreSQL connections ended": Fault(end_backends),
    "PostgreSQL killed": Fault(_stop(signal.SIGKILL)),
    "PostgreSQL restarted, fast": Fault(_stop(signal.SIGINT)),
    "PostgreSQL restarted, immediate": Fault(_stop(signal.SIGQUIT)),
    "PostgreSQL gone": Fault(gone),
    "PostgreSQL frozen": Fault(freeze_postgres),
    "read-only": Fault(_with_setting("default_transaction_read_only", "on")),
    "statements timed out": Fault(_with_setting("statement_timeout", "'3ms'")),
    "locks timed out": Fault(_with_setting("lock_timeout", "'1ms'")),
    "no connection free": Fault(no_connections),
    "deadlocks": Fault(deadlocks),
    "migration under load": Fault(migrate, {"worker": True}),
    "two versions at once": Fault(two_versions, {"earlier": 1}, once=True),
    "two versions at once, four revisions apart": Fault(two_versions, {"earlier": 4}, once=True),
    "answers cut": Fault(cut_answers, NETWORK),
    "network held up": Fault(hold_network, NETWORK),
    "network lost": Fault(lose_network, NETWORK),
    "clock an hour ahead, an hour back": Fault(jump_the_clock, {"own_clock": True, "worker": True}),
    "replica gone": Fault(replica_gone, {"replica": True}),
    "replica behind": Fault(replica_behind, {"replica": True, "SUYUAN_REPLICA_MAX_AGE_SECONDS": "1"}),
    "disk full": Fault(fill_disk, {"small_disk": True}),
}

"""A real streaming standby of the run's PostgreSQL, made with the embedded one's own programs."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from service.db.account import account_for, spawn
from service.db.binaries import reachable_binaries
from service.db.embedded import USER, EmbeddedPostgres
from tests.conftest import FAST

#: As the primary has them: a standby with less would not start.
SETTINGS = {name: value for name, value in FAST.items() if name != "autovacuum"}

#: A standby that has not followed by then never will; no measure of speed.
FOLLOWED_SECONDS = 60


@contextmanager
def standby_of(primary: str) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A standby that follows the server of the DSN `primary`, and its DSN (of the same database)."""
    address = urlsplit(primary)
    where = parse_qs(address.query)
    place = Path(tempfile.mkdtemp(prefix="suyuan-standby-"))
    try:
        account = account_for(place)
        place.chmod(0o755)
        data = place / "postgres"
        data.mkdir(mode=0o700)
        if account is not None:
            os.chown(data, account.uid, account.gid)
        copying = spawn(
            [
                *(str(reachable_binaries(account).bin / "pg_basebackup"), "-D", str(data)),
                *("-h", where["host"][0], "-p", where["port"][0], "-U", USER),
                # With standby.signal and the address of the primary; no waiting for disk or checkpoint.
                *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"),
            ],
            account,
            stderr=subprocess.PIPE,
        )
        _, said = copying.communicate()
        assert copying.returncode == 0, said.decode(errors="replace")
        server = EmbeddedPostgres(place, SETTINGS, say=lambda _line: None)
        with server as dsn:
            yield server, f"{dsn.partition('?')[0].rpartition('/')[0]}{address.path}?{dsn.partition('?')[2]}"
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def fetch(dsn: str, question: str) -> str:
    """One text of a server."""
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(question))
    finally:
        await connection.close()


async def wait_until_replayed(standby: str, position: str) -> None:
    """Until a standby has so much of the primary's log."""
    connection = await asyncpg.connect(standby)
    try:
        async with asyncio.timeout(FOLLOWED_SECONDS):
            while not await connection.fetchval(
                "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", position
            ):
                await connection.execute("SELECT pg_sleep(0.01)")
    finally:
        await connection.close()

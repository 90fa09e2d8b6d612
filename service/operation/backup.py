"""A backup: all of the database at one moment, while the service runs; and the way back.

PostgreSQL's own programs write and read the dump. Rows are counted in the very snapshot that is dumped, and
counted again after a restore, so that a restore is known to be whole. A restore is all or nothing, and only
into a database where nothing is.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import func, select, table

from service import clock
from service.db.binaries import carried
from service.db.failures import FAILURES
from service.db.migrate import known_revisions, upgrade
from service.db.party_role import ensure_roles
from service.db.service_role import HIDDEN_FROM_ME
from service.errors import Conflict, Unavailable
from service.operation.manifest import DUMP, Manifest, measure, read, write

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

#: What of a program's complaint is told.
TOLD_MOST: Final = 2_000

TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
IS_EMPTY = """
SELECT NOT EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
)
"""
#: The same whatever the order, and different if one event is missing, more or other.
EVENTS = """
SELECT coalesce(sum(hashtextextended(event_id || encode(fingerprint, 'hex'), 0)), 0)::text FROM event
"""


async def back_up(dsn: str, folder: Path) -> Manifest:
    """Write a backup into `folder`, which must not exist; the service may go on working.

    Raises `Conflict` where the folder exists, `Unavailable` where PostgreSQL, its programs or the disk
    refuse. What was not finished leaves nothing behind.
    """
    with _told("The backup was not made", "备份未完成"), _made_whole(folder) as making:
        async with _snapshot(dsn) as (connection, name):
            hidden = [row["relname"] for row in await connection.fetch(HIDDEN_FROM_ME)]
            if hidden:
                raise Unavailable(
                    f"Row-level security hides rows of {', '.join(hidden)} from this user: make the backup "
                    "as the owner of the tables.",
                    f"行级安全对当前数据库用户隐藏了 {', '.join(hidden)} 的数据行，请以表所有者身份备份。",
                )
            # Without it an owner who is bound by policies is refused, though they show him all.
            how = ("--format=custom", "--enable-row-security", f"--snapshot={name}")
            await _run("pg_dump", dsn, *how, f"--file={making / DUMP}")
            rows, events = await _count(connection)
            size, digest = await asyncio.to_thread(measure, making / DUMP)
            manifest = Manifest(
                made_at=clock.now(),
                version=version("suyuan"),
                postgresql=str(connection.get_server_version().major),
                revision=await connection.fetchval("SELECT version_num FROM alembic_version"),
                rows=rows,
                events=events,
                size=size,
                sha256=digest,
            )
        write(manifest, making)
    return manifest


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """A folder beside it, for the owner's eyes alone, which becomes `folder` at the end of the block."""
    if folder.exists():
        raise Conflict(f"{folder} exists; a backup takes a new folder.", f"{folder} 已存在，备份需要新目录。")
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            yield making
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    except BaseException:
        with suppress(OSError):  # what was put there meanwhile stays
            for parent in missing:
                parent.rmdir()
        raise


@contextmanager
def _told(what: str, zh: str) -> Iterator[None]:
    """What the disk or PostgreSQL refuses becomes `Unavailable`, in a sentence that begins so."""
    try:
        yield
    except FAILURES as error:
        raise Unavailable(f"{what}: {error}.", f"{zh}：{error}。") from error


async def restore(dsn: str, folder: Path) -> Manifest:
    """Put a backup into the empty database at `dsn`, check it, and bring it to this version's schema.

    Raises `Malformed` for a backup that is not whole, `Conflict` for a database that is not empty or a backup
    of a newer version, `Unavailable` where PostgreSQL or the disk refuses, or what was put back is not what
    was kept.
    """
    with _told("The backup was not put back", "恢复未完成"):
        return await _restore(dsn, folder)


async def _restore(dsn: str, folder: Path) -> Manifest:
    manifest = await asyncio.to_thread(read, folder)
    if manifest.revision not in known_revisions():
        raise Conflict(
            f"This backup was made by a newer version ({manifest.version}); install that or a later one.",
            f"该备份由更新的版本（{manifest.version}）生成，请安装该版本或更新版本。",
        )
    connection = await _connect(dsn)
    try:
        if not await connection.fetchval(IS_EMPTY):
            raise Conflict(
                "The database is not empty; restore into a new one, and nothing can be lost by it.",
                "目标数据库非空；请恢复到新的空数据库，以免覆盖现有数据。",
            )
        # Its policies name them.
        await ensure_roles(dsn)
        await _run("pg_restore", dsn, "--exit-on-error", "--single-transaction", str(folder / DUMP))
        differences = manifest.differences(*await _count(connection))
    finally:
        await connection.close()
    if differences:
        raise Unavailable(
            f"What was put back is not what was kept: {'; '.join(differences)}.",
            f"恢复的数据与备份不一致：{'；'.join(differences)}。",
        )
    await asyncio.to_thread(upgrade, dsn)
    return manifest


async def _count(connection: "Connection") -> tuple[dict[str, int], str]:
    """Rows of each table, and the sum of the events' hashes."""
    tables = [row["relname"] for row in await connection.fetch(TABLES)]
    rows = {}
    for name in tables:
        counting = select(func.count()).select_from(table(name, schema="public"))
        rows[name] = int(await connection.fetchval(str(counting)))
    return rows, await connection.fetchval(EVENTS) if "event" in rows else "0"


@asynccontextmanager
async def _snapshot(dsn: str) -> AsyncIterator[tuple["Connection", str]]:
    """A connection that sees one moment, and the name by which others see the same."""
    connection = await _connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection, await connection.fetchval("SELECT pg_export_snapshot()")
    finally:
        await connection.close()


async def _connect(dsn: str) -> "Connection":
    try:
        return await asyncpg.connect(dsn)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"The database does not answer: {error}.", f"无法连接数据库：{error}") from error


async def _run(program: str, dsn: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the database; its password is in no list of processes."""
    address, password = _without_password(dsn)
    process = await asyncio.create_subprocess_exec(
        carried().bin / program,
        f"--dbname={address}",
        "--no-password",
        *("--no-owner", "--no-privileges"),
        *arguments,
        env={**os.environ, **({"PGPASSWORD": password} if password else {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, complaint = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        told = complaint.decode("utf-8", "replace").strip()[-TOLD_MOST:]
        raise Unavailable(f"{program} failed: {told}", f"{program} 执行失败：{told}")


def _without_password(dsn: str) -> tuple[str, str]:
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}@{host}")), unquote(parts.password)

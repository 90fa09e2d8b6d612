"""`suyuan-service`: start the service, or only bring its database to this version's schema."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from service import clock, processes, serving
from service.auth.tokens import issue_first_key
from service.db.embedded import SETTINGS, EmbeddedPostgres, find_running
from service.db.failures import FAILURES, is_passing
from service.db.migrate import check_made, check_server, upgrade
from service.db.replica import check_address
from service.db.service_role import OWNER, SERVICE, as_service, make_login, may_be_service
from service.db.tending import Tender
from service.db.transaction import create_engine, transaction
from service.errors import Missing, SuyuanError, Unavailable
from service.operation.backup import back_up
from service.operation.backup import restore as put_back
from service.operation.connections import FOR_OTHERS, connections_of
from service.operation.doctor import ask_connections, examine
from service.operation.measures import SHARED
from service.settings import Settings, settings
from service.sheets.duty import forget_once
from service.signals.tidy import tidy_once

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Suyuan 溯源: product traceability and recall. 产品追溯与召回服务。",
)

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DataDir = Annotated[
    Path | None,
    typer.Option(
        help="Where the embedded PostgreSQL keeps its data. 内置数据库的数据目录 [default: .suyuan]"
    ),
]


class StopAskedError(BaseException):
    """A signal asked the process to stop; like KeyboardInterrupt, no ordinary handler catches it."""


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on. 监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on. 监听端口", min=0, max=65535)] = 8000,
    data_dir: DataDir = None,
    demo: Annotated[
        str | None,
        typer.Option(help="Load demonstration data of this size once. 装入演示数据", metavar="SIZE"),
    ] = None,
) -> None:
    """Start the service, with an embedded PostgreSQL unless DATABASE_URL is set. 启动服务。"""
    with stopping_cleanly():
        check_address(Settings().database_replica_url)
        listener = serving.listen(host, port)
        with tended_database(data_dir) as (dsn, tend):
            upgrade(dsn)
            asyncio.run(_warn_of_connections(dsn))
            key = asyncio.run(issue_first_key(dsn))
            if key is not None:
                say(f"Admin API key, shown only now (管理员 API 密钥,仅显示一次): {key}")
            os.environ |= asyncio.run(_addresses(dsn))
            address = f"http://{shown(host)}:{listener.getsockname()[1]}"
            # Printed codes carry an address; without a better one, the one just made.
            os.environ.setdefault("SUYUAN_PUBLIC_URL", address)
            settings.cache_clear()
            part = serving.Part(
                lambda: say(f"Suyuan serves on {address}  (服务已启动)"), address, demo, tend=tend
            )
            if settings().processes == 1:
                serving.run(listener, part)
            else:
                with shared_measures():
                    processes.run(listener, part, settings().processes)


@cli.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's schema and end. 升级数据库结构。"""
    with stopping_cleanly(), database(data_dir) as dsn:
        upgrade(dsn)
        say("The database is up to date. (数据库结构已是最新)")


@cli.command()
def tidy(data_dir: DataDir = None) -> None:
    """Erase what was kept long enough (the running service does so daily). 清除到期数据。"""
    with stopping_cleanly(), database(data_dir) as dsn:
        upgrade(dsn)
        done, uploads = asyncio.run(tidy_once(dsn)), asyncio.run(forget_once(dsn, clock.now()))
        say(
            f"Gone: {done.complaints} contacts, {done.photos} photos, {done.days} rows of looks, "
            f"{done.reads} records of reads, {uploads} uploads of spreadsheets "
            f"(已清除 {done.complaints} 条联系方式、{done.photos} 张照片、{done.days} 行查询统计、"
            f"{done.reads} 条查阅留痕、{uploads} 个导入文件)"
        )


Folder = Annotated[Path, typer.Argument(help="Folder of the backup. 备份目录", metavar="FOLDER")]


@cli.command()
def backup(folder: Folder, data_dir: DataDir = None) -> None:
    """Keep a copy of everything, of one moment, while the service may go on. 备份数据库。"""
    with stopping_cleanly(), visited(data_dir) as dsn:
        kept = asyncio.run(back_up(dsn, folder))
        say(
            f"{folder}: {kept.rows['event']} events, {kept.size / 1024**2:.1f} MiB, revision {kept.revision} "
            f"(备份完成：{kept.rows['event']} 个事件)"
        )


@cli.command()
def restore(folder: Folder, data_dir: DataDir = None) -> None:
    """Put a backup into a new, empty database, and check that it is whole. 恢复到新的空数据库。"""
    with stopping_cleanly(), database(data_dir) as dsn:
        kept = asyncio.run(put_back(dsn, folder))
        say(f"Restored and checked: {kept.rows['event']} events. (已恢复并核对：{kept.rows['event']} 个事件)")


@cli.command()
def doctor(
    data_dir: DataDir = None,
    projection: Annotated[
        bool, typer.Option(help="Compare the projection with a rebuild; captures wait. 核对台账")
    ] = True,
) -> None:
    """Look whether all is well: schema, clocks, disk, indexes, orphans, projection. 健康检查。"""
    with stopping_cleanly(), visited(data_dir) as dsn:
        embedded = None if Settings().database_url else data_dir or Settings().data_dir
        if asyncio.run(_examine(dsn, embedded, projection)):
            raise typer.Exit(1)


async def _examine(dsn: str, directory: Path | None, projection: bool) -> bool:
    """Whether anything is wrong."""
    wrong = False
    engine = create_engine(dsn, pool_size=1)
    try:
        async for finding in examine(engine, directory, projection=projection):
            say(f"{finding.state:5}  {finding.question}: {finding.message} ({finding.message_zh})")
            wrong |= finding.state == "wrong"
    finally:
        await engine.dispose()
    return wrong


async def _addresses(dsn: str) -> dict[str, str]:
    """By which addresses the service works, for the settings. `dsn`: the owner's."""
    told = Settings()
    if not told.database_url:
        login = await make_login(dsn)
    else:
        login = told.database_url if told.database_owner_url else dsn
    owner = {"DATABASE_OWNER_URL": dsn, "DATABASE_URL": login}
    if not await may_be_service(login):
        message = (
            f"Grant the role {SERVICE} to the user of DATABASE_URL, and {OWNER} to the owner of the tables",
            f"请将角色 {SERVICE} 授予 DATABASE_URL 的用户、将 {OWNER} 授予表所有者",
        )
        if told.database_owner_url:
            raise Unavailable(f"{message[0]}.", f"{message[1]}。")
        sys.stderr.write(
            f"The service works as the owner of its tables, bound by nothing. {message[0]}, and start again. "
            f"(服务以表所有者身份运行，不受行级安全约束。{message[1]}后重启)\n"
        )
        return owner
    replica = told.database_replica_url
    return owner | {
        "DATABASE_URL": as_service(login),
        "DATABASE_REPLICA_URL": as_service(replica) if replica else "",
    }


async def _warn_of_connections(dsn: str) -> None:
    """Say so where the database lets in fewer connections than the service may open."""
    engine = create_engine(dsn, pool_size=1)
    try:
        async with transaction(engine, snapshot=True) as tx:
            found = await ask_connections(tx)
    finally:
        await engine.dispose()
    if found.state == "wrong":
        sys.stderr.write(f"{found.message} ({found.message_zh})\n")


@contextmanager
def shared_measures() -> Iterator[None]:
    """A folder in which several processes keep their metrics for each other."""
    with tempfile.TemporaryDirectory(prefix="suyuan-metrics-") as folder:
        os.environ[SHARED] = folder
        yield


def shown(host: str) -> str:
    """The host of a URL that leads to a listener on `host`, from this machine."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 (compared with, not bound to)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@contextmanager
def database(data_dir: Path | None) -> Iterator[str]:
    """The DSN of the operator's PostgreSQL, or of the embedded one while it runs."""
    with tended_database(data_dir) as (dsn, _tend):
        yield dsn


@contextmanager
def tended_database(data_dir: Path | None) -> Iterator[tuple[str, Callable[[], None] | None]]:
    """As `database`; with what, called now and again, starts an embedded one again that has ended."""
    wanted = Settings()
    if wanted.database_url:
        owner = wanted.database_owner_url or wanted.database_url
        dsn = owner.replace("postgresql+asyncpg://", "postgresql://", 1)
        check_server(dsn)
        yield dsn, None
        return
    postgres = EmbeddedPostgres(data_dir or wanted.data_dir, connections_for(wanted))
    try:
        yield postgres.start(), Tender(postgres).look
    finally:
        # Whoever asks twice still gets a clean stop; it takes moments.
        for order in STOPPING:
            signal.signal(order, signal.SIG_IGN)
        postgres.stop()


def connections_for(wanted: Settings) -> dict[str, str]:
    """PostgreSQL's `max_connections` for the pools of all processes, never less than it has anyway."""
    needed = connections_of(wanted) + FOR_OTHERS
    return {"max_connections": str(max(int(SETTINGS["max_connections"]), needed))}


@contextmanager
def visited(data_dir: Path | None) -> Iterator[str]:
    """As `database`, but one that is there already, else `Missing`; a running service's embedded one, too."""
    wanted = Settings()
    directory = data_dir or wanted.data_dir
    if not wanted.database_url and not (directory / "postgres").is_dir():
        raise Missing(
            f"There is no database in {directory}: give --data-dir of the service, or set DATABASE_URL.",
            f"{directory} 中没有数据库，请用 --data-dir 指定服务的数据目录，或设置 DATABASE_URL。",
        )
    running = None if wanted.database_url else find_running(directory)
    if running is not None:
        yield running
        return
    with database(data_dir) as dsn:
        check_made(dsn)
        yield dsn


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """End the work inside in order: with 0 after a signal, with words and 1 after an error."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StopAskedError

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)  # which uvicorn knows

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, hang_up)
    try:
        yield
    except StopAskedError:
        say("Suyuan stopped. (服务已停止)")
    except SuyuanError as error:
        sys.stderr.write(f"{error.message}\n{error.zh}\n")
        raise typer.Exit(1) from None
    except FAILURES as error:
        if not (isinstance(error, OSError) or is_passing(error)):
            raise
        sys.stderr.write(f"The system or the database refuses: {error}\n系统或数据库无法完成该操作:{error}\n")
        raise typer.Exit(1) from None


def say(line: str) -> None:
    """A line for the person who started the process."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """The console script."""
    cli()

"""One request, one transaction, two hands.

`orm` is SQLModel's session, for the tables that are edited row by row; `sql` is the asyncpg
connection underneath it, for statements written by hand. Both are on one PostgreSQL transaction:
either everything lands or nothing does. Nobody below the edge commits.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from service.errors import Conflict
from service.settings import settings

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

#: The statement that makes SQLAlchemy begin; see `transaction`.
BEGIN = text("SELECT 1")

SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

#: Constraint name -> what a caller should read (English, Chinese).
CONFLICTS = {
    "party_uri_key": ("A party with this identity is already registered.", "该主体标识已登记。"),
    "party_gln_key": ("A party with this GLN is already registered.", "该 GLN 的主体已登记。"),
    "party_uscc_key": (
        "A party with this unified social credit code is already registered.",
        "该统一社会信用代码的主体已登记。",
    ),
    "site_uri_key": ("A site with this identity is already registered.", "该场所标识已登记。"),
    "product_uri_key": ("A product with this identity is already registered.", "该产品标识已登记。"),
    "product_gtin_key": ("A product with this GTIN is already registered.", "该 GTIN 的产品已登记。"),
    "named_query_name_key": ("A query with this name is here already.", "已存在该名称的查询。"),
    "batch_uri_key": ("This batch is already registered.", "该批次已登记。"),
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """The two hands on one open transaction."""

    orm: AsyncSession
    sql: Connection


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """The process's one pool on `postgresql://…`. A connection that the server has ended is not given out,
    nor any as old as it: to ask the server each time would be three statements more for each request.

    `url` may be a plain libpq-style URL; SQLAlchemy is told which driver speaks. A role that it names is
    taken on by each connection as it is opened. Whoever waits for a connection does so for `wait_seconds` of
    the settings.
    """
    for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            url = "postgresql+asyncpg://" + url.removeprefix(scheme)
            break
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=settings().wait_seconds,
        connect_args={
            "server_settings": {"application_name": "suyuan.requests", "timezone": "UTC", "jit": "off"}
        },
    )
    event.listen(engine.sync_engine, "do_connect", _take_role)
    event.listen(engine.sync_engine, "checkout", _refuse_ended)
    return engine


def _take_role(_dialect: object, _record: object, _told: object, parameters: dict[str, Any]) -> None:
    """As the driver would of itself: what a URL says besides are settings of the session. Those that a
    session begins with are what RESET goes back to.
    """
    if "role" in parameters:
        parameters["server_settings"] |= {"role": parameters.pop("role")}


def _refuse_ended(connection: Any, _record: object, _proxy: object) -> None:
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError("the database closed the connection")


@asynccontextmanager
async def transaction(engine: AsyncEngine, *, snapshot: bool = False) -> AsyncIterator[Transaction]:
    """Open the one transaction; commit on leaving, roll back on any exception.

    `snapshot`: all statements see the database as it was at the first one, and none may write: what a
    trace is read in, hop by hop. Raises `Conflict` for a violated unique constraint that `CONFLICTS` names.
    """
    failed: Exception | None = None
    try:
        async with AsyncSession(engine, expire_on_commit=False) as orm, orm.begin():
            connection = await _connected(orm, SNAPSHOT if snapshot else {})
            # SQLAlchemy begins lazily, with its first statement. Until then the driver's connection
            # commits each statement by itself, so this comes before any use of `sql`.
            await connection.execute(BEGIN)
            fairy = await connection.get_raw_connection()
            sql = cast("Connection", fairy.driver_connection)
            if sql.is_closed():
                raise ConnectionResetError("the database closed the connection")
            assert sql.is_in_transaction()
            try:
                yield Transaction(orm, sql)
            except Exception as error:
                failed = error
                raise
    except asyncpg.UniqueViolationError as error:
        raise as_conflict(error) from error
    except (DBAPIError, asyncpg.InterfaceError) as error:
        # On a connection that was lost, rolling back fails as well: what counts is what was there first.
        if failed is not None and failed is not error:
            raise failed from error
        if not isinstance(error, IntegrityError):
            raise
        cause = error.orig.__cause__ if error.orig else None
        if not isinstance(cause, asyncpg.UniqueViolationError):
            raise
        raise as_conflict(cause) from error


async def _connected(orm: AsyncSession, options: Mapping[str, Any]) -> AsyncConnection:
    """A connection of the pool. Raises `ConnectionError` where there is no server: its socket is
    gone, its name is not known, it does not answer.
    """
    try:
        return await orm.connection(execution_options=options)
    except OSError as error:
        raise ConnectionError(f"no database: {error}") from error


@asynccontextmanager
async def borrowed(engine: AsyncEngine) -> AsyncIterator[Connection]:
    """A connection of the pool without a transaction, for single statements that only read: each is one of
    its own, and none is begun or ended for it.
    """
    async with engine.connect() as connection:
        fairy = await connection.get_raw_connection()
        yield cast("Connection", fairy.driver_connection)


def as_conflict(error: asyncpg.UniqueViolationError) -> Exception:
    """Translate by constraint name; an unknown constraint is our bug, not the caller's."""
    sentence = CONFLICTS.get(error.constraint_name or "")
    return Conflict(*sentence) if sentence else error

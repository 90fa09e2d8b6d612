"""Alembic's entry: every area's tables, one connection, one lock.

asyncpg prepares each statement, so `op.execute` takes one statement at a time.
"""

import asyncio
import time
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import asyncpg
from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import service
from service.db.migrate import LOCK_KEY
from service.db.online import ATTEMPTS, LOCK_TIMEOUT
from service.db.party_role import let_read
from service.db.transaction import create_engine

for _tables in sorted(Path(service.__path__[0]).glob("*/tables.py")):
    import_module(f"service.{_tables.parent.name}.tables")


#: Between two attempts to get a lock.
PAUSE_SECONDS = 0.5


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's own string type into revisions as what it is."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tables of the job queue are its own: no area declares them."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


def let_parties_read(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Of what a revision adds, in its transaction."""
    del step, heads, run_args
    assert ctx.connection is not None
    let_read(ctx.connection)


def migrate(connection: Connection) -> None:
    """Run the revisions, each in a transaction of its own; one that waits too long for a lock, anew."""
    connection.execute(text("SELECT set_config('lock_timeout', :most, false)"), {"most": LOCK_TIMEOUT})
    connection.commit()
    for attempt in range(1, ATTEMPTS + 1):
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            compare_type=True,
            render_item=render,
            include_name=is_ours,
            # Locks last as long as one revision, and indexes can be made outside a transaction.
            transaction_per_migration=True,
            on_version_apply=let_parties_read,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
        except DBAPIError as error:
            connection.rollback()
            if not _waited_too_long(error) or attempt == ATTEMPTS:
                raise
            # Whoever queued up behind it gets through.
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _waited_too_long(error: DBAPIError) -> bool:
    cause = error.orig.__cause__ if error.orig else None
    return isinstance(cause, asyncpg.LockNotAvailableError | asyncpg.DeadlockDetectedError)


async def connect_and_migrate() -> None:
    """Open the one connection; alone."""
    engine = create_engine(context.config.attributes["dsn"], pool_size=1)
    try:
        async with engine.connect() as connection:
            # Held by the session: a second service waits here, then finds nothing to do. It asks again and
            # again: a statement that waits is one that making an index without locks would wait for.
            while not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
                await connection.rollback()
                await asyncio.sleep(PAUSE_SECONDS)
            await connection.commit()
            try:
                await connection.run_sync(migrate)
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
                await connection.commit()
    finally:
        await engine.dispose()


asyncio.run(connect_and_migrate())

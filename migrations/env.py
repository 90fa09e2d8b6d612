"""Alembic's entry: every area's tables, one connection, one lock.

asyncpg prepares each statement, so `op.execute` takes one statement at a time.
"""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import service
from service.db.migrate import LOCK_KEY
from service.db.transaction import create_engine

for _tables in sorted(Path(service.__path__[0]).glob("*/tables.py")):
    import_module(f"service.{_tables.parent.name}.tables")


def render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's own string type into revisions as what it is."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tables of the job queue are its own: no area declares them."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


def migrate(connection: Connection) -> None:
    """Run the revisions in one transaction, alone."""
    # Held by the session, not the transaction: a second service waits here, then finds nothing to do.
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        render_item=render,
        include_name=is_ours,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
        connection.commit()


async def connect_and_migrate() -> None:
    """Open the one connection."""
    engine = create_engine(context.config.attributes["dsn"], pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


asyncio.run(connect_and_migrate())

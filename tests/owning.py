"""What only the owner of the tables does, in tests whose engine is the service's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.service_role import as_owner_of
from service.db.transaction import Transaction, create_engine, transaction


def owner_of(engine: AsyncEngine) -> AsyncEngine:
    """An engine of the owner on the same database."""
    url = engine.url.render_as_string(hide_password=False)
    return create_engine(as_owner_of(url), pool_size=2)


@asynccontextmanager
async def owning(engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """A transaction of the owner on the database of this engine."""
    owner = owner_of(engine)
    try:
        async with transaction(owner) as tx:
            yield tx
    finally:
        await owner.dispose()


async def own(tx: Transaction) -> None:
    """From here on a transaction of the service's is the owner's."""
    await tx.sql.execute("SET LOCAL ROLE NONE")


@asynccontextmanager
async def owned(tx: Transaction) -> AsyncIterator[None]:
    """`own` inside; after it, it is the service's again."""
    await own(tx)
    yield
    await tx.sql.execute("SET LOCAL role TO DEFAULT")

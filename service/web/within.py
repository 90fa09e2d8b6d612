"""Several answers of one moment: a request that is asked within another reads the other's snapshot."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from starlette.types import Scope

from service.db.transaction import Transaction, transaction

#: Where the scope of a request holds the snapshot that it reads in.
SNAPSHOT: Final = "suyuan.snapshot"


def opened(scope: Scope, *, snapshot: bool = False) -> AbstractAsyncContextManager[Transaction]:
    """A request's transaction: one of its own, or a part of the snapshot that it was asked in."""
    within: Transaction | None = scope.get(SNAPSHOT)
    if within is not None:
        return part_of(within)
    return transaction(scope["app"].state.engine, snapshot=snapshot)


@asynccontextmanager
async def part_of(tx: Transaction) -> AsyncIterator[Transaction]:
    """A part of a transaction that only reads: as whom it was read is forgotten after it, and so is what the
    ORM has loaded.
    """
    await tx.sql.execute("SAVEPOINT part")
    try:
        yield tx
    finally:
        if not tx.sql.is_closed():
            await tx.sql.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            tx.orm.expunge_all()

"""What a database that cannot answer raises, by way of either hand."""

from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: No connection, none free, cut off, too slow, or a statement it refuses: in each case nothing was learned.
FAILURES: Final[tuple[type[Exception], ...]] = (
    OSError,
    TimeoutError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # A connection whose server has said that it goes, and is not gone yet, is used once more.
    asyncpg.InternalClientError,
)
#: What PostgreSQL says of itself or of others, not of what it was told: told again later, it may well do it.
PASSING: Final[tuple[type[Exception], ...]] = (
    ConnectionError,
    TimeoutError,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    # It goes, comes, recovers, or somebody cancelled the statement; its time was up.
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    # No connection, memory or disk left; the disk fails.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    # Others were in the way: deadlocks, locks.
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    # It became a standby, or takes no changes for now.
    asyncpg.ReadOnlySQLTransactionError,
    # A migration changed a table since the statement was prepared; it is prepared anew.
    asyncpg.InvalidCachedStatementError,
    asyncpg.InternalClientError,
)


def is_passing(error: BaseException) -> bool:
    """Whether an error of the database is its state, not a fault of a statement. What was raised while a lost
    connection was being cleaned up after counts as that loss.
    """
    return any(_passes(each) for each in _chain(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # asyncpg says "connection is closed" and "wrong number of arguments" with one class; and "another
    # operation is in progress" of a connection whose server has said that it goes, and is not gone yet.
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error) or "in progress" in str(error)
    return isinstance(error, PASSING)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it came of."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, each.orig if isinstance(each, DBAPIError) else None]

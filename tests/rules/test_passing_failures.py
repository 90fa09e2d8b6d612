"""What a database says of its own state is told from what it says of a statement."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from service.db.failures import is_passing


def raised_after(first: Exception, then: Exception) -> Exception:
    """`then`, raised while `first` was being handled."""
    then.__context__ = first
    return then


def both_ways() -> Exception:
    """Raised again from what went wrong while cleaning up, with what was there first behind it."""
    first = raised_after(asyncpg.InternalClientError("in progress"), InvalidRequestError("not rolled back"))
    first.__cause__ = InvalidRequestError("not rolled back either")
    return first


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (asyncpg.AdminShutdownError("terminating connection"), True),
        (asyncpg.CannotConnectNowError("the database system is starting up"), True),
        (asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"), True),
        (asyncpg.DiskFullError("could not extend file"), True),
        (asyncpg.QueryCanceledError("canceling statement due to statement timeout"), True),
        (asyncpg.LockNotAvailableError("canceling statement due to lock timeout"), True),
        (asyncpg.DeadlockDetectedError("deadlock detected"), True),
        (asyncpg.InvalidCachedStatementError("cached statement plan is invalid"), True),
        (asyncpg.InternalClientError("cannot switch to state 2; another operation is in progress"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), True),
        (asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"), False),
        (asyncpg.UniqueViolationError("duplicate key"), False),
        (asyncpg.UndefinedTableError("no such table"), False),
        (asyncpg.InsufficientPrivilegeError("permission denied"), False),
        (InvalidRequestError("another operation is in progress"), False),
        (DBAPIError("COMMIT", {}, Exception("x"), connection_invalidated=True), True),
        (raised_after(asyncpg.CrashShutdownError("gone"), InvalidRequestError("not rolled back")), True),
        (raised_after(KeyError("x"), InvalidRequestError("not rolled back")), False),
        (both_ways(), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_passes_may_be_tried_again(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing

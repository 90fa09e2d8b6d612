"""What a database that cannot answer raises, by way of either hand."""

from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

#: No connection, none free, cut off, too slow, or a statement it refuses: in each case nothing was learned.
FAILURES: Final[tuple[type[Exception], ...]] = (
    OSError,
    TimeoutError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)

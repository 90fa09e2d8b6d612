"""Changes to tables in use, for revisions: indexes without keeping writers out, no long wait for a lock.

A statement that waits for a lock keeps out everybody who comes after it, readers too. So
`migrations/env.py` lets each wait `LOCK_TIMEOUT` at most, and begins the revision anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from alembic import op
from sqlalchemy import text

#: How long a statement of a revision waits for a lock, and how often a revision is begun.
LOCK_TIMEOUT: Final = "3s"
ATTEMPTS: Final = 40
#: Tables that grow with events, units or looks at codes: to read each of their rows takes long.
BIG_TABLES: Final = frozenset(
    {
        *("event", "event_item", "unit", "batch", "journal_entry", "posting", "flow", "holding", "gap"),
        *("capture_job", "drug_code", "unit_act", "scan_day", "scan_total", "scan_seen"),
    }
)


def let_requests_finish() -> None:
    """First in each transaction that changes several tables in use: requests under way end, new ones wait.

    Every request reads its caller's key before anything else, and one that waits for that holds nothing yet;
    one that had read it would hold what this revision wants, and want what it has: PostgreSQL breaks off
    either, and while callers keep coming the revision would never get through.
    """
    op.execute("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")


@contextmanager
def outside_a_transaction() -> Iterator[None]:
    """What was done so far in the revision is committed. What follows must be able to be done twice: after a
    failure the whole revision is begun again.
    """
    with op.get_context().autocommit_block():
        # Waiting for older transactions to end keeps nobody out.
        _wait_for_locks("0")
        try:
            yield
        finally:
            _wait_for_locks(LOCK_TIMEOUT)


def _wait_for_locks(most: str) -> None:
    op.get_bind().execute(text("SELECT set_config('lock_timeout', :most, false)"), {"most": most})


def make_index(name: str, table: str, columns: Sequence[Any], **how: Any) -> None:
    """An index on a table in use, without keeping writers out. What an attempt before left behind, which no
    statement would use, goes first. `columns`, `how`: as `op.create_index` takes them.
    """
    with outside_a_transaction():
        if not _is_valid(name):
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, **how)


def drop_index(name: str, table: str) -> None:
    """Drop an index of a table in use; harmless where it is gone."""
    with outside_a_transaction():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def _is_valid(name: str) -> bool:
    found = op.get_bind().execute(
        text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": name}
    )
    return bool(found.scalar())

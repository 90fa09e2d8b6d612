"""How events and flows are stored: one index less of eventIDs, vacuum by what is new.

Rows of the hot tables are never updated: captures add them, or take them away and write them anew. So pages
are filled (no `fillfactor`), and what counts is that vacuum comes in time at any size: a fifth of a billion
rows would be months of events, and months of pages that no index-only scan trusts.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.db.online import drop_index, make_index

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: Rows come and stay: vacuumed for what was added, and frozen at once, so that old pages are not read again.
ADDED_TO = ("event", "event_item", "journal_entry", "unit", "batch")
#: About one row in five is written anew by a later capture.
REPLACED = ("posting", "flow", "holding", "gap")
#: Of all rows, and at least so many.
SHARE, LEAST = 0.01, 10_000


def upgrade() -> None:
    # Of one eventID there is one event, and any number of error declarations that differ in content: one
    # index for both, where there were two with the eventID in each.
    make_index(
        "event_event_id_one_key",
        "event",
        ["event_id", sa.text("substr(fingerprint, 1, declares_error::integer * 32)")],
        unique=True,
    )
    drop_index("event_event_id_fingerprint_key", "event")
    drop_index("event_event_id_key", "event")
    op.execute("ALTER INDEX IF EXISTS event_event_id_one_key RENAME TO event_event_id_key")
    for table in ADDED_TO:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_insert_scale_factor = {SHARE}, "
            f"autovacuum_vacuum_insert_threshold = {LEAST}, autovacuum_analyze_scale_factor = {SHARE}, "
            "autovacuum_freeze_min_age = 0)"
        )
    for table in REPLACED:
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = {SHARE}, "
            f"autovacuum_vacuum_insert_scale_factor = {SHARE}, autovacuum_vacuum_threshold = {LEAST}, "
            f"autovacuum_vacuum_insert_threshold = {LEAST}, autovacuum_analyze_scale_factor = {SHARE})"
        )


def downgrade() -> None:
    for table in (*ADDED_TO, *REPLACED):
        op.execute(
            f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, "
            "autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold, "
            "autovacuum_analyze_scale_factor, autovacuum_freeze_min_age)"
        )
    op.execute("ALTER INDEX event_event_id_key RENAME TO event_event_id_one_key")
    make_index("event_event_id_fingerprint_key", "event", ["event_id", "fingerprint"], unique=True)
    make_index(
        "event_event_id_key",
        "event",
        ["event_id"],
        unique=True,
        postgresql_where=sa.text("NOT declares_error"),
    )
    drop_index("event_event_id_one_key", "event")

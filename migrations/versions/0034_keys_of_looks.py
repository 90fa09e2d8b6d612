"""Looks are found by what was looked at, and only then by whether that is a unit: the number tells nearly all
apart, where each comparison of a key began with the same word.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

from service.db.online import make_index

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEYS: Final = {"scan_total": ("thing_id", "level"), "scan_day": ("thing_id", "level", "day", "place_id")}
KEYS_BEFORE: Final = {
    "scan_total": ("level", "thing_id"),
    "scan_day": ("level", "thing_id", "day", "place_id"),
}
TAKE: Final = {
    "scan_total": """
        ALTER TABLE scan_total DROP CONSTRAINT scan_total_pkey,
            ADD CONSTRAINT scan_total_pkey PRIMARY KEY USING INDEX scan_total_ordered_key""",
    "scan_day": """
        ALTER TABLE scan_day DROP CONSTRAINT scan_day_pkey,
            ADD CONSTRAINT scan_day_pkey PRIMARY KEY USING INDEX scan_day_ordered_key""",
}
FIRST_OF_KEY: Final = """
SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
WHERE indexrelid = to_regclass(:key)
"""


def upgrade() -> None:
    for table, columns in KEYS.items():
        _order_key(table, columns)


def downgrade() -> None:
    for table, columns in KEYS_BEFORE.items():
        _order_key(table, columns)


def _order_key(table: str, columns: Sequence[str]) -> None:
    """Looks are counted meanwhile; old processes and new ones name the key by its columns, in any order."""
    if op.get_bind().execute(sa.text(FIRST_OF_KEY), {"key": f"{table}_pkey"}).scalar() == columns[0]:
        return  # an attempt before had come so far
    make_index(f"{table}_ordered_key", table, columns, unique=True)
    op.execute(TAKE[table])

"""What captures and queries read faster."""

from collections.abc import Sequence

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


#: A look-up and a lock for each row of what is computed from events and can be computed again.
DERIVED = (
    ("event_item", "event_id", "event"),
    ("event_item", "unit_id", "unit"),
    ("event_item", "batch_id", "batch"),
    ("event_item", "told_batch_id", "batch"),
    ("journal_entry", "event_id", "event"),
)
#: Of many events at a place, the first of a page lie together.
PLACES = ("read_point", "biz_location")


def upgrade() -> None:
    for column in PLACES:
        op.drop_index(f"event_{column}_idx", table_name="event")
        op.create_index(f"event_{column}_idx", "event", [column, "id"], unique=False)
    for table, column, _ in DERIVED:
        op.drop_constraint(f"{table}_{column}_fkey", table, type_="foreignkey")


def downgrade() -> None:
    for column in PLACES:
        op.drop_index(f"event_{column}_idx", table_name="event")
        op.create_index(f"event_{column}_idx", "event", [column], unique=False)
    for table, column, referred in DERIVED:
        op.create_foreign_key(f"{table}_{column}_fkey", table, referred, [column], ["id"])

"""What projections read faster: what an event packs things into."""

from collections.abc import Sequence

import sqlalchemy as sa

from service.db.online import drop_index, make_index

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    make_index("event_item_packing_idx", "event_item", ["event_id"], postgresql_where=sa.text("role = 1"))


def downgrade() -> None:
    drop_index("event_item_packing_idx", "event_item")

"""Goods that move after they were recalled or held; what a capture was warned of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DOCUMENT = postgresql.JSONB(astext_type=sa.Text())
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recall_alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_site_id", sa.BigInteger(), nullable=True),
        sa.Column("to_site_id", sa.BigInteger(), nullable=True),
        sa.Column("amounts", DOCUMENT, server_default="{}", nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("seen_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('shipped', 'sold', 'transformed')", name=op.f("recall_alarm_kind_check")
        ),
        sa.CheckConstraint("(seen_at IS NULL) = (seen_by IS NULL)", name=op.f("recall_alarm_seen_check")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_alarm_recall_id_fkey")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("recall_alarm_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("recall_alarm_pkey")),
        sa.UniqueConstraint("recall_id", "batch_id", "event_id", "kind", name="recall_alarm_event_key"),
    )
    op.add_column("capture_job", sa.Column("warnings", DOCUMENT, server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("capture_job", "warnings")
    op.drop_table("recall_alarm")

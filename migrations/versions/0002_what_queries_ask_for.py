"""What EPCIS queries ask for: facts of events, their indexes, master data, prefixes, a mark for pages."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "master_data_element",
        sa.Column("vocabulary", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("children", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("vocabulary", "uri", name=op.f("master_data_element_pkey")),
    )
    op.create_table(
        "namespace",
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "uri", name=op.f("namespace_pkey")),
    )
    op.add_column(
        "event",
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "event",
        sa.Column(
            "recorded_in",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
    )
    op.drop_index(op.f("event_biz_step_idx"), table_name="event")
    op.create_index("event_biz_step_idx", "event", ["biz_step", "event_time", "id"], unique=False)
    op.drop_index(op.f("event_event_time_idx"), table_name="event")
    op.create_index("event_event_time_idx", "event", ["event_time", "id"], unique=False)
    op.drop_index(op.f("event_record_time_idx"), table_name="event")
    op.create_index("event_record_time_idx", "event", ["record_time", "id"], unique=False)
    op.create_index("event_biz_location_idx", "event", ["biz_location"], unique=False)
    op.create_index(
        "event_declares_error_idx", "event", ["id"], unique=False, postgresql_where=sa.text("declares_error")
    )
    op.create_index("event_disposition_idx", "event", ["disposition"], unique=False)
    op.create_index(
        "event_facts_idx",
        "event",
        ["facts"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"facts": "jsonb_path_ops"},
    )
    op.create_index("event_read_point_idx", "event", ["read_point"], unique=False)
    op.create_index("event_type_idx", "event", ["type"], unique=False)


def downgrade() -> None:
    op.drop_index("event_type_idx", table_name="event")
    op.drop_index("event_read_point_idx", table_name="event")
    op.drop_index(
        "event_facts_idx",
        table_name="event",
        postgresql_using="gin",
        postgresql_ops={"facts": "jsonb_path_ops"},
    )
    op.drop_index("event_disposition_idx", table_name="event")
    op.drop_index("event_declares_error_idx", table_name="event", postgresql_where=sa.text("declares_error"))
    op.drop_index("event_biz_location_idx", table_name="event")
    op.drop_index("event_record_time_idx", table_name="event")
    op.create_index(op.f("event_record_time_idx"), "event", ["record_time"], unique=False)
    op.drop_index("event_event_time_idx", table_name="event")
    op.create_index(op.f("event_event_time_idx"), "event", ["event_time"], unique=False)
    op.drop_index("event_biz_step_idx", table_name="event")
    op.create_index(op.f("event_biz_step_idx"), "event", ["biz_step", "event_time"], unique=False)
    op.drop_column("event", "recorded_in")
    op.drop_column("event", "facts")
    op.drop_table("namespace")
    op.drop_table("master_data_element")

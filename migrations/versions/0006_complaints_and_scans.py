"""Complaints; how often and where codes were looked at, and which of them are suspect."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

LEVEL = "level IN ('unit', 'batch')"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_complaints()
    create_scans()


def create_complaints() -> None:
    op.create_table(
        "daily_salt",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("daily_salt_pkey")),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("code_uri", sa.String(), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("bought_where", sa.String(), nullable=True),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("contact_erased_at", MOMENT, nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("answer_zh", sa.String(), nullable=True),
        sa.Column("answer_en", sa.String(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("history", sa.dialects.postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('injury', 'foreign_body', 'spoiled', 'wrong_label', 'suspected_fake', 'other')",
            name=op.f("complaint_kind_check"),
        ),
        sa.CheckConstraint(
            "status IN ('received', 'looking', 'answered', 'closed')", name=op.f("complaint_status_check")
        ),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("complaint_closed_at_check")
        ),
        sa.CheckConstraint(
            "contact_erased_at IS NULL OR num_nonnulls(phone, email, bought_where, nonce, fingerprint) = 0",
            name=op.f("complaint_contact_erased_check"),
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("complaint_unit_id_fkey")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("complaint_batch_id_fkey")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("complaint_product_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("complaint_pkey")),
        sa.UniqueConstraint("number", name=op.f("complaint_number_key")),
    )
    for column in ("code_uri", "unit_id", "batch_id", "product_id"):
        op.create_index(op.f(f"complaint_{column}_idx"), "complaint", [column])
    op.create_index(
        "complaint_nonce_key",
        "complaint",
        ["nonce"],
        unique=True,
        postgresql_where=sa.text("nonce IS NOT NULL"),
    )
    op.create_index(
        "complaint_received_at_idx",
        "complaint",
        ["received_at"],
        postgresql_where=sa.text("contact_erased_at IS NULL"),
    )
    op.create_table(
        "complaint_photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_id", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"], ["complaint.id"], name=op.f("complaint_photo_complaint_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("complaint_photo_pkey")),
    )
    op.create_index(op.f("complaint_photo_complaint_id_idx"), "complaint_photo", ["complaint_id"])
    op.create_table(
        "complaint_allowance",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "hour", name=op.f("complaint_allowance_pkey")),
    )


def create_scans() -> None:
    op.create_table(
        "scan_place",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("city_zh", sa.String(), nullable=True),
        sa.Column("city_en", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("scan_place_pkey")),
        sa.UniqueConstraint("key", name=op.f("scan_place_key_key")),
    )
    op.execute("INSERT INTO scan_place (id, key) VALUES (0, 'unknown')")
    op.create_table(
        "scan_day",
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("thing_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.CheckConstraint(LEVEL, name=op.f("scan_day_level_check")),
        sa.PrimaryKeyConstraint("level", "thing_id", "day", "place_id", name=op.f("scan_day_pkey")),
    )
    op.create_index("scan_day_day_idx", "scan_day", ["day"])
    op.create_table(
        "scan_total",
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("thing_id", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("first_place_id", sa.BigInteger(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("last_place_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(LEVEL, name=op.f("scan_total_level_check")),
        sa.PrimaryKeyConstraint("level", "thing_id", name=op.f("scan_total_pkey")),
    )
    op.create_table(
        "scan_seen",
        sa.Column("visitor", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("visitor", name=op.f("scan_seen_pkey")),
    )
    op.create_index(op.f("scan_seen_at_idx"), "scan_seen", ["at"])
    op.create_table(
        "suspect_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reasons", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'cleared', 'confirmed_fake')", name=op.f("suspect_code_status_check")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("suspect_code_unit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("suspect_code_pkey")),
        sa.UniqueConstraint("unit_id", name=op.f("suspect_code_unit_id_key")),
    )


def downgrade() -> None:
    for table in (
        "suspect_code",
        "scan_seen",
        "scan_total",
        "scan_day",
        "scan_place",
        "complaint_allowance",
        "complaint_photo",
        "complaint",
        "daily_salt",
    ):
        op.drop_table(table)

"""Serial numbers as registered, acts on single units (rows that never change), drug codes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REFUSE = """
CREATE FUNCTION refuse_change_of_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'unit_act is a history: rows are added, never changed or removed';
END $$
"""
KEEP = """
CREATE TRIGGER unit_act_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON unit_act
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_act()
"""


def upgrade() -> None:
    op.create_table(
        "serial_registration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("registered", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('allotted', 'range', 'list', 'drug_codes')", name=op.f("serial_registration_kind_check")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("serial_registration_batch_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("serial_registration_pkey")),
    )
    op.create_index("serial_registration_batch_id_idx", "serial_registration", ["batch_id", "id"])
    op.create_table(
        "unit_act",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('leave', 'return', 'refused')", name=op.f("unit_act_kind_check")),
        sa.CheckConstraint(
            "(kind = 'return') = (reverses IS NOT NULL)", name=op.f("unit_act_reverses_check")
        ),
        sa.CheckConstraint("(kind = 'refused') = (rule IS NOT NULL)", name=op.f("unit_act_rule_check")),
        sa.ForeignKeyConstraint(["reverses"], ["unit_act.id"], name=op.f("unit_act_reverses_fkey")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("unit_act_site_id_fkey")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("unit_act_unit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("unit_act_pkey")),
    )
    op.create_index("unit_act_unit_id_idx", "unit_act", ["unit_id", "id"])
    op.create_index(
        "unit_act_reverses_key",
        "unit_act",
        ["reverses"],
        unique=True,
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.execute(REFUSE)
    op.execute(KEEP)
    op.create_table(
        "drug_code",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9]{20}$'", name=op.f("drug_code_code_check")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("drug_code_level_check")),
        sa.CheckConstraint("(level = 1) = (unit_id IS NOT NULL)", name=op.f("drug_code_unit_check")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("drug_code_batch_id_fkey")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["serial_registration.id"], name=op.f("drug_code_registration_id_fkey")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("drug_code_unit_id_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("drug_code_pkey")),
    )
    op.create_index(op.f("drug_code_batch_id_idx"), "drug_code", ["batch_id"])
    op.create_index(op.f("drug_code_unit_id_idx"), "drug_code", ["unit_id"])
    op.add_column("unit", sa.Column("registered_batch_id", sa.BigInteger(), nullable=True))
    op.add_column("unit", sa.Column("registration_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "unit_registered_batch_id_idx",
        "unit",
        ["registered_batch_id", "registration_id", "id"],
        postgresql_where=sa.text("registered_batch_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("unit_registered_batch_id_idx", table_name="unit")
    op.drop_column("unit", "registration_id")
    op.drop_column("unit", "registered_batch_id")
    op.drop_table("drug_code")
    op.drop_table("unit_act")
    op.execute("DROP FUNCTION refuse_change_of_act()")
    op.drop_table("serial_registration")

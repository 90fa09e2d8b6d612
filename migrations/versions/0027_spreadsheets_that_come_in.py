"""Spreadsheets that come in: files, uploads, what is wrong with their rows."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTS = (
    *("turn", "attempts", "rows", "rows_checked", "rows_faulty", "rows_stored", "rows_known"),
    *("events_stored", "faults"),
)
#: An upload is its party's; authorities see none.
SEEN = {
    "sheet_import": "party_id = (SELECT suyuan_party())",
    "import_fault": """
        EXISTS (SELECT FROM sheet_import AS upload WHERE upload.id = import_fault.import_id OFFSET 0)""",
    "import_file": """
        EXISTS (SELECT FROM sheet_import AS upload WHERE upload.file_sha256 = import_file.sha256 OFFSET 0)""",
}


def upgrade() -> None:
    op.create_table(
        "import_file",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("import_file_pkey")),
    )
    op.create_table(
        "sheet_import",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("caller", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=True),
        sa.Column("keep", sa.String(), nullable=True),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in COUNTS),
        sa.Column("sheets", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("failure", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'checking', 'checked', 'storing', 'stored', 'failed')",
            name=op.f("sheet_import_state_check"),
        ),
        sa.CheckConstraint("task IN ('check', 'store')", name=op.f("sheet_import_task_check")),
        sa.CheckConstraint("keep IN ('all', 'good')", name=op.f("sheet_import_keep_check")),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["import_file.sha256"], name=op.f("sheet_import_file_sha256_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sheet_import_pkey")),
    )
    for column in ("party_id", "file_sha256"):
        op.create_index(op.f(f"sheet_import_{column}_idx"), "sheet_import", [column])
    op.create_table(
        "import_fault",
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.String(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("column", "field", "value")),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("message_zh", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["sheet_import.id"],
            name=op.f("import_fault_import_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("import_fault_pkey")),
    )
    op.create_table(
        "import_row",
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "digest", name=op.f("import_row_pkey")),
    )
    for table, seen in SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen_by_party ON {table} FOR SELECT TO suyuan_party USING ({seen})")


def downgrade() -> None:
    for table in SEEN:
        op.execute(f"DROP POLICY seen_by_party ON {table}")
    for table in ("import_row", "import_fault", "sheet_import", "import_file"):
        op.drop_table(table)

"""Drills, effectiveness checks and the reports that were filed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
IDS = postgresql.ARRAY(sa.BigInteger())
OUTCOMES = "outcome IN ('effective', 'not_notified', 'not_acted', 'not_reached', 'out_of_business')"
#: Filed and found is filed and found.
FROZEN = ("drill", "filed_report")
REFUSE_CHANGE = """
CREATE FUNCTION report_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was filed, or found by a drill, never changes.'
        USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGERS = {
    "drill": """
CREATE TRIGGER drill_stays BEFORE UPDATE OR DELETE ON drill
FOR EACH ROW EXECUTE FUNCTION report_stays()
""",
    "filed_report": """
CREATE TRIGGER filed_report_stays BEFORE UPDATE OR DELETE ON filed_report
FOR EACH ROW EXECUTE FUNCTION report_stays()
""",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    _keep_drills()
    _keep_checks()
    _keep_filed_reports()
    op.execute(REFUSE_CHANGE)
    for table in FROZEN:
        op.execute(TRIGGERS[table])


def _keep_drills() -> None:
    op.create_table(
        "drill",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("scope", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("as_of_event_id", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("percent", sa.Numeric(), nullable=True),
        sa.Column("holdings", sa.Integer(), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.Column("reachable", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("product_ids", IDS, nullable=False),
        sa.Column("party_ids", IDS, nullable=False),
        sa.Column("report", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("report_sha256", sa.String(), nullable=False),
        sa.Column("holder_list", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("drill_pkey")),
        sa.UniqueConstraint("number", name=op.f("drill_number_key")),
    )


def _keep_checks() -> None:
    op.create_table(
        "check_draw",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("percent", sa.Numeric(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("population", IDS, nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("drawn_by", sa.String(), nullable=False),
        sa.CheckConstraint("level IN ('A', 'B', 'C', 'D', 'E')", name=op.f("check_draw_level_check")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("check_draw_percent_check")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("check_draw_recall_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("check_draw_pkey")),
        sa.UniqueConstraint("recall_id", "number", name=op.f("check_draw_recall_id_number_key")),
    )
    op.create_table(
        "effectiveness_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("checked_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("history", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.CheckConstraint(OUTCOMES, name=op.f("effectiveness_check_outcome_check")),
        sa.CheckConstraint(
            "method IN ('visit', 'telephone', 'email', 'letter', 'other')",
            name=op.f("effectiveness_check_method_check"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(outcome, method, checked_at, checked_by) IN (0, 4)",
            name=op.f("effectiveness_check_checked_check"),
        ),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("effectiveness_check_recall_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["recall_recipient.id"], name=op.f("effectiveness_check_recipient_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["check_draw.id"], name=op.f("effectiveness_check_draw_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("effectiveness_check_pkey")),
        sa.UniqueConstraint(
            "recall_id", "recipient_id", name=op.f("effectiveness_check_recall_id_recipient_id_key")
        ),
    )


def _keep_filed_reports() -> None:
    op.create_table(
        "filed_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("since_at", MOMENT, nullable=True),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("content", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("content_sha256", sa.String(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=False),
        sa.Column("filed_at", MOMENT, nullable=False),
        sa.Column("filed_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("filed_report_recall_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("filed_report_pkey")),
        sa.UniqueConstraint(
            "recall_id", "document", "number", name=op.f("filed_report_recall_id_document_number_key")
        ),
    )


def downgrade() -> None:
    for table in ("filed_report", "effectiveness_check", "check_draw", "drill"):
        op.drop_table(table)
    op.execute("DROP FUNCTION report_stays()")

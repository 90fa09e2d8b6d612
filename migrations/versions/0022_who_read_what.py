"""Who read whose trade: records that are only added, and erased when they are old."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

IDS = postgresql.ARRAY(sa.BigInteger())
# Whoever erases says so, and up to when: a mistaken DELETE takes nothing, and UPDATE never does.
REFUSE_CHANGE = """
CREATE FUNCTION audit_read_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < coalesce(
        nullif(current_setting('suyuan.audit_erased_before', true), ''), '-infinity')::timestamptz
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Records of reads are only added, and erased when they are old.'
        USING ERRCODE = 'restrict_violation';
END $$
"""
ROWS_STAY = """
CREATE TRIGGER audit_read_stays BEFORE UPDATE OR DELETE ON audit_read
FOR EACH ROW EXECUTE FUNCTION audit_read_stays()
"""
TABLE_STAYS = """
CREATE TRIGGER audit_read_stays_whole BEFORE TRUNCATE ON audit_read
FOR EACH STATEMENT EXECUTE FUNCTION audit_read_stays()
"""
#: What a party sees: reads of its trade; those of a case once it may know of the case.
SEEN = """
CREATE POLICY seen_by_party ON audit_read FOR SELECT TO suyuan_party USING (
    parties @> ARRAY[(SELECT suyuan_party())]
    AND (subject_kind IS DISTINCT FROM 'case'
         OR EXISTS (SELECT FROM recall WHERE recall.id = audit_read.subject_id)))
"""


def upgrade() -> None:
    op.create_table(
        "audit_read",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("reader_key", sa.String(), nullable=False),
        sa.Column("reader_role", sa.String(), nullable=False),
        sa.Column("reader_party_id", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("batches", IDS, server_default="{}", nullable=False),
        sa.Column("parties", IDS, server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_read_pkey")),
    )
    op.create_index("audit_read_parties_idx", "audit_read", ["parties"], postgresql_using="gin")
    op.create_index("audit_read_at_idx", "audit_read", ["at"])
    op.create_index(op.f("audit_read_reader_key_idx"), "audit_read", ["reader_key"])
    op.execute(REFUSE_CHANGE)
    op.execute(ROWS_STAY)
    op.execute(TABLE_STAYS)
    op.execute("ALTER TABLE audit_read ENABLE ROW LEVEL SECURITY")
    op.execute(SEEN)


def downgrade() -> None:
    op.drop_table("audit_read")
    op.execute("DROP FUNCTION audit_read_stays()")

"""Who may capture for whom; which error declarations count; whose captures, queries, subscriptions are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service.db.online import drop_index, let_requests_finish, make_index

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# By the partial index on declarations, of which there are few.
FILL_CORRECTIONS = """
INSERT INTO correction (event_id, original_id, disregarded)
SELECT declaration.id, original.id, false
FROM event AS declaration JOIN event AS original ON original.event_id = declaration.event_id
WHERE declaration.declares_error AND NOT original.declares_error
"""
#: What a party sees besides what names it: what it told itself, and declarations about what it sees.
SEEN = {
    ("told_by_party", "event"): "told_by = (SELECT suyuan_party())",
    ("corrects_what_is_seen", "event"): "declares_error AND suyuan_sees_correction(id)",
    ("corrects_what_is_seen", "correction"): """
        EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = correction.original_id)""",
    ("seen_by_party", "named_query"): "party_id = (SELECT suyuan_party())",
    ("seen_by_party", "subscription"): """
        EXISTS (SELECT FROM named_query AS named WHERE named.id = subscription.query_id)""",
}
# Declarations are few: what is asked of them is planned when one is met.
SEES_CORRECTION = """
CREATE FUNCTION suyuan_sees_correction(declaration bigint) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM correction WHERE event_id = declaration AND NOT disregarded);
END $$
"""
BOUNDED = ("correction", "named_query", "subscription")


def upgrade() -> None:
    let_requests_finish()
    _make_delegations()
    op.create_table(
        "correction",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("original_id", sa.BigInteger(), nullable=False),
        sa.Column("disregarded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("correction_pkey")),
    )
    op.create_index(op.f("correction_original_id_idx"), "correction", ["original_id"])
    op.execute(FILL_CORRECTIONS)
    op.execute(SEES_CORRECTION)
    op.add_column("event", sa.Column("told_by", sa.BigInteger(), nullable=True))
    op.add_column("capture_job", sa.Column("for_parties", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.add_column("capture_job", sa.Column("idempotency_key", sa.String(), nullable=True))
    op.add_column("capture_job", sa.Column("request_digest", sa.LargeBinary(), nullable=True))
    op.add_column("api_key", sa.Column("renewed_as", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("api_key_renewed_as_fkey"), "api_key", "api_key", ["renewed_as"], ["id"])
    op.add_column("named_query", sa.Column("party_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("named_query_party_id_fkey"), "named_query", "party", ["party_id"], ["id"])
    op.drop_constraint("named_query_name_key", "named_query")
    op.create_index(
        "named_query_name_key", "named_query", [sa.text("coalesce(party_id, 0)"), "name"], unique=True
    )
    for column, of in (("key_id", "api_key"), ("member_id", "member")):
        op.add_column("subscription", sa.Column(column, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"subscription_{column}_fkey"), "subscription", of, [column], ["id"])
    op.add_column("subscription", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    for table in BOUNDED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for (policy, table), condition in SEEN.items():
        op.execute(f"CREATE POLICY {policy} ON {table} FOR SELECT USING ({condition})")
    make_index(
        "capture_job_idempotency_key_idx",
        "capture_job",
        [sa.text("coalesce(party_id, 0)"), "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def _make_delegations() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("site_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("party_id <> delegate_id", name=op.f("delegation_another_check")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("delegation_party_id_fkey")),
        sa.ForeignKeyConstraint(["delegate_id"], ["party.id"], name=op.f("delegation_delegate_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("delegation_pkey")),
    )
    op.create_index(op.f("delegation_party_id_idx"), "delegation", ["party_id"])
    op.create_index(op.f("delegation_delegate_id_idx"), "delegation", ["delegate_id"])
    op.create_table(
        "delegated_event",
        sa.Column("delegation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("delegation_id", "event_id", name=op.f("delegated_event_pkey")),
    )
    op.create_index(op.f("delegated_event_event_id_idx"), "delegated_event", ["event_id"])


def downgrade() -> None:
    drop_index("capture_job_idempotency_key_idx", "capture_job")
    for policy, table in SEEN:
        op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
    op.execute("DROP FUNCTION suyuan_sees_correction(bigint)")
    op.drop_column("event", "told_by")
    for table in BOUNDED:
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for column in ("ended_at", "member_id", "key_id"):
        op.drop_column("subscription", column)
    op.execute("DELETE FROM named_query WHERE party_id IS NOT NULL")
    op.drop_index("named_query_name_key", "named_query")
    op.drop_column("named_query", "party_id")
    op.create_unique_constraint("named_query_name_key", "named_query", ["name"])
    op.drop_column("api_key", "renewed_as")
    for column in ("request_digest", "idempotency_key", "for_parties"):
        op.drop_column("capture_job", column)
    op.drop_table("correction")
    op.drop_table("delegated_event")
    op.drop_table("delegation")

"""Whose cases and drills a party and an authority see, and who ran a drill."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.db.online import let_requests_finish

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: The history of a case is read by who directs it; that it was told to anybody, by this function alone.
WAS_TOLD = """
CREATE FUNCTION suyuan_case_was_told(bigint) RETURNS boolean STABLE SECURITY DEFINER
LANGUAGE sql SET search_path = pg_catalog, public
AS 'SELECT EXISTS (SELECT FROM public.recall_move WHERE recall_id = $1 AND to_status = ''open'')'
"""
#: Whoever answers for a case sees it, also while it is being assessed; everybody else whose goods it marks,
#: once it was decided on.
OWN_CASE = """
    responsible_party_id = (SELECT suyuan_party())
    OR status <> 'assessing'
       AND EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id)
       AND (status <> 'cancelled' OR suyuan_case_was_told(id))"""
CASE_BEFORE = """
    EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id)
    AND (status <> 'assessing' OR responsible_party_id = (SELECT suyuan_party()))"""
#: Table -> what is seen of it. An authority's cases are those that its own policies show.
SEEN = {
    "recall_deadline": """
        EXISTS (SELECT FROM recall WHERE recall.id = recall_deadline.recall_id
                AND (current_user = 'suyuan_regulator'
                     OR recall.responsible_party_id = (SELECT suyuan_party())))""",
    "drill": """
        asked_party_id = (SELECT suyuan_party())
        OR current_user = 'suyuan_regulator'
           AND EXISTS (SELECT FROM batch WHERE batch.product_id = ANY(drill.product_ids))""",
}


def upgrade() -> None:
    let_requests_finish()
    op.add_column("drill", sa.Column("asked_party_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("drill_asked_party_id_fkey"), "drill", "party", ["asked_party_id"], ["id"])
    op.execute(WAS_TOLD)
    op.execute(f"ALTER POLICY seen_by_party ON recall USING ({OWN_CASE})")
    for table, condition in SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen_case ON {table} FOR SELECT USING ({condition})")


def downgrade() -> None:
    for table in SEEN:
        op.execute(f"DROP POLICY seen_case ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER POLICY seen_by_party ON recall USING ({CASE_BEFORE})")
    op.execute("DROP FUNCTION suyuan_case_was_told(bigint)")
    op.drop_column("drill", "asked_party_id")

"""The role in which the service works, and policies that show it, and the owner, every row. What it may do
with the rows of each table is in `service/db/service_role.py`.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from service.db.online import let_requests_finish

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Policies name the roles, so they must be there. They belong to the server: another database may make them
# at the same moment.
MAKE_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN NOSUPERUSER NOINHERIT NOBYPASSRLS;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'The role {role} is missing: CREATE ROLE {role} NOLOGIN; and begin again.';
END $$
"""
BOUND = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity ORDER BY 1
"""
#: Of these no role was told: they were for whoever is bound.
FOR_ALL = {
    "batch_pack": ("nobody_else",),
    "correction": ("corrects_what_is_seen",),
    "drill": ("seen_case",),
    "event": ("corrects_what_is_seen", "told_by_party"),
    "named_query": ("seen_by_party",),
    "recall_deadline": ("seen_case",),
    "subscription": ("seen_by_party",),
}


def upgrade() -> None:
    let_requests_finish()
    for who in ("service", "owner"):
        op.execute(MAKE_ROLE.format(role=f"suyuan_{who}"))
    for table in op.get_bind().execute(text(BOUND)).scalars().all():
        for who in ("service", "owner"):
            op.execute(f"CREATE POLICY seen_by_{who} ON {table} FOR ALL TO suyuan_{who} USING (true)")
    for table, policies in FOR_ALL.items():
        for policy in policies:
            op.execute(f"ALTER POLICY {policy} ON {table} TO suyuan_party, suyuan_regulator")


def downgrade() -> None:
    for table, policies in FOR_ALL.items():
        for policy in policies:
            op.execute(f"ALTER POLICY {policy} ON {table} TO PUBLIC")
    for table in op.get_bind().execute(text(BOUND)).scalars().all():
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        for who in ("service", "owner"):
            op.execute(f"DROP POLICY seen_by_{who} ON {table}")

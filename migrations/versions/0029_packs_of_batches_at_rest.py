"""Flows and balances of batches at rest, kept a second time, packed (`trace/packs.py`).

A pack is forgotten in the transaction that changes a row of what it holds, by triggers: captures,
corrections, rebuilds, mends by hand, none can leave it behind.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.db.online import let_requests_finish

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

#: Through a foreign table nothing but pg_catalog is searched: the path is the function's own.
FORGET = """
CREATE FUNCTION suyuan_forget_packs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    batches bigint[] := ARRAY(SELECT DISTINCT batch_id FROM changed);
BEGIN
    -- In the order of ids: two that forget the same take turns.
    PERFORM FROM batch_pack WHERE batch_id = ANY(batches) ORDER BY batch_id FOR UPDATE;
    IF FOUND THEN
        DELETE FROM batch_pack WHERE batch_id = ANY(batches);
    END IF;
    RETURN NULL;
END $$
"""
FORGET_ALL = """
CREATE FUNCTION suyuan_forget_all_packs() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM batch_pack;
    RETURN NULL;
END $$
"""
TABLES = ("flow", "holding")
#: A trigger with the rows of a statement is for one kind of statement; an update has rows before and after.
CHANGES = {
    "added": ("INSERT", "NEW"),
    "gone": ("DELETE", "OLD"),
    "before": ("UPDATE", "OLD"),
    "after": ("UPDATE", "NEW"),
}


def upgrade() -> None:
    let_requests_finish()
    op.create_table(
        "batch_pack",
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flows", sa.LargeBinary(), nullable=False),
        sa.Column("held", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="batch_pack_pkey"),
    )
    op.execute("ALTER TABLE batch_pack ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY nobody_else ON batch_pack FOR SELECT USING (false)")
    op.execute(FORGET)
    op.execute(FORGET_ALL)
    for table in TABLES:
        for name, (change, rows) in CHANGES.items():
            op.execute(
                f"CREATE TRIGGER {table}_{name}_forgets_packs AFTER {change} ON {table} "
                f"REFERENCING {rows} TABLE AS changed "
                "FOR EACH STATEMENT EXECUTE FUNCTION suyuan_forget_packs()"
            )
        op.execute(
            f"CREATE TRIGGER {table}_emptied_forgets_packs AFTER TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suyuan_forget_all_packs()"
        )


def downgrade() -> None:
    for table in TABLES:
        for name in (*CHANGES, "emptied"):
            op.execute(f"DROP TRIGGER {table}_{name}_forgets_packs ON {table}")
    op.execute("DROP FUNCTION suyuan_forget_all_packs()")
    op.execute("DROP FUNCTION suyuan_forget_packs()")
    op.drop_table("batch_pack")

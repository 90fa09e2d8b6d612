"""Row-level security for the role in which parties' questions are answered (`db/party_role.py`).

The tables' owner, the service itself, is not bound by it. What a transaction says of the party is in two
settings: `suyuan.party` (id) and `suyuan.sites` (ids of its places).
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from service.db.online import let_requests_finish

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PARTY = """
CREATE FUNCTION suyuan_party() RETURNS bigint STABLE LANGUAGE sql
RETURN nullif(current_setting('suyuan.party', true), '')::bigint
"""
SITES = """
CREATE FUNCTION suyuan_sites() RETURNS bigint[] STABLE LANGUAGE sql
RETURN coalesce(string_to_array(nullif(current_setting('suyuan.sites', true), ''), ',')::bigint[], '{}')
"""

#: Table -> what a party sees of it. Sub-selects are asked once for a statement; those of other tables see
#: only what the party sees there.
SEEN = {
    "flow": """
        from_site_id = ANY ((SELECT suyuan_sites())::bigint[])
        OR to_site_id = ANY ((SELECT suyuan_sites())::bigint[])""",
    "holding": "site_id = ANY ((SELECT suyuan_sites())::bigint[])",
    "gap": "site_id = ANY ((SELECT suyuan_sites())::bigint[])",
    "journal_entry": """
        site_id = ANY ((SELECT suyuan_sites())::bigint[])
        OR read_site_id = ANY ((SELECT suyuan_sites())::bigint[])
        OR source_site_id = ANY ((SELECT suyuan_sites())::bigint[])
        OR destination_site_id = ANY ((SELECT suyuan_sites())::bigint[])
        OR source_party_id = (SELECT suyuan_party())
        OR destination_party_id = (SELECT suyuan_party())""",
    "event": "EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = event.id)",
    "event_item": "EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = event_item.event_id)",
    "batch": """
        EXISTS (SELECT FROM product AS made WHERE made.id = batch.product_id
                AND made.party_id = (SELECT suyuan_party()))
        OR EXISTS (SELECT FROM holding AS held WHERE held.batch_id = batch.id)
        OR EXISTS (SELECT FROM flow AS moved WHERE moved.batch_id = batch.id)
        OR EXISTS (SELECT FROM flow AS used WHERE used.to_batch_id = batch.id)""",
    "stored_file": """
        EXISTS (SELECT FROM batch_document AS shown WHERE shown.file_sha256 = stored_file.sha256)""",
    # A batch that is recalled must not look as if it were not.
    "recall_batch": "EXISTS (SELECT FROM batch WHERE batch.id = recall_batch.batch_id)",
    "recall": """
        EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id)
        AND (status <> 'assessing' OR responsible_party_id = (SELECT suyuan_party()))""",
    "recall_holding": """
        party_id = (SELECT suyuan_party()) OR site_id = ANY ((SELECT suyuan_sites())::bigint[])""",
    "capture_job": "party_id = (SELECT suyuan_party())",
    "batch_document": "EXISTS (SELECT FROM batch WHERE batch.id = batch_document.batch_id)",
}


def upgrade() -> None:
    let_requests_finish()
    op.add_column("capture_job", sa.Column("party_id", sa.BigInteger(), nullable=True))
    op.execute(PARTY)
    op.execute(SITES)
    for table, condition in SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen_by_party ON {table} FOR SELECT USING ({condition})")


def downgrade() -> None:
    for table in SEEN:
        op.execute(f"DROP POLICY seen_by_party ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION suyuan_sites()")
    op.execute("DROP FUNCTION suyuan_party()")
    op.drop_column("capture_job", "party_id")

"""Parties register what is theirs: their company prefixes, whose a link and a document is, and what they see
of units, complaints, looks and links.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service.db.online import let_requests_finish

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MINE = "(SELECT suyuan_party())"
OF_BATCH = "EXISTS (SELECT FROM batch WHERE batch.id = {0})"
OF_PRODUCT = f"EXISTS (SELECT FROM product AS made WHERE made.id = {{0}} AND made.party_id = {MINE})"
OF_SITE = f"EXISTS (SELECT FROM site AS run WHERE run.id = {{0}} AND run.party_id = {MINE})"
#: Of a product some of which the caller sees.
TRADED = "EXISTS (SELECT FROM batch AS traded WHERE traded.product_id = {0})"
OF_MADE_BATCH = f"""EXISTS (
            SELECT FROM batch AS lot JOIN product AS made ON made.id = lot.product_id
            WHERE lot.id = {{0}} AND made.party_id = {MINE})"""
OF_MADE_UNIT = f"""EXISTS (
            SELECT FROM unit JOIN batch AS lot ON lot.id = unit.batch_id
            JOIN product AS made ON made.id = lot.product_id
            WHERE unit.id = {{0}} AND made.party_id = {MINE})"""
OF_UNIT = "EXISTS (SELECT FROM unit WHERE unit.id = {0})"

#: Table -> what a party sees of it: what consumers tell and do is the business of who makes the goods.
#: Whoever has a code finds its links, but a list of all links would tell everybody's lots.
SEEN_BY_PARTY = {
    "complaint": OF_PRODUCT.format("complaint.product_id"),
    "suspect_code": OF_MADE_UNIT.format("suspect_code.unit_id"),
    "link": f"""
        link.party_id = {MINE} OR {OF_SITE.format("link.site_id")}
        OR {OF_PRODUCT.format("link.product_id")}""",
    **{
        table: f"""
        CASE {table}.level WHEN 'batch' THEN {OF_MADE_BATCH.format(f"{table}.thing_id")}
        ELSE {OF_MADE_UNIT.format(f"{table}.thing_id")} END"""
        for table in ("scan_day", "scan_total")
    },
}
#: What an authority sees: what is about goods that it sees.
SEEN_BY_REGULATOR = {
    "complaint": f"""
        {OF_BATCH.format("complaint.batch_id")} OR {TRADED.format("complaint.product_id")}""",
    "suspect_code": OF_UNIT.format("suspect_code.unit_id"),
    "link": TRADED.format("link.product_id"),
    **{
        table: f"""
        CASE {table}.level WHEN 'batch' THEN {OF_BATCH.format(f"{table}.thing_id")}
        ELSE {OF_UNIT.format(f"{table}.thing_id")} END"""
        for table in ("scan_day", "scan_total")
    },
}
SEEN_BY_BOTH = {
    "unit": f"""
        {OF_BATCH.format("unit.batch_id")} OR {OF_BATCH.format("unit.registered_batch_id")}
        OR EXISTS (SELECT FROM event_item AS named WHERE named.unit_id = unit.id)""",
    "drug_code": OF_BATCH.format("drug_code.batch_id"),
    "complaint_photo": "EXISTS (SELECT FROM complaint WHERE complaint.id = complaint_photo.complaint_id)",
}
POLICIES = {
    "party": {**SEEN_BY_PARTY, **SEEN_BY_BOTH},
    "regulator": {**SEEN_BY_REGULATOR, **SEEN_BY_BOTH},
}

#: What links that stand already are about, by the key that their anchor begins with.
LINKED = {
    "product_id": """
        UPDATE link SET product_id = named.id FROM product AS named
        WHERE named.uri = coalesce(substring(link.anchor FROM '^https://id[.]gs1[.]org/01/[0-9]{14}'),
                                   substring(link.anchor FROM '^.*/product/[^/]+'))""",
    "site_id": """
        UPDATE link SET site_id = named.id FROM site AS named
        WHERE named.uri = substring(link.anchor FROM '^https://id[.]gs1[.]org/414/[0-9]{13}')""",
    "party_id": """
        UPDATE link SET party_id = named.id FROM party AS named
        WHERE named.uri = substring(link.anchor FROM '^https://id[.]gs1[.]org/417/[0-9]{13}')""",
}


def upgrade() -> None:
    let_requests_finish()
    op.add_column(
        "party",
        sa.Column("company_prefixes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("batch_document", sa.Column("party_id", sa.BigInteger(), nullable=True))
    for column, fill in LINKED.items():
        op.add_column("link", sa.Column(column, sa.BigInteger(), nullable=True))
        op.execute(fill)
    for table in POLICIES["party"]:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for who, seen in POLICIES.items():
        for table, condition in seen.items():
            op.execute(
                f"CREATE POLICY seen_by_{who} ON {table} FOR SELECT TO suyuan_{who} USING ({condition})"
            )


def downgrade() -> None:
    for table in POLICIES["party"]:
        for who in POLICIES:
            op.execute(f"DROP POLICY seen_by_{who} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for column in LINKED:
        op.drop_column("link", column)
    op.drop_column("batch_document", "party_id")
    op.drop_column("party", "company_prefixes")

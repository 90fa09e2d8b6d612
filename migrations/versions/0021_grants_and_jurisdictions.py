"""What parties let one another see, and which area an authority answers for; policies for each of the two
roles, and for postings, which traces read besides.

What a transaction says of its caller is in settings (`service/auth/sight.py`): `suyuan.party`, `suyuan.sites`
(own places), `suyuan.shown_parties` and `suyuan.shown_sites` (with those of grants that are not narrowed;
left out where there are none), `suyuan.grants`, `suyuan.narrow_parties` and `suyuan.narrow_sites` (narrowed
grants, who gave them, and their places); for authorities `suyuan.everywhere`, `suyuan.regions`,
`suyuan.categories`, `suyuan.pairs`.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from service.db.online import let_requests_finish

revision: str = "0021"
down_revision: str | None = "0020"
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


def _ids(setting: str, otherwise: str = "NULL") -> str:
    return (
        f"coalesce(string_to_array(nullif(current_setting('suyuan.{setting}', true), ''), ',')::bigint[], "
        f"{otherwise})"
    )


def _texts(setting: str) -> str:
    return f"coalesce(string_to_array(nullif(current_setting('suyuan.{setting}', true), ''), ','), '{{}}')"


#: Function -> its type, and what it reads of the settings. A service of the version before says less.
FUNCTIONS = {
    "suyuan_shown_parties": ("bigint[]", _ids("shown_parties", "ARRAY[suyuan_party()]")),
    "suyuan_shown_sites": ("bigint[]", _ids("shown_sites", "suyuan_sites()")),
    "suyuan_grants": ("bigint[]", _ids("grants", "'{}'")),
    "suyuan_narrow_sites": ("bigint[]", _ids("narrow_sites", "'{}'")),
    "suyuan_narrow_parties": ("bigint[]", _ids("narrow_parties", "'{}'")),
    "suyuan_everywhere": ("boolean", "coalesce(current_setting('suyuan.everywhere', true) = 'yes', false)"),
    "suyuan_regions": ("text[]", _texts("regions")),
    "suyuan_categories": ("text[]", _texts("categories")),
    "suyuan_pairs": ("text[]", _texts("pairs")),
}
# Read by policies only. A place lies where it says, else where its party does; the end of the code is marked.
PLACE = """
CREATE VIEW place AS
SELECT site.id AS site_id, coalesce(site.region, run_by.region) || '-' AS region
FROM site LEFT JOIN party AS run_by ON run_by.id = site.party_id
"""
#: Function -> what it is told, and the query whose rows say yes. What few callers need of a policy stands
#: here, with the owner's eyes: as a part of the policies it was planned again and again for every statement
#: of everybody, which took a third of a second. A stock is a sum over all customers and all times, so grants
#: that are narrowed by these show none; an event tells of all its goods at once.
ASKED = {
    "suyuan_granted_flow": (
        "of_batch bigint, from_site bigint, into_batch bigint, to_site bigint, at timestamptz",
        """
        FROM public.access_grant AS given
        JOIN public.site AS run ON run.party_id = given.grantor_id AND run.id IN (from_site, to_site)
        WHERE given.id = ANY (public.suyuan_grants())
          AND (given.begins_at IS NULL OR at >= given.begins_at)
          AND (given.ends_at IS NULL OR at < given.ends_at)
          AND (given.product_id IS NULL OR EXISTS (
              SELECT FROM public.batch AS moved
              WHERE moved.id IN (of_batch, into_batch) AND moved.product_id = given.product_id))
          AND (given.customer_id IS NULL OR EXISTS (
              SELECT FROM public.site AS bought
              WHERE bought.id IN (from_site, to_site) AND bought.party_id = given.customer_id))""",
    ),
    "suyuan_granted_stock": (
        "of_batch bigint, at_site bigint",
        """
        FROM public.access_grant AS given
        JOIN public.site AS run ON run.party_id = given.grantor_id AND run.id = at_site
        JOIN public.batch AS held ON held.product_id = given.product_id AND held.id = of_batch
        WHERE given.id = ANY (public.suyuan_grants())
          AND given.customer_id IS NULL AND given.begins_at IS NULL AND given.ends_at IS NULL""",
    ),
    "suyuan_granted_product": (
        "of_product bigint",
        """
        FROM public.access_grant AS given
        JOIN public.product AS made ON made.id = given.product_id AND made.party_id = given.grantor_id
        WHERE given.id = ANY (public.suyuan_grants()) AND made.id = of_product
          AND given.customer_id IS NULL AND given.begins_at IS NULL AND given.ends_at IS NULL""",
    ),
    "suyuan_granted_event": (
        "of_event bigint, places bigint[], parties bigint[], at timestamptz",
        """
        FROM public.access_grant AS given, LATERAL (
            SELECT array_agg(run.party_id) || parties AS all_of_them
            FROM public.site AS run WHERE run.id = ANY (places)) AS named
        WHERE given.id = ANY (public.suyuan_grants()) AND given.grantor_id = ANY (named.all_of_them)
          AND (given.begins_at IS NULL OR at >= given.begins_at)
          AND (given.ends_at IS NULL OR at < given.ends_at)
          AND (given.customer_id IS NULL OR given.customer_id = ANY (named.all_of_them))
          AND (given.product_id IS NULL OR (
              SELECT bool_and(told.product_id IS NOT DISTINCT FROM given.product_id)
              FROM public.posting JOIN public.batch AS told ON told.id = posting.batch_id
              WHERE posting.event_id = of_event))""",
    ),
    "suyuan_area_goods": (
        "batches bigint[], places bigint[]",
        """
        FROM public.batch AS told JOIN public.product AS made ON made.id = told.product_id
        WHERE told.id = ANY (batches) AND (made.category = ANY (public.suyuan_categories()) OR EXISTS (
            SELECT FROM public.place AS here WHERE here.site_id = ANY (places)
            AND made.category || '|' || here.region ^@ ANY (public.suyuan_pairs())))""",
    ),
    "suyuan_area_event": (
        "of_event bigint, places bigint[], parties bigint[]",
        """
        FROM public.posting JOIN public.batch AS told ON told.id = posting.batch_id
        JOIN public.product AS made ON made.id = told.product_id
        LEFT JOIN public.place AS here ON here.site_id = ANY (places)
        LEFT JOIN public.party AS named ON named.id = ANY (parties)
        WHERE posting.event_id = of_event AND (
            made.category = ANY (public.suyuan_categories())
            OR made.category || '|' || here.region ^@ ANY (public.suyuan_pairs())
            OR made.category || '|' || named.region || '-' ^@ ANY (public.suyuan_pairs()))""",
    ),
}

#: What the policies write short. Sub-selects that name no column are asked once for a statement. The others
#: stand with OFFSET 0: without it the planner plans each twice, row by row and for the whole table, and those
#: inside again.
WORDS = {
    "<sites>": "((SELECT suyuan_shown_sites())::bigint[])",
    "<narrow>": "((SELECT suyuan_narrow_sites())::bigint[])",
    "<narrow parties>": "((SELECT suyuan_narrow_parties())::bigint[])",
    "<parties>": "((SELECT suyuan_shown_parties())::bigint[])",
    "<granted>": "(SELECT suyuan_grants() <> '{}')",
    "<everywhere>": "(SELECT suyuan_everywhere())",
    "<by region>": "(SELECT suyuan_regions() <> '{}')",
    "<regions>": "((SELECT suyuan_regions())::text[])",
    "<by category>": "(SELECT suyuan_categories() <> '{}' OR suyuan_pairs() <> '{}')",
    "<categories>": "((SELECT suyuan_categories())::text[])",
    "<pairs>": "((SELECT suyuan_pairs())::text[])",
    "<told places>": "ARRAY[journal_entry.site_id, read_site_id, source_site_id, destination_site_id]",
    "<told parties>": "ARRAY[source_party_id, destination_party_id]",
}
STOCK_GRANTED = """
    site_id = ANY <sites>
    OR (<granted> AND site_id = ANY <narrow> AND suyuan_granted_stock(batch_id, site_id))"""
#: Table -> what a party sees of it.
SEEN_BY_PARTY = {
    "flow": """
        from_site_id = ANY <sites> OR to_site_id = ANY <sites>
        OR (<granted> AND (from_site_id = ANY <narrow> OR to_site_id = ANY <narrow>)
            AND suyuan_granted_flow(batch_id, from_site_id, to_batch_id, to_site_id, departed_at))""",
    "holding": STOCK_GRANTED,
    "gap": STOCK_GRANTED,
    "journal_entry": """
        site_id = ANY <sites> OR read_site_id = ANY <sites>
        OR source_site_id = ANY <sites> OR destination_site_id = ANY <sites>
        OR source_party_id = ANY <parties> OR destination_party_id = ANY <parties>
        OR (<granted> AND (<told places> && <narrow> OR <told parties> && <narrow parties>)
            AND suyuan_granted_event(event_id, <told places>, <told parties>, "time"))""",
    "batch": """
        EXISTS (SELECT FROM product AS made
                WHERE made.id = batch.product_id AND made.party_id = ANY <parties> OFFSET 0)
        OR EXISTS (SELECT FROM holding AS held WHERE held.batch_id = batch.id OFFSET 0)
        OR EXISTS (SELECT FROM flow AS moved WHERE moved.batch_id = batch.id OFFSET 0)
        OR EXISTS (SELECT FROM flow AS used WHERE used.to_batch_id = batch.id OFFSET 0)
        OR (<granted> AND suyuan_granted_product(product_id))""",
    "recall": """
        EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id)
        AND (status <> 'assessing' OR responsible_party_id = (SELECT suyuan_party()))""",
    "recall_holding": """
        party_id = (SELECT suyuan_party()) OR site_id = ANY ((SELECT suyuan_sites())::bigint[])""",
    "capture_job": "party_id = (SELECT suyuan_party())",
}
STOCK_IN_AREA = """
    <everywhere>
    OR (<by region> AND EXISTS (
        SELECT FROM place AS here
        WHERE here.site_id = <table>.site_id AND here.region ^@ ANY <regions> OFFSET 0))
    OR (<by category> AND suyuan_area_goods(ARRAY[batch_id], ARRAY[site_id]))"""
#: Table -> what an authority sees of it: what begins or ends in its area, of its categories.
SEEN_BY_REGULATOR = {
    "flow": """
        <everywhere>
        OR (<by region> AND EXISTS (
            SELECT FROM place AS here
            WHERE here.site_id IN (from_site_id, to_site_id) AND here.region ^@ ANY <regions> OFFSET 0))
        OR (<by category> AND
            suyuan_area_goods(ARRAY[batch_id, to_batch_id], ARRAY[from_site_id, to_site_id]))""",
    "holding": STOCK_IN_AREA.replace("<table>", "holding"),
    "gap": STOCK_IN_AREA.replace("<table>", "gap"),
    "journal_entry": """
        <everywhere>
        OR (<by region> AND (
            EXISTS (SELECT FROM place AS here
                    WHERE here.site_id = ANY (<told places>) AND here.region ^@ ANY <regions> OFFSET 0)
            OR EXISTS (SELECT FROM party AS named
                       WHERE named.id = ANY (<told parties>)
                         AND named.region || '-' ^@ ANY <regions> OFFSET 0)))
        OR (<by category> AND suyuan_area_event(event_id, <told places>, <told parties>))""",
    "batch": """
        <everywhere>
        OR EXISTS (SELECT FROM product AS made LEFT JOIN party AS maker ON maker.id = made.party_id
                   WHERE made.id = batch.product_id AND (
                       made.category = ANY <categories> OR maker.region || '-' ^@ ANY <regions>
                       OR made.category || '|' || maker.region || '-' ^@ ANY <pairs>) OFFSET 0)
        OR EXISTS (SELECT FROM holding AS held WHERE held.batch_id = batch.id OFFSET 0)
        OR EXISTS (SELECT FROM flow AS moved WHERE moved.batch_id = batch.id OFFSET 0)
        OR EXISTS (SELECT FROM flow AS used WHERE used.to_batch_id = batch.id OFFSET 0)""",
    "recall": "EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id)",
    "recall_holding": """
        EXISTS (SELECT FROM holding AS held
                WHERE held.batch_id = recall_holding.batch_id AND held.site_id = recall_holding.site_id)""",
}
#: What follows from the rows above is the same for both.
SEEN_BY_BOTH = {
    "event": "EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = event.id OFFSET 0)",
    "event_item": """
        EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = event_item.event_id OFFSET 0)""",
    "posting": "EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = posting.event_id OFFSET 0)",
    "batch_document": "EXISTS (SELECT FROM batch WHERE batch.id = batch_document.batch_id OFFSET 0)",
    "stored_file": """
        EXISTS (SELECT FROM batch_document AS shown
                WHERE shown.file_sha256 = stored_file.sha256 OFFSET 0)""",
    # A batch that is recalled must not look as if it were not.
    "recall_batch": "EXISTS (SELECT FROM batch WHERE batch.id = recall_batch.batch_id OFFSET 0)",
}
NEW = ("posting",)
#: What the revision before said, of the tables where it said something else.
SEEN_BEFORE = {
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
    "batch": """
        EXISTS (SELECT FROM product AS made WHERE made.id = batch.product_id
                AND made.party_id = (SELECT suyuan_party()))
        OR EXISTS (SELECT FROM holding AS held WHERE held.batch_id = batch.id)
        OR EXISTS (SELECT FROM flow AS moved WHERE moved.batch_id = batch.id)
        OR EXISTS (SELECT FROM flow AS used WHERE used.to_batch_id = batch.id)""",
}


def upgrade() -> None:
    let_requests_finish()
    _make_tables()
    for role in ("suyuan_party", "suyuan_regulator"):
        op.execute(MAKE_ROLE.format(role=role))
    for name, (kind, reads) in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS {kind} STABLE LANGUAGE sql RETURN {reads}")
    op.execute(PLACE)
    for name, (told, rows) in ASKED.items():
        op.execute(
            f"CREATE FUNCTION {name}({told}) RETURNS boolean STABLE SECURITY DEFINER LANGUAGE plpgsql "
            f"AS $$ BEGIN RETURN EXISTS (SELECT {rows}); END $$"
        )
    for table in NEW:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for table in {**SEEN_BY_PARTY, **SEEN_BY_BOTH}:
        if table not in NEW:
            op.execute(f"DROP POLICY seen_by_party ON {table}")
    _let_see("seen_by_party", "suyuan_party", {**SEEN_BY_PARTY, **SEEN_BY_BOTH})
    _let_see("seen_by_regulator", "suyuan_regulator", {**SEEN_BY_REGULATOR, **SEEN_BY_BOTH})


def _let_see(policy: str, role: str, seen: Mapping[str, str]) -> None:
    for table, condition in seen.items():
        for word, meaning in WORDS.items():
            condition = condition.replace(word, meaning)
        op.execute(f"CREATE POLICY {policy} ON {table} FOR SELECT TO {role} USING ({condition})")


def downgrade() -> None:
    for table in {**SEEN_BY_REGULATOR, **SEEN_BY_BOTH}:
        op.execute(f"DROP POLICY seen_by_regulator ON {table}")
    for table in NEW:
        op.execute(f"DROP POLICY seen_by_party ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table, condition in SEEN_BEFORE.items():
        op.execute(f"ALTER POLICY seen_by_party ON {table} TO PUBLIC USING ({condition})")
    for table in {**SEEN_BY_PARTY, **SEEN_BY_BOTH}:
        if table not in NEW:
            op.execute(f"ALTER POLICY seen_by_party ON {table} TO PUBLIC")
    for name in ASKED:
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP VIEW place")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("jurisdiction")
    op.drop_table("access_grant")


def _make_tables() -> None:
    op.create_table(
        "access_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("grantor_id", "grantee_id")),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("product_id", "customer_id")),
        *(_moment(name) for name in ("begins_at", "ends_at", "expires_at")),
        *_how_made(),
        sa.CheckConstraint("grantor_id <> grantee_id", name=op.f("access_grant_grantee_check")),
        sa.CheckConstraint("customer_id <> grantor_id", name=op.f("access_grant_customer_check")),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("access_grant_period_check")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"access_grant_{column}_fkey"))
            for column, table in (
                ("grantor_id", "party"),
                ("grantee_id", "party"),
                ("product_id", "product"),
                ("customer_id", "party"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("access_grant_pkey")),
    )
    op.create_index(op.f("access_grant_grantor_id_idx"), "access_grant", ["grantor_id"])
    op.create_index(op.f("access_grant_grantee_id_idx"), "access_grant", ["grantee_id"])
    op.create_table(
        "jurisdiction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=True),
        *_how_made(),
        sa.CheckConstraint(
            "category IN ('food', 'medicine', 'agricultural')", name=op.f("jurisdiction_category_check")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("jurisdiction_party_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("jurisdiction_pkey")),
    )
    op.create_index(op.f("jurisdiction_party_id_idx"), "jurisdiction", ["party_id"])


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _how_made() -> list[sa.Column[object]]:
    return [
        _moment("created_at", nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        _moment("revoked_at"),
        sa.Column("revoked_by", sa.String(), nullable=True),
    ]

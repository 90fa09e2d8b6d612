"""Places of whoever runs many are found by whose they are, row by row; which places a caller is shown; and a
batch that is hidden is found to be so by the caller's places, not by looking at all that happened to it.

A setting `suyuan.by_owner` says that places stand in no other setting (`service/auth/sight.py`).
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from service.db.online import drop_index, let_requests_finish, make_index

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BY_OWNER = """
CREATE FUNCTION suyuan_by_owner() RETURNS boolean STABLE LANGUAGE sql
RETURN coalesce(current_setting('suyuan.by_owner', true) = 'yes', false)
"""
#: Those of some places whose stock, and the flows from and to which, the caller is shown whole; null: what
#: it is shown hangs on more than the place. What the policies of `flow` and `holding` say, for many at once.
PLACES_SHOWN = """
CREATE FUNCTION suyuan_places_shown(asked bigint[]) RETURNS bigint[] STABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'suyuan_party' AND suyuan_grants() = '{}' THEN
        RETURN ARRAY(SELECT id FROM site
                     WHERE id = ANY (asked) AND party_id = ANY ((SELECT suyuan_shown_parties())::bigint[]));
    ELSIF current_user = 'suyuan_regulator' AND suyuan_everywhere() THEN
        RETURN asked;
    ELSIF current_user = 'suyuan_regulator' AND suyuan_categories() = '{}' AND suyuan_pairs() = '{}' THEN
        RETURN ARRAY(SELECT site_id FROM place
                     WHERE site_id = ANY (asked) AND region ^@ ANY ((SELECT suyuan_regions())::text[]));
    END IF;
    RETURN NULL;
END $$
"""
#: Whether a batch is seen by whoever runs many places, or by a grant that is narrowed: few are asked this.
#: Policies hold inside. Planned once for a connection.
TRADES = """
CREATE FUNCTION suyuan_trades(of_batch bigint) RETURNS boolean
STABLE LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    places bigint[];
BEGIN
    IF suyuan_by_owner() THEN
        RETURN EXISTS (SELECT FROM flow WHERE batch_id = of_batch)
            OR EXISTS (SELECT FROM flow WHERE to_batch_id = of_batch);
    END IF;
    places := suyuan_narrow_sites();
    RETURN EXISTS (SELECT FROM holding WHERE batch_id = of_batch AND site_id = ANY (places))
        OR EXISTS (SELECT FROM flow WHERE batch_id = of_batch AND from_site_id = ANY (places))
        OR EXISTS (SELECT FROM flow WHERE to_batch_id = of_batch AND to_site_id = ANY (places));
END $$
"""
#: Index of `flow` -> its columns, and which rows it holds: whether a batch was at some places is found
#: however many flows it has. A flow of one batch, or at one place, by its ends; hardly any other is there.
ACROSS = "batch_id <> to_batch_id AND from_site_id <> to_site_id"
INDEXES = {
    "flow_from_site_id_idx": (["batch_id", "from_site_id"], None),
    "flow_to_site_id_idx": (["to_batch_id", "to_site_id"], None),
    "flow_across_batch_id_idx": (["batch_id"], ACROSS),
    "flow_across_to_batch_id_idx": (["to_batch_id"], ACROSS),
}
#: What the policies write short.
WORDS = {
    "<sites>": "((SELECT suyuan_shown_sites())::bigint[])",
    "<own sites>": "((SELECT suyuan_sites())::bigint[])",
    "<narrow>": "((SELECT suyuan_narrow_sites())::bigint[])",
    "<narrow parties>": "((SELECT suyuan_narrow_parties())::bigint[])",
    "<parties>": "((SELECT suyuan_shown_parties())::bigint[])",
    "<granted>": "(SELECT suyuan_grants() <> '{}')",
    "<told places>": "ARRAY[journal_entry.site_id, read_site_id, source_site_id, destination_site_id]",
    "<told parties>": "ARRAY[source_party_id, destination_party_id]",
    # Asked once for a statement; it stands before what is asked row by row.
    "<across>": "moved.batch_id <> moved.to_batch_id AND moved.from_site_id <> moved.to_site_id",
    "<by owner>": "(SELECT suyuan_by_owner())",
}


def _run(places: str, by: str = "= ANY <parties>") -> str:
    """That one of these places is run by somebody, where places are not in the settings."""
    return f"""(<by owner> AND EXISTS (
            SELECT FROM site AS run WHERE run.id = {places} AND run.party_id {by} OFFSET 0))"""


STOCK = f"""
    site_id = ANY <sites> OR {_run("<table>.site_id")}
    OR (<granted> AND (<by owner> OR site_id = ANY <narrow>) AND suyuan_granted_stock(batch_id, site_id))"""
STOCK_BEFORE = """
    site_id = ANY <sites>
    OR (<granted> AND site_id = ANY <narrow> AND suyuan_granted_stock(batch_id, site_id))"""
#: Table -> what a party sees of it.
SEEN = {
    "flow": f"""
        from_site_id = ANY <sites> OR to_site_id = ANY <sites>
        OR {_run("ANY (ARRAY[from_site_id, to_site_id])")}
        OR (<granted> AND (<by owner> OR from_site_id = ANY <narrow> OR to_site_id = ANY <narrow>)
            AND suyuan_granted_flow(batch_id, from_site_id, to_batch_id, to_site_id, departed_at))""",
    "holding": STOCK.replace("<table>", "holding"),
    "gap": STOCK.replace("<table>", "gap"),
    "journal_entry": f"""
        site_id = ANY <sites> OR read_site_id = ANY <sites>
        OR source_site_id = ANY <sites> OR destination_site_id = ANY <sites>
        OR source_party_id = ANY <parties> OR destination_party_id = ANY <parties>
        OR {_run("ANY (<told places>)")}
        OR (<granted>
            AND (<by owner> OR <told places> && <narrow> OR <told parties> && <narrow parties>)
            AND suyuan_granted_event(event_id, <told places>, <told parties>, "time"))""",
    "batch": """
        EXISTS (SELECT FROM product AS made
                WHERE made.id = batch.product_id AND made.party_id = ANY <parties> OFFSET 0)
        OR EXISTS (SELECT FROM holding AS held
                   WHERE held.batch_id = batch.id AND held.site_id = ANY <sites> OFFSET 0)
        OR (<by owner> AND EXISTS (
            SELECT FROM holding AS held WHERE held.batch_id = batch.id OFFSET 0))
        OR EXISTS (
            SELECT FROM flow AS moved
            WHERE (moved.batch_id = batch.id AND moved.from_site_id = ANY <sites>)
               OR (moved.to_batch_id = batch.id AND moved.to_site_id = ANY <sites>)
               OR (moved.batch_id = batch.id AND <across>) OR (moved.to_batch_id = batch.id AND <across>)
            OFFSET 0)
        OR (<by owner> AND suyuan_trades(id))
        OR (<granted> AND (suyuan_granted_product(product_id) OR suyuan_trades(id)))""",
    "recall_holding": f"""
        party_id = (SELECT suyuan_party()) OR site_id = ANY <own sites>
        OR {_run("recall_holding.site_id", "= (SELECT suyuan_party())")}""",
}
#: What was said before.
SEEN_BEFORE = {
    "flow": """
        from_site_id = ANY <sites> OR to_site_id = ANY <sites>
        OR (<granted> AND (from_site_id = ANY <narrow> OR to_site_id = ANY <narrow>)
            AND suyuan_granted_flow(batch_id, from_site_id, to_batch_id, to_site_id, departed_at))""",
    "holding": STOCK_BEFORE,
    "gap": STOCK_BEFORE,
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
    "recall_holding": "party_id = (SELECT suyuan_party()) OR site_id = ANY <own sites>",
}
#: Functions that find a party's events from its places, where these are few (revision 0026).
FROM_PLACES = ("suyuan_next_events(bigint, bigint, bigint)", "suyuan_few_events(bigint)")
ASKED = "current_user <> 'suyuan_party'\n"
ASKED_OF_FEW = "current_user <> 'suyuan_party' OR suyuan_by_owner()\n"


def upgrade() -> None:
    for index, (columns, held) in INDEXES.items():
        make_index(index, "flow", columns, **({"postgresql_where": text(held)} if held else {}))
    let_requests_finish()
    op.execute(BY_OWNER)
    op.execute(PLACES_SHOWN)
    op.execute(TRADES)
    _say(SEEN)
    _rewrite(ASKED, ASKED_OF_FEW)


def downgrade() -> None:
    for index in INDEXES:
        drop_index(index, "flow")
    let_requests_finish()
    _rewrite(ASKED_OF_FEW, ASKED)
    _say(SEEN_BEFORE)
    op.execute("DROP FUNCTION suyuan_trades(bigint)")
    op.execute("DROP FUNCTION suyuan_places_shown(bigint[])")
    op.execute("DROP FUNCTION suyuan_by_owner()")


def _say(seen: dict[str, str]) -> None:
    for table, condition in seen.items():
        for word, meaning in WORDS.items():
            condition = condition.replace(word, meaning)
        op.execute(f"ALTER POLICY seen_by_party ON {table} USING ({condition})")


def _rewrite(said: str, says: str) -> None:
    """The functions as they are, but for one condition."""
    for function in FROM_PLACES:
        (defined,) = (
            op.get_bind()
            .execute(text("SELECT pg_get_functiondef(to_regprocedure(:name))"), {"name": function})
            .one()
        )
        assert defined.count(said) == 1, function
        op.execute(defined.replace(said, says))

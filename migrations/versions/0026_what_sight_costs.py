"""What sight costs: policies that are planned once, and ways from a party's places to its events.

Policies of the revisions 0021 to 0025 that ask other tables stand with OFFSET 0: without it the planner plans
each twice, row by row and for the whole table, and those inside again.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.db.online import drop_index, let_requests_finish, make_index

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MINE = "(SELECT suyuan_party())"
#: Stands at the end of what is planned once; taken out again by the way down.
ONCE = " OFFSET 0"
OF_BATCH = f"EXISTS (SELECT FROM batch WHERE batch.id = {{0}}{ONCE})"
OF_PRODUCT = f"EXISTS (SELECT FROM product AS made WHERE made.id = {{0}} AND made.party_id = {MINE}{ONCE})"
OF_SITE = f"EXISTS (SELECT FROM site AS run WHERE run.id = {{0}} AND run.party_id = {MINE}{ONCE})"
TRADED = f"EXISTS (SELECT FROM batch AS traded WHERE traded.product_id = {{0}}{ONCE})"
OF_MADE_BATCH = f"""EXISTS (
            SELECT FROM batch AS lot JOIN product AS made ON made.id = lot.product_id
            WHERE lot.id = {{0}} AND made.party_id = {MINE}{ONCE})"""
OF_MADE_UNIT = f"""EXISTS (
            SELECT FROM unit JOIN batch AS lot ON lot.id = unit.batch_id
            JOIN product AS made ON made.id = lot.product_id
            WHERE unit.id = {{0}} AND made.party_id = {MINE}{ONCE})"""
OF_UNIT = f"EXISTS (SELECT FROM unit WHERE unit.id = {{0}}{ONCE})"
MARKED = f"EXISTS (SELECT FROM recall_batch AS marked WHERE marked.recall_id = recall.id{ONCE})"
#: Both batches of a unit are asked about at once: as a rule they are one.
OF_BATCHES = f"EXISTS (SELECT FROM batch WHERE batch.id = ANY (ARRAY[{{0}}, {{1}}]){ONCE})"
NAMED = f"EXISTS (SELECT FROM event_item AS named WHERE named.unit_id = unit.id{ONCE})"
UNIT = f"{OF_BATCHES.format('unit.batch_id', 'unit.registered_batch_id')} OR {NAMED}"
SCANNED = "CASE {0}.level WHEN 'batch' THEN {1} ELSE {2} END"
SCANS = ("scan_day", "scan_total")

#: Policy and table -> what is seen.
POLICIES = {
    ("seen_by_party", "complaint"): OF_PRODUCT.format("complaint.product_id"),
    ("seen_by_party", "suspect_code"): OF_MADE_UNIT.format("suspect_code.unit_id"),
    ("seen_by_party", "link"): f"""
        link.party_id = {MINE} OR {OF_SITE.format("link.site_id")}
        OR {OF_PRODUCT.format("link.product_id")}""",
    ("seen_by_regulator", "complaint"): f"""
        {OF_BATCH.format("complaint.batch_id")} OR {TRADED.format("complaint.product_id")}""",
    ("seen_by_regulator", "suspect_code"): OF_UNIT.format("suspect_code.unit_id"),
    ("seen_by_regulator", "link"): TRADED.format("link.product_id"),
    **{
        ("seen_by_party", table): SCANNED.format(
            table, OF_MADE_BATCH.format(f"{table}.thing_id"), OF_MADE_UNIT.format(f"{table}.thing_id")
        )
        for table in SCANS
    },
    **{
        ("seen_by_regulator", table): SCANNED.format(
            table, OF_BATCH.format(f"{table}.thing_id"), OF_UNIT.format(f"{table}.thing_id")
        )
        for table in SCANS
    },
    **{
        (policy, table): seen
        for policy in ("seen_by_party", "seen_by_regulator")
        for table, seen in (
            ("unit", UNIT),
            ("drug_code", OF_BATCH.format("drug_code.batch_id")),
            (
                "complaint_photo",
                f"EXISTS (SELECT FROM complaint WHERE complaint.id = complaint_photo.complaint_id{ONCE})",
            ),
        )
    },
    ("seen_by_party", "audit_read"): f"""
        parties @> ARRAY[{MINE}]
        AND (subject_kind IS DISTINCT FROM 'case'
             OR EXISTS (SELECT FROM recall WHERE recall.id = audit_read.subject_id{ONCE}))""",
    ("corrects_what_is_seen", "correction"): f"""
        EXISTS (SELECT FROM journal_entry AS entry WHERE entry.event_id = correction.original_id{ONCE})""",
    ("seen_by_party", "subscription"): f"""
        EXISTS (SELECT FROM named_query AS named WHERE named.id = subscription.query_id{ONCE})""",
    ("seen_by_party", "recall"): f"""
        responsible_party_id = {MINE}
        OR status <> 'assessing' AND {MARKED} AND (status <> 'cancelled' OR suyuan_case_was_told(id))""",
    ("seen_by_regulator", "recall"): MARKED,
    ("seen_case", "recall_deadline"): f"""
        EXISTS (SELECT FROM recall WHERE recall.id = recall_deadline.recall_id
                AND (current_user = 'suyuan_regulator' OR recall.responsible_party_id = {MINE}){ONCE})""",
    ("seen_case", "drill"): f"""
        asked_party_id = {MINE}
        OR current_user = 'suyuan_regulator'
           AND EXISTS (SELECT FROM batch WHERE batch.product_id = ANY(drill.product_ids){ONCE})""",
}

#: Columns of `journal_entry` that name a place or a party -> the rows that their index holds: an event that
#: names a place twice stands in the first of the indexes only.
PLACES = {
    "site_id": "",
    **{
        column: f"{column} IS NOT NULL AND {column} IS DISTINCT FROM site_id"
        for column in ("read_site_id", "source_site_id", "destination_site_id")
    },
}
PARTIES = {column: f"{column} IS NOT NULL" for column in ("source_party_id", "destination_party_id")}

#: What a party is shown, with what was granted it in part -> the columns by which its events name it.
OWN = {
    "suyuan_shown_sites() || suyuan_narrow_sites()": PLACES,
    "suyuan_shown_parties() || suyuan_narrow_parties()": PARTIES,
}
WAY = """
        SELECT found.event_id FROM unnest({own}) AS own (id) CROSS JOIN LATERAL (
            SELECT event_id FROM journal_entry WHERE {column} = own.id{held}{further}) AS found"""
TOLD = """
        SELECT found.event_id FROM (
            SELECT id AS event_id FROM event WHERE told_by = suyuan_party(){further}) AS found"""
CORRECTED = """
        SELECT found.event_id FROM (
            SELECT event_id FROM correction WHERE NOT disregarded{further}) AS found"""
FURTHER = " AND {0} > beyond AND {0} <= highest ORDER BY {0} LIMIT most"


def _ways(further: str) -> list[str]:
    """Statements that together find each event that a party sees, but for corrections; each by an index."""
    ways = [
        WAY.format(
            own=own, column=column, held=f" AND {held}" if held else "", further=further.format("event_id")
        )
        for own, columns in OWN.items()
        for column, held in columns.items()
    ]
    return [*ways, TOLD.format(further=further.format("id"))]


UNION = "\n        UNION ALL"
#: Many places are asked one by one, and who runs many sees many events: a page is full soon without this.
NOT_ASKED = """current_user <> 'suyuan_party'
       OR cardinality(suyuan_shown_sites()) + cardinality(suyuan_narrow_sites()) > 100"""
#: The ids of the next `most` events that a party sees, in order; null: not a party, or one of many places.
#: Policies hold inside: a row that is not seen is not found. Functions, so that they are planned once for a
#: connection, and for parties alone; to plan them for each question takes ten times as long as to answer it.
NEXT_EVENTS = """
CREATE FUNCTION suyuan_next_events(beyond bigint, highest bigint, most bigint) RETURNS bigint[]
STABLE LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF <not asked> THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT DISTINCT event_id FROM (<ways>) AS own ORDER BY event_id LIMIT most);
END $$
"""
#: The ids of all events that a party sees, in no order; null also where they name it more than `most` times.
FEW_EVENTS = """
CREATE FUNCTION suyuan_few_events(most bigint) RETURNS bigint[]
STABLE LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    found bigint[];
BEGIN
    IF <not asked> THEN
        RETURN NULL;
    END IF;
    found := ARRAY(SELECT event_id FROM (<ways>) AS own LIMIT most + 1);
    IF cardinality(found) > most THEN
        RETURN NULL;
    END IF;
    RETURN found || ARRAY(
        SELECT event_id FROM correction WHERE original_id = ANY (found) AND NOT disregarded);
END $$
"""


def upgrade() -> None:
    let_requests_finish()
    for (policy, table), seen in POLICIES.items():
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({seen})")
    for column, held in (PLACES | PARTIES).items():
        make_index(f"journal_entry_{column}_event_id_idx", "journal_entry", [column, "event_id"], **_of(held))
        drop_index(f"journal_entry_{column}_idx", "journal_entry")
    make_index("event_told_by_idx", "event", ["told_by", "id"], **_of("told_by IS NOT NULL"))
    corrected = CORRECTED.format(further=FURTHER.format("event_id"))
    for function, ways in ((NEXT_EVENTS, [*_ways(FURTHER), corrected]), (FEW_EVENTS, _ways(""))):
        op.execute(function.replace("<ways>", UNION.join(ways)).replace("<not asked>", NOT_ASKED))


def downgrade() -> None:
    op.execute("DROP FUNCTION IF EXISTS suyuan_few_events(bigint)")
    op.execute("DROP FUNCTION IF EXISTS suyuan_next_events(bigint, bigint, bigint)")
    drop_index("event_told_by_idx", "event")
    for column, held in PLACES.items():
        held = held.rpartition(" AND ")[2]
        make_index(f"journal_entry_{column}_idx", "journal_entry", [column], **_of(held))
    for column in PLACES | PARTIES:
        drop_index(f"journal_entry_{column}_event_id_idx", "journal_entry")
    for (policy, table), seen in POLICIES.items():
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({seen.replace(ONCE, '')})")


def _of(held: str) -> dict[str, Any]:
    return {"postgresql_where": sa.text(held)} if held else {}

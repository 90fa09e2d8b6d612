"""What a recall case is: its profile, its states, its deadlines."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WORDS = {
    "kind": ("recall", "withdrawal", "stop_sale", "hold"),
    "mandate": ("voluntary", "ordered"),
    "cause": ("defect_report", "failed_inspection", "complaints", "order", "other"),
    "depth": ("consumer", "retail", "wholesale"),
    "check_level": ("A", "B", "C", "D", "E"),
}
#: What stands for each in cases from before.
BEFORE = {
    "kind": "recall",
    "mandate": "voluntary",
    "cause": "other",
    "depth": "consumer",
    "check_level": "A",
    "profile": "CN_FOOD",
}
TOLD = ("ordered_by", "remedy_zh", "remedy_en", "distribution_zh", "distribution_en")

REFUSE_CHANGE = """
CREATE FUNCTION recall_move_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history of a recall is only added to.' USING ERRCODE = 'restrict_violation';
END $$
"""
TRIGGER = """
CREATE TRIGGER recall_move_stays BEFORE UPDATE OR DELETE ON recall_move
FOR EACH ROW EXECUTE FUNCTION recall_move_stays()
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    _widen_case()
    op.add_column(
        "recall_batch", sa.Column("standing", sa.String(), server_default="recalled", nullable=True)
    )
    op.add_column(
        "recall_batch", sa.Column("units_only", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_check_constraint(
        op.f("recall_batch_standing_check"),
        "recall_batch",
        "standing IN ('recalled', 'withdrawn', 'stopped')",
    )
    op.create_table(
        "recall_unit_range",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.String(collation="C"), nullable=False),
        sa.Column("last", sa.String(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_unit_range_recall_id_fkey")),
        sa.PrimaryKeyConstraint("recall_id", "first", name=op.f("recall_unit_range_pkey")),
    )
    _keep_moves()
    _keep_deadlines()


def _widen_case() -> None:
    for name, value in BEFORE.items():
        op.add_column("recall", sa.Column(name, sa.String(), server_default=value, nullable=False))
    for name in TOLD:
        op.add_column("recall", sa.Column(name, sa.String(), nullable=True))
    op.add_column(
        "recall",
        sa.Column(
            "cause_reference",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "recall", sa.Column("planned_quantity", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "recall",
        sa.Column(
            "contact",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column("recall", sa.Column("responsible_party_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("recall_responsible_party_id_fkey"), "recall", "party", ["responsible_party_id"], ["id"]
    )
    for name, words in WORDS.items():
        listed = ", ".join(f"'{word}'" for word in words)
        op.create_check_constraint(op.f(f"recall_{name}_check"), "recall", f"{name} IN ({listed})")
    op.drop_constraint(op.f("recall_status_check"), "recall", type_="check")
    op.drop_constraint(op.f("recall_closed_at_check"), "recall", type_="check")
    op.create_check_constraint(
        op.f("recall_status_check"),
        "recall",
        "status IN ('assessing', 'open', 'completed', 'closed', 'cancelled')",
    )
    op.create_check_constraint(
        op.f("recall_closed_at_check"),
        "recall",
        "(status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)",
    )


def _keep_moves() -> None:
    moves = op.create_table(
        "recall_move",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_move_recall_id_fkey")),
        sa.PrimaryKeyConstraint("recall_id", "number", name=op.f("recall_move_pkey")),
    )
    rows = [move for case in _cases_before() for move in _moves_of(case)]
    if rows:
        op.bulk_insert(moves, rows)
    op.execute(REFUSE_CHANGE)
    op.execute(TRIGGER)


def _cases_before() -> Sequence[sa.RowMapping]:
    asked = "SELECT id, opened_at, opened_by, closed_at, closed_by, closing_note FROM recall ORDER BY id"
    return op.get_bind().execute(sa.text(asked)).mappings().all()


def _moves_of(case: sa.RowMapping) -> list[dict[str, object]]:
    """The history of a case from before, as it can be told: opened, and closed."""
    told: list[tuple[str | None, str, Any, str, str | None]] = [
        (None, "open", case["opened_at"], case["opened_by"], None)
    ]
    if case["closed_at"] is not None:
        told.append(("open", "closed", case["closed_at"], case["closed_by"] or "", case["closing_note"]))
    moves: list[dict[str, object]] = []
    before = ""
    for number, (source, target, at, actor, note) in enumerate(told, start=1):
        # As in service/recall/history.py, written out: a revision stays as it was.
        line = [before, case["id"], number, source, target, at.astimezone(UTC).isoformat(), actor, note]
        before = hashlib.sha256(json.dumps(line, ensure_ascii=False).encode()).hexdigest()
        moves.append(
            {
                "recall_id": case["id"],
                "number": number,
                "from_status": source,
                "to_status": target,
                "at": at,
                "actor": actor,
                "note": note,
                "sha256": before,
            }
        )
    return moves


def _keep_deadlines() -> None:
    op.create_table(
        "recall_deadline",
        sa.Column("recall_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("occurrence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("certainty", sa.String(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fallback_calendar", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_by", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("recall_deadline_recall_id_fkey")),
        sa.PrimaryKeyConstraint("recall_id", "rule", "occurrence", name=op.f("recall_deadline_pkey")),
    )
    op.create_index(
        "recall_deadline_due_at_idx",
        "recall_deadline",
        ["due_at"],
        postgresql_where=sa.text("met_at IS NULL AND ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("recall_deadline")
    op.drop_table("recall_move")
    op.execute("DROP FUNCTION recall_move_stays()")
    op.drop_table("recall_unit_range")
    op.execute("DELETE FROM recall_batch WHERE standing IS DISTINCT FROM 'recalled'")
    op.drop_column("recall_batch", "units_only")
    op.drop_column("recall_batch", "standing")
    op.drop_constraint(op.f("recall_status_check"), "recall", type_="check")
    op.drop_constraint(op.f("recall_closed_at_check"), "recall", type_="check")
    op.execute("UPDATE recall SET status = 'closed' WHERE status = 'cancelled'")
    op.execute("UPDATE recall SET status = 'open' WHERE status IN ('assessing', 'completed')")
    op.create_check_constraint(op.f("recall_status_check"), "recall", "status IN ('open', 'closed')")
    op.create_check_constraint(
        op.f("recall_closed_at_check"), "recall", "(status = 'closed') = (closed_at IS NOT NULL)"
    )
    told = ("responsible_party_id", "contact", "planned_quantity", "cause_reference", *TOLD, *BEFORE)
    for name in told:
        op.drop_column("recall", name)

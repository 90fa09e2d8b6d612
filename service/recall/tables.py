"""Recall cases: what was recalled, who was found, on what evidence; what was done and when it was due."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.db.schema import amount, document, identity_key, instant


def _word(default: str) -> Any:
    """A word of a short list, with what stood for it before there was a choice."""
    return Field(default=default, sa_column=Column(String, nullable=False, server_default=default))


class Recall(SQLModel, table=True):
    """One case. Written by: orm when it is put on record, then by sql.

    `scope`: the starts as given, e.g. `{"batch": ["https://id.gs1.org/01/…/10/…"]}`. Words that may stand in
    `status` and `kind`, and what they mean to the public: `states.py`.
    """

    __tablename__ = "recall"
    __table_args__ = (
        CheckConstraint("status IN ('assessing', 'open', 'completed', 'closed', 'cancelled')", name="status"),
        CheckConstraint("(status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("kind IN ('recall', 'withdrawal', 'stop_sale', 'hold')", name="kind"),
        CheckConstraint("mandate IN ('voluntary', 'ordered')", name="mandate"),
        CheckConstraint(
            "cause IN ('defect_report', 'failed_inspection', 'complaints', 'order', 'other')", name="cause"
        ),
        CheckConstraint("depth IN ('consumer', 'retail', 'wholesale')", name="depth"),
        CheckConstraint("check_level IN ('A', 'B', 'C', 'D', 'E')", name="check_level"),
    )

    id: int | None = identity_key()
    #: e.g. "2026-000012": year of opening and a running number.
    number: str = Field(unique=True)
    status: str = Field(default="open", index=True)
    title_zh: str
    title_en: str
    reason_zh: str
    reason_en: str
    #: What the consumer should do.
    advice_zh: str | None = None
    advice_en: str | None = None
    #: 1 serious, 2 general, 3 other
    hazard_class: int
    scope: dict[str, Any] = document()
    kind: str = _word("recall")
    #: Name of the profile whose deadlines the case keeps, e.g. "CN_FOOD".
    profile: str = _word("CN_FOOD")
    mandate: str = _word("voluntary")
    ordered_by: str | None = None
    #: What the case was opened from, and its numbers: `[{"number": "…", "issued_by": "…"}]`.
    cause: str = _word("other")
    cause_reference: list[dict[str, Any]] = document(default="[]")
    responsible_party_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("party.id"), nullable=True)
    )
    #: How far down the chain the case goes.
    depth: str = _word("consumer")
    #: Share of the notified that is checked: 21 CFR 7.42(b)(3): A all, B 10 to 100 %, C 10 %, D 2 %, E none.
    check_level: str = _word("A")
    #: Unit of measure -> amount that is to be recovered; null: computed from what was found.
    planned_quantity: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    remedy_zh: str | None = None
    remedy_en: str | None = None
    #: Whom holders and consumers reach: `name`, `phone`, `email`.
    contact: dict[str, Any] = document()
    distribution_zh: str | None = None
    distribution_en: str | None = None
    #: When it was decided on; while it is being assessed, when it was put on record.
    opened_at: datetime = instant()
    opened_by: str
    known_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    closed_by: str | None = None
    closing_note: str | None = None
    #: Events known when the trace was frozen: the highest `event.id`.
    as_of_event_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: The frozen trace, and the SHA-256 (hex) of its canonical JSON.
    evidence: dict[str, Any] = document()
    evidence_sha256: str


class RecallBatch(SQLModel, table=True):
    """A batch that the case marks. Written by: sql.

    `standing`: what the mark says to the public by now (`states.standing`): "recalled", "withdrawn",
    "stopped", or null for nothing. It stands here so that whoever scans a code reads one table.
    """

    __tablename__ = "recall_batch"
    __table_args__ = (CheckConstraint("standing IN ('recalled', 'withdrawn', 'stopped')", name="standing"),)

    batch_id: int = Field(sa_column=Column(BigInteger, ForeignKey("batch.id"), primary_key=True))
    recall_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True, index=True)
    )
    #: True: named by the scope; false: made from or with what the scope names.
    in_scope: bool
    found_at: datetime = instant()
    standing: str | None = Field(
        default="recalled", sa_column=Column(String, nullable=True, server_default="recalled")
    )
    #: True: only the units in `recall_unit_range` are meant, not every pack of the batch.
    units_only: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


class RecallUnitRange(SQLModel, table=True):
    """Units that a case names: from `first` to `last`, two unit URIs of one length. Written by: sql.

    A unit is in the range if its URI is as long as theirs and stands between them in the order of bytes.
    """

    __tablename__ = "recall_unit_range"

    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True))
    first: str = Field(sa_column=Column(String(collation="C"), primary_key=True))
    last: str = Field(sa_column=Column(String(collation="C"), nullable=False))


class RecallMove(SQLModel, table=True):
    """One step in the life of a case; a trigger refuses to change or delete it. Written by: sql.

    `sha256`: over the one before and this one (`history.py`), so that a change made past the trigger shows.
    """

    __tablename__ = "recall_move"

    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    #: Null: the case was put on record.
    from_status: str | None = None
    to_status: str
    at: datetime = instant()
    actor: str
    note: str | None = None
    sha256: str


class RecallDeadline(SQLModel, table=True):
    """What is due in a case, as its profile said when the clock of this deadline began. Written by: sql.

    `rule`: stable name in the profile; `occurrence`: 1, 2 … of what recurs; `document`: what meets it.
    """

    __tablename__ = "recall_deadline"
    __table_args__ = (
        # Whoever looks for what is overdue reads what is still to be met, by day.
        Index(
            "recall_deadline_due_at_idx",
            "due_at",
            postgresql_where=text("met_at IS NULL AND ended_at IS NULL"),
        ),
    )

    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True))
    rule: str = Field(sa_column=Column(String, primary_key=True))
    occurrence: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    document: str
    title_zh: str
    title_en: str
    #: The clause that sets it, and how surely it was read: "V", "S" or "G" (`profiles.py`).
    clause: str
    certainty: str
    #: The moment that the clock runs from, and the last moment in time.
    since_at: datetime = instant()
    due_at: datetime = instant()
    #: True: the year's calendar of working days was not published; Monday to Friday were counted.
    fallback_calendar: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    met_at: datetime | None = instant(nullable=True)
    met_by: str | None = None
    #: No longer due without having been met: the case ended, or its class was changed.
    ended_at: datetime | None = instant(nullable=True)
    note: str | None = None


class RecallHolding(SQLModel, table=True):
    """A holding that the case has found, at opening or by widening; never removed. Written by: sql."""

    __tablename__ = "recall_holding"

    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True))
    batch_id: int = Field(sa_column=Column(BigInteger, ForeignKey("batch.id"), primary_key=True))
    site_id: int = Field(sa_column=Column(BigInteger, ForeignKey("site.id"), primary_key=True))
    party_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    #: "opening" or "widening"
    found_by: str
    found_at: datetime = instant()
    affected_at: datetime | None = instant(nullable=True)
    hops: int = Field(sa_column=Column(Integer, nullable=False))
    #: The event by whose flow the goods came (null: the start).
    event_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    #: On hand when found, by unit of measure.
    on_hand: dict[str, Any] = document()
    quantity_received: Decimal | None = amount()


class RecallAlarm(SQLModel, table=True):
    """Goods of a marked batch that left a holding after the case was decided on; one for each event that
    shows it. Never removed: what the events no longer show is `withdrawn_at`. Written by: sql.

    `amounts`: quantity by unit of measure, as texts. `to_site_id` null: to consumers, to several places, or
    nobody said. `seen_by`: who has looked at it.
    """

    __tablename__ = "recall_alarm"
    __table_args__ = (
        CheckConstraint("kind IN ('shipped', 'sold', 'transformed')", name="kind"),
        CheckConstraint("(seen_at IS NULL) = (seen_by IS NULL)", name="seen"),
        UniqueConstraint("recall_id", "batch_id", "event_id", "kind", name="recall_alarm_event_key"),
    )

    id: int | None = identity_key()
    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), nullable=False))
    batch_id: int = Field(sa_column=Column(BigInteger, ForeignKey("batch.id"), nullable=False))
    event_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str
    from_site_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    to_site_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    amounts: dict[str, Any] = document()
    at: datetime = instant()
    raised_at: datetime = instant()
    withdrawn_at: datetime | None = instant(nullable=True)
    seen_at: datetime | None = instant(nullable=True)
    seen_by: str | None = None

"""Recall cases: what was recalled, who was found, and on what evidence."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer
from sqlmodel import Field, SQLModel

from service.db.schema import amount, document, identity_key, instant


class Recall(SQLModel, table=True):
    """One case. Written by: orm.

    `scope`: the starts as given, e.g. `{"batch": ["https://id.gs1.org/01/…/10/…"]}`.
    """

    __tablename__ = "recall"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
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
    """A batch that the case marks as recalled. Written by: sql."""

    __tablename__ = "recall_batch"

    batch_id: int = Field(sa_column=Column(BigInteger, ForeignKey("batch.id"), primary_key=True))
    recall_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True, index=True)
    )
    #: True: named by the scope; false: made from or with what the scope names.
    in_scope: bool
    found_at: datetime = instant()


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

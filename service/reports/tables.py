"""Drills that were run, effectiveness checks of cases, and the documents that were filed.

What a drill found and what was filed never changes; triggers of the revision refuse it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Integer,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.db.schema import amount, identity_key, instant, reference
from service.db.schema import document as as_document


def _ids() -> Any:
    """A `bigint[]` column."""
    return Field(default_factory=list, sa_column=Column(ARRAY(BigInteger), nullable=False))


class Drill(SQLModel, table=True):
    """A mock recall: what a real one would have found, and how fast. It marks nothing. Written by: sql.

    `scope`: the start as given. `seconds`: from the question to the full list of holders. `percent`: of the
    quantity accounted for, the lowest of its units. `holders`, `reachable`: parties, and those of them that
    can be told. `product_ids`, `party_ids`: what was recalled, and whose products they are, for the history.
    """

    __tablename__ = "drill"

    id: int | None = identity_key()
    #: e.g. "D2026-000012"
    number: str = Field(unique=True)
    scope: dict[str, Any] = as_document()
    note: str | None = None
    asked_by: str
    started_at: datetime = instant()
    as_of_event_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    seconds: float = Field(sa_column=Column(Double, nullable=False))
    percent: Decimal | None = amount()
    holdings: int
    holders: int
    reachable: int
    gaps: int
    product_ids: list[int] = _ids()
    party_ids: list[int] = _ids()
    #: Whose key ran it, and who reads it; null: the operator's.
    asked_party_id: int | None = reference("party", nullable=True)
    report: dict[str, Any] = as_document()
    #: SHA-256 (hex) of the report's canonical JSON.
    report_sha256: str
    #: The full list of holders, CSV in gzip.
    holder_list: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CheckDraw(SQLModel, table=True):
    """How the recipients of a case that are checked were drawn; see `sampling.py`. Written by: sql.

    Drawn again when a case has widened: under the same seed, so that nobody drawn before is left out.
    """

    __tablename__ = "check_draw"
    __table_args__ = (
        CheckConstraint("level IN ('A', 'B', 'C', 'D', 'E')", name="level"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        UniqueConstraint("recall_id", "number"),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall")
    number: int
    level: str
    percent: Decimal = amount(nullable=False)
    seed: str
    #: The numbers of the recipients among whom was drawn, and how many were.
    population: list[int] = _ids()
    drawn: int
    drawn_at: datetime = instant()
    drawn_by: str


class EffectivenessCheck(SQLModel, table=True):
    """One recipient of a case that is checked: was it notified, and did it act? Written by: sql.

    `outcome`: null until somebody looked; `effective` (notified and acted), `not_notified`, `not_acted`,
    `not_reached`, `out_of_business`. The last is as good as none: nobody is there to be told.
    """

    __tablename__ = "effectiveness_check"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('effective', 'not_notified', 'not_acted', 'not_reached', 'out_of_business')",
            name="outcome",
        ),
        CheckConstraint("method IN ('visit', 'telephone', 'email', 'letter', 'other')", name="method"),
        CheckConstraint("num_nonnulls(outcome, method, checked_at, checked_by) IN (0, 4)", name="checked"),
        UniqueConstraint("recall_id", "recipient_id"),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall")
    recipient_id: int = reference("recall_recipient")
    draw_id: int = reference("check_draw")
    outcome: str | None = None
    method: str | None = None
    checked_at: datetime | None = instant(nullable=True)
    checked_by: str | None = None
    note: str | None = None
    #: Earlier outcomes of it, the oldest first: they stay on record.
    history: list[Any] = as_document(default="[]")


class FiledReport(SQLModel, table=True):
    """A document as it was filed, frozen. Written by: sql.

    `number`: counts the documents of this kind in the case. `content_sha256`: of its canonical JSON.
    """

    __tablename__ = "filed_report"
    __table_args__ = (UniqueConstraint("recall_id", "document", "number"),)

    id: int | None = identity_key()
    recall_id: int = reference("recall")
    document: str
    number: int = Field(sa_column=Column(Integer, nullable=False))
    profile: str
    #: The period reported on; the beginning is null in a document about the whole case.
    since_at: datetime | None = instant(nullable=True)
    until_at: datetime = instant()
    content: dict[str, Any] = as_document()
    content_sha256: str
    pdf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    pdf_sha256: str
    filed_at: datetime = instant()
    filed_by: str
    note: str | None = None

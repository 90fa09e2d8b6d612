"""Complaints, and how often and where codes were looked at. All are `Written by: sql`.

No table holds an address or a browser's name. What could lead to a person is a hash under a salt that is
thrown away (`scan_seen`, `complaint_allowance`), or what the person wrote for us, erased when its time is
over (`complaint`, `complaint_photo`; see `tidy.py`).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from service.db.schema import document, identity_key, instant, reference

#: The place of looks whose city is not known. Seeded by the revision.
UNKNOWN_PLACE_ID = 0


class DailySalt(SQLModel, table=True):
    """What hashes of one day (UTC) are salted with; deleted soon after. Written by: sql."""

    __tablename__ = "daily_salt"

    day: date = Field(primary_key=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Complaint(SQLModel, table=True):
    """What somebody reports of a product. Written by: sql.

    `code`: as it was given; `code_uri`: its canonical form, where it has one. What it names is looked up when
    the complaint comes; an unknown code is kept as text, for the code of a fake tells something too.
    `nonce`, `fingerprint`: of the form, by which a second sending is known; forgotten after some days.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('injury', 'foreign_body', 'spoiled', 'wrong_label', 'suspected_fake', 'other')",
            name="kind",
        ),
        CheckConstraint("status IN ('received', 'looking', 'answered', 'closed')", name="status"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint(
            "contact_erased_at IS NULL OR num_nonnulls(phone, email, bought_where, nonce, fingerprint) = 0",
            name="contact_erased",
        ),
        Index("complaint_nonce_key", "nonce", unique=True, postgresql_where=text("nonce IS NOT NULL")),
        # What still has something to erase.
        Index("complaint_received_at_idx", "received_at", postgresql_where=text("contact_erased_at IS NULL")),
    )

    id: int | None = identity_key()
    #: e.g. "C-2026-7KQ4-M2XR-9TBD"
    number: str = Field(unique=True)
    status: str = Field(default="received")
    kind: str
    text: str
    code: str
    code_uri: str | None = Field(default=None, index=True)
    unit_id: int | None = reference("unit", nullable=True, index=True)
    batch_id: int | None = reference("batch", nullable=True, index=True)
    product_id: int | None = reference("product", nullable=True, index=True)
    bought_where: str | None = None
    bought_on: date | None = None
    phone: str | None = None
    email: str | None = None
    contact_erased_at: datetime | None = instant(nullable=True)
    #: "zh" or "en": what the person reads
    language: str
    answer_zh: str | None = None
    answer_en: str | None = None
    received_at: datetime = instant()
    updated_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    #: [{"status", "at", "by"}], oldest first; `by` is the name of an API key
    history: list[Any] = document(default="[]")
    nonce: str | None = None
    fingerprint: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class ComplaintPhoto(SQLModel, table=True):
    """A photo of a complaint, encoded anew: a JPEG without any word of where and with what it was taken.
    Written by: sql.
    """

    __tablename__ = "complaint_photo"

    id: int | None = identity_key()
    complaint_id: int = reference("complaint", index=True)
    width: int
    height: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ComplaintAllowance(SQLModel, table=True):
    """Complaints of one hour from one address, or of one code. Written by: sql.

    `key`: a hash under the day's salt.
    """

    __tablename__ = "complaint_allowance"

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    hour: datetime = instant(primary_key=True)
    used: int


class ScanPlace(SQLModel, table=True):
    """A city from which codes were looked at; row 0 is "not known". Written by: sql.

    `latitude`, `longitude`: degrees, one decimal.
    """

    __tablename__ = "scan_place"

    id: int | None = identity_key()
    key: str = Field(unique=True)
    city_zh: str | None = None
    city_en: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class ScanDay(SQLModel, table=True):
    """Looks at one code on one day (UTC) in one place. Written by: sql.

    `level`: unit or batch, and `thing_id` its row; without foreign keys, for counting must not fail. The key
    begins with what tells nearly all apart.
    """

    __tablename__ = "scan_day"
    __table_args__ = (
        CheckConstraint("level IN ('unit', 'batch')", name="level"),
        Index("scan_day_day_idx", "day"),
    )

    thing_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    level: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    place_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    looks: int
    first_at: datetime = instant()
    last_at: datetime = instant()


class ScanTotal(SQLModel, table=True):
    """All looks at one code: what the consumer's page tells. Written by: sql."""

    __tablename__ = "scan_total"
    __table_args__ = (CheckConstraint("level IN ('unit', 'batch')", name="level"),)

    thing_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    level: str = Field(primary_key=True)
    looks: int = Field(sa_column=Column(BigInteger, nullable=False))
    first_at: datetime = instant()
    first_place_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_at: datetime = instant()
    last_place_id: int = Field(sa_column=Column(BigInteger, nullable=False))


class ScanSeen(SQLModel, table=True):
    """Who looked at what within the hour, as a hash under the day's salt: a reload is no second look.
    Written by: sql.
    """

    __tablename__ = "scan_seen"

    visitor: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    at: datetime = instant(index=True)


class SuspectCode(SQLModel, table=True):
    """A unit whose code was looked at as no one pack can be. Written by: sql.

    `reasons`: by kind, each with its evidence (see `suspicion.py`).
    """

    __tablename__ = "suspect_code"
    __table_args__ = (CheckConstraint("status IN ('open', 'cleared', 'confirmed_fake')", name="status"),)

    id: int | None = identity_key()
    unit_id: int = Field(sa_column=Column(BigInteger, ForeignKey("unit.id"), nullable=False, unique=True))
    status: str = Field(default="open")
    reasons: dict[str, Any] = document()
    found_at: datetime = instant()
    updated_at: datetime = instant()
    decided_at: datetime | None = instant(nullable=True)
    #: Name of the API key.
    decided_by: str | None = None
    note: str | None = None

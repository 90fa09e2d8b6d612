"""Named queries, who subscribed to them, and how far each subscriber has been served."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from service.db.schema import document, identity_key, instant, reference


class NamedQuery(SQLModel, table=True):
    """One named query. Written by: sql.

    `query`: the definition as it was given. `parameters`: what it means, as pairs of a name and a value of a
    URL, the header GS1-Extensions among them where prefixes are defined. `party_id`: whose it is; null: the
    operators'. Each party names its own.
    """

    __tablename__ = "named_query"
    __table_args__ = (Index("named_query_name_key", text("coalesce(party_id, 0)"), "name", unique=True),)

    id: int | None = identity_key()
    party_id: int | None = reference("party", nullable=True)
    name: str
    query: Any = Field(sa_column=Column(JSON, nullable=False))
    parameters: list[Any] = document(default="[]")
    created_at: datetime = instant()


class Subscription(SQLModel, table=True):
    """One subscription to a named query. Written by: sql.

    `schedule`: as it was given; null for a stream. `mark`: what was delivered (`marks.Mark`), of which
    `seen_highest` and `unsettled` are repeated for the search of what is due. `deliveries`: how many posts
    were acknowledged; the next one's number is one more. Whoever delivers raises `turn` and holds the
    subscription until `leased_until`; every later statement of theirs holds only while `turn` is theirs.
    `key_id`, `member_id`: who subscribed, and must be let read still; neither: an operator of the time before
    that was kept. `ended_at`: since when they are not.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("(schedule IS NULL) = (next_run_at IS NULL)", name="next_run_at"),
        CheckConstraint("(failures = 0) = (retry_at IS NULL)", name="retry_at"),
    )

    id: int | None = identity_key()
    #: What the subscriber knows it by: a UUID.
    subscription_id: str = Field(unique=True)
    query_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("named_query.id", ondelete="CASCADE"), nullable=False, index=True
        )
    )
    dest: str
    #: The key of the HMAC in GS1-Signature. It must be known as it is, to sign with; it is never given out.
    signature_token: str | None = None
    report_if_empty: bool
    initial_record_time: datetime | None = instant(nullable=True)
    schedule: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    epc_format: str
    created_at: datetime = instant()
    mark: dict[str, Any] = document()
    seen_highest: int = Field(sa_column=Column(BigInteger, nullable=False))
    unsettled: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()))
    next_run_at: datetime | None = instant(nullable=True)
    retry_at: datetime | None = instant(nullable=True)
    #: Failures in a row.
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    last_error: str | None = None
    last_error_at: datetime | None = instant(nullable=True)
    last_notified_at: datetime | None = instant(nullable=True)
    deliveries: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    #: Events of one post: fewer than usual where the subscriber answered 413.
    batch_limit: int = Field(sa_column=Column(Integer, nullable=False))
    turn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    leased_until: datetime | None = instant(nullable=True)
    key_id: int | None = reference("api_key", nullable=True)
    member_id: int | None = reference("member", nullable=True)
    ended_at: datetime | None = instant(nullable=True)


class RecordingFloor(SQLModel, table=True):
    """One row: up to which id no event is to come (`marks.Floor`). Written by: sql."""

    __tablename__ = "recording_floor"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    event_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    highest: int = Field(sa_column=Column(BigInteger, nullable=False))
    began: int = Field(sa_column=Column(BigInteger, nullable=False))

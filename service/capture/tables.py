"""Who may capture for whom, and what was captured so."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant, reference


class Delegation(SQLModel, table=True):
    """One party lets another capture what happens at its places. Written by: sql.

    `site_ids`: which of its places; null: all, those to come too. It holds for what is captured from
    `starts_at` until before `ends_at` (null: until it is revoked).
    """

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("party_id <> delegate_id", name="another"),)

    id: int | None = identity_key()
    party_id: int = reference("party", index=True)
    delegate_id: int = reference("party", index=True)
    site_ids: list[int] | None = Field(default=None, sa_column=Column(ARRAY(BigInteger), nullable=True))
    starts_at: datetime = instant()
    ends_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    created_by: str
    revoked_at: datetime | None = instant(nullable=True)


class DelegatedEvent(SQLModel, table=True):
    """An event that was captured by a delegation. Written by: sql. Without foreign keys, as `EventItem`."""

    __tablename__ = "delegated_event"

    delegation_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False, index=True))

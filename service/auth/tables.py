"""API keys: only the hash of a key is kept."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant


class ApiKey(SQLModel, table=True):
    """One key. Written by: orm."""

    __tablename__ = "api_key"

    id: int | None = identity_key()
    name: str
    #: SHA-256 of the key; the key has 256 random bits, so a slow hash would protect nothing more.
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    #: "admin" may do everything.
    role: str
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)

"""Who may call: API keys, members known by an issuer's word, invitations. Only hashes of secrets."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.db.schema import identity_key, instant, reference, words

_ROLE_CHECK = "role IN ('holder', 'regulator', 'laboratory', 'operator')"


class ApiKey(SQLModel, table=True):
    """One key. Written by: sql."""

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint(_ROLE_CHECK, name="role"),)

    id: int | None = identity_key()
    name: str
    #: SHA-256 of the key; the key has 256 random bits, so a slow hash would protect nothing more.
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    #: The first characters of the key: enough to tell two apart, nothing to guess from.
    hint: str = Field(default="", sa_column_kwargs={"server_default": ""})
    role: str
    #: Whom the key speaks for; null: the service's own.
    party_id: int | None = reference("party", nullable=True, index=True)
    permissions: list[str] = words()
    created_at: datetime = instant()
    created_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    expires_at: datetime | None = instant(nullable=True)
    #: To the minute.
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
    #: The key that took its place: what was made with this one goes on with that.
    renewed_as: int | None = reference("api_key", nullable=True)


class Member(SQLModel, table=True):
    """A person or program for whom an OpenID Connect issuer vouches. Written by: sql."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint(_ROLE_CHECK, name="role"),
        UniqueConstraint("issuer", "subject", name="member_issuer_subject_key"),
    )

    id: int | None = identity_key()
    issuer: str
    #: The issuer's `sub`: it never names anybody else.
    subject: str
    name: str
    role: str
    party_id: int | None = reference("party", nullable=True, index=True)
    permissions: list[str] = words()
    created_at: datetime = instant()
    created_by: str
    revoked_at: datetime | None = instant(nullable=True)


class Invitation(SQLModel, table=True):
    """A secret by which somebody becomes a caller, once. Written by: sql."""

    __tablename__ = "invitation"
    __table_args__ = (CheckConstraint(_ROLE_CHECK, name="role"),)

    id: int | None = identity_key()
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    name: str
    role: str
    party_id: int | None = reference("party", nullable=True, index=True)
    permissions: list[str] = words()
    created_at: datetime = instant()
    created_by: str
    expires_at: datetime = instant()
    accepted_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)

"""Who, where, what, and which lot: the registry's tables.

`uri` is the canonical identity (`service.identifiers.identity.identify(text).uri`) by which
events name the row. A row may be *registered* (over REST, or by master data in a captured
document) or merely *captured*: named by an event before anybody registered it. Registering a
captured row fills it in; both meet in one row.

All four are `Written by: sql`: capture and REST meet in them with `INSERT … ON CONFLICT`.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from service.db.schema import (
    amount,
    document,
    identity_key,
    instant,
    reference,
    row_number,
    searched_uri,
    words,
)

#: How a row came to be known; a later word wins over an earlier one.
SOURCES = ("captured", "master_data", "registered")
_SOURCE_CHECK = "source IN ('captured', 'master_data', 'registered')"

#: The place of holdings whose site no event names. Seeded by the first migration, owned by nobody.
UNKNOWN_SITE_ID = 0


class Party(SQLModel, table=True):
    """A legal entity. Written by: sql."""

    __tablename__ = "party"
    __table_args__ = (
        CheckConstraint(_SOURCE_CHECK, name="source"),
        CheckConstraint("disclosure IN ('name', 'region', 'hidden')", name="disclosure"),
        Index("party_company_prefixes_idx", "company_prefixes", postgresql_using="gin"),
    )

    id: int | None = identity_key()
    uri: str = Field(unique=True)
    uscc: str | None = Field(default=None, unique=True)
    gln: str | None = Field(default=None, unique=True)
    name_zh: str | None = None
    name_en: str | None = None
    roles: list[str] = words()
    region: str | None = None
    address: str | None = None
    #: {"name", "phone", "email"}: the first-responsible persons.
    legal_representative: dict[str, Any] = document()
    quality_manager: dict[str, Any] = document()
    #: [{"name", "phone", "email", "purpose"}]
    contacts: list[Any] = document(default="[]")
    #: [{"kind", "number", "issuer", "valid_from", "valid_until"}]
    licences: list[Any] = document(default="[]")
    #: GS1 company prefixes that an operator has seen the licences of; no two parties' overlap.
    company_prefixes: list[str] = words()
    #: What the public journey of other parties' goods says of this one: its name, only its role and city, or
    #: nothing. Who supplies whom is a trade secret until somebody says otherwise.
    disclosure: str = Field(default="region", sa_column_kwargs={"server_default": "region"})
    #: Attributes of captured master data that have no column of their own.
    attributes: dict[str, Any] = document()
    source: str = Field(default="registered")
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Site(SQLModel, table=True):
    """A place that a party runs, or (`unspecified`) a party's place that no event has named yet.
    Written by: sql.
    """

    __tablename__ = "site"
    __table_args__ = (CheckConstraint(_SOURCE_CHECK, name="source"),)

    id: int | None = identity_key()
    uri: str = Field(unique=True)
    gln: str | None = Field(default=None, index=True)
    party_id: int | None = reference("party", nullable=True, index=True)
    #: True for the one site of a party that shares the party's own URI.
    unspecified: bool = False
    name_zh: str | None = None
    name_en: str | None = None
    kind: str | None = None
    region: str | None = None
    address: str | None = None
    #: Who ran it before, the oldest first: [{"party_id", "last_event_id": the last one told until then}].
    earlier_owners: list[Any] = document(default="[]")
    attributes: dict[str, Any] = document()
    source: str = Field(default="registered")
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Product(SQLModel, table=True):
    """A trade item. Written by: sql."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint(_SOURCE_CHECK, name="source"),)

    id: int | None = identity_key()
    uri: str = Field(unique=True)
    gtin: str | None = Field(default=None, unique=True)
    party_id: int | None = reference("party", nullable=True, index=True)
    category: str | None = Field(default=None, index=True)
    name_zh: str | None = None
    name_en: str | None = None
    brand: str | None = None
    specification: str | None = None
    executed_standard: str | None = None
    approval_number: str | None = None
    shelf_life_days: int | None = None
    attributes: dict[str, Any] = document()
    source: str = Field(default="registered")
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Batch(SQLModel, table=True):
    """One lot of one product; a class-level identifier that is no GS1 key is a batch keyed by its
    URI; a unit whose lot nobody knows is a batch of its own (`of_one`).

    Captures lock these rows `FOR NO KEY UPDATE`, in id order, before they project: see
    `service/ledger/locks.py`. Written by: sql.
    """

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(_SOURCE_CHECK, name="source"),
        Index("batch_product_id_made_on_idx", "product_id", "made_on"),
    )

    id: int | None = identity_key()
    uri: str = searched_uri()
    product_id: int | None = reference("product", nullable=True)
    lot: str | None = Field(default=None, index=True)
    of_one: bool = False
    made_on: date | None = None
    expires_on: date | None = None
    quantity: Decimal | None = amount()
    uom: str | None = None
    origin_site_id: int | None = reference("site", nullable=True)
    attributes: dict[str, Any] = document()
    source: str = Field(default="registered")
    created_at: datetime = instant()
    updated_at: datetime = instant()


class BatchDocument(SQLModel, table=True):
    """A certificate or test report of a batch: what it says, and the file if there is one.
    Written by: orm.
    """

    __tablename__ = "batch_document"
    __table_args__ = (
        CheckConstraint("kind IN ('certificate', 'test_report')", name="kind"),
        CheckConstraint("stated_by IN ('producer', 'buyer', 'laboratory', 'authority')", name="stated_by"),
        CheckConstraint("basis IN ('quality_control', 'own_test', 'commissioned_test')", name="basis"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="void_reason"),
    )

    id: int | None = identity_key()
    batch_id: int = reference("batch", index=True)
    #: Who added it; null: an operator.
    party_id: int | None = row_number()
    kind: str
    #: e.g. "承诺达标合格证", "GB 5009.96"
    name: str
    number: str | None = None
    issuer: str | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    #: "passed", "failed" or null for certificates
    result: str | None = None
    file_sha256: str | None = Field(default=None, foreign_key="stored_file.sha256", index=True)
    file_name: str | None = None
    #: Whose word it is; null: nobody said.
    stated_by: str | None = None
    #: Of a 承诺达标合格证: what its promise rests on.
    basis: str | None = None
    #: Whether consumers may download the file.
    file_public: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    voided_at: datetime | None = instant(nullable=True)
    void_reason: str | None = None
    created_at: datetime = instant()


class StoredFile(SQLModel, table=True):
    """An uploaded file, once, by the SHA-256 of its content (hex). Written by: orm."""

    __tablename__ = "stored_file"

    sha256: str = Field(primary_key=True)
    media_type: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()

"""Events, verbatim and immutable, and the index of what they name.

All are `Written by: sql`: they are hot, and come by COPY.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlmodel import Field, SQLModel

from service.db.schema import amount, document, identity_key, instant, searched_uri, words


class EventContext(SQLModel, table=True):
    """The `@context` under which events were captured: many events, few contexts. Written by: sql."""

    __tablename__ = "event_context"

    id: int | None = identity_key()
    #: SHA-256 of the context's JSON.
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    context: Any = Field(sa_column=Column(JSON, nullable=False))


class CaptureJob(SQLModel, table=True):
    """One document's capture: what EPCIS calls a capture job. Written by: sql."""

    __tablename__ = "capture_job"
    __table_args__ = (
        Index(
            "capture_job_idempotency_key_idx",
            text("coalesce(party_id, 0)"),
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    created_at: datetime = instant(index=True)
    finished_at: datetime | None = instant(nullable=True)
    running: bool
    success: bool
    #: rollback | proceed
    error_behaviour: str
    #: Events newly stored, and events that were here already with the same content.
    stored: int = 0
    repeated: int = 0
    errors: list[Any] = document(default="[]")
    #: What who captured it was warned of: shipments of goods that are recalled or on hold.
    warnings: list[Any] = document(default="[]")
    #: The party that captured it; null: nobody who is bound to a party.
    party_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    #: The parties for which it did so, by their delegation.
    for_parties: list[int] | None = Field(default=None, sa_column=Column(ARRAY(BigInteger), nullable=True))
    #: What the request called itself, to be known again; one for a party. SHA-256 of what it sent.
    idempotency_key: str | None = None
    request_digest: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    #: The document's `epcisHeader`, verbatim.
    header: Any = Field(default=None, sa_column=Column(JSON, nullable=True))


class Event(SQLModel, table=True):
    """One EPCIS event. Written by: sql.

    `payload` is the event as captured (without the server's `recordTime`). An `eventID` is unique
    among events that are no error declarations; a declaration stands next to what it corrects.
    `facts`: what it says beyond the columns, for queries (see `events.facts`). `recorded_in`: the id of
    the transaction that stored it; ids of rows are allotted before a commit, so a reader who goes by them
    alone would miss a row that is committed later (see `events.page_tokens`).
    """

    __tablename__ = "event"
    __table_args__ = (
        # Of an event no part of the fingerprint, of an error declaration all of it.
        Index(
            "event_event_id_key",
            "event_id",
            text("substr(fingerprint, 1, declares_error::integer * 32)"),
            unique=True,
        ),
        # Each ends with the id: pages continue after (time, id).
        Index("event_event_time_idx", "event_time", "id"),
        Index("event_record_time_idx", "record_time", "id"),
        Index("event_biz_step_idx", "biz_step", "event_time", "id"),
        # Few values, each in one short entry with its many rows (B-tree deduplication).
        Index("event_type_idx", "type"),
        Index("event_disposition_idx", "disposition"),
        # Of thousands of events of a place a page wants the first: read in order, for ten times the size.
        Index("event_read_point_idx", "read_point", "id"),
        Index("event_biz_location_idx", "biz_location", "id"),
        Index("event_declares_error_idx", "id", postgresql_where=text("declares_error")),
        Index("event_told_by_idx", "told_by", "id", postgresql_where=text("told_by IS NOT NULL")),
        Index(
            "event_facts_idx",
            "facts",
            postgresql_using="gin",
            postgresql_ops={"facts": "jsonb_path_ops"},
        ),
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint"),
    )

    id: int | None = identity_key()
    event_id: str
    #: SHA-256 of the canonical payload: the same event captured again is recognised by it.
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    declares_error: bool
    type: str
    event_time: datetime = instant()
    record_time: datetime = instant()
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    transformation_id: str | None = None
    payload: Any = Field(sa_column=Column(JSON, nullable=False))
    context_id: int = Field(sa_column=Column(BigInteger, ForeignKey("event_context.id"), nullable=False))
    capture_id: str = Field(foreign_key="capture_job.id")
    facts: dict[str, Any] = document()
    #: The party that captured it; null: an operator. Not part of the event itself.
    told_by: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    recorded_in: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")
        ),
    )


class Correction(SQLModel, table=True):
    """An error declaration whose original is here. Written by: sql.

    `disregarded`: whoever declared it had no right to correct that event, and it changes nothing. Without
    foreign keys, as `EventItem`.
    """

    __tablename__ = "correction"

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    original_id: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    disregarded: bool


class Namespace(SQLModel, table=True):
    """What a prefix means in some captured document. Written by: sql."""

    __tablename__ = "namespace"

    prefix: str = Field(primary_key=True)
    uri: str = Field(primary_key=True)


class MasterDataElement(SQLModel, table=True):
    """One element of a master data vocabulary, as the documents captured last tell it. Written by: sql.

    `vocabulary`: bare name (`BusinessLocation`) or URI; `uri`: canonical, or a bare CBV word; `attributes`:
    bare word or URI -> value as given; `children`: canonical URIs.
    """

    __tablename__ = "master_data_element"

    vocabulary: str = Field(primary_key=True)
    uri: str = Field(primary_key=True)
    attributes: dict[str, Any] = document()
    children: list[str] = words()


class Unit(SQLModel, table=True):
    """One instance that events name or a producer has registered: a serialised trade item or something that
    holds others. Written by: sql.

    `batch_id` is the batch its movements count for: the registered one, else its lot's where some event says
    the lot, else a batch of its own; null for what only ever holds other things (SSCC, crates, vehicles).
    `registered_batch_id`, `registration_id`: by which registration of serial numbers, if any.
    Without foreign keys, and each unit in one index of batches: a million serials come in one call. Batches
    are never deleted.
    """

    __tablename__ = "unit"
    __table_args__ = (
        Index(
            "unit_registered_batch_id_idx",
            "registered_batch_id",
            "registration_id",
            "id",
            postgresql_where=text("registered_batch_id IS NOT NULL"),
        ),
        # Registered units count for the batch they are registered with: the index above has them.
        Index("unit_batch_id_idx", "batch_id", postgresql_where=text("registered_batch_id IS NULL")),
    )

    id: int | None = identity_key()
    uri: str = searched_uri()
    batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    registered_batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    registration_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class EventItem(SQLModel, table=True):
    """One thing that an event names: an instance (`unit_id`) or a class (`batch_id`), never both.
    Written by: sql. Without foreign keys: they would cost four look-ups and locks for each row of what is
    computed from events; nothing that a row names is ever deleted.

    `role`: 0 object, 1 parent, 2 child, 3 input, 4 output. `told_batch_id`: the batch that this very
    event says the instance belongs to. `quantity` null: not stated; `uom` null: counted in EA.
    """

    __tablename__ = "event_item"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (batch_id IS NULL)", name="one_thing"),
        # Which units hold others? Few rows, asked for every unit that an event names.
        Index("event_item_parent_idx", "unit_id", postgresql_where=text("role = 1")),
        # What does an event pack things into? It may list a hundred thousand of them beside.
        Index("event_item_packing_idx", "event_id", postgresql_where=text("role = 1")),
        Index("event_item_unit_id_idx", "unit_id", "event_id", postgresql_where=text("unit_id IS NOT NULL")),
        Index(
            "event_item_batch_id_idx", "batch_id", "event_id", postgresql_where=text("batch_id IS NOT NULL")
        ),
    )

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    ordinal: int = Field(primary_key=True)
    role: int = Field(sa_column=Column(SmallInteger, nullable=False))
    unit_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    told_batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    quantity: Decimal | None = amount()
    uom: str | None = None

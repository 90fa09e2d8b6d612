"""The projection: journal, postings, flows, holdings, gaps. All can be dropped and rebuilt from events.

Every hot table has the batch in its key, so that all of a batch lies together and every hot
statement filters by it. All are `Written by: sql`.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from service.db.schema import amount, document, instant, words

ACROSS: Final = text("batch_id <> to_batch_id AND from_site_id <> to_site_id")


def _key() -> Any:
    """A `bigint` column of the primary key."""
    return Field(sa_column=Column(BigInteger, primary_key=True))


def _plain(*, nullable: bool = True) -> Any:
    """A `bigint` column without a foreign key: it would cost a look-up per row of a derived table."""
    return Field(default=None, sa_column=Column(BigInteger, nullable=nullable))


class JournalEntry(SQLModel, table=True):
    """What the projection reads of one event: when, what kind, between which places. Written by: sql.

    `voided`: an error declaration names the event; it no longer counts.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(
            "journal_entry_transformation_id_idx",
            "transformation_id",
            postgresql_where=text("transformation_id IS NOT NULL"),
        ),
        # Which events name a place? Asked when it gets another owner, and, in their order, for who runs it.
        Index("journal_entry_site_id_event_id_idx", "site_id", "event_id"),
        *(
            Index(
                f"journal_entry_{column}_event_id_idx",
                column,
                "event_id",
                postgresql_where=text(f"{column} IS NOT NULL AND {column} IS DISTINCT FROM site_id"),
            )
            for column in ("read_site_id", "source_site_id", "destination_site_id")
        ),
        *(
            Index(
                f"journal_entry_{column}_event_id_idx",
                column,
                "event_id",
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in ("source_party_id", "destination_party_id")
        ),
    )

    event_id: int = _key()
    #: The `eventID`: breaks ties of time in a way that does not depend on the order of capture.
    event_key: str
    time: datetime = instant()
    type: str
    action: str | None = None
    step: str | None = None
    #: bizLocation, and readPoint
    site_id: int | None = _plain()
    read_site_id: int | None = _plain()
    source_site_id: int | None = _plain()
    source_party_id: int | None = _plain()
    destination_site_id: int | None = _plain()
    destination_party_id: int | None = _plain()
    transactions: list[str] = words()
    transformation_id: str | None = None
    voided: bool = False
    #: The party that captured it, and those for which it did so, by their delegations; null: an operator.
    told_by: list[int] | None = Field(default=None, sa_column=Column(ARRAY(BigInteger), nullable=True))


class Posting(SQLModel, table=True):
    """How much of one batch one event is about, logistic units opened. Written by: sql.

    `role`: 0 object, 3 input, 4 output, 5 packed (contents of a packing event, which moves nothing), 6 left
    behind (former contents of what is packed anew). `doubt`: 0 none, 1 packed later than it left, 2 perhaps
    unpacked before.
    """

    __tablename__ = "posting"
    __table_args__ = (Index("posting_event_id_idx", "event_id"),)

    batch_id: int = _key()
    event_id: int = _key()
    role: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    #: Reference unit of the dimension (KGM, LTR, MTR, EA …) or a code of its own.
    uom: str = Field(primary_key=True)
    quantity: Decimal | None = amount()
    doubt: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default=text("0")))


class Flow(SQLModel, table=True):
    """Quantity of a batch that leaves one holding for another. Written by: sql.

    `kind`: 0 move, 1 transform (to another batch), 2 lot untold (`untold_lots.py`). `ordinal` numbers the
    flows of a batch in time. `arrived_at` null: in transit. `inferred`: no shipping or receiving says so
    outright.
    """

    __tablename__ = "flow"
    __table_args__ = (
        Index("flow_to_batch_id_idx", "to_batch_id", "batch_id"),
        # Has a batch been at one of these places? Asked of every batch that a party may not see, and answered
        # alike however many flows it has.
        Index("flow_from_site_id_idx", "batch_id", "from_site_id"),
        Index("flow_to_site_id_idx", "to_batch_id", "to_site_id"),
        # From one place into another batch at another: of these there are hardly any.
        Index("flow_across_batch_id_idx", "batch_id", postgresql_where=ACROSS),
        Index("flow_across_to_batch_id_idx", "to_batch_id", postgresql_where=ACROSS),
    )

    batch_id: int = _key()
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False))
    from_site_id: int = _plain(nullable=False)
    to_batch_id: int = _plain(nullable=False)
    to_site_id: int = _plain(nullable=False)
    departed_at: datetime = instant()
    arrived_at: datetime | None = instant(nullable=True)
    inferred: bool = False
    shipped_quantity: Decimal | None = amount()
    shipped_uom: str | None = None
    received_quantity: Decimal | None = amount()
    received_uom: str | None = None
    ship_event_id: int | None = _plain()
    receive_event_id: int | None = _plain()


class Holding(SQLModel, table=True):
    """One batch at one site, in one dimension: its balance. Written by: sql.

    on_hand = produced + received − shipped − consumed − sold − destroyed − sampled.
    """

    __tablename__ = "holding"
    __table_args__ = (
        Index("holding_site_id_idx", "site_id", "batch_id"),
        # Who made a batch? Asked of all batches of a trace, for the record of whose trade it shows.
        Index(
            "holding_produced_idx",
            "batch_id",
            postgresql_include=["party_id"],
            postgresql_where=text("produced_at IS NOT NULL"),
        ),
    )

    batch_id: int = _key()
    site_id: int = _key()
    uom: str = Field(primary_key=True)
    #: The site's owner, else whom the batch's events name for this place.
    party_id: int | None = _plain()
    first_at: datetime = instant()
    last_at: datetime = instant()
    produced_at: datetime | None = instant(nullable=True)
    produced: Decimal = amount(nullable=False)
    received: Decimal = amount(nullable=False)
    shipped: Decimal = amount(nullable=False)
    consumed: Decimal = amount(nullable=False)
    sold: Decimal = amount(nullable=False)
    destroyed: Decimal = amount(nullable=False)
    sampled: Decimal = amount(nullable=False)


class Gap(SQLModel, table=True):
    """Something the events leave open, named with the event that shows it. Written by: sql."""

    __tablename__ = "gap"

    batch_id: int = _key()
    ordinal: int = Field(sa_column=Column(Integer, primary_key=True))
    kind: str
    site_id: int | None = _plain()
    event_id: int | None = _plain()
    detail: dict[str, Any] = document()


class BatchInPart(SQLModel, table=True):
    """A batch that was projected in part since it was last projected whole, which is due at `due_at` (null:
    it was done). `wrong_rows`, `wrong_at`: what a whole projection found wrong and put right.
    Written by: sql.
    """

    __tablename__ = "batch_in_part"

    batch_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    since: datetime = instant()
    due_at: datetime | None = instant(nullable=True)
    wrong_rows: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    wrong_at: datetime | None = instant(nullable=True)

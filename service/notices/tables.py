"""Whom a case tells, by which ways, what was sent, and what they answered. All are `Written by: sql`."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from service.db.schema import amount, document, identity_key, instant, reference

_LANGUAGE = "language IN ('zh', 'en', 'both')"
_KIND = "kind IN ('email', 'webhook', 'apprise')"


def _count() -> Any:
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))


class PartyChannel(SQLModel, table=True):
    """A way to tell a party. Written by: sql.

    `address`: an e-mail address, a URL, or the URL by which apprise reaches a chat robot (its secret is in
    it). `shown`: the address without secrets. `secret`: the key of a webhook's signature. The latter two
    must be known as they are, to send with; they are never given out. A channel that was removed stays for
    what was sent by it.
    """

    __tablename__ = "party_channel"
    __table_args__ = (
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint(_LANGUAGE, name="language"),
    )

    id: int | None = identity_key()
    party_id: int = reference("party", index=True)
    kind: str
    address: str
    shown: str
    secret: str | None = None
    language: str
    created_at: datetime = instant()
    created_by: str
    removed_at: datetime | None = instant(nullable=True)


class RecallContact(SQLModel, table=True):
    """Somebody whom the registry does not know: a buyer whom a holder named, or whom the case names.
    Written by: sql.
    """

    __tablename__ = "recall_contact"
    __table_args__ = (
        CheckConstraint(_LANGUAGE, name="language"),
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="reach"),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall", index=True)
    name: str
    email: str | None = None
    phone: str | None = None
    language: str
    added_at: datetime = instant()


class RecallRecipient(SQLModel, table=True):
    """Whom a case tells: a party, a contact, or a place of which nobody knows who runs it. Written by: sql.

    `role`: holder, buyer (a contact whom a holder named), responsible, regulator. `answer_by`: until when an
    answer is asked for; null: none is. `answered_at`: since when every batch of theirs is answered for.
    `remind_at`: when the next reminder or escalation is to be thought of.
    """

    __tablename__ = "recall_recipient"
    __table_args__ = (
        CheckConstraint("num_nonnulls(party_id, contact_id, site_id) = 1", name="who"),
        CheckConstraint("role IN ('holder', 'buyer', 'responsible', 'regulator')", name="role"),
        UniqueConstraint("recall_id", "party_id"),
        UniqueConstraint("recall_id", "contact_id"),
        UniqueConstraint("recall_id", "site_id"),
        Index("recall_recipient_remind_at_idx", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall")
    party_id: int | None = reference("party", nullable=True, index=True)
    contact_id: int | None = reference("recall_contact", nullable=True)
    site_id: int | None = reference("site", nullable=True)
    role: str
    answer_by: datetime | None = instant(nullable=True)
    answered_at: datetime | None = instant(nullable=True)
    remind_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class Notice(SQLModel, table=True):
    """What one recipient is told on one occasion; its content never changes. Written by: sql.

    `occasion`: what it is about, once for each recipient: `opening`, `widening:12`, `reminder:…`. `told`:
    whether there was any way to send it. `opened_at`: the link in it was followed (by a person, or by what
    looks into their mail for them); `acknowledged_at`: somebody said that they have read it.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint("kind IN ('first', 'widened', 'reminder', 'escalation', 'closing')", name="kind"),
        UniqueConstraint("recipient_id", "occasion"),
        Index("notice_untold_idx", "recall_id", postgresql_where=text("NOT told")),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall", index=True)
    recipient_id: int = reference("recall_recipient")
    kind: str
    occasion: str
    content: dict[str, Any] = document()
    told: bool = Field(sa_column=Column(Boolean, nullable=False))
    created_at: datetime = instant()
    opened_at: datetime | None = instant(nullable=True)
    acknowledged_at: datetime | None = instant(nullable=True)
    acknowledged_by: str | None = None


class NoticeDelivery(SQLModel, table=True):
    """A notice on its way by one channel. Written by: sql.

    `state`: waiting, sending (the intention, written before anything is sent), sent, failed, cancelled.
    `key`: what it is known by to whoever receives it: the Message-ID of an e-mail, the delivery id of a
    webhook. `possibly_twice`: an attempt was begun of which nobody knows how it ended, and another was made.
    Whoever sends raises `turn` and holds it until `leased_until`, as a subscription's.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed', 'cancelled')", name="state"),
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint(_LANGUAGE, name="language"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        Index(
            "notice_delivery_next_at_idx",
            "next_at",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
    )

    id: int | None = identity_key()
    notice_id: int = reference("notice", index=True)
    channel_id: int | None = reference("party_channel", nullable=True)
    kind: str
    #: As it may be shown; of an e-mail the address itself.
    address: str
    language: str
    key: str = Field(unique=True)
    state: str
    attempts: int = _count()
    next_at: datetime = instant()
    turn: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    leased_until: datetime | None = instant(nullable=True)
    sent_at: datetime | None = instant(nullable=True)
    possibly_twice: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=false()))
    last_error: str | None = None
    last_error_at: datetime | None = instant(nullable=True)


class DeadlineTold(SQLModel, table=True):
    """That a deadline of a case was told of, before it or after. Written by: sql.

    `rule`, `occurrence`: as in the case's deadlines.
    """

    __tablename__ = "deadline_told"
    __table_args__ = (CheckConstraint("step IN ('before', 'after')", name="step"),)

    recall_id: int = Field(sa_column=Column(BigInteger, ForeignKey("recall.id"), primary_key=True))
    rule: str = Field(primary_key=True)
    occurrence: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    step: str = Field(primary_key=True)
    at: datetime = instant()


class NoticeLink(SQLModel, table=True):
    """A link by which a recipient reads and answers without an account. Written by: sql.

    `digest`: SHA-256 of its token, which has 256 random bits and is kept nowhere: each sending makes its own.
    """

    __tablename__ = "notice_link"

    id: int | None = identity_key()
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    recipient_id: int = reference("recall_recipient", index=True)
    notice_id: int = reference("notice")
    #: Null: made by hand, to be told otherwise.
    delivery_id: int | None = reference("notice_delivery", nullable=True)
    created_at: datetime = instant()
    created_by: str
    #: Set when the case ends.
    expires_at: datetime | None = instant(nullable=True)
    opened_at: datetime | None = instant(nullable=True)


class RecallAnswer(SQLModel, table=True):
    """One answer of a recipient; none is ever changed, a later one counts. Written by: sql.

    `by`: the name that was given, or the key that wrote it down. `nonce`: drawn with the form, so that one
    sent twice is one answer.
    """

    __tablename__ = "recall_answer"
    __table_args__ = (
        CheckConstraint("via IN ('link', 'api')", name="via"),
        UniqueConstraint("recipient_id", "nonce"),
    )

    id: int | None = identity_key()
    recall_id: int = reference("recall", index=True)
    recipient_id: int = reference("recall_recipient")
    via: str
    by: str
    note: str | None = None
    nonce: str | None = None
    at: datetime = instant()


class RecallAnswerLine(SQLModel, table=True):
    """What an answer says of one batch in one unit of measure. Written by: sql.

    `ledger`: what the events said of it at that moment; `differences`: where the two do not agree
    (`differences.py`).
    """

    __tablename__ = "recall_answer_line"
    __table_args__ = (UniqueConstraint("answer_id", "batch_id", "uom"),)

    id: int | None = identity_key()
    answer_id: int = reference("recall_answer")
    batch_id: int = reference("batch", index=True)
    uom: str
    received: Decimal | None = amount()
    sold: Decimal | None = amount()
    on_hand: Decimal | None = amount()
    quarantined: Decimal | None = amount()
    returned: Decimal | None = amount()
    destroyed: Decimal | None = amount()
    ledger: dict[str, Any] = document()
    differences: list[Any] = document(default="[]")


class RecallPassedOn(SQLModel, table=True):
    """Goods that a recipient says it passed on to a contact. Written by: sql."""

    __tablename__ = "recall_passed_on"

    id: int | None = identity_key()
    answer_id: int = reference("recall_answer", index=True)
    contact_id: int = reference("recall_contact", index=True)
    batch_id: int = reference("batch")
    quantity: Decimal | None = amount()
    uom: str


class RecallProof(SQLModel, table=True):
    """A file that came with an answer. Written by: sql."""

    __tablename__ = "recall_proof"

    id: int | None = identity_key()
    answer_id: int = reference("recall_answer", index=True)
    sha256: str = Field(foreign_key="stored_file.sha256")
    name: str
    #: By its content.
    media_type: str

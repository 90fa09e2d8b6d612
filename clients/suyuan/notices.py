"""Notices of a case: whom it tells and how, what they answered."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from suyuan.call import Call, Page, as_json, read_bytes, read_nothing, reads
from suyuan.registry import PAGE_ROWS


class Channel(msgspec.Struct):
    """A way to tell a party. `kind`: email, webhook or apprise; `shown`: the address without secrets;
    `secret`: only in the answer that made a webhook, where the service drew its key.
    """

    id: int
    party_id: int = 0
    kind: str = ""
    shown: str = ""
    language: str = ""
    signed: bool = False
    secret: str | None = None
    created_at: datetime | None = None
    created_by: str = ""


class DefaultChannel(msgspec.Struct):
    """What a party is told by because the registry names it."""

    kind: str
    shown: str
    language: str = ""


class Channels(msgspec.Struct):
    """How a party is told: its own channels; without any, `by_default`."""

    items: list[Channel] = []
    by_default: list[DefaultChannel] = []


class Recipient(msgspec.Struct):
    """Somebody whom a case tells, and what became of it. `role`: holder, buyer, responsible or regulator."""

    id: int
    role: str = ""
    party_id: int | None = None
    contact_id: int | None = None
    site_id: int | None = None
    uri: str | None = None
    name_zh: str | None = None
    name_en: str | None = None
    region: str | None = None
    email: str | None = None
    phone: str | None = None
    answer_by: datetime | None = None
    answered_at: datetime | None = None
    notified_at: datetime | None = None
    how: list[str] = []
    possibly_twice: bool = False
    reachable: bool = False
    waiting: int = 0
    failed: int = 0
    last_error: str | None = None
    notices: int = 0
    opened_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


class Delivery(msgspec.Struct):
    """A notice on its way by one channel. `state`: waiting, sending, sent, failed or cancelled."""

    id: int
    kind: str = ""
    address: str = ""
    language: str = ""
    key: str = ""
    state: str = ""
    attempts: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    possibly_twice: bool = False
    last_error: str | None = None
    last_error_at: datetime | None = None


class Notice(msgspec.Struct):
    """What one recipient was told on one occasion. `kind`: first, widened, reminder, escalation, closing."""

    id: int
    recall_id: int = 0
    recall_number: str = ""
    recipient_id: int = 0
    party_id: int | None = None
    contact_id: int | None = None
    site_id: int | None = None
    kind: str = ""
    occasion: str = ""
    created_at: datetime | None = None
    opened_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    content: dict[str, Any] = {}
    text_zh: str = ""
    text_en: str = ""
    deliveries: list[Delivery] = []


class Difference(msgspec.Struct):
    """Where an answer and the events do not agree."""

    field: str
    said: str = ""
    ledger: str = ""
    message: str = ""
    message_zh: str = ""


class AnswerLine(msgspec.Struct):
    """What a recipient last said of one batch in one unit of measure."""

    recipient_id: int
    batch_id: int
    uom: str
    answer_id: int = 0
    role: str = ""
    party_id: int | None = None
    contact_id: int | None = None
    site_id: int | None = None
    batch_uri: str = ""
    lot: str | None = None
    received: Decimal | None = None
    sold: Decimal | None = None
    on_hand: Decimal | None = None
    quarantined: Decimal | None = None
    returned: Decimal | None = None
    destroyed: Decimal | None = None
    passed_on: Decimal | None = None
    ledger: dict[str, str] = {}
    differences: list[Difference] = []
    at: datetime | None = None
    by: str = ""
    via: str = ""
    note: str | None = None
    proofs: int = 0


class TakenAnswer(msgspec.Struct):
    """An answer as it was taken. `told`: buyers whom the case tells from now on."""

    id: int
    at: datetime | None = None
    repeated: bool = False
    complete: bool = False
    differences: list[Difference] = []
    told: list[str] = []


class Proof(msgspec.Struct):
    """A file that came with an answer."""

    id: int
    answer_id: int = 0
    recipient_id: int = 0
    name: str = ""
    media_type: str = ""
    size: int = 0
    sha256: str = ""
    at: datetime | None = None
    file: str = ""


class Link(msgspec.Struct):
    """A link by which a recipient reads and answers; told once."""

    url: str
    recipient_id: int = 0
    created_at: datetime | None = None


def channels(party_id: int) -> Call[Channels]:
    """How a party is told."""
    return Call("GET", f"/v1/parties/{party_id:d}/channels", reads(Channels))


def add_channel(party_id: int, fields: Mapping[str, Any]) -> Call[Channel]:
    """Tell a party this way, too."""
    return Call("POST", f"/v1/parties/{party_id:d}/channels", reads(Channel), **as_json(fields))


def remove_channel(party_id: int, channel_id: int) -> Call[None]:
    """Tell a party this way no more."""
    return Call("DELETE", f"/v1/parties/{party_id:d}/channels/{channel_id:d}", read_nothing)


def notices(filters: Mapping[str, Any]) -> Callable[[str | None], Call[Page[Notice]]]:
    """Notices, as pages; filters `party`, `recall`, `unread`."""

    def page_with(token: str | None) -> Call[Page[Notice]]:
        params = {"limit": PAGE_ROWS, **filters, "page": token}
        return Call("GET", "/v1/notices", reads(Page[Notice]), params)

    return page_with


def notice(notice_id: int) -> Call[Notice]:
    """One notice."""
    return Call("GET", f"/v1/notices/{notice_id:d}", reads(Notice))


def acknowledge(notice_id: int, name: str | None) -> Call[Notice]:
    """Say that a notice was read; the first who says so stays on record."""
    body = as_json({} if name is None else {"name": name})
    return Call("POST", f"/v1/notices/{notice_id:d}/acknowledge", reads(Notice), repeatable=True, **body)


def recipients(recall_id: int) -> Callable[[str | None], Call[Page[Recipient]]]:
    """Whom a case tells, as pages."""

    def page_with(token: str | None) -> Call[Page[Recipient]]:
        params = {"limit": PAGE_ROWS, "page": token}
        return Call("GET", f"/v1/recalls/{recall_id:d}/recipients", reads(Page[Recipient]), params)

    return page_with


def link(recall_id: int, recipient_id: int) -> Call[Link]:
    """A link for a recipient, to be told by telephone, letter or chat."""
    return Call("POST", f"/v1/recalls/{recall_id:d}/recipients/{recipient_id:d}/links", reads(Link))


def answers(recall_id: int, differing: bool) -> Callable[[str | None], Call[Page[AnswerLine]]]:
    """What recipients last said of their batches, as pages; `differing`: only where the events differ."""

    def page_with(token: str | None) -> Call[Page[AnswerLine]]:
        params = {"limit": PAGE_ROWS, "differing": differing, "page": token}
        return Call("GET", f"/v1/recalls/{recall_id:d}/answers", reads(Page[AnswerLine]), params)

    return page_with


def answer(recall_id: int, recipient_id: int, fields: Mapping[str, Any]) -> Call[TakenAnswer]:
    """Answer for a recipient: `by`, `lines`, `passed_on`, `note`."""
    path = f"/v1/recalls/{recall_id:d}/recipients/{recipient_id:d}/answers"
    return Call("POST", path, reads(TakenAnswer), **as_json(fields))


def proofs(recall_id: int) -> Callable[[str | None], Call[Page[Proof]]]:
    """Files that came with answers, as pages."""

    def page_with(token: str | None) -> Call[Page[Proof]]:
        params = {"limit": PAGE_ROWS, "page": token}
        return Call("GET", f"/v1/recalls/{recall_id:d}/proofs", reads(Page[Proof]), params)

    return page_with


def proof(recall_id: int, proof_id: int) -> Call[bytes]:
    """The content of one."""
    return Call("GET", f"/v1/recalls/{recall_id:d}/proofs/{proof_id:d}/file", read_bytes)

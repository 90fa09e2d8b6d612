"""A complaint from its sending to its closing: the order of steps."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from service.auth.caller import Caller
from service.auth.seeing import sees
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing
from service.signals import complaint_store as store
from service.signals.addresses import Address
from service.signals.allowance import use_one
from service.signals.complaint_number import DRAWN_BITS, number_of, parse_number
from service.signals.complaint_schemas import ComplaintChange, NewComplaint, PublicStatus, Received
from service.signals.complaint_status import Status, require_move
from service.signals.photos import Photo
from service.signals.subject import find_subject

#: A day of buying is one of China's calendar, or yesterday's further west.
SHOP_TIME: Final = timezone(timedelta(hours=8))
#: Draws of a number until one is free; the second is already a wonder.
DRAWS_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """A complaint that may be taken. `fingerprint`: of all that was sent, photos too."""

    fields: NewComplaint
    photos: tuple[Photo, ...]
    fingerprint: bytes


def fingerprint_of(fields: NewComplaint, photos: Sequence[bytes]) -> bytes:
    """By which the same form sent twice is told from another one."""
    whole = hashlib.sha256(fields.model_dump_json(exclude={"nonce"}).encode())
    for photo in photos:
        whole.update(hashlib.sha256(photo).digest())
    return whole.digest()


def require_past(fields: NewComplaint, now: datetime) -> None:
    """Raises `Malformed` for a day of buying that is yet to come."""
    if fields.bought_on is not None and fields.bought_on > now.astimezone(SHOP_TIME).date():
        raise Malformed.field(
            "/bought_on",
            fields.bought_on.isoformat(),
            "The day you bought it cannot be in the future.",
            "购买日期不能在未来。",
            "complaint:bought-on",
        )


async def find_repeated(tx: Transaction, fields: NewComplaint, fingerprint: bytes) -> Received | None:
    """The answer to the same form sent before. Raises `Conflict` where its content has changed since."""
    found = await store.find_sent(tx, fields.nonce) if fields.nonce else None
    if found is None:
        return None
    if found["fingerprint"] != fingerprint:
        raise Conflict(
            f"This form was sent before, with other content, as {found['number']}. "
            "Open a new form to report more.",
            f"此表单已提交过，编号 {found['number']}，而内容与此次不同。如需补充，请重新打开表单填写。",
        )
    return _received(found["number"], found["received_at"], Status(found["status"]), repeated=True)


async def take_complaint(tx: Transaction, sent: Sent, address: Address | None, now: datetime) -> Received:
    """Take a complaint. Raises `TooOften`, and `Conflict` for a form sent before with other content."""
    repeated = await find_repeated(tx, sent.fields, sent.fingerprint)
    if repeated is not None:
        return repeated
    subject = await find_subject(tx, sent.fields.code)
    await use_one(tx, address, subject.uri or sent.fields.code, now)
    fingerprint = sent.fingerprint if sent.fields.nonce else None
    for _ in range(DRAWS_MOST):
        number = number_of(now.astimezone(UTC).year, secrets.randbits(DRAWN_BITS))
        made = await store.insert_complaint(tx, number, sent.fields, subject, now, fingerprint)
        if made is not None:
            await store.insert_photos(tx, made, sent.photos)
            return _received(number, now, Status.RECEIVED, repeated=False)
        # Two sendings of one form at once: the other has committed by now.
        repeated = await find_repeated(tx, sent.fields, sent.fingerprint)
        if repeated is not None:
            return repeated
    raise AssertionError("no free number of a complaint")


def _received(number: str, at: datetime, status: Status, *, repeated: bool) -> Received:
    page = f"/p/complaint/{number}"
    return Received(number=number, status=status, received_at=at, repeated=repeated, page=page)


async def public_status(tx: Transaction, number: str) -> PublicStatus:
    """What is told to who has the number. Raises `Malformed`, `Missing`."""
    found = await store.find_public(tx, parse_number(number))
    if found is None:
        raise Missing("There is no complaint with this number.", "没有这个编号的反映。")
    return PublicStatus.model_validate(found)


async def fetch_complaint(tx: Transaction, complaint_id: int) -> dict[str, Any]:
    """One complaint. Raises `Missing`."""
    found = await store.list_complaints(tx, store.Filters(), limit=1, only=complaint_id)
    if not found:
        raise _unknown(complaint_id)
    return found[0]


async def require_seen(tx: Transaction, caller: Caller, complaint_id: int) -> None:
    """Raises `Missing` for a complaint that the caller does not see: parties see those of their products,
    authorities those of goods in their area.
    """
    if not await sees(tx, caller, "complaint", complaint_id):
        raise _unknown(complaint_id)


async def change_complaint(
    tx: Transaction, complaint_id: int, change: ComplaintChange, now: datetime, *, by: str
) -> None:
    """Move it, answer it. Raises `Missing`, `Conflict` for a move that is not lawful, `Malformed`."""
    row = await store.lock_complaint(tx, complaint_id)
    if row is None:
        raise _unknown(complaint_id)
    changed = row | change.model_dump(exclude_unset=True, exclude={"status"})
    now_status, wanted = Status(row["status"]), change.status or Status(row["status"])
    require_move(now_status, wanted, answered=bool(changed["answer_zh"] or changed["answer_en"]))
    changed["status"] = wanted.value
    await store.change_complaint(tx, complaint_id, changed, now, by=by, moved=wanted is not now_status)


async def fetch_photo(tx: Transaction, complaint_id: int, photo_id: int) -> bytes:
    """The JPEG of a complaint's photo. Raises `Missing`."""
    found = await store.find_photo(tx, complaint_id, photo_id)
    if found is None:
        raise Missing(
            f"Complaint {complaint_id} has no photo {photo_id} (any more).",
            f"反映 {complaint_id} 没有照片 {photo_id}（或已删除）。",
        )
    return found


def _unknown(complaint_id: int) -> Missing:
    return Missing(f"There is no complaint {complaint_id}.", f"没有编号为 {complaint_id} 的反映。")

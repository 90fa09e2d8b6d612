"""Page tokens: where a query's answer goes on, and as of when.

A token holds the whole query, so that it says by itself what it continues, and the *horizon* of the first
page: which events were recorded then. Ids of rows are allotted before a commit and say nothing of it; the
horizon therefore is PostgreSQL's own snapshot, held against the transaction that stored each event. A
later page shows what is within the horizon and after the last event shown: nothing twice, nothing left out,
whatever is captured meanwhile. Nothing is kept on the server.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from service.errors import BadQuery

#: How long a token is taken back.
LIFETIME: Final = timedelta(hours=24)
#: Octets of a token's content.
MAX_CONTENT: Final = 256 * 1024
MAX_TOKEN: Final = 96 * 1024
HIGHEST_ID: Final = 2**63 - 1


class Horizon(msgspec.Struct, frozen=True, array_like=True):
    """The events recorded at one moment: ids up to `highest`, from transactions before `next_transaction` but
    for those `under_way` (PostgreSQL's snapshot: xmax and xip).
    """

    highest: int
    next_transaction: int
    under_way: tuple[int, ...] = ()


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The last event shown: what the order goes by ("" for the order of recording), as text, and its id."""

    key: str
    id: int


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """A token's content. `left`: how many more events may be shown (`eventCountLimit`), or None."""

    parameters: tuple[tuple[str, str], ...]
    horizon: Horizon
    after: Place
    left: int | None
    until: datetime


class ListMark(msgspec.Struct, frozen=True, array_like=True):
    """A token's content for the list `of` these names: it goes on after this one."""

    of: str
    after: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token as text, and until when it is taken back."""

    text: str
    until: datetime


def write_mark(mark: Mark | ListMark) -> Token:
    """The token of a mark."""
    content = zlib.compress(msgspec.msgpack.encode(mark), 9)
    return Token(base64.urlsafe_b64encode(content).decode().rstrip("="), mark.until)


def read_mark(token: str, now: datetime) -> Mark:
    """The mark of a token given out here. Raises `BadQuery` for any other, or one whose time is over."""
    try:
        mark = msgspec.msgpack.decode(_content(token), type=Mark)
    except msgspec.DecodeError as error:
        raise _refuse(token) from error
    if mark.after.key and not _is_key(mark.after.key):
        raise _refuse(token)
    numbers = (
        mark.horizon.highest,
        mark.horizon.next_transaction,
        *mark.horizon.under_way,
        mark.after.id,
        mark.left or 1,
    )
    if not all(0 < number <= HIGHEST_ID for number in numbers):
        raise _refuse(token)
    _check_time(token, mark.until, now)
    return mark


def read_list_mark(token: str, of: str, now: datetime) -> ListMark:
    """`read_mark` for the list `of` these names; the token of another list is refused too."""
    try:
        mark = msgspec.msgpack.decode(_content(token), type=ListMark)
    except msgspec.DecodeError as error:
        raise _refuse(token) from error
    if "\0" in mark.after or mark.of != of:
        raise _refuse(token)
    _check_time(token, mark.until, now)
    return mark


def _is_key(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        try:
            msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return False
    return "\\u0000" not in text and "\0" not in text


def _content(token: str) -> bytes:
    if len(token) > MAX_TOKEN:
        raise _refuse(token[:200])
    try:
        packed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        inflating = zlib.decompressobj()
        content = inflating.decompress(packed, MAX_CONTENT)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _refuse(token) from error
    if not inflating.eof:
        raise _refuse(token)
    return content


def _check_time(token: str, until: datetime, now: datetime) -> None:
    if until.tzinfo is None or until > now + LIFETIME:
        raise _refuse(token)
    if until <= now:
        raise BadQuery.field(
            "nextPageToken",
            token,
            "The time of this page token is over; ask the query anew.",
            "该分页标记已过期，请重新查询。",
        )


def _refuse(token: str) -> Exception:
    return BadQuery.field(
        "nextPageToken",
        token,
        "This page token was not given out here; use the Link header of the page before.",
        "该分页标记无效，请使用上一页 Link 头中的标记。",
    )

"""Lists in pages: keyset on the row's id, with an opaque token that says of which list it is."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from service.audit.shown import shows_page
from service.errors import Malformed

#: Rows of one page: default and most.
PAGE_DEFAULT = 50
PAGE_MOST = 500

#: A row id of at most 18 digits, marked so that later kinds of token can be told apart, and the list.
TOKEN = re.compile(r"a([0-9]{1,18})@(.{0,64})")

T = TypeVar("T")

Limit = Annotated[int, Query(alias="limit", ge=1, le=PAGE_MOST, description="Rows of one page. 每页条数。")]
After = Annotated[
    str | None, Query(alias="page", description="`next_page` of the page before. 上一页给出的 `next_page`。")
]


class Page(BaseModel, Generic[T]):
    """One page of a list, in the order of registration."""

    items: list[T]
    next_page: str | None = Field(
        default=None, description="Token of the next page; null on the last. 下一页的标记，末页为空。"
    )


def token_of(row_id: int, of: str) -> str:
    """The token that continues the list `of` these things after this row."""
    return base64.urlsafe_b64encode(f"a{row_id}@{of}".encode()).decode().rstrip("=")


def row_after(token: str | None, of: str) -> int:
    """The row id after which a token continues the list `of` these things; 0 without one.

    Raises `Malformed`, also for the token of another list: its row ids mean nothing here.
    """
    if token is None:
        return 0
    match = TOKEN.fullmatch(_decoded(token))
    if match is None or match[2] != of:
        raise Malformed.field(
            "page",
            token,
            "This page token was not given out by this list; use `next_page` of the page before.",
            "该分页标记不是此列表给出的，请使用上一页返回的 next_page。",
        )
    return int(match[1])


def _decoded(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        return ""


def page_of(items: Sequence[T], ids: Sequence[int], limit: int, of: str) -> Page[T]:
    """A page of the list `of` these things, from up to `limit + 1` rows: the one too many says that there is
    a next page.
    """
    more = len(items) > limit
    shows_page(of, ids[:limit])
    return Page(items=list(items[:limit]), next_page=token_of(ids[limit - 1], of) if more else None)

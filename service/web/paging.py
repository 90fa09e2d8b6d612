"""Lists in pages: keyset on the row's id, with an opaque token."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from service.errors import Malformed

#: Rows of one page: default and most.
PAGE_DEFAULT = 50
PAGE_MOST = 500

#: A row id of at most 18 digits, marked so that later kinds of token can be told apart.
TOKEN = re.compile(r"a([0-9]{1,18})")

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


def token_of(row_id: int) -> str:
    """The token that continues after this row."""
    return base64.urlsafe_b64encode(f"a{row_id}".encode()).decode().rstrip("=")


def row_after(token: str | None) -> int:
    """The row id a token continues after; 0 without one. Raises `Malformed`."""
    if token is None:
        return 0
    match = TOKEN.fullmatch(_decoded(token))
    if match is None:
        raise Malformed.field(
            "page",
            token,
            "This page token was not given out here; use `next_page` of the page before.",
            "该分页标记无效，请使用上一页返回的 next_page。",
        )
    return int(match[1])


def _decoded(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        return ""


def page_of(items: Sequence[T], ids: Sequence[int], limit: int) -> Page[T]:
    """A page from up to `limit + 1` rows: the one too many says that there is a next page."""
    more = len(items) > limit
    return Page(items=list(items[:limit]), next_page=token_of(ids[limit - 1]) if more else None)

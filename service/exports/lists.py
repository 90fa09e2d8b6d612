"""A list as one sheet: its pages followed to the end, each as the list itself gives it."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.types import Scope

from service.exports.columns import Table
from service.exports.inside import Answer, Inside
from service.exports.sheets import Said, Sheets, asked_address
from service.exports.wishes import Pairs
from service.web.paging import PAGE_MOST

#: What says of a list which page of it is wanted: these are this file's to say.
OF_PAGES: Final = frozenset({"limit", "page", "perPage", "nextPageToken"})
#: Items of one page of the EPCIS interfaces (`events.query_answers.PER_PAGE_MOST`).
PER_PAGE: Final = 1_000
NEXT: Final = re.compile(r'<([^>]*)>\s*;\s*rel="next"')


async def write_list(sheets: Sheets, inside: Inside, scope: Scope, table: Table, content: Said) -> None:
    """The whole list that the request asks for a page of."""
    wish = sheets.wish
    await write_pages(sheets, table, sheets.say(content), pages_of(inside, scope["path"], wish.query))
    sheets.about(content, asked_address(scope, wish))


async def write_pages(
    sheets: Sheets, table: Table, name: str, pages: AsyncIterator[list[dict[str, Any]]]
) -> None:
    """A sheet of the items of pages; none where the first page is refused."""
    begun = False
    async for items in pages:
        if not begun:
            begin_table(sheets, name, table)
            begun = True
        if sheets.is_full:
            sheets.is_cut = sheets.is_cut or bool(items)
            return
        await asyncio.to_thread(add_items, sheets, table, items)


def begin_table(sheets: Sheets, name: str, table: Table) -> None:
    """A sheet for the rows of a table."""
    wish = sheets.wish
    sheets.begin(name, table.titles(wish.language, wish.zone_name), table.widths(), frozen_columns=1)


def add_items(sheets: Sheets, table: Table, items: list[dict[str, Any]]) -> None:
    """Rows for items. Blocking."""
    sheets.add(table.rows(items, sheets.wish.zone, sheets.pages))


async def pages_of(inside: Inside, path: str, query: Pairs) -> AsyncIterator[list[dict[str, Any]]]:
    """The items of a list of this service, page by page. Raises `Refused`."""
    asked = [pair for pair in query if pair[0] not in OF_PAGES]
    page: str | None = None
    while True:
        more = [] if page is None else [("page", page)]
        answer = await inside.get(path, [*asked, ("limit", str(PAGE_MOST)), *more])
        told = answer.json()
        # Lists that are never long are given without pages.
        yield told if isinstance(told, list) else told["items"]
        page = None if isinstance(told, list) else told.get("next_page")
        if page is None:
            return


async def linked_pages(inside: Inside, path: str, query: Pairs) -> AsyncIterator[Answer]:
    """The answers of a list of the EPCIS interfaces, page by page. Raises `Refused`."""
    asked = [pair for pair in query if pair[0] not in OF_PAGES]
    page: list[tuple[str, str]] = []
    while True:
        answer = await inside.get(path, [*asked, ("perPage", str(PER_PAGE)), *page])
        yield answer
        found = NEXT.search(answer.header(b"link") or "")
        if found is None:
            return
        page = [("nextPageToken", parse_qs(urlsplit(found[1]).query)["nextPageToken"][0])]

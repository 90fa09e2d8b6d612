"""A recall as a workbook: the case, whom it concerns, whom it told, what they answered, how far it has come.

Each sheet is what the route of that name answers the caller; what is not the caller's to see is left out, and
told to be.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.types import Scope

from service.exports.columns import Table
from service.exports.documents import add_facts, add_lists
from service.exports.inside import Inside, Refused
from service.exports.listings import Listing, Listings, Shape
from service.exports.lists import pages_of, write_pages
from service.exports.sheets import Said, Sheets, asked_address

CASE: Final[Said] = ("召回", "Recall")
#: What follows the case's own path (or, with a slash first, stands beside it) -> the name of its sheet.
PARTS: Final[dict[str, Said]] = {
    "holders": ("持有人", "Holders"),
    "progress": ("进展", "Progress"),
    "recipients": ("被通知方", "Recipients"),
    "/v1/notices": ("通知", "Notices"),
    "answers": ("答复", "Answers"),
    "deadlines": ("期限", "Deadlines"),
    "alarms": ("停售后流动", "Alarms"),
    "checks": ("有效性核查", "Checks"),
    "reports": ("已提交报告", "Reports"),
}
#: A part that is refused so is not the caller's to see, or not there.
NOT_FOR_CALLER: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


async def write_case(
    sheets: Sheets, inside: Inside, scope: Scope, listing: Listing, listings: Listings
) -> None:
    """The case that the request asks for."""
    answer = await inside.get(scope["path"])
    case = await asyncio.to_thread(answer.json)
    assert listing.item is not None
    add_facts(sheets, case, listing.item, CASE)
    await asyncio.to_thread(add_lists, sheets, case, listing.item)
    for part, name in PARTS.items():
        try:
            await _write_part(sheets, inside, part, name, scope["path"], listings)
        except Refused as refused:
            if refused.answer.status not in NOT_FOR_CALLER:
                raise
            sheets.left_out.append(
                (f"未包含：{name[0]}（无权查看）", f"Not here: {name[1]} (not open to you)")
            )
    sheets.about(listing.summary, asked_address(scope, sheets.wish))


async def _write_part(
    sheets: Sheets, inside: Inside, part: str, name: Said, case: str, listings: Listings
) -> None:
    beside = part.startswith("/")
    path = part if beside else f"{case}/{part}"
    listing = listings.find(path)
    assert listing is not None, f"{path} has sheets"
    assert listing.item is not None
    if listing.shape is Shape.DOCUMENT:
        document = (await inside.get(path)).json()
        add_facts(sheets, document, listing.item, name)
        of = f"{sheets.say(name)} - "
        await asyncio.to_thread(add_lists, sheets, document, listing.item, of)
        return
    query = [("recall", case.rpartition("/")[2])] if beside else []
    await write_pages(sheets, Table.of(listing.item), sheets.say(name), pages_of(inside, path, query))

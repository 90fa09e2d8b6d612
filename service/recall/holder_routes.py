"""HTTP of a recall's holders: page by page as JSON, or all of them as CSV, told as they are read."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from service.auth.caller import Caller, LongSnapshot, find_long_reader
from service.db.transaction import Transaction
from service.errors import Malformed
from service.recall import store
from service.recall.exports import holder_lines
from service.recall.parts import Part, Seen, see_case
from service.recall.schemas import RecallHolder
from service.registry.fields import PathId
from service.web.downloads import Download, turn
from service.web.paging import PAGE_DEFAULT, After, Limit, Page

HOLDER_KEY: Final = re.compile(r"h([0-9]{1,18})-([0-9]{1,18})")
#: Before any holding of a case.
FIRST: Final = (0, -1)
#: Holdings of a CSV that are read together.
READ_AT_ONCE: Final = 1_000

Form = Annotated[
    Literal["json", "csv"] | None, Query(alias="format", description="`csv`: all of them. 输出格式。")
]


def wants_csv(request: Request, form: Form = None) -> bool:
    """Whether the caller asked for the CSV, by `format` or else by Accept."""
    return form == "csv" or (form is None and "text/csv" in request.headers.get("accept", ""))


AsCsv = Annotated[bool, Depends(wants_csv)]


async def take_turn_for_csv(request: Request, csv: AsCsv) -> AsyncIterator[None]:
    """A CSV is a download and waits for its turn; a page does not."""
    if not csv:
        yield
        return
    async with turn(request):
        yield


router = APIRouter(
    prefix="/v1/recalls",
    tags=["recall"],
    dependencies=[Depends(take_turn_for_csv, scope="request"), Depends(find_long_reader, scope="function")],
)


@router.get(
    "/{recall_id}/holders",
    summary="Affected holders 受影响的持有人",
    responses={
        200: {"description": "One row for each holding; CSV on request.", "content": {"text/csv": {}}}
    },
    response_model=Page[RecallHolder],
)
async def list_holders(
    tx: LongSnapshot,
    caller: Annotated[Caller, Depends(find_long_reader, scope="function")],
    csv: AsCsv,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
) -> Page[RecallHolder] | Response:
    """Everybody who holds or held what is recalled: whom to tell, and what is there now. A holder who does
    not answer for the case sees its own rows.
    """
    seen = await see_case(tx, caller, recall_id)
    after = _holder_after(page)
    if csv:
        headers = {"Content-Disposition": f'attachment; filename="recall-{recall_id}-holders.csv"'}
        lines = _lines(tx, caller, seen, recall_id)
        return Download(lines, media_type="text/csv; charset=utf-8", headers=headers)
    rows = await _rows(tx, caller, seen, recall_id, after, limit + 1)
    items = [RecallHolder.model_validate(row) for row in rows[:limit]]
    more = f"h{rows[limit - 1]['batch_id']}-{rows[limit - 1]['site_id']}" if len(rows) > limit else None
    return Page(items=items, next_page=more)


async def _rows(
    tx: Transaction, caller: Caller, seen: Seen, recall_id: int, after: tuple[int, int], limit: int
) -> list[dict[str, Any]]:
    """Rows of `holders.sql`. To tell others and to recover the goods, who answers for a case needs no names
    of the deliveries between them.
    """
    rows = await store.list_holders(tx, recall_id, after, limit)
    if seen.part is Part.RESPONSIBLE:
        return [row if row["party_id"] == caller.party_id else row | {"event": None} for row in rows]
    return rows


async def _lines(tx: Transaction, caller: Caller, seen: Seen, recall_id: int) -> AsyncIterator[str]:
    after: tuple[int, int] | None = FIRST
    header = True
    while after is not None:
        rows = await _rows(tx, caller, seen, recall_id, after, READ_AT_ONCE)
        yield holder_lines(rows, header=header)
        header = False
        full = len(rows) == READ_AT_ONCE
        after = (rows[-1]["batch_id"], rows[-1]["site_id"]) if full else None


def _holder_after(page: str | None) -> tuple[int, int]:
    if page is None:
        return FIRST
    match = HOLDER_KEY.fullmatch(page)
    if match is None:
        raise Malformed.field(
            "page",
            page,
            "This page token was not given out here; use `next_page` of the page before.",
            "该分页标记无效，请使用上一页返回的 next_page。",
        )
    return int(match[1]), int(match[2])

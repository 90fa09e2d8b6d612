"""The EPCIS 2.0 query interface: events by id, and in the order they were recorded."""

from typing import Annotated, Any
from urllib.parse import quote, unquote_to_bytes

import asyncpg
from fastapi import APIRouter, Depends, Query, Request, Response

from service import clock
from service.auth.caller import Tx, find_caller
from service.errors import Missing
from service.events import store
from service.events.answers import query_document
from service.web.epcis import EPCIS_HEADERS
from service.web.paging import row_after, token_of

router = APIRouter(prefix="/epcis", tags=["EPCIS"], dependencies=[Depends(find_caller, scope="function")])

#: Events of one page: EPCIS 2.0's default, and the most given.
PER_PAGE_DEFAULT = 30
PER_PAGE_MOST = 1000
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/ld+json": {}}, "description": "An EPCISQueryDocument."}
}


@router.get("/events", summary="List events 查询事件", responses=DOCUMENT, response_class=Response)
async def list_events(
    tx: Tx,
    per_page: Annotated[
        int, Query(alias="perPage", ge=1, le=PER_PAGE_MOST, description="Events of one page. 每页事件数。")
    ] = PER_PAGE_DEFAULT,
    next_page: Annotated[
        str | None, Query(alias="nextPageToken", description="From the `Link` header of the page before.")
    ] = None,
) -> Response:
    """Events in the order they were recorded, in pages. 按记录顺序分页返回事件。"""
    rows = await store.list_events(tx, after=row_after(next_page), limit=per_page + 1)
    headers = dict(EPCIS_HEADERS)
    if len(rows) > per_page:
        rows = rows[:per_page]
        url = f"/epcis/events?perPage={per_page}&nextPageToken={token_of(rows[-1]['id'])}"
        headers["Link"] = f'<{url}>; rel="next"'
    return _document(rows, headers)


@router.get(
    "/events/{event_id:path}",
    summary="One event and its error declarations 单个事件及其差错声明",
    responses=DOCUMENT,
    response_class=Response,
)
async def read_event(tx: Tx, event_id: str, request: Request) -> Response:
    """The event with this `eventID`, followed by the error declarations that name it; 404 if unknown.
    按 eventID 查询事件及其差错声明。
    """
    # An eventID is any URI: with slashes, and (event hashes) with a query string, maybe unescaped.
    raw: bytes = request.scope["raw_path"]
    told = unquote_to_bytes(raw.partition(b"/events/")[2]).decode("utf-8", "replace").replace("\0", "")
    query: bytes = request.scope["query_string"]
    wanted = [told or event_id]
    if query:
        wanted.append(f"{told}?{query.decode('latin-1')}".replace("\0", ""))
    rows = await store.find_events(tx, wanted)
    if not rows:
        raise Missing(f"No event has the eventID {told}.", f"没有 eventID 为 {told} 的事件。")
    return _document(rows, dict(EPCIS_HEADERS))


def _document(rows: list[asyncpg.Record], headers: dict[str, str]) -> Response:
    body = query_document(rows, now=clock.now(), query_name="SimpleEventQuery")
    return Response(body, headers=headers, media_type="application/ld+json")


def event_location(event_id: str) -> str:
    """Where an event is found."""
    return f"/epcis/events/{quote(event_id, safe='')}"

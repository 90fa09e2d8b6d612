"""The EPCIS 2.0 query interface: events by their `eventID`, and whatever matches a query."""

from typing import Any
from urllib.parse import quote, unquote_to_bytes

from fastapi import APIRouter, Depends, Path, Request, Response

from service import clock
from service.auth.caller import Snapshot, find_reader
from service.errors import Missing
from service.events import store
from service.events.page_tokens import read_mark
from service.events.query_answers import answer_events, answer_query
from service.events.query_documentation import QUERY_PARAMETERS
from service.web.epcis import Agreed
from service.web.negotiation import EITHER

router = APIRouter(
    prefix="/epcis", tags=["EPCIS"], dependencies=[Depends(find_reader, scope="function"), Agreed]
)

DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media: {} for media in EITHER},
        "description": 'An EPCISQueryDocument; `Link` with `rel="next"` while there is more.',
    }
}


@router.get(
    "/events",
    summary="Query events 查询事件",
    responses=DOCUMENT,
    response_class=Response,
    openapi_extra={"parameters": QUERY_PARAMETERS},
)
async def list_events(tx: Snapshot, request: Request) -> Response:
    """`SimpleEventQuery` (EPCIS 2.0, 8.2.7.1), in pages; without `orderBy` in the order of recording.

    All parameters must hold; the values of one are parted by `|`, and one of them is enough. A page token
    continues the answer as of its first page, whatever is captured meanwhile. No match is an empty list.
    EPCIS 2.0 事件查询：各参数须同时满足，同一参数的多个值以 | 分隔，满足其一即可；分页结果以首页时刻为准。
    """
    return await answer_query(tx, request)


@router.get(
    "/events/{event_id:path}",
    summary="One event and its error declarations 单个事件及其差错声明",
    responses=DOCUMENT,
    response_class=Response,
)
async def read_event(
    tx: Snapshot,
    request: Request,
    event_id: str = Path(description="The eventID, percent-encoded. 事件标识（百分号编码）。"),
) -> Response:
    """The event with this `eventID`, followed by the error declarations that name it; 404 if unknown.
    按 eventID 查询事件及其差错声明。
    """
    # An eventID is any URI: with slashes, and (event hashes) with a query string, maybe unescaped.
    raw: bytes = request.scope["raw_path"]
    told = unquote_to_bytes(raw.partition(b"/events/")[2]).decode("utf-8", "replace").replace("\0", "")
    query: bytes = request.scope["query_string"]
    wanted = [told or event_id.replace("\0", "")]
    if query:
        wanted.append(f"{told}?{query.decode('latin-1')}".replace("\0", ""))
    rows = await store.find_events(tx, wanted)
    if not rows:
        raise Missing(f"No event has the eventID {told}.", f"没有 eventID 为 {told} 的事件。")
    return answer_events(request, rows, {})


@router.delete(
    "/nextPageToken/{token}",
    status_code=204,
    summary="Give a page token back 交还分页标记",
    responses={204: {"description": "Nothing is kept here that would have to be freed."}},
    response_class=Response,
)
async def delete_page_token(
    token: str = Path(description="The token. 分页标记。"),
) -> Response:
    """Give back a page token that is not needed any more. Tokens hold all there is to know about their page
    and nothing is kept here, so this only says whether the token is one. 交还不再需要的分页标记。
    """
    read_mark(token, clock.now())
    return Response(status_code=204)


def event_location(event_id: str) -> str:
    """Where an event is found."""
    return f"/epcis/events/{quote(event_id, safe='')}"

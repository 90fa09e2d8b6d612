"""Named queries over HTTP (EPCIS 2.0, 12.6: `/queries`)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from service import clock
from service.audit.shown import shows
from service.auth.caller import Caller, KnownCaller, Snapshot, Tx, find_caller, find_reader
from service.errors import BadNamedQuery, BadQuery, BadSubscription
from service.events.json_document import dump_event
from service.events.namespaces import EPCIS_CONTEXT
from service.events.page_tokens import LIFETIME, ListMark, read_list_mark, write_mark
from service.events.query_answers import HEADER, answer_query, next_page_headers, read_paging
from service.events.query_documentation import QUERY_PARAMETERS
from service.subscriptions import conduct, query_store
from service.subscriptions.bodies import read_object
from service.subscriptions.in_xml import dump_xml, dump_xml_list
from service.subscriptions.query_store import Named
from service.subscriptions.schemas import QUERY_EXAMPLE, QueryCollection, QueryDefinition
from service.web.epcis import Agreed, answer_type
from service.web.negotiation import EITHER, XML_TYPES

router = APIRouter(prefix="/epcis", tags=["EPCIS"])

READ: Final = [Depends(find_reader, scope="function"), Agreed]
WRITE: Final = [Depends(find_caller, scope="function"), Agreed]
#: What only a WebSocket takes (see `stream_routes`).
OF_STREAMS: Final = (
    *("stream", "second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek"),
    *("reportIfEmpty", "initialRecordTime"),
)
LIST: Final = "queries"
#: `nextPageToken` of a list of queries or subscriptions holds a row's id.
MAX_ID_DIGITS: Final = 18
PAGES: Final = [each for each in QUERY_PARAMETERS if each["name"] in ("perPage", "nextPageToken")]
IN_XML: Final[dict[str, Any]] = {media: {} for media in XML_TYPES}

QueryName = Annotated[
    str, Path(alias="name", description="The query's name, percent-encoded. 查询名称（百分号编码）。")
]

#: The caller of a route that reads.
KnownReader = Annotated[Caller, Depends(find_reader, scope="function")]
OfParty = Annotated[
    int | None,
    Query(
        alias="party",
        ge=1,
        le=2**63 - 1,
        description="For operators: whose query is meant, where it is a party's. 运营者指定查询所属主体。",
    ),
]

_decoder: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@router.post(
    "/queries",
    status_code=201,
    summary="Name a query 创建命名查询",
    dependencies=WRITE,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": QueryDefinition.model_json_schema(),
                    "example": QUERY_EXAMPLE,
                }
            },
        }
    },
    responses={
        201: {"description": "Named; `Location` is the query.", "content": {}},
        400: {"description": "QueryValidationException: the faults name the parameters."},
        409: {"description": "A query with this name is here already."},
    },
    response_class=Response,
)
async def create_query(tx: Tx, caller: KnownCaller, request: Request) -> Response:
    """Keep an event query under a name, for the caller's party: others have names of their own. Its
    parameters are read as those of `/epcis/events` are, and refused for the same reasons; prefixes of
    extensions come from the query's `@context`, the header GS1-Extensions, or from what captured documents
    mean by them. 命名并保存事件查询，参数规则与 /epcis/events 相同。
    """
    body = await read_object(request, BadNamedQuery)
    name = await conduct.name_query(tx, caller, body, request.headers.get(HEADER, ""), clock.now())
    return Response(status_code=201, headers={"Location": conduct.query_location(name)})


@router.get(
    "/queries",
    summary="List named queries 命名查询列表",
    dependencies=READ,
    openapi_extra={"parameters": PAGES},
    responses={200: {"model": QueryCollection, "content": IN_XML}},
    response_class=Response,
)
async def list_queries(tx: Snapshot, caller: KnownReader, request: Request) -> Response:
    """The caller's party's named queries (an operator sees all) with their definitions, by name, in pages.
    本主体的命名查询及其定义，分页返回；运营者可见全部。
    """
    media = answer_type(request, EITHER)
    paging, now = read_paging(request), clock.now()
    after = _after(paging.token, now)
    found = await query_store.list_queries(
        tx, caller.party_id, everybody=caller.sees_everything, after=after, limit=paging.per_page + 1
    )
    headers = {}
    if len(found) > paging.per_page:
        found = found[: paging.per_page]
        token = write_mark(ListMark(LIST, f"{found[-1].id} {found[-1].name}", now + LIFETIME))
        headers = next_page_headers(request, paging.per_page, token)
    members = [_shown(each) for each in found]
    if media in XML_TYPES:
        return Response(dump_xml_list(members), headers=headers, media_type=media)
    body = {"@context": [EPCIS_CONTEXT], "type": "Collection", "member": members}
    return Response(dump_event(body), headers=headers, media_type=media)


@router.get(
    "/queries/{name}",
    summary="One named query 单个命名查询",
    dependencies=READ,
    responses={200: {"model": QueryDefinition, "content": IN_XML}},
    response_class=Response,
)
async def read_query(
    tx: Snapshot, caller: KnownReader, request: Request, name: QueryName, party: OfParty = None
) -> Response:
    """The definition of a named query, as it was given; 404 if there is none. 命名查询的定义。"""
    media = answer_type(request, EITHER)
    shown = _shown(await conduct.fetch_query(tx, conduct.holder_of(caller, name, party), name))
    body = dump_xml("QueryDefinition", shown) if media in XML_TYPES else dump_event(shown)
    return Response(body, media_type=media)


@router.delete(
    "/queries/{name}",
    status_code=204,
    summary="Delete a named query 删除命名查询",
    dependencies=WRITE,
    responses={204: {"description": "Deleted; its subscriptions and streams have ended."}},
    response_class=Response,
)
async def delete_query(
    tx: Tx, caller: KnownCaller, request: Request, name: QueryName, party: OfParty = None
) -> Response:
    """Delete a named query; its subscriptions and WebSocket streams end with it.
    删除命名查询，其订阅和 WebSocket 推送随之结束。
    """
    holder = conduct.holder_of(caller, name, party)
    if not await query_store.delete_query(tx, holder, name.replace("\0", "")):
        raise conduct.no_such_query(name)
    request.app.state.bell.heard(tx)
    return Response(status_code=204)


@router.get(
    "/queries/{name}/events",
    summary="The events of a named query 命名查询的事件",
    dependencies=READ,
    responses={
        200: {
            "content": {media: {} for media in EITHER},
            "description": "An EPCISQueryDocument of this query.",
        }
    },
    response_class=Response,
    openapi_extra={"parameters": QUERY_PARAMETERS},
)
async def list_events_of_query(
    tx: Snapshot, caller: KnownReader, request: Request, name: QueryName
) -> Response:
    """The events that a named query finds, in pages as under `/epcis/events`. Further parameters narrow it;
    what the query itself says cannot be said again. With `Upgrade: websocket`, and `stream=true` or the
    fields of a schedule (`minute=5&hour=1`), the same address sends new events as they are recorded.
    命名查询的事件，分页返回；可附加其他参数进一步筛选。 以 WebSocket 连接并给出 stream=true
    或调度参数即可接收新事件。
    """
    named = await conduct.fetch_query(tx, caller.party_id, name)
    given = read_paging(request).parameters
    for parameter, value in given:
        if parameter in OF_STREAMS:
            raise BadSubscription.field(
                parameter,
                value,
                "This is for a WebSocket; connect with Upgrade: websocket, or leave it out.",
                "该参数仅用于 WebSocket；请以 Upgrade: websocket 连接，或去掉该参数。",
            )
    if "nextPageToken" not in request.query_params:
        conduct.check_apart(named.parameters, given)
    return await answer_query(tx, request, named.parameters, query_name=named.name)


def _after(token: str | None, now: datetime) -> tuple[str, int]:
    """The name, and the row, after which a list goes on."""
    if token is None:
        return "", 0
    row, _, name = read_list_mark(token, LIST, now).after.partition(" ")
    if not (row.isdecimal() and len(row) <= MAX_ID_DIGITS):
        raise BadQuery.field("nextPageToken", token, "This is no page token.", "该分页标记无效。")
    return name, int(row)


def _shown(named: Named) -> dict[str, Any]:
    shows("party", [named.party_id])
    owner = {} if named.party_id is None else {"partyID": named.party_id}
    return {"name": named.name, **owner, "query": _decoder.decode(named.query)}

"""The top of the EPCIS interface: what there is, and the lists of names that events use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Request, Response

from service import clock
from service.audit.shown import shows_named
from service.auth.caller import Snapshot, find_reader
from service.db.transaction import Transaction
from service.errors import Missing
from service.events import query_store
from service.events.cbv import BIZ_STEP, DISPOSITION, WordList
from service.events.epc_format import translated
from service.events.namespaces import EPCIS_CONTEXT
from service.events.page_tokens import LIFETIME, ListMark, read_list_mark, write_mark
from service.events.query_answers import (
    answer_query,
    epc_format_of,
    next_page_headers,
    read_paging,
    understand,
)
from service.events.query_conditions import ColumnIs, NamesInstance
from service.events.query_documentation import QUERY_PARAMETERS
from service.events.xml_answers import dump_xml_collection
from service.events.xml_writing import spelled
from service.web.epcis import Agreed, answer_type
from service.web.negotiation import EITHER, XML_TYPES, cbv_xml_format

router = APIRouter(
    prefix="/epcis", tags=["EPCIS"], dependencies=[Depends(find_reader, scope="function"), Agreed]
)

#: What GET /epcis lists (EPCIS 2.0, 12.6).
TOP: Final = (
    *("events", "eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"),
    *("capture", "queries"),
)
COLLECTION: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media: {} for media in EITHER},
        "description": 'A Collection: `{"type": "Collection", "member": [...]}`.',
    }
}
Name = Annotated[str, Path(description="The name or URI, percent-encoded. 名称或 URI（百分号编码）。")]


@dataclass(frozen=True, slots=True)
class Resource:
    """One list of names: the column of `event` they stand in (`unit`: instances), the parameter for one."""

    column: str
    parameter: str
    of: str
    zh: str


RESOURCES: Final = {
    "eventTypes": Resource("type", "eventType", "event types", "事件类型"),
    "epcs": Resource("unit", "MATCH_anyEPC", "EPCs", "产品电子代码"),
    "bizSteps": Resource("biz_step", "EQ_bizStep", "business steps", "业务步骤"),
    "bizLocations": Resource("biz_location", "EQ_bizLocation", "business locations", "业务地点"),
    "readPoints": Resource("read_point", "EQ_readPoint", "read points", "读取点"),
    "dispositions": Resource("disposition", "EQ_disposition", "dispositions", "业务状态"),
}
TRADED: Final = frozenset({"unit", "biz_location", "read_point"})
PAGES: Final = [
    parameter for parameter in QUERY_PARAMETERS if parameter["name"] in ("perPage", "nextPageToken")
]


def _collection(
    request: Request, members: list[str], headers: dict[str, str], words: WordList | None = None
) -> Response:
    media, cbv = answer_type(request, EITHER), cbv_xml_format(request)
    if media in XML_TYPES:
        spellings = members if words is None else [spelled(member, words, cbv) for member in members]
        headers = {**headers, "GS1-CBV-XML-Format": cbv}
        return Response(dump_xml_collection(spellings), headers=headers, media_type=media)
    body = {"@context": [EPCIS_CONTEXT], "type": "Collection", "member": members}
    return Response(msgspec.json.encode(body), headers=headers, media_type=media)


@router.get("", summary="What there is 顶层资源", responses=COLLECTION, response_class=Response)
async def list_top(request: Request) -> Response:
    """The names of the top-level resources. 顶层资源名称。"""
    return _collection(request, list(TOP), {})


def _resource(request: Request) -> Resource:
    return RESOURCES[request.url.path.split("/")[2]]


async def list_members(tx: Snapshot, request: Request) -> Response:
    """The different names that events use, in order and in pages; identifiers as GS1 Digital Links unless
    `GS1-EPC-Format` says otherwise. 事件中出现过的名称，分页返回。
    """
    resource, epc_format = _resource(request), epc_format_of(request)
    paging, now = read_paging(request), clock.now()
    after = "" if paging.token is None else read_list_mark(paging.token, resource.column, now).after
    names = await query_store.list_names(tx, resource.column, after=after, limit=paging.per_page + 1)
    headers = {"GS1-EPC-Format": epc_format.value, "GS1-Extensions": ""}
    if len(names) > paging.per_page:
        names = names[: paging.per_page]
        token = write_mark(ListMark(resource.column, names[-1], now + LIFETIME))
        headers |= next_page_headers(request, paging.per_page, token)
    _note(resource, names)
    words = {"biz_step": BIZ_STEP, "disposition": DISPOSITION}.get(resource.column)
    return _collection(request, [translated(name, epc_format) for name in names], headers, words)


async def read_member(tx: Snapshot, request: Request, name: Name) -> Response:
    """What there is about one of them: its events; 404 where no event names it. 该名称下的资源。"""
    resource = _resource(request)
    if not await _is_known(tx, resource, name):
        raise Missing(f"No event has {name} among its {resource.of}.", f"没有事件含有{resource.zh} {name}。")
    return _collection(request, ["events"], {})


async def _is_known(tx: Transaction, resource: Resource, name: str) -> bool:
    if "\0" in name or "|" in name:
        return False
    (condition,) = (await understand(tx, [(resource.parameter, name)])).conditions
    if isinstance(condition, NamesInstance):
        _note(resource, condition.uris)
        return bool(condition.uris) and await query_store.has_name(tx, resource.column, condition.uris[0])
    assert isinstance(condition, ColumnIs)
    _note(resource, condition.values)
    return any([await query_store.has_name(tx, resource.column, value) for value in condition.values])


def _note(resource: Resource, names: Sequence[str]) -> None:
    """Places and things are somebody's; steps and types of events are nobody's."""
    if resource.column in TRADED:
        shows_named("uri", names)


async def list_events_of_member(tx: Snapshot, request: Request, name: Name) -> Response:
    """The events that name it: a query as under `/epcis/events`, with this as one more condition.
    含有该名称的事件，可附加其他查询参数。
    """
    resource = _resource(request)
    return await answer_query(tx, request, [(resource.parameter, name.replace("\0", ""))])


def _add_routes() -> None:
    for path, resource in RESOURCES.items():
        said = f"{resource.of} {resource.zh}"
        router.add_api_route(
            f"/{path}",
            list_members,
            name=f"list_{resource.column}_names",
            summary=f"List {said}",
            responses=COLLECTION,
            response_class=Response,
            openapi_extra={"parameters": PAGES},
        )
        router.add_api_route(
            f"/{path}/{{name:path}}/events",
            list_events_of_member,
            name=f"list_events_of_{resource.column}",
            summary=f"Events by {said}",
            responses={200: {**COLLECTION[200], "description": "An EPCISQueryDocument."}},
            response_class=Response,
            openapi_extra={"parameters": QUERY_PARAMETERS},
        )
        router.add_api_route(
            f"/{path}/{{name:path}}",
            read_member,
            name=f"read_{resource.column}_name",
            summary=f"One of the {said}",
            responses=COLLECTION,
            response_class=Response,
        )


_add_routes()

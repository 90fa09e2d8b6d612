"""The EPCIS 2.0 capture interface."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.audit.shown import shows
from service.auth.caller import (
    Caller,
    GivenKey,
    Opener,
    OpenTx,
    Tx,
    find_by_key,
    find_caller,
    find_caller_first,
    key_given_by,
    opener_of,
)
from service.auth.permissions import Permission
from service.capture import conduct, store
from service.capture.listeners import Warned
from service.capture.own_places import check_own_document, teller
from service.capture.store import Asked
from service.capture.together import find_together
from service.errors import Malformed, Missing, SuyuanError
from service.events.identifying import Identified, identify_events
from service.events.json_document import read_document, read_event
from service.events.model import Document
from service.events.routes import event_location
from service.events.value_forms import instant
from service.events.xml_answers import dump_xml_capture_job, dump_xml_capture_jobs
from service.events.xml_document import read_xml_document, read_xml_event
from service.settings import settings
from service.web.bodies import bounded
from service.web.epcis import EPCIS_HEADERS, agree, answer_type
from service.web.negotiation import EITHER, XML_TYPES, body_is_xml
from service.web.plain_route import PlainRoute, plainly

router = APIRouter(prefix="/epcis", tags=["EPCIS"], route_class=PlainRoute)
IN_TRANSACTION = [Depends(find_caller, scope="function")]

#: Octets above which a document is parsed beside the event loop.
PARSED_IN_PLACE = 64 * 1024
JOBS_DEFAULT = 30
JOBS_MOST = 500

#: A structured field (RFC 9651) for goods that are shipped although they are recalled, withdrawn or stopped:
#: `recalled;case="2026-000012";batch="…";event="…"`. The job has all of them, in words.
WARNING = "Suyuan-Warning"
#: Warnings of one answer's head; more would be too long for it.
WARNINGS_SENT = 10
URI_CHARACTERS = ":/?#[]@!$&'()*+,;=%"
WARNINGS: dict[str, Any] = {
    WARNING: {
        "description": "Goods that are recalled or stopped were shipped. 已召回或停售的货物被发运。",
        "schema": {"type": "string"},
    }
}

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {media: {} for media in ("application/ld+json", "application/json", *XML_TYPES)},
    }
}
IN_XML: dict[int | str, dict[str, Any]] = {200: {"content": {media: {} for media in XML_TYPES}}}


class CaptureWarning(BaseModel):
    """A shipment of goods that are under a case. It is stored: it is a fact."""

    event: str = Field(description="eventID. 事件标识。")
    batch: str
    standing: Literal["recalled", "withdrawn", "stopped"]
    case: str = Field(description="Number of the case. 案件编号。")
    recall_id: int
    detail: str
    detail_zh: str


class CaptureJob(BaseModel):
    """A capture job, in the words of EPCIS 2.0."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    capture_id: str = Field(alias="captureID")
    created_at: datetime = Field(alias="createdAt")
    finished_at: datetime | None = Field(alias="finishedAt")
    running: bool
    success: bool
    error_behaviour: Literal["rollback", "proceed"] = Field(alias="captureErrorBehaviour")
    errors: list[dict[str, Any]]
    party_id: int | None = Field(
        default=None, description="The party that captured; null: an operator. 采集主体，空为运营者。"
    )
    for_parties: list[int] | None = Field(
        default=None, description="For which others, by their delegation. 受其委托的主体。"
    )
    stored: int = Field(description="Events newly stored. 新存储的事件数。")
    repeated: int = Field(description="Events that were here already. 已存在的事件数。")
    warnings: list[CaptureWarning] = Field(
        default=[],
        description="Shipments of goods that are recalled or on hold. 对召回或停售货物发运的提示。",
    )


ErrorBehaviour = Annotated[
    Literal["rollback", "proceed"],
    Header(alias="GS1-Capture-Error-Behaviour", description="All or nothing, or store the good events."),
]


OWN_KEY = "Idempotency-Key"
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=OWN_KEY,
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="A name of the request's own, such as a UUID. Sent again with the same body it is "
        "answered with what became of the first; with another, 409. 请求的唯一键，重复发送不会重复处理。",
    ),
]


@router.post(
    "/capture",
    status_code=202,
    summary="Capture an EPCIS document 采集 EPCIS 文档",
    openapi_extra=BODY,
    responses={202: {"description": "Captured; `Location` is the job.", "content": {}, "headers": WARNINGS}},
    response_class=Response,
)
async def capture_document(
    open_tx: OpenTx,
    request: Request,
    caller: Annotated[Caller, Depends(find_caller_first, scope="function")],
    error_behaviour: ErrorBehaviour = "rollback",
    key: IdempotencyKey = None,
) -> Response:
    """Capture an EPCISDocument or EPCISQueryDocument: JSON-LD, or XML of EPCIS 2.0 or 1.0 to 1.2.

    The work is done, and visible to the next trace, when this answers 202; `Location` is the job. The
    same document captured again doubles nothing. 400 names every fault, and then nothing is stored.
    """
    read = read_xml_document if body_is_xml(request) else read_document
    body = await bounded(request, settings().capture_max_bytes).body()
    proceed = error_behaviour == conduct.PROCEED
    parse = partial(read, body, max_events=settings().capture_max_events, proceed=proceed)
    document, events = await _prepared(parse, len(body))
    async with open_tx() as tx:
        party = caller.bound_to
        told = None if party is None else await check_own_document(tx, party, document, events)
        asked = _asked(request, key, body, error_behaviour)
        job = await conduct.capture(tx, document, error_behaviour, events, told=told, asked=asked)
    answer = Response(status_code=202, headers={**EPCIS_HEADERS, "Location": f"/epcis/capture/{job.id}"})
    return _warning(answer, job.warnings)


@router.post(
    "/events",
    status_code=201,
    summary="Capture one event 采集单个事件",
    openapi_extra=BODY,
    responses={
        201: {"description": "Captured; `Location` is the event.", "content": {}, "headers": WARNINGS}
    },
    response_class=Response,
)
async def capture_event(
    request: Request,
    key: GivenKey,
    own_key: IdempotencyKey = None,
) -> Response:
    """Capture one bare EPCIS event, in JSON-LD or XML. The same event again answers the same; 409 where its
    eventID is here with other content.
    """
    read, together = read_xml_event if body_is_xml(request) else read_event, find_together(request)
    body = await bounded(request, settings().capture_max_bytes).body()
    large = len(body) > PARSED_IN_PLACE
    if large:
        await together.know(key)
    try:
        single = await asyncio.to_thread(_single, read, body) if large else _single(read, body)
    except SuyuanError:
        # What is wrong with it is told to callers who are known, nobody else.
        await together.know(key)
        raise
    asked = _asked(request, own_key, body)
    if asked is None:
        warned: Sequence[Warned] = await together.capture(key, single, alone=large)
    else:
        warned = await _capture_keyed(opener_of(request), key, single, asked)
    answer = Response(
        status_code=201, headers={**EPCIS_HEADERS, "Location": event_location(single.item.event_id)}
    )
    return _warning(answer, warned)


async def _capture_plainly(request: Request) -> Response | None:
    """`capture_event` for all that have no key of their own, which is the one thing to be checked."""
    if OWN_KEY in request.headers:
        return None
    await agree(request)
    return await capture_event(request, await key_given_by(request))


plainly(capture_event, _capture_plainly)


def _asked(request: Request, key: str | None, body: bytes, *more: str) -> Asked | None:
    """What a request with an Idempotency-Key sent: the body, how it is to be read, and what else it said."""
    if key is None:
        return None
    said = "\n".join((request.url.path, "xml" if body_is_xml(request) else "json", *more, ""))
    return Asked(key, sha256(said.encode() + body).digest())


async def _capture_keyed(
    open_tx: Opener, key: str | None, single: conduct.Single, asked: Asked
) -> Sequence[Warned]:
    """Capture one event by itself, whose request may be sent again; what its sender is warned of."""
    async with open_tx() as tx:
        caller = await find_by_key(tx, key, Permission.CAPTURE)
        told = await teller(tx, caller.bound_to, [single.item])
        job = await conduct.capture(tx, single.document, events=[single.item], told=told, asked=asked)
        if not job.success:
            raise conduct.taken(single.item.event_id)
    return job.warnings


def _warning(answer: Response, warned: Sequence[Warned]) -> Response:
    """The answer with a header for each thing to be warned of, up to `WARNINGS_SENT`."""
    for each in warned[:WARNINGS_SENT]:
        batch, event = (quote(text, safe=URI_CHARACTERS) for text in (each.batch, each.event))
        value = f'{each.standing};case="{each.case}";batch="{batch}";event="{event}"'
        answer.headers.append(WARNING, value)
    return answer


def _single(read: Callable[[bytes], Document], body: bytes) -> conduct.Single:
    return conduct.single_event(read(body))


async def _prepared(parse: Callable[[], Document], octets: int) -> tuple[Document, list[Identified]]:
    """A document and its events by name; a large one is worked on beside the event loop."""

    def prepare() -> tuple[Document, list[Identified]]:
        document = parse()
        return document, identify_events(document)

    return await asyncio.to_thread(prepare) if octets > PARSED_IN_PLACE else prepare()


@router.get(
    "/capture/{capture_id}",
    summary="One capture job 采集任务",
    response_model=CaptureJob,
    responses=IN_XML,
    dependencies=IN_TRANSACTION,
)
async def read_job(
    tx: Tx,
    capture_id: Annotated[str, Path(description="From `Location` of the capture. 采集任务编号。")],
    request: Request,
    response: Response,
) -> CaptureJob | Response:
    """How a capture went."""
    row = await store.find_job(tx, capture_id.replace("\0", ""))
    if row is None:
        raise Missing(f"No capture job has the id {capture_id}.", f"没有编号为 {capture_id} 的采集任务。")
    response.headers.update(EPCIS_HEADERS)
    media = answer_type(request, EITHER)
    if media in XML_TYPES:
        body = dump_xml_capture_job(_job(row).model_dump(mode="json", by_alias=True))
        return Response(body, headers=EPCIS_HEADERS, media_type=media)
    return _job(row)


@router.get(
    "/capture",
    summary="Capture jobs 采集任务列表",
    response_model=list[CaptureJob],
    responses=IN_XML,
    dependencies=IN_TRANSACTION,
)
async def list_jobs(
    tx: Tx,
    request: Request,
    response: Response,
    per_page: Annotated[
        int, Query(alias="perPage", ge=1, le=JOBS_MOST, description="Jobs of one page. 每页任务数。")
    ] = JOBS_DEFAULT,
    next_page: Annotated[
        str | None,
        Query(alias="nextPageToken", description="From the `Link` header of the page before. 分页标记。"),
    ] = None,
) -> list[CaptureJob] | Response:
    """Capture jobs, the latest first."""
    before = _before(next_page) if next_page else None
    rows = await store.list_jobs(tx, before=before, limit=per_page + 1)
    response.headers.update(EPCIS_HEADERS)
    if len(rows) > per_page:
        rows = rows[:per_page]
        token = f"{rows[-1]['created_at'].isoformat().replace('+00:00', 'Z')}_{rows[-1]['id']}"
        response.headers["Link"] = f'</epcis/capture?perPage={per_page}&nextPageToken={token}>; rel="next"'
    media = answer_type(request, EITHER)
    if media in XML_TYPES:
        body = dump_xml_capture_jobs(_job(row).model_dump(mode="json", by_alias=True) for row in rows)
        return Response(body, headers=dict(response.headers), media_type=media)
    return [_job(row) for row in rows]


def _before(token: str) -> tuple[datetime, str]:
    at, _, job_id = token.partition("_")
    moment = instant(at)
    if moment is None:
        raise Malformed.field(
            "nextPageToken",
            token,
            "This page token was not given out here; use the Link header of the page before.",
            "该分页标记无效，请使用上一页 Link 头中的标记。",
        )
    return moment, job_id.replace("\0", "")


def _job(row: dict[str, Any]) -> CaptureJob:
    shows("party", [row.get("party_id")])
    return CaptureJob.model_validate({**row, "capture_id": row["id"]}, by_name=True)

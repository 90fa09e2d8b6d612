"""The EPCIS 2.0 capture interface."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.auth.caller import Tx, find_caller
from service.capture import conduct, store
from service.errors import Malformed, Missing
from service.events.json_document import read_document, read_event
from service.events.routes import event_location
from service.events.value_forms import instant
from service.events.xml_answers import dump_xml_capture_job, dump_xml_capture_jobs
from service.events.xml_document import read_xml_document, read_xml_event
from service.settings import settings
from service.web.bodies import bounded
from service.web.epcis import EPCIS_HEADERS, answer_type
from service.web.negotiation import EITHER, XML_TYPES, body_is_xml

router = APIRouter(prefix="/epcis", tags=["EPCIS"], dependencies=[Depends(find_caller, scope="function")])

#: Octets above which a document is parsed beside the event loop.
PARSED_IN_PLACE = 64 * 1024
JOBS_DEFAULT = 30
JOBS_MOST = 500

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {media: {} for media in ("application/ld+json", "application/json", *XML_TYPES)},
    }
}
IN_XML: dict[int | str, dict[str, Any]] = {200: {"content": {media: {} for media in XML_TYPES}}}


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
    stored: int = Field(description="Events newly stored. 新存储的事件数。")
    repeated: int = Field(description="Events that were here already. 已存在的事件数。")


ErrorBehaviour = Annotated[
    Literal["rollback", "proceed"],
    Header(alias="GS1-Capture-Error-Behaviour", description="All or nothing, or store the good events."),
]


@router.post(
    "/capture",
    status_code=202,
    summary="Capture an EPCIS document 采集 EPCIS 文档",
    openapi_extra=BODY,
    responses={202: {"description": "Captured; `Location` is the job.", "content": {}}},
    response_class=Response,
)
async def capture_document(
    tx: Tx, request: Request, error_behaviour: ErrorBehaviour = "rollback"
) -> Response:
    """Capture an EPCISDocument or EPCISQueryDocument: JSON-LD, or XML of EPCIS 2.0 or 1.0 to 1.2.

    The work is done, and visible to the next trace, when this answers 202; `Location` is the job. The
    same document captured again doubles nothing. 400 names every fault, and then nothing is stored.
    """
    read = read_xml_document if body_is_xml(request) else read_document
    body = await bounded(request, settings().capture_max_bytes).body()
    parse = partial(
        read, body, max_events=settings().capture_max_events, proceed=error_behaviour == conduct.PROCEED
    )
    document = await asyncio.to_thread(parse) if len(body) > PARSED_IN_PLACE else parse()
    job = await conduct.capture(tx, document, error_behaviour)
    return Response(status_code=202, headers={**EPCIS_HEADERS, "Location": f"/epcis/capture/{job.id}"})


@router.post(
    "/events",
    status_code=201,
    summary="Capture one event 采集单个事件",
    openapi_extra=BODY,
    responses={201: {"description": "Captured; `Location` is the event.", "content": {}}},
    response_class=Response,
)
async def capture_event(tx: Tx, request: Request) -> Response:
    """Capture one bare EPCIS event, in JSON-LD or XML. The same event again answers the same; 409 where its
    eventID is here with other content.
    """
    read = read_xml_event if body_is_xml(request) else read_event
    body = await bounded(request, settings().capture_max_bytes).body()
    document = await asyncio.to_thread(read, body) if len(body) > PARSED_IN_PLACE else read(body)
    event_id = await conduct.capture_event(tx, document)
    return Response(status_code=201, headers={**EPCIS_HEADERS, "Location": event_location(event_id)})


@router.get(
    "/capture/{capture_id}", summary="One capture job 采集任务", response_model=CaptureJob, responses=IN_XML
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
    "/capture", summary="Capture jobs 采集任务列表", response_model=list[CaptureJob], responses=IN_XML
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
    return CaptureJob.model_validate({**row, "capture_id": row["id"]}, by_name=True)

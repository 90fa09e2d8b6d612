"""HTTP of complaints: taken from everybody, read and answered by who has a key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from service import clock
from service.auth.caller import Caller, KnownCaller, Tx, find_caller
from service.auth.permissions import Permission
from service.db.transaction import transaction
from service.registry.fields import Code, PathId, RowId
from service.signals import complaint_store as store
from service.signals import complaints
from service.signals.addresses import parse_address
from service.signals.allowance import require_some_left
from service.signals.complaint_bodies import PHOTOS_MOST, Body, complaint_of, read_body
from service.signals.complaint_schemas import Complaint, ComplaintChange, NewComplaint, Received
from service.signals.complaint_status import Kind, Status
from service.trace.starts import find_batch
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after
from service.web.problems import PROBLEM_JSON

public = APIRouter(tags=["complaints"])
router = APIRouter(
    prefix="/v1/complaints", tags=["complaints"], dependencies=[Depends(find_caller, scope="function")]
)

#: Where anybody complains, by program.
PATH: Final = "/v1/complaints"
#: What page tokens of the list are of.
OF: Final = "complaints"
_FIELDS: Final = NewComplaint.model_json_schema()
_PHOTO: Final = {
    "type": "array",
    "maxItems": PHOTOS_MOST,
    "items": {"type": "string", "format": "binary"},
    "description": "JPEG, PNG or WebP; kept without its metadata. 照片。",
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _FIELDS},
            "multipart/form-data": {
                "schema": {**_FIELDS, "properties": {**_FIELDS["properties"], "photo": _PHOTO}}
            },
        },
    }
}
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "A field is wrong; each is named. 字段有误。", "content": {PROBLEM_JSON: {}}},
    409: {
        "description": "The nonce came before with other content. 重复标记冲突。",
        "content": {PROBLEM_JSON: {}},
    },
    413: {"description": "A photo or the body is too large. 照片过大。", "content": {PROBLEM_JSON: {}}},
    429: {
        "description": "Too many from this address or of this code; see Retry-After. 提交过于频繁。",
        "content": {PROBLEM_JSON: {}},
    },
}


@public.post(
    PATH, status_code=201, summary="Report a problem 反映问题", openapi_extra=_BODY, responses=_REFUSALS
)
async def send_complaint(request: Request, response: Response) -> Received:
    """Report a problem with a product, without a login; the answer is a number.

    The address of the sender is not stored: a hash of it that lives for a day bounds how many come from one
    place. Phone and e-mail are erased some time after the complaint is closed.
    """
    now = clock.now()
    await require_allowance(request, now)
    received = await take(request, await read_body(request), now)
    response.headers["Location"] = received.page
    return received


async def require_allowance(request: Request, now: datetime) -> None:
    """That one more complaint may come from where this one does. Raises `TooOften`."""
    address = parse_address(request.client.host if request.client else None)
    async with transaction(request.app.state.engine) as tx:
        await require_some_left(tx, address, now)


async def take(request: Request, body: Body, now: datetime) -> Received:
    """Check and take what was sent; it is committed when this returns."""
    sent = await complaint_of(body, now)
    address = parse_address(request.client.host if request.client else None)
    async with transaction(request.app.state.engine) as tx:
        return await complaints.take_complaint(tx, sent, address, now)


@router.get("", summary="List complaints 查询反映")
async def list_complaints(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    batch: Annotated[Code | None, Query(description="The batch, in any form. 批次。")] = None,
    product: Annotated[RowId | None, Query(description="Id of the product. 产品编号。")] = None,
    kind: Annotated[Kind | None, Query(description="What is wrong. 问题类别。")] = None,
    status: Annotated[Status | None, Query(description="Where it stands. 处理状态。")] = None,
    since: Annotated[
        AwareDatetime | None, Query(description="Received at this time or later. 不早于。")
    ] = None,
) -> Page[Complaint]:
    """Complaints in the order they came; all filters must fit."""
    batch_id = await find_batch(tx, batch) if batch is not None else None
    filters = store.Filters(batch_id, product, kind, status, since)
    rows = await store.list_complaints(tx, filters, after=row_after(page, OF), limit=limit + 1)
    return page_of([shown_to(caller, row) for row in rows], [row["id"] for row in rows], limit, OF)


@router.get("/{complaint_id}", summary="One complaint 反映详情")
async def read_complaint(tx: Tx, caller: KnownCaller, complaint_id: PathId) -> Complaint:
    """The complaint with its history and photos; how to reach the person, for who may decide on it."""
    return shown_to(caller, await complaints.fetch_complaint(tx, complaint_id))


@router.patch("/{complaint_id}", summary="Move or answer a complaint 处理反映")
async def change_complaint(
    tx: Tx, caller: KnownCaller, complaint_id: PathId, body: ComplaintChange
) -> Complaint:
    """Set its status (received → looking → answered → closed; 409 for another move), and the answer that the
    number's page shows. A closed one changes no more.
    """
    await complaints.require_seen(tx, caller, complaint_id)
    await complaints.change_complaint(tx, complaint_id, body, clock.now(), by=caller.name)
    return shown_to(caller, await complaints.fetch_complaint(tx, complaint_id))


@router.get(
    "/{complaint_id}/photos/{photo_id}",
    summary="Download a photo 下载照片",
    response_class=Response,
    responses={200: {"description": "A JPEG without metadata.", "content": {"image/jpeg": {}}}},
)
async def read_photo(
    tx: Tx,
    complaint_id: PathId,
    photo_id: PathId,
) -> Response:
    """The photo, always as a download: what a stranger sent is never shown under this domain."""
    content = await complaints.fetch_photo(tx, complaint_id, photo_id)
    return Response(
        content,
        media_type="image/jpeg",
        headers={
            "Content-Disposition": f'attachment; filename="complaint-{complaint_id}-{photo_id}.jpg"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )


def shown_to(caller: Caller, row: Mapping[str, Any]) -> Complaint:
    """A complaint as the caller reads it. Contact was given for this complaint to be dealt with (PIPL 6, 13):
    who may not deal with complaints does not get it.
    """
    complaint = Complaint.model_validate(row)
    if Permission.INVESTIGATE in caller.permissions:
        return complaint
    return complaint.model_copy(update={"phone": None, "email": None, "bought_where": None})

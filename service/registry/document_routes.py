"""HTTP of a batch's certificates and test reports: multipart in, JSON and the file out."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from service.auth.caller import KnownCaller, Tx, find_caller
from service.errors import Malformed, TooLarge, Unsupported
from service.registry import batch_documents
from service.registry.batch_schemas import DocumentChange, DocumentFields, DocumentOut
from service.registry.fields import PathId
from service.registry.file_kinds import GIVEN_OUT
from service.registry.tables import StoredFile
from service.settings import settings
from service.web.bodies import bounded
from service.web.paging import Page

router = APIRouter(prefix="/v1", dependencies=[Depends(find_caller, scope="function")], tags=["batches"])

#: Octets that the fields and boundaries of a form may take beside its file.
FORM_OVERHEAD = 64 * 1024
FIELDS_MOST = 20

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["kind", "name"],
                    "properties": {
                        **DocumentFields.model_json_schema()["properties"],
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/batches/{batch_id}/documents",
    status_code=201,
    summary="Add a document 上传批次文件",
    openapi_extra=_FORM,
)
async def add_document(
    tx: Tx, caller: KnownCaller, batch_id: PathId, request: Request, response: Response
) -> DocumentOut:
    """Add a certificate or test report, with its file if there is one, as a multipart form."""
    most = settings().file_max_bytes
    _require_form(request)
    whole = bounded(request, most + FORM_OVERHEAD)
    # Read before parsing: the parser leaves its files open when the stream breaks off.
    await whole.body()
    try:
        async with whole.form(max_files=1, max_fields=FIELDS_MOST) as form:
            fields = _fields_of(form)
            upload = await _file_of(form, most)
    except (MultiPartException, HTTPException) as error:
        reason = getattr(error, "message", None) or getattr(error, "detail", "")
        raise Malformed(
            f"The multipart body cannot be read: {reason}", f"无法读取 multipart 请求体：{reason}"
        ) from error
    document = await batch_documents.add_document(tx, caller, batch_id, fields, upload)
    response.headers["Location"] = f"/v1/batches/{batch_id}/documents/{document.id}"
    return document


def _require_form(request: Request) -> None:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Unsupported(
            f"Send a multipart/form-data body, not {kind or 'one without Content-Type'}.",
            "请以 multipart/form-data 提交。",
        )


async def _file_of(form: FormData, most: int) -> batch_documents.Upload | None:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        return None
    content = await file.read(most + 1)
    if len(content) > most:
        raise TooLarge(f"The file is over the limit of {most} octets.", f"文件超过上限 {most} 字节。")
    return batch_documents.Upload(content, file.filename)


def _fields_of(form: FormData) -> DocumentFields:
    """The text fields, validated as a JSON body would be; empty ones count as not sent."""
    given: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name in given:
            raise Malformed.field(f"/{name}", value, "This field is sent twice.", "该字段重复提交。")
        if name != "file" and value != "":
            given[name] = value
        elif name == "file" and not isinstance(value, UploadFile) and value != "":
            raise Malformed.field(
                "/file",
                value,
                "The file must be sent as a file part, with a file name.",
                "文件须以带文件名的文件部分提交。",
            )
    try:
        return DocumentFields.model_validate(given)
    except ValidationError as error:
        faults = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error


@router.get("/batches/{batch_id}/documents", summary="A batch's documents 批次文件列表")
async def list_documents(tx: Tx, batch_id: PathId) -> Page[DocumentOut]:
    """The certificates and test reports of a batch, in the order they came."""
    return Page(items=await batch_documents.list_documents(tx, batch_id))


@router.get("/batches/{batch_id}/documents/{document_id}", summary="One document 批次文件详情")
async def read_document(tx: Tx, batch_id: PathId, document_id: PathId) -> DocumentOut:
    """What a certificate or test report says."""
    return await batch_documents.fetch_document(tx, batch_id, document_id)


@router.patch(
    "/batches/{batch_id}/documents/{document_id}", summary="Publish or void a document 公开或作废文件"
)
async def change_document(
    tx: Tx, caller: KnownCaller, batch_id: PathId, document_id: PathId, body: DocumentChange
) -> DocumentOut:
    """Let consumers download its file or not, or declare it void: a void one stays visible as such."""
    return await batch_documents.change_document(tx, caller, batch_id, document_id, body)


@router.get(
    "/batches/{batch_id}/documents/{document_id}/file",
    summary="Download a document's file 下载文件",
    response_class=Response,
    responses={200: {"description": "The file as it was uploaded.", "content": GIVEN_OUT}},
)
async def read_file(tx: Tx, batch_id: PathId, document_id: PathId) -> Response:
    """The file, always as a download: what somebody uploaded is never shown under this domain."""
    return download(*await batch_documents.fetch_file(tx, batch_id, document_id))


def download(name: str, file: StoredFile) -> Response:
    """A file as an attachment."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": disposition,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "ETag": f'"{file.sha256}"',
            "Cache-Control": "private, no-cache",
        },
    )

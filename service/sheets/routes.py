"""HTTP of spreadsheets that come in: upload, look at what was understood, store, see what is wrong."""

import asyncio
import io
from pathlib import PurePath
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from service import clock
from service.audit.shown import shows
from service.auth.caller import Caller, KnownCaller, OpenTx, Tx, find_caller, find_caller_first
from service.auth.permissions import Permission
from service.db.transaction import Transaction
from service.errors import Conflict, Missing
from service.jobs.duties import tell_work
from service.registry.fields import PathId
from service.sheets import store
from service.sheets.checked import FAULTS_KEPT
from service.sheets.marking import Language, Mark, mark
from service.sheets.schemas import FormOut, Import, ImportFault, Mapping, ToStore, forms_out
from service.sheets.template_files import MEDIA_TYPES, template
from service.sheets.uploads import FIELDS, read_upload
from service.web.downloads import take_turn
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

IN_TRANSACTION = [Depends(find_caller, scope="function")]
router = APIRouter(prefix="/v1/imports", tags=["imports"])
XLSX: Final = MEDIA_TYPES["xlsx"]

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **{field: {"type": "string"} for field in FIELDS},
                    },
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=202,
    summary="Upload a spreadsheet 上传表格",
    openapi_extra=_FORM,
)
async def upload(
    open_tx: OpenTx,
    caller: Annotated[Caller, Depends(find_caller_first, scope="function")],
    request: Request,
    response: Response,
) -> Import:
    """Upload an XLSX or CSV file as a multipart form (`file`; `form`: what all of its sheets are about;
    `zone`: of times that name none, such as `+08:00`; `store`: `all` or `good`, to store it right after the
    check). It is checked beside the request: `Location` tells how far that is. Without `store` nothing is
    stored before somebody asks.
    """
    caller.require(Permission.REGISTER)
    sent = await read_upload(request)
    choices = {} if sent.form is None else {"form": sent.form}
    now = clock.now()
    async with open_tx() as tx:
        sha = await store.keep_file(tx, sent.content, now)
        row = await store.insert_import(
            tx, caller, sha=sha, name=sent.name, zone=sent.zone, choices=choices, keep=sent.store, now=now
        )
        tell_work(tx)
    response.headers["Location"] = f"/v1/imports/{row['id']}"
    return Import.model_validate(row)


@router.get("", summary="Uploads 表格导入列表", dependencies=IN_TRANSACTION)
async def list_imports(
    tx: Tx, caller: KnownCaller, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[Import]:
    """Uploads of the caller's party, the latest first."""
    rows = await store.list_imports(tx, row_after(page, "imports"), caller.bound_to, limit + 1)
    shows("party", [row["party_id"] for row in rows])
    return page_of(
        [Import.model_validate(row) for row in rows], [row["id"] for row in rows], limit, "imports"
    )


@router.get("/forms", summary="Forms 表单", dependencies=IN_TRANSACTION)
async def list_forms() -> list[FormOut]:
    """What a sheet can be about, and the columns of each."""
    return [FormOut.model_validate(form) for form in forms_out()]


@router.get("/{import_id}", summary="One upload 导入详情", dependencies=IN_TRANSACTION)
async def read_import(tx: Tx, caller: KnownCaller, import_id: PathId) -> Import:
    """How far an upload is, what was understood of its sheets, and what came of it."""
    return Import.model_validate(await _find(tx, caller, import_id))


@router.post(
    "/{import_id}/mapping",
    status_code=202,
    summary="Say what columns are 指定列含义",
    dependencies=IN_TRANSACTION,
)
async def choose_mapping(tx: Tx, caller: KnownCaller, import_id: PathId, body: Mapping) -> Import:
    """Say which form a sheet is and what its columns are; all of it is checked again."""
    caller.require(Permission.REGISTER)
    await _find(tx, caller, import_id)
    choices = await store.choices_of(tx, import_id)
    said = {sheet["sheet"]: sheet for sheet in choices.get("sheets", [])}
    said |= {sheet.sheet: sheet.model_dump() for sheet in body.sheets}
    row = await store.check_again(
        tx, import_id, caller, choices | {"sheets": list(said.values())}, clock.now()
    )
    if row is None:
        raise _not_now(import_id)
    tell_work(tx)
    return Import.model_validate(row)


@router.post(
    "/{import_id}/store", status_code=202, summary="Store an upload 存储导入内容", dependencies=IN_TRANSACTION
)
async def store_import(tx: Tx, caller: KnownCaller, import_id: PathId, body: ToStore) -> Import:
    """Store what was checked: all of it, or the rows without a fault. What is here already is not stored
    again, so this can be asked again after a failure. Asked twice, it is done once.
    """
    caller.require(Permission.REGISTER)
    found = await _find(tx, caller, import_id)
    if found["state"] in ("storing", "stored"):
        return Import.model_validate(found)
    row = await store.ask_to_store(tx, import_id, caller, body.store, clock.now())
    if row is None:
        if found["state"] in ("checked", "failed") and found["faults"]:
            raise Conflict(
                f"{found['faults']} things are wrong with this upload; correct it, or store the good rows.",
                f"此次导入有 {found['faults']} 处错误，请更正后重新上传，或选择仅存储无误的行。",
            )
        raise _not_now(import_id)
    tell_work(tx)
    return Import.model_validate(row)


@router.get("/{import_id}/faults", summary="What is wrong 错误列表", dependencies=IN_TRANSACTION)
async def list_faults(
    tx: Tx, caller: KnownCaller, import_id: PathId, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[ImportFault]:
    """What is wrong, in the order of sheets and rows."""
    await _find(tx, caller, import_id)
    of = f"faults of {import_id}"
    rows = await store.list_faults(tx, import_id, row_after(page, of), limit + 1)
    told = [ImportFault.model_validate(dict(row)) for row in rows]
    return page_of(told, [row["number"] for row in rows], limit, of)


@router.get(
    "/{import_id}/faults.xlsx",
    summary="The file with its faults marked 标出错误的文件",
    response_class=Response,
    responses={200: {"description": "The uploaded file, bad cells coloured.", "content": {XLSX: {}}}},
    dependencies=[Depends(take_turn, scope="request"), *IN_TRANSACTION],
)
async def read_marked(
    tx: Tx,
    caller: KnownCaller,
    import_id: PathId,
    language: Annotated[
        Literal["zh", "en", "both"], Query(description="Of the sentences. 说明语言。")
    ] = "both",
) -> Response:
    """The uploaded file as a workbook: bad cells coloured, a sentence at each, all faults of a row in a last
    column. Corrected and uploaded again, it stores what was missing.
    """
    found = await _find(tx, caller, import_id)
    content = await store.content_of(tx, found["file_sha256"])
    rows = await store.list_faults(tx, import_id, 0, FAULTS_KEPT)
    marks = [Mark(row["sheet"], row["row"], row["at"], row["message"], row["message_zh"]) for row in rows]
    return named(
        f"{PurePath(found['file_name']).stem}-faults.xlsx",
        await asyncio.to_thread(_marked, content, found["file_name"], marks, language),
        XLSX,
    )


@router.get(
    "/templates/{name}",
    summary="A form to fill in 空白模板",
    response_class=Response,
    responses={200: {"description": "A workbook, or CSV.", "content": {XLSX: {}, "text/csv": {}}}},
    dependencies=IN_TRANSACTION,
)
async def read_template(
    name: Annotated[
        str,
        Path(
            description="Key of a form with .xlsx or .csv, or all.xlsx. 表单名加 .xlsx 或 .csv，或 all.xlsx。"
        ),
    ],
) -> Response:
    """An empty form: headings in Chinese and English, drop-downs, notes, and an example."""
    content, media = await asyncio.to_thread(template, name)
    return named(f"suyuan-{name}", content, media)


def _marked(content: bytes, name: str, marks: list[Mark], language: Language) -> bytes:
    into = io.BytesIO()
    mark(io.BytesIO(content), name, marks, into, language=language)
    return into.getvalue()


def named(name: str, content: bytes, media: str) -> Response:
    """A file as an attachment."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media, headers={"Content-Disposition": disposition})


async def _find(tx: Transaction, caller: Caller, import_id: int) -> dict[str, Any]:
    row = await store.find_import(tx, import_id, caller.bound_to)
    if row is None:
        raise Missing(f"There is no upload with id {import_id}.", f"没有编号为 {import_id} 的导入。")
    shows("party", [row["party_id"]])
    return row


def _not_now(import_id: int) -> Conflict:
    return Conflict(
        f"Upload {import_id} is being checked or stored, or was stored; look at its state.",
        f"导入 {import_id} 正在检查或存储，或已存储，请查看其状态。",
    )

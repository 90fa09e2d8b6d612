"""HTTP of serial numbers and drug codes."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.responses import StreamingResponse

from service.auth.caller import KnownCaller, Tx, find_caller
from service.errors import Unsupported
from service.registry.batches import fetch_batch
from service.registry.fields import PathId, RowId
from service.registry.owning import require_own_batch
from service.units.drug_codes import register_codes
from service.units.intake import numbered, numbered_lines
from service.units.listing import Form, UnitLinks, list_serials, serial_pages, shown, stream
from service.units.registering import Registered, allot, fetch_start, register_list, register_range
from service.units.schemas import NewDrugCodes, NewSerials, Registration, Serial
from service.web.bodies import MIB, bounded
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after
from service.web.problems import fault_as_json

router = APIRouter(prefix="/v1", tags=["units"], dependencies=[Depends(find_caller, scope="function")])

#: Octets of a body: a million lines of a drug code and a serial number, and a JSON body.
LINES_MOST = 48 * MIB
JSON_MOST = MIB

MEDIA_TYPES: dict[Form, str] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}

OfRegistration = Annotated[
    RowId | None, Query(description="Only those of this registration. 只含该次登记的序列号。")
]
Model = TypeVar("Model", bound=BaseModel)


def _body(model: type[BaseModel]) -> dict[str, Any]:
    """The two forms of a body, for the OpenAPI page."""
    lines = {"schema": {"type": "string", "description": "One entry a line. 每行一条。"}}
    schema = {"schema": model.model_json_schema(ref_template="#/components/schemas/{model}")}
    schema["schema"].pop("$defs", None)
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": schema, "text/plain": lines},
        }
    }


@router.post(
    "/batches/{batch_id}/serials",
    status_code=201,
    summary="Register serial numbers 登记序列号",
    openapi_extra=_body(NewSerials),
)
async def register_serials(
    tx: Tx, caller: KnownCaller, batch_id: PathId, request: Request, response: Response
) -> Registration:
    """Have serial numbers drawn at random (`allot`), or register your own: a range, a list, or a million as
    `text/plain`, one a line. Good lines are registered even where others are refused; the answer says which.
    """
    await require_own_batch(tx, caller, batch_id)
    if _is_text(request):
        done = await register_list(tx, batch_id, numbered_lines(_pieces(request)), by=caller.name)
    else:
        asked = await _read_json(request, NewSerials)
        if asked.allot is not None:
            done = await allot(tx, batch_id, asked.allot, by=caller.name)
        elif asked.serials is not None:
            done = await register_list(tx, batch_id, numbered(asked.serials), by=caller.name)
        else:
            assert asked.first is not None
            assert asked.last is not None
            done = await register_range(tx, batch_id, asked.prefix, asked.first, asked.last, by=caller.name)
    return _answer(done, response)


@router.post(
    "/batches/{batch_id}/drug-codes",
    status_code=201,
    summary="Register drug codes 登记药品追溯码",
    openapi_extra=_body(NewDrugCodes),
)
async def register_drug_codes(
    tx: Tx,
    caller: KnownCaller,
    batch_id: PathId,
    request: Request,
    response: Response,
    level: Annotated[
        int, Query(ge=1, le=3, description="Package level of a text body. 包装级别（文本请求体）。")
    ] = 1,
) -> Registration:
    """Register Chinese drug traceability codes of the batch, each alone or beside the serial number of its
    pack: JSON, or `text/plain` with `code` or `code,serial` a line.
    """
    await require_own_batch(tx, caller, batch_id)
    if _is_text(request):
        entries = numbered_lines(_pieces(request))
    else:
        asked = await _read_json(request, NewDrugCodes)
        level = asked.level
        entries = numbered([f"{code.code},{code.serial or ''}".rstrip(",") for code in asked.codes])
    return _answer(
        await register_codes(tx, batch_id, entries, level=level, by=caller.name, party=caller.bound_to),
        response,
    )


def _is_text(request: Request) -> bool:
    """Raises `Unsupported` for what is neither text nor JSON."""
    told = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if told not in ("text/plain", "application/json"):
        raise Unsupported(
            f"Content-Type {told} is not read here; send application/json or text/plain.",
            f"不支持的 Content-Type {told}，请使用 application/json 或 text/plain。",
        )
    return told == "text/plain"


def _pieces(request: Request) -> AsyncIterator[bytes]:
    return bounded(request, LINES_MOST).stream()


async def _read_json(request: Request, model: type[Model]) -> Model:
    body = await bounded(request, JSON_MOST).body()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error


def _answer(done: Registered, response: Response) -> Registration:
    start = f"/v1/batches/{done.batch_id}"
    query = f"?registration={done.id}"
    response.headers["Location"] = f"{start}/serials{query}"
    return Registration(
        id=done.id,
        batch_id=done.batch_id,
        kind=done.kind,
        registered=done.registered,
        repeated=done.repeated,
        refused=done.refused,
        problems=[fault_as_json(fault) | {"rule": fault.rule} for fault in done.problems],
        serials=f"{start}/serials{query}",
        labels=f"{start}/labels.pdf{query}",
    )


@router.get(
    "/batches/{batch_id}/serials",
    summary="A batch's serial numbers 批次的序列号",
    response_model=Page[Serial],
    responses={
        200: {
            "description": "A page of them; with `format`, all of them as a stream.",
            "content": {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()},
        }
    },
)
async def read_serials(
    tx: Tx,
    caller: KnownCaller,
    request: Request,
    batch_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    registration: OfRegistration = None,
    form: Annotated[
        Literal["json", "ndjson", "csv", "text"] | None,
        Query(alias="format", description="All of them as a stream. 以流方式输出全部。"),
    ] = None,
) -> Page[Serial] | Response:
    """The registered serial numbers of a batch in the order of registration: in pages, or all of them as
    newline-delimited JSON, CSV or plain text.
    """
    await require_own_batch(tx, caller, batch_id)
    await fetch_start(tx, batch_id)
    on_packs = UnitLinks.of_batch(await fetch_batch(tx, batch_id))
    of = f"serials of {batch_id}"
    after = row_after(page, of)
    streamed = form or _accepted(request)
    if streamed != "json":
        pages = serial_pages(request.app.state.engine, batch_id, registration, after)
        name = f"serials-{batch_id}.{'txt' if streamed == 'text' else streamed}"
        return StreamingResponse(
            stream(streamed, pages, on_packs),
            media_type=MEDIA_TYPES[streamed],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    rows = await list_serials(tx, batch_id, after, registration, limit + 1)
    return page_of([shown(row, on_packs) for row in rows], [row["id"] for row in rows], limit, of)


def _accepted(request: Request) -> Literal["json", "ndjson", "csv", "text"]:
    accept = request.headers.get("accept", "")
    if "application/json" in accept:
        return "json"
    found = next((form for form, media in MEDIA_TYPES.items() if media.partition(";")[0] in accept), None)
    return found or "json"

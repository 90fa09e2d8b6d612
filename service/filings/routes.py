"""HTTP of records that authorities ask for."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from service.auth.caller import LongSnapshot, find_long_reader
from service.db.transaction import Transaction
from service.filings import fsma204, one_step, tracking
from service.filings.forms import MEDIA_TYPES, Record, as_csv, as_json, as_workbook
from service.filings.local_days import Span
from service.filings.schemas import DeliveryList, TrackingList
from service.filings.scope import Direction, Scope, find_lots, find_party, find_product
from service.web.downloads import Download, pieces_of, take_turn
from service.web.leaving import unless_gone

router = APIRouter(
    prefix="/v1/filings",
    tags=["filings"],
    dependencies=[Depends(take_turn, scope="request"), Depends(find_long_reader, scope="function")],
)

#: Lots of one question, and characters of one text.
LOTS_MOST = 1_000
TEXT_MOST = 2_048

Text = Annotated[str, Query(min_length=1, max_length=TEXT_MOST)]
Product = Annotated[Text | None, Query(description="GTIN or URI of a product. 产品。")]
First = Annotated[date | None, Query(alias="from", description="First day, where it happened. 起始日。")]
Last = Annotated[date | None, Query(alias="to", description="Last day, where it happened. 截止日。")]
Form = Annotated[
    Literal["xlsx", "csv", "json"] | None,
    Query(alias="format", description="`xlsx`: a workbook; `csv`; else by Accept. 输出格式。"),
]


def _answers(model: type[TrackingList] | type[DeliveryList]) -> dict[int | str, dict[str, Any]]:
    media: dict[str, Any] = {"text/csv": {}, MEDIA_TYPES["xlsx"]: {}}
    about = "JSON, CSV, or a workbook whose second sheet counts what records lack. JSON、CSV 或电子表格。"
    return {200: {"model": model, "description": about, "content": media}}


@router.get(
    "/fsma204",
    summary="FSMA 204 sortable spreadsheet FSMA 204 可排序表格",
    responses=_answers(TrackingList),
    response_class=Response,
)
async def read_tracking(
    tx: LongSnapshot,
    request: Request,
    batch: Annotated[
        list[Text] | None, Query(max_length=LOTS_MOST, description="Lots, in any form. 批次，形式不限。")
    ] = None,
    product: Product = None,
    recall: Annotated[
        int | None, Query(ge=1, description="All lots that this case marks. 召回所涉批次。")
    ] = None,
    trace: Annotated[
        Direction | None,
        Query(description="Also lots made from these (`forward`), or that went into them. 连同上下游批次。"),
    ] = None,
    first: First = None,
    last: Last = None,
    form: Form = None,
) -> Response:
    """Every critical tracking event of these lots with its key data elements (21 CFR part 1, subpart S), in
    the order of time. What nobody recorded is left empty, and counted by party.
    """
    span = Span(first, last)
    async with unless_gone(request):
        lots = await find_lots(tx, Scope(batch or (), product, recall, trace))
        record = fsma204.TrackingRecord(lots, span)
        return await _answer(tx, request, form, record, tracking.COLUMNS, "fsma204")


@router.get(
    "/one-step",
    summary="One step back, one step forward 上一环节与下一环节",
    responses=_answers(DeliveryList),
    response_class=Response,
)
async def read_one_step(
    tx: LongSnapshot,
    request: Request,
    party: Annotated[Text, Query(description="URI, credit code or GLN of a party. 主体。")],
    product: Product = None,
    first: First = None,
    last: Last = None,
    form: Form = None,
) -> Response:
    """From which businesses a party was supplied and which it supplied, with what, when and how much
    (Regulation (EC) 178/2002, art. 18): deliveries received first.
    """
    span = Span(first, last)
    async with unless_gone(request):
        party_id = await find_party(tx, party)
        product_id = await find_product(tx, product) if product is not None else None
        record = one_step.Deliveries(party_id, product_id, span)
        await record.note(tx)
        return await _answer(tx, request, form, record, one_step.COLUMNS, "one-step")


async def _answer(
    tx: Transaction, request: Request, form: str | None, record: Record, columns: Mapping[str, str], name: str
) -> Response:
    form = form or _form_of(request.headers.get("accept", ""))
    headers = {"Cache-Control": "no-store"}
    if form == "json":
        return Download(as_json(tx, record, columns), media_type=MEDIA_TYPES[form], headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    if form == "csv":
        return Download(as_csv(tx, record, columns), media_type=MEDIA_TYPES[form], headers=headers)
    # A workbook is sent once it is whole: what fails on the way is told as an error.
    book = await as_workbook(tx, record, columns, name)
    return Download(pieces_of(book), media_type=MEDIA_TYPES[form], headers=headers)


def _form_of(accept: str) -> str:
    """The first form that an Accept header names; JSON for whoever takes anything."""
    for entry in accept.lower().split(","):
        media = entry.partition(";")[0].strip()
        for form, told in MEDIA_TYPES.items():
            if media == told.partition(";")[0]:
                return form
    return "json"

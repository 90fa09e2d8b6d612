"""Label sheets as PDF. Not open to everybody: they tell all serial numbers of a batch."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.db.transaction import transaction
from service.errors import Malformed
from service.labels.printing import LABELS_MOST, Order, document, prepare
from service.labels.qr import Correction
from service.labels.sheets import Sheet, a4_grid, roll
from service.registry.fields import PathId, RowId
from service.registry.owning import require_own_batch

router = APIRouter(prefix="/v1", tags=["labels"], dependencies=[Depends(find_caller, scope="function")])

#: GS1 General Specifications, symbol specification table 1: QR symbols with a link want modules of 0.396 mm
#: at least where goods are paid for; smaller ones serve on small packs that nobody scans at a till.
MODULE_MM = 0.4

Width = Annotated[float, Query(ge=10, le=200, description="Width of a label, mm. 标签宽度（毫米）。")]
Height = Annotated[float, Query(ge=10, le=280, description="Height of a label, mm. 标签高度（毫米）。")]
Gap = Annotated[float, Query(ge=0, le=50, description="White between labels, mm. 标签间距（毫米）。")]
Margin = Annotated[float, Query(ge=0, le=50, description="White around an A4 page, mm. 页边距（毫米）。")]
Count = Annotated[int | None, Query(ge=1, le=LABELS_MOST, description="At most so many labels. 最多张数。")]


@router.get(
    "/batches/{batch_id}/labels.pdf",
    summary="Label sheets as PDF 标签排版打印",
    response_class=Response,
    responses={
        200: {
            "description": "The sheets, streamed; `X-Label-Count`, `X-Page-Count`: how many there will be.",
            "content": {"application/pdf": {}},
        }
    },
)
async def print_labels(
    tx: Tx,
    caller: KnownCaller,
    request: Request,
    batch_id: PathId,
    registration: Annotated[
        RowId | None, Query(description="Only the serials of this registration. 只打印该次登记的序列号。")
    ] = None,
    copies: Annotated[
        int | None,
        Query(
            ge=1,
            le=LABELS_MOST,
            description="So many labels of the batch, without serials. 批次标签份数（不含序列号）。",
        ),
    ] = None,
    paper: Annotated[
        Literal["a4", "roll"], Query(description="A4 sheets, or a roll of single labels. A4 或卷筒标签。")
    ] = "a4",
    width_mm: Width = 63.5,
    height_mm: Height = 38.1,
    gap_x_mm: Gap = 2.54,
    gap_y_mm: Gap = 0,
    margin_mm: Margin = 5,
    module_mm: Annotated[
        float, Query(ge=0.25, le=2, description="Side of a module, mm. 模块边长（毫米）。")
    ] = MODULE_MM,
    error_correction: Annotated[Correction, Query(description="Error correction. 纠错等级。")] = "M",
    text: Annotated[
        Literal["elements", "none"], Query(description="GS1 elements, name and dates. 码旁文字。")
    ] = "elements",
    skip: Annotated[int, Query(ge=0, le=10**9, description="Labels to leave out first. 跳过张数。")] = 0,
    most: Count = None,
) -> Response:
    """Labels for A4 sheets (by default three by seven of 63.5 x 38.1 mm) or a roll printer: the registered
    serial numbers of a batch, or copies of its own label. Print at 100 %. 409 for a recalled batch.
    """
    await require_own_batch(tx, caller, batch_id)
    if copies is not None and registration is not None:
        raise Malformed.field(
            "copies",
            copies,
            "Give copies (labels of the batch) or registration (labels of units), not both.",
            "copies（批次标签）与 registration（单件标签）只填一项。",
            "labels:either",
        )
    sheet = _sheet(paper, (width_mm, height_mm), (gap_x_mm, gap_y_mm), margin_mm)
    elements = text == "elements"
    order = Order(batch_id, sheet, error_correction, module_mm, elements, registration, copies, skip, most)
    printed = await prepare(tx, order, clock.now().date())
    return StreamingResponse(
        document(partial(transaction, request.app.state.engine, snapshot=True), printed),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="labels-{batch_id}.pdf"',
            "X-Label-Count": str(printed.labels),
            "X-Page-Count": str(printed.pages),
            "Cache-Control": "no-store",
        },
    )


def _sheet(paper: str, label: tuple[float, float], gap: tuple[float, float], margin: float) -> Sheet:
    return roll(label) if paper == "roll" else a4_grid(label, gap, margin)

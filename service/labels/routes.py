"""A batch's label as an image, for whoever sees the batch: by ids anybody could read every lot there is."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from service import clock
from service.auth.caller import Tx, find_caller
from service.labels.lettering import lettering
from service.labels.printing import CERTIFICATE, is_certified, no_link, refuse_marked
from service.labels.qr import Correction, LabelStyle, draw_png, draw_svg
from service.registry import links
from service.registry.batch_schemas import Batch
from service.registry.batches import fetch_batch
from service.registry.fields import PathId

router = APIRouter(prefix="/v1", tags=["labels"], dependencies=[Depends(find_caller, scope="function")])

Level = Annotated[Correction, Query(description="Error correction. 纠错等级。")]
ModuleSize = Annotated[float, Query(ge=0.25, le=2, description="Side of a module, mm. 模块边长（毫米）。")]
QuietZone = Annotated[int, Query(ge=4, le=40, description="Quiet zone, modules. 静区（模块数）。")]
Resolution = Annotated[int, Query(ge=72, le=1200, description="Pixels per inch of the PNG. 分辨率。")]
Text = Annotated[
    Literal["none", "link", "elements"],
    Query(description="Text below: the link, or GS1 elements `(01)…(10)…`. 码下文字。"),
]
HEADERS = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}


def lines_of(batch: Batch, link: str, text: str) -> tuple[str, ...]:
    """The human-readable lines under the symbol. A product without a GTIN has no GS1 elements but its lot."""
    if text == "link":
        return (link,)
    if text == "elements":
        return (f"(01){batch.gtin}", f"(10){batch.lot}") if batch.gtin else (f"LOT {batch.lot}",)
    return ()


async def _printable(tx: Tx, batch_id: int) -> tuple[Batch, str, bool]:
    """The batch, its link, and whether the words of the certificate stand under it in any case."""
    batch = Batch.model_validate(await fetch_batch(tx, batch_id))
    link = links.digital_link(batch.gtin, batch.product_uri, batch.lot)
    if link is None:
        raise no_link(batch_id, batch.uri)
    await refuse_marked(tx, batch_id)
    return batch, link, await is_certified(tx, batch_id, clock.now().date())


@router.get(
    "/batches/{batch_id}/label.png",
    summary="Label as PNG 标签图片",
    response_class=Response,
    responses={200: {"description": "The image.", "content": {"image/png": {}}}},
)
async def read_label_png(
    tx: Tx,
    batch_id: PathId,
    error_correction: Level = "M",
    module_mm: ModuleSize = 0.5,
    dpi: Resolution = 300,
    quiet_zone: QuietZone = 4,
    text: Text = "none",
) -> Response:
    """The QR symbol of the batch's Digital Link, for printing at the stated resolution. 承诺达标合格证 stands
    under it where the batch carries one and the service has a Chinese font.
    """
    batch, link, certified = await _printable(tx, batch_id)
    style = LabelStyle(error_correction, module_mm, dpi, quiet_zone)
    drawn = await asyncio.to_thread(lettering, frozenset({CERTIFICATE} if certified else ()))
    lines = lines_of(batch, link, text)
    image = await asyncio.to_thread(draw_png, link, style, lines, drawn.get(CERTIFICATE))
    return Response(image, media_type="image/png", headers=HEADERS)


@router.get(
    "/batches/{batch_id}/label.svg",
    summary="Label as SVG 标签矢量图",
    response_class=Response,
    responses={200: {"description": "The image.", "content": {"image/svg+xml": {}}}},
)
async def read_label_svg(
    tx: Tx,
    batch_id: PathId,
    error_correction: Level = "M",
    module_mm: ModuleSize = 0.5,
    quiet_zone: QuietZone = 4,
    text: Text = "none",
) -> Response:
    """The QR symbol of the batch's Digital Link, exact in millimetres. 承诺达标合格证 stands under it where
    the batch carries one.
    """
    batch, link, certified = await _printable(tx, batch_id)
    style = LabelStyle(error_correction, module_mm, quiet_zone=quiet_zone)
    words = CERTIFICATE if certified else ""
    image = await asyncio.to_thread(draw_svg, link, style, lines_of(batch, link, text), words)
    return Response(image, media_type="image/svg+xml", headers=HEADERS)

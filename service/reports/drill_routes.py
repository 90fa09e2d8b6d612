"""HTTP of drills: run one, read what it found, see whether they get better."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from service import clock
from service.audit.shown import shows
from service.auth.caller import Caller, Tx, find_caller, find_caller_first
from service.db.transaction import Transaction, transaction
from service.recall.parts import signed
from service.registry.fields import PathId, RowId
from service.reports import drill_store as store
from service.reports import drills
from service.reports.drill_paper import drill_paper
from service.reports.drill_schemas import Drill, DrillHistory, DrillLine, MeasureTrend, NewDrill
from service.reports.drill_trend import Trend, trends
from service.reports.paper_pdf import paper_pdf
from service.web.downloads import take_turn
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after
from service.web.problems import PROBLEM_JSON

#: Running one reads a snapshot of its own: it finds its caller before.
running = APIRouter(prefix="/v1/drills", tags=["drills"])
router = APIRouter(
    prefix="/v1/drills", tags=["drills"], dependencies=[Depends(find_caller, scope="function")]
)

#: Drills that a history tells of.
HISTORY_MOST: Final = 100
PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The report, A4. PDF 报告。", "content": {"application/pdf": {}}}
}
CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A line for each holding and unit. 完整名单。", "content": {"text/csv": {}}}
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {}}}
    for status, text in (
        (400, "The scope is not said, or not clearly. 范围有误。"),
        (404, "Nothing of this name is on record. 没有该标识的记录。"),
        (413, "The trace reaches too many holdings. 范围过大。"),
    )
}
Product = Annotated[RowId | None, Query(description="Id of a product that was recalled in it. 产品编号。")]
Party = Annotated[RowId | None, Query(description="Id of the party whose product it was. 主体编号。")]


@running.post(
    "",
    status_code=201,
    summary="Run a drill 召回演练",
    responses=REFUSALS,
    dependencies=[Depends(take_turn, scope="function")],
)
async def run_drill(
    request: Request,
    caller: Annotated[Caller, Depends(find_caller_first, scope="function")],
    body: NewDrill,
    response: Response,
) -> Drill:
    """A mock recall: everything but sending. It traces, lists all holders, takes the measures, and keeps the
    report; it marks no batch and tells nobody.

    A party drills for its own products and reads its own drills. Of its own places and its customers it is
    told all, of the rest of the chain counts and percentages: nobody there knows of the drill.
    """
    engine = request.app.state.engine
    async with transaction(engine, snapshot=True) as tx:
        found = await drills.find_for_drill(tx, body, now=clock.now(), caller=caller)
    async with transaction(engine) as tx:
        by, party = await signed(tx, caller), caller.bound_to
        drill_id = await drills.keep_drill(tx, found, by=by, party=party)
        kept = Drill.model_validate(await drills.fetch_drill(tx, drill_id))
    response.headers["Location"] = f"/v1/drills/{drill_id}"
    return kept


@router.get("", summary="List drills 查询演练")
async def list_drills(
    tx: Tx, limit: Limit = PAGE_DEFAULT, page: After = None, product: Product = None, party: Party = None
) -> Page[DrillLine]:
    """Drills in the order they were run."""
    after = row_after(page, "drills")
    rows = await store.list_drills(tx, after=after, limit=limit + 1, product=product, party=party)
    lines = [DrillLine.model_validate(row) for row in rows]
    return page_of(lines, [row["id"] for row in rows], limit, "drills")


@router.get("/history", summary="Do drills get better? 演练是否改进")
async def read_history(tx: Tx, product: Product = None, party: Party = None) -> DrillHistory:
    """The latest drills (at most 100), the oldest first, and the trend of each measure: against the drill
    before, and over all of them.
    """
    rows = await store.latest_drills(tx, most=HISTORY_MOST, product=product, party=party)
    shows("drill", [row["id"] for row in rows])
    return DrillHistory(
        drills=[DrillLine.model_validate(row) for row in rows],
        trends=[MeasureTrend.model_validate(one, from_attributes=True) for one in trends(rows)],
    )


@router.get("/{drill_id}", summary="One drill 演练详情")
async def read_drill(tx: Tx, drill_id: PathId) -> Drill:
    """What the drill found; it never changes."""
    return Drill.model_validate(await drills.fetch_drill(tx, drill_id))


@router.get(
    "/{drill_id}/report.pdf",
    summary="A drill's report for the auditor 演练报告",
    responses=PDF,
    response_class=Response,
)
async def read_drill_pdf(tx: Tx, drill_id: PathId) -> Response:
    """The report as PDF, with the trend of the drills of the same products up to this one."""
    row = await drills.fetch_drill(tx, drill_id)
    paper = drill_paper(row, await _trends_up_to(tx, row), row["started_at"])
    content = await asyncio.to_thread(paper_pdf, paper)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="drill-{row["number"]}.pdf"'},
    )


async def _trends_up_to(tx: Transaction, drill: dict[str, Any]) -> list[Trend]:
    product = next(iter(drill["product_ids"]), None)
    if product is None:
        return trends([drill])
    rows = await store.latest_drills(tx, most=HISTORY_MOST, product=product, party=None, last=drill["id"])
    return trends(rows)


@router.get(
    "/{drill_id}/holders.csv",
    summary="Everybody whom the drill found 演练完整名单",
    responses=CSV,
    response_class=Response,
)
async def read_holder_list(tx: Tx, drill_id: PathId) -> Response:
    """The full list of holders as the drill put it together, as CSV."""
    return Response(
        await drills.fetch_holder_list(tx, drill_id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="drill-{drill_id}-holders.csv"'},
    )

"""HTTP of effectiveness checks."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.recall.parts import RUNNING, enter_case, signed
from service.registry.fields import PathId
from service.reports import check_store as store
from service.reports import checks
from service.reports.check_schemas import CheckCoverage, CheckOutcome, EffectivenessCheck, NewDraw
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after
from service.web.problems import PROBLEM_JSON

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_caller, scope="function")]
)

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {}}}
    for status, text in (
        (404, "There is no such case or check. 没有该召回或核查。"),
        (409, "The case is not under way, has told nobody, or its share is fixed. 状态不允许。"),
    )
}


@router.post(
    "/{recall_id}/checks",
    status_code=201,
    summary="Draw whom to check 抽取有效性核查对象",
    responses=REFUSALS,
)
async def draw_checks(tx: Tx, caller: KnownCaller, recall_id: PathId, body: NewDraw) -> CheckCoverage:
    """A random sample of those whom the case tells, by level: A all, B 10 to 100 %, C 10 %, D 2 %, E none.

    The seed is drawn here once and kept, so anybody can draw the sample again. Drawn again when the case has
    widened, under the same seed; nobody drawn before is left out.
    """
    await enter_case(tx, caller, recall_id, RUNNING)
    by = await signed(tx, caller)
    drawn = await checks.draw_checks(tx, recall_id, percent=body.percent, now=clock.now(), by=by)
    return CheckCoverage.model_validate(drawn)


@router.get("/{recall_id}/checks/coverage", summary="Coverage of the checks 核查覆盖情况", responses=REFUSALS)
async def read_coverage(tx: Tx, caller: KnownCaller, recall_id: PathId) -> CheckCoverage:
    """How many were drawn, checked, and found to have been told and to have acted; the draws with seeds."""
    await enter_case(tx, caller, recall_id)
    return CheckCoverage.model_validate(await checks.read_coverage(tx, recall_id))


@router.get("/{recall_id}/checks", summary="Effectiveness checks 有效性核查", responses=REFUSALS)
async def list_checks(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    open_ones: Annotated[
        bool | None, Query(alias="open", description="`true`: without an outcome. 是否未核查。")
    ] = None,
) -> Page[EffectivenessCheck]:
    """Whom the sample drew, and what was found at each."""
    await enter_case(tx, caller, recall_id)
    rows = await store.list_checks(
        tx, recall_id, after=row_after(page, "checks"), limit=limit + 1, open_ones=open_ones
    )
    items = [EffectivenessCheck.model_validate(row) for row in rows]
    return page_of(items, [row["id"] for row in rows], limit, "checks")


@router.post(
    "/{recall_id}/checks/{check_id}", summary="Record what a check found 登记核查结果", responses=REFUSALS
)
async def record_check(
    tx: Tx, caller: KnownCaller, recall_id: PathId, check_id: PathId, body: CheckOutcome
) -> EffectivenessCheck:
    """Was the recipient notified, and did it act? An outcome recorded before stays in the history."""
    await enter_case(tx, caller, recall_id, RUNNING)
    row = await checks.record_check(
        tx,
        recall_id,
        check_id,
        outcome=body.outcome,
        method=body.method,
        at=body.at,
        note=body.note,
        now=clock.now(),
        by=await signed(tx, caller),
    )
    return EffectivenessCheck.model_validate(row)

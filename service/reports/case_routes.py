"""HTTP of what is reported on a case: its progress."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from service import clock
from service.auth.caller import Caller, Snapshot, find_reader
from service.recall.parts import see_whole_case
from service.registry.fields import PathId
from service.reports.case_progress import case_progress
from service.reports.progress_schemas import RecallProgress
from service.reports.progress_told import progress_csv, progress_told
from service.web.problems import PROBLEM_JSON

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_reader, scope="function")]
)

PROGRESS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "How far the case has come; CSV on request.", "content": {"text/csv": {}}},
    404: {"description": "There is no such case. 没有该召回。", "content": {PROBLEM_JSON: {}}},
}


@router.get(
    "/{recall_id}/progress",
    summary="Progress of a case 召回进展",
    responses=PROGRESS,
    response_model=RecallProgress,
)
async def read_progress(
    tx: Snapshot,
    caller: Annotated[Caller, Depends(find_reader, scope="function")],
    request: Request,
    recall_id: PathId,
    form: Annotated[
        Literal["json", "csv"] | None,
        Query(alias="format", description="`csv`: a line for each holder, batch and unit. 输出格式。"),
    ] = None,
) -> RecallProgress | Response:
    """Recovered of what was planned, and of what was sold: in all, by region, by changes of hands, by holder.

    Computed from events and answers, never typed. Recovered is what was returned or destroyed since the
    defect was known, or set aside; a piece counts once. Where an answer and events differ, both are shown.
    """
    await see_whole_case(tx, caller, recall_id)
    found = await case_progress(tx, recall_id, now=clock.now())
    if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
        return StreamingResponse(
            iter(list(progress_csv(found))),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="recall-{recall_id}-progress.csv"'},
        )
    return RecallProgress.model_validate(progress_told(found))

"""HTTP of the ledger's own upkeep."""

from dataclasses import asdict

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from service.auth.caller import find_caller_first
from service.db.service_role import as_owner
from service.ledger.rebuild_aside import rebuild_aside

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])


class Rebuilt(BaseModel):
    """What a rebuild found."""

    events: int = Field(description="Stored events, error declarations among them. 已存储事件数。")
    batches: int = Field(description="Batches with movements. 有流转记录的批次数。")
    flows_before: int
    flows_after: int
    changed_rows: int = Field(
        description="Rows removed or added because they differed from what the events say; 0 is healthy. "
        "与事件推算结果不符而删除或新增的行数；正常为 0。"
    )


@router.post(
    "/rebuild",
    summary="Compute the projection anew from all events 由全部事件重建台账",
    dependencies=[Depends(find_caller_first, scope="function")],
)
async def rebuild_ledger(request: Request) -> Rebuilt:
    """Derive journal, postings, flows, holdings and gaps from the stored events alone; mend what differs.

    Captures go on meanwhile; only at the end they wait while what was wrong is put into use, all at once.
    For operators. 重建期间采集照常进行，仅在最后替换有误的行时短暂等待；仅限运营者。
    """
    dsn = request.app.state.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Rebuilt(**asdict(await rebuild_aside(as_owner(dsn))))

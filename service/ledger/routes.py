"""HTTP of the ledger's own upkeep."""

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.auth.caller import KnownCaller, Tx
from service.ledger.rebuild import rebuild

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


@router.post("/rebuild", summary="Compute the projection anew from all events 由全部事件重建台账")
async def rebuild_ledger(tx: Tx, _caller: KnownCaller) -> Rebuilt:
    """Derive journal, postings, flows, holdings and gaps from the stored events alone; mend what differs.

    Captures wait meanwhile, they are not refused. For operators. 重建期间采集会等待，不会被拒绝；仅限运营者。
    """
    return Rebuilt(**asdict(await rebuild(tx)))

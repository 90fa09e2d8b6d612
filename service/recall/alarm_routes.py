"""HTTP of alarms: goods of a case that moved after the stop."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.errors import Missing
from service.recall import alarm_store
from service.recall.parts import RUNNING, enter_case, party_shown, signed
from service.registry.fields import PathId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_caller, scope="function")]
)


class RecallAlarm(BaseModel):
    """Goods of a case that left a holding after it was decided on. The event itself stays: it is a fact."""

    id: int
    kind: Literal["shipped", "sold", "transformed"]
    batch_id: int
    batch_uri: str
    lot: str | None
    product_name_zh: str | None
    product_name_en: str | None
    event: str | None = Field(description="eventID. 事件标识。")
    amounts: dict[str, str] = Field(description="By unit of measure. 各单位数量。")
    at: datetime = Field(description="When it left. 离开时间。")
    raised_at: datetime
    withdrawn_at: datetime | None = Field(
        description="Since when the events no longer show it, as after an error declaration. 撤销时间。"
    )
    seen_at: datetime | None
    seen_by: str | None
    from_site_uri: str | None
    from_site_name_zh: str | None
    from_site_name_en: str | None
    from_party_id: int | None
    from_party_name_zh: str | None
    from_party_name_en: str | None
    to_site_uri: str | None
    to_site_name_zh: str | None
    to_site_name_en: str | None
    to_party_id: int | None
    to_party_name_zh: str | None
    to_party_name_en: str | None


@router.get("/{recall_id}/alarms", summary="Goods that moved after the stop 停止后仍流动的货物")
async def list_alarms(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    seen: Annotated[bool | None, Query(description="Looked at, or not yet. 是否已查看。")] = None,
) -> Page[RecallAlarm]:
    """Shipments, sales and uses of the batches of a case after it was decided on, in the order they were
    noticed; but not what goes back to its supplier, its maker, or who is responsible. A holder who does not
    answer for the case sees what left its own places.
    """
    own = await party_shown(tx, caller, recall_id)
    name = f"alarms-{recall_id}"
    after = row_after(page, name)
    rows = await alarm_store.list_alarms(tx, recall_id, after, limit + 1, seen=seen, party=own)
    alarms = [RecallAlarm.model_validate(row) for row in rows]
    return page_of(alarms, [row["id"] for row in rows], limit, name)


@router.post("/{recall_id}/alarms/{alarm_id}/seen", summary="An alarm was seen 标记已查看")
async def see_alarm(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    alarm_id: Annotated[int, Path(ge=1, description="Of the alarm. 警报编号。")],
) -> RecallAlarm:
    """Put on record who has looked at an alarm; who was first stays."""
    await enter_case(tx, caller, recall_id, RUNNING)
    by = await signed(tx, caller)
    if not await alarm_store.see_alarm(tx, recall_id, alarm_id, now=clock.now(), by=by):
        raise Missing(
            f"Recall {recall_id} has no alarm {alarm_id}.", f"召回 {recall_id} 没有编号为 {alarm_id} 的警报。"
        )
    (row,) = await alarm_store.list_alarms(tx, recall_id, alarm_id - 1, 1, seen=None)
    return RecallAlarm.model_validate(row)

"""HTTP of recalls."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service.auth.caller import Caller, KnownCaller, Tx, find_caller
from service.auth.sight import see_as_owner
from service.db.transaction import Transaction
from service.recall import conduct, move_store, moving, store
from service.recall.history import Step, first_break
from service.recall.own_goods import admit_case
from service.recall.parts import (
    INVESTIGATING,
    Part,
    as_seen,
    enter_case,
    fetch_name,
    see_case,
    signed,
)
from service.recall.schemas import (
    Closing,
    Evidence,
    History,
    NewMove,
    NewRecall,
    RecallCase,
    RecalledBatch,
    RecallLine,
    RecallMove,
    RecallSummary,
)
from service.recall.states import Kind, Status
from service.registry.fields import Code, PathId
from service.trace.starts import find_batch
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(
    prefix="/v1/recalls", tags=["recall"], dependencies=[Depends(find_caller, scope="function")]
)

#: Batches listed with a case.
BATCHES_SHOWN = 1_000


@router.post("", status_code=201, summary="Open a recall 发起召回")
async def open_recall(tx: Tx, caller: KnownCaller, body: NewRecall, response: Response) -> RecallCase:
    """Trace forward from the scope, freeze what was found as evidence, and mark the batches as recalled.
    From then on the case widens by itself when captured events reach new holders.

    A party opens cases on products of its own and answers for them; an authority's are ordered.
    """
    asked = await admit_case(tx, caller, body)
    recall = await conduct.open_recall(tx, asked, by=await signed(tx, caller))
    assert recall.id is not None
    response.headers["Location"] = f"/v1/recalls/{recall.id}"
    return await _case(tx, caller, recall.id)


@router.get("", summary="List recalls 查询召回")
async def list_recalls(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    status: Annotated[Status | None, Query(description="In this state. 状态。")] = None,
    kind: Annotated[Kind | None, Query(description="Of this kind. 类型。")] = None,
    batch: Annotated[
        Code | None, Query(description="Cases that mark this batch, in any form. 批次。")
    ] = None,
) -> Page[RecallLine]:
    """Recalls in the order they were opened: of a party those that it answers for or that concern goods which
    it sees; of an authority those that touch its area.
    """
    batch_id = await find_batch(tx, batch) if batch is not None else None
    rows = await store.list_recalls(
        tx, after=row_after(page, "recalls"), limit=limit + 1, status=status, kind=kind, batch=batch_id
    )
    return page_of(
        [RecallLine.model_validate(as_seen(caller, row)) for row in rows],
        [row["id"] for row in rows],
        limit,
        "recalls",
    )


@router.get("/{recall_id}", summary="One recall 召回详情")
async def read_recall(tx: Tx, caller: KnownCaller, recall_id: PathId) -> RecallCase:
    """The case as it stands now. Whom it concerns without answering for it sees it with its own batches,
    holdings and quantities alone.
    """
    return await _case(tx, caller, recall_id)


async def _case(tx: Transaction, caller: Caller, recall_id: int) -> RecallCase:
    seen = await see_case(tx, caller, recall_id)
    row = await moving.fetch_case(tx, recall_id)
    batches = await store.recalled_batches(tx, recall_id, BATCHES_SHOWN)
    summary = await store.summarise(tx, recall_id)
    if seen.part is Part.RESPONSIBLE and not seen.whole:
        # As a preview tells it: how many there are, and what is there of its own.
        await see_as_owner(tx)
        summary |= await store.count_found(tx, recall_id)
    return RecallCase(
        **RecallLine.model_validate(as_seen(caller, row)).model_dump(),
        batches=[RecalledBatch.model_validate(batch) for batch in batches],
        summary=RecallSummary.model_validate(summary),
    )


@router.get("/{recall_id}/evidence", summary="The frozen trace 冻结的追溯证据")
async def read_evidence(tx: Tx, caller: KnownCaller, recall_id: PathId) -> Evidence:
    """What the case was opened on: who was found, by which events, when. It never changes. It tells how goods
    went between others, and is read by authorities; who answers for the case knows it by its digest.
    """
    await enter_case(tx, caller, recall_id, INVESTIGATING)
    row = await store.find_evidence(tx, recall_id)
    if row is None:
        raise moving.unknown(recall_id)
    return Evidence(
        recall_id=recall_id,
        as_of_event=row["as_of_event_id"],
        evidence_sha256=row["evidence_sha256"],
        evidence=row["evidence"],
    )


@router.post("/{recall_id}/close", summary="Close a recall 结束召回")
async def close_recall(tx: Tx, caller: KnownCaller, recall_id: PathId, body: Closing) -> RecallCase:
    """Close the case; 409 where it is closed already. A closed case widens no more. A case that was ordered
    is closed by an authority.
    """
    hand = (await enter_case(tx, caller, recall_id)).hand
    by = await signed(tx, caller)
    await moving.move_recall(tx, recall_id, "closed", by=by, note=body.note, hand=hand)
    return await _case(tx, caller, recall_id)


@router.post("/{recall_id}/moves", status_code=200, summary="Move a case to another state 变更状态")
async def move_recall(tx: Tx, caller: KnownCaller, recall_id: PathId, body: NewMove) -> RecallCase:
    """Decide on a case that is being assessed (`open`), say that it is completed, close, cancel or reopen it.
    409 where the move is not lawful from where it stands, 403 where it is not the caller's to make: what was
    ordered ends by the authority's word. Each move is dated, signed and kept for good.
    """
    seen = await enter_case(tx, caller, recall_id)
    await moving.move_recall(
        tx,
        recall_id,
        body.to,
        by=await signed(tx, caller),
        note=body.note,
        kind=body.kind,
        hazard_class=body.hazard_class,
        hand=seen.hand,
        authority=await fetch_name(tx, caller),
    )
    return await _case(tx, caller, recall_id)


@router.get("/{recall_id}/history", summary="The moves of a case 案件历史")
async def read_history(tx: Tx, caller: KnownCaller, recall_id: PathId) -> History:
    """Every move: from where to where, when, by whom, why. Each holds the digest of the one before, and
    `broken_at` is the first that does not fit.
    """
    await enter_case(tx, caller, recall_id)
    rows = await move_store.list_moves(tx, recall_id)
    steps = [
        (
            Step(row["number"], row["from_status"], row["to_status"], row["at"], row["actor"], row["note"]),
            row["sha256"],
        )
        for row in rows
    ]
    return History(
        recall_id=recall_id,
        moves=[RecallMove.model_validate(row) for row in rows],
        broken_at=first_break(recall_id, steps),
    )

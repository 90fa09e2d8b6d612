"""HTTP of a case's answers, for whoever runs it and for holders with a key."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import Response as Octets

from service import clock
from service.auth.caller import KnownCaller, Tx, find_caller
from service.errors import Forbidden, Missing
from service.notices import store
from service.notices.answer_schemas import AnswerLine, NewAnswer, ProofLine, TakenAnswer
from service.notices.answering import answer, unknown_recipient
from service.notices.answers import latest_answers
from service.notices.notice_routes import fetch_own
from service.recall.parts import party_shown
from service.registry.document_routes import download
from service.registry.fields import PathId
from service.registry.file_kinds import GIVEN_OUT
from service.registry.tables import StoredFile
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

inbox = APIRouter(
    prefix="/v1/notices", tags=["answers"], dependencies=[Depends(find_caller, scope="function")]
)
router = APIRouter(
    prefix="/v1/recalls", tags=["answers"], dependencies=[Depends(find_caller, scope="function")]
)

Differing = Annotated[bool, Query(description="Only such as differ from the events. 仅列出与记录不一致的。")]
#: What page tokens of the lists are of.
ANSWERS: Final = "answers"
PROOFS: Final = "proofs"


@router.get("/{recall_id}/answers", summary="What holders answered 持有人回复")
async def list_answers(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    differing: Differing = False,
) -> Page[AnswerLine]:
    """The last word of each recipient on each of its batches, with what the events said of it at that moment
    and where the two differ. Holders with a key see their own.
    """
    own = await party_shown(tx, caller, recall_id)
    after = row_after(page, ANSWERS)
    rows = sorted(await latest_answers(tx, recall_id), key=lambda row: row.id)
    rows = [row for row in rows if row.id > after and own in (None, row.party_id)]
    rows = [row for row in rows if row.differences or not differing][: limit + 1]
    items = [AnswerLine.model_validate(row, from_attributes=True) for row in rows]
    return page_of(items, [row.id for row in rows], limit, ANSWERS)


@inbox.post("/{notice_id}/answers", status_code=201, summary="Answer from the in-box 在收件箱中回复")
async def answer_notice(tx: Tx, caller: KnownCaller, notice_id: PathId, body: NewAnswer) -> TakenAnswer:
    """What became of the goods, by a holder's own key, as by the link in the notice; 409 once it is over."""
    found = await fetch_own(tx, caller, notice_id)
    return await answer(tx, found.recipient_id, body, (), now=clock.now(), via="api")


@router.post(
    "/{recall_id}/recipients/{recipient_id}/answers", status_code=201, summary="Answer a notice 回复通知"
)
async def add_answer(
    tx: Tx, caller: KnownCaller, recall_id: PathId, recipient_id: PathId, body: NewAnswer
) -> TakenAnswer:
    """An answer of a holder with a key, or one given to the operator by telephone; 409 once the case is over.
    Nobody else gives a holder's word.
    """
    own = await party_shown(tx, caller, recall_id)
    found = await store.find_recipient(tx, recall_id, recipient_id)
    if found is None or own not in (None, found.party_id):
        raise unknown_recipient(recipient_id)
    if not caller.speaks_for(found.party_id):
        raise Forbidden(
            "An answer is the holder's own word: make them a link, or let the operator write it down.",
            "回复须由持有人本人作出：请为其生成链接，或由运营者代为记录。",
        )
    return await answer(tx, recipient_id, body, (), now=clock.now(), via="api")


@router.get("/{recall_id}/proofs", summary="Files that came with answers 证明文件")
async def list_proofs(
    tx: Tx, caller: KnownCaller, recall_id: PathId, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[ProofLine]:
    """Pictures and documents that holders sent as proof."""
    own = await party_shown(tx, caller, recall_id)
    rows = await store.list_proofs(tx, recall_id, after=row_after(page, PROOFS), limit=limit + 1, party=own)
    items = [
        ProofLine.model_validate({**row, "file": f"/v1/recalls/{recall_id}/proofs/{row['id']}/file"})
        for row in rows
    ]
    return page_of(items, [item.id for item in items], limit, PROOFS)


@router.get(
    "/{recall_id}/proofs/{proof_id}/file",
    summary="Download a proof 下载证明文件",
    response_class=Octets,
    responses={200: {"description": "The file as it was sent.", "content": GIVEN_OUT}},
)
async def read_proof_file(tx: Tx, caller: KnownCaller, recall_id: PathId, proof_id: PathId) -> Response:
    """The file, always as a download: what a stranger sent is never shown under this domain."""
    own = await party_shown(tx, caller, recall_id)
    rows = await store.list_proofs(tx, recall_id, after=proof_id - 1, limit=1, party=own)
    file = await tx.orm.get(StoredFile, rows[0]["sha256"]) if rows and rows[0]["id"] == proof_id else None
    if file is None:
        raise Missing(
            f"Recall {recall_id} has no proof {proof_id}.", f"召回 {recall_id} 没有证明文件 {proof_id}。"
        )
    answer_file = download(rows[0]["name"], file)
    answer_file.headers["Content-Type"] = rows[0]["media_type"]
    return answer_file

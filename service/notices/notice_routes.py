"""HTTP of notices: the in-box of a party, and what became of a case's notices."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from service import clock
from service.auth.caller import Caller, KnownCaller, Tx, find_caller
from service.auth.sight import see_as_owner
from service.db.transaction import Transaction
from service.errors import Forbidden, Missing
from service.notices import store
from service.notices.links import make_link
from service.notices.reading import acknowledge, fetch_notice, find_notice, list_notices, unknown_notice
from service.notices.schemas import Acknowledgement, Link, NoticeLine, RecipientLine
from service.recall.parts import directs, enter_case, party_shown, signed
from service.registry.fields import PathId, RowId, Words
from service.registry.parties import find_party_reference
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(tags=["notices"], dependencies=[Depends(find_caller, scope="function")])

PartyText = Annotated[
    Words | None, Query(description="Whose in-box: id, URI, credit code or GLN of a party. 主体。")
]
OfCase = Annotated[RowId | None, Query(description="Id of the case. 召回编号。")]
Unread = Annotated[bool, Query(description="Only such as nobody has acknowledged. 仅未确认。")]


async def fetch_seen(tx: Transaction, caller: Caller, notice_id: int) -> NoticeLine:
    """A notice of the caller's party, or of a case that it directs. Raises `Missing`."""
    await see_as_owner(tx)
    found = await find_notice(tx, notice_id)
    if found is not None and caller.speaks_for(found.party_id):
        return found
    # Asked of what is not there, too: the time of an answer must not tell what is hidden.
    if not await directs(tx, caller, found.recall_id if found else None) or found is None:
        raise unknown_notice(notice_id)
    return found


async def fetch_own(tx: Transaction, caller: Caller, notice_id: int) -> NoticeLine:
    """A notice that the caller speaks for. Raises `Missing`, and `Forbidden` where they may only read it."""
    found = await fetch_seen(tx, caller, notice_id)
    if not caller.speaks_for(found.party_id):
        raise Forbidden(
            "A notice is acknowledged and answered by whom it tells, by a key or by the link in it.",
            "通知由被通知方确认和回复：使用其密钥，或通知中的链接。",
        )
    return found


@router.get("/v1/notices", summary="Notices, the in-box of a party 通知收件箱")
async def read_notices(
    tx: Tx,
    caller: KnownCaller,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
    party: PartyText = None,
    recall: OfCase = None,
    unread: Unread = False,
) -> Page[NoticeLine]:
    """Notices in the order in which they were made, with what they say in both languages and what became of
    them. Keys of a party read that party's, and with `recall` everybody's where it directs the case.
    """
    party_id = None
    if party is not None:
        party_id = int(party) if party.isdecimal() and len(party) < 13 else None
        if party_id is None:
            party_id = await find_party_reference(tx, None, party, "party")
    all_of_case = recall is not None and await directs(tx, caller, recall)
    await see_as_owner(tx)
    if not (caller.sees_everything or all_of_case):
        if party_id not in (None, caller.party_id):
            return Page(items=[], next_page=None)
        party_id = caller.party_id
    items = await list_notices(
        tx,
        after=row_after(page, "notices"),
        limit=limit + 1,
        party_id=party_id,
        recall_id=recall,
        unread=unread,
    )
    return page_of(items, [item.id for item in items], limit, "notices")


@router.get("/v1/notices/{notice_id}", summary="One notice 通知详情")
async def read_notice(tx: Tx, caller: KnownCaller, notice_id: PathId) -> NoticeLine:
    """The notice, and its way by each channel."""
    return await fetch_seen(tx, caller, notice_id)


@router.post("/v1/notices/{notice_id}/acknowledge", summary="Acknowledge a notice 确认收到")
async def acknowledge_notice(
    tx: Tx, caller: KnownCaller, notice_id: PathId, body: Acknowledgement
) -> NoticeLine:
    """Say that it was read; the first who says so stays on record."""
    await fetch_own(tx, caller, notice_id)
    await acknowledge(tx, notice_id, clock.now(), by=body.name or caller.name)
    return await fetch_notice(tx, notice_id)


@router.get("/v1/recalls/{recall_id}/recipients", summary="Whom a case tells 通知对象")
async def list_recipients(
    tx: Tx,
    caller: KnownCaller,
    recall_id: PathId,
    limit: Limit = PAGE_DEFAULT,
    page: After = None,
) -> Page[RecipientLine]:
    """Everybody whom the case tells: when and how they were told, whether they read and answered it.

    Those with `reachable: false` cannot be told by any channel: call them, give them a link
    (`POST …/links`), or add a channel, by which they are told at once. Holders with a key see themselves.
    """
    own = await party_shown(tx, caller, recall_id)
    rows = await store.recipients(
        tx, recall_id, after=row_after(page, "recipients"), limit=limit + 1, party=own
    )
    items = [RecipientLine.model_validate(row, from_attributes=True) for row in rows]
    return page_of(items, [item.id for item in items], limit, "recipients")


@router.post(
    "/v1/recalls/{recall_id}/recipients/{recipient_id}/links",
    status_code=201,
    summary="A link for a recipient 生成回复链接",
)
async def add_link(
    tx: Tx, caller: KnownCaller, recall_id: PathId, recipient_id: PathId, response: Response
) -> Link:
    """A link by which the recipient reads its last notice and answers without an account: to be told by
    telephone, letter or chat. It is told once; whoever has it answers in the recipient's name.
    """
    await enter_case(tx, caller, recall_id)
    notice_id = await store.find_last_notice(tx, recall_id, recipient_id)
    if notice_id is None:
        raise Missing(
            f"Recall {recall_id} has told no recipient {recipient_id} of anything.",
            f"召回 {recall_id} 没有通知过对象 {recipient_id}。",
        )
    now = clock.now()
    url = await make_link(tx, notice_id, delivery_id=None, now=now, by=await signed(tx, caller))
    response.headers["Cache-Control"] = "no-store"
    return Link(url=url, recipient_id=recipient_id, created_at=now)

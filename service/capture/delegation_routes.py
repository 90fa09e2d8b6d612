"""HTTP of delegations."""

from fastapi import APIRouter, Depends

from service.audit.shown import shows
from service.auth.caller import KnownCaller, Tx, find_caller
from service.capture import delegations
from service.capture.delegation_schemas import DelegatedEvent, Delegation, NewDelegation
from service.registry.fields import PathId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

router = APIRouter(
    prefix="/v1/delegations", tags=["access"], dependencies=[Depends(find_caller, scope="function")]
)


@router.post("", status_code=201, summary="Let another capture 委托采集")
async def delegate_capture(tx: Tx, caller: KnownCaller, body: NewDelegation) -> Delegation:
    """Let another party (a logistics company, a software provider) capture what happens at one's places. What
    it captures counts as told by it, for the party.
    """
    return Delegation.model_validate(dict(await delegations.delegate(tx, caller, body)))


@router.get("", summary="Delegations 委托列表")
async def list_delegations(
    tx: Tx, caller: KnownCaller, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[Delegation]:
    """What the caller's party gave and was given (an operator sees all), ended ones too."""
    rows = await delegations.list_delegations(
        tx, caller.party_id, after=row_after(page, "delegations"), limit=limit + 1
    )
    shown = [Delegation.model_validate(dict(row)) for row in rows]
    return page_of(shown, [row["id"] for row in rows], limit, "delegations")


@router.get("/{delegation_id}", summary="One delegation 单项委托")
async def read_delegation(tx: Tx, caller: KnownCaller, delegation_id: PathId) -> Delegation:
    """A delegation that the caller's party gave or was given."""
    row = await delegations.find_delegation(tx, delegation_id, caller.party_id)
    return Delegation.model_validate(dict(row))


@router.post("/{delegation_id}/revocation", summary="Revoke a delegation 撤销委托")
async def revoke_delegation(tx: Tx, caller: KnownCaller, delegation_id: PathId) -> Delegation:
    """It ends at once, by either side; what was captured by it stays."""
    return Delegation.model_validate(dict(await delegations.revoke(tx, delegation_id, caller.party_id)))


@router.get("/{delegation_id}/events", summary="Events captured by a delegation 代采事件")
async def list_delegated_events(
    tx: Tx, caller: KnownCaller, delegation_id: PathId, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[DelegatedEvent]:
    """What was captured by it, in the order of recording: both sides see it."""
    found = await delegations.find_delegation(tx, delegation_id, caller.party_id)
    shows("party", [found["party_id"]])
    of = f"delegation {delegation_id}"
    rows = await delegations.list_delegated(tx, delegation_id, after=row_after(page, of), limit=limit + 1)
    shown = [DelegatedEvent.model_validate(dict(row)) for row in rows]
    return page_of(shown, [row["id"] for row in rows], limit, of)

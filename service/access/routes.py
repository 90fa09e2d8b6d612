"""HTTP of keys, members and invitations."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from service.access import conduct, store
from service.access.schemas import (
    Acceptance,
    Accepted,
    Invitation,
    IssuedInvitation,
    IssuedKey,
    Key,
    Member,
    NewInvitation,
    NewKey,
    NewMember,
    WhoAmI,
)
from service.auth.caller import GivenKey, KnownCaller, Tx, find_caller
from service.auth.oidc import is_token
from service.registry.fields import PathId
from service.web.paging import PAGE_DEFAULT, After, Limit, Page, page_of, row_after

#: How long a renewed key goes on beside the new one, at most.
OVERLAP_MOST: Final = 24 * 30

router = APIRouter(prefix="/v1", tags=["access"], dependencies=[Depends(find_caller, scope="function")])
public = APIRouter(prefix="/v1", tags=["access"])

T = TypeVar("T", bound=BaseModel)


def _page(rows: Sequence[Any], shape: Callable[[Any], T], limit: int, of: str) -> Page[T]:
    return page_of([shape(row) for row in rows], [row["id"] for row in rows], limit, of)


@router.get("/whoami", summary="Who am I 我是谁")
async def read_caller(caller: KnownCaller) -> WhoAmI:
    """Whom this service takes the caller for, and what they may do."""
    return WhoAmI(
        name=caller.name,
        role=caller.role,
        party_id=caller.party_id,
        permissions=sorted(caller.permissions),
    )


@router.post("/keys", status_code=201, summary="Issue an API key 签发密钥")
async def issue_key(tx: Tx, caller: KnownCaller, body: NewKey) -> IssuedKey:
    """The text of the key is in this answer and nowhere else: only its hash is kept. Nobody gives a
    permission that he has not got, nor (but an operator) a key for another party.
    """
    return IssuedKey.model_validate(await conduct.issue_key(tx, caller, body))


@router.get("/keys", summary="API keys 密钥列表")
async def list_keys(
    tx: Tx, caller: KnownCaller, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[Key]:
    """Keys of the caller's party (an operator sees all), ended ones too, without their text."""
    rows = await store.list_keys(tx, caller.party_id, after=row_after(page, "keys"), limit=limit + 1)
    return _page(rows, lambda row: Key.model_validate(dict(row)), limit, "keys")


@router.post("/keys/{key_id}/revocation", summary="Revoke an API key 吊销密钥")
async def revoke_key(tx: Tx, caller: KnownCaller, key_id: PathId) -> Key:
    """The key ends at once, also for streams that are open; 409 for the last way in."""
    return Key.model_validate(dict(await conduct.revoke_key(tx, caller, key_id)))


@router.post("/keys/{key_id}/renewal", status_code=201, summary="Renew an API key 轮换密钥")
async def renew_key(
    tx: Tx,
    caller: KnownCaller,
    key_id: PathId,
    overlap_hours: Annotated[
        int,
        Query(
            ge=0, le=OVERLAP_MOST, description="Hours for which the old one goes on. 旧密钥继续有效的小时数。"
        ),
    ] = 24,
) -> IssuedKey:
    """A key that may do the same; the old one ends after the overlap."""
    return IssuedKey.model_validate(
        await conduct.renew_key(tx, caller, key_id, timedelta(hours=overlap_hours))
    )


@router.post("/members", status_code=201, summary="Add a member 添加成员")
async def add_member(tx: Tx, caller: KnownCaller, body: NewMember) -> Member:
    """Somebody who signs in with an OpenID Connect issuer that this service trusts."""
    return Member.model_validate(dict(await conduct.add_member(tx, caller, body)))


@router.get("/members", summary="Members 成员列表")
async def list_members(
    tx: Tx, caller: KnownCaller, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[Member]:
    """Members of the caller's party (an operator sees all), those let go too."""
    rows = await store.list_members(tx, caller.party_id, after=row_after(page, "members"), limit=limit + 1)
    return _page(rows, lambda row: Member.model_validate(dict(row)), limit, "members")


@router.post("/members/{member_id}/revocation", summary="Let a member go 移除成员")
async def remove_member(tx: Tx, caller: KnownCaller, member_id: PathId) -> Member:
    """The member's tokens are refused from now on."""
    return Member.model_validate(dict(await conduct.remove_member(tx, caller, member_id)))


@router.post("/invitations", status_code=201, summary="Invite 发出邀请")
async def invite(tx: Tx, caller: KnownCaller, body: NewInvitation) -> IssuedInvitation:
    """A secret by which somebody becomes a caller, once. Its text is in this answer and nowhere else."""
    return IssuedInvitation.model_validate(await conduct.invite(tx, caller, body))


@router.get("/invitations", summary="Invitations 邀请列表")
async def list_invitations(
    tx: Tx, caller: KnownCaller, limit: Limit = PAGE_DEFAULT, page: After = None
) -> Page[Invitation]:
    """Invitations of the caller's party (an operator sees all), without their text."""
    rows = await store.list_invitations(
        tx, caller.party_id, after=row_after(page, "invitations"), limit=limit + 1
    )
    return _page(rows, lambda row: Invitation.model_validate(dict(row)), limit, "invitations")


@router.post("/invitations/{invitation_id}/revocation", summary="Take an invitation back 撤回邀请")
async def withdraw_invitation(tx: Tx, caller: KnownCaller, invitation_id: PathId) -> Invitation:
    """It holds no more; what it became already stays."""
    row = await conduct.withdraw_invitation(tx, caller, invitation_id)
    return Invitation.model_validate(dict(row))


@public.post("/invitations/accept", status_code=201, summary="Accept an invitation 接受邀请")
async def accept_invitation(tx: Tx, given: GivenKey, body: Acceptance) -> Accepted:
    """With a bearer token of a trusted issuer its owner becomes a member; without one a key is issued, whose
    text is in this answer and nowhere else. An invitation holds once.
    """
    token = given if given is not None and is_token(given) else None
    return Accepted.model_validate(await conduct.accept_invitation(tx, body.invitation, token))

"""Keys, members and invitations: given, taken back, renewed, accepted."""

from datetime import timedelta
from typing import Any, Final

import asyncpg

from service import clock
from service.access import store
from service.access.granting import INVITED_MOST, future, granted
from service.access.schemas import Grant, NewInvitation, NewKey, NewMember
from service.auth.caller import Caller
from service.auth.oidc import issuers
from service.auth.permissions import Permission, Role
from service.auth.tokens import digest_of, insert_key, make_invitation, make_key
from service.db.transaction import Transaction
from service.errors import Conflict, Forbidden, Malformed, Missing, Unauthenticated

INVITED_FOR: Final = timedelta(days=14)


async def issue_key(tx: Transaction, caller: Caller, asked: NewKey) -> dict[str, Any]:
    """A new key, its text with it. Raises `Malformed`, `Forbidden`."""
    future("/expires_at", asked.expires_at, clock.now())
    permissions = await _granted(tx, caller, asked)
    return await _issue(
        tx,
        name=asked.name,
        role=asked.role,
        party_id=asked.party_id,
        permissions=permissions,
        created_by=caller.name,
        expires_at=asked.expires_at,
    )


async def _issue(tx: Transaction, **columns: Any) -> dict[str, Any]:
    key = make_key()
    key_id = await insert_key(tx, key, created_at=clock.now(), **columns)
    row = await store.find_key(tx, key_id, None)
    assert row is not None
    return {**row, "key": key}


async def revoke_key(tx: Transaction, caller: Caller, key_id: int) -> asyncpg.Record:
    """End a key at once; again does nothing. Raises `Missing`, and `Conflict` for the last way in."""
    await store.lock_keys(tx)
    row = await _find_key(tx, caller, key_id)
    if row["revoked_at"] is not None:
        return row
    if _opens_everything(row) and not await store.other_ways_in(tx, key_id):
        raise Conflict(
            "This is the last operator's key without an end; issue another first, or nobody gets in again.",
            "这是最后一个长期有效的运营者密钥；请先签发另一个，否则将无人能够登录。",
        )
    await store.revoke_key(tx, key_id, clock.now())
    return await _find_key(tx, caller, key_id)


def _opens_everything(row: asyncpg.Record) -> bool:
    return (
        row["role"] == Role.OPERATOR
        and row["expires_at"] is None
        and {Permission.MANAGE, Permission.OPERATE} <= set(row["permissions"])
    )


async def renew_key(tx: Transaction, caller: Caller, key_id: int, overlap: timedelta) -> dict[str, Any]:
    """A key like this one, which itself ends after `overlap`. Raises `Missing`, `Conflict`, `Forbidden`."""
    await store.lock_keys(tx)
    row = await _find_key(tx, caller, key_id)
    now = clock.now()
    if row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now):
        raise Conflict(f"Key {key_id} has ended already.", f"密钥 {key_id} 已失效。")
    role = Role(row["role"])
    permissions = [Permission(word) for word in row["permissions"]]
    granted(
        role,
        permissions,
        party=row["party_id"],
        holds=caller.permissions,
        of_party=caller.party_id,
        of_role=caller.role,
    )
    issued = await _issue(
        tx,
        name=row["name"],
        role=role,
        party_id=row["party_id"],
        permissions=permissions,
        created_by=caller.name,
        expires_at=row["expires_at"],
    )
    await store.end_key(tx, key_id, now + overlap, issued["id"])
    return issued


async def _find_key(tx: Transaction, caller: Caller, key_id: int) -> asyncpg.Record:
    row = await store.find_key(tx, key_id, caller.party_id)
    if row is None:
        raise Missing(f"There is no key {key_id}.", f"没有编号为 {key_id} 的密钥。")
    return row


async def add_member(tx: Transaction, caller: Caller, asked: NewMember) -> asyncpg.Record:
    """Let somebody in for whom an issuer vouches. Raises `Malformed`, `Forbidden`, `Conflict`.

    Parties invite: nobody but the person can show that an identity is his, and whoever named a competitor's
    people first would keep them out of their own firm, and have them work in his.
    """
    if caller.party_id is not None:
        raise Forbidden(
            "A party lets people in by an invitation (POST /v1/invitations), which they accept with a "
            "token of their own; operators name members.",
            "主体请通过邀请（POST /v1/invitations）添加成员，由本人以自己的令牌接受；成员由运营者直接登记。",
        )
    permissions = await _granted(tx, caller, asked)
    row = await store.put_member(
        tx,
        asked.issuer,
        asked.subject,
        *(asked.name, asked.role, asked.party_id, permissions, clock.now(), caller.name),
    )
    if row is None:
        raise _is_member(asked.subject)
    return row


def _is_member(subject: str) -> Conflict:
    return Conflict(f"{subject} is a member already.", f"{subject} 已经是成员。")


async def remove_member(tx: Transaction, caller: Caller, member_id: int) -> asyncpg.Record:
    """Let a member go. Raises `Missing`."""
    row = await store.revoke_member(tx, member_id, clock.now(), caller.party_id)
    if row is None:
        raise Missing(f"There is no member {member_id}.", f"没有编号为 {member_id} 的成员。")
    return row


async def invite(tx: Transaction, caller: Caller, asked: NewInvitation) -> dict[str, Any]:
    """A new invitation, its text with it. Raises `Malformed`, `Forbidden`."""
    now = clock.now()
    future("/expires_at", asked.expires_at, now, INVITED_MOST)
    permissions = await _granted(tx, caller, asked)
    text = make_invitation()
    row = await store.insert_invitation(
        tx,
        digest_of(text),
        *(asked.name, asked.role, asked.party_id, permissions, now, caller.name),
        asked.expires_at or now + INVITED_FOR,
    )
    return {**row, "invitation": text}


async def withdraw_invitation(tx: Transaction, caller: Caller, invitation_id: int) -> asyncpg.Record:
    """Take an invitation back. Raises `Missing`."""
    row = await store.revoke_invitation(tx, invitation_id, clock.now(), caller.party_id)
    if row is None:
        raise Missing(f"There is no invitation {invitation_id}.", f"没有编号为 {invitation_id} 的邀请。")
    return row


async def accept_invitation(tx: Transaction, text: str, token: str | None) -> dict[str, Any]:
    """What an invitation becomes: with an issuer's token a member, else a key. It holds once.

    Raises `Unauthenticated` where it does not hold (any more) or the token does not, `Conflict` for a member.
    """
    vouched = None if token is None else await issuers().check(token)
    row = await store.accept(tx, digest_of(text), clock.now())
    if row is None:
        raise Unauthenticated(
            "This invitation is not known, was used, was taken back, or has ended; ask for another.",
            "该邀请不存在、已使用、已撤回或已过期，请重新申请。",
        )
    if vouched is None:
        return {"key": await _issue(tx, **row)}
    columns = (row["name"], row["role"], row["party_id"], row["permissions"], clock.now(), row["created_by"])
    member = await store.put_member(tx, vouched.issuer, vouched.subject, *columns)
    if member is None:
        raise _is_member(vouched.subject)
    return {"member": dict(member)}


async def _granted(tx: Transaction, caller: Caller, asked: Grant) -> list[Permission]:
    permissions = granted(
        asked.role,
        asked.permissions,
        party=asked.party_id,
        holds=caller.permissions,
        of_party=caller.party_id,
        of_role=caller.role,
    )
    if asked.party_id is not None and not await store.is_party(tx, asked.party_id):
        raise Malformed.field(
            "/party_id",
            asked.party_id,
            "There is no party with this id; register it first.",
            "没有该编号的主体，请先登记。",
        )
    return permissions

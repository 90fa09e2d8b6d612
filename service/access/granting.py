"""Letting somebody call: what may be given, and to whom. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from service.auth.permissions import HELD_BY, Permission, Role, may_grant
from service.errors import Forbidden, Malformed

#: How long an invitation may wait.
INVITED_MOST: Final = timedelta(days=90)


def granted(
    role: Role,
    asked: Collection[Permission] | None,
    *,
    party: int | None,
    holds: Collection[Permission],
    of_party: int | None,
    of_role: Role,
) -> list[Permission]:
    """The permissions that somebody of `role` and `party` gets, if one who `holds` these gives them.

    None asked for: all that the role holds by default and the giver has. Raises `Malformed` for a permission
    that the role never holds and for a role without the party it needs, `Forbidden` for what is not the
    giver's to give.
    """
    most = HELD_BY[role]
    for permission in asked or ():
        if permission not in most:
            held = ", ".join(sorted(most))
            raise Malformed.field(
                "/permissions",
                permission,
                f"A {role} never holds `{permission}`; possible are: {held}.",
                f"角色 {role} 不能持有 {permission} 权限；可选：{held}。",
            )
    if (party is None) != (role is Role.OPERATOR):
        raise Malformed.field(
            "/party_id",
            party,
            "An operator belongs to no party; every other role speaks for one: give its `party_id`.",
            "运营者不属于任何主体；其他角色必须给出所代表主体的 party_id。",
        )
    if of_role not in (role, Role.OPERATOR):
        raise Forbidden(
            f"A {of_role} lets in others as {of_role} only: who is a {role}, an operator says.",
            f"角色 {of_role} 只能授予相同角色；角色 {role} 须由运营者授予。",
        )
    wanted = set(most) & set(holds) if asked is None else set(asked)
    if not may_grant(holds, of_party, wanted, party):
        raise Forbidden(
            "Nobody gives a permission that he has not got himself, nor speaks for another party.",
            "不能授予自己没有的权限，也不能代表其他主体授权。",
        )
    return sorted(wanted)


def future(field: str, at: datetime | None, now: datetime, most: timedelta | None = None) -> None:
    """Raises `Malformed` where an end is not ahead, or further than `most`."""
    if at is not None and at <= now:
        raise Malformed.field(
            field, at.isoformat(), "The end must be in the future.", "到期时间必须晚于当前时间。"
        )
    if at is not None and most is not None and at - now > most:
        raise Malformed.field(
            field,
            at.isoformat(),
            f"The end is at most {most.days} days away.",
            f"到期时间最多为 {most.days} 天之后。",
        )

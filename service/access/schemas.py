"""The shapes of keys, members and invitations at the edge."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from service.auth.permissions import Permission, Role
from service.registry.fields import RowId, Words

#: OpenID Connect: `sub` has at most 255 characters.
Subject = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Grant(BaseModel):
    """What somebody is let do, and for whom."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(description="What to call it in lists and histories. 名称。")
    role: Role = Field(description="What it is in the trade. 角色。")
    party_id: RowId | None = Field(
        default=None, description="Whom it speaks for; an operator: null. 所代表的主体。"
    )
    permissions: list[Permission] | None = Field(
        default=None,
        max_length=len(Permission),
        description="What it may do; null: all that its role holds and you have. 权限。",
    )


class NewKey(Grant):
    """A key to be issued."""

    expires_at: AwareDatetime | None = Field(
        default=None, description="When it ends; null: when it is revoked. 到期时间。"
    )


class NewMember(Grant):
    """Somebody known by an issuer's word."""

    issuer: Words = Field(description="`iss` of the tokens. 签发方。")
    subject: Subject = Field(description="`sub` of the tokens. 主体标识。")


class NewInvitation(Grant):
    """An invitation to be given out."""

    expires_at: AwareDatetime | None = Field(
        default=None, description="When it ends, at most 90 days ahead; null: in 14 days. 到期时间。"
    )


class Acceptance(BaseModel):
    """An invitation coming back."""

    model_config = ConfigDict(extra="forbid")

    invitation: Annotated[str, StringConstraints(max_length=200)]


class Granted(BaseModel):
    """What is on record of a caller."""

    id: int
    name: str
    role: Role
    party_id: int | None
    permissions: list[Permission]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None


class Key(Granted):
    """A key, without its secret."""

    hint: str = Field(description="How it begins. 密钥开头。")
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute. 最近使用（精确到分钟）。")


class IssuedKey(Key):
    """A key as it is given out: the only time that its text is told."""

    key: str


class Member(Granted):
    """A member."""

    issuer: str
    subject: str


class Invitation(Granted):
    """An invitation, without its secret."""

    expires_at: datetime
    accepted_at: datetime | None


class IssuedInvitation(Invitation):
    """An invitation as it is given out: the only time that its text is told."""

    invitation: str


class Accepted(BaseModel):
    """What an invitation became: a key (its text told now and never again), or membership."""

    key: IssuedKey | None = None
    member: Member | None = None


class WhoAmI(BaseModel):
    """Who calls."""

    name: str
    role: Role
    party_id: int | None
    permissions: list[Permission]

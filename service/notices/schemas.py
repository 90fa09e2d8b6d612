"""The shapes of channels, notices and recipients at the edge."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.notices.channel_addresses import ADDRESS_MOST, Kind, Language
from service.registry.fields import Words
from service.web.refusals import refusal


class NewChannel(BaseModel):
    """A way to tell a party. 通知渠道。"""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(
        description="`email`; `webhook`: a signed POST; `apprise`: a chat robot of DingTalk, WeCom, Feishu. "
        "渠道类型。"
    )
    address: Annotated[Words, Field(max_length=ADDRESS_MOST)] = Field(
        description="An e-mail address; a URL; or `dingtalk://…`, `wecombot://…`, `feishu://…`, `lark://…`. "
        "It is not shown whole again where it holds a secret. 地址。"
    )
    language: Language = Field(default="both", description="What notices are written in. 语言。")
    secret: Annotated[Words, Field(min_length=16, max_length=200)] | None = Field(
        default=None,
        description="Key of a webhook's signature, UTF-8; else one is drawn here and told once. 签名密钥。",
    )

    @model_validator(mode="after")
    def _only_webhooks_are_signed(self) -> Self:
        if self.secret is not None and self.kind != "webhook":
            raise refusal(
                "Only a webhook has a `secret`.", "只有 webhook 渠道有签名密钥。", "channel:secret", "secret"
            )
        return self


class PartyChannel(BaseModel):
    """A channel of a party. `secret`: only in the answer that made it, where it was drawn here."""

    id: int
    party_id: int
    kind: Kind
    shown: str = Field(description="The address without what is secret in it. 脱敏地址。")
    language: Language
    signed: bool
    secret: str | None = None
    created_at: datetime
    created_by: str


class DefaultChannel(BaseModel):
    """What a party is told by because the registry names it."""

    kind: Kind
    shown: str
    language: Language


class Channels(BaseModel):
    """How a party is told: `items`, its own; without any, `by_default`, after its contacts."""

    items: list[PartyChannel]
    by_default: list[DefaultChannel]


class RecipientLine(BaseModel):
    """Somebody whom a case tells, and what became of it. `reachable`: something was sent, or may yet be."""

    id: int
    role: Literal["holder", "buyer", "responsible", "regulator"]
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    uri: str | None
    name_zh: str | None
    name_en: str | None
    region: str | None
    email: str | None
    phone: str | None
    created_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None
    notified_at: datetime | None
    how: list[Kind]
    possibly_twice: bool
    reachable: bool
    waiting: int
    failed: int
    last_error: str | None
    notices: int
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class Delivery(BaseModel):
    """A notice on its way by one channel. `possibly_twice`: an attempt was begun of which nobody knows how it
    ended, and another was made."""

    id: int
    kind: Kind
    address: str
    language: Language
    key: str = Field(description="Message-ID of an e-mail, delivery id of a webhook. 投递标识。")
    state: Literal["waiting", "sending", "sent", "failed", "cancelled"]
    attempts: int
    next_at: datetime
    sent_at: datetime | None
    possibly_twice: bool
    last_error: str | None
    last_error_at: datetime | None


class NoticeLine(BaseModel):
    """What one recipient was told on one occasion. `content`: their goods, by batch and place. 通知。"""

    id: int
    recall_id: int
    recall_number: str
    recipient_id: int
    party_id: int | None
    contact_id: int | None
    site_id: int | None
    kind: Literal["first", "widened", "reminder", "escalation", "closing"]
    occasion: str
    created_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    content: dict[str, Any]
    text_zh: str
    text_en: str
    deliveries: list[Delivery]


class Link(BaseModel):
    """A link by which a recipient reads and answers; told once."""

    url: str
    recipient_id: int
    created_at: datetime


class Acknowledgement(BaseModel):
    """Somebody has read a notice."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, Field(max_length=200)] | None = Field(
        default=None, description="Who has read it; else the caller's name. 确认人。"
    )

"""The shapes of delegations at the edge."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.registry.fields import RowId

#: Places that one delegation names; all of a party's are named by naming none.
PLACES_MOST = 1000


class NewDelegation(BaseModel):
    """Whom one lets capture for one."""

    model_config = ConfigDict(extra="forbid")

    delegate_id: RowId = Field(description="The party that may capture. 受托方。")
    party_id: RowId | None = Field(
        default=None,
        description="For whom; null: the caller's party. An operator says it. 委托方，默认为本主体。",
    )
    site_ids: list[RowId] | None = Field(
        default=None,
        min_length=1,
        max_length=PLACES_MOST,
        description="At which of its places; null: at all, those to come too. 场所范围，空为全部。",
    )
    starts_at: AwareDatetime | None = Field(
        default=None, description="From when on it may capture; null: from now. 生效时间。"
    )
    ends_at: AwareDatetime | None = Field(
        default=None, description="Until when; null: until it is revoked. 到期时间。"
    )


class Delegation(BaseModel):
    """A delegation on record."""

    id: int
    party_id: int = Field(description="For whom. 委托方。")
    delegate_id: int = Field(description="Who may capture. 受托方。")
    site_ids: list[int] | None
    starts_at: datetime
    ends_at: datetime | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None


class DelegatedEvent(BaseModel):
    """An event that was captured by a delegation."""

    event_id: str = Field(description="eventID. 事件标识。")
    event_time: datetime
    record_time: datetime

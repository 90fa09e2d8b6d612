"""Named queries and subscriptions as the interface describes them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

QUERY_EXAMPLE: dict[str, Any] = {
    "name": "shipped-teas",
    "query": {
        "@context": {"example": "https://example.com/epcis/"},
        "eventType": ["ObjectEvent"],
        "EQ_bizStep": ["shipping", "receiving"],
        "GE_eventTime": "2026-03-01T00:00:00+08:00",
        "EXISTS_example:temperature": False,
    },
}
STREAM_EXAMPLE: dict[str, Any] = {
    "dest": "https://client.example.com/epcis-events",
    "signatureToken": "0435ojtojt02",
    "stream": True,
}
SCHEDULE_EXAMPLE: dict[str, Any] = {
    "dest": "https://client.example.com/epcis-events",
    "signatureToken": "0435ojtojt02",
    "reportIfEmpty": True,
    "initialRecordTime": "2026-03-01T00:00:00+08:00",
    "schedule": {"hour": "1", "minute": "5"},
}


class QueryDefinition(BaseModel):
    """A named query."""

    name: str = Field(description="Its name, unique; no `/`. 查询名称，唯一，不含 /。")
    party_id: int | None = Field(
        default=None, alias="partyID", description="Whose it is, where it is a party's. 所属主体。"
    )
    query: dict[str, Any] = Field(
        description="The parameters of SimpleEventQuery, as in query-schema.json of EPCIS 2.0: values or "
        "lists. `@context` defines prefixes. 查询参数（值或列表），@context 定义前缀。"
    )


class QueryCollection(BaseModel):
    """A page of named queries."""

    context: list[str] = Field(alias="@context")
    type: Literal["Collection"]
    member: list[QueryDefinition]


class Schedule(BaseModel):
    """When to deliver, in UTC: numbers, lists `0,30` and ranges `[9-17]`; all fields told must fit."""

    second: str | None = Field(default=None, description="0 to 59. 秒")
    minute: str | None = Field(default=None, description="0 to 59. 分")
    hour: str | None = Field(default=None, description="0 to 23. 时")
    day_of_month: str | None = Field(default=None, alias="dayOfMonth", description="1 to 31. 日")
    month: str | None = Field(default=None, description="1 to 12. 月")
    day_of_week: str | None = Field(default=None, alias="dayOfWeek", description="1 (Monday) to 7. 周几")


class Subscribing(BaseModel):
    """A subscription to be."""

    dest: str = Field(description="http or https address that events are posted to. 接收地址。")
    signature_token: str | None = Field(
        default=None,
        alias="signatureToken",
        description="Key of the HMAC in GS1-Signature; also spelled `secret`. 签名密钥（也可写作 secret）。",
    )
    report_if_empty: bool = Field(
        default=False,
        alias="reportIfEmpty",
        description="Whether a run of the schedule that finds nothing is told too. 无新事件时是否也通知。",
    )
    initial_record_time: datetime | None = Field(
        default=None,
        alias="initialRecordTime",
        description="Also what was recorded since; without it, what is from now on. 起始记录时间。",
    )
    schedule: Schedule | None = Field(default=None, description="Either this. 调度（二选一）。")
    stream: bool | None = Field(default=None, description="Or this: true. 实时推送（二选一）。")


class SubscriptionShown(BaseModel):
    """A subscription; never its secret."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    subscription_id: str = Field(alias="subscriptionID")
    query_name: str = Field(alias="queryName")
    dest: str
    created_at: datetime = Field(alias="createdAt")
    report_if_empty: bool = Field(alias="reportIfEmpty")
    initial_record_time: datetime | None = Field(default=None, alias="initialRecordTime")
    schedule: dict[str, Any] | None = None
    stream: Literal[True] | None = None
    last_notified_at: datetime | None = Field(default=None, alias="lastNotifiedAt")
    next_run_at: datetime | None = Field(
        default=None, alias="nextRunAt", description="When the schedule comes round next. 下次运行时间。"
    )
    state: Literal["active", "failing", "ended"] = Field(
        description="`failing` after five failures in a row, but tried on; `ended` where who subscribed may "
        "not be given events any more. 连续五次失败为 failing，仍会重试；订阅方失去权限后为 ended。"
    )
    deliveries: int = Field(description="Posts that were acknowledged. 已确认的投递次数。")
    failures: int = Field(description="Failures in a row. 连续失败次数。")
    last_error: str | None = Field(
        default=None, alias="lastError", description="What went wrong. 最近的错误。"
    )
    last_error_at: datetime | None = Field(default=None, alias="lastErrorAt")
    next_attempt_at: datetime | None = Field(
        default=None, alias="nextAttemptAt", description="When it is tried again. 下次重试时间。"
    )


class SubscriptionCollection(BaseModel):
    """A page of subscriptions."""

    context: list[str] = Field(alias="@context")
    type: Literal["Collection"]
    member: list[SubscriptionShown]

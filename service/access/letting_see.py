"""Letting another party see one's own part: what may be said. Pure."""

from datetime import datetime

from service.errors import Malformed


def check_parties(grantor: int, grantee: int, customer: int | None) -> None:
    """Raises `Malformed` where two that must be different are the same."""
    if grantee == grantor:
        raise Malformed.field(
            "/grantee_id",
            grantee,
            "A party sees its own part anyway; name another one.",
            "主体本来就能看到自己的部分，请填写其他主体。",
        )
    if customer == grantor:
        raise Malformed.field(
            "/customer_id",
            customer,
            "The counterparty is whom the grantor deals with, so not the grantor itself.",
            "交易对方应为与授权方往来的主体，不能是授权方自身。",
        )


def check_period(begins: datetime | None, ends: datetime | None) -> None:
    """Raises `Malformed` for a period of no length."""
    if begins is not None and ends is not None and begins >= ends:
        raise Malformed.field(
            "/events_until",
            ends.isoformat(),
            "The period ends after it begins: `events_until` must be later than `events_from`.",
            "时间段的结束必须晚于开始：events_until 应晚于 events_from。",
        )

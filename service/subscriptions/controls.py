"""What a subscriber says: where to deliver to, when, and from when on (EPCIS 2.0: SubscriptionControls)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from service.errors import BadSubscription, Malformed, NotAcceptable
from service.events.epc_format import EpcFormat
from service.events.value_forms import instant
from service.subscriptions.destinations import check_dest
from service.subscriptions.schedule import read_schedule

#: Characters of a signature token.
MAX_TOKEN: Final = 1000
MEMBERS: Final = (
    *("dest", "signatureToken", "secret", "reportIfEmpty", "initialRecordTime", "schedule", "stream"),
)
#: Forms of identifiers that can be promised for events to come. An identifier without a URN would hold up
#: everything after it.
FORMATS: Final = (EpcFormat.NO_PREFERENCE, EpcFormat.DIGITAL_LINK, EpcFormat.NEVER_TRANSLATES)


def read_subscription(body: Mapping[str, Any], *, private: bool) -> dict[str, Any]:
    """The members of a subscription that its sender says, by the names of `store.New`. `private`: whether it
    may be delivered to private addresses.
    """
    for member in body:
        if member not in MEMBERS:
            raise Malformed.field(
                f"/{member}",
                None,
                f"There is no such field; there are {', '.join(MEMBERS)}.",
                "没有这个字段。",
            )
    token = body.get("signatureToken", body.get("secret"))
    if token is not None and not (isinstance(token, str) and 0 < len(token) <= MAX_TOKEN):
        raise Malformed.field(
            "/signatureToken",
            None,  # not even a bad one is repeated
            f"Text of 1 to {MAX_TOKEN} characters is wanted.",
            f"应为 1 至 {MAX_TOKEN} 个字符的文本。",
        )
    report = body.get("reportIfEmpty")
    if not isinstance(report, bool | None):
        raise BadSubscription.field(
            "/reportIfEmpty", report, "true or false is wanted.", "应为 true 或 false。"
        )
    return {
        "dest": check_dest(body.get("dest"), private=private),
        "signature_token": token,
        "report_if_empty": bool(report),
        "initial_record_time": read_initial_record_time(body.get("initialRecordTime"), "/initialRecordTime"),
        "schedule": _read_when(body.get("schedule"), body.get("stream")),
    }


def _read_when(schedule: Any, stream: Any) -> dict[str, Any] | None:
    """The schedule, or None for a stream; exactly one of the two must be told."""
    if not isinstance(stream, bool | None):
        raise BadSubscription.field("/stream", stream, "true or false is wanted.", "应为 true 或 false。")
    if (schedule is None) == (not stream):
        raise BadSubscription.field(
            "/schedule" if stream else "/stream",
            None,
            'Either "stream": true or a "schedule" is wanted, not both.',
            "应提供 stream: true 或 schedule 之一，不能同时提供。",
        )
    if schedule is None:
        return None
    if not isinstance(schedule, dict):
        raise BadSubscription.field(
            "/schedule",
            str(schedule)[:200],
            'An object is wanted, such as {"hour": "1", "minute": "5"}.',
            '应为对象，例如 {"hour": "1", "minute": "5"}。',
        )
    read_schedule(schedule, "/schedule/")
    return schedule


def read_initial_record_time(told: Any, at: str) -> datetime | None:
    """From when on recorded events are wanted; None: from now on. Raises `BadSubscription`."""
    found = instant(told) if isinstance(told, str) else None
    if told is not None and found is None:
        raise BadSubscription.field(
            at,
            str(told)[:200],
            "A date and time with an offset is wanted, such as 2026-03-01T08:30:00+08:00.",
            "应为带时区偏移的日期时间，例如 2026-03-01T08:30:00+08:00。",
        )
    return found


def format_of_deliveries(told: str | None) -> EpcFormat:
    """The GS1-EPC-Format of what will be delivered. Raises `NotAcceptable`."""
    if told is None:
        return EpcFormat.NO_PREFERENCE
    for each in FORMATS:
        if told.strip() == each.value:
            return each
    raise NotAcceptable(
        f"GS1-EPC-Format: {told[:100]} is not given to subscribers; {', '.join(FORMATS)} are.",
        f"订阅不支持 GS1-EPC-Format: {told[:100]}；可选 {'、'.join(FORMATS)}。",
    )

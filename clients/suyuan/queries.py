"""Named queries and subscriptions to them (EPCIS 2.0, 12.6): their shapes, and the calls."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from suyuan import events
from suyuan.call import Call, Page, as_json, read_nothing, reads

T = TypeVar("T")
#: Rows of one page that lists ask for.
PAGE_ROWS: Final = 200


class NamedQuery(msgspec.Struct):
    """A query kept under a name. `query`: parameters of SimpleEventQuery; `@context` defines prefixes."""

    name: str
    query: dict[str, Any] = {}


class Subscription(msgspec.Struct, rename="camel"):
    """How a subscription stands. `state`: `failing` after five failures in a row, but tried on."""

    id: str = msgspec.field(name="subscriptionID")
    query_name: str
    dest: str
    created_at: datetime | None = None
    report_if_empty: bool = False
    initial_record_time: datetime | None = None
    schedule: dict[str, Any] | None = None
    stream: bool = False
    last_notified_at: datetime | None = None
    next_run_at: datetime | None = None
    state: str = ""
    deliveries: int = 0
    failures: int = 0
    last_error: str | None = None
    last_error_at: datetime | None = None
    next_attempt_at: datetime | None = None


class _Collection(msgspec.Struct, Generic[T]):
    member: list[T] = []


def verify_signature(body: bytes, header: str | None, token: str) -> bool:
    """Did who knows the token of a subscription post this body? For receivers of deliveries.

    `body`: the octets as they came; `header`: `GS1-Signature`, HMAC-SHA256 of the body in hexadecimal, keyed
    by the `signatureToken` that was told at subscribing. Answer what is not signed with 401, and what comes
    again with the same `Suyuan-Delivery` with 200.
    """
    wanted = hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), (header or "").strip().lower().encode())


def path_of(name: str) -> str:
    """The path of a named query."""
    return f"/epcis/queries/{quote(name, safe='')}"


def create(name: str, query: Mapping[str, Any]) -> Call[NamedQuery]:
    """Keep a query under a name. Raises `Conflict` where there is one of the name."""
    told = NamedQuery(name, dict(query))

    def read(_response: httpx.Response) -> NamedQuery:
        return told

    return Call("POST", "/epcis/queries", read, **as_json(told))


def fetch(name: str) -> Call[NamedQuery]:
    """One named query."""
    return Call("GET", path_of(name), reads(NamedQuery))


def page() -> Callable[[str | None], Call[Page[NamedQuery]]]:
    """Named queries by name, as pages."""
    return _pages("/epcis/queries", _Collection[NamedQuery])


def delete(name: str) -> Call[None]:
    """Delete a named query; its subscriptions and streams end."""
    return Call("DELETE", path_of(name), read_nothing)


def events_of(
    name: str, query: Mapping[str, Any], extensions: Mapping[str, str] | None = None
) -> Callable[[str | None], Call[Page[msgspec.Raw]]]:
    """The events that a named query finds, as pages; further parameters narrow it."""
    return events.page(query, extensions, f"{path_of(name)}/events")


def subscribe(
    name: str,
    dest: str,
    *,
    schedule: Mapping[str, str] | None = None,
    signature_token: str | None = None,
    report_if_empty: bool = False,
    since: datetime | None = None,
) -> Call[Subscription]:
    """Have new events of a query posted to an address, as they are recorded or at the times of a `schedule`.

    `schedule`: `second`, `minute`, `hour`, `dayOfMonth`, `month`, `dayOfWeek`, in UTC; `report_if_empty`: its
    runs that find nothing are told too. `since`: also what was recorded since then, else only what is from
    now on. `signature_token`: see `verify_signature`.
    """
    told = {
        "dest": dest,
        **({"stream": True} if schedule is None else {"schedule": schedule}),
        "signatureToken": signature_token,
        "reportIfEmpty": report_if_empty,
        "initialRecordTime": since,
    }
    body = {member: value for member, value in told.items() if value is not None}
    return Call("POST", f"{path_of(name)}/subscriptions", reads(Subscription), **as_json(body))


def subscription(name: str, subscription_id: str) -> Call[Subscription]:
    """One subscription."""
    return Call("GET", _subscription_path(name, subscription_id), reads(Subscription))


def subscriptions(name: str) -> Callable[[str | None], Call[Page[Subscription]]]:
    """The subscriptions of a query, as pages."""
    return _pages(f"{path_of(name)}/subscriptions", _Collection[Subscription])


def unsubscribe(name: str, subscription_id: str) -> Call[None]:
    """End a subscription. What is on its way may still arrive."""
    return Call("DELETE", _subscription_path(name, subscription_id), read_nothing)


def _subscription_path(name: str, subscription_id: str) -> str:
    return f"{path_of(name)}/subscriptions/{quote(subscription_id, safe='')}"


def _pages(path: str, kind: type[_Collection[T]]) -> Callable[[str | None], Call[Page[T]]]:
    read_collection = reads(kind)

    def read(response: httpx.Response) -> Page[T]:
        return Page(read_collection(response).member, events.next_token(response))

    def page_with(token: str | None) -> Call[Page[T]]:
        return Call("GET", path, read, {"perPage": PAGE_ROWS, "nextPageToken": token})

    return page_with

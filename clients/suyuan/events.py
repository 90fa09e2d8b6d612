"""Events that match a query (EPCIS 2.0: SimpleEventQuery), page after page. Those of the trade, built by
`suyuan.trade_events`, are found here, too: `suyuan.events.ship(…)`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from suyuan.call import Call, Page, text_of
from suyuan.problems import Unreadable
from suyuan.trade_events import (
    Event,
    commission,
    destroy,
    document,
    harvest,
    inspect,
    pack,
    receive,
    return_,
    sample,
    sell,
    ship,
    transform,
    unpack,
)

__all__ = [
    "Event",
    "as_event",
    "commission",
    "destroy",
    "document",
    "events_in",
    "harvest",
    "inspect",
    "next_token",
    "pack",
    "page",
    "receive",
    "return_",
    "sample",
    "sell",
    "ship",
    "transform",
    "unpack",
]

#: Events of one page that queries ask for; the service gives at most 1000.
PAGE_EVENTS: Final = 500
EVENTS: Final = "/epcis/events"


class _EventList(msgspec.Struct):
    events: list[msgspec.Raw] = msgspec.field(name="eventList", default_factory=list)


class _Results(msgspec.Struct):
    body: _EventList = msgspec.field(name="resultsBody")


class _Body(msgspec.Struct):
    results: _Results = msgspec.field(name="queryResults")


class _Document(msgspec.Struct):
    body: _Body = msgspec.field(name="epcisBody")


def page(
    query: Mapping[str, Any], extensions: Mapping[str, str] | None = None, path: str = EVENTS
) -> Callable[[str | None], Call[Page[msgspec.Raw]]]:
    """Events as they are written, as pages. `query`: parameters of SimpleEventQuery, `perPage`.

    A list is any of its values; moments need their offset. `extensions`: what prefixes of extension fields
    mean, for those that no captured document has defined.
    """
    wanted = {"perPage": PAGE_EVENTS, **{name: _value(value) for name, value in query.items()}}
    headers = {}
    if extensions:
        headers["GS1-Extensions"] = ",".join(f"{prefix}={uri}" for prefix, uri in extensions.items())

    def page_with(token: str | None) -> Call[Page[msgspec.Raw]]:
        # A token holds the whole query of the page before.
        params = wanted if token is None else {"perPage": wanted["perPage"], "nextPageToken": token}
        return Call("GET", path, _read_page, params, headers=headers)

    return page_with


def as_event(written: msgspec.Raw) -> Event:
    """An event as a dictionary."""
    return msgspec.json.decode(written, type=Event)


def events_in(content: bytes | str, url: str) -> list[msgspec.Raw]:
    """The events of an EPCISQueryDocument in JSON. Raises `Unreadable`."""
    try:
        return msgspec.json.decode(content, type=_Document).body.results.body.events
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(url, str(error)) from error


def next_token(response: httpx.Response) -> str | None:
    """The page token in the `Link` header of an answer; None on the last page."""
    url = response.links.get("next", {}).get("url", "")
    return next(iter(parse_qs(urlsplit(url).query).get("nextPageToken", [])), None)


def _read_page(response: httpx.Response) -> Page[msgspec.Raw]:
    return Page(events_in(response.content, str(response.request.url)), next_token(response))


def _value(value: object) -> str | None:
    """The value of a parameter: several are parted by `|`."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "|".join(text_of(each) for each in value if each is not None)
    return None if value is None else text_of(value)

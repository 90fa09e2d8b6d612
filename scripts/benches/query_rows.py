"""How fast the first page of a query is answered over HTTP, against the same rows fetched by their key."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import asyncpg
import msgspec

from scripts.benches import many_events, sight_rows
from scripts.benches.databases import Bench
from scripts.benches.measuring import Row, Sample, Size
from scripts.benches.wire import Caller, callers, request_bytes

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

EVENTS: Final = {Size.SMALL: 6_000, Size.MEDIUM: 200_000, Size.LARGE: 5_000_000}
#: Requests of each kind that count, each with other values, and before them some that do not.
REPEATS: Final = {Size.SMALL: 3, Size.MEDIUM: 100, Size.LARGE: 300}
WARM_UP: Final = 5
BY_KEY: Final = """
SELECT event_id, payload::text, record_time, context::text
FROM event JOIN event_context ON event_context.id = context_id
WHERE event_id = ANY($1::text[]) AND NOT declares_error
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of query. `parameters`: of the query of this number, among so many events."""

    what: str
    parameters: Callable[[int, int], dict[str, str]]


def _spread(number: int, among: int) -> int:
    """Numbers far from one another, always the same."""
    return number * 7_919 * 104_729 % among


def _gtin(product: int) -> str:
    digits = f"09521234{product:05d}"
    check = -sum(int(digit) * (3 - 2 * (place % 2)) for place, digit in enumerate(digits)) % 10
    return f"{digits}{check}"


def _unit(number: int, events: int) -> tuple[str, int]:
    """The GTIN and the serial of a unit."""
    serial = 1 + _spread(number, events // many_events.UNIT_EVENTS)
    lot = 1 + (serial - 1) // many_events.LOT_UNITS
    return _gtin(lot % many_events.PRODUCTS), serial


def _epc(number: int, events: int) -> dict[str, str]:
    gtin, serial = _unit(number, events)
    return {"MATCH_epc": f"https://id.gs1.org/01/{gtin}/21/{serial}"}


def _pattern(number: int, events: int) -> dict[str, str]:
    gtin, _ = _unit(number, events)
    return {"MATCH_anyEPC": f"urn:epc:idpat:sgtin:9521234.0{gtin[8:13]}.*"}


def _window(length: timedelta) -> Callable[[int, int], dict[str, str]]:
    def told(number: int, events: int) -> dict[str, str]:
        begins = many_events.START + many_events.YEAR * (_spread(number, events) / events)
        ends = begins + length
        return {"GE_eventTime": _instant(begins), "LT_eventTime": _instant(ends)}

    return told


def _instant(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


ASKED: Final = (
    Asked("by EPC", _epc),
    Asked("by EPC pattern (MATCH_anyEPC, one product)", _pattern),
    Asked("by time window (an hour)", _window(timedelta(hours=1))),
    Asked("by time window (a week)", _window(timedelta(days=7))),
    Asked("by bizStep (one event in three)", lambda *_: {"EQ_bizStep": "shipping"}),
    Asked("by bizStep (one event in 5,000)", lambda *_: {"EQ_bizStep": "destroying"}),
    Asked("by bizStep, the latest first", lambda *_: {"EQ_bizStep": "shipping", "orderBy": "eventTime"}),
    Asked(
        "by bizLocation (one event in 2,000)",
        lambda number, _: {
            "EQ_bizLocation": f"https://trade.example/place/{1 + _spread(number, many_events.PLACES - 1)}"
        },
    ),
    Asked(
        "by an extension field",
        lambda number, events: {"EQ_https://trade.example/truck": f"T{_spread(number, events) // 50}"},
    ),
)


async def rows(bench: Bench) -> AsyncIterator[Row]:
    """The rows of queries."""
    events = EVENTS[bench.size]
    async with bench.database() as dsn:
        began = perf_counter()
        await many_events.load(dsn, events)
        seconds = perf_counter() - began
        yield Row("query", f"{events:,} events made in the same tables, indexes too", seconds, "s")
        async with bench.service(dsn) as service, callers(service.url, 1) as (caller,):
            connection = await asyncpg.connect(dsn)
            try:
                for asked in ASKED:
                    yield await _first_page(caller, service.url, service.key, connection, asked, bench.size)
            finally:
                await connection.close()
        async for row in sight_rows.of_events(bench, dsn):
            yield row


async def _first_page(
    caller: Caller, url: str, key: str, connection: Connection, asked: Asked, size: Size
) -> Row:
    events = EVENTS[size]
    http: list[float] = []
    bare: list[float] = []
    found = 0
    by_key = await connection.prepare(BY_KEY)
    for number in range(WARM_UP + REPEATS[size]):
        query = urlencode(asked.parameters(number, events))
        request = request_bytes("GET", f"{url}/epcis/events?{query}", {"Authorization": f"Bearer {key}"})
        began = perf_counter()
        answer = await caller.ask(request)
        asked_for = 1000 * (perf_counter() - began)
        assert answer.status == 200, answer.body[:500]
        body = msgspec.json.decode(answer.body)
        names = [event["eventID"] for event in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
        began = perf_counter()
        fetched = await by_key.fetch(names)
        looked_up = 1000 * (perf_counter() - began)
        assert len(fetched) == len(names)
        if number >= WARM_UP:
            http.append(asked_for)
            bare.append(looked_up)
            found += len(names)
    assert found, asked
    told, beside = Sample(tuple(http)), Sample(tuple(bare))
    return Row(
        *("query", f"first page {asked.what}", told.median, "ms"),
        f"the same rows by their eventIDs in SQL ({found / len(http):.0f} events)",
        beside.median,
        more={"p99 ms": told.percentile(99)},
    )

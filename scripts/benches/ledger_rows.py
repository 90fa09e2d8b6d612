"""How fast the ledger is derived anew, and what one event costs where much hangs on it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from time import perf_counter
from typing import Any, Final

import msgspec

from scripts.benches import trade
from scripts.benches.databases import Bench, execute
from scripts.benches.measuring import Row, Sample, Size, at_most
from service.capture.store import insert_finished_jobs
from service.db.transaction import create_engine, transaction
from service.events.identifying import identify_events
from service.events.json_document import read_document
from service.events.store import Incoming, ensure_context, insert_events
from service.ledger.naming import StoredEvent, read_journal
from service.ledger.rebuild import rebuild
from service.ledger.rebuild_aside import rebuild_aside

#: Containers in one another.
LEVELS: Final = 6
#: Contents of the innermost container; holders of one batch.
CONTENTS: Final = {Size.SMALL: 200, Size.MEDIUM: 100_000, Size.LARGE: 100_000}
HOLDERS: Final = {Size.SMALL: 100, Size.MEDIUM: 10_000, Size.LARGE: 10_000}
#: Documents, and events of each, that a ledger is derived of from nothing.
EVENTS: Final = {Size.SMALL: (1, 60), Size.MEDIUM: (100, 1_000), Size.LARGE: (1_000, 1_000)}
#: Shipments of one document.
SHIPMENTS_AT_ONCE: Final = 1_000
REPEATS: Final = 3

#: Captures events as one document; seconds.
Ask = Callable[..., Awaitable[float]]

_encoder = msgspec.json.Encoder()


async def rebuilds(dsn: str) -> Row:
    """Both ways of deriving all of a ledger that is in order."""
    began = perf_counter()
    report = await rebuild_aside(dsn)
    aside = perf_counter() - began
    engine = create_engine(dsn, pool_size=1)
    try:
        began = perf_counter()
        async with transaction(engine) as tx:
            await rebuild(tx)
        alone = perf_counter() - began
    finally:
        await engine.dispose()
    assert report.changed_rows == 0, report
    return Row(
        *("ledger", f"rebuild of {report.events:,} events while captures go on", report.events / aside),
        "events/s",
        "the same by one process, in one transaction, captures waiting",
        report.events / alone,
    )


async def from_nothing(bench: Bench) -> Row:
    """A ledger derived of events that are all there is, stored as captures store them."""
    number, of_each = EVENTS[bench.size]
    async with bench.database() as dsn:
        engine = create_engine(dsn, pool_size=1)
        try:
            for part in range(number):
                document = read_document(trade.document(part, of_each), max_events=of_each)
                async with transaction(engine) as tx:
                    await insert_finished_jobs(tx, {f"{part}": (None, None)}, trade.START)
                    context = await ensure_context(tx, document.context)
                    incoming = [Incoming(item, context, f"{part}") for item in identify_events(document)]
                    inserted = await insert_events(tx, incoming, now=trade.START)
                    # What events name is registered as they come; no rebuild invents it.
                    stored = [StoredEvent(row, item.event_id, item.event) for row, item in inserted.stored]
                    await read_journal(tx, stored)
        finally:
            await engine.dispose()
        await execute(dsn, "VACUUM (ANALYZE) event")
        began = perf_counter()
        report = await rebuild_aside(dsn)
        seconds = perf_counter() - began
    return Row(
        *("ledger", f"rebuild of {report.events:,} events from nothing", seconds, "s"),
        *("ten minutes", 600, at_most(1)),
        more={"flows": report.flows_after, "events/s": report.events / seconds},
    )


async def containers(size: Size, ask: Ask) -> AsyncIterator[Row]:
    """Contents packed into one, that into another, and so on; then shipped and received by the outermost."""
    contents = CONTENTS[size]
    serials = [f"urn:epc:id:sgtin:{trade.PREFIX}.012345.c{serial}" for serial in range(contents)]
    boxes = [f"urn:epc:id:sscc:{trade.PREFIX}.9{level:09d}" for level in range(LEVELS)]
    made = _object("ADD", "commissioning", 1, {"epcList": serials, "ilmd": {"cbvmda:lotNumber": "C1"}})
    await ask(made)
    packed = await ask(_packing(boxes[0], serials, 2))
    nested = [await ask(_packing(boxes[n], [boxes[n - 1]], 2 + n)) for n in range(1, LEVELS)]
    there = {"destinationList": [{"type": "location", "destination": _place(2)}]}
    moved = [
        await ask(_object("OBSERVE", "shipping", 10, {"epcList": [boxes[-1]], **there})),
        await ask(_object("OBSERVE", "receiving", 11, {"epcList": [boxes[-1]]}, at=2)),
    ]
    late = await ask(_packing(boxes[0], [f"urn:epc:id:sgtin:{trade.PREFIX}.012345.late"], 2.5))
    what = f"{contents:,} things {LEVELS} containers deep"
    yield Row("ledger", f"one event that packs {contents:,} things", packed, "s")
    yield Row("ledger", f"one event that packs {what}", Sample(tuple(nested)).median, "s")
    yield Row("ledger", f"one event that moves {what}", Sample(tuple(moved)).median, "s")
    yield Row("ledger", f"one late packing among {what}", late, "s")


async def wide_batch(size: Size, ask: Ask) -> Row:
    """One more shipment of a batch that many places hold."""
    holders = HOLDERS[size]
    lot = f"urn:epc:class:lgtin:{trade.PREFIX}.012346.W1"
    await ask(_object("ADD", "commissioning", 1, {"quantityList": _amount(lot, 100 * holders)}))
    for first in range(0, holders, SHIPMENTS_AT_ONCE):
        told = [_shipment(lot, n) for n in range(first, min(first + SHIPMENTS_AT_ONCE, holders))]
        await ask(*told)
    seconds = [await ask(_shipment(lot, holders + n)) for n in range(REPEATS)]
    what = f"one more shipment of a batch at {holders:,} places"
    return Row("ledger", what, Sample(tuple(seconds)).median, "s")


def _shipment(lot: str, n: int) -> dict[str, Any]:
    there = {"destinationList": [{"type": "location", "destination": _place(10 + n)}]}
    return _object("OBSERVE", "shipping", 2 + n / 100_000, {"quantityList": _amount(lot, 10), **there})


def document(*events: dict[str, Any]) -> bytes:
    """Events as a document to be captured."""
    return _encoder.encode(
        {
            "@context": trade.CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-01-01T00:00:00Z",
            "epcisBody": {"eventList": events},
        }
    )


def _object(action: str, step: str, day: float, fields: dict[str, Any], at: int = 1) -> dict[str, Any]:
    return _event("ObjectEvent", day, at, {"action": action, "bizStep": step, **fields})


def _packing(parent: str, children: list[str], day: float) -> dict[str, Any]:
    told = {"action": "ADD", "bizStep": "packing", "parentID": parent, "childEPCs": children}
    return _event("AggregationEvent", day, 1, told)


def _event(kind: str, day: float, at: int, fields: dict[str, Any]) -> dict[str, Any]:
    time = (trade.START + timedelta(days=day)).isoformat()
    place = {"readPoint": {"id": _place(at)}, "bizLocation": {"id": _place(at)}}
    return {"type": kind, "eventTime": time, "eventTimeZoneOffset": "+00:00", **place, **fields}


def _amount(lot: str, quantity: int) -> list[dict[str, Any]]:
    return [{"epcClass": lot, "quantity": quantity, "uom": "KGM"}]


def _place(number: int) -> str:
    return f"urn:epc:id:sgln:{trade.PREFIX}.{number:05d}.0"

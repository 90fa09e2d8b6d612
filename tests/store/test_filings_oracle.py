"""The FSMA 204 record, held against one made straight from the events, whatever the chain and its order."""

from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.db.transaction import Transaction
from service.filings.fsma204 import TrackingRecord
from service.filings.local_days import Span
from tests.conftest import RollBack
from tests.world import Json, capture, objects, observe, pack, place, receive, sell, ship, thing, transform

PLACES = ("field", "plant", "depot", "shop")
HARVEST, COOL, LAND = (f"https://steps.example/{step}" for step in ("harvesting", "cooling", "landing"))
NAMES = {
    HARVEST: "Harvesting 采收",
    COOL: "Cooling 预冷",
    LAND: "First land-based receiving 首次上岸接收",
    "commissioning": "Initial packing 初次包装",
    "shipping": "Shipping 发运",
    "receiving": "Receiving 接收",
}
TRANSFORMED, PACKED = "Transformation 加工转化", NAMES["commissioning"]

lots = st.sampled_from(("A", "B", "box/P", "salad/S"))
amounts = st.integers(1, 9)
places = st.sampled_from(PLACES)
days = st.integers(1, 20)


@st.composite
def events(draw: st.DrawFn) -> Json:
    """One event that says everything of itself: places, quantities, documents."""
    things = [
        f"{lot}={draw(amounts)}KGM" for lot in draw(st.lists(lots, min_size=1, max_size=2, unique=True))
    ]
    at, other = draw(st.lists(places, min_size=2, max_size=2, unique=True))
    on, po = draw(days), draw(st.sampled_from((None, "1", "2")))
    kind = draw(st.sampled_from((*NAMES, "transform", "packed", "none", "sold", "cases")))
    if kind in (HARVEST, "commissioning"):
        return objects(*things, action="ADD", step=kind, at=at, on=on, po=po)
    if kind in (COOL, LAND):
        return objects(*things, step=kind, at=at, on=on, po=po)
    if kind == "shipping":
        return ship(*things, at=at, to=other, on=on, po=po)
    if kind == "receiving":
        return receive(*things, at=at, source=other, on=on, po=po)
    if kind in ("transform", "packed"):
        step = "packing" if kind == "packed" else "commissioning"
        return transform(
            things, [f"pie/{draw(st.sampled_from('XY'))}={draw(amounts)}"], step=step, at=at, on=on
        )
    if kind == "cases":
        return pack("@P1", *things, at=at, on=on)
    return (sell if kind == "sold" else observe)(*things, at=at, on=on)


def _lot(element: Json) -> tuple[str, Any, str]:
    return element["epcClass"].rpartition("/10/")[2], int(element["quantity"]), element.get("uom", "EA")


def _expected(told: Json) -> list[tuple[Any, ...]]:
    """The rows of one event, read from nothing but its JSON."""
    day = datetime.fromisoformat(told["eventTime"]).date()
    papers = [each["bizTransaction"].rpartition(":")[2] for each in told.get("bizTransactionList", [])]
    number = papers[0] if papers else None
    here = told["bizLocation"]["id"]
    if told["type"] == "TransformationEvent":
        name = PACKED if told["bizStep"] == "packing" else TRANSFORMED
        return [
            (name, *_lot(made), None, None, day, number, *_lot(used))
            for made in told["outputQuantityList"]
            for used in told["inputQuantityList"]
        ]
    name = NAMES.get(told["bizStep"], "") if told["type"] == "ObjectEvent" else ""
    ends: tuple[str | None, str | None] = (None, None)
    if told["bizStep"] == "shipping":
        ends = (here, told["destinationList"][0]["destination"])
    elif told["bizStep"] == "receiving":
        ends = (told["sourceList"][0]["source"], here)
    elif told["bizStep"] == LAND:
        ends = (None, here)
    nothing = (None, None, None)
    return [
        (name, *_lot(each), *ends, day, number, *nothing) for each in told.get("quantityList", []) if name
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events(), min_size=1, max_size=6), st.tuples(days, days))
async def test_the_record_tells_what_the_events_tell(
    tx: Transaction, told: list[Json], between: tuple[int, int]
) -> None:
    first, last = (date(2026, 1, 1 + day) for day in sorted(between))
    try:
        async with tx.sql.transaction():
            await capture(tx, *told)
            every = [row["id"] for row in await tx.sql.fetch("SELECT id FROM batch WHERE lot IS NOT NULL")]
            record = TrackingRecord(every, Span(first, last))
            rows = [row async for some in record.rows(tx) for row in some]
            raise RollBack
    except RollBack:
        pass
    found = [
        (
            *(row.event_type, row.tlc, row.quantity, row.uom, row.from_location, row.to_location),
            *(row.event_date, row.document_number, row.input_tlc, row.input_quantity, row.input_uom),
        )
        for row in rows
    ]
    # The same event drawn twice is one event.
    distinct = {str(each): each for each in told}.values()
    wanted = [row for each in distinct for row in _expected(each) if first <= row[6] <= last]
    assert sorted(map(str, (tuple(map(_plain, row)) for row in found))) == sorted(map(str, wanted))
    assert [row.event_date for row in rows] == sorted(row.event_date for row in rows)


def _plain(cell: Any) -> Any:
    return int(cell) if cell.__class__.__name__ == "Decimal" else cell


def test_the_oracle_knows_the_names_of_places() -> None:
    made = ship("A=1KGM", at="field", to="shop", on=1, po="1")
    assert _expected(made) == [
        (
            "Shipping 发运",
            "A",
            1,
            "KGM",
            place("field"),
            place("shop"),
            date(2026, 1, 2),
            "1",
            None,
            None,
            None,
        )
    ]
    assert thing("A").uri.endswith("/10/A")

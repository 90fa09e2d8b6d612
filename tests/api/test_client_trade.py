"""One line for each event of the trade: what is built, what is refused unsent, what becomes of it."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import suyuan
from service.events.json_document import read_document, read_event
from suyuan import AsyncSuyuan, Suyuan, WrongField, captures, events
from suyuan.registry import Batch, Site
from suyuan.trade_events import Event
from tests.api.registering import has_chinese
from tests.world import ledger

GTIN = "06901234567892"
LINK = f"https://id.gs1.org/01/{GTIN}/10/L1"
MILL, SHOP, OWNER = "6901234000009", "6901234000016", "6901234000023"
PALLET = "(00)106901234500000010"
WHEN = datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture
async def ours(client: httpx.AsyncClient, admin_key: str) -> AsyncIterator[AsyncSuyuan]:
    """The client on the application in this process."""
    async with AsyncSuyuan("http://testserver", admin_key, transport=client._transport) as opened:
        yield opened


def every_event() -> list[Event]:
    """One of each kind."""
    batch = f"{GTIN} L1"
    return [
        events.commission(batch, 10, "KGM", at=MILL, made_on="2026-03-01", best_before=date(2027, 3, 1)),
        events.harvest(batch, "2.50", "KGM", at=MILL, when=WHEN),
        events.ship(batch, 1, at=MILL, to=SHOP, to_party=SHOP, to_owner=OWNER, po=(MILL, "采购 1/2")),
        events.receive([(batch, 1), PALLET], at=SHOP, source=MILL, despatch_advice="urn:example:d:1"),
        events.return_(batch, 1, at=SHOP, to=MILL, documents={"rma": [(MILL, "1"), (MILL, "2")]}),
        events.sell(batch, 1, at=SHOP),
        events.destroy(batch, at=SHOP, disposition="disposed"),
        events.sample(batch, 1, at=SHOP),
        events.inspect(f"(01){GTIN}(21)7", at=SHOP),
        events.transform([(batch, 1, "KGM")], [(f"{GTIN} L2", 2)], at=MILL, transformation_id="urn:x:1"),
        events.pack(PALLET, [(batch, 1)], at=MILL),
        events.unpack(PALLET, at=SHOP),
    ]


def test_every_event_keeps_the_rules_of_epcis_alone_and_in_a_document() -> None:
    made = every_event()
    for event in made:
        assert not read_event(captures.encoded(event)).rejected, event
        assert UUID(event["eventID"]).version == 4
    document = read_document(captures.encoded(events.document(*made)), max_events=100)
    assert len(document.events) == len(made)
    assert not document.rejected


def test_an_event_says_what_it_was_told_and_nothing_is_rounded() -> None:
    batch = Batch(1, LINK, gtin=GTIN, lot="L1")
    shop = Site(2, "https://suyuan.test/site/x")
    event = events.ship(
        batch, Decimal("12.50"), "KGM", at=MILL, to=shop, to_owner=OWNER, when=WHEN, event_id="urn:x:e"
    )
    assert event == {
        "type": "ObjectEvent",
        "eventID": "urn:x:e",
        "eventTime": "2026-03-01T08:30:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "quantityList": [{"epcClass": LINK, "quantity": Decimal("12.50"), "uom": "KGM"}],
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": f"https://id.gs1.org/414/{MILL}"},
        "sourceList": [{"type": "location", "source": f"https://id.gs1.org/414/{MILL}"}],
        "destinationList": [
            {"type": "owning_party", "destination": f"https://id.gs1.org/417/{OWNER}"},
            {"type": "location", "destination": "https://suyuan.test/site/x"},
        ],
    }
    assert b'"quantity":12.50,' in captures.encoded(event)


def test_an_event_without_a_time_happens_now_in_the_zone_of_the_machine() -> None:
    event = events.sell(f"{GTIN} L1", 1, at=SHOP)
    happened = datetime.fromisoformat(event["eventTime"])
    now = datetime.now(UTC).astimezone()
    assert timedelta() <= now - happened < timedelta(minutes=5)
    assert happened.utcoffset() == now.utcoffset()
    assert event["eventTime"].endswith(event["eventTimeZoneOffset"])


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        (LINK, LINK),
        (f"{LINK}?17=261231", LINK),
        (f"https://shop.example/x/01/{GTIN}/10/L1", f"https://shop.example/x/01/{GTIN}/10/L1"),
        (f"(01){GTIN}(17)261231(10)L1", LINK),
        (f"]d201{GTIN}1726123110L1", LINK),
        (f"01{GTIN}10L1\x1d17261231", LINK),
        ("6901234567892 L1", LINK),
        (f"(01){GTIN}(10)L/1", f"https://id.gs1.org/01/{GTIN}/10/L%2F1"),
        ("urn:epc:class:lgtin:69012345.06789.L1", "urn:epc:class:lgtin:69012345.06789.L1"),
        (GTIN, f"https://id.gs1.org/01/{GTIN}"),
        (SimpleNamespace(uri="https://suyuan.test/product/x/lot/1"), "https://suyuan.test/product/x/lot/1"),
    ],
)
def test_a_batch_is_named_in_any_form(code: Any, uri: str) -> None:
    event = events.ship(code, 1, at=MILL)
    assert event["quantityList"] == [{"epcClass": uri, "quantity": Decimal(1)}]


@pytest.mark.parametrize(
    "code",
    [
        *(PALLET, "106901234500000010", f"(01){GTIN}(10)L1(21)7", "urn:epc:id:sgtin:69012345.06789.7"),
        *("urn:example:anything", "81234560000000000012", f"21{'7'}\x1d01{GTIN}"),
    ],
)
def test_one_thing_stands_among_the_instances(code: str) -> None:
    event = events.ship([code, (f"{GTIN} L1", 2)], at=MILL)
    assert len(event["epcList"]) == len(event["quantityList"]) == 1


L1 = f"{GTIN} L1"
#: As a program without types calls it.
untyped: Any = events.ship
WRONG: list[tuple[str, Callable[[], Event]]] = [
    ("goods", lambda: events.ship("flour", 1, at=MILL)),
    ("goods", lambda: events.ship("", 1, at=MILL)),
    ("goods", lambda: events.ship("06901234567893 L1", 1, at=MILL)),
    ("goods", lambda: events.ship("https://x.cn/01/06901234567893/10/L1", 1, at=MILL)),
    ("goods", lambda: events.ship(f"{GTIN} L 1", 1, at=MILL)),
    ("goods", lambda: events.ship([], at=MILL)),
    ("goods", lambda: untyped(7, at=MILL)),
    ("goods[1]", lambda: events.ship([(L1, 1), (L1, 2)], at=MILL)),
    ("goods[0]", lambda: events.ship([(L1, 0)], at=MILL)),
    ("quantity", lambda: untyped(L1, 1.5, "KGM", at=MILL)),
    ("quantity", lambda: events.ship(L1, True, at=MILL)),
    ("quantity", lambda: events.ship(L1, "NaN", at=MILL)),
    ("quantity", lambda: events.ship(L1, "1e40", at=MILL)),
    ("quantity", lambda: events.ship(L1, -1, at=MILL)),
    ("quantity", lambda: events.ship(PALLET, 1, at=MILL)),
    ("quantity", lambda: events.ship([L1, PALLET], 1, at=MILL)),
    ("uom", lambda: events.ship(L1, 1, "kg", at=MILL)),
    ("uom", lambda: events.ship(L1, None, "KGM", at=MILL)),
    ("at", lambda: events.ship(L1, 1, at="mill")),
    ("to", lambda: events.ship(L1, 1, at=MILL, to="6901234000010")),
    ("to_owner", lambda: events.ship(L1, 1, at=MILL, to_owner="nobody")),
    ("po", lambda: events.ship(L1, 1, at=MILL, po="PO-1")),
    ("documents", lambda: events.ship(L1, 1, at=MILL, documents={"letter": "urn:x:1"})),
    ("documents", lambda: untyped(L1, 1, at=MILL, documents=["urn:x:1"])),
    ("when", lambda: events.ship(L1, 1, at=MILL, when="2026-03-01T08:30:00")),
    ("when", lambda: untyped(L1, 1, at=MILL, when=date(2026, 3, 1))),
    ("event_id", lambda: events.ship(L1, 1, at=MILL, event_id="7")),
    ("disposition", lambda: events.ship(L1, 1, at=MILL, disposition="gone")),
    ("parent", lambda: events.pack(L1, [(L1, 1)], at=MILL)),
    ("children", lambda: events.pack(PALLET, [PALLET], at=MILL)),
    ("made_on", lambda: events.commission(L1, 1, at=MILL, made_on="1.3.2026")),
    ("expires_on", lambda: events.commission(L1, 1, at=MILL, made_on="2026-03-02", expires_on="2026-03-01")),
    ("inputs", lambda: events.transform([], [L1], at=MILL)),
]


@pytest.mark.parametrize(("field", "build"), WRONG)
def test_what_cannot_be_right_is_refused_by_its_field(field: str, build: Callable[[], Event]) -> None:
    with pytest.raises(WrongField) as caught:
        build()
    assert caught.value.field == field
    assert caught.value.detail.startswith(f"{field}: ")
    assert has_chinese(caught.value.detail_zh)
    assert caught.value.faults[0].field == field


def test_an_argument_that_no_event_takes_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="colour"):
        untyped(L1, 1, at=MILL, colour="red")


def test_wrong_goods_are_not_sent_and_a_capture_that_was_cut_is_sent_again_under_its_name() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            raise httpx.ReadError("cut")
        warned = f'recalled;case="R-1";batch="{LINK}";event="urn:x"'
        headers = [("location", "/epcis/events/x"), ("suyuan-warning", warned)]
        return httpx.Response(201, headers=headers)

    with Suyuan(
        "http://s.test", "k", transport=httpx.MockTransport(answer), pause=lambda _seconds: None
    ) as client:
        with pytest.raises(WrongField):
            client.ship("flour", 1, at=MILL)
        assert not asked
        event = client.ship(L1, 1, at=MILL, to=SHOP)
    first, second = asked
    assert first.content == second.content
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert json.loads(first.content)["eventID"] == event["eventID"]
    assert event.warnings == (suyuan.Standing("recalled", "R-1", LINK),)


async def test_the_service_makes_of_them_what_happened(ours: AsyncSuyuan, engine: AsyncEngine) -> None:
    wheat, flour, bag = f"{GTIN} W1", "06901234567021 F1", "06901234567021 F2"
    day = [WHEN + timedelta(hours=n) for n in range(9)]
    await ours.harvest(wheat, 1000, "KGM", at=MILL, when=day[0])
    await ours.transform([(wheat, 900, "KGM")], [(flour, "700.5", "KGM")], at=MILL, when=day[1])
    await ours.commission(bag, 5, at=MILL, when=day[1])
    await ours.pack(PALLET, [(bag, 5)], at=MILL, when=day[2])
    shipped = await ours.ship([(flour, 100, "KGM"), PALLET], at=MILL, to=SHOP, when=day[3])
    await ours.receive([(flour, 100, "KGM"), PALLET], at=SHOP, source=MILL, when=day[4])
    await ours.unpack(PALLET, at=SHOP, when=day[5])
    await ours.sell(bag, 2, at=SHOP, when=day[6])
    await ours.sample(flour, 1, "KGM", at=SHOP, when=day[6])
    await ours.destroy(bag, 1, at=SHOP, when=day[7])
    await ours.return_(flour, 9, "KGM", at=SHOP, to=MILL, when=day[8])
    assert await ours.tell(shipped) == shipped
    told = await ledger(engine)
    link = "https://id.gs1.org/01/06901234567021/10"
    assert sorted(line for line in told.holdings if "F2" in line) == [
        f"{link}/F2@https://id.gs1.org/414/{MILL}: produced 5, shipped 5",
        f"{link}/F2@https://id.gs1.org/414/{SHOP}: received 5, sold 2, destroyed 1",
    ]
    places = {holding.site.uri[-13:]: holding.balances for holding in (await ours.trace(wheat)).holdings}
    assert set(places) == {MILL, SHOP}
    assert told.gaps == []
    with pytest.raises(suyuan.Conflict) as caught:
        await ours.ship(flour, 1, "KGM", at=MILL, event_id=shipped["eventID"])
    assert shipped["eventID"] in caught.value.detail
    assert any("produced 700.5KGM" in line for line in told.holdings)

"""The page of one pack: its sales, its withdrawal, its number, beside what is true of its lot."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.recalling import recall
from tests.api.registering import TEA, register, register_batch, register_party, register_product
from tests.api.test_consumer_page import heading, open_page
from tests.world import capture, gln, objects, sell

UNIT = f"(01){TEA}(21)S1"
UNIT_URI = f"https://id.gs1.org/01/{TEA}/21/S1"
PAGE = f"/01/{TEA}/21/S1"
JSON = {"Accept": "application/json"}


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Two shops, and a lot whose serials S1 and S2 are registered; a key that may sell."""
    for name in ("shop", "rival"):
        await register(client, "sites", gln=gln(name), name_zh=f"{name} 药店", region="350102")
    party = await register_party(client, name_en="Fuzhou Tea")
    await register_product(client, name_en="Jasmine tea", party_id=party["id"])
    batch = await register_batch(client, expires_on="2090-01-01")
    done = await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["S1", "S2"]})
    assert done.status_code == 201, done.text
    return client


async def leave(client: httpx.AsyncClient, status: str = "sold", place: str = "shop", **body: Any) -> int:
    """A till's or a warehouse's call; its status code."""
    whole = {"unit": UNIT, "site": gln(place), "status": status} | body
    return (await client.post("/v1/units/decommission", json=whole)).status_code


async def status_of(client: httpx.AsyncClient, path: str = PAGE) -> dict[str, Any]:
    """The page's facts as data."""
    answer = await client.get(f"/v1/recall-status{path}")
    told: dict[str, Any] = answer.json()
    return told


async def test_a_pack_that_nobody_sold_says_so_and_asks_for_patience(shop: httpx.AsyncClient) -> None:
    html = await open_page(shop, PAGE)
    assert heading(html) == "No recall known"
    assert "No sale of this one item is on record" in html
    assert (await status_of(shop))["unit"]["times_sold"] == 0


async def test_a_pack_sold_once_is_asked_about_and_the_day_is_told(shop: httpx.AsyncClient) -> None:
    assert await leave(shop, "dispensed", at="2026-03-02T20:00:00+08:00") == 200
    html = await open_page(shop, PAGE)
    assert heading(html) == "Sold once"
    assert "on 2 March 2026" in html
    assert "not you who bought it" in html
    assert "20:00" not in html
    told = await status_of(shop)
    assert (told["status"], told["unit"]["sold_on"], told["unit"]["status"]) == (
        "sold",
        ["2026-03-02"],
        "dispensed",
    )
    chinese = await open_page(shop, PAGE + "?lang=zh")
    assert heading(chinese) == "已售出一次"
    assert "2026年3月2日" in chinese


async def test_a_second_sale_elsewhere_is_an_alarm(shop: httpx.AsyncClient) -> None:
    await leave(shop, at="2026-03-02T08:00:00+08:00")
    assert await leave(shop, place="rival", at="2026-03-05T08:00:00+08:00") == 409
    html = await open_page(shop, PAGE)
    assert heading(html) == "Sold 2 times"
    assert "first on 2 March 2026, last on 5 March 2026" in html
    assert (await status_of(shop))["unit"]["times_sold"] == 2


async def test_a_till_that_scans_twice_makes_no_alarm(shop: httpx.AsyncClient) -> None:
    await leave(shop, at="2026-03-02T08:00:00+08:00")
    assert await leave(shop, at="2026-03-02T08:01:00+08:00") == 409
    assert (await status_of(shop))["status"] == "sold"


async def test_the_shops_event_of_the_evening_is_the_same_sale(shop: httpx.AsyncClient) -> None:
    await leave(shop, at="2026-01-03T08:00:00Z")
    await capture(shop, sell(UNIT_URI, at="shop", on=2.5))
    told = await status_of(shop)
    assert (told["status"], told["unit"]["times_sold"]) == ("sold", 1)
    await capture(shop, sell(UNIT_URI, at="rival", on=2.5))
    assert (await status_of(shop))["status"] == "sold_again"


async def test_a_sale_taken_back_does_not_count(shop: httpx.AsyncClient) -> None:
    await leave(shop)
    await leave(shop, place="rival")
    body = {"unit": UNIT, "site": gln("shop"), "not_supplied": True}
    assert (await shop.post("/v1/units/reactivate", json=body)).status_code == 200
    assert (await status_of(shop))["status"] == "no_recall_known"
    assert await leave(shop, place="rival") == 200
    assert (await status_of(shop))["status"] == "sold"


@pytest.mark.parametrize("status", ["stolen", "destroyed", "sampled"])
async def test_what_should_not_be_on_sale_is_called_so(shop: httpx.AsyncClient, status: str) -> None:
    await leave(shop, status, at="2026-03-02T08:00:00+08:00")
    html = await open_page(shop, PAGE)
    assert heading(html) == "Should not be on sale"
    assert "2 March 2026" in html
    assert (await status_of(shop))["status"] == "withdrawn"


async def test_an_exported_pack_is_no_alarm_but_is_said(shop: httpx.AsyncClient) -> None:
    await leave(shop, "exported", at="2026-03-02T08:00:00+08:00")
    assert heading(await open_page(shop, PAGE)) == "Recorded as exported"


async def test_a_number_that_was_never_registered_is_unknown(shop: httpx.AsyncClient) -> None:
    path = f"/01/{TEA}/10/L1/21/FAKE"
    html = await open_page(shop, path, 404)
    assert heading(html) == "Unknown serial number"
    # Its lot is known all the same, and may be recalled.
    assert "Jasmine tea" in html
    answer = await shop.get(f"/v1/recall-status{path}")
    assert (answer.status_code, answer.json()["recall_status"], answer.json()["lot"]) == (
        404,
        "unknown",
        "L1",
    )


async def test_a_number_registered_for_another_lot_is_unknown_in_this_one(shop: httpx.AsyncClient) -> None:
    await register_batch(shop, "L2", expires_on="2090-01-01")
    assert heading(await open_page(shop, f"/01/{TEA}/10/L1/21/S1")) == "No recall known"
    # A lot that nobody knows is another one, too.
    for lot in ("L2", "L99"):
        html = await open_page(shop, f"/01/{TEA}/10/{lot}/21/S1", 404)
        assert heading(html) == "Serial number of another lot"
        told = await status_of(shop, f"/01/{TEA}/10/{lot}/21/S1")
        assert (told["recall_status"], told["unit"]["listed"]) == ("unknown", False)


async def test_a_recall_goes_before_a_sale_and_the_sale_is_told_too(
    shop: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await leave(shop, at="2026-03-02T08:00:00+08:00")
    async with transaction(engine) as tx:
        await recall(tx, 1)
    html = await open_page(shop, PAGE)
    assert heading(html) == "RECALLED"
    assert "Also: Sold once" in html
    assert html.index("RECALLED") < html.index("Also: Sold once") < html.index("<main>")
    told = await status_of(shop)
    assert (told["status"], told["also"]) == ("recalled", ["sold"])
    unlisted = f"/01/{TEA}/10/L1/21/FAKE"
    assert heading(await open_page(shop, unlisted)) == "RECALLED"


async def test_a_held_pack_is_stopped_until_a_later_event(shop: httpx.AsyncClient) -> None:
    await capture(shop, objects(UNIT_URI, step="holding", at="shop", on=2))
    assert heading(await open_page(shop, PAGE)) == "Stopped"
    assert (await status_of(shop, f"/01/{TEA}/21/S2"))["status"] == "no_recall_known"
    await capture(shop, objects(UNIT_URI, step="storing", at="shop", on=3))
    assert (await status_of(shop))["status"] == "no_recall_known"


async def test_a_failed_test_stops_the_lot_and_a_void_one_does_not(shop: httpx.AsyncClient) -> None:
    path = "/v1/batches/1/documents"
    sent = {"kind": "test_report", "name": "GB 5009.96", "result": "failed", "issued_on": "2026-03-05"}
    made = (await shop.post(path, data=sent)).json()
    assert heading(await open_page(shop, f"/01/{TEA}/10/L1")) == "Stopped"
    assert (await status_of(shop))["status"] == "stopped"
    await shop.patch(f"{path}/{made['id']}", json={"void_reason": "wrong sample"})
    html = await open_page(shop, f"/01/{TEA}/10/L1")
    assert heading(html) == "No recall known"
    assert re.search(r'class="bad">✕ void</span>', html)
    assert "wrong sample" in html

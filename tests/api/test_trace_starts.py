"""A trace starts from whatever a person has at hand; what cannot be a start is refused by its name.

farm: L1 (10), L2 (4), milk/M with serials 7 and 8
    pallet @P1, first use:  6 of L1          -> shop
    pallet @P1, second use: 4 of L2          -> canteen
    4 of L1, loose                           -> market
    milk#7 -> shop; milk#8 stays
"""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from service.settings import settings
from tests import world
from tests.api.registering import has_chinese, register, register_product
from tests.world import (
    capture,
    commission,
    gln,
    gtin,
    observe,
    pack,
    party,
    place,
    receive,
    ship,
    unpack,
    uri,
    when,
)

Query = dict[str, Any]

GOODS = gtin("goods")
MILK = gtin("milk")
SSCC = uri("@P1").rpartition("/")[2]
#: Named by its serials only.
assert uri("milk/M")


@pytest.fixture
async def stocked(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The story above, captured."""
    await capture(
        client,
        commission("L1=10", at="farm", on=1),
        commission("L2=4", at="farm", on=3),
        commission("milk#7", "milk#8", lot="M", at="farm", on=1),
        pack("@P1", "L1=6", at="farm", on=2),
        ship("@P1", at="farm", to="shop", on=2.1),
        receive("@P1", at="shop", source="farm", on=2.5),
        unpack("@P1", at="shop", on=2.6),
        pack("@P1", "L2=4", at="farm", on=4),
        ship("@P1", at="farm", to="canteen", on=4.1),
        ship("L1=4", at="farm", to="market", on=5),
        ship("milk#7", at="farm", to="shop", on=6),
    )
    return client


async def holdings(client: httpx.AsyncClient, direction: str = "forward", **query: Any) -> set[str]:
    """The holdings of a trace, as `L1@shop`."""
    answer = await client.get(f"/v1/trace/{direction}", params=query)
    assert answer.status_code == 200, answer.text
    return {
        f"{world.name(holding['batch']['uri'])}@{world.name(holding['site']['uri'])}"
        for holding in answer.json()["holdings"]
    }


def class_urn(scheme: str, serial: str) -> str:
    """An EPC URN of the goods (or milk) with a company prefix of seven digits."""
    number = GOODS if scheme == "lgtin" else MILK
    kind = "class" if scheme == "lgtin" else "id"
    return f"urn:epc:{kind}:{scheme}:{number[1:8]}.{number[0]}{number[8:13]}.{serial}"


L1 = {"L1@farm", "L1@shop", "L1@market"}
M = {"milk/M@farm", "milk/M@shop"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"https://id.gs1.org/01/{GOODS}/10/L1", L1),
        (f"{settings().public_url}/01/{GOODS}/10/L1", L1),
        (f"https://shop.example/some/where/01/{GOODS}/10/L1?17=270101", L1),
        (class_urn("lgtin", "L1"), L1),
        (f"{GOODS} L1", L1),
        (f"{GOODS[1:]} L1", L1),
        (f"(01){GOODS}(10)L1", L1),
        (f"（01）{GOODS}（10）L1", L1),
        (f"]d201{GOODS}10L1", L1),
        (f"https://id.gs1.org/01/{MILK}/10/M", M),
        (f"https://id.gs1.org/01/{MILK}/21/7", M),
        (f"{settings().public_url}/01/{MILK}/10/M/21/8", M),
        (class_urn("sgtin", "7"), M),
        (f"(01){MILK}(21)8", M),
    ],
)
async def test_every_form_of_a_batch_or_a_unit_starts_the_trace_of_the_batch(
    stocked: httpx.AsyncClient, text: str, found: set[str]
) -> None:
    assert await holdings(stocked, batch=text) == found
    assert await holdings(stocked, unit=text) == found


@pytest.mark.parametrize(
    "text",
    [
        SSCC,
        f"(00){SSCC}",
        f"https://id.gs1.org/00/{SSCC}",
        f"{settings().public_url}/00/{SSCC}",
        f"urn:epc:id:sscc:{SSCC[1:8]}.{SSCC[0]}{SSCC[8:17]}",
    ],
)
async def test_every_form_of_a_logistic_unit_starts_from_what_it_carried(
    stocked: httpx.AsyncClient, text: str
) -> None:
    for parameter in ("batch", "logistic_unit"):
        assert await holdings(stocked, **{parameter: text}) == {"L2@canteen"}
        assert await holdings(stocked, **{parameter: text}, at=when(2.2)) == {"L1@shop"}
        # A moment before the first use, and one after its end, belong to the nearest use.
        assert await holdings(stocked, **{parameter: text}, at=when(0)) == {"L1@shop"}
        assert await holdings(stocked, **{parameter: text}, at=when(3)) == {"L1@shop"}
        back = await holdings(stocked, "backward", **{parameter: text}, at=when(2.2))
        assert back == {"L1@shop", "L1@farm"}


async def test_any_other_uri_that_was_captured_is_a_start(client: httpx.AsyncClient) -> None:
    await capture(
        client,
        commission("urn:example:lot:class:tea.1=3KGM", at="farm", on=1),
        commission("urn:example:bale:9", at="farm", on=1),
        ship("urn:example:bale:9", at="farm", to="shop", on=2),
    )
    assert await holdings(client, batch="urn:example:lot:class:tea.1") == {"urn:example:lot:class:tea.1@farm"}
    bale = "urn:example:bale:9"
    assert await holdings(client, unit=bale) == {f"{bale}@farm", f"{bale}@shop"}


async def test_a_captured_identifier_with_a_wrong_check_digit_is_still_a_start(
    client: httpx.AsyncClient,
) -> None:
    wrong = f"https://id.gs1.org/01/{GOODS[:13]}{(int(GOODS[13]) + 1) % 10}/10/L1"
    await capture(client, commission(f"{wrong}=3EA", at="farm", on=1))
    assert await holdings(client, batch=wrong) == {f"{wrong}@farm"}


async def test_a_batch_of_a_product_without_a_gtin_starts_from_its_printed_link(
    client: httpx.AsyncClient,
) -> None:
    product = await register_product(client, gtin=None)
    batch = await register(client, "batches", product_id=product["id"], lot="T/1", made_on="2026-03-01")
    await capture(client, commission(f"{batch['uri']}=3KGM", at="farm", on=1))
    assert await holdings(client, batch=batch["digital_link"]) == {f"{batch['uri']}@farm"}


async def test_a_registered_batch_that_no_event_names_is_an_empty_trace(client: httpx.AsyncClient) -> None:
    await register_product(client, gtin=GOODS)
    await register(client, "batches", gtin=GOODS, lot="L9", made_on="2026-03-01")
    answer = await client.get("/v1/trace/forward", params={"batch": f"{GOODS} L9"})
    found = answer.json()
    assert (found["holdings"], found["summary"]["batches"]) == ([], 0)
    assert [start["lot"] for start in found["starts"]] == ["L9"]


@pytest.mark.parametrize(
    "site",
    [
        gln("shop"),
        place("shop"),
        f"(414){gln('shop')}",
        f"urn:epc:id:sgln:{gln('shop')[:7]}.{gln('shop')[7:12]}.0",
    ],
)
async def test_a_holding_is_a_batch_at_one_site(stocked: httpx.AsyncClient, site: str) -> None:
    await capture(stocked, ship("L1=2", at="shop", to="kiosk", on=7))
    assert await holdings(stocked, holding=f"{GOODS} L1", site=site) == {"L1@shop", "L1@kiosk"}
    assert await holdings(stocked, "backward", holding=f"{GOODS} L1", site=site) == {"L1@shop", "L1@farm"}


async def test_a_gln_alone_means_all_places_that_have_it(client: httpx.AsyncClient) -> None:
    dock = f"{place('shop')}/254/dock"
    await capture(
        client,
        commission("L1=10", at="farm", on=1),
        ship("L1=5", at="farm", to="shop", on=2),
        receive("L1=5", at="shop", source="farm", on=3),
        ship("L1=5", at="farm", to=dock, on=2),
        receive("L1=5", at=dock, source="farm", on=3),
    )
    both = {"L1@shop", f"L1@{dock}"}
    assert await holdings(client, holding=f"{GOODS} L1", site=gln("shop")) == both
    assert await holdings(client, holding=f"{GOODS} L1", site=dock) == {f"L1@{dock}"}


async def test_the_place_a_party_does_not_tell_goes_by_the_partys_gln(client: httpx.AsyncClient) -> None:
    await capture(
        client, commission("L1=10", at="farm", on=1), ship("L1=5", at="farm", to_party="firm", on=2)
    )
    assert await holdings(client, holding=f"{GOODS} L1", site=gln("firm")) == {"L1@firm"}
    assert await holdings(client, holding=f"{GOODS} L1", site=party("firm")) == {"L1@firm"}


async def test_several_starts_of_every_kind_are_traced_together(stocked: httpx.AsyncClient) -> None:
    query: Query = {"batch": [f"{MILK} M", f"{GOODS} L2"], "holding": f"{GOODS} L1", "site": gln("market")}
    assert await holdings(stocked, **query) == M | {"L2@farm", "L2@canteen", "L1@market"}


async def test_the_days_of_production_choose_the_batches_of_a_product(client: httpx.AsyncClient) -> None:
    """Days are days in China: 2026-01-02T20:00Z is the third of January there. A registered day wins."""
    await register_product(client, gtin=GOODS)
    await register(client, "batches", gtin=GOODS, lot="C", made_on="2026-01-09")
    await capture(
        client,
        commission("A=1", at="farm", on=1),
        commission("B=1", at="farm", on=1 + 20 / 24),
        commission("C=1", at="farm", on=1),
        commission("milk/M=1", at="farm", on=1),
    )
    for text in (GOODS, GOODS[1:], f"https://id.gs1.org/01/{GOODS}", f"(01){GOODS}"):
        query = {"product": text, "made_to": "2026-01-03"}
        assert await holdings(client, **query, made_from="2026-01-03") == {"B@farm"}
        assert await holdings(client, **query, made_from="2026-01-02") == {"A@farm", "B@farm"}
    assert await holdings(client, product=GOODS, made_from="2026-01-04", made_to="2026-01-31") == {"C@farm"}


async def test_a_pallets_trace_has_nothing_of_its_neighbours_in_the_container(
    client: httpx.AsyncClient,
) -> None:
    await capture(
        client,
        commission("L1=4", "L2=4", at="farm", on=1),
        pack("@P1", "L1=4", at="farm", on=2),
        pack("@P2", "L2=4", at="farm", on=2),
        pack("@C", "@P1", "@P2", at="farm", on=2.1),
        ship("@C", at="farm", to="dc", on=3),
        ship("@P1", "@P2", at="dc", to="shop", on=4),
    )
    assert await holdings(client, logistic_unit=uri("@P1")) == {"L1@dc", "L1@shop"}
    container = await holdings(client, logistic_unit=uri("@C"))
    assert container == {"L1@dc", "L2@dc", "L1@shop", "L2@shop"}


async def test_a_pallet_that_never_moved_is_traced_beside_other_starts(stocked: httpx.AsyncClient) -> None:
    await capture(stocked, commission("L3=4", at="farm", on=1), pack("@P9", "L3=4", at="farm", on=2))
    assert await holdings(stocked, logistic_unit=uri("@P9")) == {"L3@farm"}
    both = await holdings(stocked, logistic_unit=uri("@P9"), batch=f"{GOODS} L2")
    assert both == {"L3@farm", "L2@farm", "L2@canteen"}


async def test_goods_put_onto_a_pallet_where_it_stands_are_traced_from_there(
    client: httpx.AsyncClient,
) -> None:
    """It was not empty, so this is still one use: some of its goods moved on it, others did not yet."""
    await capture(
        client,
        commission("L1=4", at="farm", on=1),
        pack("@P1", "L1=4", at="farm", on=2),
        ship("@P1", at="farm", to="dc", on=3),
        receive("@P1", at="dc", source="farm", on=4),
        commission("L2=4", at="dc", on=4),
        pack("@P1", "L2=4", at="dc", on=5),
    )
    assert await holdings(client, logistic_unit=uri("@P1")) == {"L1@dc", "L2@dc"}


async def test_goods_named_beside_a_pallet_that_nobody_packed_are_taken_for_its_contents(
    client: httpx.AsyncClient,
) -> None:
    await capture(
        client, commission("L1=4", at="farm", on=1), ship("@P1", "L1=4", at="farm", to="shop", on=2)
    )
    assert await holdings(client, logistic_unit=uri("@P1")) == {"L1@shop"}


async def test_a_crate_that_proves_to_hold_goods_is_no_batch_of_its_own_any_more(
    client: httpx.AsyncClient,
) -> None:
    """Its shipment was captured before its packing: until then it stood for itself."""
    crate = "urn:example:crate:1"
    await capture(client, ship(crate, at="farm", to="shop", on=3))
    assert await holdings(client, unit=crate) >= {f"{crate}@shop"}
    await capture(client, commission("L1=4", at="farm", on=1), pack(crate, "L1=4", at="farm", on=2))
    assert await holdings(client, unit=crate) == {"L1@shop"}


async def test_a_tolerance_for_clocks_that_differ_is_given_in_seconds(client: httpx.AsyncClient) -> None:
    """The shop's clock runs a minute behind: it sold on, it says, before the goods came."""
    minute = 1 / 24 / 60
    await capture(
        client,
        commission("L1=4", at="farm", on=1),
        ship("L1=4", at="farm", to="shop", on=2),
        receive("L1=4", at="shop", source="farm", on=3),
        commission("L1=1", at="shop", on=1),
        ship("L1=1", at="shop", to="kiosk", on=3 - minute),
    )
    start = {"holding": f"{GOODS} L1", "site": gln("farm")}
    assert await holdings(client, **start) == {"L1@farm", "L1@shop"}
    assert await holdings(client, **start, skew_seconds=59) == {"L1@farm", "L1@shop"}
    assert await holdings(client, **start, skew_seconds=60) == {"L1@farm", "L1@shop", "L1@kiosk"}


WRONG: list[tuple[Mapping[str, Any], int, str]] = [
    ({}, 400, "batch"),
    ({"batch": f"{GOODS[:13]}{(int(GOODS[13]) + 1) % 10} L1"}, 400, "batch"),
    ({"batch": f"{GOODS[:13]}{(int(GOODS[13]) + 1) % 10}"}, 400, "batch"),
    ({"batch": SSCC[:17] + str((int(SSCC[17]) + 1) % 10)}, 400, "batch"),
    ({"batch": GOODS}, 400, "batch"),
    ({"batch": f"https://id.gs1.org/01/{GOODS}"}, 400, "batch"),
    ({"batch": place("shop")}, 400, "batch"),
    ({"batch": f"{GOODS} L404"}, 404, "batch"),
    ({"batch": f"https://id.gs1.org/01/{GOODS}/21/404"}, 404, "batch"),
    ({"batch": "urn:example:nobody:knows"}, 404, "batch"),
    ({"batch": "what is this?"}, 400, "batch"),
    ({"batch": " "}, 400, "batch"),
    ({"batch": "\x00"}, 400, "batch"),
    ({"batch": "urn:example:\x00"}, 400, "batch"),
    ({"batch": ""}, 400, "batch.0"),
    ({"batch": "x" * 2_049}, 400, "batch.0"),
    ({"batch": ["L"] * 201}, 400, "batch"),
    ({"batch": "龙井"}, 400, "batch"),
    ({"unit": f"https://id.gs1.org/01/{MILK}/21/404"}, 404, "unit"),
    ({"unit": "\x00"}, 400, "unit"),
    ({"logistic_unit": "urn:example:nobody:knows"}, 404, "logistic_unit"),
    ({"logistic_unit": f"https://id.gs1.org/00/{SSCC[:17]}{(int(SSCC[17]) + 1) % 10}"}, 400, "logistic_unit"),
    ({"holding": f"{GOODS} L1"}, 400, "site"),
    ({"site": gln("shop")}, 400, "holding"),
    ({"batch": f"{GOODS} L1", "site": gln("shop")}, 400, "holding"),
    ({"holding": f"{GOODS} L404", "site": gln("shop")}, 404, "holding"),
    ({"holding": f"{GOODS} L1", "site": gln("nowhere")}, 404, "site"),
    ({"holding": f"{GOODS} L1", "site": gln("shop")[:12] + "x"}, 400, "site"),
    ({"holding": f"{GOODS} L1", "site": "\x00"}, 400, "site"),
    ({"holding": f"{GOODS} L1", "site": gln("canteen")}, 404, "site"),
    ({"holding": f"{GOODS} L1", "site": f"{place('shop')}/254/dock"}, 404, "site"),
    ({"product": GOODS}, 400, "made_from"),
    ({"product": GOODS, "made_from": "2026-01-01"}, 400, "made_to"),
    ({"product": GOODS, "made_from": "2026-01-02", "made_to": "2026-01-01"}, 400, "made_from"),
    ({"product": GOODS, "made_from": "yesterday", "made_to": "2026-01-01"}, 400, "made_from"),
    ({"product": gtin("nothing"), "made_from": "2026-01-01", "made_to": "2026-01-01"}, 404, "product"),
    ({"product": "\x00", "made_from": "2026-01-01", "made_to": "2026-01-01"}, 400, "product"),
    ({"made_from": "2026-01-01", "made_to": "2026-01-01"}, 400, "batch"),
    ({"batch": f"{GOODS} L1", "made_from": "2026-01-01"}, 400, "made_from"),
    ({"batch": f"{GOODS} L1", "made_to": "2026-01-01"}, 400, "made_to"),
    ({"batch": f"{GOODS} L1", "at": "2026-01-01T08:00:00"}, 400, "at"),
    ({"batch": f"{GOODS} L1", "at": "noon"}, 400, "at"),
    ({"batch": f"{GOODS} L1", "skew_seconds": -1}, 400, "skew_seconds"),
    ({"batch": f"{GOODS} L1", "skew_seconds": 10**9}, 400, "skew_seconds"),
    ({"batch": f"{GOODS} L1", "format": "xml"}, 400, "format"),
]


@pytest.mark.parametrize("direction", ["forward", "backward"])
async def test_a_start_that_cannot_be_is_refused_by_its_name(
    stocked: httpx.AsyncClient, direction: str
) -> None:
    for query, status, parameter in WRONG:
        answer = await stocked.get(f"/v1/trace/{direction}", params=dict(query))
        assert answer.status_code == status, (query, answer.text)
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert has_chinese(problem["detail_zh"]), problem
        (fault,) = problem["errors"]
        assert fault["field"] == parameter, (query, problem)
        assert has_chinese(fault["message_zh"]), problem


async def test_half_a_surrogate_pair_in_a_query_is_no_identifier(stocked: httpx.AsyncClient) -> None:
    """Not to be had in a proper query: percent-escaped it is no UTF-8, which reads as U+FFFD."""
    answer = await stocked.get("/v1/trace/forward?batch=urn:x:%ED%A0%80")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "batch")


async def test_without_a_key_nothing_is_traced(stocked: httpx.AsyncClient) -> None:
    answer = await stocked.get(
        "/v1/trace/forward", params={"batch": f"{GOODS} L1"}, headers={"Authorization": "Bearer sy_no"}
    )
    assert answer.status_code == 401


async def test_the_ends_of_time_as_the_moment_of_a_use(stocked: httpx.AsyncClient) -> None:
    for moment, found in (
        ("0001-01-01T00:00:00+14:00", "L1@shop"),
        ("9999-12-31T23:59:59-12:00", "L2@canteen"),
    ):
        assert await holdings(stocked, logistic_unit=SSCC, at=moment) == {found}


async def test_batches_made_nobody_knows_when_are_named_beside_those_of_the_days(
    client: httpx.AsyncClient,
) -> None:
    await capture(client, commission("A=1", at="farm", on=1), observe("U=1", at="shop", on=5))
    query = {"product": GOODS, "made_from": "2026-01-01", "made_to": "2026-01-31"}
    answer = await client.get("/v1/trace/forward", params=query)
    told = {gap["detail"]["uri"] for gap in answer.json()["gaps"] if gap["kind"] == "day_unknown"}
    assert told == {uri("U")}
    assert "shop" not in str(await holdings(client, **query))

"""Single units over HTTP: verified, sold once, brought back under conditions."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from tests.api.recalling import recall
from tests.api.registering import TEA, refused, register, register_batch, register_product
from tests.world import capture, commission, declare_error, destroy, gln, place, sell, thing, transform

UNIT = f"(01){TEA}(21)S1"


@pytest.fixture
async def shop(client: httpx.AsyncClient) -> str:
    """Two shops, a lot with a serial; the path of the lot."""
    for name in ("shop", "rival"):
        await register(client, "sites", gln=gln(name), name_zh=f"{name} 药店", region="350102")
    await register_product(client, category="medicine")
    batch = await register_batch(client, expires_on="2090-01-01")
    path = f"/v1/batches/{batch['id']}"
    done = await client.post(f"{path}/serials", json={"serials": ["S1", "S2"]})
    assert done.status_code == 201, done.text
    return path


async def decommission(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    whole = {"unit": UNIT, "site": gln("shop"), "status": "dispensed"} | body
    return await client.post("/v1/units/decommission", json=whole)


async def reactivate(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    whole = {"unit": UNIT, "site": gln("shop"), "not_supplied": True} | body
    return await client.post("/v1/units/reactivate", json=whole)


async def card(client: httpx.AsyncClient, unit: str = UNIT) -> dict[str, Any]:
    answer = await client.get("/v1/units", params={"unit": unit})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_pack_is_verified_and_taken_out_of_use_in_one_call(
    client: httpx.AsyncClient, shop: str
) -> None:
    question = {"unit": UNIT, "lot": "L1", "expires_on": "2090-01-01"}
    verified = (await client.post("/v1/units/verify", json=question)).json()
    assert (verified["may_be_supplied"], verified["status"], verified["first"]) == (True, "active", None)
    answer = await decommission(client, lot="L1", expires_on="2090-01-01")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["repeated"]) == ("dispensed", False)
    after = (await client.post("/v1/units/verify", json=question)).json()
    assert (after["may_be_supplied"], after["reasons"][0]["rule"]) == (False, "unit:gone")
    assert after["first"]["site"]["gln"] == gln("shop")


@pytest.mark.parametrize(
    "form",
    ["urn:epc:id:sgtin:6901234.056789.S1", f"https://a.cn/01/{TEA}/10/L1/21/S1", f"01{TEA}10L1\x1d21S1"],
)
async def test_any_form_of_the_code_names_the_unit(client: httpx.AsyncClient, shop: str, form: str) -> None:
    found = await card(client, form)
    assert (found["serial"], found["lot"], found["status"], found["registered"]) == (
        "S1",
        "L1",
        "active",
        True,
    )


async def test_a_second_sale_is_refused_with_the_first_ones_time_and_place(
    client: httpx.AsyncClient, shop: str
) -> None:
    first = (await decommission(client, at="2026-03-02T08:00:00+08:00")).json()
    assert first["at"] == "2026-03-02T00:00:00Z"
    answer = await decommission(client, site=gln("rival"), status="sold")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["alarm"], problem["rule"]) == (True, "unit:gone")
    assert (problem["first"]["at"], problem["first"]["site"]["gln"]) == (first["at"], gln("shop"))
    found = await card(client)
    assert found["alarms"] == 1
    told = [(entry["kind"], entry["status"], entry["site"]["gln"]) for entry in found["history"]]
    assert told == [("leave", "dispensed", gln("shop")), ("refused", "sold", gln("rival"))]


async def test_fifty_tills_at_once_sell_a_pack_once(client: httpx.AsyncClient, shop: str) -> None:
    places = [gln("shop"), gln("rival")]
    answers = await asyncio.gather(
        *(decommission(client, status="sold", site=places[number % 2]) for number in range(50))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    (sold,) = [answer.json() for answer in answers if answer.status_code == 200]
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["alarm"]
            assert problem["first"]["at"] == sold["at"]
            assert problem["first"]["site"] == sold["site"]
    found = await card(client)
    assert (found["status"], found["alarms"], len(found["history"])) == ("sold", 49, 50)


async def test_the_same_transaction_told_again_is_no_second_sale(
    client: httpx.AsyncClient, shop: str
) -> None:
    assert (await decommission(client, reference="R-1")).json()["repeated"] is False
    again = await decommission(client, reference="R-1")
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    assert (await decommission(client, reference="R-2")).status_code == 409
    assert (await card(client))["alarms"] == 1


async def test_a_mistake_is_taken_back_where_it_was_made(client: httpx.AsyncClient, shop: str) -> None:
    await decommission(client)
    elsewhere = await reactivate(client, site=gln("rival"))
    assert (elsewhere.status_code, elsewhere.json()["rule"]) == (409, "unit:other-premises")
    back = await reactivate(client)
    assert (back.status_code, back.json()) == (
        200,
        {"unit": f"https://id.gs1.org/01/{TEA}/21/S1", "status": "active", "returned_from": "dispensed"},
    )
    assert (await reactivate(client)).json()["rule"] == "unit:active"
    assert (await decommission(client)).status_code == 200
    kinds = [entry["kind"] for entry in (await card(client))["history"]]
    assert kinds == ["leave", "refused", "return", "refused", "leave"]


async def test_nothing_comes_back_after_ten_days_nor_from_destruction(
    client: httpx.AsyncClient, shop: str
) -> None:
    old = (clock.now() - timedelta(days=11)).isoformat()
    await decommission(client, at=old)
    assert (await reactivate(client)).json()["rule"] == "unit:too-late"
    other = UNIT.replace("S1", "S2")
    await decommission(client, unit=other, status="destroyed")
    assert (await reactivate(client, unit=other)).json()["rule"] == "unit:final"
    await refused(
        client,
        "POST",
        "/v1/units/reactivate",
        json={"unit": UNIT, "site": gln("shop"), "not_supplied": False},
    )


async def test_recalled_goods_are_not_sold_but_can_be_destroyed(
    client: httpx.AsyncClient, shop: str, engine: AsyncEngine
) -> None:
    async with transaction(engine) as tx:
        await recall(tx, int(shop.rpartition("/")[2]))
    assert (await card(client))["status"] == "recalled"
    answer = await decommission(client)
    assert (answer.status_code, answer.json()["rule"], answer.json()["alarm"]) == (
        409,
        "unit:recalled",
        False,
    )
    assert (await decommission(client, status="destroyed")).status_code == 200
    assert (await card(client))["status"] == "destroyed"


@pytest.mark.parametrize(
    ("printed", "rule"),
    [
        (f"(01){TEA}(21)P1(17)700630(10)L7", None),
        (f"(01){TEA}(21)P1(17)710630(10)L7", "unit:other-expiry"),
        (f"https://a.cn/01/{TEA}/10/L1/21/P1?17=700630", "unit:other-lot"),
        (f"01{TEA}10L7\x1d21P1\x1d17700630", None),
    ],
)
async def test_the_lot_and_the_expiry_in_a_code_count_as_if_they_were_told(
    client: httpx.AsyncClient, shop: str, printed: str, rule: str | None
) -> None:
    batch = await register_batch(client, "L7", expires_on="2070-06-30")
    await client.post(f"/v1/batches/{batch['id']}/serials", json={"serials": ["P1"]})
    verified = (await client.post("/v1/units/verify", json={"unit": printed})).json()
    assert [reason["rule"] for reason in verified["reasons"]] == ([] if rule is None else [rule])
    answer = await decommission(client, unit=printed)
    assert (answer.status_code, answer.json().get("rule")) == (200 if rule is None else 409, rule)


async def test_what_is_printed_and_what_is_listed_must_agree(client: httpx.AsyncClient, shop: str) -> None:
    assert (await decommission(client, lot="L2")).json()["rule"] == "unit:other-lot"
    await capture(client, commission(f"https://id.gs1.org/01/{TEA}/10/L1/21/FAKE", at="farm", on=1))
    fake = await decommission(client, unit=f"https://id.gs1.org/01/{TEA}/21/FAKE")
    assert (fake.status_code, fake.json()["rule"]) == (409, "unit:not-registered")


async def test_events_tell_the_status_and_a_declared_error_takes_it_back(
    client: httpx.AsyncClient, shop: str
) -> None:
    uri = f"https://id.gs1.org/01/{TEA}/21/S1"
    sale = sell(uri, at="shop", on=3, id="sale")
    await capture(client, commission(uri, at="farm", on=1), sale)
    found = await card(client)
    assert (found["status"], found["since"]["event"]) == ("sold", "urn:event:sale")
    assert found["since"]["site"]["uri"] == place("shop")
    assert (await decommission(client)).status_code == 409
    assert (await reactivate(client)).json()["rule"] == "unit:told-by-event"
    await capture(client, declare_error(sale))
    assert (await card(client))["status"] == "active"
    assert (await decommission(client)).status_code == 200


async def test_a_sale_told_of_the_drug_code_is_a_sale_of_the_pack(
    client: httpx.AsyncClient, shop: str
) -> None:
    code = "81234567890123456789"
    await capture(client, commission(f"urn:suyuan:drug:{code}", at="farm", on=1))
    answer = await client.post(f"{shop}/drug-codes", json={"codes": [{"code": code, "serial": "S1"}]})
    assert (answer.json()["registered"], answer.json()["refused"]) == (1, 0), answer.text
    assert (await card(client, code))["uri"] == (await card(client))["uri"]
    await capture(client, sell(f"urn:suyuan:drug:{code}", at="shop", on=3))
    assert (await card(client))["status"] == "sold"
    assert (await decommission(client, unit=code)).status_code == 409
    held = await client.get("/v1/trace/forward", params={"batch": f"{TEA} L1"})
    assert {row["site"]["gln"] for row in held.json()["holdings"]} == {gln("farm"), gln("shop")}


async def test_units_that_only_events_name_have_a_status_too(client: httpx.AsyncClient) -> None:
    await capture(
        client,
        commission("goods/L1#1", "goods/L1#2", "goods/L1#3", at="farm", on=1),
        destroy("goods#1", at="farm", on=2),
        transform(["goods#2"], ["cake/C1=1"], at="farm", on=3),
    )
    expected = {"1": "destroyed", "2": "consumed", "3": "active"}
    for serial, status in expected.items():
        found = await card(client, thing(f"goods#{serial}").uri)
        assert (found["status"], found["registered"], found["lot"]) == (status, False, "L1")


@pytest.mark.parametrize(
    ("unit", "status"),
    [
        (f"(01){TEA}(21)NONE", 404),
        (f"(01){TEA}(10)L1", 400),
        ("6901234567892", 400),
        ("(01)06901234567893(21)S1", 400),
        ("urn:x:nothing", 404),
        ("12345678901234567890", 404),
    ],
)
async def test_what_is_no_unit_is_refused_by_name(
    client: httpx.AsyncClient, shop: str, unit: str, status: int
) -> None:
    assert (await refused(client, "GET", "/v1/units", status, params={"unit": unit}))["field"] == "unit"
    body = {"unit": unit, "site": gln("shop"), "status": "sold"}
    fault = await refused(client, "POST", "/v1/units/decommission", status, json=body)
    assert fault["field"] == "/unit"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"site": None}, "/site"),
        ({"site": "6901234500004"}, "/site"),
        ({"site_id": 1}, "/site"),
        ({"status": "active"}, "/status"),
        ({"status": "consumed"}, "/status"),
        ({"at": "2026-03-02T08:00:00"}, "/at"),
        ({"expires_on": "soon"}, "/expires_on"),
        ({"price": 1}, "/price"),
    ],
)
async def test_bad_requests_are_refused_by_name(
    client: httpx.AsyncClient, shop: str, change: dict[str, Any], field: str
) -> None:
    body = {"unit": UNIT, "site": gln("shop"), "status": "sold"} | change
    assert (await refused(client, "POST", "/v1/units/decommission", json=body))["field"] == field


async def test_units_need_a_key(client: httpx.AsyncClient, shop: str) -> None:
    del client.headers["Authorization"]
    await refused(client, "GET", "/v1/units", 401, params={"unit": UNIT})
    for name in ("verify", "decommission", "reactivate"):
        await refused(client, "POST", f"/v1/units/{name}", 401, json={"unit": UNIT})

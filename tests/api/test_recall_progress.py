"""How far a case has come: recovered of planned and of sold, by holder, region and changes of hands."""

import csv
import io

import httpx
import pypdf
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from tests.api.casework import CASE, come_back, open_case, say, trade
from tests.api.registering import refused, register_batch
from tests.world import Json, gtin, party


async def progress(client: httpx.AsyncClient, case: Json) -> Json:
    answer = await client.get(f"/v1/recalls/{case['id']}/progress")
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def by_party(told: Json) -> dict[str, Json]:
    return {line["uri"]: line for line in told["holders"]}


async def test_progress_follows_the_goods_back_up_the_chain(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await trade(client)
    case = await open_case(client)
    (before,) = (await progress(client, case))["totals"]
    assert (before["planned"], before["market"], before["sold"]) == ("100", "60", "10")
    assert (before["recovered"], before["recovered_of_planned"]) == ("0", "0")
    assert before["sold_through"] == "16.66"

    await come_back(client)
    told = await progress(client, case)
    (total,) = told["totals"]
    # 15 of shop A, 10 of the dealer, and 15 of the maker's own: what went through other hands counts once.
    assert (total["recovered"], total["planned"], total["market"]) == ("40", "100", "60")
    assert (total["recovered_of_planned"], total["recovered_of_market"]) == ("40", "66.66")
    lines = by_party(told)
    recovered = {
        firm: lines[party(firm)]["recovered"] for firm in ("tea-works", "trader", "retail-a", "retail-b")
    }
    assert recovered == {"tea-works": "15", "trader": "10", "retail-a": "15", "retail-b": "0"}
    assert {firm: lines[party(firm)]["tier"] for firm in recovered} == {
        "tea-works": 0,
        "trader": 1,
        "retail-a": 2,
        "retail-b": 2,
    }
    tiers = {group["code"]: group["amounts"][0]["recovered"] for group in told["by_tier"]}
    assert tiers == {"0": "15", "1": "10", "2": "15"}
    regions = {group["code"]: group["amounts"][0]["recovered"] for group in told["by_region"]}
    assert regions == {"350100": "25", "440100": "15", "440300": "0"}

    async with transaction(engine) as tx:
        await say(tx, case, "retail-b", quarantined=20)
        await say(tx, case, "retail-a", returned=12)
    answered = await progress(client, case)
    lines = by_party(answered)
    assert (lines[party("retail-b")]["recovered"], lines[party("retail-b")]["differs"]) == ("20", False)
    shop = lines[party("retail-a")]
    assert (shop["recovered"], shop["differs"]) == ("15", True)
    assert (shop["events"]["returned"], shop["answer"]["returned"]) == ("15", "12")
    assert answered["totals"][0]["recovered"] == "60"
    assert answered["told"]["answered"] == 2


async def test_a_stated_plan_goes_before_a_computed_one_and_what_consumers_have_counts_by_depth(
    client: httpx.AsyncClient,
) -> None:
    await trade(client)
    shops = await open_case(client, depth="retail")
    stated = await open_case(client, planned_quantity={"EA": "50"})
    assert (await progress(client, shops))["totals"][0]["planned"] == "90"
    told = await progress(client, stated)
    assert (told["planned_given"], told["totals"][0]["planned"]) == (True, "50")


async def test_the_progress_of_every_holder_comes_as_csv(client: httpx.AsyncClient) -> None:
    await trade(client)
    case = await open_case(client)
    await come_back(client)
    answer = await client.get(f"/v1/recalls/{case['id']}/progress", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = {row["主体"]: row for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))}
    assert rows["甲店"]["已召回 Recovered"] == "15"
    assert rows["甲店"]["层级 Tier"] == "2"
    assert rows["闽茶商贸"]["事件 Events: returned"] == "25"


async def test_there_is_no_progress_of_no_case(client: httpx.AsyncClient) -> None:
    await refused(client, "GET", "/v1/recalls/99/progress", 404)


async def test_a_case_on_single_units_plans_for_as_many_and_its_notice_names_them(
    client: httpx.AsyncClient,
) -> None:
    await trade(client)
    batch = await register_batch(client, gtin=gtin("tea")[1:], lot="T1", made_on="2026-01-01")
    serials = {"prefix": "A", "first": "0001", "last": "0030"}
    answer = await client.post(f"/v1/batches/{batch['id']}/serials", json=serials)
    assert answer.status_code == 201, answer.text
    unit = f"https://id.gs1.org/01/{gtin('tea')}/21/A"
    scope = {"unit_range": [{"first": f"{unit}0005", "last": f"{unit}0009"}]}
    opened = await client.post("/v1/recalls", json={**CASE, **scope})
    assert opened.status_code == 201, opened.text
    case = opened.json()
    assert (await progress(client, case))["totals"][0]["planned"] == "5"
    notice = (await client.get(f"/v1/recalls/{case['id']}/public-notice")).json()
    assert notice["units"] == [[f"{unit}0005", f"{unit}0009"]]
    pdf = (await client.get(f"/v1/recalls/{case['id']}/public-notice", params={"format": "pdf"})).content
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert "A0009" in page.extract_text()

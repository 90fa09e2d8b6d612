"""The real tuna chain: a hatchery, a feed mill, a boat, a fish farm, a plant, an importer.

feed mill ──┐                            (SSCC, first use)
hatchery  ──┴─> fish farm ──┐           ┌──────────────────> importer
boat ─> transshipment ─> landing ─> plant: commingled ─> cans
"""

from pathlib import Path
from typing import Any

import httpx
import pytest

TUNA = (
    Path(__file__).resolve().parents[2].parent / "shared" / "data" / "epcis" / "tuna_farm_to_importer.jsonld"
)

pytestmark = pytest.mark.skipif(not TUNA.exists(), reason="the tuna chain's document is not at hand")

LOT = "urn:gdst:example.org:product:lot:class:"
PARTY = "urn:gdst:example.org:party:"
SSCC = "urn:epc:id:sscc:08600031303.0004"


@pytest.fixture
async def tuna(client: httpx.AsyncClient) -> httpx.AsyncClient:
    answer = await client.post(
        "/epcis/capture", content=TUNA.read_bytes(), headers={"Content-Type": "application/ld+json"}
    )
    assert answer.status_code == 202, answer.text
    job = (await client.get(answer.headers["Location"])).json()
    assert (job["running"], job["success"], job["stored"]) == (False, True, 17)
    return client


async def trace(client: httpx.AsyncClient, direction: str, **query: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/trace/{direction}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def parties(found: dict[str, Any]) -> set[str]:
    return {party["uri"].removeprefix(PARTY) for party in found["parties"].values()}


def lots(found: dict[str, Any]) -> set[str]:
    return {holding["batch"]["uri"].removeprefix(LOT) for holding in found["holdings"]}


@pytest.mark.parametrize("at", [{}, {"at": "2022-02-01T00:00:00Z"}])
async def test_backward_from_the_importers_first_shipment_reaches_all_origins(
    tuna: httpx.AsyncClient, at: dict[str, str]
) -> None:
    found = await trace(tuna, "backward", batch=SSCC, **at)
    assert parties(found) >= {"fisherman01.1u", "fishfarm.1u", "hatchery.1u", "feedmill.1u", "processor.1u"}
    assert lots(found) == {
        "processor.2u.v1-0122-2022",
        "processor.10u.commingle-01232022",
        "fishfarm.1u.farmed-tuna-01192022",
        "fisherman01.tunau.v1-0122-2022",
        "hatchery.1u.tf12012021",
        "feedmill.1u.ff11252021",
    }


async def test_forward_from_the_feed_mills_lot_reaches_the_importer(tuna: httpx.AsyncClient) -> None:
    found = await trace(tuna, "forward", batch=LOT + "feedmill.1u.ff11252021")
    assert "importer.1u" in parties(found)
    assert "processor.2u.v1-0122-2022" in lots(found)
    assert "hatchery.1u.tf12012021" not in lots(found)


async def test_the_second_use_of_the_sscc_is_not_in_the_first_uses_trace(tuna: httpx.AsyncClient) -> None:
    first = await trace(tuna, "backward", logistic_unit=SSCC, at="2022-02-01T00:00:00Z")
    events = {event for flow in first["flows"] for event in flow["events"]}
    assert events
    answer = await tuna.get("/epcis/events", params={"perPage": 100})
    listed = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    second_use = {event["eventID"] for event in listed if event["eventTime"] >= "2022-03-01"}
    assert len(second_use) == 2
    assert not events & second_use


async def test_captured_twice_nothing_is_doubled(tuna: httpx.AsyncClient) -> None:
    before = await trace(tuna, "forward", batch=LOT + "feedmill.1u.ff11252021")
    answer = await tuna.post(
        "/epcis/capture", content=TUNA.read_bytes(), headers={"Content-Type": "application/ld+json"}
    )
    job = (await tuna.get(answer.headers["Location"])).json()
    assert (job["stored"], job["repeated"]) == (0, 17)
    after = await trace(tuna, "forward", batch=LOT + "feedmill.1u.ff11252021")
    assert (after["holdings"], after["flows"]) == (before["holdings"], before["flows"])


async def test_holders_as_csv(tuna: httpx.AsyncClient) -> None:
    query = {"batch": LOT + "feedmill.1u.ff11252021"}
    answer = await tuna.get("/v1/trace/forward", params=query, headers={"Accept": "text/csv"})
    lines = answer.text.splitlines()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(lines) == 1 + (await trace(tuna, "forward", **query))["summary"]["holdings"]
    assert any("Importer" in line for line in lines)

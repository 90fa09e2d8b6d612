"""What a case does to those who go on working with its batches: labels are refused, shipments are warned of,
and what moves all the same is an alarm.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from service.events.json_document import dump_event
from tests.api.own_service import OwnService, own_service
from tests.api.registering import TEA, refused, register, register_batch, register_product
from tests.world import capture, commission, document, event_id, gln, place, receive, ship, thing

Json = dict[str, Any]
LD_JSON = {"Content-Type": "application/ld+json"}
#: After every case of these tests was opened.
LATER = 20_000


@pytest.fixture(scope="module")
async def client(cluster: str) -> AsyncIterator[OwnService]:
    """A service with a product, and milk on its way; each test has a lot of its own."""
    async with own_service(cluster) as opened:
        await register_product(opened)
        yield opened


async def _open(client: OwnService, batch: str, **more: str) -> Json:
    words = {f"{what}_{language}": "x" for what in ("title", "reason") for language in ("zh", "en")}
    return await register(client, "recalls", **words, hazard_class=1, batch=[batch], **more)


async def _move(client: OwnService, case: Json, to: str) -> None:
    moved = await client.post(f"/v1/recalls/{case['id']}/moves", json={"to": to, "note": "tests"})
    assert moved.is_success, moved.text


async def _label(client: OwnService, batch_id: int, form: str) -> Json:
    return await refused(client, "GET", f"/v1/batches/{batch_id}/{form}", 409)


async def test_no_label_of_a_recalled_batch_is_printed_and_the_case_is_named(
    client: OwnService,
) -> None:
    batch = await register_batch(client, "R1")
    case = await _open(client, f"{TEA} R1")
    for form in ("label.png", "label.svg", "labels.pdf?copies=2"):
        problem = await _label(client, batch["id"], form)
        assert f"is recalled by case {case['number']};" in problem["detail"]
        assert f"/v1/recalls/{case['id']}" in problem["detail"]
        assert "new lot" in problem["detail"]
        assert f"已被召回（案件 {case['number']}）" in problem["detail_zh"]


async def test_a_closed_recall_goes_on_refusing_labels_and_says_that_it_is_closed(
    client: OwnService,
) -> None:
    batch = await register_batch(client, "R2")
    case = await _open(client, f"{TEA} R2")
    await client.post(f"/v1/recalls/{case['id']}/close", json={"note": "done"})
    problem = await _label(client, batch["id"], "label.png")
    assert f"is recalled by case {case['number']}, which is closed;" in problem["detail"]
    assert "已结案" in problem["detail_zh"]


async def test_a_batch_on_hold_gets_labels_again_once_it_is_freed(client: OwnService) -> None:
    batch = await register_batch(client, "R3")
    case = await _open(client, f"{TEA} R3", kind="hold")
    problem = await _label(client, batch["id"], "label.svg")
    assert f"is on hold by case {case['number']};" in problem["detail"]
    assert "once the case is closed" in problem["detail"]
    await _move(client, case, "closed")
    assert (await client.get(f"/v1/batches/{batch['id']}/label.svg")).status_code == 200


async def test_a_batch_whose_case_is_being_assessed_gets_its_labels(client: OwnService) -> None:
    batch = await register_batch(client, "R4")
    case = await _open(client, f"{TEA} R4", status="assessing")
    assert (await client.get(f"/v1/batches/{batch['id']}/label.png")).status_code == 200
    await _move(client, case, "open")
    await _label(client, batch["id"], "label.png")


async def test_whoever_ships_a_recalled_batch_is_warned_in_the_answer(client: OwnService) -> None:
    await capture(client, commission("W1=9", "W2=9", at="plant", on=1))
    case = await _open(client, thing("W1").uri)
    shipment = ship("W1=4", at="plant", to="shop", on=LATER, id="w1")
    body = {"@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"], **shipment}
    answer = await client.post("/epcis/events", content=dump_event(body), headers=LD_JSON)
    assert answer.status_code == 201
    assert answer.headers.get_list("Suyuan-Warning") == [
        f'recalled;case="{case["number"]}";batch="{thing("W1").uri}";event="{event_id("w1")}"'
    ]
    jobs = (await client.get("/epcis/capture")).json()
    (warning,) = jobs[0]["warnings"]
    assert (warning["case"], warning["event"]) == (case["number"], event_id("w1"))
    assert "已被召回" in warning["detail_zh"]

    other = ship("W2=4", at="plant", to="shop", on=LATER, id="w2")
    quiet = await client.post(
        "/epcis/events", content=dump_event({"@context": body["@context"], **other}), headers=LD_JSON
    )
    assert (quiet.status_code, "Suyuan-Warning" in quiet.headers) == (201, False)


async def test_a_document_is_warned_of_each_shipment_in_it(client: OwnService) -> None:
    await capture(client, commission("D1=9", "D2=9", at="plant", on=1))
    case = await _open(client, thing("D1").uri)
    sent = document(
        ship("D1=1", "D2=1", at="plant", to="shop", on=LATER, id="d1"),
        receive("D1=1", at="shop", source="plant", on=LATER + 1, id="d2"),
        ship("D1=2", at="plant", to_party="buyer", on=LATER, id="d3"),
    )
    answer = await client.post("/epcis/capture", content=sent, headers=LD_JSON)
    assert answer.status_code == 202
    told = [value.rpartition('event="')[2].strip('"') for value in answer.headers.get_list("Suyuan-Warning")]
    assert told == [event_id("d1"), event_id("d3")]
    job = (await client.get(answer.headers["Location"])).json()
    assert job["success"]
    assert [(each["event"], each["standing"]) for each in job["warnings"]] == [
        (event_id("d1"), "recalled"),
        (event_id("d3"), "recalled"),
    ]
    xml = await client.get(answer.headers["Location"], headers={"Accept": "application/xml"})
    assert xml.status_code == 200
    again = await client.post("/epcis/capture", content=sent, headers=LD_JSON)
    assert "Suyuan-Warning" not in again.headers
    alarms = (await client.get(f"/v1/recalls/{case['id']}/alarms")).json()["items"]
    assert {each["event"] for each in alarms} == {event_id("d1"), event_id("d3")}


async def test_alarms_are_listed_and_who_saw_them_first_stays(client: OwnService) -> None:
    await register(client, "sites", gln=gln("dairy"), name_en="Dairy")
    await capture(client, commission("A1=9", at="dairy", on=1))
    case = await _open(client, thing("A1").uri)
    await capture(
        client,
        *(ship(f"A1={n}", at="dairy", to=f"shop{n}", on=LATER, id=f"a{n}") for n in (1, 2, 3)),
    )
    path = f"/v1/recalls/{case['id']}/alarms"
    first = (await client.get(path, params={"limit": 2})).json()
    rest = (await client.get(path, params={"limit": 2, "page": first["next_page"]})).json()
    found = [*first["items"], *rest["items"]]
    assert [(each["kind"], each["amounts"], each["from_site_name_en"]) for each in found] == [
        ("shipped", {"EA": str(n)}, "Dairy") for n in (1, 2, 3)
    ]
    assert found[0]["to_site_uri"] == place("shop1")
    for _ in range(2):
        seen = await client.post(f"{path}/{found[0]['id']}/seen")
        assert seen.json()["seen_by"], seen.text
    unseen = (await client.get(path, params={"seen": False})).json()["items"]
    assert [each["id"] for each in unseen] == [each["id"] for each in found[1:]]
    (looked,) = (await client.get(path, params={"seen": True})).json()["items"]
    assert looked["seen_by"]
    await refused(client, "POST", f"{path}/987654/seen", 404)
    await refused(client, "GET", "/v1/recalls/987654/alarms", 404)

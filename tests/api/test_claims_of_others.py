"""What a rival's word takes from whose stock, through HTTP: and who is told all the same."""

import random
from dataclasses import replace

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.capture.conduct import capture_events, single_event
from service.capture.own_places import Told
from service.db.transaction import transaction
from service.events.json_document import dump_event, read_event
from tests.api.partnering import id_of, partners, tell
from tests.api.registering import register_product
from tests.world import (
    CONTEXT,
    commission,
    destroy,
    gln,
    gtin,
    ledger,
    observe,
    party,
    place,
    receive,
    sample,
    sell,
    ship,
    transform,
    uri,
)

PLACES = {"plant": "maker", "depot": "dealer", "den": "rival"}
CLAIM = receive("milk/L1=90", at="den", source="plant", on=5, id="claim")
EVENTS = (
    ("maker", commission("milk/L1=100", at="plant", on=1)),
    ("maker", ship("milk/L1=10", at="plant", to="depot", on=2)),
    ("dealer", receive("milk/L1=10", at="depot", source="plant", on=3)),
    ("rival", CLAIM),
)


async def test_a_rivals_receipt_leaves_the_stock_it_names_and_makes_him_a_holder(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    keys = await partners(client, **PLACES)
    for who, event in random.Random(7).sample(EVENTS, len(EVENTS)):
        assert (await tell(client, keys[who], event)).status_code == 201

    async def on_hand() -> dict[str, str]:
        told = (await client.get("/v1/trace/forward", params={"batch": uri("milk/L1")})).json()
        return {each["site"]["uri"]: each["balances"][0]["on_hand"] for each in told["holdings"]}

    claimed = {place("plant"): "90", place("depot"): "10", place("den"): "90"}
    assert await on_hand() == claimed
    told = (await client.get("/v1/trace/forward", params={"batch": uri("milk/L1")})).json()
    (plant,) = (each["site"]["id"] for each in told["holdings"] if each["site"]["uri"] == place("plant"))
    gaps = [gap for gap in told["gaps"] if gap["kind"] == "claimed_by_another"]
    assert [(gap["site_id"], gap["event"]) for gap in gaps] == [(plant, "urn:event:claim")]
    # The journal keeps who told what; a rebuild reads it from the events.
    before = (await ledger(engine)).rows
    answer = await client.post("/v1/ledger/rebuild")
    assert answer.json()["changed_rows"] == 0, answer.text
    assert (await ledger(engine)).rows == before
    # The maker confirms by whom it lets; the claim is its shipment's receipt then.
    let = {"delegate_id": await id_of(client, keys, "dealer")}
    assert (await client.post("/v1/delegations", json=let, headers=keys["maker"])).status_code == 201
    confirmed = ship("milk/L1=90", source="plant", to="den", on=4)
    assert (await tell(client, keys["dealer"], confirmed)).status_code == 201
    assert await on_hand() == {**claimed, place("plant"): "0"}
    assert (await client.post("/v1/ledger/rebuild")).json()["changed_rows"] == 0


async def test_a_place_sold_between_two_shipments_keeps_what_each_told_of_it(
    client: httpx.AsyncClient,
) -> None:
    keys = await partners(client, plant="maker", depot="dealer", home="buyer")

    async def on_hand() -> str:
        told = (await client.get("/v1/trace/forward", params={"batch": uri("milk/L1")})).json()
        (plant,) = (each for each in told["holdings"] if each["site"]["uri"] == place("plant"))
        return str(plant["balances"][0]["on_hand"])

    for event in (EVENTS[0][1], EVENTS[1][1]):
        assert (await tell(client, keys["maker"], event)).status_code == 201
    sites = (await client.get("/v1/sites", params={"gln": gln("plant")})).json()["items"]
    sold = {"party": party("buyer"), "name_en": "Plant"}
    answer = await client.patch(f"/v1/sites/{sites[0]['id']}", json=sold)
    assert answer.status_code == 200, answer.text
    assert "earlier_owners" not in answer.json()
    assert await on_hand() == "90"
    later = ship("milk/L1=5", at="plant", to="depot", on=6)
    assert (await tell(client, keys["maker"], later)).status_code == 403
    assert (await tell(client, keys["buyer"], later)).status_code == 201
    assert await on_hand() == "85"
    # Who ran the place has no say in its stock any more.
    moved = receive("milk/L1=20", at="depot", source="plant", on=7)
    assert (await tell(client, keys["dealer"], moved)).status_code == 201
    assert await on_hand() == "85"
    assert (await client.post("/v1/ledger/rebuild")).json()["changed_rows"] == 0


async def test_a_false_receipt_takes_nothing_from_who_only_made_the_goods(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    for who, event in (EVENTS[3], EVENTS[0]):
        assert (await tell(client, keys[who], event)).status_code == 201
    told = (await client.get("/v1/trace/forward", params={"batch": uri("milk/L1")})).json()
    on_hand = {each["site"]["uri"]: each["balances"][0]["on_hand"] for each in told["holdings"]}
    assert on_hand == {place("plant"): "100", place("den"): "90"}
    assert "claimed_by_another" in [gap["kind"] for gap in told["gaps"]]


async def test_what_takes_goods_away_is_told_where_it_happens(client: httpx.AsyncClient) -> None:
    keys = await partners(client, **PLACES)
    for build in (sell, destroy, sample):
        away = build("milk/L1=5", source="plant", to_party="rival", on=3)
        named = {
            **away,
            "sourceList": [*away["sourceList"], {"type": "possessing_party", "source": party("rival")}],
        }
        for false in (away, named):
            assert (await tell(client, keys["rival"], false)).status_code == 403, false
            assert (await tell(client, keys["maker"], false)).status_code == 201, false
    unseen = commission("milk/L2=1", to="den", source="plant", on=1)
    used = transform(["milk/L1=5"], ["junk/J1=1"], source="plant", to="den", step="shipping", on=3)
    for elsewhere in (unseen, used):
        assert (await tell(client, keys["rival"], elsewhere)).status_code == 403, elsewhere


async def test_two_lots_of_a_pack_told_at_once_are_judged_as_those_told_one_after_the_other(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    keys = await partners(client, **PLACES)
    ids = {who: await id_of(client, keys, who) for who in ("maker", "rival")}
    await register_product(client, gtin=gtin("milk"), party_id=ids["maker"])
    told = (
        ("rival", observe("milk/FALSE#1", at="den", on=0)),
        ("maker", commission("milk/L1#1", at="plant", on=1)),
    )
    group = [
        replace(single_event(read_event(dump_event({"@context": [CONTEXT], **event}))), told=Told(ids[who]))
        for who, event in told
    ]
    async with transaction(engine) as tx:
        assert await capture_events(tx, group) == [(), ()]
    answer = (await client.get("/v1/trace/forward", params={"unit": uri("milk#1")})).json()
    assert [start["lot"] for start in answer["starts"]] == ["L1"]
    assert (await client.post("/v1/ledger/rebuild")).json()["changed_rows"] == 0

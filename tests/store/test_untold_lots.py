"""A lot number left out downstream: whoever may have got goods of the lot is found, and marked."""

from typing import Any

import httpx
import pytest

from service.db.transaction import Transaction
from tests.world import (
    Json,
    capture,
    commission,
    ledger,
    owners,
    pack,
    place,
    receive,
    sell,
    ship,
    transform,
    uri,
)

TO_DC = [
    commission("milk/L1=10", at="farm", on=1),
    ship("milk/L1=10", at="farm", to="dc", on=2),
    receive("milk/L1=10", at="dc", source="farm", on=3),
]


async def reached(client: httpx.AsyncClient, lot: str, *, direction: str = "forward") -> set[str]:
    answer = await client.get(f"/v1/trace/{direction}", params={"batch": uri(lot)})
    return {holding["site"]["uri"] for holding in answer.json()["holdings"]}


async def test_who_got_the_product_without_its_lot_is_a_holder_of_the_lots_on_hand(tx: Transaction) -> None:
    """
    farm --L1 10--> dc --milk, no lot, 4--> shop
    """
    await capture(tx, *TO_DC, ship("milk/=4KGM", at="dc", to="shop", on=4, id="gone"))
    book = await ledger(tx)
    assert book.flows == [
        "milk/L1 10: farm -> dc",
        "milk/ 4KGM: dc -> shop (in transit)",
        "milk/L1 some: dc -> milk/@dc (lot untold)",
    ]
    assert book.at("milk/L1")["dc"] == "received 10"
    assert "lot_not_told milk/L1@dc gone quantity=4 uom=KGM" in book.gaps


#: sentence -> (what else happened, whether the shop is a holder of lot L1)
STORIES: dict[str, tuple[list[Json], bool]] = {
    "shipped": ([ship("milk/=4", at="dc", to="shop", on=4)], True),
    "received from there, never shipped": ([receive("milk/=4", at="shop", source="dc", on=4)], True),
    "on a pallet": (
        [pack("@P", "milk/=4", at="dc", on=3.5), ship("@P", at="dc", to="shop", on=4)],
        True,
    ),
    "through a second hand": (
        [
            ship("milk/=4", at="dc", to="hub", on=4),
            receive("milk/=4", at="hub", source="dc", on=5),
            ship("milk/=2", at="hub", to="shop", on=6),
        ],
        True,
    ),
    "made into something": (
        [
            transform(["milk/=4"], ["cheese/C=1"], at="dc", on=4),
            ship("cheese/C=1", at="dc", to="shop", on=5),
        ],
        True,
    ),
    "sold without any shipment told": (
        [sell("milk/=4", at="dc", on=3.5), sell("milk/=1", at="shop", on=4)],
        True,
    ),
    "before the lot came": ([ship("milk/=4", at="dc", to="shop", on=2.5)], False),
    "when the lot had left": (
        [ship("milk/L1=10", at="dc", to="mall", on=3.5), ship("milk/=4", at="dc", to="shop", on=4)],
        False,
    ),
    "when the lot was sold": (
        [sell("milk/L1=10", at="dc", on=3.5), ship("milk/=4", at="dc", to="shop", on=4)],
        False,
    ),
    "from elsewhere": ([ship("milk/=4", at="other", to="shop", on=4)], False),
    "of another product": ([ship("soup/=4", at="dc", to="shop", on=4)], False),
}


@pytest.mark.parametrize("story", STORIES)
async def test_a_shop_is_a_holder_as_far_as_the_lot_can_have_come(
    client: httpx.AsyncClient, story: str
) -> None:
    """
    farm --L1 10--> dc --milk, no lot--> shop?
    """
    events, found = STORIES[story]
    await capture(client, *TO_DC, *events)
    assert (place("shop") in await reached(client, "milk/L1")) is found
    assert (await client.post("/v1/ledger/rebuild")).json()["changed_rows"] == 0


async def test_the_lot_that_is_told_again_downstream_is_no_second_lot(client: httpx.AsyncClient) -> None:
    """
    farm --milk, no lot--> dc --L1--> shop
    """
    await capture(
        client,
        commission("milk/L1=10", at="farm", on=1),
        ship("milk/=10", at="farm", to="dc", on=2),
        receive("milk/=10", at="dc", source="farm", on=3),
        ship("milk/L1=4", at="dc", to="shop", on=4),
    )
    assert {place("farm"), place("dc"), place("shop")} <= await reached(client, "milk/L1")


async def test_what_went_on_without_a_lot_is_traced_back_to_the_lots_it_may_be_of(
    client: httpx.AsyncClient,
) -> None:
    """
    farm --L1--> dc --milk, no lot--> bakery: cake C;  old lot L0 had left dc before
    """
    await capture(
        client,
        *TO_DC,
        commission("milk/L0=1", at="dc", on=1),
        ship("milk/L0=1", at="dc", to="mall", on=2),
        ship("milk/=4", at="dc", to="bakery", on=4),
        transform(["milk/=4"], ["cake/C=1"], at="bakery", on=5),
    )
    answer: dict[str, Any] = (await client.get("/v1/trace/backward", params={"batch": uri("cake/C")})).json()
    batches = {holding["batch"]["uri"] for holding in answer["holdings"]}
    assert uri("milk/L1") in batches
    assert uri("milk/L0") not in batches
    assert "lot_untold" in {flow["kind"] for flow in answer["flows"]}


async def test_a_party_named_without_its_place_is_the_party_that_had_the_lot(tx: Transaction) -> None:
    """
    farm --L1 10--> dc (of Dairy);  Dairy --milk, no lot--> shop
    """
    gone = ship("milk/=4", source_party="Dairy", to="shop", on=4)
    await capture(tx, *TO_DC, gone, master=owners(dc="Dairy"))
    assert "milk/L1 some: dc -> milk/@Dairy (lot untold)" in (await ledger(tx)).flows


async def test_many_parcels_without_a_lot_are_one_flow_of_the_lot(tx: Transaction) -> None:
    """
    farm --L1 10--> dc --milk, no lot--> shop 0 … 29
    """
    parcels = [ship("milk/=1", at="dc", to=f"shop{n}", on=4 + n / 100, id=f"parcel{n}") for n in range(30)]
    await capture(tx, *TO_DC, *parcels)
    book = await ledger(tx)
    assert len([line for line in book.flows if "lot untold" in line]) == 1
    assert len([gap for gap in book.gaps if gap.startswith("lot_not_told")]) == 1


@pytest.mark.parametrize("lot_first", [True, False])
async def test_a_recall_that_is_open_hears_of_goods_without_a_lot(
    client: httpx.AsyncClient, lot_first: bool
) -> None:
    """
    farm --L1 10--> dc, recalled;  then: dc --milk, no lot--> shop
    """
    gone = ship("milk/=4", at="dc", to="shop", on=4)
    await capture(client, *(TO_DC if lot_first else [*TO_DC[:1], gone]))
    words = {f"{word}_{tongue}": "Listeria" for word in ("title", "reason") for tongue in ("zh", "en")}
    scope = {"batch": [uri("milk/L1")], "hazard_class": 1, **words}
    opened = await client.post("/v1/recalls", json=scope)
    assert opened.status_code == 201, opened.text
    await capture(client, *([gone] if lot_first else TO_DC[1:]))
    holders = await client.get(f"/v1/recalls/{opened.json()['id']}/holders")
    assert place("shop") in holders.text

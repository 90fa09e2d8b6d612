"""Packings recorded late, unpackings recorded never: nobody who got goods is missed, few are told in vain.

Flows are asserted exactly, as lines; see `tests/world.py`.
"""

import pytest

from service.db.transaction import Transaction
from service.ledger.project import make_plan
from tests.world import (
    Json,
    attach,
    capture,
    commission,
    ledger,
    observe,
    owners,
    pack,
    packing,
    receive,
    sell,
    ship,
    unpack,
)

MADE = commission("A=3", "B=2", at="farm", on=1)
SHIPPED = ship("@P", at="farm", to="shop", on=3, id="shipped")
PACKED_LATE = pack("@P", "A=3", at="farm", on=3.5, id="packed")
TOLD_LATE = "A 3: farm -> shop (in transit, inferred)"


async def flows(tx: Transaction, *events: Json) -> list[str]:
    await capture(tx, *events)
    return (await ledger(tx)).flows


# Packed later than it left


async def test_what_was_packed_on_paper_after_the_pallet_had_left_is_found_where_it_went(
    tx: Transaction,
) -> None:
    """
    farm --P--> shop (day 3), no receipt;  farm [P: A 3] (recorded day 3.5)
    """
    await capture(tx, MADE, SHIPPED, PACKED_LATE)
    book = await ledger(tx)
    assert book.flows == [TOLD_LATE]
    assert set(book.at("A")) == {"farm", "shop"}
    assert book.gaps == ["packed_after_leaving A@farm shipped"]


async def test_a_late_packing_counts_at_every_step_until_it_was_recorded(tx: Transaction) -> None:
    """
    farm --P--> dock --P--> shop, and only then: farm [P: A 3]
    """
    assert await flows(
        tx,
        MADE,
        ship("@P", at="farm", to="dock", on=3),
        receive("@P", at="dock", source="farm", on=4),
        ship("@P", at="dock", to="shop", on=5),
        pack("@P", "A=3", at="farm", on=6),
        receive("@P", at="shop", source="dock", on=7),
    ) == ["A 3: farm -> dock (inferred)", "A 3: dock -> shop (inferred)"]


async def test_a_pallet_in_a_container_packed_late_is_found(tx: Transaction) -> None:
    """
    farm [C: P] --C--> shop;  farm [P: A 3], recorded when the container had left
    """
    loaded = attach("@C", "@P", at="farm", on=2)
    assert await flows(tx, MADE, loaded, ship("@C", at="farm", to="shop", on=3), PACKED_LATE) == [TOLD_LATE]


async def test_a_container_and_the_pallet_in_it_both_packed_late_are_found(tx: Transaction) -> None:
    """
    farm --C--> shop;  later, on paper: farm [P: A 3], farm [C: P]
    """
    loaded = attach("@C", "@P", at="farm", on=3.6)
    assert await flows(tx, MADE, ship("@C", at="farm", to="shop", on=3), loaded, PACKED_LATE) == [TOLD_LATE]


async def test_the_last_boxes_recorded_when_the_lorry_had_left_went_with_it(tx: Transaction) -> None:
    """
    farm [P: B 2] --P--> shop;  half a day later, on paper: farm [P: A 3]
    """
    assert await flows(tx, MADE, pack("@P", "B=2", at="farm", on=2), SHIPPED, PACKED_LATE) == [
        TOLD_LATE,
        "B 2: farm -> shop (in transit)",
    ]


async def test_a_departure_told_in_two_steps_does_not_make_a_late_packing_timely(tx: Transaction) -> None:
    """
    farm --P--> shop: shipping (day 3), [P: A 3] recorded, departing (day 3.6): one movement
    """
    departing = ship("@P", at="farm", to="shop", step="departing", on=3.6)
    assert await flows(tx, MADE, SHIPPED, PACKED_LATE, departing) == [TOLD_LATE]


async def test_packed_at_another_site_of_the_shipper_is_packed_late_too(tx: Transaction) -> None:
    """
    dock (of Farm Ltd) --P--> shop;  farm (of Farm Ltd) [P: A 3], recorded late
    """
    master = owners(farm="Farm Ltd", dock="Farm Ltd")
    await capture(tx, MADE, ship("@P", at="dock", to="shop", on=3), PACKED_LATE, master=master)
    assert "shop" in (await ledger(tx)).at("A")


#: sentence -> what happened besides: the goods packed on day 3.5 did not go with the pallet on day 3
NOT_LATE: dict[str, list[Json]] = {
    "it came back": [receive("@P", at="farm", source="shop", on=3.2)],
    "it was seen back": [observe("@P", at="farm", on=3.2)],
    "it was on its way back": [ship("@P", at="shop", to="farm", on=3.2)],
    "it left again right after": [ship("@P", at="farm", to="mall", on=3.6)],
}


@pytest.mark.parametrize("story", NOT_LATE)
async def test_a_pallet_that_came_back_empty_is_packed_in_time(tx: Transaction, story: str) -> None:
    """
    farm --P--> shop, empty;  P back at the farm;  farm [P: A 3]
    """
    told = await flows(tx, MADE, SHIPPED, PACKED_LATE, *NOT_LATE[story])
    assert not any("shop" in line for line in told)


async def test_an_empty_pallet_on_its_way_to_be_packed_carried_nothing(tx: Transaction) -> None:
    """
    depot --P--> farm, empty;  farm [P: A 3] --P--> shop
    """
    assert await flows(
        tx,
        MADE,
        ship("@P", at="depot", to="farm", on=2),
        pack("@P", "A=3", at="farm", on=2.5),
        ship("@P", at="farm", to="shop", on=3),
    ) == ["A 3: farm -> shop (in transit)"]


async def test_late_packings_week_after_week_stay_in_their_weeks(tx: Transaction) -> None:
    """
    farm --P--> shop (day 3, A recorded day 3.5), unpacked;  farm --P--> mall (day 9, B recorded day 9.5)
    """
    book = await flows(
        tx,
        MADE,
        SHIPPED,
        PACKED_LATE,
        unpack("@P", at="shop", on=5),
        ship("@P", at="farm", to="mall", on=9),
        pack("@P", "B=2", at="farm", on=9.5),
    )
    assert book == ["A 3: farm -> shop (inferred)", "B 2: farm -> mall (in transit, inferred)"]


async def test_what_was_unpacked_before_its_packing_was_recorded_is_out(tx: Transaction) -> None:
    """
    farm --P--> shop, unpacked (day 3.2);  farm [P: A 3] recorded day 3.5;  farm [P: B 2] --P--> mall
    """
    assert await flows(
        tx,
        MADE,
        SHIPPED,
        unpack("@P", at="shop", on=3.2),
        PACKED_LATE,
        pack("@P", "B=2", at="farm", on=9),
        ship("@P", at="farm", to="mall", on=9.5),
    ) == ["A 3: farm -> shop (inferred)", "B 2: farm -> mall (in transit)"]


async def test_a_late_packing_touches_only_what_depends_on_it(tx: Transaction) -> None:
    """
    farm [P: A 3] --P--> shop, with twenty other pallets of other goods from the same farm on the same day
    """
    others = [
        [commission(f"L{n}=1", at="farm", on=1), pack(f"@O{n}", f"L{n}=1", at="farm", on=2)]
        for n in range(20)
    ]
    await capture(tx, *(event for pair in others for event in pair))
    await capture(tx, MADE, SHIPPED, *(ship(f"@O{n}", at="farm", to="shop", on=3) for n in range(20)))
    await capture(tx, PACKED_LATE)
    seed = await tx.sql.fetchval("SELECT id FROM event WHERE event_id = 'urn:event:packed'")
    plan = await make_plan(tx, {seed})
    assert (len(plan.events), len(plan.batches)) == (2, 1)


# Not unpacked, as far as is told

WEEK_ONE = [
    commission("A=3", "milk/M#1", "milk/M#2", at="farm", on=1),
    commission("B=2", at="farm", on=1),
    pack("@P", "A=3", "milk#1", "milk#2", at="farm", on=2),
    ship("@P", at="farm", to="shop1", on=3),
    receive("@P", at="shop1", source="farm", on=4),
]
WEEK_TWO = [
    pack("@P", "B=2", at="farm", on=9, id="again"),
    ship("@P", at="farm", to="shop2", on=10, id="second"),
]


async def test_a_pallet_packed_again_at_home_had_come_back_empty(tx: Transaction) -> None:
    """
    week 1: farm [P: A 3, milk] --P--> shop1, no unpacking told
    week 2: farm [P: B 2] --P--> shop2
    """
    await capture(tx, *WEEK_ONE, *WEEK_TWO)
    book = await ledger(tx)
    assert [line for line in book.flows if "shop2" in line] == ["B 2: farm -> shop2 (in transit)"]
    assert book.gaps == ["left_behind A again", "left_behind milk/M again"]


async def test_goods_brought_home_by_the_pallets_number_are_kept_on_it_and_doubted(tx: Transaction) -> None:
    """
    week 1: farm [P: A 3, milk] --P--> shop1 --P--> farm
    week 2: farm [P: A 3?, milk?, B 2] --P--> shop2
    """
    back = [ship("@P", at="shop1", to="farm", on=5), receive("@P", at="farm", source="shop1", on=6)]
    await capture(tx, *WEEK_ONE, *back, *WEEK_TWO)
    book = await ledger(tx)
    assert "A 3: farm -> shop2 (in transit)" in book.flows
    assert book.gaps == ["unpacking_not_told A@farm second", "unpacking_not_told milk/M@farm second"]


async def test_goods_topped_up_on_the_way_stay_on_the_pallet(tx: Transaction) -> None:
    """
    farm [P: A 3] --P--> dc [P: A 3, B 2] --P--> shop
    """
    await capture(
        tx,
        commission("A=3", at="farm", on=1),
        commission("B=2", at="dc", on=1),
        pack("@P", "A=3", at="farm", on=2),
        ship("@P", at="farm", to="dc", on=3),
        receive("@P", at="dc", source="farm", on=4),
        pack("@P", "B=2", at="dc", on=5),
        ship("@P", at="dc", to="shop", on=6),
    )
    book = await ledger(tx)
    assert "A 3: dc -> shop (in transit)" in book.flows
    assert book.gaps == []


async def test_a_pallet_packed_anew_at_a_third_place_keeps_its_goods_and_a_gap_says_so(
    tx: Transaction,
) -> None:
    """
    farm [P: A 3] --P--> dc1;  dc2 [P: B 2], by no way told --P--> shop
    """
    await capture(
        tx,
        commission("A=3", at="farm", on=1),
        commission("B=2", at="dc2", on=1),
        pack("@P", "A=3", at="farm", on=2),
        ship("@P", at="farm", to="dc1", on=3),
        receive("@P", at="dc1", source="farm", on=4),
        pack("@P", "B=2", at="dc2", on=5),
        ship("@P", at="dc2", to="shop", on=6, id="on"),
    )
    book = await ledger(tx)
    assert {"dc1", "dc2", "shop"} <= set(book.at("A"))
    assert "unpacking_not_told A@dc2 on" in book.gaps


async def test_units_sold_one_by_one_are_no_longer_on_the_pallet(tx: Transaction) -> None:
    """
    farm [P: milk 1, 2] --P--> shop, milk 1 sold;  shop --P--> farm
    """
    assert await flows(
        tx,
        commission("milk/M#1", "milk/M#2", at="farm", on=1),
        pack("@P", "milk#1", "milk#2", at="farm", on=2),
        ship("@P", at="farm", to="shop", on=3),
        receive("@P", at="shop", source="farm", on=4),
        sell("milk#1", at="shop", on=5),
        ship("@P", at="shop", to="farm", on=6),
    ) == ["milk/M 2: farm -> shop", "milk/M 1: shop -> farm (in transit)"]


async def test_units_received_elsewhere_while_the_pallet_stands_are_no_longer_on_it(
    tx: Transaction,
) -> None:
    """
    farm [P: milk 1, 2] --P--> dc;  shop receives milk 1 and 2 by themselves;  dc --P--> farm
    """
    assert await flows(
        tx,
        commission("milk/M#1", "milk/M#2", at="farm", on=1),
        pack("@P", "milk#1", "milk#2", at="farm", on=2),
        ship("@P", at="farm", to="dc", on=3),
        receive("@P", at="dc", source="farm", on=4),
        receive("milk#1", "milk#2", at="shop", source="dc", on=5),
        ship("@P", at="dc", to="farm", on=6),
    ) == ["milk/M 2: farm -> dc", "milk/M 2: dc -> shop"]


async def test_units_listed_beside_their_pallet_stay_on_it(tx: Transaction) -> None:
    """
    farm [P: milk 1] --P and milk 1--> dc --P--> shop
    """
    assert await flows(
        tx,
        commission("milk/M#1", at="farm", on=1),
        pack("@P", "milk#1", at="farm", on=2),
        ship("@P", "milk#1", at="farm", to="dc", on=3),
        receive("@P", "milk#1", at="dc", source="farm", on=4),
        packing("@P", "milk#1", action="OBSERVE", step="inspecting", at="dc", on=4.5),
        ship("@P", at="dc", to="shop", on=5),
    ) == ["milk/M 1: farm -> dc", "milk/M 1: dc -> shop (in transit)"]

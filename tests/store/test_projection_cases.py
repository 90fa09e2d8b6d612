"""The cases that the projection must get right, each with its little graph.

Flows are asserted exactly, as lines; see `tests/world.py`.
"""

import itertools

from service.db.transaction import Transaction
from tests.world import (
    attach,
    capture,
    commission,
    declare_error,
    give_back,
    ledger,
    pack,
    packing,
    receive,
    sell,
    ship,
    transform,
    unpack,
)


async def test_one_batch_reaches_two_shops_and_another_batch_the_third(tx: Transaction) -> None:
    """
    farm --A 10--> plant --A 4--> shop1
                         --A 6--> shop2
    farm --B 5---> plant --B 5--> shop3
    """
    await capture(
        tx,
        commission("A=10", "B=5", at="farm", on=1),
        ship("A=10", "B=5", at="farm", to="plant", on=2),
        receive("A=10", "B=5", at="plant", source="farm", on=3),
        ship("A=4", at="plant", to="shop1", on=4),
        ship("A=6", at="plant", to="shop2", on=4),
        ship("B=5", at="plant", to="shop3", on=4),
        receive("A=4", at="shop1", source="plant", on=5),
        receive("A=6", at="shop2", source="plant", on=5),
        receive("B=5", at="shop3", source="plant", on=5),
    )
    book = await ledger(tx)
    assert sorted(book.flows) == [
        "A 10: farm -> plant",
        "A 4: plant -> shop1",
        "A 6: plant -> shop2",
        "B 5: farm -> plant",
        "B 5: plant -> shop3",
    ]
    assert book.at("A") == {
        "farm": "produced 10, shipped 10",
        "plant": "received 10, shipped 10",
        "shop1": "received 4",
        "shop2": "received 6",
    }
    assert book.gaps == []


async def test_batches_on_one_pallet_shipped_by_its_number_are_told_apart(tx: Transaction) -> None:
    """
    farm [P: A 3, B 2] --P--> shop, unpacked: A and B each their own flow
    """
    await capture(
        tx,
        commission("A=3", "B=2", at="farm", on=1),
        pack("@P", "A=3", "B=2", at="farm", on=2),
        ship("@P", at="farm", to="shop", on=3),
        receive("@P", at="shop", source="farm", on=4),
        unpack("@P", at="shop", on=5),
        sell("A=1", at="shop", on=6),
    )
    book = await ledger(tx)
    assert sorted(book.flows) == ["A 3: farm -> shop", "B 2: farm -> shop"]
    assert book.at("A")["shop"] == "received 3, sold 1"
    assert book.at("B")["shop"] == "received 2"
    assert book.gaps == []


async def test_a_pallet_used_again_next_week_leaks_nothing(tx: Transaction) -> None:
    """
    week 1: farm [P: A 3] --P--> shop1, unpacked
    week 2: plant [P: B 2] --P--> shop2
    """
    await capture(
        tx,
        commission("A=3", at="farm", on=1),
        commission("B=2", at="plant", on=1),
        pack("@P", "A=3", at="farm", on=2),
        ship("@P", at="farm", to="shop1", on=3),
        receive("@P", at="shop1", source="farm", on=4),
        unpack("@P", at="shop1", on=4),
        pack("@P", "B=2", at="plant", on=9),
        ship("@P", at="plant", to="shop2", on=10),
        receive("@P", at="shop2", source="plant", on=11),
    )
    book = await ledger(tx)
    assert book.flows == ["A 3: farm -> shop1", "B 2: plant -> shop2"]
    assert book.gaps == []


async def test_contents_are_found_through_three_levels(tx: Transaction) -> None:
    """
    farm [truck [container [P: A 3, milk#1]]] --truck--> port --container--> shop
    """
    truck = "https://id.gs1.org/8004/9521321TRUCK"
    await capture(
        tx,
        commission("A=3", at="farm", on=1),
        commission("milk/M#1", at="farm", on=1),
        pack("@P", "A=3", "milk#1", at="farm", on=2),
        pack("@C", "@P", at="farm", on=2.1),
        attach(truck, "@C", at="farm", step="loading", on=2.2),
        ship(truck, at="farm", to="port", on=3),
        receive(truck, at="port", source="farm", on=4),
        packing(truck, "@C", kind="AssociationEvent", action="DELETE", at="port", step="unloading", on=4.1),
        ship("@C", at="port", to="shop", on=5),
        receive("@C", at="shop", source="port", on=6),
    )
    book = await ledger(tx)
    assert sorted(book.flows) == [
        "A 3: farm -> port",
        "A 3: port -> shop",
        "milk/M 1: farm -> port",
        "milk/M 1: port -> shop",
    ]
    assert book.gaps == []


async def test_three_inputs_go_into_two_outputs(tx: Transaction) -> None:
    """
    A 5 \\            / X 9
    B 6  > plant run <
    C 7 /            \\ Y 8
    """
    inputs, outputs = ["A=5", "B=6", "C=7"], ["pie/X=9", "pie/Y=8"]
    await capture(tx, commission(*inputs, at="plant", on=1), transform(inputs, outputs, at="plant", on=2))
    book = await ledger(tx)
    assert sorted(book.flows) == [
        f"{batch} {amount}: plant -> pie/{made}@plant"
        for batch, amount in (("A", 5), ("B", 6), ("C", 7))
        for made in "XY"
    ]
    assert book.at("A") == {"plant": "produced 5, consumed 5"}
    assert book.at("pie/Y") == {"plant": "produced 8"}
    assert book.gaps == []


async def test_departures_before_and_after_a_delivery_keep_their_times(tx: Transaction) -> None:
    """
    plant [M 20] --M 5, day 2--> shop1
    farm --M 10, arrives day 3--> plant --M 5, day 4--> shop2
    """
    await capture(
        tx,
        commission("M=20", at="plant", on=1),
        ship("M=5", at="plant", to="shop1", on=2),
        receive("M=5", at="shop1", source="plant", on=2.5),
        commission("M=10", at="farm", on=1),
        ship("M=10", at="farm", to="plant", on=2),
        receive("M=10", at="plant", source="farm", on=3),
        ship("M=5", at="plant", to="shop2", on=4),
        receive("M=5", at="shop2", source="plant", on=4.5),
    )
    book = await ledger(tx)
    times = {
        (line, row["departed_at"].day - 1, row["arrived_at"].day - 1)
        for line, row in zip(
            book.flows, await tx.sql.fetch("SELECT * FROM flow ORDER BY departed_at, arrived_at"), strict=True
        )
    }
    assert times == {
        ("M 5: plant -> shop1", 2, 2),
        ("M 10: farm -> plant", 2, 3),
        ("M 5: plant -> shop2", 4, 4),
    }
    assert book.gaps == []


async def test_shipping_without_receiving_is_in_transit(tx: Transaction) -> None:
    """
    farm --A 5--> (shop)
    """
    await capture(tx, commission("A=5", at="farm", on=1), ship("A=5", at="farm", to="shop", on=2))
    book = await ledger(tx)
    assert book.flows == ["A 5: farm -> shop (in transit)"]
    assert book.at("A") == {"farm": "produced 5, shipped 5", "shop": "nothing"}


async def test_receiving_without_shipping_comes_from_the_named_source(tx: Transaction) -> None:
    """
    farm ..A 5..> shop
    """
    await capture(
        tx, commission("A=5", at="farm", on=1), receive("A=5", at="shop", source="farm", on=2, id="got")
    )
    book = await ledger(tx)
    assert book.flows == ["A 5: farm -> shop"]
    assert book.at("A") == {"farm": "produced 5, shipped 5", "shop": "received 5"}
    assert book.gaps == ["received_not_shipped A@shop got"]


async def test_shipping_and_receiving_are_one_flow_with_their_difference(tx: Transaction) -> None:
    """
    farm --A 5/4--> shop
    """
    await capture(
        tx,
        commission("A=5", at="farm", on=1),
        ship("A=5", at="farm", to="shop", on=2),
        receive("A=4", at="shop", source="farm", on=3, id="got"),
    )
    book = await ledger(tx)
    assert book.flows == ["A 5/4: farm -> shop"]
    assert book.gaps == ["quantity_difference A@shop got received=4 shipped=5 uom=EA"]


async def test_any_order_any_split_and_any_repetition_give_the_same(tx: Transaction) -> None:
    """
    farm [P: A 3] --P--> plant, A 3 -> X 2 --X 2--> shop
    """
    events = [
        commission("A=3", at="farm", on=1),
        pack("@P", "A=3", at="farm", on=2),
        ship("@P", at="farm", to="plant", on=3),
        receive("@P", at="plant", source="farm", on=4),
        transform(["A=3"], ["pie/X=2"], at="plant", on=5),
        ship("pie/X=2", at="plant", to="shop", on=6),
    ]
    seen = []
    orders = [events, events[::-1], *itertools.islice(itertools.permutations(events), 100, 700, 60)]
    for order in orders:
        savepoint = tx.sql.transaction()
        await savepoint.start()
        for event in order:
            await capture(tx, event)
        await capture(tx, *order[2:])
        seen.append(await ledger(tx))
        await savepoint.rollback()
    assert [book.rows for book in seen[1:]] == [seen[0].rows] * (len(orders) - 1)
    assert seen[0].flows == [
        "A 3: farm -> plant",
        "A 3: plant -> pie/X@plant",
        "pie/X 2: plant -> shop (in transit)",
    ]
    assert seen[0].gaps == []


async def test_an_error_declaration_removes_the_flow_and_the_correction_adds_the_right_one(
    tx: Transaction,
) -> None:
    """
    farm -x-> shop1 (declared in error)
    farm --A 5--> shop2 (corrective event)
    """
    wrong = ship("A=5", at="farm", to="shop1", on=2, id="wrong")
    await capture(tx, commission("A=5", at="farm", on=1), wrong)
    assert (await ledger(tx)).flows == ["A 5: farm -> shop1 (in transit)"]
    await capture(tx, declare_error(wrong, correctiveEventIDs=["urn:event:right"]))
    assert (await ledger(tx)).flows == []
    await capture(tx, ship("A=5", at="farm", to="shop2", on=2, id="right"))
    book = await ledger(tx)
    assert book.flows == ["A 5: farm -> shop2 (in transit)"]
    assert set(book.at("A")) == {"farm", "shop2"}
    assert book.gaps == []


async def test_a_return_is_a_move_back_and_balances(tx: Transaction) -> None:
    """
    farm --A 5--> shop --A 2--> farm
    """
    await capture(
        tx,
        commission("A=5", at="farm", on=1),
        ship("A=5", at="farm", to="shop", on=2),
        receive("A=5", at="shop", source="farm", on=3),
        give_back("A=2", at="shop", source="shop", to="farm", on=4),
        receive("A=2", at="farm", source="shop", on=5),
    )
    book = await ledger(tx)
    assert book.flows == ["A 5: farm -> shop", "A 2: shop -> farm"]
    assert book.at("A") == {"farm": "produced 5, received 2, shipped 5", "shop": "received 5, shipped 2"}
    assert book.gaps == []


async def test_ten_thousand_serials_in_100_cases_on_4_pallets_are_four_flows(tx: Transaction) -> None:
    """
    plant [P0..P3 [25 cases each [100 units]]] --Pi--> hospital i
    """
    case = "case/K#{}".format
    unit = "pill/L#{}".format
    for start in range(0, 10_000, 2_500):
        await capture(tx, commission(*map(unit, range(start, start + 2_500)), at="plant", on=1))
    packings = [
        pack(case(c), *(f"pill#{n}" for n in range(100 * c, 100 * c + 100)), at="plant", on=2)
        for c in range(100)
    ]
    pallets = [
        pack(f"@P{p}", *map("case#{}".format, range(25 * p, 25 * p + 25)), at="plant", on=3) for p in range(4)
    ]
    await capture(tx, *packings, *pallets)
    await capture(tx, *(ship(f"@P{p}", at="plant", to=f"hospital{p}", on=4) for p in range(4)))
    book = await ledger(tx)
    pills = [line for line in book.flows if line.startswith("pill/L")]
    assert sorted(pills) == [f"pill/L 2500: plant -> hospital{p} (in transit)" for p in range(4)]
    assert book.at("pill/L")["plant"] == "produced 10000, shipped 10000"
    events = await tx.sql.fetch(
        """
        SELECT parent.uri FROM unit JOIN event_item AS child ON child.unit_id = unit.id AND child.role = 2
        JOIN event_item AS up ON up.event_id = child.event_id AND up.role = 1
        JOIN unit AS parent ON parent.id = up.unit_id WHERE unit.uri LIKE '%/21/7777'
        """
    )
    assert [row["uri"].rpartition("/")[2] for row in events] == ["77"]


async def test_rework_goes_into_a_later_run_of_the_same_product(tx: Transaction) -> None:
    """
    A 10 -> run 1 -> R1 9 --(R1 2)--+
    B 10 -> run 2 <-----------------+  -> R2 11
    """
    await capture(
        tx,
        commission("A=10", "B=10", at="plant", on=1),
        transform(["A=10"], ["pie/R1=9"], at="plant", on=2),
        transform(["B=10", "pie/R1=2"], ["pie/R2=11"], at="plant", on=3),
    )
    book = await ledger(tx)
    assert sorted(book.flows) == [
        "A 10: plant -> pie/R1@plant",
        "B 10: plant -> pie/R2@plant",
        "pie/R1 2: plant -> pie/R2@plant",
    ]
    assert book.at("pie/R1") == {"plant": "produced 9, consumed 2"}
    assert book.gaps == []


async def test_an_output_put_into_its_own_run_again_ends(tx: Transaction) -> None:
    """
    A 10 -> run 1 -> R 9 -> run 2 -> R 9 (the same lot)
    """
    await capture(
        tx,
        commission("A=10", at="plant", on=1),
        transform(["A=10"], ["pie/R=9"], at="plant", on=2),
        transform(["pie/R=3"], ["pie/R=3"], at="plant", on=3),
    )
    book = await ledger(tx)
    assert book.flows == ["A 10: plant -> pie/R@plant", "pie/R 3: plant -> pie/R@plant"]
    assert book.at("pie/R") == {"plant": "produced 12, consumed 3"}
    assert book.gaps == []

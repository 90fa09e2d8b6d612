"""Packing events that contradict one another: whatever they say, nobody who got goods is lost."""

from collections.abc import Sequence

import pytest

from service.db.transaction import Transaction
from tests.world import capture, commission, ledger, pack, ship


@pytest.mark.parametrize("shipped", [["@A"], ["@B"], ["@A", "@B"], ["@B", "@A"], ["@A", "@B", "@Outer"]])
async def test_pallets_packed_into_each_other_bring_their_goods_along(
    tx: Transaction, shipped: Sequence[str]
) -> None:
    """
    @Outer { @A { L1 10, @B { L2 5, @A } } }: at one instant A is in B and B in A
    """
    await capture(
        tx,
        commission("L1=10", "L2=5", at="farm", on=1),
        pack("@A", "L1=10", "@B", at="farm", on=2),
        pack("@B", "L2=5", "@A", at="farm", on=2),
        pack("@Outer", "@A", at="farm", on=2),
        ship(*shipped, at="farm", to="shop", on=3),
    )
    book = await ledger(tx)
    assert book.flows == ["L1 10: farm -> shop (in transit)", "L2 5: farm -> shop (in transit)"]


async def test_a_pallet_inside_itself_is_a_pallet(tx: Transaction) -> None:
    await capture(
        tx,
        commission("L1=10", at="farm", on=1),
        pack("@A", "L1=10", "@A", at="farm", on=2),
        ship("@A", at="farm", to="shop", on=3),
    )
    assert (await ledger(tx)).flows == ["L1 10: farm -> shop (in transit)"]

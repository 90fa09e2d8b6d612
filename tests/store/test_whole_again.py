"""What was projected in part is remembered, projected whole soon after, and put right where it differs.

depot --A, each 1 of 100--> shop0 … shop9; one more shipment at a time is projected in part.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import Transaction, transaction
from service.ledger import awaiting, project
from service.ledger.awaiting import WAIT_LEAST, may_be_in_part
from service.ledger.rebuild import rebuild, stored_events
from service.ledger.whole import make_whole
from service.operation.doctor import ask_in_part
from service.operation.whole_again import WholeAgain
from service.recall import alarms, conduct
from service.recall.schemas import NewRecall
from service.settings import Settings
from tests.conftest import RollBack
from tests.world import Json, capture, commission, place, sell, ship, thing

#: As a part would have left it that missed a shop: nothing of it is near to what comes next.
MISS_SHOP_7 = (
    "DELETE FROM flow USING site WHERE site.id = to_site_id AND site.uri = $1",
    "DELETE FROM holding USING site WHERE site.id = site_id AND site.uri = $1",
)
UNDO_CAPTURE = (
    "DELETE FROM posting WHERE event_id = $1",
    "DELETE FROM event_item WHERE event_id = $1",
    "DELETE FROM journal_entry WHERE event_id = $1",
)
CASE = NewRecall(
    title_zh="召回",
    title_en="Recall",
    reason_zh="原因",
    reason_en="Reason",
    hazard_class=1,
    batch=[thing("A").uri],
)
pytestmark = pytest.mark.usefixtures("in_part")


def to(shop: str, on: float = 3, **more: Any) -> Json:
    return ship("A=1", at="depot", to=shop, on=on, **more)


async def many_shops(tx: Transaction) -> int:
    """The batch, projected whole."""
    shops = [to(f"shop{n}", 2 + n / 100) for n in range(10)]
    await capture(tx, commission("A=100", at="depot", on=1), *shops)
    return int(await tx.sql.fetchval("SELECT id FROM batch WHERE uri = $1", thing("A").uri))


async def miss_shop_7(tx: Transaction) -> None:
    for statement in MISS_SHOP_7:
        await tx.sql.execute(statement, place("shop7"))


async def waiting(tx: Transaction) -> list[int]:
    return list(await awaiting.awaiting(tx))


async def holders(tx: Transaction, recall: int) -> int:
    return int(await tx.sql.fetchval("SELECT count(*) FROM recall_holding WHERE recall_id = $1", recall))


async def test_parts_are_remembered_until_the_whole_has_nothing_to_add(tx: Transaction) -> None:
    batch = await many_shops(tx)
    assert await waiting(tx) == []
    for n in range(3):
        await capture(tx, to(f"new{n}"))
        assert await waiting(tx) == [batch]
    assert (await ask_in_part(tx)).state == "well"
    await make_whole(tx, [batch + 1])
    assert await waiting(tx) == [batch]
    await make_whole(tx, [batch])
    assert await tx.sql.fetch("SELECT FROM batch_in_part") == []
    assert (await rebuild(tx)).changed_rows == 0


async def test_what_a_part_missed_is_put_right_and_told_and_nothing_is_projected_in_part_any_more(
    tx: Transaction, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await many_shops(tx)
    await capture(tx, to("new"))
    await miss_shop_7(tx)
    with caplog.at_level(logging.ERROR):
        await make_whole(tx, [batch])
    assert f"batch {batch}: 2 rows" in caplog.text
    assert (await rebuild(tx)).changed_rows == 0
    assert (await ask_in_part(tx)).state == "wrong"
    assert not await may_be_in_part(tx, batch + 1)
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await may_be_in_part(tx, batch + 1)
    # Of this batch not even then.
    await capture(tx, to("newer"))
    assert await waiting(tx) == []


async def test_a_recall_rests_on_no_part(tx: Transaction) -> None:
    await many_shops(tx)
    await capture(tx, to("new"))
    await miss_shop_7(tx)
    recall = await conduct.open_recall(tx, CASE, by="tests")
    assert await waiting(tx) == []
    assert recall.id is not None
    assert await holders(tx, recall.id) == 12


async def test_an_open_recall_widens_by_the_whole(tx: Transaction) -> None:
    for area in (conduct, alarms):
        area.listen()
    await many_shops(tx)
    recall = await conduct.open_recall(tx, CASE, by="tests")
    assert recall.id is not None
    assert await holders(tx, recall.id) == 11
    await capture(tx, to("new"))
    assert await waiting(tx) == []
    assert await holders(tx, recall.id) == 12


async def test_where_nobody_comes_after_them_batches_are_projected_whole_at_once(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await many_shops(tx)
    await capture(tx, to("new"))
    assert await may_be_in_part(tx, batch)
    monkeypatch.setattr(awaiting, "AWAITING_MOST", 1)
    assert await may_be_in_part(tx, batch)
    assert not await may_be_in_part(tx, batch + 1)
    monkeypatch.setattr(awaiting, "AWAITING_MOST", 2)
    assert await may_be_in_part(tx, batch + 1)
    await tx.sql.execute("UPDATE batch_in_part SET due_at = now() - interval '1 hour'")
    assert not await may_be_in_part(tx, batch)
    assert (await ask_in_part(tx)).state == "look"


async def test_what_a_rebuild_captures_is_projected_whole(tx: Transaction) -> None:
    batch = await many_shops(tx)
    await capture(tx, to("new"))
    last = await tx.sql.fetchval("SELECT max(id) FROM event")
    for statement in UNDO_CAPTURE:
        await tx.sql.execute(statement, last)
    await tx.sql.execute("DELETE FROM batch_in_part")
    async for stored in stored_events(tx, last, last):
        await project.project(tx, stored, in_part=False)
    assert await waiting(tx) == []
    assert (await rebuild(tx)).changed_rows == 0
    await capture(tx, to("newer"))
    assert await waiting(tx) == [batch]


async def test_captures_take_turns_and_any_process_makes_whole_what_they_left(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        batch = await many_shops(tx)

    async def capture_one(event: Json) -> None:
        async with transaction(engine) as tx:
            await capture(tx, event)

    async def capture_and_fail() -> None:
        async with transaction(engine) as tx:
            await capture(tx, to("never"))
            raise RollBack

    with pytest.raises(RollBack):
        await capture_and_fail()
    duties = [WholeAgain(engine, Settings()) for _ in range(2)]
    now = clock.now()
    assert (await duties[0].look(now)).next_at is None
    events = [to(f"new{n}", 3 + n / 10) for n in range(4)] + [
        sell("A=1", at=f"shop{n}", on=4) for n in range(4)
    ]
    await asyncio.gather(*map(capture_one, events[:4]))
    look = await duties[1].look(now)
    assert not look.due
    assert look.next_at is not None
    (errand,) = (await duties[1].look(look.next_at)).due
    assert errand.row == batch
    assert look.next_at <= clock.now() + 2 * WAIT_LEAST
    await asyncio.gather(*map(capture_one, events[4:]), *(duty.do(batch) for duty in duties))
    await duties[0].do(batch)
    async with transaction(engine) as tx:
        assert await waiting(tx) == []
        assert await tx.sql.fetchval("SELECT count(*) FROM flow") == 14
        assert (await rebuild(tx)).changed_rows == 0

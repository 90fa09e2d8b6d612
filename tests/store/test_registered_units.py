"""Registered serial numbers in the ledger: a producer's word goes first, whenever it comes."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import Transaction, transaction
from service.errors import Conflict, Malformed, Missing, TooLarge, Unavailable
from service.ledger.rebuild import rebuild
from service.registry.ensure import NewBatch, ensure_batches
from service.units.drug_codes import register_codes
from service.units.intake import numbered
from service.units.listing import list_serials
from service.units.registering import Registered, allot, register_list, register_range
from tests.owning import own
from tests.store.test_projection_order import another_database
from tests.world import Json, capture, commission, gtin, ledger, pack, receive, sell, ship, thing, uri

GOODS = f"https://id.gs1.org/01/{gtin('goods')}"


async def lot(tx: Transaction, name: str) -> int:
    """The id of a lot of the goods, made if it is not here."""
    named = thing(name).uri
    return (await ensure_batches(tx, [NewBatch(named, GOODS, name, of_one=False)]))[named]


async def register(tx: Transaction, name: str, *serials: str) -> Registered:
    return await register_list(tx, await lot(tx, name), numbered(serials), by="tests")


async def batch_of(tx: Transaction, unit: str) -> str | None:
    found: str | None = await tx.sql.fetchval(
        "SELECT batch.uri FROM unit LEFT JOIN batch ON batch.id = batch_id WHERE unit.uri = $1", uri(unit)
    )
    return found


async def test_registered_units_count_for_their_lot_when_events_name_them_bare(tx: Transaction) -> None:
    await register(tx, "L1", "1", "2")
    await capture(tx, commission("goods#1", "goods#2", at="farm", on=1))
    assert (await ledger(tx)).holdings == ["L1@farm: produced 2"]


async def test_a_registration_after_the_events_gives_the_same_ledger(tx: Transaction) -> None:
    await capture(
        tx,
        commission("goods#1", "goods#2", at="farm", on=1),
        pack("@P", "goods#1", "goods#2", at="farm", on=2),
        ship("@P", at="farm", to="shop", on=3),
        receive("@P", at="shop", on=4),
        sell("goods#1", at="shop", on=5),
    )
    assert len((await ledger(tx)).at("goods#1")) == 2
    done = await register(tx, "L1", "1", "2")
    assert (done.registered, done.repeated, done.refused) == (2, 0, 0)
    found = await ledger(tx)
    assert found.at("L1") == {"farm": "produced 2, shipped 2", "shop": "received 2, sold 1"}
    assert found.flows == ["L1 2: farm -> shop"]
    assert (await rebuild(tx)).changed_rows == 0


async def test_a_producers_word_goes_before_the_lot_that_events_tell(tx: Transaction) -> None:
    await capture(tx, commission("goods/L9#1", at="farm", on=1))
    assert await batch_of(tx, "goods#1") == thing("L9").uri
    await register(tx, "L1", "1")
    assert await batch_of(tx, "goods#1") == thing("L1").uri
    assert (await ledger(tx)).holdings == ["L1@farm: produced 1"]


EVENTS: Sequence[Json] = (
    commission("goods#1", at="farm", on=1, id="a"),
    pack("@P", "goods#1", "goods/L2#2", at="farm", on=2, id="b"),
    ship("@P", at="farm", to="shop", on=3, id="c"),
    receive("@P", at="shop", on=4, id="d"),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
async def test_registrations_among_captures_in_any_order_give_one_ledger(
    shared_engine: AsyncEngine, chance: random.Random
) -> None:
    async with another_database(shared_engine) as tx:
        await register(tx, "L1", "1", "2")
        await capture(tx, *EVENTS)
        expected = (await ledger(tx)).rows
    async with another_database(shared_engine) as tx:
        steps: list[Json | str] = [*EVENTS, "1", "2"]
        for step in chance.sample(steps, len(steps)):
            await (register(tx, "L1", step) if isinstance(step, str) else capture(tx, step))
        assert (await ledger(tx)).rows == expected
        assert (await rebuild(tx)).changed_rows == 0


async def test_the_answer_counts_what_is_new_repeated_and_refused(tx: Transaction) -> None:
    await register(tx, "L2", "7")
    done = await register(tx, "L1", "1", "2", "2", "a b", "7")
    assert (done.registered, done.repeated, done.refused) == (2, 1, 2)
    assert [(fault.field, fault.rule) for fault in done.problems] == [
        ("line 4", "gs1:cset82"),
        ("line 5", "serial:other-batch"),
    ]
    again = await register(tx, "L1", "1", "2")
    assert (again.registered, again.repeated, again.refused) == (0, 2, 0)


async def test_a_list_without_a_good_line_is_refused(tx: Transaction) -> None:
    with pytest.raises(Malformed):
        await register(tx, "L1", "a b")


async def test_only_lots_with_links_have_serials(tx: Transaction) -> None:
    ids = await ensure_batches(
        tx, [NewBatch("urn:x:lot:1", "urn:x:product", "1", False), NewBatch("urn:x:1", None, None, True)]
    )
    with pytest.raises(Conflict):
        await allot(tx, ids["urn:x:lot:1"], 1, by="tests")
    with pytest.raises(Missing):
        await allot(tx, ids["urn:x:1"], 1, by="tests")
    with pytest.raises(Missing):
        await allot(tx, 4711, 1, by="tests")


async def test_ranges_and_allotments_are_listed_in_the_order_of_registration(tx: Transaction) -> None:
    await capture(tx, commission("goods#009", at="farm", on=1))
    batch = await lot(tx, "L1")
    drawn = await allot(tx, batch, 3, by="tests")
    counted = await register_range(tx, batch, "", "008", "011", by="tests")
    assert (drawn.registered, counted.registered) == (3, 4)
    rows = await list_serials(tx, batch, 0, None, 10)
    assert [row["registration_id"] for row in rows] == [drawn.id] * 3 + [counted.id] * 4
    pages = []
    after = 0
    while page := await list_serials(tx, batch, after, None, 2):
        pages += page
        after = page[-1]["id"]
    assert pages == rows
    of_range = await list_serials(tx, batch, 0, counted.id, 10)
    assert sorted(row["uri"].rpartition("/")[2] for row in of_range) == ["008", "009", "010", "011"]


async def test_a_range_of_which_something_is_there_takes_the_rest(tx: Transaction) -> None:
    await register(tx, "L2", "A+3")
    batch = await lot(tx, "L1")
    await register_range(tx, batch, "A+", "4", "5", by="tests")
    done = await register_range(tx, batch, "A+", "1", "6", by="tests")
    assert (done.registered, done.repeated, done.refused) == (3, 2, 1)
    assert [(fault.field, fault.rule) for fault in done.problems] == [("line 3", "serial:other-batch")]
    rows = await list_serials(tx, batch, 0, done.id, 10)
    assert [row["uri"].rpartition("/")[2] for row in rows] == ["A%2B1", "A%2B2", "A%2B6"]


async def test_a_range_over_the_limit_is_refused(tx: Transaction) -> None:
    with pytest.raises(TooLarge):
        await register_range(tx, await lot(tx, "L1"), "", "0000001", "1000001", by="tests")


async def test_serials_that_are_taken_are_drawn_anew(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await lot(tx, "L1")
    draws = iter([bytes(20), bytes(9) + b"\1" + bytes(9) + b"\2", bytes(9) + b"\2" + bytes(9) + b"\3"] * 2)
    monkeypatch.setattr("service.units.registering.secrets.token_bytes", lambda size: next(draws))
    # The first draw is twice the same.
    first = await allot(tx, batch, 2, by="tests")
    monkeypatch.setattr(
        "service.units.registering.secrets.token_bytes", lambda size: bytes(9) + b"\2" + bytes(9) + b"\4"
    )
    with pytest.raises(Unavailable):
        await allot(tx, batch, 2, by="tests")
    rows = await list_serials(tx, batch, 0, None, 10)
    assert [row["uri"][-2:] for row in rows] == ["01", "02"]
    assert {row["registration_id"] for row in rows} == {first.id}


async def test_registrations_and_captures_of_the_same_units_at_once_end_in_one_ledger(
    engine: AsyncEngine,
) -> None:
    serials = [f"{number:03d}" for number in range(60)]
    things = [f"goods#{serial}" for serial in serials]

    async def registering(some: Sequence[str]) -> None:
        async with transaction(engine) as tx:
            await register(tx, "L1", *some)

    async def capturing(some: Sequence[str], day: int) -> None:
        async with transaction(engine) as tx:
            await capture(tx, commission(*some, at="farm", on=day))

    await asyncio.gather(
        registering(serials[::-1]),
        registering(serials),
        registering(serials[10:40]),
        *(capturing(things[start : start + 10][::-1], start) for start in range(0, 60, 10)),
        capturing(things[::3], 90),
    )
    async with transaction(engine) as tx:
        found = await ledger(tx)
        assert {line.split("@")[0] for line in found.holdings} == {"L1"}
        assert (await rebuild(tx)).changed_rows == 0
        assert len(await list_serials(tx, await lot(tx, "L1"), 0, None, 100)) == 60


async def test_allotments_at_once_draw_different_serials(engine: AsyncEngine) -> None:
    async with transaction(engine) as tx:
        batch = await lot(tx, "L1")

    async def drawing() -> int:
        async with transaction(engine) as tx:
            return (await allot(tx, batch, 500, by="tests")).registered

    assert sum(await asyncio.gather(*(drawing() for _ in range(8)))) == 4_000
    async with transaction(engine) as tx:
        assert len(await list_serials(tx, batch, 0, None, 5_000)) == 4_000


CODE = "8123456789012345678"


async def codes(*texts: str) -> AsyncIterator[list[tuple[int, str]]]:
    async for some in numbered(texts):
        yield some


async def test_a_drug_code_names_a_unit_of_its_own_or_that_of_a_serial(tx: Transaction) -> None:
    batch, other = await lot(tx, "L1"), await lot(tx, "L2")
    await register(tx, "L2", "S2")
    done = await register_codes(
        tx, batch, codes(f"{CODE}1", f"{CODE}2,S1", f"{CODE}3,S2", "123"), level=1, by="tests"
    )
    assert (done.registered, done.repeated, done.refused) == (2, 0, 2)
    assert [fault.field for fault in done.problems] == ["line 4", "line 3"]
    named = await tx.sql.fetch("SELECT code, uri FROM drug_code JOIN unit ON unit.id = unit_id ORDER BY code")
    assert [row["uri"] for row in named] == [f"urn:suyuan:drug:{CODE}1", uri("goods#S1")]
    again = await register_codes(tx, batch, codes(f"{CODE}1", f"{CODE}2,S9"), level=1, by="tests")
    assert (again.registered, again.repeated, again.refused) == (0, 1, 1)
    taken = await register_codes(tx, other, codes(f"{CODE}2,S2", f"{CODE}4"), level=1, by="tests")
    assert (taken.registered, taken.refused) == (1, 1)
    outer = await register_codes(tx, batch, codes(f"{CODE}7", f"{CODE}1"), level=2, by="tests")
    assert (outer.registered, outer.refused) == (1, 1)
    # Events name a code too, and count for the registered lot.
    await capture(tx, commission(f"urn:suyuan:drug:{CODE}1", at="farm", on=1))
    assert (await ledger(tx)).holdings == ["L1@farm: produced 1"]
    assert (await rebuild(tx)).changed_rows == 0


async def test_the_history_of_units_cannot_be_changed(tx: Transaction) -> None:
    await own(tx)
    for statement in ("UPDATE unit_act SET kind = kind", "DELETE FROM unit_act", "TRUNCATE unit_act"):
        with pytest.raises(asyncpg.RaiseError, match="history"):
            async with tx.sql.transaction():
                await tx.sql.execute(statement)

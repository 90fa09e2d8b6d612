"""Many captures at once, on real connections: nothing lost, nothing doubled, no error to the caller."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service.auth.caller import Caller
from service.auth.permissions import Role
from service.db.transaction import transaction
from service.ledger import owners as ledger_owners
from service.ledger.rebuild import rebuild
from service.registry.schemas import SiteChange
from service.registry.sites import change_site
from tests.memory_ledger import MemoryLedger
from tests.world import (
    Json,
    bind,
    capture,
    commission,
    declare_error,
    ledger,
    observe,
    owners,
    pack,
    party,
    place,
    receive,
    ship,
    transform,
)

OPERATOR = Caller("test", "key:0", Role.OPERATOR, None, frozenset())

ledger_owners.listen()

#: A document to capture: its events, its master data.
Paper = tuple[Sequence[Json], Sequence[Json]]
ROUNDS = 12


async def all_at_once(engine: AsyncEngine, papers: Sequence[Paper]) -> None:
    """Capture each document on a connection of its own."""

    async def one(events: Sequence[Json], master: Sequence[Json]) -> None:
        async with transaction(engine) as tx:
            await capture(tx, *events, master=master)

    await asyncio.gather(*(one(*paper) for paper in papers))


async def holds(engine: AsyncEngine, events: Sequence[Json], owned: dict[str, str] | None = None) -> None:
    """The ledger is what these events say, no more and no less, and a rebuild agrees."""
    expected = MemoryLedger(events, {place(at): party(by) for at, by in (owned or {}).items()}).rows()
    assert (await ledger(engine)).rows == expected
    async with transaction(engine) as tx:
        report = await rebuild(tx)
    assert report.changed_rows == 0
    assert report.events == len(events)


async def clash(engine: AsyncEngine, make: Callable[[int], Sequence[Json]]) -> None:
    """Capture the events of many rounds, each event a document of its own, those of a round at once."""
    everything: list[Json] = []
    for number in range(ROUNDS):
        events = list(make(number))
        random.Random(number).shuffle(events)
        everything += events
        await all_at_once(engine, [([event], ()) for event in events])
    await holds(engine, everything)


async def test_captures_of_lots_and_of_their_product_without_a_lot(engine: AsyncEngine) -> None:
    """They have no batch in common, yet each bears on the other."""

    def events(number: int) -> list[Json]:
        lots = [f"milk/L{number}=10", f"milk/M{number}=10"]
        return [
            commission(*lots, at="farm", on=1),
            *(receive(lot, at="dc", source="farm", on=2) for lot in lots),
            *(ship("milk/=1", at="dc", to=f"shop{n}", on=3 + n + number / 100) for n in range(2)),
        ]

    await clash(engine, events)


async def test_captures_of_the_same_batches_in_different_order(engine: AsyncEngine) -> None:
    def events(number: int) -> list[Json]:
        lots = [f"A{number}=10", f"B{number}=10", f"C{number}=10"]
        moves = [
            ship(*order, at="farm", to=f"shop{n}", on=2 + n / 100)
            for n, order in enumerate((lots, lots[::-1], lots[1:] + lots[:1], lots[:2], lots[1:]))
        ]
        return [commission(*lots, at="farm", on=1), *moves]

    await clash(engine, events)


async def test_packing_and_shipping_the_same_pallet(engine: AsyncEngine) -> None:
    def events(number: int) -> list[Json]:
        pallet, crate = f"@P{number}", f"@C{number}"
        return [
            commission("A=100", at="farm", on=1 + number / 1000),
            pack(crate, "A=3", f"milk/L{number}#{number}", at="farm", on=2),
            pack(pallet, crate, at="farm", on=3),
            ship(pallet, at="farm", to="plant", on=4),
            receive(pallet, at="plant", source="farm", on=5),
            pack(pallet, f"B{number}=1", at="plant", on=6),
            ship(crate, at="plant", to="shop", on=7),
        ]

    await clash(engine, events)


async def test_commissioning_with_the_lot_and_shipping_the_serials(engine: AsyncEngine) -> None:
    def events(number: int) -> list[Json]:
        serials = [f"milk#{number}x{n}" for n in range(5)]
        told = [serial.replace("milk", f"milk/L{number % 3}") for serial in serials]
        return [
            commission(*told, at="farm", on=1),
            ship(*serials[:3], at="farm", to="shop", on=2),
            ship(*serials[2:], at="farm", to="mall", on=3),
            observe(*serials, at="mall", on=4),
            pack(f"@P{number}", *serials[:4], at="mall", on=5),
            ship(f"@P{number}", at="mall", to="shop", on=6),
        ]

    await clash(engine, events)


async def test_serials_known_from_papers_only_are_told_their_lot_while_they_are_packed(
    engine: AsyncEngine,
) -> None:
    """A unit without any posting: nothing but the batch it leaves ties the two captures together."""
    everything: list[Json] = []
    for number in range(ROUNDS):
        paper = bind(f"milk#{number}", po="1", on=1)
        clashing = [
            commission(f"milk/L#{number}", at="farm", on=1),
            pack(f"@P{number}", f"milk#{number}", at="farm", on=2),
            ship(f"milk#{number}", at="farm", to="shop", on=3),
        ]
        await all_at_once(engine, [([paper], ())])
        await all_at_once(engine, [([event], ()) for event in clashing])
        everything += [paper, *clashing]
    await holds(engine, everything)


async def test_the_parts_of_one_transformation(engine: AsyncEngine) -> None:
    def events(number: int) -> list[Json]:
        tid = f"run{number}"
        return [
            transform([f"A{number}=1"], [], tid=tid, at="plant", on=2),
            transform([f"@P{number}"], [], tid=tid, at="plant", on=2),
            pack(f"@P{number}", f"C{number}=1", at="plant", on=1),
            transform([], [f"pie/X{number}=1"], tid=tid, at="plant", on=3),
            transform([], [f"pie/Y{number}=1"], tid=tid, at="plant", on=3),
        ]

    await clash(engine, events)


async def test_a_declaration_and_its_original(engine: AsyncEngine) -> None:
    def events(number: int) -> list[Json]:
        wrong = ship("A=1", at="farm", to=f"shop{number}", on=2, id=f"wrong{number}")
        right = ship("A=1", at="farm", to=f"mall{number}", on=2, id=f"right{number}")
        return [commission("A=3", at="farm", on=1 + number / 1000), wrong, declare_error(wrong), right]

    await clash(engine, events)


async def test_owners_and_events(engine: AsyncEngine) -> None:
    everything: list[Json] = []
    owned: dict[str, str] = {}
    for number in range(ROUNDS):
        shop, keeper = f"shop{number}", f"Keeper {number}"
        owned[shop] = keeper
        events = [
            commission("A=1", at="farm", on=1 + number / 1000),
            ship("A=1", at="farm", to_party=keeper, on=2 + number / 1000),
            receive("A=1", at=shop, read=shop, source="farm", on=3 + number / 1000),
        ]
        master: list[Paper] = [((), owners(**{shop: keeper}))]
        await all_at_once(engine, [*[([event], ()) for event in events], *master])
        everything += events
    await holds(engine, everything, owned)


async def test_an_owner_told_by_hand_and_one_told_by_master_data(engine: AsyncEngine) -> None:
    """Neither waits for what the other has while it has what the other waits for."""

    async def by_hand(shop: str) -> None:
        async with transaction(engine) as tx:
            site = await tx.sql.fetchval("SELECT id FROM site WHERE uri = $1", place(shop))
            await change_site(tx, OPERATOR, site, SiteChange(party=party("Hand Ltd"), name_zh="店"))

    for number in range(ROUNDS):
        shop = f"shop{number}"
        goods = ship("A=1", at=shop, source_party="Hand Ltd", to="mall", on=2 + number / 100)
        await all_at_once(engine, [([goods], ())])
        paper = ([observe("A=1", at=shop, on=3 + number / 100)], owners(**{shop: "Told Ltd"}))
        await asyncio.gather(by_hand(shop), all_at_once(engine, [paper]))


async def test_the_same_document_many_times(engine: AsyncEngine) -> None:
    events = [
        commission("A=10", "milk/L#1", at="farm", on=1),
        pack("@P", "A=4", "milk#1", at="farm", on=2),
        ship("@P", at="farm", to="shop", on=3),
    ]
    await all_at_once(engine, [(events, ())] * 10)
    await holds(engine, events)


RUN: dict[str, Any] = {"tid": "run", "at": "plant"}
WRONG = ship("A=1", at="farm", to="shop", on=3, id="wrong")
#: What meets -> (captured long before, the two documents that meet)
MEETINGS: dict[str, tuple[Sequence[Json], Json, Json]] = {
    "input and output of one transformation": (
        [],
        transform(["A=1"], [], on=2, **RUN),
        transform([], ["pie/Y=1"], on=3, **RUN),
    ),
    "an input packed late and an output": (
        [transform(["@P"], [], on=2, **RUN)],
        pack("@P", "A=1", at="plant", on=1),
        transform([], ["pie/Y=1"], on=3, **RUN),
    ),
    "an input whose lot is told late and an output": (
        [transform(["milk#1"], [], on=2, **RUN)],
        commission("milk/L#1", at="plant", on=1),
        transform([], ["pie/Y=1"], on=3, **RUN),
    ),
    "the lot of a serial that only papers name and its packing": (
        [bind("milk#1", po="1", on=1)],
        commission("milk/L#1", at="farm", on=1),
        pack("@P", "milk#1", at="farm", on=2),
    ),
    "the lot of a serial that only papers name and its shipping": (
        [bind("milk#1", po="1", on=1)],
        commission("milk/L#1", at="farm", on=1),
        ship("milk#1", at="farm", to="shop", on=2),
    ),
    "two lots for one serial": (
        [ship("milk#1", at="farm", to="shop", on=5)],
        commission("milk/L#1", at="farm", on=2),
        commission("milk/M#1", at="farm", on=1),
    ),
    "packing and shipping a pallet": (
        [],
        pack("@P", "A=1", at="farm", on=2),
        ship("@P", at="farm", to="shop", on=3),
    ),
    "a crate into a pallet that ships and a serial into the crate": (
        [ship("@P", at="farm", to="shop", on=4)],
        pack("@C", "milk/L#1", at="farm", on=2),
        pack("@P", "@C", at="farm", on=3),
    ),
    "a serial into one crate and into another": (
        [ship("@C", at="farm", to="shop", on=4), ship("@Q", at="farm", to="mall", on=4)],
        pack("@C", "milk/L#1", at="farm", on=2),
        pack("@Q", "milk#1", at="farm", on=3),
    ),
    "what turns out to hold others and its shipping": (
        [commission("case/K#1", at="farm", on=1)],
        pack("case#1", "A=1", at="farm", on=2),
        ship("case#1", at="farm", to="shop", on=3),
    ),
    "an event and the declaration of its error": ([], WRONG, declare_error(WRONG)),
    "one event twice": ([], WRONG, WRONG),
    "shipping and receiving": (
        [],
        ship("A=1", at="farm", to="shop", on=2),
        receive("A=1", at="shop", source="farm", on=3),
    ),
}


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("swapped", [False, True])
async def test_two_captures_meet_midway(engine: AsyncEngine, meeting: str, swapped: bool) -> None:
    """The second begins when the first has done all but commit: it waits where it must."""
    before, one, other = MEETINGS[meeting]
    if swapped:
        one, other = other, one
    # All names but those that matter are known, so that nobody waits for a name.
    known = [
        commission("A=9", "pie/X=1", "milk/Z=1", "case/Z=1", at="farm", on=1),
        *(observe("B=1", at=at, on=1) for at in ("plant", "shop", "mall")),
        *before,
    ]
    await all_at_once(engine, [(known, ())])
    async with transaction(engine) as first:
        await capture(first, one)
        second = asyncio.create_task(all_at_once(engine, [([other], ())]))
        await asyncio.wait({second}, timeout=0.3)
    await second
    twice = one is other
    await holds(engine, [*known, one] if twice else [*known, one, other])


@pytest.mark.parametrize("seed", range(4))
async def test_a_crowd_of_everything(engine: AsyncEngine, seed: int) -> None:
    chance = random.Random(seed)
    things = ["A=2", "B=1", "milk#1", "milk#2", "milk#3", "@P", "@Q", "@C"]
    places = ["farm", "plant", "shop"]

    def any_event(number: int) -> Json:
        kinds: list[Callable[[], Json]] = [
            lambda: commission(f"milk/L{chance.randint(1, 2)}#{chance.randint(1, 3)}", "A=9", **where),
            lambda: ship(*some, source=chance.choice(places), to=chance.choice(places), **when),
            lambda: receive(*some, source=chance.choice(places), **where),
            lambda: pack("@C", *[t for t in some if t != "@C"] or ["A=1"], **where),
            lambda: pack("@P", *[t for t in some if t[0] != "@"] or ["B=1"], **where),
            lambda: transform(["A=1"], ["pie/X=1"], tid=chance.choice(["r1", "r2"]), **where),
        ]
        some = chance.sample(things, 2)
        when: dict[str, Any] = {"on": float(chance.randint(1, 9)), "id": f"{seed}.{number}"}
        where: dict[str, Any] = {"at": chance.choice(places), **when}
        return chance.choice(kinds)()

    events = [any_event(number) for number in range(40)]
    wrong = chance.sample(events, 4)
    papers: list[Paper] = [([event], ()) for event in events]
    papers += [([declare_error(event)], ()) for event in wrong]
    chance.shuffle(papers)
    await all_at_once(engine, papers)
    await holds(engine, events + [declare_error(event) for event in wrong])


async def test_captures_while_rebuilding(engine: AsyncEngine) -> None:
    events = [commission(f"A{n}=1", at="farm", on=1) for n in range(20)]

    async def mend() -> None:
        async with transaction(engine) as tx:
            assert (await rebuild(tx)).changed_rows == 0

    work: list[Awaitable[None]] = [all_at_once(engine, [([event], ())]) for event in events]
    await asyncio.gather(*work[:10], mend(), *work[10:], mend())
    await holds(engine, events)

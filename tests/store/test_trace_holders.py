"""Who holds what, read batch by batch or holding by holding: the same."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import asyncpg
import pytest

from service.db.rows import insert_rows
from service.db.transaction import Connection, Transaction
from service.ledger.tables import Flow, Holding
from service.trace.graph import BEGINNING, END, Node
from service.trace.holders import Holders, load_holders
from service.trace.packs import pack
from service.trace.walk import walk

FAR = 3_000_000
DAY = timedelta(days=1)
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = ("batch_id", "site_id", "uom", "party_id", "first_at", "last_at", "produced", "received")
ZERO = ("shipped", "consumed", "sold", "destroyed", "sampled")
FLOW = ("batch_id", "ordinal", "kind", "from_site_id", "to_batch_id", "to_site_id", "departed_at", "inferred")


async def write(tx: Transaction) -> None:
    """Mill -> shops 1 to 9, of two batches. Of shop 3 two units of measure, nobody at shop 4, shop 5 late."""
    held, flows = [], []
    for batch in (FAR, FAR + 1):
        for site in range(10):
            last = BEGUN + (1000 * DAY if site == 5 else DAY)
            units = ("LTR", "EA") if site == 3 else ("EA",)
            party = None if site == 4 else 70 + site
            amount = Decimal("12.500") if site else Decimal(0)
            held += [(batch, site, uom, party, BEGUN, last, 0, amount, *[Decimal(0)] * 5) for uom in units]
            if site:
                flows.append((batch, site, 0, 0, batch, site, BEGUN + site * DAY, False))
    await insert_rows(tx.sql, Holding, held, (*COLUMNS, *ZERO))
    await insert_rows(tx.sql, Flow, flows, FLOW)


def told(holders: Holders) -> list[tuple[object, ...]]:
    """One after the other."""
    since = holders.since(0, len(holders))
    columns = (holders.batch, holders.site, holders.party, holders.hops)
    lines = [holders.texts[line] for line in holders.line.tolist()]
    return list(zip(*(values.tolist() for values in columns), since, lines, strict=True))


@pytest.mark.parametrize("forward", [True, False])
async def test_both_ways_of_reading_tell_the_same(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, forward: bool
) -> None:
    await write(tx)
    starts = {Node(FAR, 0 if forward else 3): BEGINNING if forward else END, Node(FAR + 1, 5): BEGUN}
    found = await walk(tx, starts, forward=forward, skew=timedelta(0), most=100)
    ways = []
    for most in (0, 1_000):
        monkeypatch.setattr("service.trace.holders.PASSED_MOST", most)
        holders, late = await load_holders(tx, found, BEGUN + 100 * DAY)
        ways.append((told(holders), late))
    assert ways[0] == ways[1]
    lines = {(row[0], row[1]): row for row in ways[0][0]}
    assert len(lines) == len(found) == (11 if forward else 3)
    of_shop = lines[FAR, 3]
    assert of_shop[5] == "\x1e".join(
        f"{uom}\x1f0\x1f12.5\x1f0\x1f0\x1f0\x1f0\x1f0\x1f12.5" for uom in ("EA", "LTR")
    )
    assert ways[0][1] == ({FAR, FAR + 1} if forward else {FAR + 1})
    amounts = {(state, uom): quantity for state, uom, quantity in holders.amounts() if state == "on_hand"}
    assert amounts["on_hand", "LTR"] == Decimal("12.5")
    if forward:
        assert (lines[FAR, 4][2], lines[FAR, 4][4], of_shop[3]) == (-1, "2026-03-05T00:00:00Z", 1)
        # A start without a moment is told by when anything was there.
        assert lines[FAR, 0][4] == "2026-03-01T00:00:00Z"


@dataclass
class Asked:
    """How often the database was asked."""

    sql: Connection
    times: int = 0

    async def fetch(self, *arguments: Any) -> list[asyncpg.Record]:
        self.times += 1
        return await self.sql.fetch(*arguments)


@pytest.mark.parametrize("begun", [BEGINNING, BEGUN])
async def test_a_small_trace_and_its_balances_are_one_question(tx: Transaction, begun: datetime) -> None:
    await write(tx)
    starts = {Node(FAR, 0): begun, Node(FAR + 1, 3): begun}
    counted = Asked(tx.sql)
    counting = Transaction(tx.orm, cast("Connection", counted))
    found = await walk(counting, starts, forward=True, skew=timedelta(0), most=100, held=True)
    along, late = await load_holders(counting, found, BEGUN + 100 * DAY)
    # One more for who runs the place where nobody holds it.
    assert counted.times == 2
    asked_for = await walk(tx, starts, forward=True, skew=timedelta(0), most=100)
    assert asked_for.held is None
    holders, late_then = await load_holders(tx, asked_for, BEGUN + 100 * DAY)
    assert (told(along), late) == (told(holders), late_then)
    assert (len(along), late) == (11, {FAR})
    assert sorted(along.amounts()) == sorted(holders.amounts())


@pytest.mark.parametrize("forward", [True, False])
async def test_balances_that_come_along_are_those_that_are_asked_for(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch, forward: bool
) -> None:
    await write(tx)
    # One batch of the other, and some of the other put back into the first.
    there, back = (BEGUN + days * DAY for days in (2, 40))
    made = [(FAR, 90, 1, 1, FAR + 1, 0, there, False), (FAR + 1, 91, 1, 2, FAR, 1, back, False)]
    await insert_rows(tx.sql, Flow, made, FLOW)
    starts = {Node(FAR, 1): BEGINNING, Node(FAR, 3): BEGINNING} if forward else {Node(FAR + 1, 3): END}
    ways = []
    # Batches, balances that come along; holdings that are told one by one.
    for batches, most, few in ((0, 500, 100), (40, 5, 100), (40, 500, 100), (40, 500, 0)):
        monkeypatch.setattr("service.trace.walk.HELD_BATCHES", batches)
        monkeypatch.setattr("service.trace.walk.HELD_MOST", most)
        monkeypatch.setattr("service.trace.holders.FEW_FLOWS", few)
        counted = Asked(tx.sql)
        counting = Transaction(tx.orm, cast("Connection", counted))
        found = await walk(counting, starts, forward=forward, skew=timedelta(0), most=100, held=True)
        assert found.batches() == {FAR, FAR + 1}
        holders, late = await load_holders(counting, found, BEGUN + 100 * DAY)
        ways.append((sorted(told(holders)), late, sorted(holders.amounts())))
    assert all(way == ways[0] for way in ways)
    assert all(row[5] for row in ways[0][0])
    if not forward:
        # All of it in one question, and who runs the place where nobody holds it.
        assert found.held is not None
        assert counted.times <= 2


async def test_packs_tell_what_the_rows_tell(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(tx)
    monkeypatch.setattr("service.trace.holders.FEW_HOLDINGS", 0)
    starts = {Node(FAR, 0): BEGINNING, Node(FAR + 1, 0): BEGINNING}
    found = await walk(tx, starts, forward=True, skew=timedelta(0), most=100)
    ways = []
    for packed in ([], [FAR + 1], [FAR]):
        await pack(tx, packed)
        holders, late = await load_holders(tx, found, BEGUN + 2000 * DAY)
        ways.append((told(holders), late))
    assert ways[0] == ways[1] == ways[2]
    # And it was they that were read.
    await tx.sql.execute(
        "UPDATE batch_pack SET lines = replace(lines, 'LTR', 'GRM') WHERE batch_id = $1", FAR
    )
    holders, _ = await load_holders(tx, found, BEGUN + 2000 * DAY)
    assert told(holders) != ways[0][0]


async def test_a_holding_of_which_no_balance_is_known_is_told_without(tx: Transaction) -> None:
    found = await walk(tx, {Node(FAR, 1): BEGINNING}, forward=True, skew=timedelta(0), most=100)
    holders, late = await load_holders(tx, found, BEGUN)
    assert (told(holders), late) == ([(FAR, 1, -1, 0, None, "")], set())
    nothing = await walk(tx, {}, forward=True, skew=timedelta(0), most=100)
    assert told((await load_holders(tx, nothing, BEGUN))[0]) == []

"""What a party or an authority is shown of packs is what the database shows it row by row, and the rule."""

import random
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from service.auth.permissions import Role
from service.auth.sight import Sight, seen_by, sight_now
from service.db.statements import statement
from service.db.transaction import Transaction
from service.trace.packs import EVERY, LINE_END, packed_flows, packed_holdings
from service.trace.passes import column
from tests.owning import owned
from tests.seeing import AREAS, PARTIES, Part, Seen, World, drawn, grant, parts
from tests.store.test_packs import LATER, pack_all
from tests.store.test_sight import JURISDICTION

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OF_ROWS = "SELECT * FROM flow WHERE batch_id = ANY($1::bigint[])"


async def shown(tx: Transaction, batches: list[int], rule: Seen) -> int:
    """Holds packs against rows and the rule, as whoever asks; how many flows packs show."""
    asked = np.array(batches, dtype=np.int64)
    flows, known = await packed_flows(tx, asked, most=EVERY)
    held, known_held = await packed_holdings(tx, asked)
    if await sight_now(tx) is Sight.ROWS:
        assert len(flows) == len(known) == len(held.batch) == len(known_held) == 0
        return 0
    assert known.tolist() == known_held.tolist() == batches
    rows = await tx.sql.fetch(OF_ROWS, batches)
    told = set(zip(flows.batch.tolist(), flows.ordinal.tolist(), strict=True))
    assert told == {(row["batch_id"], row["ordinal"]) for row in rows}
    assert told == {(row["batch_id"], row["ordinal"]) for row in rule["flow"] if row["batch_id"] in batches}
    assert balances(held.batch, held.site, held.party, held.lines) == await row_by_row(tx, batches)
    places = set(zip(held.batch.tolist(), held.site.tolist(), strict=True))
    assert places == {
        (row["batch_id"], row["site_id"]) for row in rule["holding"] if row["batch_id"] in batches
    }
    return len(flows)


def balances(batch: Any, site: Any, party: Any, lines: Any) -> list[tuple[int, int, int, str]]:
    """Of each holding."""
    return sorted(zip(batch.tolist(), site.tolist(), party.tolist(), lines, strict=True))


async def row_by_row(tx: Transaction, batches: list[int]) -> list[tuple[int, int, int, str]]:
    """What the policies show of them."""
    (row,) = await tx.sql.fetch(statement("service.trace", "held_of"), batches, EVERY)
    lines = [] if row[3] is None else row[3].split(LINE_END)
    return balances(column(row[0]), column(row[1]), column(row[2]), lines)


@pytest.mark.parametrize("seed", range(3))
async def test_packs_show_a_party_what_rows_show_it(tx: Transaction, seed: int) -> None:
    world, draw = await drawn(tx, seed), random.Random(seed)
    batches = await pack_all(tx)
    counts = set[int]()
    for who in PARTIES:
        me = world.ids[who]
        given: list[Part] = []
        for _ in range(3):
            async with seen_by(tx, Role.HOLDER, me, now=NOW):
                counts.add(await shown(tx, batches, world.seen_by([Part(me), *given])))
            more = [*parts(world, me, draw), *_whole(world, me, draw)]
            for part in more:
                await grant(tx, part, me)
            given += more
        async with owned(tx):
            await tx.sql.execute("DELETE FROM access_grant")
    assert any(0 < count < len(world.rows["flow"]) for count in counts), counts


def _whole(world: World, me: int, draw: random.Random) -> list[Part]:
    """All of another's part, now and then: only such grants are told by places."""
    others = [each for each in world.ids.values() if each != me]
    return [Part(draw.choice(others))] if draw.random() < 0.5 else []


@pytest.mark.parametrize("seed", range(3))
async def test_packs_show_an_authority_what_rows_show_it(tx: Transaction, seed: int) -> None:
    world = await drawn(tx, seed)
    batches, office = await pack_all(tx), world.ids["rival"]
    counts = []
    for area in AREAS:
        async with owned(tx):
            await tx.sql.execute("DELETE FROM jurisdiction")
        for region, category in area:
            await tx.sql.execute(JURISDICTION, office, region, category)
        async with seen_by(tx, Role.REGULATOR, office, now=NOW):
            counts.append(await shown(tx, batches, world.seen_in(area)))
    assert counts[0] == 0 < counts[2] < counts[1], counts


async def test_who_was_cut_packs_for_sees_what_it_saw_before(tx: Transaction) -> None:
    world = await drawn(tx, 0)
    batches = np.array(await pack_all(tx), dtype=np.int64)
    async with seen_by(tx, Role.HOLDER, world.ids["baker"], now=LATER):
        before = await tx.sql.fetch("SELECT * FROM flow")
        await packed_flows(tx, batches, most=EVERY)
        assert await tx.sql.fetch("SELECT * FROM flow") == before
        assert await tx.sql.fetchval("SELECT count(*) FROM batch_pack") == 0
        assert await tx.sql.fetchval("SELECT suyuan_party()") == world.ids["baker"]

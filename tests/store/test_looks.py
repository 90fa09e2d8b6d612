"""Looks at packs, counted many at once by several processes, are what the rule says of them one by one."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.transaction import transaction
from service.signals import scans as scans_module
from service.signals.outcomes import Outcome, Told
from service.signals.places import UNKNOWN, Place, Places
from service.signals.scan_rows import SAME_LOOK, UnitLook
from service.signals.scans import Scans

FIRST = Outcome.FIRST
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = (UNKNOWN, Place("1", "福州", "Fuzhou"), Place("2", "北京", "Beijing"))
UNITS, VISITORS, WAVES = 3, 4, 60


class Rule:
    """One look after the other: whoever looked at the same within the hour has not looked again."""

    def __init__(self) -> None:
        self.seen: dict[bytes, datetime] = {}
        self.looks: dict[int, list[tuple[datetime, Place]]] = defaultdict(list)

    def look(self, one: UnitLook, now: datetime) -> bool:
        """Whether it counts."""
        if one.visitor is None:
            return False
        before = self.seen.get(one.visitor)
        if before is not None and now - before < SAME_LOOK:
            return False
        self.seen[one.visitor] = now
        self.looks[one.unit_id].append((now, one.place))
        return True

    def days(self) -> Counter[tuple[int, date]]:
        """Looks by unit and day."""
        return Counter((unit, at.date()) for unit, found in self.looks.items() for at, _ in found)


@asynccontextmanager
async def processes(engine: AsyncEngine) -> AsyncIterator[list[Scans]]:
    """Two that count on one database."""
    made = [Scans(engine, Places(None)) for _ in range(2)]
    try:
        yield made
    finally:
        for each in made:
            each.close()


def looks(chance: random.Random, most: int, *, apart: bool) -> list[UnitLook]:
    """Some looks of one moment, reloads and programs among them. `apart`: at a unit one at most."""
    found = []
    units = [chance.randint(1, UNITS) for _ in range(chance.randint(1, most))]
    for unit in chance.sample(range(1, UNITS + 1), chance.randint(1, UNITS)) if apart else units:
        who = chance.randrange(VISITORS + 1)
        visitor = None if who == VISITORS else f"{unit} {who}".encode()
        found.append(UnitLook(unit, visitor, chance.choice(PLACES)))
    return found


@pytest.mark.parametrize(("seed", "apart"), [(1, False), (2, False), (3, True)])
async def test_counting_at_once_is_the_rule_one_by_one(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, seed: int, apart: bool
) -> None:
    monkeypatch.setattr(scans_module, "READ_SECONDS", 20)
    chance, rule, now = random.Random(seed), Rule(), NOON
    async with processes(engine) as (one, other):
        for number in range(WAVES):
            now += chance.choice((timedelta(0), timedelta(minutes=25), timedelta(hours=9)))
            monkeypatch.setattr(clock, "now", lambda now=now: now)
            waves = [looks(chance, 4 if number % 2 else 6, apart=apart) for _ in range(1 + number % 2)]
            before = {unit: len(rule.looks[unit]) for unit in range(1, UNITS + 1)}
            told = await asyncio.gather(
                *(each.look_at_units(wave) for each, wave in zip((one, other), waves, strict=False))
            )
            said = [
                (look, found[place], rule.look(look, now))
                for wave, found in zip(waves, told, strict=True)
                for place, look in enumerate(wave, 1)
            ]
            if len(waves) == 1:
                holds_one_by_one(rule, before, said)
            holds_at_once(rule, before, said)
            if chance.random() < 0.2:
                await one.flush()
    await holds_in_the_tables(engine, rule)


def holds_one_by_one(rule: Rule, before: dict[int, int], said: list[tuple[UnitLook, Told, bool]]) -> None:
    """Whoever counts is told its number; where, the first one was."""
    counts = dict(before)
    for look, told, counted in said:
        counts[look.unit_id] += counted
        if counted:
            assert told.looks == counts[look.unit_id]
        if rule.looks[look.unit_id] and told.looks:
            at, place = rule.looks[look.unit_id][0]
            assert (told.first_at, told.city_en) == (at, place.city_en)


def holds_at_once(rule: Rule, before: dict[int, int], said: list[tuple[UnitLook, Told, bool]]) -> None:
    """Of those who count each is told another number, so at most one is told to be the first."""
    for unit, looks_before in before.items():
        mine = [(told, look.visitor) for look, told, _ in said if look.unit_id == unit]
        now = len(rule.looks[unit])
        assert {told.looks for told, _ in mine} <= set(range(looks_before, now + 1))
        assert set(range(looks_before + 1, now + 1)) <= {told.looks for told, _ in mine}
        # Who asks twice at the same moment may be told the same twice.
        who = Counter(visitor for _, visitor in mine)
        first = [told for told, visitor in mine if visitor and who[visitor] == 1 and told.outcome is FIRST]
        assert len(first) <= (looks_before < 2)
        if looks_before == 0 and now and set(who.values()) == {1}:
            assert len(first) == 1


async def holds_in_the_tables(engine: AsyncEngine, rule: Rule) -> None:
    """Totals and days are those of the rule."""
    async with transaction(engine) as tx:
        totals = await tx.sql.fetch(
            "SELECT thing_id, looks, first_at, last_at, place.key FROM scan_total"
            " JOIN scan_place AS place ON place.id = first_place_id WHERE level = 'unit'"
        )
        days = await tx.sql.fetch("SELECT thing_id, day, looks FROM scan_day WHERE level = 'unit'")
    assert {row["thing_id"]: row["looks"] for row in totals} == {
        unit: len(found) for unit, found in rule.looks.items() if found
    }
    for row in totals:
        moments = [at for at, _ in rule.looks[row["thing_id"]]]
        assert (row["first_at"], row["last_at"]) == (moments[0], moments[-1])
    by_day: Counter[tuple[int, date]] = Counter()
    for row in days:
        by_day[row["thing_id"], row["day"]] += row["looks"]
    assert by_day == rule.days()

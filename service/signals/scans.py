"""Looks at codes, counted: at a pack's before its page is told, at a lot's beside the page, once a second.

What the page of a pack tells is what counting has found, so of two people at the same moment only one is told
to be the first, whichever processes answer them. The commit is seen by everybody at once and waits for no
disk: a PostgreSQL that is killed loses what its log had not written yet, looks of some 0.6 seconds; a process
of the service that is killed loses none. Looks at lots, which no page tells, are taken into memory and
written once a second, a row for each lot; whether packs are suspect is looked at then, too. What waits there
is lost with its process; so is what the database refuses, with a line in the log.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.failures import FAILURES
from service.db.held import SETTINGS, Held
from service.db.transaction import Transaction, transaction
from service.settings import settings
from service.signals.addresses import Address, fetch_salt, salt_day, salted
from service.signals.outcomes import Outcome, Told, outcome_of
from service.signals.places import UNKNOWN, Place, Places
from service.signals.scan_rows import (
    FIND_UNIT,
    City,
    Look,
    UnitLook,
    count_looks,
    find_cities,
    find_places,
    forget_seen,
    write_looks,
)
from service.signals.suspects import mark_suspects
from service.signals.tables import UNKNOWN_PLACE_ID

logger = logging.getLogger(__name__)

#: Between two writings, at most; a full memory is written at once.
FLUSH_SECONDS: Final = 1.0
FLUSH_LOOKS: Final = 500
#: Looks that wait for a database that does not take them; more are not counted.
WAITING_MOST: Final = 20_000
#: What the page gives for counting a look, and hearing how often the code was looked at.
READ_SECONDS: Final = 0.3
START_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 3600.0
#: Connections by which looks at packs are counted.
COUNTING: Final = SETTINGS | {
    "application_name": "suyuan.looks",
    "default_transaction_read_only": "off",
    "synchronous_commit": "off",
}
#: Of them, in use at once: by pages answered together, and by pages that the framework answers.
COUNTING_AT_ONCE: Final = 3
ONE_DAY: Final = timedelta(days=1)
FORGET_EVERY: Final = timedelta(minutes=1)


class Visit(NamedTuple):
    """Who looks. `agent`: the browser's name, for telling two phones behind one address apart; `counts`:
    whether it is a person's.
    """

    address: Address | None
    agent: str
    counts: bool


class Scans:
    """The looks of one process."""

    def __init__(self, engine: AsyncEngine, places: Places) -> None:
        self._engine = engine
        self._held = Held(engine, COUNTING, COUNTING_AT_ONCE)
        self._places = places
        self._salts: dict[date, bytes] = {}
        self._salting = asyncio.Lock()
        self._waiting: dict[bytes, Look] = {}
        self._looked_at_again: set[int] = set()
        self._place_ids: dict[str, int] = {UNKNOWN.key: UNKNOWN_PLACE_ID}
        self._cities: dict[int, City] = {}
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._writing = asyncio.Lock()
        self._forgotten_at: datetime | None = None
        self._dropped = 0
        self._stopping = False

    async def look(
        self, tx: Transaction, visit: Visit, unit_uri: str | None, batch_id: int | None
    ) -> Told | None:
        """Count a look at the code of a unit or a batch; what the page tells of the unit, None of a batch.

        A unit that is not on record counts for its batch. Raises `TimeoutError` where the database takes
        longer than `READ_SECONDS`, and what it refuses.
        """
        if unit_uri is not None:
            visitor = await self.visitor(visit, unit_uri, clock.now())
            async with asyncio.timeout(READ_SECONDS):
                unit_id = await tx.sql.fetchval(FIND_UNIT, unit_uri)
            if unit_id is not None:
                told = await self.look_at_units([UnitLook(unit_id, visitor, self.place(visit))])
                return told[1]
        if batch_id is not None:
            await self.look_at_batch(visit, batch_id)
        return Told(Outcome.CANNOT_TELL) if unit_uri is not None else None

    async def look_at_batch(self, visit: Visit, batch_id: int) -> None:
        """Count a look at the code of a batch; nothing is read for it."""
        now = clock.now()
        visitor = await self.visitor(visit, f"batch {batch_id}", now)
        if visitor is not None:
            self._take(Look("batch", batch_id, visitor, self.place(visit), now))

    async def look_at_units(self, looks: Sequence[UnitLook]) -> dict[int, Told]:
        """Count looks at the codes of units on record; what the pages tell, by the place of the look, from 1.

        Raises `TimeoutError` where the database takes longer than `READ_SECONDS`, and what it refuses.
        """
        now = clock.now()
        async with asyncio.timeout(READ_SECONDS), self._held.borrowed() as sql:
            unknown = {look.place for look in looks if look.place.key not in self._place_ids}
            if unknown:
                self._place_ids |= await find_places(sql, unknown)
            rows = await count_looks(sql, looks, self._place_ids, now)
            if named := {row["first_place_id"] for row in rows.values()}.difference(self._cities, (None,)):
                self._cities |= await find_cities(sql, named)
        again = [row["unit_id"] for row in rows.values() if row["fresh"] and row["looks"] > 1]
        if again:  # one look is never too many
            self._look_for_suspects(again)
        most = settings().suspect_looks
        return {place: self._told(row, looks[place - 1], now, most) for place, row in rows.items()}

    def told_at_hand(self, row: Mapping[str, Any], place: Place) -> Told | None:
        """What a page tells of a unit to who does not count, if the name of the city is known. `row`: of
        `looks_counted.sql`, or like one; `place`: of who is told.
        """
        if row["first_place_id"] is not None and row["first_place_id"] not in self._cities:
            return None
        look = UnitLook(row["unit_id"], None, place)
        return self._told(row, look, clock.now(), settings().suspect_looks)

    def _told(self, row: Mapping[str, Any], look: UnitLook, now: datetime, most: int) -> Told:
        """What the page tells of a look. `row`: of `count_looks`; `most`: looks that one pack may have."""
        looks, first_at = row["looks"], row["first_at"]
        others = looks if look.visitor is None else max(looks - 1, 0)
        outcome = outcome_of(others, suspect=row["suspect"], most=most)
        if first_at is None:
            return Told(outcome, looks, now, look.place.city_zh, look.place.city_en)
        return Told(outcome, looks, first_at, *self._cities[row["first_place_id"]])

    def place(self, visit: Visit) -> Place:
        """From where a visit comes."""
        return self._places.find(visit.address)

    async def visitor(self, visit: Visit, thing: str, now: datetime) -> bytes | None:
        """Who looks at what, as a hash; None for who does not count, and where there is no salt to be had."""
        if visit.counts and not self.has_salt(now):
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_SECONDS):
                    await self.fetch_salts(now)
        return self.visitor_now(visit, thing, now)

    def has_salt(self, now: datetime) -> bool:
        """Whether the salt of the day is at hand."""
        return salt_day(now) in self._salts

    def visitor_now(self, visit: Visit, thing: str, now: datetime) -> bytes | None:
        """As `visitor`, by what is at hand."""
        salt = self._salts.get(salt_day(now)) if visit.counts else None
        return None if salt is None else salted(salt, "scan", visit.address, visit.agent, thing)

    async def fetch_salts(self, now: datetime) -> None:
        """Have the salts of this day and the next. A database that refuses gets a line in the log."""
        wanted = salt_day(now), salt_day(now + ONE_DAY)
        async with self._salting:
            if all(day in self._salts for day in wanted):
                return
            try:
                async with transaction(self._engine) as tx:
                    self._salts = {day: await fetch_salt(tx, day) for day in wanted}
            except FAILURES as error:
                logger.warning("looks at codes cannot be counted now: %s", type(error).__name__)

    def _take(self, look: Look) -> None:
        if look.visitor in self._waiting:
            return
        if len(self._waiting) >= WAITING_MOST:
            self._dropped += 1
            return
        self._waiting[look.visitor] = look
        self._wake.set()
        if len(self._waiting) >= FLUSH_LOOKS:
            self._full.set()

    def _look_for_suspects(self, units: Sequence[int]) -> None:
        # Of a code that there is no room for, the next look asks again.
        if len(self._looked_at_again) < WAITING_MOST:
            self._looked_at_again.update(units)
        self._wake.set()

    async def flush(self) -> None:
        """Write what waits. A database that refuses it gets a line in the log."""
        async with self._writing:
            self._full.clear()
            self._wake.clear()
            looks, self._waiting = self._waiting, {}
            units, self._looked_at_again = self._looked_at_again, set()
            try:
                await self._write(list(looks.values()), sorted(units))
            except FAILURES as error:
                logger.warning("%d looks at codes are not counted: %s", len(looks), type(error).__name__)
            if self._dropped:
                logger.warning("%d looks at codes are not counted: too many at once", self._dropped)
                self._dropped = 0

    async def _write(self, looks: list[Look], units: list[int]) -> None:
        now = clock.now()
        async with transaction(self._engine) as tx:
            found = await write_looks(tx, looks, self._place_ids)
            await mark_suspects(tx, units, now)
            if self._forgotten_at is None or now - self._forgotten_at > FORGET_EVERY:
                await forget_seen(tx, now)
                self._forgotten_at = now
        # Ids of places hold once they are committed.
        self._place_ids |= found

    async def run(self) -> None:
        """Write until `stop`, and once more then."""
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._wake.wait()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(FLUSH_SECONDS):
                            await self._full.wait()
            await self.flush()
            if not self._stopping:
                await self.fetch_salts(clock.now())  # tomorrow's, before anybody waits for it

    def close(self) -> None:
        """Close connections."""
        self._held.close()

    def stop(self) -> None:
        """Let `run` write what waits, and end."""
        self._stopping = True
        self._wake.set()
        self._full.set()


@asynccontextmanager
async def counting(engine: AsyncEngine) -> AsyncIterator[Scans]:
    """Looks are counted inside, and written at the end."""
    places = Places(settings().places_database)
    scans = Scans(engine, places)
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            await scans.fetch_salts(clock.now())
    writer = asyncio.create_task(scans.run())
    writer.add_done_callback(_tell_failure)
    try:
        yield scans
    finally:
        scans.stop()
        _, late = await asyncio.wait([writer], timeout=START_SECONDS)
        if late:
            writer.cancel()
            await asyncio.wait([writer])
        scans.close()
        places.close()


def _tell_failure(writer: asyncio.Task[None]) -> None:
    if not writer.cancelled() and writer.exception() is not None:
        logger.error("looks at codes are not counted any more", exc_info=writer.exception())

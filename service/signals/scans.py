"""Looks at codes, counted beside the page: taken into memory at once, written once a second.

The page waits for nothing but one reading by primary key, in its own transaction. What a process has in
memory when it is killed, a second of looks at most, is lost; so is what the database refuses, with a line in
the log. A code that everybody looks at is one row a second and process, not one for each look.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from service import clock
from service.db.failures import FAILURES
from service.db.transaction import Transaction, transaction
from service.settings import settings
from service.signals.addresses import Address, fetch_salt, salt_day, salted
from service.signals.outcomes import Outcome, Told, outcome_of
from service.signals.places import Places
from service.signals.scan_rows import SAME_LOOK, Look, find_looks, forget_seen, write_looks
from service.signals.suspects import mark_suspects

logger = logging.getLogger(__name__)

#: Between two writings, at most; a full memory is written at once.
FLUSH_SECONDS: Final = 1.0
FLUSH_LOOKS: Final = 500
#: Looks that wait for a database that does not take them; more are not counted.
WAITING_MOST: Final = 20_000
#: What the page gives for reading how often a code was looked at.
READ_SECONDS: Final = 0.3
START_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 3600.0
ONE_DAY: Final = timedelta(days=1)
FORGET_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visit:
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
        self._places = places
        self._salts: dict[date, bytes] = {}
        self._salting = asyncio.Lock()
        self._waiting: dict[bytes, Look] = {}
        self._being_written: dict[bytes, Look] = {}
        self._not_written: Counter[tuple[str, int]] = Counter()
        self._place_ids: dict[str, int] = {}
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
        longer than `READ_SECONDS`.
        """
        now = clock.now()
        if unit_uri is not None:
            visitor = await self.visitor(visit, unit_uri, now)
            async with asyncio.timeout(READ_SECONDS):
                found = await find_looks(tx.sql, [unit_uri], [visitor])
            if found:
                return self.look_at_unit(visit, found[1], visitor, now)
        if batch_id is not None:
            await self.look_at_batch(visit, batch_id)
        return Told(Outcome.CANNOT_TELL) if unit_uri is not None else None

    async def look_at_batch(self, visit: Visit, batch_id: int) -> None:
        """Count a look at the code of a batch; nothing is read for it."""
        now = clock.now()
        visitor = await self.visitor(visit, f"batch {batch_id}", now)
        if visitor is not None:
            self._take(Look("batch", batch_id, visitor, self._places.find(visit.address), now))

    def look_at_unit(
        self, visit: Visit, row: Mapping[str, Any], visitor: bytes | None, now: datetime
    ) -> Told:
        """Count a look at the code of a unit on record. `row`: of `find_looks`; `visitor`: of `visitor`."""
        unit = row["unit_id"]
        counted = (row["looks"] or 0) + self._not_written[("unit", unit)]
        own = None if visitor is None else self._being_written.get(visitor)
        if own is not None and row["seen_at"] is not None and row["seen_at"] >= own.at:
            # They are being written, and the row was read after that was committed: not twice.
            counted -= sum(
                (each.level, each.thing_id) == ("unit", unit) for each in self._being_written.values()
            )
        repeated = (row["seen_at"] is not None and now - row["seen_at"] < SAME_LOOK) or self._is_held(visitor)
        place = self._places.find(visit.address)
        if visitor is not None and not repeated:
            self._take(Look("unit", unit, visitor, place, now))
            counted += 1
        others = counted if visitor is None else counted - 1
        known = row["first_at"] is not None
        return Told(
            outcome_of(others, suspect=row["suspect"], most=settings().suspect_looks),
            counted,
            row["first_at"] if known else now,
            row["city_zh"] if known else place.city_zh,
            row["city_en"] if known else place.city_en,
        )

    async def visitor(self, visit: Visit, thing: str, now: datetime) -> bytes | None:
        """Who looks at what, as a hash; None for who does not count, and where there is no salt to be had."""
        if not visit.counts:
            return None
        if salt_day(now) not in self._salts:
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_SECONDS):
                    await self.fetch_salts(now)
        salt = self._salts.get(salt_day(now))
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

    def _is_held(self, visitor: bytes | None) -> bool:
        return visitor is not None and (visitor in self._waiting or visitor in self._being_written)

    def _take(self, look: Look) -> None:
        if self._is_held(look.visitor):
            return
        if len(self._waiting) >= WAITING_MOST:
            self._dropped += 1
            return
        self._waiting[look.visitor] = look
        self._not_written[(look.level, look.thing_id)] += 1
        self._wake.set()
        if len(self._waiting) >= FLUSH_LOOKS:
            self._full.set()

    async def flush(self) -> None:
        """Write what waits. A database that refuses it gets a line in the log."""
        async with self._writing:
            self._full.clear()
            self._wake.clear()
            looks, self._waiting = self._waiting, {}
            self._being_written = looks
            try:
                if looks:
                    await self._write(list(looks.values()))
            except FAILURES as error:
                logger.warning("%d looks at codes are not counted: %s", len(looks), type(error).__name__)
            finally:
                self._being_written = {}
                self._not_written -= Counter((look.level, look.thing_id) for look in looks.values())
            if self._dropped:
                logger.warning("%d looks at codes are not counted: too many at once", self._dropped)
                self._dropped = 0

    async def _write(self, looks: list[Look]) -> None:
        now = clock.now()
        async with transaction(self._engine) as tx:
            fresh, found = await write_looks(tx, looks, self._place_ids)
            await mark_suspects(tx, units_of(fresh), now)
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

    def stop(self) -> None:
        """Let `run` write what waits, and end."""
        self._stopping = True
        self._wake.set()
        self._full.set()


def units_of(looks: Iterable[Look]) -> list[int]:
    """The units among what was looked at."""
    return sorted({look.thing_id for look in looks if look.level == "unit"})


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
        places.close()


def _tell_failure(writer: asyncio.Task[None]) -> None:
    if not writer.cancelled() and writer.exception() is not None:
        logger.error("looks at codes are not counted any more", exc_info=writer.exception())

"""Codes of which nothing special is on record, looked up many at a time.

Nearly every code that is scanned is one: of a known lot, not recalled, not sold, not held. To say so wants
one statement for all units that are asked for at the same moment, and now and again one for their batches:
what is found of a batch counts for all its codes, for a second at most. Whatever is not plainly so is left to
`cards.look_up`, which knows the rules; here is only what it takes for none of them to apply.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, cast

import msgspec
from starlette.datastructures import State

from service.db.held import Held
from service.db.statements import statement
from service.db.transaction import Connection
from service.events.namespaces import local_name
from service.identifiers.identity import Identity, Kind
from service.scan.cards import Card, phone_of
from service.scan.remembered import SECONDS
from service.scan.unit_signs import HELD_AS, HOLDING_STEPS
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Found, verdicts_of
from service.units.status import Status, status_told
from service.web.reading import borrowed_for_reading, replica_of

#: Events of a unit that are looked through; one with more is left to those who read them all.
EVENTS_MOST: Final = 50
#: Seconds after which a code is left to `cards.look_up`, which has a patience of its own.
LOOK_UP_SECONDS: Final = 2.0
#: A batch whose codes are asked for is asked again after so long, before what is known of it is too old.
AGAIN_SECONDS: Final = SECONDS / 2
#: Whenever one is asked for, so are others whose codes were, from half that age on: so many.
ALONG_MOST: Final = 200
#: Batches that are known; one that was asked for once is not.
LOTS_MOST: Final = 10_000

UNITS: Final = statement("service.scan", "plain_units")
LOOKED_AT_UNITS: Final = statement("service.scan", "looked_at_units").replace("-- plain_units\n", UNITS)

Borrowed = Callable[[], AbstractAsyncContextManager[Connection]]
#: A row of `plain_lots.sql` or `plain_units.sql`.
Row = Mapping[str, Any]


def reading(state: State) -> Borrowed:
    """Connections that codes are looked up by: those held for it, or of the replica where there is one.
    `state`: of the application.
    """
    held: Held | None = getattr(state, "held", None)
    if held is not None and held.engine is state.engine and replica_of(state) is None:
        return held.borrowed
    return partial(borrowed_for_reading, state)


class Lot:
    """A batch of which nothing special is on record. `row`: of `plain_lots.sql`; `began`: when that was
    asked; `used`: whether its codes were asked for since; `forms`: of answers, as who makes them keeps them.
    """

    __slots__ = ("began", "forms", "row", "used")

    def __init__(self, row: Row, began: float) -> None:
        self.row, self.began, self.used = row, began, False
        self.forms: dict[tuple[object, ...], Any] = {}


class Plain(NamedTuple):
    """A code of which nothing special is on record, unless its events say so (`is_plain`). `unit`: row of
    `plain_units.sql` or `looked_at_units.sql`, None for a lot.
    """

    lot: Lot
    unit: Row | None


class PlainCodes:
    """Codes looked up: a unit at each scan, its batch twice a second at most where many ask for its codes.
    `for_pages`: whether pages are to be made.
    """

    def __init__(self, *, for_pages: bool = False) -> None:
        self._for_pages = for_pages
        # By the URI of the lot in a link, or by the id of the batch where it carries none.
        self._known: dict[str | int, Lot] = {}
        self._asked: dict[str | int, float] = {}

    async def find(
        self,
        sql: Connection,
        codes: Sequence[Identity],
        seconds: Callable[[], float],
        *,
        with_looks: bool = False,
    ) -> dict[int, Plain]:
        """By the place of a code, from 1; nothing for a code that is not plain. `seconds`: a clock that never
        goes back. Nothing that is said of a batch was asked more than a second ago. `with_looks`: whether the
        rows of units are to tell how often they were looked at.
        """
        units = await self._find_units(sql, codes, LOOKED_AT_UNITS if with_looks else UNITS)
        places: list[tuple[int, str | int, Row | None]] = []
        for place, code in enumerate(codes, 1):
            if code.kind is not Kind.UNIT:
                places.append((place, code.batch_uri or code.uri, None))
            elif (unit := units.get(code.uri)) is not None and not unit["acted"]:
                if code.batch_uri is not None:
                    places.append((place, code.batch_uri, unit))
                elif not unit["is_batch"]:
                    places.append((place, unit["batch_id"], unit))
        lots = await self._find_lots(sql, {name for _, name, _ in places}, seconds)
        oldest = seconds() - SECONDS
        found = {}
        for place, name, unit in places:
            lot = lots.get(name)
            if lot is not None and lot.began > oldest and (unit is None or _is_of(unit, lot)):
                found[place] = Plain(lot, unit)
        return found

    async def _find_units(self, sql: Connection, codes: Sequence[Identity], asking: str) -> dict[str, Row]:
        uris = [code.uri for code in codes if code.kind is Kind.UNIT]
        if not uris:
            return {}
        rows = await sql.fetch(
            asking,
            *(uris, EVENTS_MOST, self._for_pages),
            any(code.batch_uri is None for code in codes),
        )
        return {row["uri"]: cast("Row", row) for row in rows}

    async def _find_lots(
        self, sql: Connection, names: set[str | int], seconds: Callable[[], float]
    ) -> dict[str | int, Lot]:
        began = seconds()
        known = {}
        for name in names:
            lot = self._known.get(name)
            if lot is not None and began - lot.began < AGAIN_SECONDS:
                known[name], lot.used = lot, True
        if len(known) == len(names):
            return known
        wanted = {name for name in names.difference(known) if self._is_wanted(name, began)}
        wanted |= self._used(began)
        asked = wanted | names.difference(known)
        rows = await sql.fetch(
            statement("service.scan", "plain_lots"),
            [name for name in asked if isinstance(name, str)],
            [name for name in asked if isinstance(name, int)],
            self._for_pages,
        )
        if len(self._known) + len(wanted) > LOTS_MOST:
            self._known.clear()
        for name in wanted:
            self._known.pop(name, None)
        for row in rows:
            for name in (row["batch_uri"], row["batch_id"]):
                if name in asked:
                    lot = known[name] = Lot(cast("Row", row), began)
                    if name in wanted:
                        self._known[name] = lot
        return known

    def _used(self, began: float) -> set[str | int]:
        """Batches that it would soon be time for; what is too old is forgotten."""
        old: list[str | int] = []
        soon: set[str | int] = set()
        # They stand in the order in which they were asked for.
        for name, lot in self._known.items():
            age = began - lot.began
            if age < AGAIN_SECONDS / 2 or len(soon) == ALONG_MOST:
                break
            if lot.used:
                soon.add(name)
            elif age >= SECONDS:
                old.append(name)
        for name in old:
            del self._known[name]
        return soon

    def _is_wanted(self, name: str | int, began: float) -> bool:
        """Whether others ask for codes of this batch, so that it is worth knowing."""
        if len(self._asked) >= LOTS_MOST:
            self._asked.clear()
        before = self._asked.get(name)
        self._asked[name] = began
        return before is not None and began - before < SECONDS


def _is_of(unit: Row, lot: Lot) -> bool:
    """Whether a unit counts for this lot, and is registered with it, or with none as are all its others."""
    batch, registered = lot.row["batch_id"], unit["registered_batch_id"]
    if unit["batch_id"] != batch:
        return False
    return bool(registered == batch if registered is not None else not lot.row["has_registered"])


def is_plain(unit: Row | None) -> bool:
    """Whether no event says something of a unit. `unit`: row of `plain_units.sql`."""
    events = None if unit is None else unit["events"]
    return events is None or not (len(events) == EVENTS_MOST or any(map(_says_something, events)))


def card_of_plain(identity: Identity, plain: Plain, now: datetime) -> Card:
    """The card of a code of which nothing special is on record."""
    unit, row = None, plain.lot.row
    if identity.kind is Kind.UNIT:
        assert plain.unit is not None
        unit = UnitSigns(plain.unit["unit_id"], True, False, Status.ACTIVE, None, ())
    verdicts = verdicts_of(Found(status=unit.status if unit else None, expires_on=row["expires_on"]), now)
    facts = dict(row) | {"contacts": msgspec.json.decode(row["contacts"] or "[]")}
    return Card(verdicts, identity, now, facts, unit=unit, phone=phone_of(facts))


def _says_something(event: Sequence[str | None]) -> bool:
    """Whether an event of a unit may change what is said of it."""
    kind, action, *names, role = event
    step, disposition = (local_name(name).lower() if name else "" for name in names)
    assert kind is not None
    assert role is not None
    told = status_told(kind, action, step, disposition, int(role))
    return told is not None or step in HOLDING_STEPS or disposition in HELD_AS

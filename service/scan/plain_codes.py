"""Codes of which nothing special is on record, looked up many at a time.

Nearly every code that is scanned is one: of a known lot, not recalled, not sold, not held. To say so wants
one statement for all codes that are asked for at the same moment. Whatever is not plainly so is left to
`cards.look_up`, which knows the rules; here is only what it takes for none of them to apply.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

import msgspec
from starlette.datastructures import State

from service.db.held import Held
from service.db.statements import statement
from service.db.transaction import Connection
from service.events.namespaces import local_name
from service.identifiers.identity import Identity, Kind
from service.scan.cards import Card, phone_of
from service.scan.unit_signs import HELD_AS, HOLDING_STEPS
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Found, verdicts_of
from service.units.status import Status, status_told
from service.web.reading import borrowed_for_reading, replica_of

#: Events of a unit that are looked through; one with more is left to those who read them all.
EVENTS_MOST: Final = 50
#: Seconds after which a code is left to `cards.look_up`, which has a patience of its own.
LOOK_UP_SECONDS: Final = 2.0

Borrowed = Callable[[], AbstractAsyncContextManager[Connection]]
#: A row of `plain_codes.sql`.
Row = Mapping[str, Any]


def reading(state: State) -> Borrowed:
    """Connections that codes are looked up by: those held for it, or of the replica where there is one.
    `state`: of the application.
    """
    held: Held | None = getattr(state, "held", None)
    if held is not None and held.engine is state.engine and replica_of(state) is None:
        return held.borrowed
    return partial(borrowed_for_reading, state)


async def find_plain(
    sql: Connection, codes: Sequence[Identity], *, for_pages: bool = False
) -> dict[int, Row]:
    """Rows of `plain_codes.sql` by the place of their code, from 1; no row for a code that is not plain."""
    units = [code.uri if code.kind is Kind.UNIT else None for code in codes]
    named = [code.batch_uri or code.uri for code in codes]
    lots = [code.batch_uri is not None for code in codes]
    rows = await sql.fetch(
        statement("service.scan", "plain_codes"), named, units, lots, EVENTS_MOST, for_pages
    )
    return {row["place"]: cast("Row", row) for row in rows}


def is_plain(row: Row) -> bool:
    """Whether no event says something of the unit. `row`: of `plain_codes.sql`."""
    events = row["events"]
    return events is None or not (len(events) == EVENTS_MOST or any(map(_says_something, events)))


def card_of_plain(identity: Identity, row: Row, now: datetime) -> Card:
    """The card of a code of which nothing special is on record, from its row of `plain_codes.sql`."""
    unit = None
    if identity.kind is Kind.UNIT:
        unit = UnitSigns(row["unit_id"], True, False, Status.ACTIVE, None, ())
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

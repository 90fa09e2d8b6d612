"""Codes of which nothing special is on record, looked up many at a time.

Nearly every code that is scanned is one: of a known lot, not recalled, not sold, not held. To say so wants
one statement for all codes that are asked for at the same moment. Whatever is not plainly so is left to
`cards.look_up`, which knows the rules; here is only what it takes for none of them to apply.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final

from service.db.statements import statement
from service.db.transaction import Connection
from service.events.namespaces import local_name
from service.identifiers.identity import Identity, Kind
from service.scan.cards import Card, phone_of
from service.scan.together import Together
from service.scan.unit_signs import HELD_AS, HOLDING_STEPS
from service.scan.unit_state import UnitSigns
from service.scan.verdict import Found, verdicts_of
from service.units.status import Status, status_told

#: Events of a unit that are looked through; one with more is left to those who read them all.
EVENTS_MOST: Final = 50
#: Seconds after which a code is left to `cards.look_up`, which has a patience of its own.
LOOK_UP_SECONDS: Final = 2.0

Borrowed = Callable[[], AbstractAsyncContextManager[Connection]]
#: A row of `plain_codes.sql`.
Row = Mapping[str, Any]


class PlainCodes:
    """Looks codes up on one connection at a time. `borrowed`: see `db.transaction.borrowed`."""

    def __init__(self, borrowed: Borrowed) -> None:
        self._borrowed = borrowed
        self._together: Together[Identity, Row] = Together(self._ask)

    async def find(self, identity: Identity, now: datetime) -> Card | None:
        """What is known of a lot or a unit, if that is plain; None for all else, failures too: whoever asks
        then says why.
        """
        row = await self._together.find(identity)
        return None if row is None else card_of_plain(identity, row, now)

    async def _ask(self, codes: Sequence[Identity]) -> dict[int, Row]:
        async with asyncio.timeout(LOOK_UP_SECONDS), self._borrowed() as sql:
            return await find_plain(sql, codes)


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
    return {row["place"]: dict(row) for row in rows}


def card_of_plain(identity: Identity, row: Row, now: datetime) -> Card | None:
    """The card of a code, from a row of `plain_codes.sql`; None if an event says something of the unit."""
    events = row["events"] or ()
    if len(events) == EVENTS_MOST or any(map(_says_something, events)):
        return None
    unit = None
    if identity.kind is Kind.UNIT:
        unit = UnitSigns(row["unit_id"], True, False, Status.ACTIVE, None, ())
    verdicts = verdicts_of(Found(status=unit.status if unit else None, expires_on=row["expires_on"]), now)
    return Card(verdicts, identity, now, dict(row), unit=unit, phone=phone_of(row))


def _says_something(event: Sequence[str | None]) -> bool:
    """Whether an event of a unit may change what is said of it."""
    kind, action, *names, role = event
    step, disposition = (local_name(name).lower() if name else "" for name in names)
    assert kind is not None
    assert role is not None
    told = status_told(kind, action, step, disposition, int(role))
    return told is not None or step in HOLDING_STEPS or disposition in HELD_AS

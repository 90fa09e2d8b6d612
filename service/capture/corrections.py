"""Whose error declarations count: those of who captured the event, of the party whose place it names, of who
may capture for that one, and of operators.

Anybody else's declaration of an event is kept and changes nothing. That is so, too, where it came before the
event did: whose it was is known only then.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import msgspec

from service import clock
from service.auth.permissions import Role
from service.auth.sight import seen_by
from service.capture.delegations import in_force
from service.capture.places import delegation_for, find_places
from service.db.transaction import Transaction
from service.events.identifying import Identified
from service.events.store import Inserted
from service.identifiers.lenient import identity_of

ORIGINALS: Final = """
SELECT id, event_id, read_point, biz_location, payload::text AS payload, told_by,
       EXISTS (SELECT FROM delegated_event AS told WHERE told.event_id = event.id) AS delegated
FROM event WHERE NOT declares_error AND event_id = ANY($1::text[])
"""
#: Declarations that waited for their event, and the parties that made them.
WAITING: Final = """
SELECT id, event_id, told_by FROM event
WHERE declares_error AND event_id = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM correction WHERE correction.event_id = event.id)
"""
DISREGARDED: Final = """
SELECT event.id, told.place
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS told (event_id, mark, place)
JOIN event ON event.event_id = told.event_id AND event.fingerprint = told.mark AND declares_error
JOIN correction ON correction.event_id = event.id AND disregarded
"""
INSERT: Final = """
INSERT INTO correction (event_id, original_id, disregarded)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[])
"""
REGARD: Final = "UPDATE correction SET disregarded = false WHERE event_id = ANY($1::bigint[])"
VISIBLE: Final = "SELECT id FROM event WHERE id = ANY($1::bigint[])"

#: The party that told an event; None: an operator.
Teller = Callable[[Identified], int | None]


@dataclass(frozen=True, slots=True)
class Original:
    """An event that somebody wants to correct. `told_by`: the party that captured it, None for an operator;
    `delegated`: for another; `places`: canonical URIs of where it happened, or else of its ends, if an
    operator told it.
    """

    id: int
    event_id: str
    told_by: int | None
    delegated: bool
    places: tuple[str, ...]


async def find_originals(tx: Transaction, event_ids: Collection[str]) -> dict[str, Original]:
    """The events of these ids, error declarations excepted."""
    rows = await tx.sql.fetch(ORIGINALS, sorted(event_ids))
    return {row["event_id"]: _original(row) for row in rows}


def _original(row: asyncpg.Record) -> Original:
    places: list[str] = [place for place in (row["read_point"], row["biz_location"]) if place is not None]
    if not places and row["told_by"] is None:
        told = msgspec.json.decode(row["payload"])
        for end in ("source", "destination"):
            places += [identity_of(each[end]).uri for each in told.get(f"{end}List", ())]
    return Original(row["id"], row["event_id"], row["told_by"], row["delegated"], tuple(places))


async def correctable(tx: Transaction, party_id: int, originals: Iterable[Original]) -> set[str]:
    """Those of the events that the party may correct now, by eventID."""
    wanted = list(originals)
    places = await find_places(tx, {uri for each in wanted for uri in each.places})
    mine = {
        each.event_id
        for each in wanted
        if party_id in places.owners(each.places) or (each.told_by == party_id and not each.delegated)
    }
    others = [each for each in wanted if each.event_id not in mine]
    principals = {owner for each in others for owner in places.owners(each.places)}
    principals |= {each.told_by for each in others if each.told_by is not None}
    wanted_of = {(party_id, principal) for principal in principals - {party_id}}
    delegations = (await in_force(tx, wanted_of)).get(party_id, [])
    for each in others:
        by_place = any(delegation_for(places.of(uri), delegations) for uri in each.places)
        by_teller = any(by.sites is None and by.party_id == each.told_by for by in delegations)
        if by_place or by_teller:
            mine.add(each.event_id)
    return mine


async def visible(tx: Transaction, party_id: int, originals: Iterable[Original]) -> set[str]:
    """Those of the events that the party sees, by eventID."""
    wanted = {each.id: each.event_id for each in originals}
    if not wanted:
        return set()
    async with seen_by(tx, Role.HOLDER, party_id, now=clock.now()):
        rows = await tx.sql.fetch(VISIBLE, list(wanted))
    return {wanted[row["id"]] for row in rows}


async def settle_corrections(
    tx: Transaction, inserted: Inserted, teller: Teller
) -> list[tuple[int, Identified]]:
    """Decide which error declarations count: the new ones, those that new events were waited for with, and
    disregarded ones that somebody repeats who has the right. What is to be projected: the rows of
    `inserted.stored` without new declarations that change nothing, and with repeated ones that do now.

    The ledger is owned where declarations are among them, so that no event comes in between.
    """
    new = [(row, item) for row, item in inserted.stored if item.event.declares_error]
    again = [item for item in inserted.repeated if item.event.declares_error]
    if not (new or again or inserted.declared):
        return list(inserted.stored)
    waiting = await tx.sql.fetch(WAITING, sorted(inserted.declared)) if inserted.declared else []
    names = {item.event_id for _, item in new} | {item.event_id for item in again} | inserted.declared
    originals = await find_originals(tx, names)
    rights = _Rights(tx, originals)
    judged = [(row, item.event_id, teller(item)) for row, item in new]
    # Those of this very document were judged as new.
    ours = {row for row, _, _ in judged}
    judged += [(row["id"], row["event_id"], row["told_by"]) for row in waiting if row["id"] not in ours]
    told = [
        (row, originals[name].id, not await rights.has(party, name))
        for row, name, party in judged
        if name in originals
    ]
    if told:
        await tx.sql.execute(INSERT, *map(list, zip(*told, strict=True)))
    left = {row for row, _, disregarded in told if disregarded}
    kept = [(row, item) for row, item in inserted.stored if row not in left]
    return kept + await _regarded(tx, again, rights, teller)


class _Rights:
    """Who may correct which of some events; each party is asked about once."""

    def __init__(self, tx: Transaction, originals: Mapping[str, Original]) -> None:
        self._tx = tx
        self._originals = originals
        self._of: dict[int, set[str]] = {}

    async def has(self, party: int | None, event_id: str) -> bool:
        if party is None:
            return True
        if party not in self._of:
            self._of[party] = await correctable(self._tx, party, self._originals.values())
        return event_id in self._of[party]


async def _regarded(
    tx: Transaction, again: Sequence[Identified], rights: _Rights, teller: Teller
) -> list[tuple[int, Identified]]:
    """Repeated declarations that were disregarded and count from now on."""
    rightful = [item for item in again if await rights.has(teller(item), item.event_id)]
    if not rightful:
        return []
    rows = await tx.sql.fetch(
        DISREGARDED, [item.event_id for item in rightful], [item.fingerprint for item in rightful]
    )
    await tx.sql.execute(REGARD, [row["id"] for row in rows])
    return [(row["id"], rightful[row["place"] - 1]) for row in rows]

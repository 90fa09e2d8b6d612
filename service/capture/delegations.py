"""Who may capture for whom: given, found, taken back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from service import clock
from service.auth.caller import Caller
from service.auth.for_whom import for_whom
from service.capture.delegation_schemas import NewDelegation
from service.db.transaction import Transaction
from service.errors import Conflict, Malformed, Missing

#: Delegations of one party that have not ended.
DELEGATIONS_MOST: Final = 1000

COLUMNS: Final = """
SELECT id, party_id, delegate_id, site_ids, starts_at, ends_at, created_at, created_by, revoked_at
FROM delegation
"""
FIND_PARTIES: Final = "SELECT id FROM party WHERE id = ANY($1::bigint[])"
FIND_PLACES: Final = "SELECT id FROM site WHERE id = ANY($1::bigint[]) AND party_id = $2"
COUNT: Final = """
SELECT count(*) FROM delegation
WHERE party_id = $1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > $2)
"""
INSERT: Final = """
INSERT INTO delegation (party_id, delegate_id, site_ids, starts_at, ends_at, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id, party_id, delegate_id, site_ids, starts_at, ends_at, created_at, created_by, revoked_at
"""
LIST: Final = (
    COLUMNS
    + """
WHERE id > $1 AND ($2::bigint IS NULL OR $2 IN (party_id, delegate_id)) ORDER BY id LIMIT $3
"""
)
FIND: Final = COLUMNS + "WHERE id = $1 AND ($2::bigint IS NULL OR $2 IN (party_id, delegate_id))"
# Whoever is capturing by it holds the row: once this has been answered, nobody stores anything by it.
REVOKE: Final = """
UPDATE delegation SET revoked_at = coalesce(revoked_at, $3)
WHERE id = $1 AND ($2::bigint IS NULL OR $2 IN (party_id, delegate_id))
RETURNING id, party_id, delegate_id, site_ids, starts_at, ends_at, created_at, created_by, revoked_at
"""
# One statement for all who capture at once, in the order of ids: nobody waits for somebody who waits for him.
IN_FORCE: Final = """
SELECT id, delegation.party_id, delegation.delegate_id, site_ids
FROM unnest($1::bigint[], $2::bigint[]) AS wanted (delegate_id, party_id)
JOIN delegation ON delegation.delegate_id = wanted.delegate_id AND delegation.party_id = wanted.party_id
WHERE revoked_at IS NULL AND starts_at <= $3 AND (ends_at IS NULL OR ends_at > $3)
ORDER BY id FOR SHARE OF delegation
"""
KEEP: Final = """
INSERT INTO delegated_event (delegation_id, event_id) SELECT * FROM unnest($1::bigint[], $2::bigint[])
"""
LIST_EVENTS: Final = """
SELECT event.id, event.event_id, event_time, record_time
FROM delegated_event AS told JOIN event ON event.id = told.event_id
WHERE told.delegation_id = $1 AND told.event_id > $2 ORDER BY told.event_id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Delegated:
    """A delegation in force. `sites`: ids of the places that it is for; None: all of the party's."""

    id: int
    party_id: int
    sites: frozenset[int] | None

    def covers(self, sites: Collection[int]) -> bool:
        """Whether it is for a place that is known by (one of) these ids, of itself or of what it is part of;
        without any it is for all places or nothing.
        """
        return self.sites is None or not self.sites.isdisjoint(sites)

    def covers_products(self, owner: int | None) -> bool:
        """Whether it is for making this party's products: they are made anywhere, so it is for all places."""
        return self.sites is None and self.party_id == owner


async def in_force(tx: Transaction, wanted: Collection[tuple[int, int]]) -> dict[int, list[Delegated]]:
    """By what each of these parties may capture now: `wanted` are pairs of who captures and for whom. They
    stay in force until the transaction ends.
    """
    found: dict[int, list[Delegated]] = {}
    if not wanted:
        return found
    delegates, parties = map(list, zip(*sorted(set(wanted)), strict=True))
    for row in await tx.sql.fetch(IN_FORCE, delegates, parties, clock.now()):
        sites = None if row["site_ids"] is None else frozenset(row["site_ids"])
        found.setdefault(row["delegate_id"], []).append(Delegated(row["id"], row["party_id"], sites))
    return found


async def delegate(tx: Transaction, caller: Caller, asked: NewDelegation) -> asyncpg.Record:
    """Let another party capture for one. Raises `Malformed`, `Forbidden`, `Conflict`."""
    now = clock.now()
    party = await _principal(tx, caller, asked)
    starts_at = asked.starts_at or now
    if asked.ends_at is not None and asked.ends_at <= max(starts_at, now):
        raise Malformed.field(
            "/ends_at",
            asked.ends_at.isoformat(),
            "The end must be in the future, and after the beginning.",
            "到期时间必须晚于当前时间和生效时间。",
        )
    if asked.site_ids is not None:
        await _check_places(tx, party, asked.site_ids)
    if await tx.sql.fetchval(COUNT, party, now) >= DELEGATIONS_MOST:
        raise Conflict(
            f"A party has at most {DELEGATIONS_MOST} delegations at once; revoke some.",
            f"一个主体最多同时有 {DELEGATIONS_MOST} 项委托，请先撤销部分委托。",
        )
    sites = None if asked.site_ids is None else sorted(set(asked.site_ids))
    row = await tx.sql.fetchrow(
        INSERT, party, asked.delegate_id, sites, starts_at, asked.ends_at, now, caller.name
    )
    assert row is not None
    return row


async def _principal(tx: Transaction, caller: Caller, asked: NewDelegation) -> int:
    """For whom is to be captured: an existing party, and not the delegate itself."""
    party = for_whom(caller, "party_id", asked.party_id)
    found = {row["id"] for row in await tx.sql.fetch(FIND_PARTIES, [party, asked.delegate_id])}
    for field, told in (("/party_id", party), ("/delegate_id", asked.delegate_id)):
        if told not in found:
            raise Malformed.field(field, told, "There is no party with this id.", "没有该编号的主体。")
    if party == asked.delegate_id:
        raise Malformed.field(
            "/delegate_id",
            party,
            "A party captures for itself without a delegation; name another.",
            "主体无需委托自己，请填写其他主体。",
        )
    return party


async def _check_places(tx: Transaction, party: int, sites: Sequence[int]) -> None:
    own = {row["id"] for row in await tx.sql.fetch(FIND_PLACES, list(sites), party)}
    for site in sites:
        if site not in own:
            raise Malformed.field(
                "/site_ids",
                site,
                "This is no place of that party; name its own places, by id.",
                "该编号不是委托方的场所，请填写其自己的场所编号。",
            )


async def list_delegations(
    tx: Transaction, party: int | None, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """What this party (None: anybody) gave and was given."""
    return await tx.sql.fetch(LIST, after, party, limit)


async def find_delegation(tx: Transaction, delegation_id: int, party: int | None) -> asyncpg.Record:
    """A delegation that this party (None: anybody) gave or was given. Raises `Missing`."""
    row = await tx.sql.fetchrow(FIND, delegation_id, party)
    if row is None:
        raise _missing(delegation_id)
    return row


async def revoke(tx: Transaction, delegation_id: int, party: int | None) -> asyncpg.Record:
    """End a delegation at once; whoever was given it may give it back. Raises `Missing`."""
    row = await tx.sql.fetchrow(REVOKE, delegation_id, party, clock.now())
    if row is None:
        raise _missing(delegation_id)
    return row


def _missing(delegation_id: int) -> Missing:
    return Missing(f"There is no delegation {delegation_id}.", f"没有编号为 {delegation_id} 的委托。")


async def list_delegated(
    tx: Transaction, delegation_id: int, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """The events captured by a delegation, in the order of recording."""
    return await tx.sql.fetch(LIST_EVENTS, delegation_id, after, limit)


async def keep_delegated(tx: Transaction, needed: Mapping[int, Collection[Delegated]]) -> None:
    """Keep by which delegations events (by row) were captured, if by any."""
    pairs = sorted({(by.id, row) for row, each in needed.items() for by in each})
    if pairs:
        await tx.sql.execute(KEEP, *map(list, zip(*pairs, strict=True)))

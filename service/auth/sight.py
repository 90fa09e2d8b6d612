"""What a transaction shows from some moment on: to a party its own holdings with one step up and one step
down, the events that name it or its places, the batches of these and of its products, and what others have
granted it of theirs; to an authority what begins or ends in its area. Held by PostgreSQL's row-level security
(revisions 0020 and 0021), which reads what is set here.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

import asyncpg

from service.audit.shown import shows_by_leave
from service.auth.areas import area_of
from service.auth.permissions import AUTHORITIES, Role
from service.db.party_role import ROLES
from service.db.transaction import Transaction
from service.errors import Unavailable

#: So many places, with those of grantors, are told to the policies, which compare each row's with them one
#: after the other. Of whoever has more, the policies look up whose the row's place is (revision 0031).
FEW_PLACES: Final = 100
SEE_AS_PARTY: Final = """
-- $1 party   $2 now   $3 how many places are few
-- The role comes last: what is asked before is asked by the service itself.
WITH given AS MATERIALIZED (
    SELECT id, grantor_id, coalesce(product_id, customer_id) IS NULL AND begins_at IS NULL AND ends_at IS NULL
           AS everything
    FROM access_grant
    WHERE grantee_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
),
shown AS MATERIALIZED (SELECT $1 AS id UNION SELECT grantor_id FROM given WHERE everything),
run AS MATERIALIZED (
    SELECT site.id, party_id FROM site
    WHERE party_id = ANY(ARRAY(SELECT $1 UNION SELECT grantor_id FROM given)) LIMIT $3 + 1
),
-- All of them, or none: then the policies ask row by row whose a place is.
named AS MATERIALIZED (SELECT id, party_id FROM run WHERE (SELECT count(*) FROM run) <= $3)
SELECT set_config('suyuan.party', $1::text, true),
       set_config('suyuan.by_owner', CASE WHEN count(*) > $3 THEN 'yes' ELSE 'no' END, true),
       set_config('suyuan.sites', coalesce(
           (SELECT string_agg(id::text, ',') FROM named WHERE party_id = $1), ''), true),
       set_config('suyuan.shown_parties', (SELECT string_agg(id::text, ',') FROM shown), true),
       set_config('suyuan.shown_sites', coalesce(
           (SELECT string_agg(named.id::text, ',') FROM named JOIN shown ON shown.id = party_id), ''), true),
       set_config('suyuan.grants', coalesce(
           (SELECT string_agg(id::text, ',') FROM given WHERE NOT everything), ''), true),
       set_config('suyuan.narrow_parties', coalesce(
           (SELECT string_agg(DISTINCT grantor_id::text, ',') FROM given WHERE NOT everything), ''), true),
       set_config('suyuan.narrow_sites', coalesce(
           (SELECT string_agg(named.id::text, ',') FROM named
            WHERE party_id IN (SELECT grantor_id FROM given WHERE NOT everything)), ''), true),
       ARRAY(SELECT DISTINCT grantor_id FROM given ORDER BY grantor_id) AS grantors,
       set_config('role', 'suyuan_party', true)
FROM run
"""
JURISDICTIONS: Final = "SELECT region, category FROM jurisdiction WHERE party_id = $1 AND revoked_at IS NULL"
SEE_AS_REGULATOR: Final = """
SELECT set_config('suyuan.party', $1, true), set_config('suyuan.everywhere', $2, true),
       set_config('suyuan.regions', $3, true), set_config('suyuan.categories', $4, true),
       set_config('suyuan.pairs', $5, true), set_config('role', 'suyuan_regulator', true)
"""
#: Back to the role that the connection was opened in.
SEE_ALL: Final = "SET LOCAL role TO DEFAULT; SELECT set_config('suyuan.party', '', true)"
SEEN_NOW: Final = """
SELECT current_setting('role') AS role, current_setting('suyuan.party', true) AS party,
       suyuan_places_shown('{}') IS NOT NULL AS by_places
"""
#: $1 role   $2 party: what `SEE_ALL` took away.
SEE_AGAIN: Final = "SELECT set_config('suyuan.party', $2, true), set_config('role', $1, true)"
#: Packed: there may be many thousands.
PLACES_SHOWN: Final = """
SELECT string_agg(int8send(id), ''::bytea) FROM unnest(suyuan_places_shown($1)) AS shown (id)
"""


class Sight(Enum):
    """What a transaction sees at the moment: everything; of stock and flows all that is at places it is shown
    (`places_shown`); or what only the rows' policies tell.
    """

    EVERYTHING = auto()
    PLACES = auto()
    ROWS = auto()


async def see_as(tx: Transaction, role: Role, party_id: int, *, now: datetime) -> frozenset[int] | None:
    """From here on nothing is read but what a caller of this role and party may see `now`, nothing written.
    The parties who have granted a party a part of theirs, which is noted for the record; None for an
    authority. Raises `Unavailable` where the database has not got the role.
    """
    if role in AUTHORITIES:
        await see_as_regulator(tx, party_id)
        return None
    return await see_as_party(tx, party_id, now=now)


async def see_as_owner(tx: Transaction) -> None:
    """From here on everything is read again, and can be written: for what a caller is entitled to."""
    await tx.sql.execute(SEE_ALL)


async def see_as_party(tx: Transaction, party_id: int, *, now: datetime) -> frozenset[int]:
    """`see_as` for a party."""
    row = await _see(tx, "suyuan_party", SEE_AS_PARTY, party_id, now, FEW_PLACES)
    grantors = frozenset[int](row["grantors"])
    shows_by_leave(grantors)
    return grantors


async def see_as_regulator(tx: Transaction, party_id: int) -> None:
    """`see_as` for an authority and the area it answers for; without one it sees no goods."""
    rows = await tx.sql.fetch(JURISDICTIONS, party_id)
    area = area_of((row["region"], row["category"]) for row in rows)
    parts = (",".join(part) for part in (area.regions, area.categories, area.pairs))
    everywhere = "yes" if area.everywhere else "no"
    await _see(tx, "suyuan_regulator", SEE_AS_REGULATOR, str(party_id), everywhere, *parts)


@asynccontextmanager
async def seen_by(
    tx: Transaction, role: Role, party_id: int | None, *, now: datetime
) -> AsyncIterator[frozenset[int] | None]:
    """`see_as` inside, `see_as_owner` after it: for paths whose statements ask whose rows they are. Operators
    see everything there, too.
    """
    if role is Role.OPERATOR:
        yield None
        return
    assert party_id is not None
    yield await see_as(tx, role, party_id, now=now)
    # Not after an exception: the transaction may be broken, and ends.
    await see_as_owner(tx)


async def sight_now(tx: Transaction) -> Sight:
    """What the transaction sees at the moment."""
    (row,) = await tx.sql.fetch(SEEN_NOW)
    if row["role"] not in ROLES:
        return Sight.EVERYTHING
    return Sight.PLACES if row["by_places"] else Sight.ROWS


async def places_shown(tx: Transaction, sites: Sequence[int]) -> bytes:
    """Those of these places at which whoever asks sees all stock, and from and to which all flows: by the
    same words as the policies. For `Sight.PLACES` only. Numbers of 64 bits, the greatest octet first.
    """
    return await tx.sql.fetchval(PLACES_SHOWN, sites) or b""


@asynccontextmanager
async def unbound(tx: Transaction) -> AsyncIterator[None]:
    """Everything is read inside, and after it what was seen before: for rows that are cut to what whoever
    asks may see (`places_shown`) by the very lines that fetch them.
    """
    (seen,) = await tx.sql.fetch(SEEN_NOW)
    await see_as_owner(tx)
    yield
    # Not after an exception: the transaction may be broken, and ends.
    await tx.sql.execute(SEE_AGAIN, seen["role"], seen["party"])


async def _see(tx: Transaction, role: str, statement: str, *told: Any) -> asyncpg.Record:
    try:
        row = await tx.sql.fetchrow(statement, *told)
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError) as error:
        raise Unavailable(
            f"The database role {role} is missing: make it (CREATE ROLE {role} NOLOGIN), grant it "
            "to the service's own role, and start the service again.",
            f"数据库缺少角色 {role}，请运维人员创建并授予本服务的数据库用户后重启。",
        ) from error
    assert row is not None
    return row

"""What a transaction shows from some moment on: to a party its own holdings with one step up and one step
down, the events that name it or its places, the batches of these and of its products; to an authority what
begins or ends in its area. Held by PostgreSQL's row-level security (revisions 0020 and 0021).
"""

from typing import Final

import asyncpg

from service.db.transaction import Transaction
from service.errors import Unavailable

PLACES: Final = "SELECT id FROM site WHERE party_id = $1"
SEE: Final = """
SELECT set_config('suyuan.party', $1, true), set_config('suyuan.sites', $2, true),
       set_config('role', $3, true)
"""


async def see_as_party(tx: Transaction, party_id: int) -> None:
    """From here to the end of the transaction nothing is read but what the party may see, nothing written.

    Raises `Unavailable` where the database has not got the role.
    """
    sites = [row["id"] for row in await tx.sql.fetch(PLACES, party_id)]
    await _see(tx, "suyuan_party", party_id, ",".join(map(str, sites)))


async def see_as_regulator(tx: Transaction, party_id: int) -> None:
    """As `see_as_party`, for an authority and the area it answers for; without one it sees no goods."""
    await _see(tx, "suyuan_regulator", party_id, "")


async def _see(tx: Transaction, role: str, party_id: int, sites: str) -> None:
    try:
        await tx.sql.execute(SEE, str(party_id), sites, role)
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError) as error:
        raise Unavailable(
            f"The database role {role} is missing: make it (CREATE ROLE {role} NOLOGIN), grant it "
            "to the service's own role, and start the service again.",
            f"数据库缺少角色 {role}，请运维人员创建并授予本服务的数据库用户后重启。",
        ) from error

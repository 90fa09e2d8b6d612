"""What a party sees: its own holdings with one step up and one step down, the events that name it or its
places, the batches of these and of its products. Held by PostgreSQL's row-level security (revision 0020).
"""

from typing import Final

import asyncpg

from service.db.transaction import Transaction
from service.errors import Unavailable

PLACES: Final = "SELECT id FROM site WHERE party_id = $1"
SEE: Final = """
SELECT set_config('suyuan.party', $1, true), set_config('suyuan.sites', $2, true),
       set_config('role', 'suyuan_party', true)
"""


async def see_as_party(tx: Transaction, party_id: int) -> None:
    """From here to the end of the transaction nothing is read but what the party may see, nothing written.

    Raises `Unavailable` where the database has not got the role.
    """
    sites = [row["id"] for row in await tx.sql.fetch(PLACES, party_id)]
    try:
        await tx.sql.execute(SEE, str(party_id), ",".join(map(str, sites)))
    except (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError) as error:
        raise Unavailable(
            "The database role suyuan_party is missing: make it (CREATE ROLE suyuan_party NOLOGIN), grant it "
            "to the service's own role, and start the service again.",
            "数据库缺少角色 suyuan_party，请运维人员创建并授予本服务的数据库用户后重启。",
        ) from error

"""Whether a caller sees a row, asked in a transaction that sees everything: what somebody may not see is
answered as what is not there, also where it is to be written.
"""

from typing import Final, Literal

from service import clock
from service.auth.caller import Caller
from service.auth.sight import seen_by
from service.db.party_role import ROLES
from service.db.transaction import Transaction

Noun = Literal["batch", "unit", "complaint", "suspect_code", "link", "thing of events"]

FIND: Final[dict[Noun, str]] = {
    "batch": "SELECT true FROM batch WHERE id = $1",
    "unit": "SELECT true FROM unit WHERE id = $1",
    "complaint": "SELECT true FROM complaint WHERE id = $1",
    "suspect_code": "SELECT true FROM suspect_code WHERE id = $1",
    "link": "SELECT true FROM link WHERE id = $1",
    "thing of events": "SELECT true FROM event_item WHERE unit_id = $1 LIMIT 1",
}
#: Where the transaction is bounded already, it sees what the caller sees.
ROLE: Final = "SELECT current_setting('role')"


async def sees(tx: Transaction, caller: Caller, noun: Noun, row_id: int | None) -> bool:
    """Whether the row with this id is one that the caller may know of; the transaction goes on as before.
    `row_id`: None where it was looked for and is not there, which is asked all the same: else the time that
    an answer takes would tell what is hidden from what is not there.

    Raises `Unavailable` where the database has not got the caller's role.
    """
    if caller.sees_everything:
        return True
    if await tx.sql.fetchval(ROLE) in ROLES:
        return await tx.sql.fetchval(FIND[noun], row_id) is not None
    async with seen_by(tx, caller.role, caller.party_id, now=clock.now()):
        return await tx.sql.fetchval(FIND[noun], row_id) is not None

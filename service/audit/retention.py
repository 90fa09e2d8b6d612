"""Records of reads are erased when they are old, and not otherwise."""

from datetime import datetime
from typing import Final

from service.db.transaction import Transaction

#: The table's trigger lets rows go where the transaction says that it erases, and up to when.
ALLOW: Final = "SELECT set_config('suyuan.audit_erased_before', $1, true)"
ERASE: Final = "DELETE FROM audit_read WHERE at < $1"


async def erase_reads(tx: Transaction, before: datetime) -> int:
    """Erase the records of reads before this moment; how many went."""
    await tx.sql.execute(ALLOW, before.isoformat())
    done = await tx.sql.execute(ERASE, before)
    return int(done.rpartition(" ")[2])

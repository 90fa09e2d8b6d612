"""How many answers, and links that open nothing, an hour takes from one address, for all processes together.

Only a hash of the address is counted, under the day's salt, in the table of complaints' allowances.
"""

from datetime import datetime
from typing import Final

from service.db.transaction import Transaction
from service.errors import TooOften
from service.settings import settings
from service.signals.addresses import Address, fetch_salt, salt_day, salted
from service.signals.allowance import HOUR, USE, USED

PURPOSE: Final = "answers to notices"


async def require_some_left(tx: Transaction, address: Address | None, now: datetime) -> None:
    """That one more may come from an address: asked before its body is read. Raises `TooOften`."""
    used = await tx.sql.fetchval(USED, await _key(tx, address, now), _hour(now))
    if used is not None and used >= settings().answers_per_address:
        raise _too_often(now)


async def use_one(tx: Transaction, address: Address | None, now: datetime) -> None:
    """Count one. Raises `TooOften`."""
    if await tx.sql.fetchval(USE, await _key(tx, address, now), _hour(now)) > settings().answers_per_address:
        raise _too_often(now)


async def _key(tx: Transaction, address: Address | None, now: datetime) -> bytes:
    return salted(await fetch_salt(tx, salt_day(now)), PURPOSE, address)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _too_often(now: datetime) -> TooOften:
    left = _hour(now) + HOUR - now
    minutes = max(1, int(left.total_seconds()) // 60 + 1)
    return TooOften(
        f"So much came from your network that no more is taken this hour. Try again in {minutes} minutes, or "
        "call the contact in the notice.",
        f"来自您所在网络的提交过多，请在 {minutes} 分钟后再试，或致电通知中的联系人。",
        retry_after=max(1, int(left.total_seconds()) + 1),
    )

"""How many complaints an hour takes from one address and of one code, counted for all processes together.

Only a hash of the address is counted, under the day's salt. Many phones share one address (carriers put
thousands behind one), so the bound keeps floods off, not people.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from service.db.transaction import Transaction
from service.errors import TooOften
from service.settings import settings
from service.signals.addresses import Address, fetch_salt, salt_day, salted

HOUR: Final = timedelta(hours=1)

USED = "SELECT used FROM complaint_allowance WHERE key = $1 AND hour = $2"
USE = """
INSERT INTO complaint_allowance (key, hour, used) VALUES ($1, $2, 1)
ON CONFLICT (key, hour) DO UPDATE SET used = complaint_allowance.used + 1
RETURNING used
"""


async def require_some_left(tx: Transaction, address: Address | None, now: datetime) -> None:
    """That one more complaint may come from an address: asked before its body is read. Raises `TooOften`."""
    key = await _key(tx, "address", address, "", now)
    used = await tx.sql.fetchval(USED, key, _hour(now))
    if used is not None and used >= settings().complaints_per_address:
        raise _too_often(now)


async def use_one(tx: Transaction, address: Address | None, code: str, now: datetime) -> None:
    """Count one complaint from an address and of a code. Raises `TooOften`; a refused one is not counted."""
    allowed: Iterable[tuple[bytes, int]] = (
        (await _key(tx, "address", address, "", now), settings().complaints_per_address),
        (await _key(tx, "code", None, code, now), settings().complaints_per_code),
    )
    for key, most in allowed:
        if await tx.sql.fetchval(USE, key, _hour(now)) > most:
            raise _too_often(now)


async def _key(tx: Transaction, purpose: str, address: Address | None, text: str, now: datetime) -> bytes:
    salt = await fetch_salt(tx, salt_day(now))
    return salted(salt, f"complaint {purpose}", address, text)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _too_often(now: datetime) -> TooOften:
    left = _hour(now) + HOUR - now
    minutes = max(1, round(left / timedelta(minutes=1)))
    return TooOften(
        "So many reports came from your network, or about this code, that no more are taken this hour. "
        f"Please try again in {minutes} minutes, or call 12315 (in China).",
        f"来自您所在网络或关于这个码的反映过多，本小时内不再受理。请在 {minutes} 分钟后再试，或拨打 12315。",
        retry_after=max(1, int(left.total_seconds()) + 1),
    )

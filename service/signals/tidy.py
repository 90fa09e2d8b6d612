"""What has been kept long enough goes: contact and photos of complaints, salts, hashes, old days of looks,
records of who read whose trade.

Run when the service starts, then once a day, and by `suyuan-service tidy`. Running it twice does no harm.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from service import clock
from service.audit.retention import erase_reads
from service.db.failures import FAILURES
from service.db.service_role import bind_owner
from service.db.transaction import Transaction, create_engine, transaction
from service.settings import settings
from service.signals.scan_rows import forget_seen

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
#: After a database that did not answer.
RETRY: Final = timedelta(minutes=10)
#: A form may be sent twice for as long as a browser keeps it open.
NONCE_KEPT: Final = timedelta(days=2)
#: The longest that any hash under a day's salt is of use, and then some.
SALT_KEPT: Final = timedelta(days=2)
ALLOWANCE_KEPT: Final = timedelta(hours=2)

ERASE_CONTACT: Final = """
UPDATE complaint SET phone = NULL, email = NULL, bought_where = NULL, nonce = NULL, fingerprint = NULL,
    contact_erased_at = $1
WHERE contact_erased_at IS NULL AND (closed_at <= $2 OR received_at <= $3)
RETURNING id
"""
ERASE_PHOTOS: Final = "DELETE FROM complaint_photo WHERE complaint_id = ANY($1::bigint[])"
FORGET_NONCES: Final = """
UPDATE complaint SET nonce = NULL, fingerprint = NULL WHERE nonce IS NOT NULL AND received_at <= $1
"""
FORGET_ALLOWANCES: Final = "DELETE FROM complaint_allowance WHERE hour <= $1"
FORGET_SALTS: Final = "DELETE FROM daily_salt WHERE day < $1"
FORGET_DAYS: Final = "DELETE FROM scan_day WHERE day < $1"


@dataclass(frozen=True, slots=True)
class Tidied:
    """What went: complaints without contact and photos from now on, photos, rows of days of looks, records
    of reads.
    """

    complaints: int
    photos: int
    days: int
    reads: int = 0


async def tidy(tx: Transaction, now: datetime) -> Tidied:
    """Erase what has been kept long enough at `now`."""
    kept = settings()
    erased = await tx.sql.fetch(
        ERASE_CONTACT,
        now,
        now - timedelta(days=kept.contact_kept_days),
        now - timedelta(days=kept.contact_kept_at_most_days),
    )
    photos = await tx.sql.execute(ERASE_PHOTOS, [row["id"] for row in erased])
    await tx.sql.execute(FORGET_NONCES, now - NONCE_KEPT)
    await tx.sql.execute(FORGET_ALLOWANCES, now - ALLOWANCE_KEPT)
    await forget_seen(tx, now)
    await tx.sql.execute(FORGET_SALTS, (now - SALT_KEPT).astimezone(UTC).date())
    days = await tx.sql.execute(
        FORGET_DAYS, (now - timedelta(days=kept.scans_kept_days)).astimezone(UTC).date()
    )
    reads = await erase_reads(tx, now - timedelta(days=kept.audit_kept_days))
    return Tidied(len(erased), _count(photos), _count(days), reads)


def _count(done: str) -> int:
    """The rows of PostgreSQL's answer to a command, such as `DELETE 3`."""
    return int(done.rpartition(" ")[2])


async def tidy_once(dsn: str) -> Tidied:
    """`tidy` on a connection of its own."""
    engine = create_engine(dsn, pool_size=1)
    try:
        async with transaction(engine) as tx:
            return await tidy(tx, clock.now())
    finally:
        await engine.dispose()


async def tidy_daily(dsn: str) -> None:
    """`tidy_once` now and then every day; never ends of itself. `dsn`: the owner's, who alone erases records,
    and whom policies bind once no version is left that could not work so.
    """
    while True:
        try:
            done = await tidy_once(dsn)
            await bind_owner(dsn)
        except FAILURES as error:
            logger.warning("nothing was tidied, later again: %s", type(error).__name__)
            await asyncio.sleep(RETRY.total_seconds())
            continue
        if done.complaints or done.days or done.reads:
            logger.info("tidied: %s", done)
        await asyncio.sleep(EVERY.total_seconds())

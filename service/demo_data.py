"""Demonstration data, loaded once into an installation by the client's own command `suyuan demo`.

The data go through the public interface like anybody's. The key they come in with is made for them
and revoked when they are complete: a revoked key of that name is the sign that they are loaded.
"""

import asyncio
import logging
import sys

from sqlmodel import col, delete, select

from service import clock
from service.auth.permissions import HELD_BY, Role
from service.auth.tables import ApiKey
from service.auth.tokens import digest_of, insert_key, make_key
from service.db.transaction import create_engine, transaction

logger = logging.getLogger(__name__)

KEY_NAME = "demonstration data"
STOP_SECONDS = 10.0


async def load_once(dsn: str, url: str, size: str) -> None:
    """Load data of `size` (a word of `suyuan demo`) into the service at `url`, unless loaded already.

    What is left of an interrupted load is completed. When cancelled, the command is stopped.
    """
    engine = create_engine(dsn, pool_size=2)
    try:
        async with transaction(engine) as tx:
            ours = select(ApiKey).where(ApiKey.name == KEY_NAME, col(ApiKey.revoked_at).is_not(None))
            if (await tx.orm.exec(ours)).first() is not None:
                return
            await tx.orm.exec(delete(ApiKey).where(col(ApiKey.name) == KEY_NAME))
            key = make_key()
            await insert_key(
                tx,
                key,
                name=KEY_NAME,
                role=Role.OPERATOR,
                permissions=HELD_BY[Role.OPERATOR],
                created_at=clock.now(),
                created_by="the service itself",
            )
        if await _run(url, size, key):
            async with transaction(engine) as tx:
                made = (await tx.orm.exec(select(ApiKey).where(ApiKey.digest == digest_of(key)))).one()
                made.revoked_at = clock.now()
        else:
            logger.error("The demonstration data are incomplete; the next start with --demo completes them.")
    finally:
        await engine.dispose()


async def _run(url: str, size: str, key: str) -> bool:
    command = ["-m", "suyuan", "demo", "--size", size, "--url", url, "--key", key]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=asyncio.subprocess.DEVNULL)
    try:
        return await process.wait() == 0
    except asyncio.CancelledError:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
        raise

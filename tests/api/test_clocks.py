"""A clock that is set back holds up no notice, and no turn to send one."""

from datetime import UTC, datetime, timedelta

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from service.db.transaction import transaction
from service.notices import deliveries
from tests.api.noticing import found_chain, open_case

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=60)
#: What a lease looks like once PostgreSQL's clock was set back.
SET_BACK = "UPDATE notice_delivery SET leased_until = leased_until + interval '1 hour' WHERE id = $1"


async def test_what_was_never_tried_waits_for_no_clock_and_a_lease_of_another_time_holds_nobody_up(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await found_chain(client)
    await open_case(client)
    earlier = datetime.now(UTC) - HOUR
    async with transaction(engine) as tx:
        due = await deliveries.list_due(tx, earlier, mail=True)
        assert due
        row = due[0][0]
        first = await deliveries.take(tx, row, LEASE, earlier)
        assert first is not None
        assert not first.possibly_twice
    async with transaction(engine) as tx:
        assert await deliveries.is_busy(tx, row)
        assert row not in dict(await deliveries.list_due(tx, earlier, mail=True))
        assert await deliveries.take(tx, row, LEASE, earlier) is None
        await tx.sql.execute(SET_BACK, row)
        assert not await deliveries.is_busy(tx, row)
        assert row in dict(await deliveries.list_due(tx, earlier, mail=True))
        second = await deliveries.take(tx, row, LEASE, earlier)
        assert second is not None
        assert second.possibly_twice
        assert not await deliveries.keep_sent(tx, first, earlier)

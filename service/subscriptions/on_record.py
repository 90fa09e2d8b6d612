"""What is delivered is put on record as an answer is: before it leaves, with whose trade it shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from service.audit.recorder import Read, Reader, record_in
from service.audit.shown import Shown
from service.db.transaction import Transaction
from service.events.store import StoredRow

#: As which questions deliveries stand in the log.
DELIVERY: Final = ("POST", "/epcis/queries/{name}/subscriptions/{subscription_id}")
STREAM: Final = ("GET", "/epcis/queries/{name}/events")


async def put_on_record(
    tx: Transaction, reader: Reader, asked: tuple[str, str], rows: Sequence[StoredRow], now: datetime
) -> None:
    """Put on record that these events go to `reader`, if others' trade is in them."""
    if not rows or not reader.crosses:
        return
    shown = Shown()
    shown.names["event"] = {row.event_id for row in rows}
    await record_in(tx, Read(now, reader, *asked, None, shown))

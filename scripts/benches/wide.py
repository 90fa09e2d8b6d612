"""One batch that goes from its maker straight to a great many shops: the widest fan there is."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scripts.benches.networks import (
    BEGIN,
    COLUMNS,
    DAY,
    MAKER,
    MOVE,
    REGISTERED,
    SHOP,
    SOLD,
    TO_SHOP,
    VACUUM,
    Connection,
    copy,
    party_of,
    places_registry,
)
from service.trace.passes import EPOCH, MICROSECOND

URI: Final = "https://trade.example/product/1/lot/1"
#: Shops written together.
AT_ONCE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Fan:
    """The batch's number is 1, its maker is site 1, the shops are the sites after it."""

    shops: int

    async def write(self, connection: Connection) -> int:
        """Write it into empty tables; how many flows it has."""
        for table, rows in places_registry(self.shops + 1):
            await connection.copy_records_to_table(table, records=rows, columns=COLUMNS[table])
        product = (1, "https://trade.example/product/1", "产品1", "Product 1", *REGISTERED)
        batch = (1, URI, 1, "1", BEGIN.date(), False, *REGISTERED)
        for table, row in (("product", product), ("batch", batch)):
            await connection.copy_records_to_table(table, records=[row], columns=COLUMNS[table])
        made_at = (BEGIN - EPOCH) // MICROSECOND
        when = {"first_at": made_at, "last_at": made_at + 5 * DAY}
        maker = {"batch_id": 1, "site_id": 1, "uom": b"KGM", "party_id": party_of(1), **when}
        # All of it fits in no whole number of four digits; nobody adds it up here.
        made = MAKER.rows(1, **maker, produced_at=made_at, produced=9999, shipped=9999)
        await copy(connection, "holding", made, MAKER)
        for begin in range(2, self.shops + 2, AT_ONCE):
            shops = np.arange(begin, min(begin + AT_ONCE, self.shops + 2))
            ends = {"batch_id": 1, "from_site_id": 1, "to_batch_id": 1, "to_site_id": shops}
            moments = {"departed_at": made_at + DAY, "arrived_at": made_at + 2 * DAY}
            amounts = {"shipped_quantity": TO_SHOP, "received_quantity": TO_SHOP}
            units = {"shipped_uom": b"KGM", "received_uom": b"KGM"}
            moves = MOVE.rows(len(shops), **ends, **moments, **amounts, **units, ordinal=shops, kind=0)
            await copy(connection, "flow", moves, MOVE)
            held = {"batch_id": 1, "site_id": shops, "uom": b"KGM", "party_id": party_of(shops), **when}
            held_there = SHOP.rows(len(shops), **held, received=TO_SHOP, sold=SOLD)
            await copy(connection, "holding", held_there, SHOP)
        await connection.execute(VACUUM)
        return self.shops

"""Supply networks of any size, seeded, written straight into the tables that the service traces.

A network is a row of trees. The batch at the top of a tree is an ingredient of `fan_out` batches, each of
those again, `LEVELS` deep; a batch takes a second ingredient from its own tree now and then. Every batch goes
from its maker through two depots to eleven shops, so 11 of its 14 holdings are the end of the line.

What is written is a pure function of the network, batch by batch, so a network is the same on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import numpy as np

from scripts.benches.binary_rows import HEADER, TRAILER, Layout
from service.trace.passes import EPOCH, MICROSECOND, Column

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

LEVELS: Final = 4
DEPOTS: Final = 2
SHOPS: Final = 11
MOVES: Final = DEPOTS + SHOPS
#: Holdings that goods of one batch reach.
HOLDINGS: Final = 1 + MOVES
#: One batch in so many has a second ingredient.
SECOND_INGREDIENT: Final = 7
SITES_OF_A_PARTY: Final = 3
#: Trees begin on so many days, one after the other.
DAYS: Final = 300

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1) // MICROSECOND
DAY: Final = 1440 * MINUTE
STEP: Final = 20 * DAY
MADE: Final = 1100
TO_DEPOT: Final = MADE // DEPOTS
TO_SHOP: Final = MADE // SHOPS
SOLD: Final = 20

#: Of every row of the registry, and what it is here.
KNOWN: Final = ("source", "created_at", "updated_at")
REGISTERED: Final = ("registered", BEGIN, BEGIN)

COLUMNS: Final = {
    "party": ("id", "uri", "name_zh", "name_en", "region", *KNOWN),
    "site": ("id", "uri", "party_id", "name_zh", "name_en", "region", "unspecified", *KNOWN),
    "product": ("id", "uri", "name_zh", "name_en", *KNOWN),
    "batch": ("id", "uri", "product_id", "lot", "made_on", "of_one", *KNOWN),
}
FLOW: Final = (
    *(("batch_id", "bigint"), ("ordinal", "integer"), ("kind", "smallint"), ("from_site_id", "bigint")),
    *(("to_batch_id", "bigint"), ("to_site_id", "bigint"), ("departed_at", "bigint")),
    *(("arrived_at", "bigint"), ("inferred", "boolean")),
)
MOVE: Final = Layout(
    [
        *FLOW,
        *(("shipped_quantity", "numeric"), ("shipped_uom", "text3")),
        *(("received_quantity", "numeric"), ("received_uom", "text3")),
    ]
)
TRANSFORM: Final = Layout(
    [*FLOW, *((column, "null") for column in MOVE.columns if column not in dict(FLOW))],
)
STATES: Final = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")


def _holding(produced_at: str, *states: str) -> Layout:
    """Holdings where something is in these states only."""
    return Layout(
        [
            *(("batch_id", "bigint"), ("site_id", "bigint"), ("uom", "text3"), ("party_id", "bigint")),
            *(("first_at", "bigint"), ("last_at", "bigint"), ("produced_at", produced_at)),
            *((state, "numeric" if state in states else "nought") for state in STATES),
        ]
    )


MAKER: Final = _holding("bigint", "produced", "shipped")
DEPOT: Final = _holding("null", "received", "shipped")
SHOP: Final = _holding("null", "received", "sold")


@dataclass(frozen=True, slots=True)
class Network:
    """`trees` trees over `sites` places, the same for the same seed. Batches are numbered from 1, tree by
    tree, level by level.
    """

    trees: int
    sites: int
    fan_out: int
    seed: int = 1

    @classmethod
    def of(cls, flows: int, fan_out: int) -> "Network":
        """A network of about so many flows: at least one tree."""
        tree = _through(fan_out, LEVELS)
        trees = max(1, round(flows / (tree * (MOVES + 1))))
        return cls(trees, max(500, trees * tree // 4), fan_out)

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return self.trees * self.tree

    @property
    def tree(self) -> int:
        """Batches of one tree."""
        return _through(self.fan_out, LEVELS)

    def first_of_level(self, level: int, tree: int = 0) -> int:
        """The first batch of a level, in a tree."""
        return 1 + tree * self.tree + _through(self.fan_out, level)

    def uri(self, batch: int) -> str:
        """The name of a batch."""
        (level,) = self.levels(np.array([batch])).tolist()
        return f"https://trade.example/product/{level + 1}/lot/{batch}"

    def made_on(self, batch: int) -> date:
        """The day of production, in UTC."""
        at = int(self.made_at(np.array([batch]))[0])
        return (EPOCH + at * MICROSECOND).date()

    def levels(self, batches: Column) -> Column:
        """Of each batch: its level in its tree."""
        tops = [_through(self.fan_out, level + 1) for level in range(LEVELS)]
        levels: Column = np.searchsorted(tops, (batches - 1) % self.tree, side="right")
        return levels

    def made_at(self, batches: Column) -> Column:
        """Of each batch: when it was made, in microseconds since `EPOCH`."""
        begin = (BEGIN - EPOCH) // MICROSECOND
        day = (batches - 1) // self.tree % DAYS
        return begin + day * DAY + STEP * self.levels(batches) + batches % 1440 * MINUTE

    def places(self, batches: Column) -> Column:
        """Of each batch its maker, depots and shops: (batches, `HOLDINGS`), all different."""
        drawn = _mixed(batches.astype(np.uint64) + (np.uint64(self.seed) << np.uint64(40)))
        first = (drawn % np.uint64(self.sites)).astype(np.int64)
        # Steps so short that going round never comes back to the first.
        step = 1 + (drawn >> np.uint64(33)).astype(np.int64) % (self.sites // HOLDINGS)
        places: Column = 1 + (first[:, None] + step[:, None] * np.arange(HOLDINGS)) % self.sites
        return places

    def ingredients(self, batches: Column) -> tuple[Column, Column]:
        """Which batch goes into which, in the order of the first."""
        level, place = self.levels(batches), (batches - 1) % self.tree
        first = batches - 1 - place
        through = np.array([_through(self.fan_out, n) for n in range(LEVELS + 1)])
        row = place - through[level]
        children = first + through[level + 1] + 1
        made = children[:, None] + row[:, None] * self.fan_out + np.arange(self.fan_out)
        size = np.array([self.fan_out**n for n in range(1, LEVELS + 1)])[level]
        second = children + (row * self.fan_out + self.fan_out) % size
        made = np.concatenate([made, second[:, None]], axis=1)
        wanted = np.ones(made.shape, dtype=np.bool_)
        wanted[:, -1] = (place % SECOND_INGREDIENT == 0) & (level > 0)
        wanted[level == LEVELS - 1] = False
        return np.repeat(batches, wanted.sum(axis=1)), made[wanted]

    def registry(self) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
        """Tables and their rows, in the order in which they can be written."""
        yield from places_registry(self.sites)
        yield (
            "product",
            (
                (n, f"https://trade.example/product/{n}", f"产品{n}", f"Product {n}", *REGISTERED)
                for n in range(1, LEVELS + 1)
            ),
        )
        yield "batch", self._batches()

    def _batches(self) -> Iterator[tuple[Any, ...]]:
        batches = np.arange(1, self.batches + 1)
        days = (self.made_at(batches) // DAY).tolist()
        epoch = EPOCH.date()
        for batch, level, day in zip(batches.tolist(), self.levels(batches).tolist(), days, strict=True):
            product = level + 1
            uri = f"https://trade.example/product/{product}/lot/{batch}"
            yield batch, uri, product, str(batch), epoch + timedelta(days=day), False, *REGISTERED

    def flows(self, batches: Column) -> tuple[bytes, int]:
        """Rows of `flow`, moves before ingredients; how many."""
        places, made_at, count = self.places(batches), self.made_at(batches), len(batches)
        shops = np.arange(SHOPS) % DEPOTS
        source = np.concatenate([np.repeat(places[:, :1], DEPOTS, 1), places[:, 1 + shops]], axis=1)
        days = np.array([1] * DEPOTS + [3] * SHOPS)
        departed = made_at[:, None] + days * DAY + np.arange(MOVES) * MINUTE
        owner = np.repeat(batches, MOVES)
        quantity = np.tile([TO_DEPOT] * DEPOTS + [TO_SHOP] * SHOPS, count)
        moves = MOVE.rows(
            count * MOVES,
            **_flow(owner, np.tile(np.arange(MOVES), count), source.ravel(), owner, places[:, 1:].ravel()),
            departed_at=departed.ravel(),
            arrived_at=departed.ravel() + 20 * 60 * MINUTE,
            shipped_quantity=quantity,
            received_quantity=quantity,
            kind=0,
            shipped_uom=b"KGM",
            received_uom=b"KGM",
        )
        of, into = self.ingredients(batches)
        there = self.made_at(into)
        # Each after the moves of its batch.
        first = np.searchsorted(of, of)
        ordinal = MOVES + np.arange(len(of)) - first
        makers = (self.places(of)[:, 0], self.places(into)[:, 0])
        made = TRANSFORM.rows(
            len(of),
            **_flow(of, ordinal, makers[0], into, makers[1]),
            departed_at=there,
            arrived_at=there,
            kind=1,
        )
        return moves + made, count * MOVES + len(of)

    def holdings(self, batches: Column) -> bytes:
        """Rows of `holding`."""
        places, made_at = self.places(batches), self.made_at(batches)

        def there(begin: int, end: int) -> dict[str, Any]:
            site = places[:, begin:end].ravel()
            first = np.repeat(made_at, end - begin)
            key = {"batch_id": np.repeat(batches, end - begin), "site_id": site, "uom": b"KGM"}
            return {**key, "party_id": party_of(site), "first_at": first, "last_at": first + 5 * DAY}

        count = len(batches)
        maker = there(0, 1)
        return b"".join(
            (
                MAKER.rows(count, **maker, produced_at=maker["first_at"], produced=MADE, shipped=MADE),
                DEPOT.rows(count * DEPOTS, **there(1, 1 + DEPOTS), received=TO_DEPOT, shipped=TO_DEPOT),
                SHOP.rows(count * SHOPS, **there(1 + DEPOTS, HOLDINGS), received=TO_SHOP, sold=SOLD),
            )
        )


def _flow(batch: Column, ordinal: Column, source: Column, into: Column, target: Column) -> dict[str, Any]:
    ends = {"from_site_id": source, "to_batch_id": into, "to_site_id": target}
    return {"batch_id": batch, "ordinal": ordinal, **ends}


def _mixed(numbers: Any) -> Any:
    """Numbers as if drawn by lot (splitmix64)."""
    numbers = (numbers + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def party_of(site: Any) -> Any:
    """Whose a site is."""
    return 1 + site // SITES_OF_A_PARTY


def places_registry(sites: int) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """Rows of `party` and `site`."""
    parties = sites // SITES_OF_A_PARTY + 1
    yield (
        "party",
        (
            (n, f"https://trade.example/party/{n}", f"经营者{n}", f"Trader {n}", "330100", *REGISTERED)
            for n in range(1, parties + 1)
        ),
    )
    yield (
        "site",
        (
            (
                *(n, f"https://trade.example/site/{n}", party_of(n), f"场所{n}", f"Site {n}"),
                *("330100", False, *REGISTERED),
            )
            for n in range(1, sites + 1)
        ),
    )


def _through(fan_out: int, levels: int) -> int:
    """Batches of so many levels of a tree, from its top."""
    return sum(fan_out**level for level in range(levels))


#: Batches whose flows and holdings are written together.
AT_ONCE: Final = 10_000
VACUUM: Final = "VACUUM (ANALYZE) flow, holding, batch, site, party, product"


async def write(connection: Connection, network: Network) -> int:
    """Write a network into empty tables; how many flows it has."""
    for table, rows in network.registry():
        await connection.copy_records_to_table(table, records=rows, columns=COLUMNS[table])
    written = 0
    for begin in range(1, network.batches + 1, AT_ONCE):
        batches = np.arange(begin, min(begin + AT_ONCE, network.batches + 1))
        flows, count = network.flows(batches)
        await copy(connection, "flow", flows, MOVE)
        await copy(connection, "holding", network.holdings(batches), SHOP)
        written += count
    await connection.execute(VACUUM)
    return written


async def copy(connection: Connection, table: str, rows: bytes, layout: Layout) -> None:
    """Write rows that `layout`, or one with the same columns, made."""
    source = BytesIO(HEADER + rows + TRAILER)
    await connection.copy_to_table(table, source=source, columns=layout.columns, format="binary")

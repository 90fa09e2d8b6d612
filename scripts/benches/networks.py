"""Supply networks of any size, seeded, written straight into the tables that the service traces.

A network is a row of trees. The batch at the top of a tree is an ingredient of `fan_out` batches, each of
those again, `LEVELS` deep; a batch takes a second ingredient from its own tree now and then. Every batch goes
from its maker through two depots to eleven shops, so 11 of its 14 holdings are the end of the line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import asyncpg

LEVELS: Final = 4
DEPOTS: Final = 2
SHOPS: Final = 11
MOVES: Final = DEPOTS + SHOPS
#: Holdings that goods of one batch reach.
HOLDINGS: Final = 1 + MOVES
#: One batch in so many has a second ingredient.
SECOND_INGREDIENT: Final = 7
SITES_OF_A_PARTY: Final = 3

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
STEP: Final = timedelta(days=20)
MADE: Final = Decimal(1100)
TO_DEPOT: Final = MADE / DEPOTS
TO_SHOP: Final = MADE / SHOPS
SOLD: Final = Decimal(20)
NOTHING: Final = Decimal(0)

#: Of every row of the registry, and what it is here.
KNOWN: Final = ("source", "created_at", "updated_at")
REGISTERED: Final = ("registered", BEGIN, BEGIN)

COLUMNS: Final = {
    "party": ("id", "uri", "name_zh", "name_en", "region", *KNOWN),
    "site": ("id", "uri", "party_id", "name_zh", "name_en", "region", "unspecified", *KNOWN),
    "product": ("id", "uri", "name_zh", "name_en", *KNOWN),
    "batch": ("id", "uri", "product_id", "lot", "made_on", "of_one", *KNOWN),
    "flow": (
        "batch_id", "ordinal", "kind", "from_site_id", "to_batch_id", "to_site_id", "departed_at",
        "arrived_at", "inferred", "shipped_quantity", "shipped_uom", "received_quantity", "received_uom",
    ),
    "holding": (
        "batch_id", "site_id", "uom", "party_id", "first_at", "last_at", "produced_at",
        "produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled",
    ),
}  # fmt: skip


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

    def first_of_level(self, level: int) -> int:
        """The first batch of a level, in the first tree."""
        return 1 + _through(self.fan_out, level)

    def _level(self, batch: int) -> int:
        place, level, size = (batch - 1) % self.tree, 0, 1
        while place >= size:
            place, level, size = place - size, level + 1, size * self.fan_out
        return level

    def _made_at(self, batch: int) -> datetime:
        return BEGIN + STEP * self._level(batch) + timedelta(minutes=batch % 1440)

    def registry(self) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
        """Tables and their rows, in the order in which they can be written."""
        parties = self.sites // SITES_OF_A_PARTY + 1
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
                    n,
                    f"https://trade.example/site/{n}",
                    1 + n // SITES_OF_A_PARTY,
                    f"场所{n}",
                    f"Site {n}",
                    "330100",
                    False,
                    *REGISTERED,
                )
                for n in range(1, self.sites + 1)
            ),
        )
        yield (
            "product",
            (
                (n, f"https://trade.example/product/{n}", f"产品{n}", f"Product {n}", *REGISTERED)
                for n in range(1, LEVELS + 1)
            ),
        )
        yield "batch", (self._batch(batch) for batch in range(1, self.batches + 1))

    def _batch(self, batch: int) -> tuple[Any, ...]:
        product = 1 + self._level(batch)
        uri = f"https://trade.example/product/{product}/lot/{batch}"
        return (batch, uri, product, str(batch), self._made_at(batch).date(), False, *REGISTERED)

    def flows_and_holdings(self) -> Iterator[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
        """Rows of `flow` and of `holding`, batch by batch."""
        for batch in range(1, self.batches + 1):
            yield self._trade(batch)

    def _places(self, batch: int) -> Sequence[int]:
        """Maker, depots, shops."""
        return Random(f"{self.seed} {batch}").sample(range(1, self.sites + 1), HOLDINGS)

    def _trade(self, batch: int) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        places, made_at = self._places(batch), self._made_at(batch)
        maker, depots, shops = places[0], places[1 : 1 + DEPOTS], places[1 + DEPOTS :]
        flows: list[tuple[Any, ...]] = []
        holdings = [_holding(batch, maker, made_at, produced=MADE, shipped=MADE)]

        def move(source: int, target: int, day: int, quantity: Decimal) -> None:
            departed = made_at + timedelta(days=day, minutes=len(flows))
            flows.append(
                (batch, len(flows), 0, source, batch, target, departed, departed + timedelta(hours=20), False,
                 quantity, "KGM", quantity, "KGM")
            )  # fmt: skip

        for depot in depots:
            move(maker, depot, 1, TO_DEPOT)
            holdings.append(_holding(batch, depot, made_at, received=TO_DEPOT, shipped=TO_DEPOT))
        for number, shop in enumerate(shops):
            move(depots[number % DEPOTS], shop, 3, TO_SHOP)
            holdings.append(_holding(batch, shop, made_at, received=TO_SHOP, sold=SOLD))
        for child in self._made_from(batch):
            there = self._made_at(child)
            flows.append(
                (batch, len(flows), 1, maker, child, self._places(child)[0], there, there, False,
                 None, None, None, None)
            )  # fmt: skip
        return flows, holdings

    def _made_from(self, batch: int) -> Iterator[int]:
        """The batches that this one is an ingredient of."""
        tree, place = divmod(batch - 1, self.tree)
        level, first = self._level(batch), tree * self.tree
        if level == LEVELS - 1:
            return
        begin, children = _through(self.fan_out, level), _through(self.fan_out, level + 1)
        first_child = (place - begin) * self.fan_out
        for n in range(self.fan_out):
            yield first + children + first_child + n + 1
        if place % SECOND_INGREDIENT == 0 and level:
            yield first + children + (first_child + self.fan_out) % self.fan_out ** (level + 1) + 1


def _through(fan_out: int, levels: int) -> int:
    """Batches of so many levels of a tree, from its top."""
    return sum(fan_out**level for level in range(levels))


def _holding(batch: int, site: int, made_at: datetime, **amounts: Decimal) -> tuple[Any, ...]:
    states = ("produced", "received", "shipped", "consumed", "sold", "destroyed", "sampled")
    return (
        batch,
        site,
        "KGM",
        1 + site // SITES_OF_A_PARTY,
        made_at,
        made_at + timedelta(days=5),
        made_at if "produced" in amounts else None,
        *(amounts.get(state, NOTHING) for state in states),
    )


#: Batches whose flows and holdings are written together.
AT_ONCE: Final = 4_000


async def write(connection: "asyncpg.Connection[asyncpg.Record]", network: Network) -> int:
    """Write a network into empty tables; how many flows it has."""
    for table, rows in network.registry():
        await _copy(connection, table, rows)
    flows: list[tuple[Any, ...]] = []
    holdings: list[tuple[Any, ...]] = []
    written = 0
    for number, (more, held) in enumerate(network.flows_and_holdings(), 1):
        flows += more
        holdings += held
        if number % AT_ONCE == 0 or number == network.batches:
            await _copy(connection, "flow", flows)
            await _copy(connection, "holding", holdings)
            written += len(flows)
            flows, holdings = [], []
    await connection.execute("VACUUM (ANALYZE) flow, holding, batch, site, party, product")
    return written


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", table: str, rows: Any) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=COLUMNS[table])

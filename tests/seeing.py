"""Worlds drawn by lot, and in a few lines who sees what of them: the rule that the database must agree with.

world = await drawn(tx, seed)
world.seen_by([Part(me), Part(other, customer=third)])    # a party: its own, and what is granted
world.seen_in([("35", None), (None, "food")])             # an authority
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from service.db.transaction import Transaction
from service.notices.authorities import holds
from tests.world import (
    START,
    Json,
    capture,
    commission,
    gtin,
    owners,
    pack,
    party,
    place,
    receive,
    ship,
    transform,
)

PARTIES = ("grower", "miller", "baker", "rival")
PLACES = {f"{who}-{n}": who for who in PARTIES for n in (1, 2)}
#: Of places; where none is known, that of the party.
REGIONS = {"grower-2": "350201", "miller-1": "440304", "miller-2": "US-TX", "rival-1": "350102"}
HOMES = {"grower": "350102", "baker": "440106"}
#: Product -> whose it is, and of what category.
PRODUCTS = {"goods": ("grower", "food"), "milk": ("miller", "medicine")}
#: Jurisdictions (region, category) of authorities.
AREAS: tuple[tuple[tuple[str | None, str | None], ...], ...] = (
    (),
    ((None, None),),
    (("350000", None),),
    (("350102", None), ("US", None)),
    ((None, "medicine"),),
    (("35", "food"), ("CN", "medicine")),
)
DAYS = 24

EVENTS = """
SELECT entry.event_id, "time", ARRAY[site_id, read_site_id, source_site_id, destination_site_id] AS sites,
       ARRAY[source_party_id, destination_party_id] AS parties,
       ARRAY(SELECT DISTINCT batch_id FROM posting WHERE posting.event_id = entry.event_id) AS batches
FROM journal_entry AS entry
"""
SITES = """
SELECT site.id, party_id, coalesce(site.region, party.region) AS region
FROM site LEFT JOIN party ON party.id = party_id
"""
BATCHES = """
SELECT batch.id, product_id, product.party_id, category
FROM batch LEFT JOIN product ON product.id = product_id
"""

OWN_PRODUCT = """
UPDATE product SET category = $3, party_id = (SELECT id FROM party WHERE party.uri = $2)
WHERE product.uri = $1
"""
GRANT = """
INSERT INTO access_grant (grantor_id, grantee_id, product_id, customer_id, begins_at, ends_at,
                          created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, now(), 'test')
"""


def goings(seed: int) -> list[Json]:
    """Some of everything, between places drawn by lot."""
    draw = random.Random(seed)
    events: list[Json] = []
    lots: list[tuple[str, str]] = []
    for number in range(DAYS):
        name, at = f"{seed}-{number}", draw.choice(list(PLACES))
        made = draw.choice(["L", "milk/L"]) + str(number)
        match draw.choice(["make", "move", "move", "send", "use", "pack"]) if lots else "make":
            case "make":
                lots.append((made, at))
                events.append(commission(f"{made}=9", at=at, on=number, id=name))
            case "move":
                lot, source = draw.choice(lots)
                events.append(ship(f"{lot}=2", at=source, to=at, on=number, id=f"{name}s"))
                events.append(receive(f"{lot}=2", at=at, source=source, on=number + 0.5, id=f"{name}r"))
                lots.append((lot, at))
            case "send":
                lot, source = draw.choice(lots)
                # Now and then of two products at once.
                other = draw.choice([each for each, there in lots if there == source])
                things = sorted({f"{lot}=1", f"{other}=1"})
                events.append(ship(*things, at=source, to_party=PLACES[at], on=number, id=name))
            case "use":
                lot, there = draw.choice(lots)
                lots.append((made, there))
                events.append(transform([f"{lot}=1"], [f"{made}=1"], at=there, on=number, id=name))
            case "pack":
                lot, there = draw.choice(lots)
                events.append(pack(f"@P{number}", f"{lot}=1", at=there, on=number, id=name))
    return events


async def drawn(tx: Transaction, seed: int) -> "World":
    """A world, captured and registered."""
    await capture(tx, *goings(seed), master=owners(**PLACES))
    for name, region in REGIONS.items():
        await tx.sql.execute("UPDATE site SET region = $2 WHERE uri = $1", place(name), region)
    for name, region in HOMES.items():
        await tx.sql.execute("UPDATE party SET region = $2 WHERE uri = $1", party(name), region)
    for name, (who, category) in PRODUCTS.items():
        await tx.sql.execute(OWN_PRODUCT, f"https://id.gs1.org/01/{gtin(name)}", party(who), category)
    return await World.load(tx)


async def grant(tx: Transaction, part: "Part", to: int) -> None:
    """Let a party see a part of another's."""
    told = (part.of, to, part.product, part.customer, part.begins, part.ends)
    await tx.sql.execute(GRANT, *told)


def parts(world: "World", me: int, draw: random.Random) -> list["Part"]:
    """Parts of others', drawn by lot, that `me` is granted."""
    others = [each for each in world.ids.values() if each != me]
    given = []
    for _ in range(draw.randrange(4)):
        of = draw.choice(others)
        customers = [each for each in world.ids.values() if each != of]
        begins = draw.choice([None, None, START + timedelta(days=draw.randrange(DAYS))])
        ends = draw.choice([None, None, START + timedelta(days=DAYS + draw.randrange(9))])
        product = draw.choice([None, None, *world.products])
        given.append(Part(of, product, draw.choice([None, None, *customers]), begins, ends))
    return given


@dataclass(frozen=True, slots=True)
class Part:
    """A party's own part, or what it has granted of it; None: not narrowed by that."""

    of: int
    product: int | None = None
    customer: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None


Seen = dict[str, set[Any]]


class World:
    """All rows that the rule is about."""

    def __init__(
        self,
        rows: dict[str, list[asyncpg.Record]],
        ids: dict[str, int],
        products: list[int],
        home: dict[int, str | None],
    ) -> None:
        self.rows = rows
        self.ids = ids
        self.products = products
        self.home = home
        self.owner = {row["id"]: row["party_id"] for row in rows["site"]}
        self.region = {row["id"]: row["region"] for row in rows["site"]}
        self.batch = {row["id"]: row for row in rows["batch"]}

    @classmethod
    async def load(cls, tx: Transaction) -> "World":
        """As the tables' owner reads them."""
        rows = {
            "flow": await tx.sql.fetch("SELECT * FROM flow"),
            "holding": await tx.sql.fetch("SELECT * FROM holding"),
            "gap": await tx.sql.fetch("SELECT batch_id, ordinal, site_id FROM gap"),
            "event": await tx.sql.fetch(EVENTS),
            "site": await tx.sql.fetch(SITES),
            "batch": await tx.sql.fetch(BATCHES),
        }
        known = await tx.sql.fetch("SELECT id, uri, region FROM party")
        parties = {row["uri"]: row["id"] for row in known}
        products = [row["id"] for row in await tx.sql.fetch("SELECT id FROM product ORDER BY id")]
        ids = {who: parties[party(who)] for who in PARTIES}
        return cls(rows, ids, products, {row["id"]: row["region"] for row in known})

    def places(self, who: int) -> set[int]:
        """Of a party."""
        return {site for site, owner in self.owner.items() if owner == who}

    def seen_by(self, parts: Iterable[Part]) -> Seen:
        """What who is shown these parts sees: flows, holdings, gaps whole; events and batches by id."""
        seen: Seen = defaultdict(set)
        for part in parts:
            self._see(part, seen)
        return self._with_batches(seen)

    def _see(self, part: Part, seen: Seen) -> None:
        mine = self.places(part.of)
        stock = (part.customer, part.begins, part.ends) == (None, None, None)

        def fits(named: set[int | None], at: datetime) -> bool:
            within = (part.begins is None or part.begins <= at) and (part.ends is None or at < part.ends)
            return part.of in named and within and (part.customer is None or part.customer in named)

        def of(batches: Iterable[int], how: Callable[[Iterable[bool]], bool]) -> bool:
            return part.product is None or how(
                self.batch[each]["product_id"] == part.product for each in batches
            )

        for row in self.rows["flow"]:
            ends = {self.owner[row["from_site_id"]], self.owner[row["to_site_id"]]}
            if fits(ends, row["departed_at"]) and of([row["batch_id"], row["to_batch_id"]], any):
                seen["flow"].add(row)
        for row in self.rows["event"]:
            named = {self.owner.get(site) for site in row["sites"]} | {*row["parties"]}
            told = part.product is None or row["batches"]
            if fits(named, row["time"]) and told and of(row["batches"], all):
                seen["event"].add(row["event_id"])
        for table in ("holding", "gap") if stock else ():
            seen[table] |= {
                row for row in self.rows[table] if row["site_id"] in mine and of([row["batch_id"]], any)
            }
        if stock:
            seen["batch"] |= {
                each for each, row in self.batch.items() if row["party_id"] == part.of and of([each], any)
            }

    def seen_in(self, area: Sequence[tuple[str | None, str | None]]) -> Seen:
        """What an authority with these jurisdictions sees."""

        def fits(regions: Iterable[str | None], categories: Iterable[str | None]) -> bool:
            places, kinds = list(regions), set(categories)
            return any(
                (region is None or any(holds(region, each) for each in places))
                and (category is None or category in kinds)
                for region, category in area
            )

        def kind(*batches: int) -> list[str | None]:
            return [self.batch[each]["category"] for each in batches]

        seen: Seen = defaultdict(set)
        for row in self.rows["flow"]:
            ends = (self.region[row["from_site_id"]], self.region[row["to_site_id"]])
            if fits(ends, kind(row["batch_id"], row["to_batch_id"])):
                seen["flow"].add(row)
        for table in ("holding", "gap"):
            for row in self.rows[table]:
                if fits([self.region.get(row["site_id"])], kind(row["batch_id"])):
                    seen[table].add(row)
        for row in self.rows["event"]:
            places = [self.region.get(site) for site in row["sites"]]
            places += [self.home.get(who) for who in row["parties"]]
            if fits(places, kind(*row["batches"])):
                seen["event"].add(row["event_id"])
        for each, row in self.batch.items():
            if fits([self.home.get(row["party_id"])], [row["category"]]):
                seen["batch"].add(each)
        return self._with_batches(seen)

    def _with_batches(self, seen: Seen) -> Seen:
        batches = {row[name] for row in seen["flow"] for name in ("batch_id", "to_batch_id")}
        batches |= {row["batch_id"] for row in seen["holding"]}
        return {**seen, "batch": seen["batch"] | batches}

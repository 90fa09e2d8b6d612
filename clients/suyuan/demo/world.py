"""A demo world: who there is, what happens, and the truth about one contaminated flour batch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from suyuan.demo.events import Document
from suyuan.demo.food import EVENTS_OF_A_FLOUR_LOT, FLOUR_LOTS_LEAST, FoodChain, FoodMembers
from suyuan.demo.founding import Founding
from suyuan.demo.medicine import EVENTS_OF_A_LOT, MedicineChain, MedicineMembers
from suyuan.demo.network import Company, Place, Product, Uris
from suyuan.demo.produce import EVENTS_OF_A_HARVEST, ProduceChain, ProduceMembers
from suyuan.demo.simulation import EVENTS_OF_A_DOCUMENT, LONGEST, BatchEntry, Simulation
from suyuan.demo.stock import Touch
from suyuan.demo.truth import ContaminatedBatch, TrueHolder, Truth

CATEGORIES: Final = ("food", "medicine", "agricultural")
#: Events of the named sizes, about.
SIZES: Final = {"tiny": 300, "small": 450, "medium": 5_000, "large": 100_000}
SIZE_LEAST: Final = 200
SIZE_MOST: Final = 50_000_000
#: Share of the events, in percent, when all categories are in the world.
SHARES: Final = {"food": 65, "medicine": 20, "agricultural": 15}
#: Events of one chain before the world gets another; the most chains of one category.
EVENTS_OF_A_CHAIN: Final = 8_000
CHAINS_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a world of this seed, size and categories consists of."""

    parties: tuple[Company, ...]
    sites: tuple[Place, ...]
    products: tuple[Product, ...]
    authority: Company
    food: tuple[FoodMembers, ...]
    medicine: tuple[MedicineMembers, ...]
    produce: tuple[ProduceMembers, ...]


class World:
    """A world is fixed by seed, size and categories: the same ones give the same bytes, everywhere.

    `parties`, `sites`, `products` are the directory; `run` lets everything happen.
    """

    def __init__(self, seed: int, size: int, categories: tuple[str, ...], plan: _Plan) -> None:
        self.seed = seed
        self.size = size
        self.categories = categories
        self._plan = plan

    @classmethod
    def generate(
        cls, seed: int = 1, size: int | str = "small", categories: Iterable[str] = CATEGORIES
    ) -> "World":
        """A world of about `size` events (a number from 200, or one of `SIZES`).

        Raises `ValueError` on an unknown size or category. `food` brings the contaminated batch.
        """
        events = _events_of(size)
        chosen = tuple(category for category in CATEGORIES if category in set(categories))
        if unknown := set(categories) - set(CATEGORIES):
            raise ValueError(
                f"no such category: {', '.join(sorted(unknown))}; there are {', '.join(CATEGORIES)}"
            )
        if not chosen:
            raise ValueError(f"a world needs at least one category of {', '.join(CATEGORIES)}")
        usual = (events, chosen) == (SIZES["small"], CATEGORIES)
        founding = Founding(seed, "" if usual else f"{events} {' '.join(chosen)}")
        budgets = _budgets(events, chosen)
        chains = _chains(budgets["food"])
        food = tuple(founding.food(ordinal, budgets["food"] // chains) for ordinal in range(chains))
        medicine = tuple(map(founding.medicine, range(_chains(budgets["medicine"]))))
        produce = tuple(map(founding.produce, range(_chains(budgets["agricultural"]))))
        parties = tuple(founding.register.companies)
        authority = founding.authority()
        plan = _Plan(
            parties,
            tuple(founding.register.places),
            tuple(founding.register.products),
            authority,
            food,
            medicine,
            produce,
        )
        return cls(seed, events, chosen, plan)

    @property
    def parties(self) -> tuple[Company, ...]:
        """Every party but the authority."""
        return self._plan.parties

    @property
    def sites(self) -> tuple[Place, ...]:
        """Every site."""
        return self._plan.sites

    @property
    def products(self) -> tuple[Product, ...]:
        """Every product."""
        return self._plan.products

    @property
    def authority(self) -> Company:
        """The regulator; registered last, it marks a world that is completely posted."""
        return self._plan.authority

    def run(
        self, uris: Mapping[str, str] | None = None, events_of_a_document: int = EVENTS_OF_A_DOCUMENT
    ) -> "Run":
        """Let the world happen. `uris`: key of a party, site or product -> the URI minted for it."""
        simulation = Simulation(self.seed, dict(uris or {}), events_of_a_document)
        budgets = _budgets(self.size, self.categories)
        for food in self._plan.food:
            share = budgets["food"] // len(self._plan.food)
            lots = max(FLOUR_LOTS_LEAST, round(share / EVENTS_OF_A_FLOUR_LOT))
            FoodChain(simulation, self.seed, food).start(lots, LONGEST / max(lots, 170))
        for medicine in self._plan.medicine:
            lots = max(1, round(budgets["medicine"] / len(self._plan.medicine) / EVENTS_OF_A_LOT))
            MedicineChain(simulation, self.seed, medicine).start(lots, LONGEST / max(lots, 85))
        for produce in self._plan.produce:
            lots = max(1, round(budgets["agricultural"] / len(self._plan.produce) / EVENTS_OF_A_HARVEST))
            ProduceChain(simulation, self.seed, produce).start(lots, LONGEST / max(lots, 340))
        return Run(self, simulation)

    def truth(self, uris: Mapping[str, str] | None = None) -> Truth:
        """The truth alone: lets the world happen and forgets the documents."""
        run = self.run(uris)
        for _ in run.documents():
            run.take_batches()
        return run.truth()


class Run:
    """One course of a world: its documents as a stream, its batches as they are made, then its truth."""

    def __init__(self, world: World, simulation: Simulation) -> None:
        self._world = world
        self._simulation = simulation
        self._finished = False

    @property
    def uris(self) -> Uris:
        """The minted URIs this run writes."""
        return self._simulation.uris

    @property
    def events(self) -> int:
        """Events recorded so far."""
        return self._simulation.events

    def documents(self) -> Iterator[Document]:
        """EPCIS 2.0 documents in the order in which they would be captured. Can be read once."""
        yield from self._simulation.documents()
        self._finished = True

    def take_batches(self) -> list[BatchEntry]:
        """The batches made since this was last asked, for the registry."""
        return self._simulation.take_batches()

    def truth(self) -> Truth:
        """Who is affected by the contaminated batch. Raises `ValueError` before the documents are read to
        the end, and in a world without food.
        """
        lot = self._simulation.contaminated
        if not self._finished:
            raise ValueError("the truth is known when all documents have been read")
        if lot is None:
            raise ValueError("a world without food has no contaminated batch")
        touches = self._simulation.stock.touches
        shops = sorted({touch.place.uri(self.uris) for touch in touches if touch.place.kind == "shop"})
        return Truth(
            seed=self._world.seed,
            size=self._world.size,
            events=self._simulation.events,
            contaminated=ContaminatedBatch(
                uri=self._simulation.uri_of(lot),
                gtin=lot.product.gtin,
                lot=lot.number,
                product_name_zh=lot.product.name_zh,
                product_name_en=lot.product.name_en,
            ),
            holders=tuple(self._holder(touch) for touch in touches),
            shops=tuple(shops),
        )

    def _holder(self, touch: Touch) -> TrueHolder:
        lot, place = touch.lot, touch.place
        return TrueHolder(
            batch_uri=self._simulation.uri_of(lot),
            gtin=lot.product.gtin,
            lot=lot.number,
            site_uri=place.uri(self.uris),
            gln=place.gln,
            site_name_zh=place.name_zh,
            site_name_en=place.name_en,
            site_kind=place.kind,
            region=place.town.region,
            party_uri=place.company.uri(self.uris),
            party_uscc=place.company.uscc,
            party_name_zh=place.company.name_zh,
            affected_at=touch.at.isoformat(timespec="milliseconds"),
            recorded=touch.recorded,
            on_hand=lot.at(place),
            uom=lot.product.uom,
        )


def _events_of(size: int | str) -> int:
    if isinstance(size, str) and not size.isascii():
        raise ValueError(f"no such size: {size}")
    if isinstance(size, str) and not size.isdigit():
        if size not in SIZES:
            raise ValueError(f"no such size: {size}; there are {', '.join(SIZES)}, or a number of events")
        return SIZES[size]
    events = int(size)
    if not SIZE_LEAST <= events <= SIZE_MOST:
        raise ValueError(f"a world has {SIZE_LEAST} to {SIZE_MOST} events, not {events}")
    return events


def _budgets(events: int, categories: tuple[str, ...]) -> dict[str, int]:
    whole = sum(SHARES[category] for category in categories)
    return {
        category: events * SHARES[category] // whole if category in categories else 0
        for category in CATEGORIES
    }


def _chains(budget: int) -> int:
    return min(CHAINS_MOST, -(-budget // EVENTS_OF_A_CHAIN))

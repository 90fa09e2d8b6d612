"""Shops: supplied by a distribution centre, selling to consumers, sending some of it back."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from suyuan.demo import identifiers
from suyuan.demo.dice import Dice
from suyuan.demo.events import object_event
from suyuan.demo.logistics import Consignment, Logistics, Manner
from suyuan.demo.network import Place
from suyuan.demo.simulation import Simulation
from suyuan.demo.stock import Lot

#: Percent of deliveries to shops that nobody records on leaving; on arriving.
UNSAID: Final = 8
UNHEARD: Final = 12
RETURNED: Final = 8  # percent of deliveries of which some goes back


class Retail:
    """The last leg, shared by every distribution centre of a chain."""

    def __init__(self, simulation: Simulation, dice: Dice, logistics: Logistics) -> None:
        self._simulation = simulation
        self._dice = dice
        self._logistics = logistics

    def supply(self, centre: Place, shops: Sequence[Place], lot: Lot, packs: int) -> None:
        """Send most of a delivery on to two or three shops; the rest stays, or follows days later."""
        chosen = self._dice.sample(shops, self._dice.between(2, 3))
        each = packs * 85 // 100 // len(chosen)
        if not each:
            return
        for shop in chosen:
            self._deliver(centre, shop, lot, each)
        rest = packs - each * len(chosen)
        if rest > 1 and self._dice.chance(25):
            later = self._dice.hours(30, 90)
            shop = self._dice.choice(shops)
            self._simulation.after(later, partial(self._deliver, centre, shop, lot, rest // 2))

    def _deliver(self, centre: Place, shop: Place, lot: Lot, packs: int) -> None:
        unsaid = self._dice.chance(UNSAID)
        unheard = not unsaid and self._dice.chance(UNHEARD)
        manner = Manner(shipping=not unsaid, receiving=not unheard)
        consignment = Consignment(centre, shop, manner, loose=((lot, packs),))
        self._logistics.send(consignment, self._dice.hours(2, 20), partial(self._on_shelf, lot, packs))

    def _on_shelf(self, lot: Lot, packs: int, consignment: Consignment) -> None:
        shop = consignment.destination
        back = 0
        if consignment.manner.receiving and packs >= 40 and self._dice.chance(RETURNED):
            back = packs // 10
            self._simulation.after(self._dice.hours(50, 90), partial(self._give_back, consignment, lot, back))
        left = packs - back
        for _ in range(self._dice.between(1, 2)):
            sold = left * self._dice.between(40, 80) // 100
            if sold:
                self._simulation.after(self._dice.hours(8, 48), partial(self.sell, shop, lot, sold))
                left -= sold

    def sell(self, shop: Place, lot: Lot, packs: int) -> None:
        """Consumers bought some."""
        self._remove(shop, lot, packs, "retail_selling", "retail_sold")

    def sample(self, place: Place, lot: Lot, packs: int) -> None:
        """The laboratory took some."""
        self._remove(place, lot, packs, "sampling", "")

    def _remove(self, place: Place, lot: Lot, packs: int, step: str, disposition: str) -> None:
        simulation, writer = self._simulation, place.company
        at = simulation.tick()
        simulation.stock.take(lot, place, packs, at)
        site = identifiers.site_id(writer, place, simulation.uris)
        simulation.record(
            object_event(
                at,
                "OBSERVE",
                step,
                site,
                disposition=disposition,
                location=site,
                amounts=self._logistics.amounts(writer, [(lot, packs)]),
            )
        )

    def _give_back(self, delivery: Consignment, lot: Lot, packs: int) -> None:
        back = Consignment(
            delivery.destination, delivery.origin, Manner(returned=True), loose=((lot, packs),)
        )
        self._logistics.send(back, self._dice.hours(4, 20), lambda _: None)

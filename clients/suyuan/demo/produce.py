"""Farm produce: leafy vegetables of growers who have no GTIN, through a market to canteens."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from suyuan.demo import identifiers
from suyuan.demo.dice import Dice
from suyuan.demo.events import object_event, transformation_event
from suyuan.demo.logistics import Consignment, Logistics, Manner
from suyuan.demo.network import PLACEHOLDER, Company, Place, Product
from suyuan.demo.simulation import Simulation, lot_data
from suyuan.demo.stock import Lot

#: Events that one harvest leads to, on average (measured over 100 seeds).
EVENTS_OF_A_HARVEST: Final = 8
#: A real business step of seafood and farm traceability (GDST); CBV has none for a harvest.
HARVEST: Final = "urn:gdst:bizStep:farmHarvest"
#: Bases of the promise in a certificate (承诺达标合格证管理办法).
BASES: Final = ("质量安全控制符合要求", "自行检测合格", "委托检测合格")


@dataclass(frozen=True, slots=True)
class Plot:
    """A grower's field and what grows there. `plain`: its lots are URIs below no registered product."""

    place: Place
    product: Product
    plain: bool = False


@dataclass(frozen=True, slots=True)
class ProduceMembers:
    """Who takes part in one chain. `mixed`: what the market sells when it mixes growers' lots."""

    ordinal: int
    plots: tuple[Plot, ...]
    market: Place
    mixed: Product
    canteens: tuple[Place, ...]


class ProduceChain:
    """A few growers, a market and its canteens, at work."""

    def __init__(self, simulation: Simulation, seed: int, members: ProduceMembers) -> None:
        self._simulation = simulation
        self._members = members
        self._dice = Dice(seed, "produce", members.ordinal)
        self._logistics = Logistics(simulation, self._dice)
        self._on_stall: list[tuple[Lot, int]] = []

    def start(self, harvests: int, apart: timedelta) -> None:
        """Let the growers harvest `harvests` times, `apart` from each other, in turn."""
        for ordinal in range(harvests):
            plot = self._members.plots[ordinal % len(self._members.plots)]
            self._simulation.after(apart * ordinal + self._dice.hours(0, 5), partial(self._harvest, plot))

    def _harvest(self, plot: Plot) -> None:
        simulation, writer = self._simulation, plot.place.company
        number = f"{simulation.now:%m%d}-{simulation.number(f'harvest:{writer.key}')}"
        lot = Lot(plot.product, number, simulation.now)
        if plot.plain:
            lot.name = f"{PLACEHOLDER}/cooperative/{writer.uscc}/lot/{number}"
        kilograms = self._dice.between(20, 80) * 5
        lot.made_at = at = simulation.tick()
        simulation.stock.make(lot, plot.place, kilograms, at, [])
        day = lot.made_at.date().isoformat()
        data = lot_data(lot, cbvmda__harvestStartDate=day, cbvmda__harvestEndDate=day)
        certificate = self._certificate(writer, lot, kilograms)
        data.update(certificate)
        if not plot.plain:
            simulation.enter_batch(lot, plot.place, kilograms, _paper(certificate, day))
        site = self._site(writer, plot.place)
        event = object_event(
            at,
            "ADD",
            HARVEST if self._dice.chance(50) else "commissioning",
            site,
            disposition="active",
            location=site,
            amounts=self._logistics.amounts(writer, [(lot, kilograms)]),
            transactions=[("cert", f"{PLACEHOLDER}/certificate/{data['nong:certificateNumber']}")],
            ilmd=data,
        )
        simulation.record(event)
        consignment = Consignment(plot.place, self._members.market, self._manner(), loose=((lot, kilograms),))
        simulation.after(
            self._dice.hours(1, 4),
            partial(self._logistics.send, consignment, self._dice.hours(1, 6), self._at_market),
        )

    def _certificate(self, writer: Company, lot: Lot, kilograms: int) -> dict[str, Any]:
        """The certificate of promised compliance (承诺达标合格证) that goes with a lot."""
        serial = self._simulation.number(f"certificate:{writer.town.region}")
        return {
            "nong:certificate": "承诺达标合格证",
            "nong:certificateNumber": f"{writer.town.region}{lot.made_at:%Y%m%d}{serial:06d}",
            "nong:certificateBasis": self._dice.choice(BASES),
            "nong:promisor": writer.name_zh,
            "nong:promisedQuantity": f"{kilograms} kg",
        }

    def _manner(self) -> Manner:
        """Smallholders often record nothing when they leave."""
        return Manner(shipping=not self._dice.chance(25))

    def _at_market(self, consignment: Consignment) -> None:
        self._on_stall.extend(consignment.contents())
        mixing = len(self._on_stall) > 1 and self._dice.chance(25)
        self._simulation.after(self._dice.hours(1, 6), self._mix_and_sell if mixing else self._sell_single)

    def _sell_single(self) -> None:
        stall, self._on_stall = self._on_stall, []
        for lot, kilograms in stall:
            self._sell(lot, kilograms)

    def _mix_and_sell(self) -> None:
        """The market mixes lots into one of its own, and issues a certificate of its own for it."""
        stall, self._on_stall = self._on_stall, []
        if not stall:
            return
        simulation, market = self._simulation, self._members.market
        writer = market.company
        site = self._site(writer, market)
        number = f"M{simulation.now:%m%d}-{simulation.number(f'mix:{writer.key}')}"
        lot = Lot(self._members.mixed, number, simulation.now)
        kilograms = sum(quantity for _, quantity in stall)
        lot.made_at = at = simulation.tick()
        taken = [simulation.stock.take(part, market, quantity, at) for part, quantity in stall]
        simulation.stock.make(lot, market, kilograms, at, taken)
        certificate = self._certificate(writer, lot, kilograms)
        simulation.enter_batch(lot, market, kilograms, _paper(certificate, at.date().isoformat()))
        simulation.record(
            transformation_event(
                at,
                site,
                inputs=self._logistics.amounts(writer, stall),
                outputs=self._logistics.amounts(writer, [(lot, kilograms)]),
                step="repackaging",
                ilmd={**lot_data(lot), **certificate},
            )
        )
        self._sell(lot, kilograms)

    def _sell(self, lot: Lot, kilograms: int) -> None:
        canteens = self._dice.sample(self._members.canteens, self._dice.between(1, 2))
        for canteen in canteens:
            part = kilograms * 9 // 10 // len(canteens)
            consignment = Consignment(self._members.market, canteen, Manner(), loose=((lot, part),))
            self._simulation.after(
                self._dice.hours(1, 5),
                partial(
                    self._logistics.send,
                    consignment,
                    self._dice.hours(1, 4),
                    partial(self._in_kitchen, lot, part),
                ),
            )

    def _in_kitchen(self, lot: Lot, kilograms: int, consignment: Consignment) -> None:
        place = consignment.destination
        self._simulation.after(self._dice.hours(2, 20), partial(self._serve, place, lot, kilograms * 4 // 5))

    def _serve(self, place: Place, lot: Lot, kilograms: int) -> None:
        simulation, writer = self._simulation, place.company
        at = simulation.tick()
        simulation.stock.take(lot, place, kilograms, at)
        site = self._site(writer, place)
        simulation.record(
            object_event(
                at,
                "OBSERVE",
                "dispensing",
                site,
                disposition="dispensed",
                location=site,
                amounts=self._logistics.amounts(writer, [(lot, kilograms)]),
            )
        )

    def _site(self, writer: Company, place: Place) -> str:
        return identifiers.site_id(writer, place, self._simulation.uris)


def _paper(certificate: dict[str, Any], day: str) -> dict[str, str]:
    """A certificate as a document of its batch."""
    return {
        "kind": "certificate",
        "name": certificate["nong:certificate"],
        "number": certificate["nong:certificateNumber"],
        "issuer": certificate["nong:promisor"],
        "issued_on": day,
    }

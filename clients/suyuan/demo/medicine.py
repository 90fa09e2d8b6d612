"""Medicine: serialised packs in cases on pallets, from the holder of the authorisation to the patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from suyuan.demo import identifiers
from suyuan.demo.dice import Dice
from suyuan.demo.events import aggregation_event, object_event
from suyuan.demo.logistics import Consignment, Logistics, Manner, Thing
from suyuan.demo.network import Company, Place, Product
from suyuan.demo.simulation import Simulation, lot_data
from suyuan.demo.stock import Lot

#: Events that one lot leads to, on average (measured over 100 seeds).
EVENTS_OF_A_LOT: Final = 28
PACKS_OF_A_CASE: Final = 10
SERIAL_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
SERIAL_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class MedicineMembers:
    """Who takes part in one chain. `case`: the case as a trade item, where it has a GTIN of its own."""

    ordinal: int
    plant: Place
    pack: Product
    case: Product | None
    wholesaler: Place
    dispensers: tuple[Place, ...]


@dataclass(eq=False, slots=True)
class Case:
    """A case and the serial numbers in it."""

    thing: Thing
    serials: list[str]


class MedicineChain:
    """One authorisation holder, a wholesaler, its hospitals and pharmacies, at work."""

    def __init__(self, simulation: Simulation, seed: int, members: MedicineMembers) -> None:
        self._simulation = simulation
        self._members = members
        self._dice = Dice(seed, "medicine", members.ordinal)
        self._logistics = Logistics(simulation, self._dice)

    def start(self, lots: int, apart: timedelta) -> None:
        """Let the plant make `lots` lots, `apart` from each other."""
        for ordinal in range(lots):
            self._simulation.after(apart * ordinal + self._dice.hours(1, 4), self._make)

    def _make(self) -> None:
        members, simulation = self._members, self._simulation
        number = f"{simulation.now:%y%m%d}{simulation.number(f'medicine:{members.ordinal}'):02d}"
        cases = self._dice.between(3, 5)
        lot = Lot(members.pack, number, simulation.now)
        lot.made_at = at = simulation.tick()
        packs = cases * PACKS_OF_A_CASE
        simulation.stock.make(lot, members.plant, packs, at, [])
        report = {
            "kind": "test_report",
            "name": "药品检验报告书",
            "number": f"QC-{number}",
            "issuer": members.plant.company.name_zh,
            "issued_on": lot.made_at.date().isoformat(),
            "result": "passed",
        }
        simulation.enter_batch(lot, members.plant, packs, report)
        serials = [self._dice.text(SERIAL_ALPHABET, SERIAL_LENGTH) for _ in range(packs)]
        units = [self._unit(members.plant.company, serial) for serial in serials]
        self._commission(units, lot_data(lot))
        simulation.after(self._dice.hours(2, 8), partial(self._pack_cases, lot, serials))

    def _commission(self, things: Sequence[str], data: dict[str, str] | None) -> None:
        place = self._members.plant
        site = self._site(place.company, place)
        self._simulation.record(
            object_event(
                self._simulation.tick(),
                "ADD",
                "commissioning",
                site,
                disposition="active",
                location=site,
                epcs=things,
                ilmd=data,
            )
        )

    def _pack_cases(self, lot: Lot, serials: list[str]) -> None:
        plant = self._members.plant
        cases = [
            Case(self._new_case(), serials[first : first + PACKS_OF_A_CASE])
            for first in range(0, len(serials), PACKS_OF_A_CASE)
        ]
        writer = plant.company
        if self._members.case:
            case_lot = Lot(self._members.case, lot.number, self._simulation.now)
            self._commission([case.thing(writer) for case in cases], lot_data(case_lot))
        for case in cases:
            self._aggregate(plant, "ADD", "packing", case, case.serials)
        everything = ((lot, len(serials)),)
        load = self._logistics.pack(plant, everything, [case.thing for case in cases])
        consignment = Consignment(plant, self._members.wholesaler, Manner(), loads=(load,))
        self._simulation.after(
            self._dice.hours(10, 40),
            lambda: self._logistics.send(
                consignment, self._dice.hours(8, 40), partial(self._stocked, lot, cases), truck=True
            ),
        )

    def _new_case(self) -> Thing:
        """A case under an SSCC, or under the case's GTIN with a serial number."""
        maker, product = self._members.plant.company, self._members.case
        if product is None:
            sscc = self._simulation.new_sscc(maker)
            return lambda writer: identifiers.sscc_id(writer, sscc, maker.prefix)
        serial = self._dice.text(SERIAL_ALPHABET, SERIAL_LENGTH)
        return lambda writer: identifiers.unit_id(writer, product, serial)

    def _stocked(self, lot: Lot, cases: list[Case], consignment: Consignment) -> None:
        wholesaler = consignment.destination
        self._logistics.unpack(wholesaler, consignment.loads[0], consignment.origin.company)
        for case in cases[: max(1, len(cases) - self._dice.below(2))]:
            dispenser = self._dice.choice(self._members.dispensers)
            manner = Manner(receiving=not self._dice.chance(5))
            order = Consignment(
                wholesaler, dispenser, manner, loose=((lot, PACKS_OF_A_CASE),), things=(case.thing,)
            )
            self._simulation.after(
                self._dice.hours(6, 60),
                partial(
                    self._logistics.send, order, self._dice.hours(2, 18), partial(self._delivered, lot, case)
                ),
            )

    def _delivered(self, lot: Lot, case: Case, consignment: Consignment) -> None:
        """Packs are taken out of the case as they are needed, and given to patients."""
        place = consignment.destination
        left = list(case.serials)
        waits = sorted(self._dice.between(3_600_000, 90 * 3_600_000) for _ in range(self._dice.between(1, 2)))
        for wait in waits:
            count = self._dice.between(2, 4)
            serials, left = left[:count], left[count:]
            self._simulation.after(
                timedelta(milliseconds=wait), partial(self._dispense, place, lot, case, serials)
            )

    def _dispense(self, place: Place, lot: Lot, case: Case, serials: list[str]) -> None:
        self._aggregate(place, "DELETE", "unpacking", case, serials)
        writer = place.company
        at = self._simulation.tick()
        self._simulation.stock.take(lot, place, len(serials), at)
        site = self._site(writer, place)
        self._simulation.record(
            object_event(
                at,
                "OBSERVE",
                "dispensing",
                site,
                disposition="dispensed",
                location=site,
                epcs=[self._unit(writer, serial) for serial in serials],
            )
        )

    def _aggregate(self, place: Place, action: str, step: str, case: Case, serials: Sequence[str]) -> None:
        writer = place.company
        site = self._site(writer, place)
        self._simulation.record(
            aggregation_event(
                self._simulation.tick(),
                action,
                step,
                site,
                case.thing(writer),
                location=site,
                children=[self._unit(writer, serial) for serial in serials],
            )
        )

    def _unit(self, writer: Company, serial: str) -> str:
        return identifiers.unit_id(writer, self._members.pack, serial)

    def _site(self, writer: Company, place: Place) -> str:
        return identifiers.site_id(writer, place, self._simulation.uris)

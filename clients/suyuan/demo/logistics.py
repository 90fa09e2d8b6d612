"""Packing, loading, shipping, receiving, unpacking, and the ways in which people record them or do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from suyuan.demo import identifiers
from suyuan.demo.dice import Dice
from suyuan.demo.events import Amount, aggregation_event, object_event
from suyuan.demo.network import Company, Place
from suyuan.demo.simulation import Simulation
from suyuan.demo.stock import Lot, Parcel

#: A pallet that comes back empty is used again, under the number it carries.
PALLET_REUSED: Final = 40  # percent
#: Percent of pallet loads that ride in a truck that is itself scanned, and named instead of its pallets.
TRUCK_SCANNED: Final = 30


#: An individual thing, by the identifier that a company writes for it.
Thing = Callable[[Company], str]


@dataclass(frozen=True, slots=True)
class Load:
    """What lies on one pallet. `prefix`: company prefix of its SSCC; `things`: cases that are scanned."""

    sscc: str
    prefix: str
    parcels: tuple[tuple[Lot, int], ...]
    things: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a shipment is recorded.

    `shipping`, `receiving`: whether anybody records it. `destination`: what the shipper names: the
    `place`, only the `party`, or `nobody` (then the delivery note ties the two ends together).
    """

    shipping: bool = True
    receiving: bool = True
    destination: str = "place"
    returned: bool = False


@dataclass(slots=True)
class Consignment:
    """Goods under way from one place to another, on pallets or loose."""

    origin: Place
    destination: Place
    manner: Manner
    loads: tuple[Load, ...] = ()
    loose: tuple[tuple[Lot, int], ...] = ()
    #: Units and cases that carry `loose` and are scanned one by one.
    things: tuple[Thing, ...] = ()
    truck: str = ""
    note: str = ""
    parcels: list[Parcel] = field(default_factory=list)

    def contents(self) -> list[tuple[Lot, int]]:
        """Everything in it: (lot, quantity)."""
        return [item for load in self.loads for item in load.parcels] + list(self.loose)


Arrival = Callable[[Consignment], None]


class Logistics:
    """Moves goods between places: the stock and the record of it."""

    def __init__(self, simulation: Simulation, dice: Dice) -> None:
        self._simulation = simulation
        self._dice = dice
        self._empty_pallets: dict[Company, list[str]] = {}
        self._trucks: dict[Company, list[str]] = {}

    # --- pallets ---------------------------------------------------------------------------------

    def pack(self, place: Place, parcels: Sequence[tuple[Lot, int]], things: Sequence[Thing] = ()) -> Load:
        """Put goods of one place on a pallet, and record it. The goods stay at the place."""
        company = place.company
        empty = self._empty_pallets.get(company, [])
        if empty and self._dice.chance(PALLET_REUSED):
            sscc = empty.pop(0)
        else:
            sscc = self._simulation.new_sscc(company)
        load = Load(sscc, company.prefix, tuple(parcels), tuple(things))
        self._aggregate(place, "ADD", "packing", load)
        return load

    def unpack(self, place: Place, load: Load, owner: Company) -> None:
        """Take everything off a pallet, and record it; the empty pallet goes back to its owner."""
        self._aggregate(place, "DELETE", "unpacking", load)
        self._empty_pallets.setdefault(owner, []).append(load.sscc)

    def _aggregate(self, place: Place, action: str, step: str, load: Load) -> None:
        writer = place.company
        named = action == "ADD" or self._dice.chance(50)
        scanned = [thing(writer) for thing in load.things]
        self._simulation.record(
            aggregation_event(
                self._simulation.tick(),
                action,
                step,
                self._site(writer, place),
                identifiers.sscc_id(writer, load.sscc, load.prefix),
                location=self._site(writer, place),
                children=scanned if named else (),
                amounts=self.amounts(writer, load.parcels) if named and not scanned else (),
            )
        )

    # --- on the road -----------------------------------------------------------------------------

    def send(
        self, consignment: Consignment, travel: timedelta, arrived: Arrival, *, truck: bool = False
    ) -> None:
        """Let goods leave, and arrive `travel` later; then `arrived` is called with them."""
        simulation, origin = self._simulation, consignment.origin
        note = simulation.number(f"note:{origin.company.key}")
        consignment.note = identifiers.document_number(origin.company, "DN", f"{note:06d}")
        if truck and consignment.loads and self._dice.chance(TRUCK_SCANNED):
            self._load_truck(consignment)
        recorded = consignment.manner.shipping
        if recorded:
            simulation.tick()
            self._take(consignment)
            self._record_shipping(consignment)
        simulation.after(travel, lambda: self._arrive(consignment, arrived, taken=recorded))

    def _take(self, consignment: Consignment) -> None:
        simulation = self._simulation
        for lot, quantity in consignment.contents():
            parcel = simulation.stock.take(lot, consignment.origin, quantity, simulation.now)
            consignment.parcels.append(parcel)

    def _arrive(self, consignment: Consignment, arrived: Arrival, *, taken: bool) -> None:
        simulation = self._simulation
        simulation.tick()
        if not taken:
            # Nobody wrote down when the goods left: the record shows them leave when they arrive.
            self._take(consignment)
        for parcel in consignment.parcels:
            simulation.stock.put(
                parcel, consignment.destination, simulation.now, recorded=consignment.manner.receiving
            )
        if consignment.manner.receiving:
            self._record_receiving(consignment)
        if consignment.truck:
            self._unload_truck(consignment)
        arrived(consignment)

    def _record_shipping(self, consignment: Consignment) -> None:
        manner, origin, destination = consignment.manner, consignment.origin, consignment.destination
        writer = origin.company
        destinations: list[tuple[str, str]] = []
        if manner.destination != "nobody":
            party = identifiers.party_id(writer, destination.company, self._simulation.uris)
            destinations.append(("possessing_party", party))
        if manner.destination == "place":
            destinations.append(("location", self._site(writer, destination)))
        party = identifiers.party_id(writer, origin.company, self._simulation.uris)
        self._simulation.record(
            object_event(
                self._simulation.now,
                "OBSERVE",
                "shipping",
                self._site(writer, origin),
                disposition="returned" if manner.returned else "in_transit",
                epcs=self._epcs(writer, consignment),
                amounts=self._loose_amounts(writer, consignment),
                transactions=self._transactions(consignment),
                sources=[("possessing_party", party), ("location", self._site(writer, origin))],
                destinations=destinations,
            )
        )

    def _record_receiving(self, consignment: Consignment) -> None:
        manner, origin, destination = consignment.manner, consignment.origin, consignment.destination
        writer, uris = destination.company, self._simulation.uris
        # Some receivers count what is on the pallet instead of scanning its label.
        countable = not consignment.truck and any(not load.things for load in consignment.loads)
        by_lot = countable and self._dice.chance(20)
        amounts = (
            self.amounts(writer, consignment.contents())
            if by_lot
            else self._loose_amounts(writer, consignment)
        )
        self._simulation.record(
            object_event(
                self._simulation.now,
                "OBSERVE",
                "receiving",
                self._site(writer, destination),
                disposition="returned" if manner.returned else "in_progress",
                location=self._site(writer, destination),
                epcs=() if by_lot else self._epcs(writer, consignment),
                amounts=amounts,
                transactions=self._transactions(consignment),
                sources=[
                    ("possessing_party", identifiers.party_id(writer, origin.company, uris)),
                    ("location", self._site(writer, origin)),
                ],
                destinations=[
                    ("possessing_party", identifiers.party_id(writer, writer, uris)),
                    ("location", self._site(writer, destination)),
                ],
            )
        )

    def _transactions(self, consignment: Consignment) -> list[tuple[str, str]]:
        return [("rma" if consignment.manner.returned else "desadv", consignment.note)]

    def _epcs(self, writer: Company, consignment: Consignment) -> list[str]:
        if consignment.truck:
            prefix = consignment.origin.company.prefix
            return [identifiers.vehicle_id(writer, prefix, consignment.truck)]
        ssccs = [identifiers.sscc_id(writer, load.sscc, load.prefix) for load in consignment.loads]
        return ssccs + [thing(writer) for thing in consignment.things]

    def _loose_amounts(self, writer: Company, consignment: Consignment) -> list[Amount]:
        return [] if consignment.things else self.amounts(writer, consignment.loose)

    # --- trucks ----------------------------------------------------------------------------------

    def _load_truck(self, consignment: Consignment) -> None:
        """Pallets into a truck of the sender that stands idle: the shipment names the truck alone."""
        company = consignment.origin.company
        idle = self._trucks.setdefault(company, ["T001", "T002"])
        if idle:
            consignment.truck = idle.pop(0)
            self._record_truck(consignment, consignment.origin, "ADD", "loading")

    def _unload_truck(self, consignment: Consignment) -> None:
        self._record_truck(consignment, consignment.destination, "DELETE", "unloading")
        self._trucks[consignment.origin.company].append(consignment.truck)

    def _record_truck(self, consignment: Consignment, place: Place, action: str, step: str) -> None:
        writer = place.company
        prefix = consignment.origin.company.prefix
        self._simulation.record(
            aggregation_event(
                self._simulation.tick(),
                action,
                step,
                self._site(writer, place),
                identifiers.vehicle_id(writer, prefix, consignment.truck),
                location=self._site(writer, place),
                children=[identifiers.sscc_id(writer, load.sscc, load.prefix) for load in consignment.loads],
            )
        )

    # --- how things are written ------------------------------------------------------------------

    def amounts(self, writer: Company, parcels: Sequence[tuple[Lot, int]]) -> list[Amount]:
        """Goods as quantity elements, one for each lot."""
        total: dict[Lot, int] = {}
        for lot, quantity in parcels:
            total[lot] = total.get(lot, 0) + quantity
        return [(self.lot_id(writer, lot), quantity, lot.product.uom) for lot, quantity in total.items()]

    def lot_id(self, writer: Company, lot: Lot) -> str:
        """A lot as the writer writes it."""
        return lot.name or identifiers.batch_id(writer, lot.product, lot.number, self._simulation.uris)

    def _site(self, writer: Company, place: Place) -> str:
        return identifiers.site_id(writer, place, self._simulation.uris)

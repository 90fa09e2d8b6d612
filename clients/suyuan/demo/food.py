"""Food: wheat flour mills, noodle factories, distribution centres, shops.

One flour lot of the first mill is contaminated. Other lots of the same flour go to the same factories
before and after it, on shared pallets too, so that a recall by product would be wrong both ways.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from suyuan.demo import identifiers
from suyuan.demo.dice import Dice
from suyuan.demo.events import object_event, transformation_event
from suyuan.demo.logistics import Consignment, Logistics, Manner
from suyuan.demo.network import PLACEHOLDER, Company, Place, Product
from suyuan.demo.retail import Retail
from suyuan.demo.simulation import Simulation, lot_data
from suyuan.demo.stock import Lot

#: Events that one flour lot leads to, on average (measured over 100 seeds); sizes the world.
EVENTS_OF_A_FLOUR_LOT: Final = 112
#: Flour lots without which the story has no before and after.
FLOUR_LOTS_LEAST: Final = 3
#: Which flour lot of the first mill is contaminated.
CONTAMINATED: Final = 1

ORDER_MOST_KG: Final = 2000
PALLET_KG: Final = 1000
PALLET_PACKS: Final = 600
PACKS_OF_A_KG: Final = 2
FLOUR_LOTS_OF_A_SALT_LOT: Final = 100
SALT_LOT_KG: Final = 20_000
MIXING: Final = timedelta(minutes=40)
REWORKED_PACKS: Final = 40
RETAINED_PACKS: Final = 12

HOUR: Final = timedelta(hours=1)


@dataclass(eq=False, slots=True)
class Factory:
    """A noodle factory and what lies in its stores, oldest first: (lot, quantity still to be used)."""

    place: Place
    noodles: Product
    flour: deque[tuple[Lot, int]] = field(default_factory=deque)
    salt: deque[tuple[Lot, int]] = field(default_factory=deque)
    rework: list[tuple[Lot, int]] = field(default_factory=list)
    leftover: list[tuple[Lot, int]] = field(default_factory=list)
    planned: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class FoodMembers:
    """Who takes part in one food chain."""

    ordinal: int
    mill: Place
    flour: Product
    saltworks: Place
    salt: Product
    factories: tuple[tuple[Place, Product], ...]
    centres: tuple[Place, ...]
    shops: tuple[Place, ...]


class FoodChain:
    """One mill, two factories, two distribution centres, and their shops, at work."""

    def __init__(self, simulation: Simulation, seed: int, members: FoodMembers) -> None:
        self._simulation = simulation
        self._members = members
        self._dice = Dice(seed, "food", members.ordinal)
        self._logistics = Logistics(simulation, self._dice)
        self._retail = Retail(simulation, self._dice, self._logistics)
        self._factories = [Factory(place, noodles) for place, noodles in members.factories]
        self._milled: deque[tuple[Lot, int]] = deque()
        self._orders = 0

    def start(self, lots: int, apart: timedelta) -> None:
        """Let the mill make `lots` lots of flour, `apart` from each other."""
        for ordinal in range(lots):
            if ordinal % FLOUR_LOTS_OF_A_SALT_LOT == 0:
                self._simulation.after(apart * ordinal, self._make_salt)
            self._simulation.after(
                HOUR + apart * ordinal + self._dice.hours(0, 3), partial(self._mill, ordinal)
            )

    # --- mill ------------------------------------------------------------------------------------

    def _mill(self, ordinal: int) -> None:
        members, simulation = self._members, self._simulation
        number = f"F{simulation.now:%y%m%d}-{simulation.number(f'flour:{members.ordinal}'):02d}"
        contaminated = members.ordinal == 0 and ordinal == CONTAMINATED
        quantity = self._dice.between(20, 40) * 100
        if ordinal == 0:
            # Enough for an order of both factories: each makes noodles before the contaminated lot comes.
            quantity = 2 * ORDER_MOST_KG
        elif contaminated:
            # A small lot: most noodles of the same name are free of it.
            quantity = self._dice.between(10, 14) * 100
        lot = Lot(members.flour, number, simulation.now, contaminated=contaminated)
        self._commission(lot, members.mill, quantity)
        self._milled.append((lot, quantity))
        simulation.after(self._dice.hours(2, 6), self._dispatch_flour)

    def _make_salt(self) -> None:
        members, simulation = self._members, self._simulation
        number = f"S{simulation.now:%Y%m}-{simulation.number(f'salt:{members.ordinal}')}"
        lot = Lot(members.salt, number, simulation.now)
        self._commission(lot, members.saltworks, SALT_LOT_KG)
        for factory in self._factories:
            simulation.after(self._dice.hours(1, 3), partial(self._send_salt, factory, lot))

    def _send_salt(self, factory: Factory, lot: Lot) -> None:
        quantity = SALT_LOT_KG // len(self._factories)
        consignment = Consignment(self._members.saltworks, factory.place, Manner(), loose=((lot, quantity),))
        self._logistics.send(
            consignment, self._dice.hours(3, 8), lambda _: factory.salt.append((lot, quantity))
        )

    def _commission(self, lot: Lot, place: Place, quantity: int) -> None:
        simulation, writer = self._simulation, place.company
        lot.made_at = at = simulation.tick()
        simulation.stock.make(lot, place, quantity, at, [])
        simulation.enter_batch(lot, place, quantity)
        site = identifiers.site_id(writer, place, simulation.uris)
        simulation.record(
            object_event(
                at,
                "ADD",
                "commissioning",
                site,
                disposition="active",
                location=site,
                amounts=self._logistics.amounts(writer, [(lot, quantity)]),
                ilmd=lot_data(lot),
            )
        )

    def _dispatch_flour(self) -> None:
        """Ship what the factories ordered, first in first out: orders do not end where lots end."""
        while True:
            order = self._dice.between(2, ORDER_MOST_KG // 500) * 500
            if sum(quantity for _, quantity in self._milled) < order:
                return
            factory = self._factories[self._orders % len(self._factories)]
            self._orders += 1
            parcels = _draw(self._milled, order)
            loads = tuple(
                self._logistics.pack(self._members.mill, part) for part in _split(parcels, PALLET_KG)
            )
            manner = Manner(destination=self._dice.choice(("place", "place", "party", "nobody")))
            consignment = Consignment(self._members.mill, factory.place, manner, loads=loads)
            self._logistics.send(
                consignment, self._dice.hours(4, 14), partial(self._flour_arrived, factory), truck=True
            )

    # --- factory ---------------------------------------------------------------------------------

    def _flour_arrived(self, factory: Factory, consignment: Consignment) -> None:
        for load in consignment.loads:
            self._logistics.unpack(factory.place, load, consignment.origin.company)
        factory.flour.extend(consignment.contents())
        for _ in range(2):
            self._plan_run(factory)

    def _plan_run(self, factory: Factory) -> None:
        factory.planned += 1
        self._simulation.after(self._dice.hours(3, 20), partial(self._run, factory))

    def _run(self, factory: Factory) -> None:
        """Make a lot of noodles of what flour there is."""
        factory.planned -= 1
        if not factory.salt:
            self._plan_run(factory)
            return
        flour = _draw(factory.flour, self._dice.between(5, 10) * 100)
        if factory.flour and not factory.planned:
            self._plan_run(factory)
        if not flour:
            return
        factory.runs += 1
        now = self._simulation.now
        marks = (f"N{now:%Y%m%d}-{factory.runs}", f"{now:%Y%m%d}/{factory.runs}B")
        lot = Lot(factory.noodles, marks[self._members.ordinal % 2], now)
        packs = self._make_noodles(factory, lot, flour)
        again = factory.runs > 1 and self._dice.chance(25)
        self._simulation.enter_batch(lot, factory.place, None if again else packs)
        if again:
            # The evening shift goes on with the same lot number, perhaps with flour that came at noon.
            self._simulation.after(self._dice.hours(6, 12), partial(self._run_again, factory, lot))

    def _run_again(self, factory: Factory, lot: Lot) -> None:
        if flour := _draw(factory.flour, self._dice.between(3, 6) * 100):
            self._make_noodles(factory, lot, flour)

    def _make_noodles(self, factory: Factory, lot: Lot, flour: list[tuple[Lot, int]]) -> int:
        kilograms = sum(quantity for _, quantity in flour)
        salt = _draw(factory.salt, max(1, kilograms // 50))
        inputs = [*flour, *salt]
        if factory.rework:
            inputs.append(factory.rework.pop())
        packs = kilograms * PACKS_OF_A_KG
        self._transform(factory.place, lot, inputs, packs, kilograms)
        kept = RETAINED_PACKS
        if self._dice.chance(12):
            self._simulation.after(
                self._dice.hours(2, 4), partial(factory.rework.append, (lot, REWORKED_PACKS))
            )
            kept += REWORKED_PACKS
        if self._dice.chance(10):
            self._simulation.after(
                self._dice.hours(1, 3), partial(self._retail.sample, factory.place, lot, 5)
            )
            kept += 5
        ready = packs - kept
        self._simulation.after(self._dice.hours(5, 20), partial(self._dispatch_noodles, factory, lot, ready))
        return packs

    def _transform(
        self, place: Place, lot: Lot, inputs: Sequence[tuple[Lot, int]], packs: int, kilograms: int
    ) -> None:
        simulation, writer = self._simulation, place.company
        site = identifiers.site_id(writer, place, simulation.uris)
        run = simulation.number(f"run:{writer.key}")
        order = [("prodorder", identifiers.document_number(writer, "WO", f"{run:06d}"))]
        water = (f"{PLACEHOLDER}/water/{_host(writer)}/{simulation.now:%Y%m%d}", kilograms // 3, "LTR")
        used = [*self._logistics.amounts(writer, inputs), water]
        made = self._logistics.amounts(writer, [(lot, packs)])
        at = simulation.tick()
        taken = [simulation.stock.take(item, place, quantity, at) for item, quantity in inputs]
        if not self._dice.chance(20):
            simulation.stock.make(lot, place, packs, at, taken)
            event = transformation_event(
                at, site, inputs=used, outputs=made, transactions=order, ilmd=lot_data(lot)
            )
            simulation.record(event)
            return
        # Recorded in two steps, tied by a transformation id: goods in at the mixer, goods out at the packer.
        name = f"urn:uuid:{_uuid(self._dice)}"
        simulation.record(
            transformation_event(at, site, inputs=used, transformation=name, step="commissioning")
        )

        def pack_out() -> None:
            out = simulation.tick()
            simulation.stock.make(lot, place, packs, out, taken)
            simulation.record(
                transformation_event(
                    out, site, outputs=made, transformation=name, transactions=order, ilmd=lot_data(lot)
                )
            )

        simulation.after(MIXING, pack_out)

    def _dispatch_noodles(self, factory: Factory, lot: Lot, packs: int) -> None:
        """Pallets to one distribution centre or both; the last of a lot shares a pallet with the next."""
        stack = [*factory.leftover, (lot, packs)]
        factory.leftover = []
        loads = _split(stack, PALLET_PACKS)
        last = loads[-1]
        if (
            len(loads) > 1
            and sum(quantity for _, quantity in last) < PALLET_PACKS // 2
            and self._dice.chance(60)
        ):
            factory.leftover = loads.pop()
        centres = self._dice.sample(self._members.centres, 2 if self._dice.chance(30) else 1)
        for place, centre in enumerate(centres):
            part = loads[place :: len(centres)]
            if part:
                self._ship_noodles(factory, centre, part)

    def _ship_noodles(self, factory: Factory, centre: Place, part: list[list[tuple[Lot, int]]]) -> None:
        packed = tuple(self._logistics.pack(factory.place, parcels) for parcels in part)
        told = not self._dice.chance(10)
        destination = self._dice.choice(("place", "place", "party", "nobody")) if told else "place"
        consignment = Consignment(
            factory.place, centre, Manner(shipping=told, destination=destination), loads=packed
        )
        self._logistics.send(consignment, self._dice.hours(6, 30), self._noodles_arrived, truck=True)

    # --- distribution centre and shops -----------------------------------------------------------

    def _noodles_arrived(self, consignment: Consignment) -> None:
        centre = consignment.destination
        for load in consignment.loads:
            self._logistics.unpack(centre, load, consignment.origin.company)
        arrived: dict[Lot, int] = {}
        for lot, packs in consignment.contents():
            arrived[lot] = arrived.get(lot, 0) + packs
        for lot, packs in arrived.items():
            self._simulation.after(
                self._dice.hours(4, 30), partial(self._retail.supply, centre, self._members.shops, lot, packs)
            )


def _draw(store: deque[tuple[Lot, int]], wanted: int) -> list[tuple[Lot, int]]:
    """Take up to `wanted` from the front of a store."""
    drawn: list[tuple[Lot, int]] = []
    while wanted and store:
        lot, quantity = store.popleft()
        part = min(quantity, wanted)
        drawn.append((lot, part))
        wanted -= part
        if part < quantity:
            store.appendleft((lot, quantity - part))
    return drawn


def _split(parcels: Sequence[tuple[Lot, int]], most: int) -> list[list[tuple[Lot, int]]]:
    """Stack parcels on pallets of at most `most`, in order: a pallet may hold the end of one lot and the
    beginning of another.
    """
    pallets: list[list[tuple[Lot, int]]] = []
    room = 0
    for lot, quantity in parcels:
        rest = quantity
        while rest:
            if room == 0:
                pallets.append([])
                room = most
            part = min(rest, room)
            pallets[-1].append((lot, part))
            rest -= part
            room -= part
    return pallets


def _host(company: Company) -> str:
    return company.domain.removesuffix(".example")


def _uuid(dice: Dice) -> str:
    digits = f"{dice.bits():016x}{dice.bits():016x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
